#include "config/overrides.hpp"

#include <algorithm>
#include <vector>

#include "config/probe_flags.hpp"
#include "config/urls.hpp"
#include "config/values.hpp"
#include "headway/text.hpp"

namespace headway::config {

namespace {

std::optional<SecretReference> token_flags(const Flags& flags, const Variables& variables) {
    if (!flags.token_stdin) {
        return given_secret(flags.token_env, "--token-env", flags.token_file, "--token-file",
                            variables);
    }
    const Origin standard_input{"--token-stdin"};
    if (flags.token_env || flags.token_file) {
        refuse_second(standard_input, {flags.token_env ? "--token-env" : "--token-file"});
    }
    return SecretReference{SecretSource::standard_input, "", standard_input};
}

/// What a flag that can be repeated says or, without it, its variable, one element a part.
template <typename Split>
std::vector<Setting<std::string>> given_list(const std::vector<std::string>& flag,
                                             std::string_view name, std::string_view variable,
                                             const Variables& variables, Split split) {
    std::vector<Setting<std::string>> list;
    for (const std::string& one : flag) {
        list.push_back(*given(one, name, variables));
        list.back().value = trimmed(one);
    }
    const Text text = list.empty() ? from_variable(variables, variable) : Text{};
    if (text) {
        for (const std::string& one : split(text->value)) {
            if (!trimmed(one).empty()) {
                list.push_back({std::string(trimmed(one)), text->origin});
            }
        }
    }
    return list;
}

/// Names with commas or spaces between them, one a line.
std::vector<std::string> names_in(std::string text) {
    std::replace_if(
        text.begin(), text.end(),
        [](char letter) { return letter == ',' || letter == ' ' || letter == '\t'; }, '\n');
    return lines_of(text);
}

void read_gates(Overrides& over, const Flags& flags, const Variables& variables) {
    over.after = given_list(flags.after, "--after", "HEADWAY_AFTER", variables, names_in);
    over.soak = checked<std::chrono::milliseconds>(
        given(flags.soak, "--soak", variables), [](std::string_view text, const Origin& origin) {
            return checked_duration(text, k_soak_bounds, origin);
        });
    const auto windows =
        given_list(flags.freeze, "--freeze", "HEADWAY_FREEZE", variables, lines_of);
    if (!windows.empty()) {
        const Origin& origin = windows.front().origin;
        check_window_count(windows.size(), origin);
        over.freeze.emplace();
        over.freeze->origin = origin;
        for (const auto& window : windows) {
            over.freeze->value.push_back(checked_freeze(window.value, origin));
        }
    }
    over.on_unhealthy = checked<OnUnhealthy>(given(flags.on_unhealthy, "--on-unhealthy", variables),
                                             checked_on_unhealthy);
    over.on_retry =
        checked<OnRetry>(given(flags.on_retry, "--on-retry", variables), checked_on_retry);
}

}  // namespace

Overrides read_overrides(const Flags& flags, const Variables& variables,
                         const TemplateVariables& known) {
    Overrides over;
    const auto duration = [&](const std::optional<std::string>& flag, std::string_view name,
                              const DurationBounds& bounds) {
        return checked<std::chrono::milliseconds>(given(flag, name, variables),
                                                  [&](std::string_view text, const Origin& origin) {
                                                      return checked_duration(text, bounds, origin);
                                                  });
    };
    over.branch = checked<std::string>(given(flags.branch, "--branch", variables), checked_branch);
    over.token = token_flags(flags, variables);
    over.api_token = given_secret(flags.api_token_env, "--api-token-env", flags.api_token_file,
                                  "--api-token-file", variables);
    over.token_user =
        checked<std::string>(given(flags.token_user, "--token-user", variables), checked_user);
    over.url = checked<std::string>(given(flags.url, "--url", variables), checked_url);
    over.deadline = duration(flags.deadline, "--deadline", k_deadline_bounds);
    over.interval = duration(flags.interval, "--interval", k_interval_bounds);
    over.consecutive =
        checked<unsigned>(given(flags.consecutive, "--consecutive", variables),
                          [](std::string_view text, const Origin& origin) {
                              return checked_number(text, 1, k_max_consecutive, origin);
                          });
    over.watch = duration(flags.watch, "--watch", k_watch_bounds);
    over.variables = variable_flags(flags, variables);
    TemplateVariables all = over.variables;
    all.insert(known.begin(), known.end());
    over.probe = probe_flags(flags, variables, template_names(all));
    read_gates(over, flags, variables);
    const auto note = [&](const auto& setting) {
        if (setting && !over.first) {
            over.first = setting->origin;
        }
    };
    note(over.branch);
    note(over.token);
    note(over.api_token);
    note(over.token_user);
    note(over.url);
    note(over.deadline);
    note(over.interval);
    note(over.consecutive);
    note(over.watch);
    if (!over.variables.empty() && !over.first) {
        over.first = over.variables.begin()->second.origin;
    }
    note(over.probe);
    note(over.after.empty() ? Text{} : Text{over.after.front()});
    note(over.soak);
    note(over.freeze);
    note(over.on_unhealthy);
    note(over.on_retry);
    return over;
}

void apply(EnvironmentConfiguration& environment, const Overrides& over) {
    if (over.branch) {
        environment.branch = {"refs/heads/" + over.branch->value, over.branch->origin};
    }
    if (over.token) {
        environment.token = over.token;
    }
    if (over.api_token) {
        environment.api_token = over.api_token;
    }
    override_with(environment.token_user, over.token_user);
    override_with(environment.url, over.url);
    VerifyConfiguration& verify = environment.verify;
    if (over.deadline) {
        verify.deadline = over.deadline->value;
        verify.deadline_origin = over.deadline->origin;
    }
    if (over.interval) {
        verify.interval = over.interval->value;
        verify.interval_origin = over.interval->origin;
    }
    if (over.consecutive) {
        verify.consecutive = over.consecutive->value;
        verify.consecutive_origin = over.consecutive->origin;
    }
    if (over.watch) {
        verify.watch = over.watch->value;
        verify.watch_origin = over.watch->origin;
    }
    for (const auto& [name, value] : over.variables) {
        verify.variables[name] = value;
    }
    if (over.probe) {
        verify.probes = {*over.probe};
    }
    GateConfiguration& gates = environment.gates;
    if (!over.after.empty()) {
        gates.after = names_of(over.after);
    }
    override_with(gates.soak, over.soak);
    if (over.freeze) {
        gates.freeze = over.freeze->value;
        gates.freeze_origin = over.freeze->origin;
    }
    override_with(environment.on_unhealthy, over.on_unhealthy);
    override_with(environment.on_retry, over.on_retry);
}

}  // namespace headway::config
