#include "core/gates.hpp"

#include <utility>

#include <fmt/format.h>

namespace headway::core {

namespace {

/// "2 h 5 min", for a wait that somebody is told of.
std::string human_wait(std::int64_t seconds) {
    constexpr std::int64_t k_minute = 60;
    constexpr std::int64_t k_hour = 60 * k_minute;
    constexpr std::int64_t k_day = 24 * k_hour;
    if (seconds < k_minute) {
        return fmt::format("{} s", seconds);
    }
    if (seconds < k_hour) {
        return fmt::format("{} min", (seconds + k_minute - 1) / k_minute);
    }
    if (seconds < 2 * k_day) {
        return fmt::format("{} h {} min", seconds / k_hour, seconds % k_hour / k_minute);
    }
    return fmt::format("{} days {} h", seconds / k_day, seconds % k_day / k_hour);
}

/// Collects what is missing.
class Missing {
public:
    explicit Missing(const ObjectId& candidate) : m_candidate(candidate) {}

    void add(const std::string& what, const std::string& because, const std::string& hint) {
        if (m_refusal.what.empty()) {
            m_refusal.what = what;
        }
        m_refusal.because += (m_refusal.because.empty() ? "" : "; ") + because;
        m_refusal.hints.push_back(hint);
    }

    void hint(std::string text) { m_refusal.hints.push_back(std::move(text)); }

    [[nodiscard]] std::optional<Refusal> refusal() && {
        return m_refusal.what.empty() ? std::nullopt : std::optional(std::move(m_refusal));
    }

    [[nodiscard]] std::string candidate() const { return m_candidate.short_hex(); }
    [[nodiscard]] std::string whole_candidate() const { return m_candidate.hex(); }

private:
    ObjectId m_candidate;
    Refusal m_refusal;
};

void judge_after(const AfterFacts& after, const std::string& environment, Missing& missing) {
    if (!after.ledger_damage.empty()) {
        missing.add(fmt::format("{} waits for {}", environment, after.name),
                    fmt::format("the ledger of {} is damaged: {}", after.name, after.ledger_damage),
                    fmt::format("look at it: git fetch <remote> {} && git log FETCH_HEAD",
                                after.ledger_ref));
        return;
    }
    const std::string there = after.deployed
                                  ? fmt::format(" (it is at {})", after.deployed->short_hex())
                                  : std::string(" (it was never deployed)");
    const bool is_there = after.deployed && after.deployed->short_hex() == missing.candidate();
    missing.add(fmt::format("{} waits for {}", environment, after.name),
                fmt::format("{} has not verified {}{}", after.name, missing.candidate(), there),
                is_there ? fmt::format("headway verify {}", after.name)
                         : fmt::format("headway promote {} --commit {}", after.name,
                                       missing.whole_candidate()));
}

void judge_soak(const AfterFacts& after, std::chrono::seconds soak, const std::string& environment,
                std::int64_t now, Missing& missing) {
    const std::int64_t opens = *after.verified_since + soak.count();
    if (now >= opens) {
        return;
    }
    missing.add(
        fmt::format("{} waits for the soak time", environment),
        fmt::format("{} has run {} for {}, and {} are asked for", after.name, missing.candidate(),
                    human_wait(now - *after.verified_since), human_wait(soak.count())),
        fmt::format("it opens at {}, in {}: then run the same command again", timestamp(opens),
                    human_wait(opens - now)));
}

void judge_freeze(const Freeze& freeze, const std::string& environment, std::int64_t now,
                  Missing& missing) {
    missing.add(
        fmt::format("{} is frozen", environment), "freeze: " + freeze.window,
        freeze.until
            ? fmt::format("it opens at {} ({}), in {}: then run the same command again",
                          local_time(*freeze.until, freeze.zone), timestamp(*freeze.until),
                          human_wait(*freeze.until - now))
            : fmt::format("it does not open: change freeze of {} in .headway.yml", environment));
    missing.hint(fmt::format(
        "in an emergency: headway promote {} --commit {} --override-freeze --reason TEXT",
        environment, missing.whole_candidate()));
}

}  // namespace

GateVerdict judge_gates(const GateFacts& gates, const std::string& environment,
                        const ObjectId& candidate, std::int64_t now, FreezePolicy policy) {
    Missing missing(candidate);
    for (const AfterFacts& after : gates.after) {
        if (!after.verified_since) {
            judge_after(after, environment, missing);
        } else {
            judge_soak(after, gates.soak, environment, now, missing);
        }
    }
    GateVerdict verdict;
    if (const auto freeze = frozen_at(gates.freeze, now)) {
        if (policy == FreezePolicy::override_it) {
            verdict.overridden = freeze->window;
        } else {
            judge_freeze(*freeze, environment, now, missing);
        }
    }
    verdict.refusal = std::move(missing).refusal();
    return verdict;
}

std::optional<std::int64_t> verified_since(const Chronicle& chronicle, const ObjectId& commit) {
    std::optional<std::int64_t> since;
    for (const LedgerTip& tip : chronicle.events) {
        const Event& event = tip.event;
        const bool left_behind = event.kind == EventKind::rolled_back && event.previous == commit &&
                                 event.commit != commit;
        if (left_behind || (event.kind == EventKind::unhealthy && event.commit == commit)) {
            break;
        }
        if (event.kind == EventKind::verified && event.commit == commit) {
            since = tip.when;
        }
    }
    return since;
}

}  // namespace headway::core
