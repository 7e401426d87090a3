#pragma once

#include <vector>

#include "cli/session.hpp"
#include "core/doctor.hpp"
#include "headway/configuration.hpp"

namespace headway::cli {

class RemoteExamination;

/// Where the environments run: one request to each probe at each address, all at the same time.
/// Throws Interrupted.
void examine_probes(Session& session, const Configuration& configuration,
                    const std::vector<const EnvironmentConfiguration*>& environments,
                    const RemoteExamination& remote, std::vector<core::Finding>& findings);

/// The channels; with --send each gets a message. Also makes their secrets known to the redactor,
/// so it comes first. Throws Interrupted.
void examine_channels(Session& session, const Configuration& configuration,
                      const std::vector<const EnvironmentConfiguration*>& environments,
                      std::vector<core::Finding>& findings);

/// Credentials that stand in the checkout's origin, as many CI servers leave them there.
void examine_origin(std::vector<core::Finding>& findings);

}  // namespace headway::cli
