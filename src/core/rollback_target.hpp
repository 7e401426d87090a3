#pragma once

#include <optional>
#include <string>

#include "core/rollback.hpp"
#include "core/way_back.hpp"

namespace headway::core {

/// What was read for one rollback.
struct RollbackFacts {
    EnvironmentFacts environment;
    ObjectId tip;   ///< Where the branch is.
    ObjectId from;  ///< What is deployed.
    ObjectId to;
    std::optional<Station> station;  ///< What the ledger tells of `to`, where it was asked.
    std::string chosen_by;           ///< As RollbackOutcome::chosen_by.
};

/// Reads the environment, and finds and checks the commit to go back to: the named one (on the
/// branch, or deployed there before), else by the ledger. Run again within the same hold, the
/// ledger's answer stays the same. Throws Error(refused) with the ways to name a commit.
[[nodiscard]] RollbackFacts read_rollback_facts(GitRemote& remote, const RollbackRequest& request);

/// The tree of a commit. One request. Throws UnknownObject.
[[nodiscard]] ObjectId tree_of(GitRemote& remote, const ObjectId& commit);

/// Whether two commits hold the same files. One request.
[[nodiscard]] bool has_same_files(GitRemote& remote, const ObjectId& one, const ObjectId& other);

}  // namespace headway::core
