#include "config/overrides.hpp"

#include <vector>

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

std::optional<ProbeConfiguration> probe_flags(const Flags& flags, const Variables& variables) {
    const Text url = given(flags.probe, "--probe", variables);
    ProbeConfiguration probe;
    probe.url = url ? checked_probe_url(url->value, url->origin) : "";
    std::vector<std::string> expectations = flags.expect;
    Origin origin{"--expect"};
    if (expectations.empty()) {
        if (const Text text = from_variable(variables, "HEADWAY_EXPECT")) {
            expectations = lines_of(text->value);
            origin = text->origin;
        }
    }
    for (const auto& expectation : expectations) {
        if (!trimmed(expectation).empty()) {
            probe.json.insert(checked_expectation(trimmed(expectation), origin));
        }
    }
    if (!url && probe.json.empty()) {
        return std::nullopt;
    }
    probe.origin = url ? url->origin : origin;
    return probe;
}

}  // namespace

Overrides read_overrides(const Flags& flags, const Variables& variables) {
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
    over.probe = probe_flags(flags, variables);
    const auto note = [&](const auto& setting) {
        if (setting && !over.first) {
            over.first = setting->origin;
        }
    };
    note(over.branch);
    note(over.token);
    note(over.token_user);
    note(over.url);
    note(over.deadline);
    note(over.interval);
    note(over.consecutive);
    note(over.probe);
    return over;
}

void apply(EnvironmentConfiguration& environment, const Overrides& over) {
    if (over.branch) {
        environment.branch = {"refs/heads/" + over.branch->value, over.branch->origin};
    }
    if (over.token) {
        environment.token = over.token;
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
    if (over.probe) {
        verify.probes = {*over.probe};
    }
}

}  // namespace headway::config
