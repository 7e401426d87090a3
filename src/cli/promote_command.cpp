#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "cli/commands.hpp"
#include "cli/flags.hpp"
#include "cli/proof.hpp"
#include "cli/report.hpp"
#include "cli/verifying.hpp"
#include "config/ci.hpp"
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
    const config::CiFacts ci = config::ci_facts(session.variables);
    const bool in_ci = ci.system != config::CiSystem::none || session.variables("CI");
    if (in_ci && !ci.commit.value.empty()) {
        return ci.commit;
    }
    return {"", {"the tip of the source branch"}};
}

/// Why CI's commit may not be on the source branch; nothing of one that was named.
core::Unmerged unmerged_of(const Session& session) {
    if (!session.options.commit.empty()) {
        return {};
    }
    config::CiFacts ci = config::ci_facts(session.variables);
    return {std::move(ci.unmerged_because), std::move(ci.unmerged_hint)};
}

core::PromoteRequest request_of(const Session& session, const Configuration& configuration,
                                const std::vector<const EnvironmentConfiguration*>& environments) {
    const Options& options = session.options;
    core::PromoteRequest request;
    request.survey.source = configuration.source.value;
    request.survey.commit = commit_of(session).value;
    request.survey.unmerged = unmerged_of(session);
    request.survey.checkout = checkout_abbreviations();
    if (options.override_freeze && options.reason.empty()) {
        throw Error(ExitCode::usage, "--override-freeze needs a reason",
                    "it goes into the ledger, for those who ask later",
                    {"--override-freeze --reason TEXT"});
    }
    for (const EnvironmentConfiguration* environment : environments) {
        config::require_ledger_of_gates(configuration, *environment);
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

/// What a verification needs is looked for before anything moves.
void require_probes(Session& session, const Configuration& configuration,
                    const std::vector<const EnvironmentConfiguration*>& environments) {
    if (session.options.no_verify || session.options.dry_run) {
        return;
    }
    for (const EnvironmentConfiguration* environment : environments) {
        config::require_tag(configuration, *environment);
        static_cast<void>(job_of(session, *environment,
                                 {.environment = environment->name,
                                  .commit = std::string(ObjectId::k_size * 2, '0'),
                                  .tag = "v0"}));
    }
}

}  // namespace

void configure_promote(CLI::App& app, Options& options) {
    add_environments(app, options, Plurality::many);
    add_setting_flags(app, options);
    add_verify_flags(app, options);
    add_gate_flags(app, options);
    add_evidence_flags(app, options);
    add_option(app, "--commit", options.commit, "What to promote [CI's commit, else source's tip]",
               "SHA");
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
    require_probes(session, configuration, environments);
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
    return prove_promotion(session, bench, configuration, environments, outcome, start);
}

}  // namespace headway::cli
