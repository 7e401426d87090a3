#pragma once

#include "config/ci.hpp"
#include "config/config.hpp"

namespace headway::config {

/// Where each of these comes from, in this order: flag, HEADWAY_ variable, file, CI, default.
struct ProjectSources {
    const FileConfiguration* file;  ///< May be null.
    const Flags& flags;
    const Variables& variables;
    const CiFacts& ci;
    const CheckoutFacts& checkout;
};

/// Fills in what the whole run shares: remote, source, forge, api, identity, actor and run URL.
/// What CI says of the forge counts where the remote is on the same host as CI's server.
void resolve_project(Configuration& configuration, const ProjectSources& sources);

}  // namespace headway::config
