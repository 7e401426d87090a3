#pragma once

#include <chrono>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "core/commit_name.hpp"
#include "core/plan.hpp"
#include "headway/git_remote.hpp"

namespace headway::core {

/// An environment that goes before another one.
struct AfterTarget {
    std::string name;
    std::string ledger_ref;
};

/// One environment: the names of its refs, and what is asked for before its branch moves.
struct EnvironmentTarget {
    std::string name;
    std::string branch_ref;
    std::string ledger_ref;  ///< Empty: the ledger is off.
    std::vector<AfterTarget> after{};
    std::chrono::seconds soak{0};
    std::vector<FreezeWindow> freeze{};
    OnRetry on_retry = OnRetry::refuse;
};

/// What a promotion is to look at.
struct SurveyRequest {
    std::string source;  ///< Branch name; empty: the remote's HEAD.
    std::string commit;  ///< 4 to 40 hex digits; empty: the source branch's tip.
    std::vector<EnvironmentTarget> environments;
    Abbreviations checkout;                  ///< For an abbreviated `commit`; may be empty.
    HoldPolicy holds = HoldPolicy::respect;  ///< `release`: nobody asks whether a hold is mended.
    Unmerged unmerged{};                     ///< Of `commit`, where CI named it.
};

/// Reads everything that make_plan needs: one listing and one proof when the commit is the
/// source branch's tip; one question more when it is not, for a hold that may be mended, and for a
/// gate whose ledger has gone on; a few for a branch that is not simply behind. Throws Error(usage)
/// for a source branch or an id that does not exist or is ambiguous.
[[nodiscard]] PromotionFacts survey(GitRemote& remote, const SurveyRequest& request);

/// The names of one environment's refs that have to be listed.
void add_refs(const EnvironmentTarget& target, std::vector<std::string>& names);

/// Whether the newest event of the ledger says that the branch ends in commits of headway's own;
/// their files are not compared.
[[nodiscard]] bool claims_own_tip(const EnvironmentFacts& environment);

/// What a listing says of one environment; its relation and its ledger's event are still open.
[[nodiscard]] EnvironmentFacts facts_of(const EnvironmentTarget& target, const RemoteRefs& refs);

/// Commits that were read together with the newest events of ledgers.
struct Newest {
    CommitList commits;
    /// Ledgers' ids that the server cannot hand out as a commit, and why.
    std::map<ObjectId, std::string> unreadable;
};

/// Which of `tips` and of the ledgers' ids the haves do not contain, in one question. Where the
/// server cannot answer it because a ledger's ref points to something that is no commit, or is not
/// there, it is asked without that ledger: half of them at a time. Throws as
/// GitRemote::commits_between for `tips`, and where no ledger is to blame.
[[nodiscard]] Newest read_newest(GitRemote& remote, const std::vector<ObjectId>& tips,
                                 const std::vector<ObjectId>& ledgers,
                                 std::span<const ObjectId> haves);

/// Finds the newest event of the environment's ledger in what was read, or says why it is none.
void read_ledger(const Newest& newest, EnvironmentFacts& environment);

/// Whether `descendant` contains `ancestor`, by the server's proof.
[[nodiscard]] bool contains(GitRemote& remote, const ObjectId& descendant,
                            const ObjectId& ancestor);

}  // namespace headway::core
