#pragma once

#include "cli/workbench.hpp"

namespace headway::cli {

/// Opens the follow-up of a rollback from `bad` to `good`, if --follow-up asks for one: shows a
/// line of the result, with the commands where a person has to make it, and fills the document's
/// "follow_up". To be called last: the rollback is done by then, and a failure is a warning. In a
/// rehearsal nothing is pushed. A null `bad`: nothing tells what was rolled back. Throws
/// Interrupted.
void follow_up(Session& session, Workbench& bench, const Configuration& configuration,
               const EnvironmentConfiguration& environment, const ObjectId& good,
               const ObjectId& bad);

}  // namespace headway::cli
