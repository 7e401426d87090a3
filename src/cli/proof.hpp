#pragma once

#include <vector>

#include "cli/workbench.hpp"
#include "core/promote.hpp"

namespace headway::cli {

/// What comes after the moves of a promotion: every environment is verified, all at the same time,
/// the verdict is recorded, the team is told, and `on_unhealthy` is obeyed; an old job that was run
/// again rolls back where `on_retry` says so. `environments` are those of `outcome`, in its order,
/// and so are the session's report's. The worst of the exit codes.
[[nodiscard]] ExitCode prove_promotion(
    Session& session, Workbench& bench, const Configuration& configuration,
    const std::vector<const EnvironmentConfiguration*>& environments,
    const core::PromoteOutcome& outcome, Clock::Steady start);

}  // namespace headway::cli
