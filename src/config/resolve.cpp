#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "config/ci.hpp"
#include "config/config.hpp"
#include "config/gates.hpp"
#include "config/overrides.hpp"
#include "config/project.hpp"
#include "config/sources.hpp"
#include "config/tag.hpp"
#include "config/urls.hpp"
#include "config/values.hpp"
#include "headway/text.hpp"

namespace headway::config {

namespace {

LedgerConfiguration resolve_ledger(const FileConfiguration* file, const Flags& flags,
                                   const Variables& variables) {
    if (const Text text = given(flags.ledger, "--ledger", variables)) {
        return checked_ledger(text->value, text->origin);
    }
    return file != nullptr && file->ledger ? *file->ledger : LedgerConfiguration{};
}

EnvironmentConfiguration from_file(const FileEnvironment& file) {
    EnvironmentConfiguration environment;
    environment.name = file.name;
    environment.branch = file.branch;
    environment.token = file.token;
    environment.api_token = file.api_token;
    override_with(environment.token_user, file.token_user);
    override_with(environment.url, file.url);
    VerifyConfiguration& verify = environment.verify;
    if (file.deadline) {
        verify.deadline = file.deadline->value;
        verify.deadline_origin = file.deadline->origin;
    }
    if (file.interval) {
        verify.interval = file.interval->value;
        verify.interval_origin = file.interval->origin;
    }
    if (file.consecutive) {
        verify.consecutive = file.consecutive->value;
        verify.consecutive_origin = file.consecutive->origin;
    }
    if (file.watch) {
        verify.watch = file.watch->value;
        verify.watch_origin = file.watch->origin;
    }
    verify.variables = file.variables;
    verify.probes = file.probes;
    environment.gates.after = names_of(file.after);
    override_with(environment.gates.soak, file.soak);
    if (file.freeze) {
        environment.gates.freeze = file.freeze->value;
        environment.gates.freeze_origin = file.freeze->origin;
    }
    override_with(environment.on_unhealthy, file.on_unhealthy);
    override_with(environment.on_retry, file.on_retry);
    return environment;
}

/// The environment that flags and variables alone describe; nothing when none is named.
std::optional<EnvironmentConfiguration> without_file(const Flags& flags, const Overrides& over) {
    if (flags.environments.size() > 1) {
        throw Error(ExitCode::usage,
                    fmt::format("{} environments are named, and no file describes them",
                                flags.environments.size()),
                    "flags and variables describe one environment",
                    {"name one environment", "write a .headway.yml, see examples/headway.yml"});
    }
    if (flags.environments.empty()) {
        return std::nullopt;
    }
    const std::string& name = flags.environments.front();
    if (name.find_first_of("*?") != std::string::npos) {
        throw Error(ExitCode::usage, fmt::format("no environment matches {}", in_quotes(name)),
                    "no file describes any, and a pattern cannot name one",
                    {"write the environment's name"});
    }
    EnvironmentConfiguration environment;
    environment.name = checked_environment(name, {"the environment's name"});
    for (const auto& first : over.after) {
        static_cast<void>(checked_environment(first.value, first.origin));
    }
    refuse_after_itself(environment.name, over.after);
    apply(environment, over);
    if (!over.branch && flags.branch_need == BranchNeed::required) {
        throw Error(ExitCode::usage,
                    fmt::format("no branch is known for environment {}", in_quotes(name)),
                    "there is no .headway.yml, and neither --branch nor HEADWAY_BRANCH is given",
                    {fmt::format("--branch deploy/{}", name),
                     "write a .headway.yml, see examples/headway.yml"});
    }
    return environment;
}

[[noreturn]] void refuse_override(const Origin& origin, std::size_t named) {
    refuse(origin, "this describes one environment",
           named == 0 ? "none is named" : fmt::format("{} are named", named),
           {"name one environment, or write the setting into .headway.yml"});
}

/// The one environment that flags describe: the named one, or the only one; or null.
const EnvironmentConfiguration* described(const Configuration& configuration,
                                          const std::vector<std::string>& named) {
    const auto& environments = configuration.environments;
    if (named.empty()) {
        return environments.size() == 1 ? &environments.front() : nullptr;
    }
    return named.size() == 1 ? configuration.find(named.front()) : nullptr;
}

/// Applies the overrides to the file's environments, and tells which ones are named.
std::vector<std::string> override_file(Configuration& configuration, const FileConfiguration& file,
                                       std::vector<std::string> named, const Overrides& over) {
    if (!over.first) {
        return named;
    }
    const EnvironmentConfiguration* one = described(configuration, named);
    if (one == nullptr) {
        refuse_override(*over.first, named.size());
    }
    named = {one->name};
    if (!over.after.empty()) {
        auto order = order_of(file);
        for (Ordered& environment : order) {
            environment.after = environment.name == named.front() ? &over.after : environment.after;
        }
        check_order(order);
    }
    for (auto& environment : configuration.environments) {
        if (environment.name == named.front()) {
            apply(environment, over);
        }
    }
    return named;
}

void take_ci_url(EnvironmentConfiguration& environment, const CiFacts& ci) {
    const Setting<std::string>& url = ci.environment_url;
    // A dynamic URL still holds the name of a variable that a later job sets.
    const bool usable = ci.environment.value == environment.name && !url.value.empty() &&
                        url.value.find('$') == std::string::npos;
    if (environment.url.value.empty() && usable) {
        environment.url = {checked_url(url.value, url.origin), url.origin};
    }
}

bool is_relative(const ProbeConfiguration& probe) {
    return probe.url.empty() || probe.url.front() == '/';
}

void complete_probes(EnvironmentConfiguration& environment) {
    const std::string& base = environment.url.value;
    auto& probes = environment.verify.probes;
    if (probes.empty() && !base.empty()) {
        ProbeConfiguration probe;
        probe.url = base.substr(0, base.find('#'));
        probe.origin = environment.url.origin;
        probes.push_back(std::move(probe));
    }
    for (auto& probe : probes) {
        if (is_relative(probe) && !base.empty()) {
            probe.url = probe.url.empty() ? base.substr(0, base.find('#')) : below(base, probe.url);
        }
    }
}

void refuse_relative(const EnvironmentConfiguration& environment) {
    for (const auto& probe : environment.verify.probes) {
        if (is_relative(probe)) {
            refuse(probe.origin,
                   probe.url.empty()
                       ? "there is no URL to ask"
                       : fmt::format("{} needs a url to be below", in_quotes(probe.url)),
                   fmt::format("environment {} has no url", in_quotes(environment.name)),
                   {"url: https://… in the file, or --url https://…"});
        }
    }
}

/// A verification that can never succeed is a mistake of whoever wrote the numbers.
void refuse_hopeless(const EnvironmentConfiguration& environment) {
    const VerifyConfiguration& verify = environment.verify;
    const auto least = verify.interval * (verify.consecutive - 1);
    if (least < verify.deadline) {
        return;
    }
    const Origin none;
    Origin origin = verify.deadline_origin;
    for (const Origin* other : {&verify.interval_origin, &verify.consecutive_origin}) {
        if (origin.text == none.text) {
            origin = *other;
        }
    }
    refuse(origin, "the verification can never succeed",
           fmt::format("{} answers in a row, one every {}, take {}, and the deadline is {}",
                       verify.consecutive, format_duration(verify.interval), format_duration(least),
                       format_duration(verify.deadline)),
           {"a longer deadline, a shorter interval, or fewer consecutive answers"});
}

void refuse_soak_alone(const EnvironmentConfiguration& environment) {
    const GateConfiguration& gates = environment.gates;
    if (gates.soak.value.count() != 0 && gates.after.value.empty()) {
        refuse(gates.soak.origin, "nothing says where the commit has to soak",
               fmt::format("environment {} comes after no other one", in_quotes(environment.name)),
               {"after: NAME in the file, or --after NAME"});
    }
}

void refuse_source_as_target(const Configuration& configuration) {
    for (const auto& environment : configuration.environments) {
        if (!configuration.source.value.empty() &&
            environment.branch.value == "refs/heads/" + configuration.source.value) {
            refuse(environment.branch.origin,
                   fmt::format("environment {} deploys from the source branch itself",
                               in_quotes(environment.name)),
                   fmt::format("the source is {} ({})", in_quotes(configuration.source.value),
                               configuration.source.origin.text),
                   {"give the environment a branch of its own"});
        }
    }
}

}  // namespace

std::optional<Setting<std::string>> given_file(const Flags& flags, const Variables& variables) {
    return given(flags.config, "--config", variables);
}

Configuration resolve(const FileConfiguration* file, const Flags& flags, const Variables& variables,
                      const CheckoutFacts& checkout) {
    Configuration configuration;
    configuration.file = file != nullptr ? file->path : "";
    const CiFacts ci = ci_facts(variables);
    resolve_project(configuration, {file, flags, variables, ci, checkout});
    configuration.ledger = resolve_ledger(file, flags, variables);
    configuration.tag = resolve_tag(flags, variables, ci);
    configuration.slack_webhook =
        given_secret(flags.slack_webhook_env, "--slack-webhook-env", flags.slack_webhook_file,
                     "--slack-webhook-file", variables);
    if (!configuration.slack_webhook && file != nullptr) {
        configuration.slack_webhook = file->slack_webhook;
    }

    const bool described_by_file = file != nullptr && !file->environments.empty();
    std::vector<std::string> named;
    TemplateVariables known;
    if (described_by_file) {
        std::transform(file->environments.begin(), file->environments.end(),
                       std::back_inserter(configuration.environments), from_file);
        named = select(configuration, flags.environments);
        const EnvironmentConfiguration* one = described(configuration, named);
        known = one != nullptr ? one->verify.variables : TemplateVariables{};
    }
    const Overrides over = read_overrides(flags, variables, known);
    if (described_by_file) {
        named = override_file(configuration, *file, named, over);
    } else if (auto environment = without_file(flags, over)) {
        named = {environment->name};
        configuration.environments.push_back(std::move(*environment));
    }
    for (auto& environment : configuration.environments) {
        take_ci_url(environment, ci);
        complete_probes(environment);
        refuse_hopeless(environment);
        refuse_soak_alone(environment);
        if (std::find(named.begin(), named.end(), environment.name) != named.end()) {
            refuse_relative(environment);
        }
    }
    refuse_source_as_target(configuration);
    return configuration;
}

void require_ledger_of_gates(const Configuration& configuration,
                             const EnvironmentConfiguration& environment) {
    if (configuration.ledger.place == LedgerPlace::off && !environment.gates.after.value.empty()) {
        refuse(environment.gates.after.origin,
               fmt::format("{} waits for {}, but the ledger is off", environment.name,
                           environment.gates.after.value.front()),
               "what another environment has verified is in its ledger",
               {"take \"ledger: off\" out of .headway.yml",
                fmt::format("or take \"after\" out of {}", environment.name)});
    }
}

bool is_local_remote(std::string_view remote) noexcept {
    return !remote.empty() && kind_of_remote(remote) == RemoteKind::local;
}

const std::string& require_remote(const Configuration& configuration) {
    const Setting<std::string>& remote = configuration.remote;
    if (remote.value.empty()) {
        throw Error(ExitCode::usage, "no remote is known",
                    "there is no --remote, no \"remote\" in a .headway.yml, no CI_PROJECT_URL and "
                    "no checkout with an origin",
                    {"--remote https://gitlab.example.com/group/app.git"});
    }
    // All other sources were checked when they were read.
    static_cast<void>(checked_remote(remote.value, remote.origin));
    return remote.value;
}

}  // namespace headway::config
