#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "cli/commands.hpp"
#include "cli/flags.hpp"
#include "cli/workbench.hpp"
#include "core/hold.hpp"
#include "headway/text.hpp"

namespace headway::cli {

namespace {

using Environments = std::vector<const EnvironmentConfiguration*>;

/// One push carries one token, so environments with the same token are changed together.
std::vector<Environments> by_token(const Environments& environments) {
    std::vector<Environments> groups;
    std::map<std::string, std::size_t> known;
    for (const EnvironmentConfiguration* environment : environments) {
        const std::string token = environment->token ? environment->token->describe() : "";
        const auto [place, first] = known.try_emplace(token, groups.size());
        if (first) {
            groups.emplace_back();
        }
        groups[place->second].push_back(environment);
    }
    return groups;
}

Environments named(const Session& session, const Configuration& configuration) {
    if (!session.options.all) {
        return selected(session, configuration);
    }
    if (!session.options.flags.environments.empty()) {
        throw Error(ExitCode::usage, "--all and an environment are both given", "",
                    {"give one of them"});
    }
    Environments environments;
    for (const EnvironmentConfiguration& environment : configuration.environments) {
        environments.push_back(&environment);
    }
    if (environments.empty()) {
        throw Error(ExitCode::usage, "no environment is configured", "",
                    {fmt::format("headway {} ENV", session.options.command)});
    }
    return environments;
}

nlohmann::ordered_json json_of(const std::optional<core::Hold>& hold) {
    if (!hold) {
        return nullptr;
    }
    return {{"since", core::timestamp(hold->since)}, {"by", hold->by}, {"reason", hold->reason}};
}

std::string line_of(const core::HoldOutcome& outcome, core::HoldChange change) {
    if (change == core::HoldChange::hold) {
        return outcome.changed
                   ? fmt::format("{}: held", outcome.environment)
                   : fmt::format("{}: is held already, for the same reason", outcome.environment);
    }
    return outcome.changed ? fmt::format("{}: resumed, it was {}", outcome.environment,
                                         outcome.before ? core::text_of(*outcome.before) : "held")
                           : fmt::format("{}: is not held", outcome.environment);
}

void change_group(Session& session, const Configuration& configuration,
                  const Environments& environments, core::HoldChange change) {
    Workbench bench(session, configuration, environments);
    core::HoldRequest request;
    request.change = change;
    request.reason = session.options.reason;
    for (const EnvironmentConfiguration* environment : environments) {
        request.targets.push_back(target_of(configuration, *environment));
    }
    for (const core::HoldOutcome& outcome : core::change_holds(bench.actors(), request)) {
        nlohmann::ordered_json json;
        json["environment"] = outcome.environment;
        json["changed"] = outcome.changed;
        json["before"] = json_of(outcome.before);
        json["hold"] = outcome.ledger ? json_of(outcome.ledger->event.hold) : nullptr;
        json["event"] = outcome.ledger ? nlohmann::ordered_json(outcome.ledger->id.hex()) : nullptr;
        session.report["environments"].push_back(std::move(json));
        session.output.result(line_of(outcome, change));
    }
}

ExitCode change_holds(Session& session, core::HoldChange change) {
    session.options.flags.branch_need = config::BranchNeed::required;
    const Configuration configuration = load_configuration(session);
    const Environments environments = named(session, configuration);
    if (configuration.ledger.place == LedgerPlace::off) {
        throw Error(ExitCode::usage, "a hold stands in the ledger, and the ledger is off", "",
                    {"take \"ledger: off\" out of .headway.yml"});
    }
    session.report["environments"] = nlohmann::ordered_json::array();
    ExitCode code = ExitCode::done;
    // An emergency stop goes on where one of the tokens does not work.
    for (const Environments& group : by_token(environments)) {
        try {
            change_group(session, configuration, group, change);
        } catch (const Interrupted&) {
            throw;
        } catch (const Error& error) {
            code = std::max(code, fail(session, error));
        }
    }
    return code;
}

void configure(CLI::App& app, Options& options, const std::string& what) {
    add_environments(app, options, Plurality::many_unless_all);
    add_setting_flags(app, options);
    add_flag(app, "--all", options.all, "Every environment of the configuration");
    add_option(app, "--reason", options.reason, what, "TEXT");
}

}  // namespace

void configure_hold(CLI::App& app, Options& options) {
    configure(app, options, "Why; goes into the ledger and every refusal");
}

ExitCode run_hold(Session& session) {
    if (trimmed(session.options.reason).empty()) {
        throw Error(ExitCode::usage, "a hold needs a reason",
                    "everybody whose promotion is refused will read it", {"--reason TEXT"});
    }
    return change_holds(session, core::HoldChange::hold);
}

void configure_resume(CLI::App& app, Options& options) {
    configure(app, options, "Why; goes into the ledger");
}

ExitCode run_resume(Session& session) {
    return change_holds(session, core::HoldChange::resume);
}

}  // namespace headway::cli
