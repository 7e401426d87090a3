#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "cli/commands.hpp"
#include "cli/flags.hpp"
#include "cli/verify_details.hpp"
#include "cli/verifying.hpp"
#include "cli/workbench.hpp"
#include "config/config.hpp"
#include "core/record.hpp"
#include "headway/text.hpp"

namespace headway::cli {

namespace {

constexpr std::string_view k_nameless = "url";

/// One URL's environment, from flags and variables alone.
EnvironmentConfiguration environment_of(Session& session, std::optional<std::string> url,
                                        Configuration& configuration) {
    auto flags = session.options.flags;
    flags.environments = {std::string(k_nameless)};
    flags.branch_need = config::BranchNeed::optional;
    if (url) {
        flags.url = std::move(url);
    }
    configuration = config::resolve(nullptr, flags, session.variables, config::CheckoutFacts{});
    EnvironmentConfiguration environment = configuration.environments.front();
    if (environment.verify.probes.empty()) {
        throw Error(ExitCode::usage, "nothing to verify is named", "",
                    {"headway verify ENV", "headway verify --url URL"});
    }
    environment.name = environment.url.value.empty() ? environment.verify.probes.front().url
                                                     : environment.url.value;
    return environment;
}

void require_full_commit(const std::string& commit, const VerifyConfiguration& verify) {
    if (!commit.empty() && !ObjectId::parse(commit)) {
        throw Error(ExitCode::usage,
                    fmt::format("\"{}\" is no full commit id", printable(commit, 60)),
                    "without a remote an abbreviated id cannot be looked up",
                    {"give all 40 digits: --commit $(git rev-parse COMMIT)"});
    }
    const auto names_commit = [](const std::string& text) {
        return text.find("${commit}") != std::string::npos ||
               text.find("${short_commit}") != std::string::npos;
    };
    const bool wanted = std::any_of(
        verify.probes.begin(), verify.probes.end(), [&](const ProbeConfiguration& probe) {
            const auto any = [&](const std::vector<Expectation>& list) {
                return std::any_of(list.begin(), list.end(), [&](const Expectation& expectation) {
                    return names_commit(expectation.text);
                });
            };
            return names_commit(probe.url) || any(probe.json) || any(probe.answer_headers) ||
                   any(probe.answer_body);
        });
    if (commit.empty() && wanted) {
        throw Error(ExitCode::usage, "an expectation names the commit, but no commit is given", "",
                    {"--commit SHA"});
    }
}

/// Without an environment: --url alone; no git, no ledger, no file is needed.
ExitCode verify_urls(Session& session) {
    const std::string& commit = session.options.commit;
    std::vector<core::VerifyJob> jobs;
    const auto add = [&](std::optional<std::string> url) {
        Configuration configuration;
        const auto environment = environment_of(session, std::move(url), configuration);
        require_full_commit(commit, environment.verify);
        config::require_tag(configuration, environment);
        jobs.push_back(
            job_of(session, environment,
                   {.environment = "", .commit = commit, .tag = configuration.tag.value}));
    };
    if (session.options.urls.empty()) {
        add(std::nullopt);
    }
    for (const std::string& url : session.options.urls) {
        add(url);
    }
    const auto reports = verify_jobs(session, jobs);
    auto& list = session.report["environments"] = nlohmann::ordered_json::array();
    std::vector<core::Outcome> outcomes;
    for (std::size_t index = 0; index < jobs.size(); ++index) {
        const core::VerifyReport& report = *reports[index];
        list.push_back({{"environment", jobs[index].name}, {"verify", json_of(report)}});
        outcomes.push_back(report.outcome);
        if (!report.converged()) {
            (void)fail(session, not_running(jobs[index].name, commit.substr(0, 8), report, {},
                                            code_of(report.outcome)));
        }
    }
    return code_of(core::worst_of(outcomes));
}

/// One environment of the configuration under verification.
struct Subject {
    const EnvironmentConfiguration* environment = nullptr;
    core::EnvironmentTarget target;
    Workbench* bench = nullptr;
    core::EnvironmentFacts facts;
    ObjectId commit;
};

/// One workbench for each token.
class Benches {
public:
    Benches(Session& session, const Configuration& configuration)
        : m_session(session), m_configuration(configuration) {}

