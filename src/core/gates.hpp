#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/chronicle.hpp"
#include "core/refusal.hpp"
#include "headway/calendar.hpp"
#include "headway/object_id.hpp"

namespace headway::core {

/// What an environment that goes first says of the candidate.
struct AfterFacts {
    std::string name;
    std::string ledger_ref;
    std::string ledger_damage;  ///< Why nothing can be known; empty: it is sound, or there is none.
    /// Since when the candidate is proven to run there, in seconds since the epoch.
    std::optional<std::int64_t> verified_since;
    std::optional<ObjectId> deployed;  ///< What is there now, as its ledger says.
};

/// What must be given before one environment's branch moves, with what was found.
struct GateFacts {
    std::vector<AfterFacts> after;
    std::chrono::seconds soak{0};
    std::vector<FreezeWindow> freeze;
};

enum class FreezePolicy { respect, override_it };

/// What the gates say.
struct GateVerdict {
    std::optional<Refusal> refusal;
    std::string overridden;  ///< The freeze that was passed over; empty: none.
};

/// Judges the gates of `environment` for `candidate` at `now` (seconds since the epoch). A refusal
/// names everything that is missing, and when it opens. Pure.
[[nodiscard]] GateVerdict judge_gates(const GateFacts& gates, const std::string& environment,
                                      const ObjectId& candidate, std::int64_t now,
                                      FreezePolicy policy);

/// Since when `commit` is proven to run in the environment whose ledger this is: the first of its
/// verdicts "verified" since it last failed or was rolled back. Nothing: never, or not any more.
[[nodiscard]] std::optional<std::int64_t> verified_since(const Chronicle& chronicle,
                                                         const ObjectId& commit);

}  // namespace headway::core
