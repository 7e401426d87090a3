#include "cli/workbench.hpp"

#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "config/config.hpp"
#include "forge/forge.hpp"
#include "git/remotes.hpp"
#include "headway/text.hpp"
#include "notify/slack.hpp"

namespace headway::cli {

namespace {

std::string working_folder() {
    std::error_code problem;
    const auto folder = std::filesystem::current_path(problem);
    return problem ? std::string() : folder.string();
}

std::string read_file(const std::string& path) {
    const config::ReadResult result =
        config::system_readers().file(path, config::k_max_file_bytes + 1);
    if (!result.text) {
        throw Error(ExitCode::usage, fmt::format("{} cannot be read", path), result.problem,
                    {"name the configuration file: --config FILE"});
    }
    return *result.text;
}

/// A token and what its owner calls it.
struct NamedToken {
    BasicCredentials credentials;
    std::string name;  ///< "$STAGING_PUSH_TOKEN"
};

NamedToken named_token(Session& session, const SecretReference& reference, std::string_view user) {
    return {{std::string(user), secret_from(session, reference, user)}, reference.describe()};
}

/// With whom the environment's token goes.
std::string user_of(const EnvironmentConfiguration& environment, const Forge& forge) {
    return environment.token_user.value.empty() ? std::string(forge.token_user())
                                                : environment.token_user.value;
}

std::unique_ptr<GitRemote> open_remote(Session& session, const Forge& forge,
                                       const std::string& remote,
                                       const std::optional<NamedToken>& token,
                                       const std::string& environment) {
    if (const auto path = git::local_path_of(remote)) {
        return git::open_local(*path, session.output);
    }
    git::SmartHttpSettings settings;
    settings.url = remote;
    if (token) {
        settings.credentials = token->credentials;
        settings.token_name = token->name;
    }
    settings.timeout = session.request_timeout();
    settings.environment = environment;
    return git::open_smart_http(session.client, forge, session.output, std::move(settings));
}

/// Makes the channels' secrets known to the redactor before any server is quoted. One that cannot
/// be read is told when it is needed.
void learn_channel_secrets(Session& session, const Configuration& configuration) {
    if (!configuration.slack_webhook) {
        return;
    }
    try {
        (void)secret_from(session, *configuration.slack_webhook, {});
    } catch (const Error&) {
        return;
    }
}

/// GitLab gives every job a token that may read its own project.
std::optional<NamedToken> job_token(Session& session, const Configuration& configuration) {
    const auto value = session.variables("CI_JOB_TOKEN");
    if (!value || value->empty() || configuration.remote.origin.text != "CI_PROJECT_URL") {
        return std::nullopt;
    }
    const SecretReference reference{SecretSource::environment, "CI_JOB_TOKEN", {"CI_JOB_TOKEN"}};
    return named_token(session, reference, "gitlab-ci-token");
}

/// Before any file is read: what the command line or CI gives.
std::optional<NamedToken> reading_token(Session& session, const Forge& forge,
                                        const Configuration& configuration) {
    const auto& flags = session.options.flags;
    SecretReference reference;
    if (flags.token_env) {
        reference = {SecretSource::environment, *flags.token_env, {"--token-env"}};
    } else if (const auto name = session.variables("HEADWAY_TOKEN_ENV"); name && !name->empty()) {
        reference = {SecretSource::environment, *name, {"HEADWAY_TOKEN_ENV"}};
    } else if (flags.token_file) {
        reference = {SecretSource::file, *flags.token_file, {"--token-file"}};
    } else if (const auto path = session.variables("HEADWAY_TOKEN_FILE"); path && !path->empty()) {
        reference = {SecretSource::file, *path, {"HEADWAY_TOKEN_FILE"}};
    } else {
        return job_token(session, configuration);
    }
    return named_token(session, reference, forge.token_user());
}

/// `where`: what was found in the remote.
Error no_file(const std::string& where) {
    return {
        ExitCode::usage,
        fmt::format("there is no {}", config::k_file_name),
        fmt::format("none is here or above, there is no checkout, and {}", where),
        {"commit one to the source branch, see examples/headway.yml", "or name it: --config FILE",
         "or describe the environment: --branch BRANCH --token-env NAME"}};
}

/// The tip of the branch that holds the file.
std::optional<ObjectId> source_tip(GitRemote& remote, const std::string& source, bool anonymous) {
    const std::vector<std::string> names{source};
    try {
        return remote.list_refs(names).find(source);
    } catch (const Error& error) {
        if (error.code() != ExitCode::unauthorised || !anonymous) {
            throw;
        }
        // What names the token is in the file that cannot be read.
        throw Error(error.code(), error.what(),
                    fmt::format("there is no {} here, and reading it from the remote needs a token",
                                config::k_file_name),
                    {"--token-env NAME, a variable whose token may read the repository",
                     "or name the file: --config FILE"});
    }
}

/// With neither file nor checkout: the file at the tip of the source branch, by three requests.
std::optional<config::FileConfiguration> read_over_the_wire(Session& session,
                                                            const config::CheckoutFacts& checkout,
                                                            WireReading wire) {
    config::Flags flags = session.options.flags;
    flags.branch_need = config::BranchNeed::optional;
    flags.environments.clear();
    const Configuration bare = config::resolve(nullptr, flags, session.variables, checkout);
    if (bare.remote.value.empty()) {
        return std::nullopt;
    }
    const std::string& remote_name = config::require_remote(bare);
    if (wire == WireReading::refused) {
        throw Error(ExitCode::usage, fmt::format("there is no {}", config::k_file_name),
                    fmt::format("none is here or above, there is no checkout, and without --fetch "
                                "none is read from {}",
                                remote_name),
                    {fmt::format("headway {} --fetch", session.options.command),
                     "or name it: --config FILE"});
    }
    const auto forge = forge_of(bare);
    const auto token = reading_token(session, *forge, bare);
    const bool anonymous = !token;
    const auto remote = open_remote(session, *forge, remote_name, token, {});
    const std::string source =
        bare.source.value.empty() ? "HEAD" : "refs/heads/" + bare.source.value;
    const std::optional<ObjectId> tip = source_tip(*remote, source, anonymous);
    if (!tip) {
        throw no_file(
            fmt::format("{} has no {}", remote_name,
                        bare.source.value.empty() ? "commit" : "branch " + bare.source.value));
    }
    const auto text = remote->read_file(*tip, config::k_file_name);
    if (!text) {
        throw no_file(fmt::format("commit {} of {} has none", tip->short_hex(), remote_name));
    }
    session.output.line(Verbosity::verbose, fmt::format("configuration: {} at {}",
                                                        config::k_file_name, tip->short_hex()));
    return config::parse_file(*text, fmt::format("{}:{}", tip->short_hex(), config::k_file_name));
}

bool described_by_flags(const Session& session) {
    const auto branch = session.variables("HEADWAY_BRANCH");
    return session.options.flags.branch || (branch && !branch->empty()) ||
           session.options.flags.branch_need == config::BranchNeed::optional;
}

}  // namespace

Secret secret_from(Session& session, const SecretReference& reference, std::string_view user) {
    Secret secret = config::read_secret(reference, session.variables, config::system_readers());
    session.output.redactor().add(secret);
    if (!user.empty()) {
        session.output.redactor().add(
            Secret(base64_encode(fmt::format("{}:{}", user, secret.reveal()))));
    }
    return secret;
}

Configuration load_configuration(Session& session, WireReading wire) {
    const config::Flags& flags = session.options.flags;
    const std::string folder = working_folder();
    const git::Checkout checkout = folder.empty() ? git::Checkout{} : git::find_checkout(folder);
    const config::CheckoutFacts facts{checkout.origin_url};
    std::optional<config::FileConfiguration> file;
    if (const auto given = config::given_file(flags, session.variables)) {
        file = config::parse_file(read_file(given->value), given->value);
    } else if (const auto found = folder.empty()
                                      ? std::nullopt
                                      : config::find_file(folder, [](const std::string& path) {
                                            return access(path.c_str(), F_OK) == 0;
                                        })) {
        const bool here = *found == (std::filesystem::path(folder) / config::k_file_name).string();
        file =
            config::parse_file(read_file(*found), here ? std::string(config::k_file_name) : *found);
    } else if (checkout.top.empty() && !described_by_flags(session)) {
        file = read_over_the_wire(session, facts, wire);
    }
    return config::resolve(file ? &*file : nullptr, flags, session.variables, facts);
}

core::Author author_of(const Configuration& configuration) {
    return {.name = configuration.identity.name.value,
            .email = configuration.identity.email.value,
            .actor = configuration.actor.value,
            .run_url = configuration.run_url.value};
}

std::unique_ptr<Forge> forge_of(const Configuration& configuration) {
    return forge::forge_for(configuration.remote.value, configuration.forge.value);
}

Workbench::Workbench(Session& session, const Configuration& configuration,
                     const std::vector<const EnvironmentConfiguration*>& environments)
    : m_session(session), m_configuration(configuration), m_forge(forge_of(configuration)) {
    learn_channel_secrets(session, configuration);
    const std::string& remote = config::require_remote(configuration);
    const EnvironmentConfiguration& first = *environments.front();
    for (const EnvironmentConfiguration* other : environments) {
        const auto described = [](const EnvironmentConfiguration& environment) {
            return environment.token ? environment.token->describe() : "no token";
        };
        if (described(first) != described(*other)) {
            throw Error(ExitCode::usage,
                        fmt::format("{} and {} have different tokens", first.name, other->name),
                        fmt::format("environments named together move in one push, and a push "
                                    "carries one token: {} is not {}",
                                    described(first), described(*other)),
                        {fmt::format("one after the other: headway {0} {1} && headway {0} {2}",
                                     session.options.command, first.name, other->name),
                         "or give them the same token in .headway.yml"});
        }
    }
    std::optional<NamedToken> token;
    if (first.token && !config::is_local_remote(remote)) {
        token = named_token(session, *first.token, user_of(first, *m_forge));
        m_token_name = token->name;
        m_token = token->credentials.password;
    }
    m_remote = open_remote(session, *m_forge, remote, token,
                           environments.size() == 1 ? first.name : std::string());
}

ReadingDesk::ReadingDesk(Session& session, const Configuration& configuration,
                         const std::vector<const EnvironmentConfiguration*>& environments)
    : m_forge(forge_of(configuration)) {
    const std::string& remote = config::require_remote(configuration);
    const bool local = config::is_local_remote(remote);
    std::optional<NamedToken> token;
    std::set<std::string> seen;
    for (const EnvironmentConfiguration* environment : environments) {
        if (local || token) {
            break;
        }
        if (!environment->token || !seen.insert(environment->token->describe()).second) {
            continue;
        }
        try {
            token = named_token(session, *environment->token, user_of(*environment, *m_forge));
            m_passed_over.reset();
        } catch (const Error& error) {
            m_passed_over = m_passed_over ? m_passed_over : std::optional(error);
            session.output.line(
                Verbosity::verbose,
                fmt::format("{} is passed over: {}", environment->token->describe(), error.what()));
        }
    }
    if (!local && !token) {
        token = job_token(session, configuration);
        m_passed_over = token ? std::nullopt : m_passed_over;
    }
    m_remote = open_remote(session, *m_forge, remote, token,
                           environments.size() == 1 ? environments.front()->name : std::string());
}

core::Actors Workbench::actors() {
    return {.remote = *m_remote,
            .forge = *m_forge,
            .clock = m_session.clock,
            .trace = m_session.output,
            .context = {.environment = {},
                        .ref = {},
                        .token_name = m_token_name,
                        .remote = m_configuration.remote.value},
            .author = author_of(m_configuration)};
}

core::EnvironmentTarget target_of(const Configuration& configuration,
                                  const EnvironmentConfiguration& environment) {
    const bool off = configuration.ledger.place == LedgerPlace::off;
    core::EnvironmentTarget target;
    target.name = environment.name;
    target.branch_ref = environment.branch.value;
    target.ledger_ref = off ? std::string() : configuration.ledger.prefix + environment.name;
    for (const std::string& name : environment.gates.after.value) {
        target.after.push_back({name, configuration.ledger.prefix + name});
    }
    target.soak = std::chrono::ceil<std::chrono::seconds>(environment.gates.soak.value);
    target.freeze = environment.gates.freeze;
    target.on_retry = environment.on_retry.value;
    return target;
}

std::vector<const EnvironmentConfiguration*> selected(const Session& session,
                                                      const Configuration& configuration) {
    std::vector<const EnvironmentConfiguration*> environments;
    for (const std::string& name :
         config::select(configuration, session.options.flags.environments)) {
        environments.push_back(configuration.find(name));
    }
    if (environments.empty()) {
        throw Error(ExitCode::usage, "no environment is named", "",
                    {fmt::format("headway {} ENV", session.options.command)});
    }
    return environments;
}

core::Abbreviations checkout_abbreviations() {
    const std::string folder = working_folder();
    const git::Checkout checkout = folder.empty() ? git::Checkout{} : git::find_checkout(folder);
    if (checkout.top.empty()) {
        return {};
    }
    return [top = checkout.top](std::string_view abbreviation) {
        return git::resolve_in_checkout(top, abbreviation);
    };
}

std::vector<std::unique_ptr<Notifier>> open_channels(Session& session,
                                                     const Configuration& configuration) {
    std::vector<std::unique_ptr<Notifier>> channels;
    if (configuration.slack_webhook) {
        channels.push_back(notify::make_slack_webhook(
            session.client, secret_from(session, *configuration.slack_webhook, {})));
    }
    return channels;
}

}  // namespace headway::cli
