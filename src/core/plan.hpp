#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/ledger.hpp"
#include "headway/git_remote.hpp"

namespace headway::core {

/// How a branch stands to the commit that is to be promoted, as the server proved it.
enum class Relation {
    missing,  ///< The branch does not exist.
    equal,
    behind,  ///< The branch is an ancestor of the commit.
    ahead,   ///< The commit is an ancestor of the branch.
    diverged,
};

/// A refusal in the words of Error: what, because, hints.
struct Refusal {
    std::string what;
    std::string because;
    std::vector<std::string> hints;
};

/// All that was read about one environment.
struct EnvironmentFacts {
    std::string name;
    std::string branch_ref;
    std::string ledger_ref;       ///< Empty: the ledger is off.
    std::optional<ObjectId> tip;  ///< The branch's; nothing when it is missing.
    Relation relation = Relation::missing;
    std::optional<ObjectId> ledger_id;  ///< The ledger's newest event's id.
    std::optional<LedgerTip> ledger;    ///< Nothing when there is no ledger, or a damaged one.
    std::string ledger_damage;          ///< Why the ledger's tip is no event; empty: it is sound.
    std::vector<Commit> in_the_way;     ///< When diverged: what the branch has and main lacks.
    bool in_the_way_cut = false;        ///< There are more.
};

/// All that was read for one promotion.
struct PromotionFacts {
    std::string source;  ///< "main".
    ObjectId source_tip;
    ObjectId commit;
    bool commit_on_source = false;
    std::vector<EnvironmentFacts> environments;
};

enum class HoldPolicy { respect, release };

enum class Action {
    create,  ///< First deployment: the branch is made.
    fast_forward,
    record,  ///< The branch is there already, the ledger does not say so: only the ledger moves.
    done_already,
    superseded,  ///< Something newer is deployed: nothing moves.
    refuse,
};

/// What one environment's part of the push will be.
struct Move {
    std::string environment;
    std::string branch_ref;
    std::string ledger_ref;
    Action action = Action::refuse;
    std::optional<ObjectId> from;
    ObjectId to;
    std::optional<ObjectId> ledger_parent;
    std::optional<LedgerTip> ledger;
    std::optional<ObjectId> drift;  ///< What the ledger expected on the branch instead.
    std::optional<Hold> released_hold;
    std::optional<Refusal> refusal;
    std::vector<Commit> in_the_way;
    bool in_the_way_cut = false;

    [[nodiscard]] bool moves_branch() const noexcept {
        return action == Action::create || action == Action::fast_forward;
    }
    [[nodiscard]] bool writes() const noexcept {
        return moves_branch() || action == Action::record;
    }
};

struct Plan {
    std::string source;
    ObjectId source_tip;
    ObjectId commit;
    std::vector<Move> moves;  ///< In the order asked for.

    [[nodiscard]] bool refused() const noexcept;
    [[nodiscard]] bool writes() const noexcept;
};

/// Decides (DESIGN section 6). Pure: the same facts give the same plan. One refusal anywhere
/// means that nothing moves; the other moves still tell what would have been.
[[nodiscard]] Plan make_plan(const PromotionFacts& facts, HoldPolicy holds);

/// The word for an action: "create", "fast-forward", "record", "done-already", "superseded",
/// "refused".
[[nodiscard]] std::string_view word_of(Action action) noexcept;

/// The refusal of an environment whose `ledger_damage` is not empty.
[[nodiscard]] Refusal damaged_ledger(const EnvironmentFacts& environment);

/// "refs/heads/x" → "x"; other refs unchanged.
[[nodiscard]] std::string short_ref(std::string_view ref);

}  // namespace headway::core
