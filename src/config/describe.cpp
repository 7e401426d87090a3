#include <fmt/format.h>

#include "config/config.hpp"
#include "config/describe_probe.hpp"
#include "config/gates.hpp"
#include "config/values.hpp"
#include "headway/text.hpp"

namespace headway::config {

namespace {

constexpr std::size_t k_max_shown = 1000;

void line(std::string& text, std::string_view name, std::string_view value, const Origin& origin) {
    text += fmt::format("{} = {}  ({})\n", name, printable(value, k_max_shown),
                        printable(origin.text, k_max_shown));
}

bool is_set(const Origin& origin) {
    return origin.text != Origin{}.text;
}

std::string_view branch_name(std::string_view ref) {
    constexpr std::string_view k_heads = "refs/heads/";
    return ref.starts_with(k_heads) ? ref.substr(k_heads.size()) : ref;
}

/// What nobody has set is left out: most environments have no gates.
void describe_gates(std::string& text, const EnvironmentConfiguration& environment) {
    const GateConfiguration& gates = environment.gates;
    if (!gates.after.value.empty()) {
        line(text, "after", fmt::format("{}", fmt::join(gates.after.value, ", ")),
             gates.after.origin);
    }
    if (gates.soak.value.count() != 0) {
        line(text, "soak", format_duration(gates.soak.value), gates.soak.origin);
    }
    for (const FreezeWindow& window : gates.freeze) {
        line(text, "freeze", headway::text_of(window), window.origin);
    }
    if (is_set(environment.on_unhealthy.origin)) {
        line(text, "on_unhealthy", word_of(environment.on_unhealthy.value),
             environment.on_unhealthy.origin);
    }
    if (is_set(environment.on_retry.origin)) {
        line(text, "on_retry", word_of(environment.on_retry.value), environment.on_retry.origin);
    }
}

void describe_environment(std::string& text, const EnvironmentConfiguration& environment) {
    line(text, "branch",
         environment.branch.value.empty() ? "(none)" : branch_name(environment.branch.value),
         environment.branch.origin);
    if (environment.token) {
        line(text, "token", environment.token->describe(), environment.token->origin);
    } else {
        line(text, "token", "(none)", {});
    }
    if (environment.api_token) {
        line(text, "api_token", environment.api_token->describe(), environment.api_token->origin);
    }
    if (!environment.token_user.value.empty()) {
        line(text, "token_user", environment.token_user.value, environment.token_user.origin);
    }
    line(text, "url", environment.url.value.empty() ? "(none)" : environment.url.value,
         environment.url.origin);
    describe_gates(text, environment);
    const VerifyConfiguration& verify = environment.verify;
    if (verify.probes.empty()) {
        line(text, "verify", "(nothing: no url and no probes)", {});
        return;
    }
    line(text, "verify.deadline", format_duration(verify.deadline), verify.deadline_origin);
    line(text, "verify.interval", format_duration(verify.interval), verify.interval_origin);
    line(text, "verify.consecutive", std::to_string(verify.consecutive), verify.consecutive_origin);
    if (is_set(verify.watch_origin)) {
        line(text, "verify.watch", format_duration(verify.watch), verify.watch_origin);
    }
    for (const auto& [name, value] : verify.variables) {
        line(text, fmt::format("variable {}", name), shown(value), value.origin);
    }
    for (const auto& probe : verify.probes) {
        line(text, fmt::format("probe {}", printable(probe.name)), probe_words(probe),
             probe.origin);
    }
}

}  // namespace

std::string describe(const Configuration& configuration, std::string_view environment) {
    std::string text;
    line(text, "remote", configuration.remote.value.empty() ? "(none)" : configuration.remote.value,
         configuration.remote.origin);
    line(text, "source",
         configuration.source.value.empty() ? "(the remote's HEAD)" : configuration.source.value,
         configuration.source.origin);
    for (const auto& [name, setting] :
         {std::pair("forge", &configuration.forge), std::pair("api", &configuration.api)}) {
        if (!setting->value.empty()) {
            line(text, name, setting->value, setting->origin);
        }
    }
    if (!configuration.tag.value.empty()) {
        line(text, "tag", configuration.tag.value, configuration.tag.origin);
    }
    line(text, "ledger",
         configuration.ledger.place == LedgerPlace::off
             ? "off"
             : fmt::format("{}{}", configuration.ledger.prefix,
                           environment.empty() ? "<environment>" : environment),
         configuration.ledger.origin);
    line(text, "identity.name", configuration.identity.name.value,
         configuration.identity.name.origin);
    line(text, "identity.email", configuration.identity.email.value,
         configuration.identity.email.origin);
    if (is_set(configuration.actor.origin)) {
        line(text, "actor", configuration.actor.value, configuration.actor.origin);
    }
    if (!configuration.run_url.value.empty()) {
        line(text, "run_url", configuration.run_url.value, configuration.run_url.origin);
    }
    if (configuration.slack_webhook) {
        line(text, "notify.slack.webhook", configuration.slack_webhook->describe(),
             configuration.slack_webhook->origin);
    } else {
        line(text, "notify.slack.webhook", "(none)", {});
    }
    const EnvironmentConfiguration* found =
        environment.empty() ? nullptr : configuration.find(environment);
    if (found != nullptr) {
        line(text, "environment", found->name,
             {configuration.file.empty() ? "command line" : configuration.file});
        describe_environment(text, *found);
    }
    return text;
}

}  // namespace headway::config
