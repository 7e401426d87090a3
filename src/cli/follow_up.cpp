#include "cli/follow_up.hpp"

#include <memory>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "core/follow_up.hpp"
#include "forge/api.hpp"

namespace headway::cli {

namespace {

std::string words_of(const core::FollowUp& outcome, std::string_view request) {
    const auto with_page = [&](std::string words) {
        return outcome.page.empty()
                   ? words
                   : fmt::format("{}; open a {}: {}", words, request, outcome.page);
    };
    switch (outcome.state) {
        case core::FollowUpState::opened:
            if (!outcome.url.empty()) {
                return outcome.url;
            }
            return with_page(fmt::format("{} was pushed; {}", outcome.branch, outcome.because));
        case core::FollowUpState::would_open:
            return fmt::format("would open a {} from {} into {}", request, outcome.branch,
                               outcome.source);
        case core::FollowUpState::pushed:
            return outcome.failure ? fmt::format("{} was pushed", outcome.branch)
                                   : with_page(fmt::format("{} was pushed", outcome.branch));
        case core::FollowUpState::would_push:
            return fmt::format("would push {}, for a {} into {}", outcome.branch, request,
                               outcome.source);
        case core::FollowUpState::exists_already:
            return outcome.url.empty() ? with_page(fmt::format("{} exists already", outcome.branch))
                                       : fmt::format("{} exists already", outcome.url);
        case core::FollowUpState::not_needed:
            return fmt::format("not needed, {}", outcome.because);
        case core::FollowUpState::by_hand:
            break;
        case core::FollowUpState::failed:
            return {};
    }
    return fmt::format("to be made by hand, {}:", outcome.because);
}

void fill_report(Session& session, const core::FollowUp& outcome) {
    const auto text = [](const std::string& value) {
        return value.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(value);
    };
    nlohmann::ordered_json& json = session.report["follow_up"];
    json["created"] = outcome.state == core::FollowUpState::opened;
    json["url"] = text(outcome.url);
    json["page"] = text(outcome.page);
    json["branch"] = text(outcome.branch);
    json["commit"] = text(outcome.commit ? outcome.commit->hex() : std::string());
    json["commands"] = outcome.commands;
    json["because"] = text(outcome.because);
}

void warn(Session& session, const std::string& environment, const core::FollowUp& outcome,
          std::string_view request) {
    const Error& failure = *outcome.failure;
    const bool pushed = outcome.state == core::FollowUpState::pushed;
    std::vector<std::string> hints = failure.hints();
    hints.insert(hints.end(), outcome.commands.begin(), outcome.commands.end());
    if (!outcome.page.empty()) {
        hints.push_back(fmt::format("open it by hand: {}", outcome.page));
    }
    std::string because = failure.what();
    if (!failure.because().empty()) {
        because = pushed ? failure.because() : fmt::format("{}: {}", because, failure.because());
    }
    session.output.warning(Error(
        failure.code(),
        fmt::format("the {} of {} was not opened",
                    pushed ? fmt::format("follow-up's {}", request) : "follow-up", environment),
        std::move(because), std::move(hints)));
}

void show(Session& session, const std::string& environment, const core::FollowUp& outcome,
          std::string_view request) {
    if (outcome.state != core::FollowUpState::failed) {
        session.output.result(
            fmt::format("{}: follow-up: {}", environment, words_of(outcome, request)));
        if (!outcome.failure) {
            for (const std::string& command : outcome.commands) {
                session.output.result("  " + command);
            }
        }
    }
    if (outcome.failure) {
        warn(session, environment, outcome, request);
    }
}

/// The forge's API; null where it has none, or no token is there to ask it with: the branch is
/// pushed all the same.
std::unique_ptr<MergeRequestApi> api_for(Session& session, const Forge& forge,
                                         const Configuration& configuration,
                                         const EnvironmentConfiguration& environment) {
    const std::string& remote = configuration.remote.value;
    if (!environment.api_token || !forge::has_api(forge, remote, configuration.api.value)) {
        return nullptr;
    }
    try {
        return forge::open_api(
            session.client, forge,
            {.remote = remote,
             .base = configuration.api.value,
             .token = secret_from(session, *environment.api_token, forge::k_api_user),
             .token_name = environment.api_token->describe(),
             .timeout = session.request_timeout()});
    } catch (const Error& error) {
        session.output.warning(
            Error(error.code(),
                  fmt::format("{} opens no {}", environment.api_token->describe(),
                              forge.merge_request_word()),
                  error.what(), error.hints()));
        return nullptr;
    }
}

core::FollowUp open(Session& session, Workbench& bench, const Configuration& configuration,
                    const EnvironmentConfiguration& environment, const ObjectId& good,
                    const ObjectId& bad) {
    if (bad.is_null() || bad == good) {
        core::FollowUp nothing;
        nothing.state = core::FollowUpState::not_needed;
        nothing.because = "nothing was rolled back";
        return nothing;
    }
    const auto api = api_for(session, bench.forge(), configuration, environment);
    try {
        return core::open_follow_up(bench.actors(),
                                    {.source = configuration.source.value,
                                     .environment = environment.name,
                                     .good = good,
                                     .bad = bad,
                                     .reason = session.options.reason,
                                     .rehearsal = session.options.dry_run ? core::Rehearsal::dry_run
                                                                          : core::Rehearsal::real,
                                     .api = api.get()});
    } catch (const Interrupted& error) {
        throw Interrupted("interrupted while the follow-up was being opened",
                          error.because().empty()
                              ? "the rollback itself is done"
                              : error.because() + "; the rollback itself is done",
                          {"run the same command again"});
    }
}

}  // namespace

void follow_up(Session& session, Workbench& bench, const Configuration& configuration,
               const EnvironmentConfiguration& environment, const ObjectId& good,
               const ObjectId& bad) {
    if (!session.options.follow_up) {
        return;
    }
    const core::FollowUp outcome = open(session, bench, configuration, environment, good, bad);
    fill_report(session, outcome);
    show(session, environment.name, outcome, bench.forge().merge_request_word());
}

}  // namespace headway::cli
