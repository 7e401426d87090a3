#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "cli/commands.hpp"
#include "cli/deliver.hpp"
#include "cli/flags.hpp"
#include "cli/follow_up.hpp"
#include "cli/report.hpp"
#include "core/rollback.hpp"

namespace headway::cli {

namespace {

std::string_view word_of(core::RollbackAction action) {
    switch (action) {
        case core::RollbackAction::reset:
            return "reset";
        case core::RollbackAction::record:
            return "record";
        case core::RollbackAction::done_already:
            break;
    }
    return "done-already";
}

std::string line_of(const core::RollbackOutcome& outcome, const core::EnvironmentTarget& target,
                    bool rehearsal) {
    const std::string& environment = target.name;
    const std::string to = outcome.to.short_hex();
    if (target.ledger_ref.empty() && outcome.action == core::RollbackAction::reset) {
        // A hold stands in the ledger: without one the next promotion goes ahead.
        return fmt::format("{}: {}{} → {}{}, not held, as the ledger is off", environment,
                           rehearsal ? "would go back " : "", outcome.from.short_hex(), to,
                           rehearsal ? "" : ", rolled back");
    }
    switch (outcome.action) {
        case core::RollbackAction::reset:
            return rehearsal ? fmt::format("{}: would go back {} → {} and be held", environment,
                                           outcome.from.short_hex(), to)
                             : fmt::format("{}: {} → {}, rolled back and held", environment,
                                           outcome.from.short_hex(), to);
        case core::RollbackAction::record:
            return fmt::format("{}: {} {} already, {} on record and held", environment, to,
                               rehearsal ? "is there" : "was there",
                               rehearsal ? "would be put" : "now it is");
        case core::RollbackAction::done_already:
            break;
    }
    return fmt::format("{}: {} is there already", environment, to);
}

void fill_report(Session& session, const core::RollbackOutcome& outcome,
                 const core::EnvironmentTarget& target) {
    auto& json = session.report["environments"] = nlohmann::ordered_json::array();
    nlohmann::ordered_json entry;
    entry["environment"] = target.name;
    entry["branch"] = core::short_ref(target.branch_ref);
    entry["action"] = word_of(outcome.action);
    entry["from"] = outcome.from.hex();
    entry["to"] = outcome.to.hex();
    entry["moved"] = outcome.moved;
    entry["event"] = outcome.ledger ? nlohmann::ordered_json(outcome.ledger->id.hex()) : nullptr;
    if (session.options.dry_run) {
        auto& list = entry["taken_back"] = nlohmann::ordered_json::array();
        for (const Commit& commit : outcome.taken_back) {
            list.push_back(json_of(commit));
        }
        entry["taken_back_cut"] = outcome.taken_back_cut;
    }
    json.push_back(std::move(entry));
    session.report["dry_run"] = session.options.dry_run;
}

/// What the environment went back from, also where an earlier run or somebody else did it; null:
/// nothing tells.
ObjectId bad_of(const core::RollbackOutcome& outcome) {
    if (outcome.from != outcome.to) {
        return outcome.from;
    }
    if (outcome.ledger) {
        const core::Event& event = outcome.ledger->event;
        const auto range = event.hold ? event.hold->range : std::nullopt;
        for (const auto& bad :
             {range ? std::optional(range->bad) : std::nullopt, event.drift, event.previous}) {
            if (bad && *bad != outcome.to) {
                return *bad;
            }
        }
    }
    return {};
}

Error no_target(const core::EnvironmentTarget& target) {
    std::vector<std::string> hints{fmt::format("headway rollback {} --to SHA", target.name)};
    const std::string& ref = target.ledger_ref.empty() ? target.branch_ref : target.ledger_ref;
    hints.push_back(
        fmt::format("to see what ran before: git fetch origin {} && git log FETCH_HEAD", ref));
    return {ExitCode::usage, "no commit to go back to is named", "", std::move(hints)};
}

}  // namespace

void configure_rollback(CLI::App& app, Options& options) {
    add_environments(app, options, Plurality::one);
    add_setting_flags(app, options);
    add_verify_flags(app, options);
    add_option(app, "--to", options.to, "The commit to go back to", "SHA");
    add_option(app, "--reason", options.reason, "Why; goes into the ledger and every refusal",
               "TEXT");
    add_flag(app, "--dry-run", options.dry_run, "Print what would be taken back, change nothing");
    add_flag(app, "--no-verify", options.no_verify, "Do not wait until the old version runs");
    add_flag(app, "--follow-up", options.follow_up,
             "Open a merge request that reverts what was bad");
}

ExitCode run_rollback(Session& session) {
    const auto start = session.clock.monotonic();
    const Configuration configuration = load_configuration(session);
    const auto environments = selected(session, configuration);
    core::RollbackRequest request;
    request.target = target_of(configuration, *environments.front());
    if (session.options.to.empty()) {
        throw no_target(request.target);
    }
    Workbench bench(session, configuration, environments);
    request.to = session.options.to;
    request.checkout = checkout_abbreviations();
    request.reason = session.options.reason;
    request.rehearsal = session.options.dry_run ? core::Rehearsal::dry_run : core::Rehearsal::real;
    const core::RollbackOutcome outcome = core::roll_back(bench.actors(), request);
    fill_report(session, outcome, request.target);
    session.output.result(line_of(outcome, request.target, session.options.dry_run));
    if (session.options.dry_run) {
        for (const Commit& commit : outcome.taken_back) {
            session.output.result(fmt::format("  {} {} ({})", commit.id.short_hex(),
                                              commit.subject(), commit.author.name));
        }
        follow_up(session, bench, configuration, *environments.front(), outcome.to,
                  bad_of(outcome));
        return ExitCode::done;
    }
    Delivery delivery;
    delivery.environment = environments.front();
    delivery.event = DeploymentEvent::rolled_back;
    delivery.from = outcome.from;
    delivery.to = outcome.to;
    delivery.moved = outcome.moved;
    delivery.ledger = outcome.ledger;
    delivery.start = start;
    delivery.proof = session.options.no_verify ? Proof::skipped : Proof::wanted;
    const ExitCode code =
        deliver(session, bench, configuration, delivery, session.report["environments"][0]);
    follow_up(session, bench, configuration, *environments.front(), outcome.to, bad_of(outcome));
    return code;
}

}  // namespace headway::cli
