#pragma once

#include "cli/deliver.hpp"
#include "cli/workbench.hpp"
#include "core/rollback.hpp"

namespace headway::cli {

/// A rollback as a user meets it.
struct GoneBack {
    core::RollbackOutcome outcome;
    Delivered delivered;  ///< Of the old version.
};

/// Rolls the environment back and holds it, says so, verifies the old version, records and tells.
/// `json` becomes the environment's part of the document. With a rehearsal it prints what would be
/// taken back, and nothing else happens. Throws as core::roll_back and deliver.
[[nodiscard]] GoneBack go_back(Session& session, Workbench& bench,
                               const Configuration& configuration,
                               const EnvironmentConfiguration& environment,
                               const core::RollbackRequest& request, nlohmann::ordered_json& json);

/// What a promotion does with an environment whose new version was not proven to run.
struct Recovery {
    std::string story;  ///< For the error: "rolled back to 1a2b3c4d, which is healthy 3 times …".
    std::vector<std::string> hints;
};

/// Does what `on_unhealthy` of the environment asks for, once; `failed` is what was delivered. An
/// environment that is held already is left as it is. What cannot be done is a part of the story.
[[nodiscard]] Recovery recover(Session& session, Workbench& bench,
                               const Configuration& configuration, const Delivery& failed,
                               const core::VerifyReport& report, nlohmann::ordered_json& json);

}  // namespace headway::cli
