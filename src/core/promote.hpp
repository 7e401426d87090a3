#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/plan.hpp"
#include "core/push.hpp"
#include "core/survey.hpp"

namespace headway::core {

enum class Rehearsal { real, dry_run };

/// One promotion, as asked for.
struct PromoteRequest {
    SurveyRequest survey;
    FreezePolicy freeze = FreezePolicy::respect;
    Rehearsal rehearsal = Rehearsal::real;
    std::string reason;  ///< Goes into the event; may be empty.
};

/// What came of one environment.
struct Placement {
    Move move;
    bool moved = false;               ///< This run moved the branch.
    std::optional<LedgerTip> ledger;  ///< The ledger's newest event as far as this run knows it.
};

struct PromoteOutcome {
    Plan plan;                          ///< The last one made.
    std::vector<Placement> placements;  ///< One per environment; for what moved, the plan then.
    unsigned attempts = 0;              ///< Plans made; more than one after a lost race.
};

/// Plans, and acts on the plan by one compare-and-swap push. A lost race or an answer that never
/// came means: plan again, at most `k_attempts` times. A refused plan is returned, not thrown;
/// the caller shows its refusals.
[[nodiscard]] PromoteOutcome promote(const Actors& actors, const PromoteRequest& request);

/// Plans made before headway gives up on a busy branch.
inline constexpr unsigned k_attempts = 40;

/// How long to wait before plan number `attempt` (1 is the second plan): 10 ms, doubled up to
/// 640 ms, and up to as much again by `seed`, so that competitors do not keep step.
[[nodiscard]] std::chrono::milliseconds backoff(unsigned attempt, std::uint64_t seed) noexcept;

/// The error after `k_attempts` lost races.
[[nodiscard]] Error gave_up(const std::string& last_because);

/// Pushes without an answer, one after the other, before headway gives up: unlike a lost race it
/// is nothing that passes as soon as others are done.
inline constexpr unsigned k_unanswered = 3;

/// Counts the unanswered pushes of one piece of work. A look at the refs comes between a push and
/// `before_push`, so that a push that was carried out after all is never sent again.
class Unanswered {
public:
    /// Throws when the last `k_unanswered` pushes were not answered.
    void before_push(const PushOutcome& last) const;
    void after_push(const PushOutcome& outcome) noexcept {
        m_count = outcome.result == PushResult::uncertain ? m_count + 1 : 0;
    }

private:
    unsigned m_count = 0;
};

/// Waits before the next plan.
void wait_before_retry(const Actors& actors, unsigned attempt, const std::string& because);

/// Replaces `error`, which came while the outcome of a push was being looked up, by one that says
/// so.
[[noreturn]] void rethrow_uncertain(const Error& error, const std::string& because);

/// Runs `step`, which follows a push: when that push's answer never came and the step fails, the
/// user must hear of both.
template <typename Step>
auto after(const PushOutcome& last, Step&& step) -> decltype(step()) {
    if (last.result != PushResult::uncertain) {
        return step();
    }
    try {
        return step();
    } catch (const Error& error) {
        rethrow_uncertain(error, last.because);
    }
}

}  // namespace headway::core
