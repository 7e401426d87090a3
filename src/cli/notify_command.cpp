#include <array>
#include <utility>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "cli/commands.hpp"
#include "cli/deliver.hpp"
#include "cli/flags.hpp"
#include "config/ci.hpp"
#include "core/message.hpp"
#include "headway/text.hpp"

namespace headway::cli {

namespace {

constexpr std::size_t k_longest_text = 8000;

struct EventWord {
    std::string_view word;
    DeploymentEvent event;
};

constexpr std::array<EventWord, 6> k_events{{
    {"note", DeploymentEvent::note},
    {"promoted", DeploymentEvent::promoted},
    {"verified", DeploymentEvent::verified},
    {"unhealthy", DeploymentEvent::unhealthy},
    {"rolled-back", DeploymentEvent::rolled_back},
    {"refused", DeploymentEvent::refused},
}};

DeploymentEvent event_of(const std::string& word) {
    std::vector<std::string> words;
    for (const EventWord& entry : k_events) {
        if (entry.word == word) {
            return entry.event;
        }
        words.emplace_back(entry.word);
    }
    throw Error(
        ExitCode::usage, fmt::format("unknown event \"{}\"", printable(word, 60)),
        fmt::format("events are {}", fmt::join(words, ", ")),
        {fmt::format("--event {}", nearest(word, words).empty() ? "note" : nearest(word, words))});
}

std::string commit_of(const Session& session) {
    std::string commit = session.options.commit;
    if (commit.empty()) {
        commit = config::ci_facts(session.variables).commit.value;
    }
    if (!commit.empty() && !ObjectId::parse(commit)) {
        throw Error(ExitCode::usage,
                    fmt::format("\"{}\" is no full commit id", printable(commit, 60)), "",
                    {"give all 40 digits: --commit $(git rev-parse COMMIT)"});
    }
    return commit;
}

/// The lines stay lines; everything else that is not printable is escaped.
std::string text_of(const std::string& text) {
    std::vector<std::string> lines = lines_of(text);
    for (std::string& line : lines) {
        line = printable(line, k_longest_text);
    }
    return fmt::format("{}", fmt::join(lines, "\n"));
}

}  // namespace

void configure_notify(CLI::App& app, Options& options) {
    add_environments(app, options, Plurality::one);
    add_setting_flags(app, options);
    offer(add_option(app, "--event", options.event,
                     "note [default], promoted, verified, unhealthy,\nrolled-back or refused",
                     "EVENT"),
          {"note", "promoted", "verified", "unhealthy", "rolled-back", "refused"});
    add_option(app, "--text", options.text, "What to say", "TEXT");
    add_option(app, "--commit", options.commit, "Which version [CI's commit]", "SHA");
}

ExitCode run_notify(Session& session) {
    session.options.flags.branch_need = config::BranchNeed::optional;
    const DeploymentEvent event = event_of(session.options.event);
    if (event == DeploymentEvent::note && session.options.text.empty()) {
        throw Error(ExitCode::usage, "there is nothing to say", "a note needs its text",
                    {"--text TEXT, or --event EVENT"});
    }
    const std::string commit = commit_of(session);
    const Configuration configuration = load_configuration(session);
    const EnvironmentConfiguration& environment = *selected(session, configuration).front();
    if (!configuration.slack_webhook) {
        throw Error(ExitCode::usage, "no channel is configured", "",
                    {"notify: {slack: {webhook: {env: SLACK_WEBHOOK}}} in .headway.yml",
                     "or --slack-webhook-env NAME"});
    }
    core::Deployment deployment;
    deployment.event = event;
    deployment.environment = environment.name;
    deployment.environment_url = environment.url.value;
    deployment.to = ObjectId::parse(commit).value_or(ObjectId{});
    const auto forge = forge_of(configuration);
    DeploymentMessage message = core::message_of(deployment, *forge, author_of(configuration));
    if (commit.empty()) {
        message.commit.clear();
        message.short_commit.clear();
        message.commit_url.clear();
    }
    message.text = text_of(session.options.text);
    for (const auto& channel : open_channels(session, configuration)) {
        channel->send(message);
        session.report["notifications"].push_back(
            {{"channel", channel->channel()}, {"environment", environment.name}, {"sent", true}});
        session.output.result(fmt::format("{}: told {}", environment.name, channel->channel()));
    }
    return ExitCode::done;
}

}  // namespace headway::cli
