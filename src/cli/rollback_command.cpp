#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "cli/commands.hpp"
#include "cli/flags.hpp"
#include "cli/follow_up.hpp"
#include "cli/go_back.hpp"
#include "config/values.hpp"
#include "headway/text.hpp"

namespace headway::cli {

namespace {

constexpr unsigned k_most_steps = 1000;

core::Strategy strategy_of(const std::string& word) {
    std::vector<std::string> words;
    for (const core::Strategy strategy :
         {core::Strategy::automatic, core::Strategy::reset, core::Strategy::restore}) {
        if (core::word_of(strategy) == word) {
            return strategy;
        }
        words.emplace_back(core::word_of(strategy));
    }
    const std::string near = nearest(word, words);
    throw Error(ExitCode::usage, fmt::format("unknown strategy \"{}\"", printable(word, 60)),
                fmt::format("it is one of {}", fmt::join(words, ", ")),
                {fmt::format("--strategy {}", near.empty() ? "auto" : near)});
}

core::RollbackRequest request_of(const Session& session, const Configuration& configuration,
                                 const EnvironmentConfiguration& environment) {
    const Options& options = session.options;
    core::RollbackRequest request;
    request.target = target_of(configuration, environment);
    request.to = options.to;
    if (!options.steps.empty()) {
        if (!options.to.empty()) {
            throw Error(ExitCode::usage, "--to and --steps both name where to go back to", "",
                        {"give one of them"});
        }
        request.steps = config::checked_number(options.steps, 1, k_most_steps, {"--steps"});
    }
    request.strategy = strategy_of(options.strategy);
    request.checkout = checkout_abbreviations();
    request.reason = options.reason;
    request.rehearsal = options.dry_run ? core::Rehearsal::dry_run : core::Rehearsal::real;
    return request;
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

}  // namespace

void configure_rollback(CLI::App& app, Options& options) {
    add_environments(app, options, Plurality::one);
    add_setting_flags(app, options);
    add_verify_flags(app, options);
    add_merge_request_flags(app, options);
    add_evidence_flags(app, options);
    add_option(app, "--to", options.to, "The commit to go back to [the last verified one]", "SHA");
    add_option(app, "--steps", options.steps, "Go back so many deployments instead", "N");
    offer(
        add_option(app, "--strategy", options.strategy,
                   "auto [default], reset (by a force push) or\nrestore (by a new commit)", "WORD"),
        {"auto", "reset", "restore"});
    add_option(app, "--reason", options.reason, "Why; goes into the ledger and every refusal",
               "TEXT");
    add_flag(app, "--dry-run", options.dry_run, "Print what would be taken back, change nothing");
    add_flag(app, "--no-verify", options.no_verify, "Do not wait until the old version runs");
    add_flag(app, "--follow-up", options.follow_up,
             "Open a merge request that reverts what was bad");
}

ExitCode run_rollback(Session& session) {
    const Configuration configuration = load_configuration(session);
    const auto environments = selected(session, configuration);
    const EnvironmentConfiguration& environment = *environments.front();
    const core::RollbackRequest request = request_of(session, configuration, environment);
    Workbench bench(session, configuration, environments);
    session.report["dry_run"] = session.options.dry_run;
    auto& list = session.report["environments"] = nlohmann::ordered_json::array();
    list.push_back(nlohmann::ordered_json::object());
    const GoneBack back = go_back(session, bench, configuration, environment, request, list.back());
    const ExitCode code =
        back.delivered.failure ? fail(session, *back.delivered.failure) : ExitCode::done;
    follow_up(session, bench, configuration, environment, back.outcome.to, bad_of(back.outcome));
    return code;
}

}  // namespace headway::cli
