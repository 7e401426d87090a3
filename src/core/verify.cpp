#include "core/verify.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "core/verification.hpp"

namespace headway::core {

namespace {

/// Requests under way at a time.
constexpr std::size_t k_most_at_once = 256;

/// All jobs of one call, over one batch.
class Run {
public:
    Run(const VerifyActors& actors, const std::vector<VerifyJob>& jobs, Until until)
        : m_actors(actors),
          m_until(until),
          m_batch(actors.client.open_batch()),
          m_most(std::min(k_most_at_once, m_batch->capacity())) {
        const Clock::Steady now = actors.clock.monotonic();
        m_verifications.reserve(jobs.size());
        for (const VerifyJob& job : jobs) {
            m_verifications.emplace_back(job, now, actors.random, actors.observer);
            schedule(m_verifications.size() - 1, m_verifications.back().begin());
            settle(m_verifications.size() - 1, now);
        }
    }

    [[nodiscard]] std::vector<std::optional<VerifyReport>> finish() {
        while (!over()) {
            start_what_is_due(m_actors.clock.monotonic());
            if (over()) {
                break;
            }
            for (const BatchOutcome& outcome : m_batch->wait(next_moment())) {
                take(outcome);
            }
        }
        std::vector<std::optional<VerifyReport>> reports;
        std::transform(m_verifications.begin(), m_verifications.end(), std::back_inserter(reports),
                       [](const Verification& verification) { return verification.report(); });
        return reports;
    }

private:
    struct Entry {
        std::size_t job = 0;
        Verification::Task task;
    };
    struct UnderWay {
        Entry entry;
        Verification::Start start;
    };

    [[nodiscard]] bool over() const {
        return m_ended == m_verifications.size() || (m_until == Until::a_failure && m_failed);
    }

    [[nodiscard]] Clock::Steady next_moment() const {
        // While no more can be started, only an end of what is under way changes anything; each
        // has a limit of its own.
        return m_agenda.empty() || m_under_way.size() >= m_most
                   ? m_actors.clock.monotonic() + std::chrono::seconds(1)
                   : m_agenda.begin()->first;
    }

    void schedule(std::size_t job, const std::vector<Verification::Due>& due) {
        for (const Verification::Due& one : due) {
            m_agenda.emplace(one.at, Entry{job, one.task});
        }
    }

    void settle(std::size_t job, Clock::Steady now) {
        Verification& verification = m_verifications[job];
        if (verification.report()) {
            return;
        }
        if (const auto due = verification.settle(now)) {
            schedule(job, {*due});
        }
        if (verification.report()) {
            ++m_ended;
            m_failed = m_failed || !verification.report()->converged();
        }
    }

    void start_what_is_due(Clock::Steady now) {
        while (!m_agenda.empty() && m_agenda.begin()->first <= now && m_under_way.size() < m_most) {
            const Entry entry = m_agenda.begin()->second;
            m_agenda.erase(m_agenda.begin());
            Verification& verification = m_verifications[entry.job];
            auto start = verification.start(entry.task, now);
            if (!start) {
                settle(entry.job, now);
                continue;
            }
            const std::uint64_t ticket = m_next_ticket++;
            if (entry.task.kind == Verification::Kind::look_up) {
                m_batch->look_up(ticket, start->request.url, start->request.timeout);
            } else {
                m_batch->start(ticket, start->request);
            }
            m_under_way.emplace(ticket, UnderWay{entry, std::move(*start)});
        }
    }

    void take(const BatchOutcome& outcome) {
        const auto found = m_under_way.find(outcome.ticket);
        const UnderWay done = std::move(found->second);
        m_under_way.erase(found);
        const Clock::Steady now = m_actors.clock.monotonic();
        schedule(done.entry.job,
                 m_verifications[done.entry.job].take(done.entry.task, done.start, outcome, now));
        settle(done.entry.job, now);
    }

    const VerifyActors& m_actors;
    Until m_until;
    std::unique_ptr<HttpBatch> m_batch;
    std::size_t m_most;
    std::vector<Verification> m_verifications;
    std::multimap<Clock::Steady, Entry> m_agenda;
    std::map<std::uint64_t, UnderWay> m_under_way;
    std::uint64_t m_next_ticket = 1;
    std::size_t m_ended = 0;
    bool m_failed = false;
};

}  // namespace

const OriginReport* VerifyReport::failing() const noexcept {
    const OriginReport* first = nullptr;
    for (const OriginReport& origin : origins) {
        if (origin.outcome == Outcome::converged) {
            continue;
        }
        if (origin.outcome == outcome) {
            return &origin;
        }
        first = first == nullptr ? &origin : first;
    }
    return first;
}

std::vector<std::optional<VerifyReport>> verify(const VerifyActors& actors,
                                                const std::vector<VerifyJob>& jobs, Until until) {
    return Run(actors, jobs, until).finish();
}

}  // namespace headway::core
