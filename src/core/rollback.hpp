#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/promote.hpp"
#include "core/push.hpp"
#include "core/survey.hpp"

namespace headway::core {

struct RollbackRequest {
    EnvironmentTarget target;
    std::string to;  ///< 4 to 40 hex digits.
    Abbreviations checkout;
    Rehearsal rehearsal = Rehearsal::real;
    std::string reason;  ///< May be empty.
};

enum class RollbackAction {
    reset,         ///< The branch goes back, the environment is held.
    record,        ///< The branch is there already; the ledger learns of it.
    done_already,  ///< Branch and ledger both say so.
};

struct RollbackOutcome {
    RollbackAction action = RollbackAction::reset;
    ObjectId from;
    ObjectId to;
    std::vector<Commit> taken_back;  ///< Newest first, for --dry-run and the message; bounded.
    bool taken_back_cut = false;
    std::optional<LedgerTip> ledger;  ///< The newest event; nothing where the ledger is off.
    bool moved = false;
};

/// Puts the branch back to a commit of its own history by compare-and-swap, appends the event and
/// holds the environment, in one push. Throws Error(refused) when the branch is missing, the
/// commit is not in its history, or the server forbids it.
[[nodiscard]] RollbackOutcome roll_back(const Actors& actors, const RollbackRequest& request);

}  // namespace headway::core
