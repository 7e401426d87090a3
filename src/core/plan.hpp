#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/gates.hpp"
#include "core/ledger.hpp"
#include "core/mend.hpp"
#include "core/refusal.hpp"
#include "headway/configuration.hpp"
#include "headway/git_remote.hpp"

namespace headway::core {

/// How what is deployed stands to the commit that is to be promoted, as the server proved it.
enum class Relation {
    missing,  ///< The branch does not exist.
    equal,
    behind,  ///< What is deployed is an ancestor of the commit.
    ahead,   ///< The commit is an ancestor of what is deployed.
    diverged,
};

/// All that was read about one environment.
struct EnvironmentFacts {
    std::string name;
    std::string branch_ref;
    std::string ledger_ref;       ///< Empty: the ledger is off.
    std::optional<ObjectId> tip;  ///< The branch's; nothing when it is missing.
    /// The branch ends in commits of headway's own (after a restore), with the files of the
    /// ledger's commit: that one is deployed, as the ledger says and the server proved.
    bool joined = false;
    Relation relation = Relation::missing;
    std::optional<ObjectId> ledger_id;  ///< The ledger's newest event's id.
    std::optional<LedgerTip> ledger;    ///< Nothing when there is no ledger, or a damaged one.
    bool ledger_readable = true;        ///< False: its tip cannot even be read as a commit.
    std::string ledger_damage;          ///< Why the ledger's tip is no event; empty: it is sound.
    std::vector<Commit> in_the_way;     ///< When diverged: what the branch has and main lacks.
    bool in_the_way_cut = false;        ///< There are more.
    std::optional<LedgerTip> earlier;   ///< When ahead: an earlier deployment of the commit.
    std::optional<Mend> mend;           ///< When held with a bad range: what mends it.
    GateFacts gates;
    OnRetry on_retry = OnRetry::refuse;

    /// The commit of the source branch that is deployed; nothing when the branch is missing.
    [[nodiscard]] std::optional<ObjectId> deployed() const {
        return joined && ledger ? std::optional(ledger->event.commit) : tip;
    }
};

/// All that was read for one promotion.
/// What explains a commit that is not on the source branch: one of a merge request's pipeline.
struct Unmerged {
    std::string because;  ///< Empty: nothing does.
    std::string hint;     ///< "{source}" stands for the source branch.
};

struct PromotionFacts {
    std::string source;  ///< "main".
    ObjectId source_tip;
    ObjectId commit;
    ObjectId commit_tree;  ///< Null where no branch has to be joined.
    bool commit_on_source = false;
    Unmerged unmerged{};
    std::vector<EnvironmentFacts> environments;
};

enum class HoldPolicy { respect, release };

/// What the one who promotes asks for, and when.
struct Rules {
    HoldPolicy holds = HoldPolicy::respect;
    FreezePolicy freeze = FreezePolicy::respect;
    std::int64_t now = 0;  ///< Seconds since the epoch.
};

enum class Action {
    create,  ///< First deployment: the branch is made.
    fast_forward,
    join,    ///< After a restore: a merge commit with the files of the commit.
    record,  ///< The branch is there already, the ledger does not say so: only the ledger moves.
    done_already,
    superseded,  ///< Something newer is deployed: nothing moves.
    go_back,     ///< An old job was run again, and the configuration asks for a rollback.
    refuse,
};

/// What one environment's part of the push will be.
struct Move {
    std::string environment;
    std::string branch_ref;
    std::string ledger_ref;
    Action action = Action::refuse;
    std::optional<ObjectId> from;  ///< What is deployed, a commit of the source branch.
    std::optional<ObjectId> tip;   ///< Where the branch is.
    ObjectId to;
    ObjectId to_tree;  ///< When joining.
    std::optional<ObjectId> ledger_parent;
    std::optional<LedgerTip> ledger;
    std::optional<ObjectId> drift;  ///< What the ledger expected on the branch instead.
    std::optional<Hold> released_hold;
    std::optional<Mend> mend;  ///< What ended the hold by itself.
    std::string overridden;    ///< The freeze that is passed over; empty: none.
    std::optional<Refusal> refusal;
    std::vector<Commit> in_the_way;
    bool in_the_way_cut = false;

    [[nodiscard]] bool moves_branch() const noexcept {
        return action == Action::create || action == Action::fast_forward || action == Action::join;
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
[[nodiscard]] Plan make_plan(const PromotionFacts& facts, const Rules& rules);

/// The word for an action: "create", "fast-forward", "join", "record", "done-already",
/// "superseded", "go-back", "refused".
[[nodiscard]] std::string_view word_of(Action action) noexcept;

/// "held since 2026-11-20T21:05:00Z by ada: 5xx after deploy".
[[nodiscard]] std::string text_of(const Hold& hold);

/// The refusal of an environment whose `ledger_damage` is not empty.
[[nodiscard]] Refusal damaged_ledger(const EnvironmentFacts& environment);

/// "refs/heads/x" → "x"; other refs unchanged.
[[nodiscard]] std::string short_ref(std::string_view ref);

}  // namespace headway::core
