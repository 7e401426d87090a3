#pragma once

#include <optional>

#include "cli/workbench.hpp"
#include "core/ledger.hpp"
#include "core/verify.hpp"
#include "headway/notifier.hpp"

namespace headway::cli {

enum class Proof { wanted, skipped };

/// One environment after its branch was moved (or found in place): what is to be proven and told.
struct Delivery {
    const EnvironmentConfiguration* environment = nullptr;
    DeploymentEvent event = DeploymentEvent::promoted;
    ObjectId from;  ///< Null: nothing was there before.
    ObjectId to;
    bool moved = false;                     ///< This run moved the branch.
    std::optional<core::LedgerTip> ledger;  ///< The newest event as far as it is known.
    std::string rollback_command;           ///< What to type when it does not run; may be empty.
    Clock::Steady start;                    ///< For the message's duration.
    Proof proof = Proof::wanted;
    std::string reason;  ///< For the message; may be empty.
};

/// What became of a delivery.
struct Delivered {
    /// The version was not proven to run, and the branch still holds it: to be shown by the caller.
    std::optional<Error> failure;
    std::optional<core::VerifyReport> report;  ///< Nothing: it was not verified.
};

/// Verifies, records the verdict, and tells the team. `json` is the environment's part of the
/// document. A channel that fails is a warning. Throws Interrupted, and Error when the verdict
/// could not be recorded.
[[nodiscard]] Delivered deliver(Session& session, Workbench& bench,
                                const Configuration& configuration, const Delivery& delivery,
                                nlohmann::ordered_json& json);

/// Verifies one environment inside a section of the log, and shows the result's line.
[[nodiscard]] core::VerifyReport verify_environment(Session& session,
                                                    const EnvironmentConfiguration& environment,
                                                    const core::ProbeSubject& subject);

/// Sends the message to every channel; failures are warnings. Adds to the document's
/// "notifications".
void tell(Session& session, const Configuration& configuration, const DeploymentMessage& message);

/// The failure of a version that was not proven to run.
[[nodiscard]] Error not_running(const std::string& where, const std::string& version,
                                const core::VerifyReport& report,
                                const std::string& rollback_command);

}  // namespace headway::cli
