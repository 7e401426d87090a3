#pragma once

#include <optional>

#include "cli/verifying.hpp"
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
    std::string tag;     ///< Of the commit, for ${tag}; empty: it is not known.
};

/// What became of a delivery.
struct Delivered {
    /// The version was not proven to run, and the branch still holds it: to be shown by the caller.
    std::optional<Error> failure;
    std::optional<core::VerifyReport> report;  ///< Nothing: it was not verified.
};

/// Whether there is something to prove about it, and something to prove it by.
[[nodiscard]] bool is_to_be_proven(const Delivery& delivery);

/// What is to be verified of a delivery. Throws as job_of.
[[nodiscard]] core::VerifyJob job_of(Session& session, const Delivery& delivery);

/// Records the verdict, and tells the team. `report`: nothing where it was not verified. `json` is
/// the environment's part of the document. A channel that fails is a warning. Throws Interrupted,
/// and Error when the verdict could not be recorded.
[[nodiscard]] Delivered conclude(Session& session, Workbench& bench,
                                 const Configuration& configuration, const Delivery& delivery,
                                 const std::optional<core::VerifyReport>& report,
                                 nlohmann::ordered_json& json);

/// Verifies one delivery, and concludes it.
[[nodiscard]] Delivered deliver(Session& session, Workbench& bench,
                                const Configuration& configuration, const Delivery& delivery,
                                nlohmann::ordered_json& json);

/// Sends the message to every channel; failures are warnings. Adds to the document's
/// "notifications".
void tell(Session& session, const Configuration& configuration, const DeploymentMessage& message);

}  // namespace headway::cli
