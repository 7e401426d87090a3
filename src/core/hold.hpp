#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/push.hpp"
#include "core/survey.hpp"

namespace headway::core {

enum class HoldChange { hold, resume };

struct HoldRequest {
    HoldChange change = HoldChange::hold;
    std::vector<EnvironmentTarget> targets;  ///< None twice; each with a ledger.
    std::string reason;
    std::optional<BadRange> range;    ///< Of a hold that a commit may end; nothing: emergency stop.
    std::optional<ObjectId> only_at;  ///< Only while this commit is deployed.
};

/// What became of one environment.
struct HoldOutcome {
    std::string environment;
    bool changed = false;             ///< False: it was so already (or has left `only_at`).
    std::optional<Hold> before;       ///< The hold that was there.
    std::optional<LedgerTip> ledger;  ///< The newest event now.
};

/// Holds environments, or ends their holds, by one event each in one push; no branch moves. An
/// environment need not have been deployed, and a damaged ledger is built upon: an emergency stop
/// always works. One outcome per target. Throws Error(refused) where the server forbids it.
[[nodiscard]] std::vector<HoldOutcome> change_holds(const Actors& actors,
                                                    const HoldRequest& request);

}  // namespace headway::core
