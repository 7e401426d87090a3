#include "config/project.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "config/forge_settings.hpp"
#include "config/sources.hpp"
#include "config/urls.hpp"
#include "config/values.hpp"
#include "headway/text.hpp"

namespace headway::config {

namespace {

constexpr std::string_view k_from_checkout = "the checkout's origin";

bool is_set(const Setting<std::string>& setting) {
    return !setting.value.empty();
}

std::string lowered(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](char letter) {
        return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
    });
    return text;
}

/// A flag or its variable, or what the file says.
template <typename Check>
Setting<std::string> told(const std::optional<std::string>& flag, std::string_view name,
                          const Variables& variables,
                          const std::optional<Setting<std::string>>& from_file, Check check) {
    if (const auto setting = checked<std::string>(given(flag, name, variables), check)) {
        return *setting;
    }
    return from_file.value_or(Setting<std::string>{});
}

template <typename Member>
std::optional<Setting<std::string>> in_file(const FileConfiguration* file, Member member) {
    return file != nullptr ? file->*member : std::nullopt;
}

Setting<std::string> resolve_remote(const ProjectSources& sources) {
    auto setting = told(sources.flags.remote, "--remote", sources.variables,
                        in_file(sources.file, &FileConfiguration::remote), checked_remote);
    if (is_set(setting)) {
        return setting;
    }
    const Setting<std::string>& ci = sources.ci.remote;
    if (is_set(ci)) {
        // An ssh one is refused where it is needed, as that of a checkout is.
        return {kind_of_remote(ci.value) == RemoteKind::ssh ? ci.value
                                                            : checked_remote(ci.value, ci.origin),
                ci.origin};
    }
    const std::string_view origin = trimmed(sources.checkout.origin_url);
    if (!origin.empty()) {
        return {without_credentials(origin), {std::string(k_from_checkout)}};
    }
    return {};
}

Setting<std::string> resolve_source(const ProjectSources& sources) {
    const auto setting = told(sources.flags.source, "--source", sources.variables,
                              in_file(sources.file, &FileConfiguration::source), checked_branch);
    const Setting<std::string>& ci = sources.ci.default_branch;
    return is_set(setting) || !is_set(ci)
               ? setting
               : Setting<std::string>{checked_branch(ci.value, ci.origin), ci.origin};
}

/// A pipeline may promote a repository of another server than its own.
bool on_ci_server(const std::string& remote, const Setting<std::string>& server) {
    return is_set(server) && lowered(host_of(remote)) == lowered(host_of(server.value));
}

Setting<std::string> resolve_forge(const ProjectSources& sources, const std::string& remote) {
    const auto setting = told(sources.flags.forge, "--forge", sources.variables,
                              in_file(sources.file, &FileConfiguration::forge), checked_forge);
    const bool by_ci =
        !is_set(sources.ci.server) || remote.empty() || on_ci_server(remote, sources.ci.server);
    return is_set(setting) || !by_ci ? setting : sources.ci.forge;
}

Setting<std::string> resolve_api(const ProjectSources& sources, const std::string& remote) {
    auto setting = told(sources.flags.api, "--api", sources.variables,
                        in_file(sources.file, &FileConfiguration::api), checked_api);
    const Setting<std::string>& ci = sources.ci.api;
    if (is_set(setting) || !is_set(ci) || !on_ci_server(remote, sources.ci.server)) {
        return setting;
    }
    try {
        return {checked_api(ci.value, ci.origin), ci.origin};
    } catch (const Error&) {
        return {};  // Plain http on a closed network: no reason to refuse what needs no API.
    }
}

/// What a CI server says of its user, without what git forbids in a name or an address.
std::string git_safe(std::string_view text) {
    std::string safe = printable(text, 150);
    safe.erase(std::remove_if(
                   safe.begin(), safe.end(),
                   [](char letter) { return letter == '<' || letter == '>' || letter == '\t'; }),
               safe.end());
    return std::string(trimmed(safe));
}

IdentityConfiguration resolve_identity(const ProjectSources& sources, const std::string& remote) {
    const auto& [file, flags, variables, ci, checkout] = sources;
    const std::string host = host_of(remote);
    IdentityConfiguration identity{
        {"headway", {}}, {host.empty() ? "headway@localhost" : "headway@noreply." + host, {}}};
    if (const std::string name = git_safe(ci.user_name.value); !name.empty()) {
        identity.name = {name, ci.user_name.origin};
    }
    if (const std::string email = git_safe(ci.user_email.value);
        email.find('@') != std::string::npos) {
        identity.email = {email, ci.user_email.origin};
    }
    if (file != nullptr) {
        override_with(identity.name, file->identity_name);
        override_with(identity.email, file->identity_email);
    }
    override_with(identity.name,
                  checked<std::string>(given(flags.identity_name, "--identity-name", variables),
                                       checked_identity_name));
    override_with(identity.email,
                  checked<std::string>(given(flags.identity_email, "--identity-email", variables),
                                       checked_identity_email));
    return identity;
}

/// A wrong variable of these is no reason to refuse a rollback.
Setting<std::string> first_of(const Variables& variables, std::string_view own,
                              const Setting<std::string>& ci,
                              std::initializer_list<std::string_view> others) {
    if (const Text text = from_ci(variables, own)) {
        return *text;
    }
    if (is_set(ci)) {
        return ci;
    }
    for (const std::string_view name : others) {
        if (const Text text = from_ci(variables, name)) {
            return *text;
        }
    }
    return {};
}

}  // namespace

void resolve_project(Configuration& configuration, const ProjectSources& sources) {
    configuration.remote = resolve_remote(sources);
    const std::string& remote = configuration.remote.value;
    configuration.source = resolve_source(sources);
    configuration.forge = resolve_forge(sources, remote);
    configuration.api = resolve_api(sources, remote);
    configuration.identity = resolve_identity(sources, remote);
    configuration.actor =
        first_of(sources.variables, "HEADWAY_ACTOR", sources.ci.actor, {"USER", "LOGNAME"});
    if (!is_set(configuration.actor)) {
        configuration.actor.value = configuration.identity.name.value;
    }
    configuration.run_url = first_of(sources.variables, "HEADWAY_RUN_URL", sources.ci.run_url, {});
}

}  // namespace headway::config
