#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/promote.hpp"
#include "core/push.hpp"
#include "core/survey.hpp"

namespace headway::core {

/// How a branch goes back.
enum class Strategy {
    automatic,  ///< Reset, and where the server forbids a force push, restore.
    reset,      ///< The branch is moved back, by a force push that compares and swaps.
    restore,    ///< One new commit on the branch with the files of the good one: a fast-forward.
};

/// The words of --strategy: "auto", "reset", "restore".
[[nodiscard]] std::string_view word_of(Strategy strategy) noexcept;

struct RollbackRequest {
    EnvironmentTarget target;
    std::string to;      ///< 4 to 40 hex digits; empty: by `steps`.
    unsigned steps = 0;  ///< Deployments back; 0: to the last verified one.
    Strategy strategy = Strategy::automatic;
    Abbreviations checkout;
    Rehearsal rehearsal = Rehearsal::real;
    std::string reason;  ///< May be empty.
};

enum class RollbackAction {
    reset,         ///< The branch goes back, the environment is held.
    restore,       ///< The files go back, the environment is held.
    record,        ///< The branch is there already; the ledger learns of it.
    done_already,  ///< Branch and ledger both say so.
};

struct RollbackOutcome {
    RollbackAction action = RollbackAction::reset;
    ObjectId from;  ///< What was deployed.
    ObjectId to;
    std::string
        chosen_by;  ///< Why `to`: "the last verified deployment, of …"; empty: it was named.
    std::vector<Commit> taken_back;  ///< Newest first, for --dry-run and the message; bounded.
    bool taken_back_cut = false;
    std::optional<LedgerTip> ledger;  ///< The newest event; nothing where the ledger is off.
    bool moved = false;
};

/// Puts the branch back to a commit that was on it, by compare-and-swap, appends the event and
/// holds the environment, in one push. Needs neither the source branch nor, where `to` is given, a
/// ledger. Throws Error(refused) when the branch is missing, there is nothing to go back to, the
/// commit was never deployed here, or the server forbids it.
[[nodiscard]] RollbackOutcome roll_back(const Actors& actors, const RollbackRequest& request);

}  // namespace headway::core
