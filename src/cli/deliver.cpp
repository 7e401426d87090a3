#include "cli/deliver.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "cli/report.hpp"
#include "cli/verify_details.hpp"
#include "core/message.hpp"
#include "core/record.hpp"
#include "headway/text.hpp"

namespace headway::cli {

namespace {

constexpr std::size_t k_longest_reason = 2000;

/// Appends the verdict to the ledger and says what became of it.
core::Recording record(Session& session, Workbench& bench, const Configuration& configuration,
                       const Delivery& delivery, const core::VerifyReport& report) {
    const core::Recording recording = core::record_verdict(
        bench.actors(), target_of(configuration, *delivery.environment), delivery.to,
        report.converged() ? core::EventKind::verified : core::EventKind::unhealthy, report.words,
        delivery.ledger);
    if (recording == core::Recording::overtaken) {
        session.output.result(
            fmt::format("{}: overtaken, the branch has left {}; the verdict is not recorded",
                        delivery.environment->name, delivery.to.short_hex()));
    }
    return recording;
}

/// The commit of headway's own that the branch holds instead, with the same files.
std::string own_tip(const Delivery& delivery) {
    return delivery.ledger && delivery.ledger->event.commit == delivery.to &&
                   delivery.ledger->event.tip
               ? delivery.ledger->event.tip->hex()
               : std::string();
}

/// What one delivery came to.
struct Result {
    std::optional<core::VerifyReport> report;
    core::Recording recording = core::Recording::off;

    [[nodiscard]] bool unhealthy() const {
        return report && !report->converged() && recording != core::Recording::overtaken;
    }
};

bool worth_telling(const Delivery& delivery, const Result& result) {
    return delivery.moved || (result.report && result.recording != core::Recording::known_already);
}

/// The event, now that the verdict is known.
DeploymentEvent event_of(const Delivery& delivery, const Result& result) {
    if (result.unhealthy()) {
        return DeploymentEvent::unhealthy;
    }
    if (delivery.event == DeploymentEvent::promoted && result.report) {
        return DeploymentEvent::verified;
    }
    return delivery.event;
}

void tell_of(Session& session, Workbench& bench, const Configuration& configuration,
             const Delivery& delivery, const Result& result) {
    core::Deployment deployment;
    deployment.event = event_of(delivery, result);
    deployment.environment = delivery.environment->name;
    deployment.environment_url = delivery.environment->url.value;
    deployment.from = delivery.from;
    deployment.to = delivery.to;
    deployment.duration = std::chrono::duration_cast<std::chrono::milliseconds>(
        session.clock.monotonic() - delivery.start);
    deployment.verdict = result.report ? result.report->words : "not verified";
    deployment.rollback_command = result.unhealthy() ? delivery.rollback_command : std::string();
    try {
        if (delivery.moved && !delivery.from.is_null() &&
            delivery.event == DeploymentEvent::promoted) {
            deployment.changes = core::read_changes(bench.remote(), delivery.from, delivery.to);
        }
    } catch (const Interrupted&) {
        throw;
    } catch (const Error& error) {
        session.output.warning(Error(error.code(), "the list of changes could not be read",
                                     error.what(), error.hints()));
    }
    DeploymentMessage message =
        core::message_of(deployment, bench.forge(), author_of(configuration));
    message.text = printable(delivery.reason, k_longest_reason);
    tell(session, configuration, message);
}

/// A rollback does not wait until its probes' secrets are found: that it is done is told, too.
core::VerifyJob job_after_move(Session& session, const Delivery& delivery) {
    try {
        return job_of(session, delivery);
    } catch (const Error& error) {
        throw Error(ExitCode::failed,
                    fmt::format("{} is at {}, but it could not be verified",
                                delivery.environment->name, delivery.to.short_hex()),
                    error.because().empty() ? std::string(error.what())
                                            : fmt::format("{}: {}", error.what(), error.because()),
                    error.hints());
    }
}

}  // namespace

void tell(Session& session, const Configuration& configuration, const DeploymentMessage& message) {
    const auto note = [&](std::string_view channel, const Error* error) {
        nlohmann::ordered_json json;
        json["channel"] = channel;
        json["environment"] = message.environment;
        json["sent"] = error == nullptr;
        if (error != nullptr) {
            json["error"] = json_of(*error);
            session.output.warning(*error);
        }
        session.report["notifications"].push_back(std::move(json));
    };
    std::vector<std::unique_ptr<Notifier>> channels;
    try {
        channels = open_channels(session, configuration);
    } catch (const Error& error) {
        note("slack", &error);
    }
    for (const auto& channel : channels) {
        try {
            channel->send(message);
            note(channel->channel(), nullptr);
        } catch (const Interrupted&) {
            throw;
        } catch (const Error& error) {
            note(channel->channel(), &error);
        }
    }
}

bool is_to_be_proven(const Delivery& delivery) {
    return delivery.proof == Proof::wanted && !delivery.environment->verify.probes.empty();
}

core::VerifyJob job_of(Session& session, const Delivery& delivery) {
    return job_of(session, *delivery.environment,
                  {.environment = delivery.environment->name,
                   .commit = delivery.to.hex(),
                   .tip = own_tip(delivery),
                   .tag = delivery.tag});
}

Delivered conclude(Session& session, Workbench& bench, const Configuration& configuration,
                   const Delivery& delivery, const std::optional<core::VerifyReport>& report,
                   nlohmann::ordered_json& json) {
    const EnvironmentConfiguration& environment = *delivery.environment;
    Result result;
    result.report = report;
    if (report) {
        json["verify"] = json_of(*report);
        result.recording = record(session, bench, configuration, delivery, *report);
        json["verify"]["recording"] = core::word_of(result.recording);
    } else if (delivery.proof == Proof::wanted) {
        session.output.line(
            Verbosity::normal,
            fmt::format("{0}: not verified, nothing says where it runs (url: below environments: "
                        "{0}: in .headway.yml, or --url)",
                        environment.name));
    }
    if (worth_telling(delivery, result) && configuration.slack_webhook) {
        tell_of(session, bench, configuration, delivery, result);
    }
    Delivered delivered;
    delivered.report = report;
    if (result.unhealthy()) {
        delivered.failure = not_running(environment.name, delivery.to.short_hex(), *report,
                                        delivery.rollback_command);
    }
    return delivered;
}

Delivered deliver(Session& session, Workbench& bench, const Configuration& configuration,
                  const Delivery& delivery, nlohmann::ordered_json& json) {
    std::optional<core::VerifyReport> report;
    if (is_to_be_proven(delivery)) {
        report = verify_jobs(session, {job_after_move(session, delivery)}, core::Until::all_ended,
                             &bench.forge())
                     .front();
    }
    return conclude(session, bench, configuration, delivery, report, json);
}

}  // namespace headway::cli
