#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "cli/commands.hpp"
#include "cli/deliver.hpp"
#include "cli/flags.hpp"
#include "cli/report.hpp"
#include "core/record.hpp"
#include "headway/text.hpp"

namespace headway::cli {

namespace {

constexpr std::string_view k_nameless = "url";

/// Without an environment: --url alone; no git, no ledger, no file is needed.
ExitCode verify_url(Session& session) {
    auto& flags = session.options.flags;
    flags.environments = {std::string(k_nameless)};
    flags.branch_need = config::BranchNeed::optional;
    const Configuration configuration =
        config::resolve(nullptr, flags, session.variables, config::CheckoutFacts{});
    EnvironmentConfiguration environment = configuration.environments.front();
    if (environment.verify.probes.empty()) {
        throw Error(ExitCode::usage, "nothing to verify is named", "",
                    {"headway verify ENV", "headway verify --url URL"});
    }
    environment.name = environment.url.value.empty() ? environment.verify.probes.front().url
                                                     : environment.url.value;
    const auto& commit = session.options.commit;
    if (!commit.empty() && !ObjectId::parse(commit)) {
        throw Error(ExitCode::usage,
                    fmt::format("\"{}\" is no full commit id", printable(commit, 60)),
                    "without a remote an abbreviated id cannot be looked up",
                    {"give all 40 digits: --commit $(git rev-parse COMMIT)"});
    }
    if (commit.empty() && environment.verify.proves_version()) {
        throw Error(ExitCode::usage, "an expectation names the commit, but no commit is given", "",
                    {"--commit SHA"});
    }
    const core::VerifyReport report =
        verify_environment(session, environment, {.environment = "", .commit = commit});
    session.report["verify"] = json_of(report);
    if (report.verdict == core::Verdict::healthy) {
        return ExitCode::done;
    }
    return fail(session, not_running(environment.name, commit.substr(0, 8), report, {}));
}

ObjectId commit_to_expect(const Session& session, GitRemote& remote,
                          const core::EnvironmentFacts& facts) {
    if (session.options.commit.empty()) {
        return *facts.deployed();
    }
    core::CommitSearch search{.known = {*facts.deployed(), *facts.tip},
                              .checkout = checkout_abbreviations(),
                              .branch_tip = *facts.tip,
                              .branch = core::short_ref(facts.branch_ref)};
    return core::find_commit(remote, session.options.commit, search);
}

/// What to type when the version does not run: back to the last verified one. Empty when it is that
/// very version, or when there is none.
std::string rollback_command(const std::string& environment, const ObjectId& commit,
                             const core::EnvironmentFacts& facts) {
    const auto verified = facts.ledger ? facts.ledger->event.verified : std::nullopt;
    return verified && *verified != commit && facts.deployed() == commit
               ? fmt::format("headway rollback {} --to {}", environment, verified->hex())
               : std::string();
}

}  // namespace

void configure_verify(CLI::App& app, Options& options) {
    add_environments(app, options, Plurality::at_most_one);
    add_setting_flags(app, options);
    add_verify_flags(app, options);
    add_option(app, "--commit", options.commit, "The version that must run [the branch's tip]",
               "SHA");
}

ExitCode run_verify(Session& session) {
    if (session.options.flags.environments.empty()) {
        return verify_url(session);
    }
    const Configuration configuration = load_configuration(session);
    const auto environments = selected(session, configuration);
    const EnvironmentConfiguration& environment = *environments.front();
    if (environment.verify.probes.empty()) {
        throw Error(ExitCode::usage, fmt::format("nothing says where {} runs", environment.name),
                    "",
                    {fmt::format("url: below environments: {}: in .headway.yml, or --url URL",
                                 environment.name)});
    }
    Workbench bench(session, configuration, environments);
    const auto target = target_of(configuration, environment);
    const core::EnvironmentFacts facts = core::look_at(bench.remote(), target);
    if (!facts.tip) {
        throw Error(ExitCode::refused, fmt::format("{} was never deployed", environment.name),
                    fmt::format("the remote has no branch {}", core::short_ref(target.branch_ref)),
                    {"headway promote " + environment.name});
    }
    const ObjectId commit = commit_to_expect(session, bench.remote(), facts);
    const core::VerifyReport report = verify_environment(
        session, environment,
        {.environment = environment.name,
         .commit = commit.hex(),
         .tip = facts.joined && commit == facts.deployed() ? facts.tip->hex() : std::string()});
    session.report["environments"] = nlohmann::ordered_json::array();
    nlohmann::ordered_json entry;
    entry["environment"] = environment.name;
    entry["commit"] = commit.hex();
    entry["verify"] = json_of(report);
    session.report["environments"].push_back(std::move(entry));
    const bool healthy = report.verdict == core::Verdict::healthy;
    const core::Recording recording = core::record_verdict(
        bench.actors(), target, commit,
        healthy ? core::EventKind::verified : core::EventKind::unhealthy, report.words,
        commit == facts.deployed() ? facts.ledger : std::nullopt);
    if (recording == core::Recording::overtaken) {
        session.output.result(
            fmt::format("{}: overtaken, the branch does not hold {}; the verdict is not recorded",
                        environment.name, commit.short_hex()));
    }
    if (healthy) {
        return ExitCode::done;
    }
    return fail(session, not_running(environment.name, commit.short_hex(), report,
                                     rollback_command(environment.name, commit, facts)));
}

}  // namespace headway::cli
