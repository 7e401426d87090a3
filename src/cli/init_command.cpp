#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "cli/commands.hpp"
#include "cli/flags.hpp"
#include "cli/init_files.hpp"
#include "cli/init_plan.hpp"
#include "cli/init_questions.hpp"
#include "cli/init_texts.hpp"
#include "config/config.hpp"
#include "config/urls.hpp"
#include "config/values.hpp"
#include "forge/forge.hpp"
#include "git/remotes.hpp"
#include "headway/text.hpp"

namespace headway::cli {

namespace {

bool is_there(const std::string& path) {
    struct stat there {};
    return lstat(path.c_str(), &there) == 0;
}

/// What headway can talk to of a checkout's origin: an ssh one's https address; empty for what it
/// cannot, a relative path among that, which means another place elsewhere.
std::string remote_of(const std::string& origin) {
    try {
        const bool ssh = config::kind_of_remote(origin) == config::RemoteKind::ssh;
        std::string remote = config::checked_remote(ssh ? config::as_https(origin) : origin, {});
        const bool relative = config::is_local_remote(remote) && !remote.starts_with('/') &&
                              remote.find("://") == std::string::npos;
        return relative ? std::string() : remote;
    } catch (const Error&) {
        return {};
    }
}

InitFacts read_facts(const Session& session, const git::Checkout& checkout,
                     const std::string& top) {
    InitFacts facts;
    const auto& given = session.options.flags.remote;
    if (given) {
        facts.remote = config::checked_remote(*given, {"--remote"});
    } else if (!checkout.origin_url.empty()) {
        facts.remote = remote_of(checkout.origin_url);
    }
    if (!checkout.top.empty()) {
        git::CheckoutBranches branches = git::branches_in_checkout(checkout.top);
        facts.default_branch = std::move(branches.default_branch);
        facts.branches = std::move(branches.names);
    }
    for (const CiSystemWords& words : k_ci_systems) {
        if (is_there(fmt::format("{}/{}", top, words.path))) {
            facts.ci_files.push_back(words.system);
        }
    }
    facts.forge = forge::forge_for(facts.remote)->name();
    return facts;
}

CiSystem ci_system_named(const std::string& word) {
    std::vector<std::string> known;
    for (const CiSystemWords& words : k_ci_systems) {
        if (words.word == word) {
            return words.system;
        }
        known.emplace_back(words.word);
    }
    if (word == "none") {
        return CiSystem::none;
    }
    known.emplace_back("none");
    const std::string near = nearest(word, known);
    throw Error(ExitCode::usage, fmt::format("--ci: unknown \"{}\"", printable(word, 60)),
                fmt::format("it is one of {}", fmt::join(known, ", ")),
                {fmt::format("--ci {}", near.empty() ? "gitlab" : near)});
}

/// The plan as far as checkout and command line say it.
InitPlan first_plan(const Session& session, const InitFacts& facts) {
    const Options& options = session.options;
    InitPlan plan;
    plan.remote = facts.remote;
    plan.source = options.flags.source ? config::checked_branch(*options.flags.source, {"--source"})
                                       : facts.default_branch;
    plan.ci = options.init.ci.empty() ? ci_system_of(facts) : ci_system_named(options.init.ci);
    for (const std::string& text : options.init.environments) {
        plan.environments.push_back(parse_environment(text, "--environment"));
    }
    if (plan.environments.empty()) {
        plan.environments = environments_in(facts.branches, plan.source);
    }
    check_environments(plan, "--environment");
    put_in_order(plan.environments);
    if (!options.init.health.empty()) {
        plan.health = checked_health(options.init.health, "--health");
    }
    if (!options.init.version_at.empty()) {
        plan.version_pointer = checked_version_pointer(options.init.version_at, "--version-at");
        plan.health = plan.health.empty() ? "/health" : plan.health;
    }
    if (options.flags.slack_webhook_env) {
        plan.slack_variable =
            config::checked_variable(*options.flags.slack_webhook_env, {"--slack-webhook-env"});
    }
    return plan;
}

void give_urls(InitPlan& plan, const std::vector<std::string>& urls) {
    for (const std::string& text : urls) {
        const auto equals = text.find('=');
        if (equals == std::string::npos || text.substr(0, equals).find(':') != std::string::npos) {
            throw Error(ExitCode::usage, "--url names no environment", "it says where one answers",
                        {"--url NAME=URL, as staging=https://staging.example.com"});
        }
        set_url(plan, text.substr(0, equals), text.substr(equals + 1), "--url");
    }
}

bool can_ask(const Session& session) {
    const Options& options = session.options;
    return !options.init.yes && !options.quiet && options.output == "text" &&
           isatty(STDIN_FILENO) != 0 && isatty(STDERR_FILENO) != 0;
}

void ask_the_rest(Session& session, InitPlan& plan) {
    const Options& options = session.options;
    const Answered answered{.environments = !options.init.environments.empty(),
                            .urls = !options.init.urls.empty(),
                            .health = !options.init.health.empty(),
                            .version_pointer = !options.init.version_at.empty(),
                            .slack = options.flags.slack_webhook_env.has_value()};
    ask_for(
        plan, answered,
        [&](const std::string& question) {
            session.output.prompt(question);
            return read_line(session.interrupt);
        },
        [&](const Error& error) { session.output.error(error); });
}

void require_environments(const InitPlan& plan, bool in_checkout) {
    if (plan.environments.empty()) {
        throw Error(ExitCode::usage, "no environment is named",
                    in_checkout ? "no branch of this checkout looks like one that an environment "
                                  "deploys from"
                                : "there is no checkout here that would show one",
                    {"headway init --environment staging=deploy/staging --environment "
                     "production=deploy/production"});
    }
}

void show(Session& session, const std::vector<InitFile>& files, const CiTexts& ci) {
    for (const InitFile& file : files) {
        session.output.result(fmt::format("# ==> {}\n{}", file.path, file.text));
    }
    if (!ci.add_to.empty()) {
        session.output.result(fmt::format("# ==> to be added to {}\n{}", ci.add_to, ci.lines));
    }
}

void tell(Session& session, const std::vector<InitFile>& files,
          const std::vector<std::string>& steps) {
    for (const InitFile& file : files) {
        session.output.result(fmt::format("{}: written", file.path));
    }
    session.output.result("\nNext:");
    std::size_t number = 0;
    for (const std::string& step : steps) {
        const auto lines = lines_of(step);
        session.output.result(fmt::format("  {}. {}", ++number, lines.front()));
        for (std::size_t index = 1; index < lines.size(); ++index) {
            session.output.result("       " + lines[index]);
        }
    }
}

}  // namespace

void configure_init(CLI::App& app, Options& options) {
    const auto repeated = [&](const std::string& name, std::vector<std::string>& values,
                              const std::string& description, const std::string& placeholder) {
        app.add_option(name, values, description)
            ->type_name(placeholder)
            ->expected(1)
            ->allow_extra_args(false)
            ->take_all();
    };
    repeated("--environment", options.init.environments,
             "One and its branch [those that the branches show]", "NAME=BRANCH");
    repeated("--url", options.init.urls, "Where one answers", "NAME=URL");
    add_option(app, "--health", options.init.health, "The path below it that tells its health",
               "PATH");
    add_option(app, "--version-at", options.init.version_at,
               "Where in its JSON the commit stands, as /version", "POINTER");
    offer(add_option(app, "--ci", options.init.ci,
                     "gitlab, github, azure, bitbucket or none\n[what the checkout shows]", "WORD"),
          {"gitlab", "github", "azure", "bitbucket", "none"});
    app.add_option("--remote", options.flags.remote, "The repository [the checkout's origin]")
        ->type_name("URL");
    app.add_option("--source", options.flags.source, "The branch to promote from [the default one]")
        ->type_name("BRANCH");
    app.add_option("--slack-webhook-env", options.flags.slack_webhook_env,
                   "The variable that holds Slack's webhook")
        ->type_name("NAME");
    add_flag(app, "--dry-run", options.dry_run, "Print the files, write none");
    app.add_flag("--yes", options.init.yes, "Ask nothing, also on a terminal");
}

ExitCode run_init(Session& session) {
    std::error_code problem;
    const std::string folder = std::filesystem::current_path(problem).string();
    const git::Checkout checkout = folder.empty() ? git::Checkout{} : git::find_checkout(folder);
    const std::string top = checkout.top.empty() ? folder : checkout.top;
    const std::vector<InitFile> configuration{{std::string(config::k_file_name), {}}};
    // Before anything is asked.
    if (const auto there = existing_files(top, configuration);
        !there.empty() && !session.options.dry_run) {
        throw would_overwrite(there);
    }
    const InitFacts facts = read_facts(session, checkout, top);
    InitPlan plan = first_plan(session, facts);
    give_urls(plan, session.options.init.urls);
    if (can_ask(session)) {
        ask_the_rest(session, plan);
    }
    require_environments(plan, !checkout.top.empty());
    const bool has_file =
        std::find(facts.ci_files.begin(), facts.ci_files.end(), plan.ci) != facts.ci_files.end();
    const CiTexts ci = ci_texts(plan, has_file);
    std::vector<InitFile> files{{std::string(config::k_file_name), configuration_text(plan)}};
    files.insert(files.end(), ci.files.begin(), ci.files.end());
    const auto steps = next_steps(plan, ci);
    session.report["written"] = !session.options.dry_run;
    session.report["top"] = top;
    for (const InitFile& file : files) {
        session.report["files"].push_back({{"path", file.path}, {"text", file.text}});
    }
    session.report["next"] = steps;
    const auto there = existing_files(top, files);
    if (session.options.dry_run) {
        show(session, files, ci);
        if (!there.empty()) {
            session.output.warning(
                fmt::format("there already, and never overwritten: {}", fmt::join(there, ", ")));
        }
        return ExitCode::done;
    }
    if (!there.empty()) {
        session.report["written"] = false;
        throw would_overwrite(there);
    }
    create_files(top, files);
    tell(session, files, steps);
    return ExitCode::done;
}

}  // namespace headway::cli