    [[nodiscard]] Workbench& of(const EnvironmentConfiguration& environment) {
        const std::string token = environment.token ? environment.token->describe() : "";
        auto& bench = m_benches[token + "\n" + environment.token_user.value];
        if (!bench) {
            bench = std::make_unique<Workbench>(
                m_session, m_configuration,
                std::vector<const EnvironmentConfiguration*>{&environment});
        }
        return *bench;
    }

private:
    Session& m_session;
    const Configuration& m_configuration;
    std::map<std::string, std::unique_ptr<Workbench>> m_benches;
};

ObjectId commit_to_expect(const Session& session, const Subject& subject) {
    const core::EnvironmentFacts& facts = subject.facts;
    if (session.options.commit.empty()) {
        return *facts.deployed();
    }
    core::CommitSearch search{.known = {*facts.deployed(), *facts.tip},
                              .checkout = checkout_abbreviations(),
                              .branch_tip = *facts.tip,
                              .branch = core::short_ref(facts.branch_ref)};
    return core::find_commit(subject.bench->remote(), session.options.commit, search);
}

Subject subject_of(const Session& session, const Configuration& configuration, Benches& benches,
                   const EnvironmentConfiguration& environment) {
    Subject subject;
    subject.environment = &environment;
    subject.target = target_of(configuration, environment);
    subject.bench = &benches.of(environment);
    subject.facts = core::look_at(subject.bench->remote(), subject.target);
    if (!subject.facts.tip) {
        throw Error(
            ExitCode::refused, fmt::format("{} was never deployed", environment.name),
            fmt::format("the remote has no branch {}", core::short_ref(subject.target.branch_ref)),
            {"headway promote " + environment.name});
    }
    subject.commit = commit_to_expect(session, subject);
    return subject;
}

core::VerifyJob job_of(Session& session, const Configuration& configuration,
                       const Subject& subject) {
    const core::EnvironmentFacts& facts = subject.facts;
    return job_of(session, *subject.environment,
                  {.environment = subject.environment->name,
                   .commit = subject.commit.hex(),
                   .tip = facts.joined && subject.commit == facts.deployed() ? facts.tip->hex()
                                                                             : std::string(),
                   .tag = tag_of(session, configuration, subject.commit.hex())});
}

/// What to type when the version does not run: back to the last verified one. Empty when it is that
/// very version, or when there is none.
std::string rollback_command(const Subject& subject) {
    const core::EnvironmentFacts& facts = subject.facts;
    const auto verified = facts.ledger ? facts.ledger->event.verified : std::nullopt;
    return verified && *verified != subject.commit && facts.deployed() == subject.commit
               ? fmt::format("headway rollback {} --to {}", subject.environment->name,
                             verified->hex())
               : std::string();
}

/// Puts the verdict on record. What the branch has left meanwhile is overtaken: neither good nor
/// bad news. Whether the report stands.
bool record(Session& session, const Subject& subject, const core::VerifyReport& report,
            nlohmann::ordered_json& json) {
    const bool was_deployed = subject.commit == subject.facts.deployed();
    const core::Recording recording = core::record_verdict(
        subject.bench->actors(), subject.target, subject.commit,
        report.converged() ? core::EventKind::verified : core::EventKind::unhealthy, report.words,
        was_deployed ? subject.facts.ledger : std::nullopt);
    json["verify"]["recording"] = word_of(recording);
    if (recording != core::Recording::overtaken) {
        return true;
    }
    session.output.result(fmt::format(
        "{}: overtaken, the branch {} {}; the verdict is not recorded", subject.environment->name,
        was_deployed ? "has left" : "does not hold", subject.commit.short_hex()));
    return !was_deployed;
}

core::Outcome conclude(Session& session, const Subject& subject, const core::VerifyReport& report) {
    auto& list = session.report["environments"];
    list.push_back({{"environment", subject.environment->name},
                    {"commit", subject.commit.hex()},
                    {"verify", json_of(report)}});
    if (!record(session, subject, report, list.back()) || report.converged()) {
        return core::Outcome::converged;
    }
    (void)fail(session, not_running(subject.environment->name, subject.commit.short_hex(), report,
                                    rollback_command(subject), code_of(report.outcome)));
    return report.outcome;
}

void require_probes(const Configuration& configuration,
                    const EnvironmentConfiguration& environment) {
    if (environment.verify.probes.empty()) {
        throw Error(ExitCode::usage, fmt::format("nothing says where {} runs", environment.name),
                    "",
                    {fmt::format("url: below environments: {}: in .headway.yml, or --url URL",
                                 environment.name)});
    }
    config::require_tag(configuration, environment);
}

}  // namespace

void configure_verify(CLI::App& app, Options& options) {
    add_environments(app, options, Plurality::many_unless_all);
    add_setting_flags(app, options, UrlCount::many);
    add_verify_flags(app, options, ProbeHelp::many);
    add_evidence_flags(app, options);
    add_option(app, "--commit", options.commit, "The version that must run [the branch's tip]",
               "SHA");
}

ExitCode run_verify(Session& session) {
    auto& flags = session.options.flags;
    if (flags.environments.empty()) {
        return verify_urls(session);
    }
    if (session.options.urls.size() > 1) {
        throw Error(ExitCode::usage, "several URLs are given for an environment", "",
                    {"one --url, or no environment: headway verify --url URL --url URL"});
    }
    if (!session.options.urls.empty()) {
        flags.url = session.options.urls.front();
    }
    const Configuration configuration = load_configuration(session);
    const auto environments = selected(session, configuration);
    for (const EnvironmentConfiguration* environment : environments) {
        require_probes(configuration, *environment);
    }
    Benches benches(session, configuration);
    std::vector<Subject> subjects;
    std::vector<core::VerifyJob> jobs;
    for (const EnvironmentConfiguration* environment : environments) {
        subjects.push_back(subject_of(session, configuration, benches, *environment));
        jobs.push_back(job_of(session, configuration, subjects.back()));
    }
    const auto reports =
        verify_jobs(session, jobs, core::Until::all_ended, &subjects.front().bench->forge());
    session.report["environments"] = nlohmann::ordered_json::array();
    std::vector<core::Outcome> outcomes;
    ExitCode code = ExitCode::done;
    for (std::size_t index = 0; index < subjects.size(); ++index) {
        try {
            outcomes.push_back(conclude(session, subjects[index], *reports[index]));
        } catch (const Interrupted&) {
            throw;
        } catch (const Error& error) {
            // A verdict that could not be recorded is no reason to drop the others.
            code = fail(session, error);
        }
    }
    const core::Outcome worst = core::worst_of(outcomes);
    return worst == core::Outcome::converged ? code : code_of(worst);
}

}  // namespace headway::cli
