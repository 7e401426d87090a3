#pragma once

#include <string>
#include <vector>

#include "core/commit_name.hpp"
#include "core/plan.hpp"
#include "headway/git_remote.hpp"

namespace headway::core {

/// One environment, by the names of its refs.
struct EnvironmentTarget {
    std::string name;
    std::string branch_ref;
    std::string ledger_ref;  ///< Empty: the ledger is off.
};

/// What a promotion is to look at.
struct SurveyRequest {
    std::string source;  ///< Branch name; empty: the remote's HEAD.
    std::string commit;  ///< 4 to 40 hex digits; empty: the source branch's tip.
    std::vector<EnvironmentTarget> environments;
    Abbreviations checkout;  ///< For an abbreviated `commit`; may be empty.
};

/// Reads everything that make_plan needs: one listing and one proof when the commit is the
/// source branch's tip; one question more when it is not, and a few for a branch that is not
/// simply behind. Throws Error(usage) for a source branch or an id that does not exist or is
/// ambiguous.
[[nodiscard]] PromotionFacts survey(GitRemote& remote, const SurveyRequest& request);

/// The names of one environment's refs that have to be listed.
void add_refs(const EnvironmentTarget& target, std::vector<std::string>& names);

/// What a listing says of one environment; its relation and its ledger's event are still open.
[[nodiscard]] EnvironmentFacts facts_of(const EnvironmentTarget& target, const RemoteRefs& refs);

/// Finds the newest event of the environment's ledger among `commits`, or says why it is none.
void read_ledger(const CommitList& commits, EnvironmentFacts& environment);

/// Whether `descendant` contains `ancestor`, by the server's proof.
[[nodiscard]] bool contains(GitRemote& remote, const ObjectId& descendant,
                            const ObjectId& ancestor);

}  // namespace headway::core
