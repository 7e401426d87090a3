#include "cli/follow_up.hpp"

#include <string>
#include <utility>

#include <fmt/format.h>

#include "core/follow_up.hpp"

namespace headway::cli {

namespace {

std::string words_of(const core::FollowUp& outcome) {
    switch (outcome.state) {
        case core::FollowUpState::opened:
            return outcome.url.empty()
                       ? fmt::format("{} was pushed; {}", outcome.branch, outcome.because)
                       : outcome.url;
        case core::FollowUpState::would_open:
            return fmt::format("would open a merge request from {} into {}", outcome.branch,
                               outcome.source);
        case core::FollowUpState::exists_already:
            return fmt::format("{} exists already", outcome.branch);
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
    json["branch"] = text(outcome.branch);
    json["commit"] = text(outcome.commit ? outcome.commit->hex() : std::string());
    json["commands"] = outcome.commands;
    json["because"] = text(outcome.because);
}

void show(Session& session, const std::string& environment, const core::FollowUp& outcome) {
    if (outcome.failure) {
        const Error& failure = *outcome.failure;
        std::vector<std::string> hints = failure.hints();
        hints.insert(hints.end(), outcome.commands.begin(), outcome.commands.end());
        session.output.warning(Error(
            failure.code(), fmt::format("the follow-up of {} was not opened", environment),
            failure.because().empty() ? std::string(failure.what())
                                      : fmt::format("{}: {}", failure.what(), failure.because()),
            std::move(hints)));
        return;
    }
    session.output.result(fmt::format("{}: follow-up: {}", environment, words_of(outcome)));
    for (const std::string& command : outcome.commands) {
        session.output.result("  " + command);
    }
}

core::FollowUp open(Session& session, Workbench& bench, const Configuration& configuration,
                    const std::string& environment, const ObjectId& good, const ObjectId& bad) {
    if (bad.is_null() || bad == good) {
        core::FollowUp nothing;
        nothing.state = core::FollowUpState::not_needed;
        nothing.because = "nothing was rolled back";
        return nothing;
    }
    try {
        return core::open_follow_up(bench.actors(),
                                    {.source = configuration.source.value,
                                     .environment = environment,
                                     .good = good,
                                     .bad = bad,
                                     .reason = session.options.reason,
                                     .rehearsal = session.options.dry_run ? core::Rehearsal::dry_run
                                                                          : core::Rehearsal::real});
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
    const core::FollowUp outcome = open(session, bench, configuration, environment.name, good, bad);
    fill_report(session, outcome);
    show(session, environment.name, outcome);
}

}  // namespace headway::cli
