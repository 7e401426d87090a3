#include <utility>

#include <fmt/format.h>

#include "config/config.hpp"
#include "config/describe_probe.hpp"
#include "config/gates.hpp"
#include "config/values.hpp"
#include "headway/text.hpp"

namespace headway::config {

namespace {

constexpr std::size_t k_max_shown = 1000;

using Settings = std::vector<ShownSetting>;

bool is_set(const Origin& origin) {
    return origin.text != Origin{}.text;
}

void add(Settings& settings, std::string name, std::string_view value, const Origin& origin) {
    settings.push_back({std::move(name), printable(value, k_max_shown), origin});
}

/// One that most leave as it is.
void add_minor(Settings& settings, std::string name, std::string_view value, const Origin& origin) {
    add(settings, std::move(name), value, origin);
    settings.back().minor = !is_set(origin);
}

/// An empty text is no value.
void add_text(Settings& settings, std::string name, const Setting<std::string>& text,
              std::string_view absent = "(none)") {
    add(settings, std::move(name), text.value, text.origin);
    settings.back().absent = absent;
    if (text.value.empty()) {
        settings.back().value.reset();
    }
}

/// Nothing of an empty text.
void add_where_given(Settings& settings, const char* name, const Setting<std::string>& text) {
    if (!text.value.empty()) {
        add_text(settings, name, text);
    }
}

void add_secret(Settings& settings, std::string name,
                const std::optional<SecretReference>& secret) {
    if (secret) {
        add(settings, std::move(name), secret->describe(), secret->origin);
    } else {
        settings.push_back({.name = std::move(name), .value = {}, .origin = {}});
    }
}

std::string_view branch_name(std::string_view ref) {
    constexpr std::string_view k_heads = "refs/heads/";
    return ref.starts_with(k_heads) ? ref.substr(k_heads.size()) : ref;
}

void add_gates(Settings& settings, const EnvironmentConfiguration& environment) {
    const GateConfiguration& gates = environment.gates;
    if (!gates.after.value.empty()) {
        add(settings, "after", fmt::format("{}", fmt::join(gates.after.value, ", ")),
            gates.after.origin);
    }
    if (gates.soak.value.count() != 0) {
        add(settings, "soak", format_duration(gates.soak.value), gates.soak.origin);
    }
    for (const FreezeWindow& window : gates.freeze) {
        add(settings, "freeze", headway::text_of(window), window.origin);
    }
    add_minor(settings, "on_unhealthy", word_of(environment.on_unhealthy.value),
              environment.on_unhealthy.origin);
    add_minor(settings, "on_retry", word_of(environment.on_retry.value),
              environment.on_retry.origin);
}

void add_verify(Settings& settings, const VerifyConfiguration& verify) {
    if (verify.probes.empty()) {
        settings.push_back({.name = "verify",
                            .value = {},
                            .origin = {},
                            .absent = "(nothing: no url and no probes)"});
        return;
    }
    add(settings, "verify.deadline", format_duration(verify.deadline), verify.deadline_origin);
    add(settings, "verify.interval", format_duration(verify.interval), verify.interval_origin);
    add(settings, "verify.consecutive", std::to_string(verify.consecutive),
        verify.consecutive_origin);
    add_minor(settings, "verify.watch", format_duration(verify.watch), verify.watch_origin);
    for (const auto& [name, value] : verify.variables) {
        add(settings, fmt::format("variable {}", name), shown(value), value.origin);
    }
    for (const auto& probe : verify.probes) {
        add(settings, fmt::format("probe {}", printable(probe.name)), probe_words(probe),
            probe.origin);
    }
}

}  // namespace

std::vector<ShownSetting> shown_settings(const Configuration& configuration,
                                         std::string_view environment) {
    Settings settings;
    add_text(settings, "remote", configuration.remote);
    add_text(settings, "source", configuration.source, "(the remote's HEAD)");
    for (const auto& [name, setting] :
         {std::pair("forge", &configuration.forge), std::pair("api", &configuration.api),
          std::pair("tag", &configuration.tag)}) {
        add_where_given(settings, name, *setting);
    }
    add(settings, "ledger",
        configuration.ledger.place == LedgerPlace::off
            ? "off"
            : fmt::format("{}{}", configuration.ledger.prefix, environment),
        configuration.ledger.origin);
    add_text(settings, "identity.name", configuration.identity.name);
    add_text(settings, "identity.email", configuration.identity.email);
    if (is_set(configuration.actor.origin)) {
        add_text(settings, "actor", configuration.actor);
    }
    add_where_given(settings, "run_url", configuration.run_url);
    add_secret(settings, "notify.slack.webhook", configuration.slack_webhook);
    return settings;
}

std::vector<ShownSetting> shown_settings(const EnvironmentConfiguration& environment) {
    Settings settings;
    add_text(settings, "branch",
             {std::string(branch_name(environment.branch.value)), environment.branch.origin});
    add_secret(settings, "token", environment.token);
    if (environment.api_token) {
        add_secret(settings, "api_token", environment.api_token);
    }
    add_where_given(settings, "token_user", environment.token_user);
    add_text(settings, "url", environment.url);
    add_gates(settings, environment);
    add_verify(settings, environment.verify);
    return settings;
}

std::string line_of(const ShownSetting& setting) {
    return fmt::format("{} = {}  ({})", setting.name,
                       setting.value ? std::string_view(*setting.value) : setting.absent,
                       printable(setting.origin.text, k_max_shown));
}

std::string describe(const Configuration& configuration, std::string_view environment) {
    Settings settings = environment.empty() ? shown_settings(configuration)
                                            : shown_settings(configuration, environment);
    if (const EnvironmentConfiguration* found =
            environment.empty() ? nullptr : configuration.find(environment)) {
        add(settings, "environment", found->name,
            {configuration.file.empty() ? "command line" : configuration.file});
        const Settings own = shown_settings(*found);
        settings.insert(settings.end(), own.begin(), own.end());
    }
    std::string text;
    for (const ShownSetting& setting : settings) {
        if (!setting.minor) {
            text += line_of(setting) + "\n";
        }
    }
    return text;
}

}  // namespace headway::config
