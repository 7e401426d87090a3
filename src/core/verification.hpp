#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/convergence.hpp"
#include "core/verify.hpp"

namespace headway::core {

/// One job under way: decides what is asked when, and what the answers mean. Sends nothing itself;
/// every moment is given.
class Verification {
public:
    enum class Kind {
        look_up,  ///< The addresses of a probe's host.
        ask,      ///< One origin.
        limit,    ///< The deadline, or the end of the watch: nothing is sent, time has come.
    };
    struct Task {
        Kind kind = Kind::limit;
        std::size_t probe = 0;
        std::size_t origin = 0;
    };
    struct Due {
        Clock::Steady at;
        Task task;
    };
    /// What is to be sent for a task.
    struct Start {
        HttpRequest request;
        bool cut_short = false;  ///< The deadline leaves it less time than its probe allows.
    };

    /// `job`, `random` and `observer` must outlive it.
    Verification(const VerifyJob& job, Clock::Steady now, const Random& random,
                 VerifyObserver& observer);

    [[nodiscard]] std::vector<Due> begin();

    /// What to send now for `ask`, or, its URL and time alone, for `look_up`; nothing when it is
    /// not to be asked any more. What is returned is under way until `take`.
    [[nodiscard]] std::optional<Start> start(const Task& task, Clock::Steady now);

    /// The end of what was started; returns what is due next.
    [[nodiscard]] std::vector<Due> take(const Task& task, const Start& start,
                                        const BatchOutcome& outcome, Clock::Steady now);

    /// Ends the job if it is over at this moment. May begin the watch: returns its end then.
    [[nodiscard]] std::optional<Due> settle(Clock::Steady now);

    [[nodiscard]] const std::optional<VerifyReport>& report() const noexcept { return m_report; }

private:
    struct Origin {
        OriginReport report;
        Convergence convergence;
        Answer answer = Answer::unreachable;  ///< The last one.
        Clock::Steady next;
        bool answered = false;  ///< There was an answer, or a failure that counts.
        bool under_way = false;
        bool gone = false;      ///< The name does not have this address any more.
        bool no_route = false;  ///< This machine cannot reach such an address.
    };
    struct Probe {
        const ProbeConfiguration* configuration = nullptr;
        const HttpRequest* request = nullptr;
        std::string url;
        bool tells_version = false;
        std::vector<Origin> origins;  ///< Grows only, so that a task's index stays right.
        Clock::Steady next_look;
        std::chrono::milliseconds look_duration{0};
        bool looking = false;
    };
    enum class Phase { converging, watching };

    [[nodiscard]] Due ask_at(std::size_t probe, std::size_t origin, Clock::Steady at);
    [[nodiscard]] Clock::Steady after_interval(Clock::Steady start) const;
    std::size_t add_origin(Probe& probe, const std::string& address);
    [[nodiscard]] std::vector<Due> take_addresses(std::size_t index, const Resolution& found,
                                                  Clock::Steady now);
    void take_answer(Probe& probe, Origin& origin, const Start& start, const BatchOutcome& outcome,
                     Clock::Steady now);
    [[nodiscard]] static bool has_no_address(const Probe& probe);
    /// Stands for a name without any address.
    Origin& nameless_origin(Probe& probe);
    [[nodiscard]] static bool counts(const Probe& probe, const Origin& origin);
    [[nodiscard]] bool all_converged() const;
    [[nodiscard]] bool hopeless() const;
    void close(Clock::Steady now);

    const VerifyJob& m_job;
    const Random& m_random;
    VerifyObserver& m_observer;
    Clock::Steady m_start;
    Clock::Steady m_limit;  ///< The deadline, then the end of the watch.
    Clock::Steady m_converged;
    Phase m_phase = Phase::converging;
    std::vector<Probe> m_probes;
    std::size_t m_under_way = 0;
    bool m_regressed = false;
    std::optional<VerifyReport> m_report;
};

/// What a report says in one line, made from all the rest of it.
[[nodiscard]] std::string words_of(const VerifyReport& report, const VerifyJob& job);

}  // namespace headway::core
