#include "cli/deliver.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "cli/report.hpp"
#include "core/message.hpp"
#include "core/record.hpp"
#include "headway/text.hpp"

namespace headway::cli {

namespace {

constexpr std::size_t k_longest_reason = 2000;

long long epoch(const Session& session) {
    return session.clock.now().time_since_epoch().count();
}

/// Appends the verdict to the ledger and says what became of it.
core::Recording record(Session& session, Workbench& bench, const Configuration& configuration,
                       const Delivery& delivery, const core::VerifyReport& report) {
    const bool healthy = report.verdict == core::Verdict::healthy;
    const core::Recording recording = core::record_verdict(
        bench.actors(), target_of(configuration, *delivery.environment), delivery.to,
        healthy ? core::EventKind::verified : core::EventKind::unhealthy, report.words,
        delivery.ledger);
    if (recording == core::Recording::overtaken) {
        session.output.result(
            fmt::format("{}: overtaken, the branch has left {}; the verdict is not recorded",
                        delivery.environment->name, delivery.to.short_hex()));
    }
    return recording;
}

std::string_view word_of(core::Recording recording) {
    switch (recording) {
        case core::Recording::recorded:
            return "recorded";
        case core::Recording::known_already:
            return "known-already";
        case core::Recording::overtaken:
            return "overtaken";
        case core::Recording::off:
            break;
    }
    return "off";
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
        return report && report->verdict == core::Verdict::unhealthy &&
               recording != core::Recording::overtaken;
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
        core::message_of(deployment, bench.forge(), author_of(session, configuration));
    message.text = printable(delivery.reason, k_longest_reason);
    tell(session, configuration, message);
}

void note_missing_version(Session& session, const EnvironmentConfiguration& environment,
                          const core::ProbeSubject& subject) {
    const auto& probes = environment.verify.probes;
    const bool alone = subject.environment.empty();  // What is expected there is a literal text.
    const bool expects = std::any_of(probes.begin(), probes.end(),
                                     [](const auto& probe) { return !probe.json.empty(); });
    if ((environment.verify.proves_version() && !subject.commit.empty()) || (alone && expects)) {
        return;
    }
    session.output.line(
        Verbosity::normal,
        fmt::format(
            "{}: no probe names the version: health alone cannot tell the old version "
            "from the new (add {})",
            environment.name,
            alone ? "--expect /version=TEXT" : "json: {/version: \"${short_commit}\"} to a probe"));
}

}  // namespace

core::VerifyReport verify_environment(Session& session, const EnvironmentConfiguration& environment,
                                      const core::ProbeSubject& subject) {
    const std::string section =
        "headway_verify_" + (subject.environment.empty() ? "url" : subject.environment);
    session.output.section_start(section, fmt::format("Verifying {}", environment.name),
                                 epoch(session));
    note_missing_version(session, environment, subject);
    core::VerifyReport report;
    try {
        report = core::verify(session.client, session.clock, session.output, environment.verify,
                              subject);
    } catch (...) {
        session.output.section_end(section, epoch(session));
        throw;
    }
    session.output.section_end(section, epoch(session));
    if (report.verdict == core::Verdict::healthy) {
        session.output.result(
            fmt::format("{}: {} ({})", environment.name, report.words, human(report.duration)));
    }
    return report;
}

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

Error not_running(const std::string& where, const std::string& version,
                  const core::VerifyReport& report, const std::string& rollback_command) {
    std::vector<std::string> hints;
    if (!rollback_command.empty()) {
        hints.push_back(rollback_command);
    }
    hints.emplace_back(
        "give it more time: --deadline 10m, or verify: {deadline: 10m} in .headway.yml");
    return {ExitCode::unhealthy,
            version.empty() ? fmt::format("{} is not healthy", where)
                            : fmt::format("{} does not run {} healthily", where, version),
            fmt::format("{} ({} {} in {})", report.words, report.rounds,
                        report.rounds == 1 ? "round" : "rounds", human(report.duration)),
            std::move(hints)};
}

Delivered deliver(Session& session, Workbench& bench, const Configuration& configuration,
                  const Delivery& delivery, nlohmann::ordered_json& json) {
    const EnvironmentConfiguration& environment = *delivery.environment;
    Result result;
    if (delivery.proof == Proof::wanted && !environment.verify.probes.empty()) {
        result.report = verify_environment(session, environment,
                                           {.environment = environment.name,
                                            .commit = delivery.to.hex(),
                                            .tip = own_tip(delivery)});
        json["verify"] = json_of(*result.report);
        result.recording = record(session, bench, configuration, delivery, *result.report);
        json["verify"]["recording"] = word_of(result.recording);
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
    delivered.report = result.report;
    if (result.unhealthy()) {
        delivered.failure = not_running(environment.name, delivery.to.short_hex(), *result.report,
                                        delivery.rollback_command);
    }
    return delivered;
}

}  // namespace headway::cli
