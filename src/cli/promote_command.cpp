#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "cli/commands.hpp"
#include "cli/deliver.hpp"
#include "cli/flags.hpp"
#include "cli/go_back.hpp"
#include "cli/report.hpp"
#include "core/message.hpp"
#include "core/promote.hpp"
#include "headway/text.hpp"

namespace headway::cli {

namespace {

constexpr std::size_t k_shown_changes = 10;

/// --commit, else CI's commit, else the tip of the source branch.
Setting<std::string> commit_of(const Session& session) {
    if (!session.options.commit.empty()) {
        return {session.options.commit, {"--commit or HEADWAY_COMMIT"}};
    }
    for (const std::string name : {"CI_COMMIT_SHA", "GITHUB_SHA"}) {
        const auto value = session.variables(name);
        if (session.variables("CI") && value && !value->empty()) {
            return {*value, {name}};
        }
    }
    return {"", {"the tip of the source branch"}};
}

void require_ledger_of_gates(const Configuration& configuration,
                             const EnvironmentConfiguration& environment) {
    if (configuration.ledger.place == LedgerPlace::off && !environment.gates.after.value.empty()) {
        throw Error(ExitCode::usage,
                    fmt::format("{} waits for {}, but the ledger is off", environment.name,
                                environment.gates.after.value.front()),
                    "what another environment has verified is in its ledger",
                    {"take \"ledger: off\" out of .headway.yml",
                     fmt::format("or take \"after\" out of {}", environment.name)});
    }
}

core::PromoteRequest request_of(const Session& session, const Configuration& configuration,
                                const std::vector<const EnvironmentConfiguration*>& environments) {
    const Options& options = session.options;
    core::PromoteRequest request;
    request.survey.source = configuration.source.value;
    request.survey.commit = commit_of(session).value;
    request.survey.checkout = checkout_abbreviations();
    if (options.override_freeze && options.reason.empty()) {
        throw Error(ExitCode::usage, "--override-freeze needs a reason",
                    "it goes into the ledger, for those who ask later",
                    {"--override-freeze --reason TEXT"});
    }
    for (const EnvironmentConfiguration* environment : environments) {
        require_ledger_of_gates(configuration, *environment);
        request.survey.environments.push_back(target_of(configuration, *environment));
    }
    request.survey.holds =
        options.release_hold ? core::HoldPolicy::release : core::HoldPolicy::respect;
    request.freeze =
        options.override_freeze ? core::FreezePolicy::override_it : core::FreezePolicy::respect;
    request.rehearsal = options.dry_run ? core::Rehearsal::dry_run : core::Rehearsal::real;
    request.reason = options.reason;
    return request;
}

void start_report(Session& session, const core::PromoteOutcome& outcome) {
    session.report["dry_run"] = session.options.dry_run;
    session.report["source"] = {{"branch", outcome.plan.source},
                                {"commit", outcome.plan.source_tip.hex()}};
    session.report["commit"] = outcome.plan.commit.hex();
    session.report["attempts"] = outcome.attempts;
    auto& list = session.report["environments"] = nlohmann::ordered_json::array();
    for (const core::Placement& placement : outcome.placements) {
        list.push_back(json_of(placement));
    }
}

void show_drift(Session& session, const core::Move& move) {
    if (move.drift && move.action != core::Action::record) {
        session.output.warning(
            fmt::format("{} was moved by something else: the ledger expected {}, the branch is {}",
                        move.environment, move.drift->short_hex(),
                        move.from ? "at " + move.from->short_hex() : "missing"));
    }
}

void show_released_hold(Session& session, const core::Move& move) {
    if (move.mend && move.writes()) {
        session.output.result(
            fmt::format("{}: the hold ends, {} {} {}", move.environment, move.mend->by.short_hex(),
                        move.mend->way == core::Mend::Way::reverts ? "reverts" : "fixes",
                        move.mend->bad.short_hex()));
    }
    if (!move.overridden.empty() && move.writes()) {
        session.output.warning(
            fmt::format("{}: the freeze is overridden: {}", move.environment, move.overridden));
    }
}

ExitCode refuse(Session& session, const core::PromoteOutcome& outcome) {
    for (const core::Placement& placement : outcome.placements) {
        const core::Move& move = placement.move;
        if (move.refusal) {
            (void)fail(session, Error(ExitCode::refused, move.refusal->what, move.refusal->because,
                                      move.refusal->hints));
        } else if (move.writes()) {
            session.output.result(fmt::format(
                "{}: nothing moved, because another environment is refused", move.environment));
        }
    }
    return ExitCode::refused;
}

void show_changes(Session& session, Workbench& bench, const core::Move& move,
                  nlohmann::ordered_json& json) {
    if (move.action != core::Action::fast_forward && move.action != core::Action::join) {
        return;
    }
    const core::Changes changes = core::read_changes(bench.remote(), *move.from, move.to);
    auto& list = json["changes"] = nlohmann::ordered_json::array();
    for (std::size_t index = 0; index < changes.commits.size(); ++index) {
        const Commit& commit = changes.commits[index];
        list.push_back(json_of(commit));
        if (index < k_shown_changes) {
            session.output.result(fmt::format("  {} {} ({})", commit.id.short_hex(),
                                              commit.subject(), commit.author.name));
        }
    }
    json["changes_cut"] = changes.cut;
    if (changes.commits.size() > k_shown_changes) {
        session.output.result(fmt::format("  and {}{} more", changes.cut ? "at least " : "",
                                          changes.commits.size() - k_shown_changes));
    }
}

ExitCode rehearse(Session& session, Workbench& bench, const Configuration& configuration,
                  const core::PromoteOutcome& outcome) {
    for (std::size_t index = 0; index < outcome.placements.size(); ++index) {
        const core::Move& move = outcome.placements[index].move;
        session.output.result(rehearsal_line_of(move));
        show_released_hold(session, move);
        show_drift(session, move);
        show_changes(session, bench, move, session.report["environments"][index]);
    }
    const Setting<std::string> commit = commit_of(session);
    session.output.result(fmt::format("settings:\n  commit = {}  ({})", outcome.plan.commit.hex(),
                                      commit.origin.text));
    auto& settings = session.report["settings"] = nlohmann::ordered_json::array();
    std::vector<std::string> shown;
    for (const core::Placement& placement : outcome.placements) {
        for (const std::string& line :
             lines_of(config::describe(configuration, placement.move.environment))) {
            if (std::find(shown.begin(), shown.end(), line) == shown.end()) {
                shown.push_back(line);
                settings.push_back(line);
                session.output.result("  " + line);
            }
        }
    }
    return outcome.plan.refused() ? refuse(session, outcome) : ExitCode::done;
}

/// What to type when the new version does not run: back to the last verified commit, else to what
/// was there before.
std::string rollback_command(const core::Placement& placement) {
    const auto& move = placement.move;
    std::optional<ObjectId> target = move.from;
    if (placement.ledger && placement.ledger->event.verified &&
        *placement.ledger->event.verified != move.to) {
        target = placement.ledger->event.verified;
    }
    if (!target || *target == move.to) {
        return {};
    }
    return fmt::format("headway rollback {} --to {}", move.environment, target->hex());
}

/// A signal came when the branch had moved: what is known, and how to find out the rest.
Interrupted interrupted_at(const Interrupted& error, const Delivery& delivery) {
    const std::string& name = delivery.environment->name;
    return Interrupted(error.what(),
                       fmt::format("{} stays at {}; the verification had not ended", name,
                                   delivery.to.short_hex()),
                       {fmt::format("headway verify {}", name)});
}

/// The error of a version that does not run, with what was done about it.
Error with_story(const Error& failure, const Recovery& recovery) {
    if (recovery.story.empty()) {
        return failure;
    }
    return {failure.code(), failure.what(),
            fmt::format("{}; {}", failure.because(), recovery.story),
            recovery.hints.empty() ? failure.hints() : recovery.hints};
}

/// An old job was run again, and `on_retry: rollback` says what that means.
ExitCode retry(Session& session, Workbench& bench, const Configuration& configuration,
               const EnvironmentConfiguration& environment, const core::Placement& placement,
               nlohmann::ordered_json& json) {
    core::RollbackRequest request;
    request.target = target_of(configuration, environment);
    request.to = placement.move.to.hex();
    request.reason = session.options.reason.empty() ? "the job that deployed it was run again"
                                                    : session.options.reason;
    auto& part = json["rollback"] = nlohmann::ordered_json::object();
    const GoneBack back = go_back(session, bench, configuration, environment, request, part);
    return back.delivered.failure ? fail(session, *back.delivered.failure) : ExitCode::done;
}

/// What comes after the move of one environment: proof, record, message, and the way back.
ExitCode follow(Session& session, Workbench& bench, const Configuration& configuration,
                const EnvironmentConfiguration& environment, const core::Placement& placement,
                Clock::Steady start, nlohmann::ordered_json& json) {
    if (placement.move.action == core::Action::superseded) {
        return ExitCode::done;
    }
    if (placement.move.action == core::Action::go_back) {
        return retry(session, bench, configuration, environment, placement, json);
    }
    Delivery delivery;
    delivery.environment = &environment;
    delivery.from = placement.move.from.value_or(ObjectId{});
    delivery.to = placement.move.to;
    delivery.moved = placement.moved;
    delivery.ledger = placement.ledger;
    delivery.rollback_command = rollback_command(placement);
    delivery.start = start;
    delivery.proof = session.options.no_verify ? Proof::skipped : Proof::wanted;
    delivery.reason = session.options.reason;
    try {
        const Delivered delivered = deliver(session, bench, configuration, delivery, json);
        if (!delivered.failure) {
            return ExitCode::done;
        }
        const Recovery recovery =
            recover(session, bench, configuration, delivery, *delivered.report, json);
        return fail(session, with_story(*delivered.failure, recovery));
    } catch (const Interrupted& error) {
        throw error.because().empty() ? interrupted_at(error, delivery) : error;
    }
}

}  // namespace

void configure_promote(CLI::App& app, Options& options) {
    add_environments(app, options, Plurality::many);
    add_setting_flags(app, options);
    add_verify_flags(app, options);
    add_gate_flags(app, options);
    add_option(app, "--commit", options.commit,
               "What to promote [CI_COMMIT_SHA, else source's tip]", "SHA");
    add_flag(app, "--dry-run", options.dry_run, "Print the plan, change nothing");
    add_flag(app, "--no-verify", options.no_verify, "Do not wait until the new version runs");
    add_flag(app, "--release-hold", options.release_hold, "End a hold by this promotion");
    add_flag(app, "--override-freeze", options.override_freeze,
             "In spite of a freeze; needs --reason");
    add_option(app, "--reason", options.reason, "Goes into the ledger", "TEXT");
}

ExitCode run_promote(Session& session) {
    const auto start = session.clock.monotonic();
    const Configuration configuration = load_configuration(session);
    const auto environments = selected(session, configuration);
    Workbench bench(session, configuration, environments);
    const core::PromoteOutcome outcome =
        core::promote(bench.actors(), request_of(session, configuration, environments));
    start_report(session, outcome);
    if (session.options.dry_run) {
        return rehearse(session, bench, configuration, outcome);
    }
    if (outcome.plan.refused()) {
        for (const core::Placement& placement : outcome.placements) {
            show_drift(session, placement.move);
        }
        return refuse(session, outcome);
    }
    for (const core::Placement& placement : outcome.placements) {
        session.output.result(line_of(placement));
        show_released_hold(session, placement.move);
        show_drift(session, placement.move);
    }
    ExitCode code = ExitCode::done;
    for (std::size_t index = 0; index < outcome.placements.size(); ++index) {
        code = std::max(
            code, follow(session, bench, configuration, *environments[index],
                         outcome.placements[index], start, session.report["environments"][index]));
    }
    return code;
}

}  // namespace headway::cli
