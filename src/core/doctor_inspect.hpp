#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/doctor.hpp"
#include "core/doctor_push.hpp"

namespace headway::core {

/// What was read of the repository, for all environments.
struct RepositoryInspection {
    std::string source;                   ///< "main"; empty: the remote does not say.
    std::optional<ObjectId> source_tip;   ///< Nothing: there is no such branch.
    std::optional<Error> source_failure;  ///< Why.
    std::vector<Inspection> environments;
    CommitList tips;  ///< The tips of the branches and of the source; less where not readable.
};

/// Reads what a promotion of the source's tip would read, and the tips. `source` empty: the
/// remote's HEAD. What concerns one environment only is kept as its failure. Throws TransportError,
/// Interrupted, and Error where the remote cannot even be listed.
[[nodiscard]] RepositoryInspection inspect(GitRemote& remote, const std::string& source,
                                           const std::vector<EnvironmentTarget>& targets,
                                           std::int64_t now);

/// What a push to the environment's branch is asked by; nothing where its tip could not be read.
[[nodiscard]] std::optional<TrialTarget> branch_target(const RepositoryInspection& repository,
                                                       const Inspection& inspection);

/// The same for its ledger, which must not be off.
[[nodiscard]] TrialTarget ledger_target(const Inspection& inspection);

}  // namespace headway::core
