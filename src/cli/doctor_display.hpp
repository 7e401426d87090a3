#pragma once

#include <vector>

#include "cli/session.hpp"
#include "core/doctor.hpp"

namespace headway::cli {

/// Shows the findings: what concerns all environments first, then each environment, in the order
/// of `environments`; of each the checks' order. With --quiet the problems alone. Fills the
/// document's "checks": for each {id, environment or null, verdict, text, because, try}.
void show_findings(Session& session, std::vector<core::Finding> findings,
                   const std::vector<std::string>& environments);

/// The failure of a run that found problems.
[[nodiscard]] Error problems_found(const std::vector<core::Finding>& findings);

}  // namespace headway::cli
