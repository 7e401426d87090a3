#pragma once

#include <chrono>
#include <optional>

#include "config/gates.hpp"
#include "config/sources.hpp"
#include "config/templates.hpp"

namespace headway::config {

inline constexpr unsigned k_max_consecutive = 100;

/// What flags and variables say of the one environment that is named.
struct Overrides {
    Text branch;
    std::optional<SecretReference> token;
    std::optional<SecretReference> api_token;
    Text token_user;
    Text url;
    std::optional<Setting<std::chrono::milliseconds>> deadline;
    std::optional<Setting<std::chrono::milliseconds>> interval;
    std::optional<Setting<unsigned>> consecutive;
    std::optional<Setting<std::chrono::milliseconds>> watch;
    TemplateVariables variables;
    std::optional<ProbeConfiguration> probe;  ///< Its url may be empty: the environment's.
    After after;  ///< Not checked: only the other environments tell. Empty: nothing was said.
    std::optional<Setting<std::chrono::milliseconds>> soak;
    std::optional<Setting<std::vector<FreezeWindow>>> freeze;
    std::optional<Setting<OnUnhealthy>> on_unhealthy;
    std::optional<Setting<OnRetry>> on_retry;
    std::optional<Origin> first;  ///< Where the first of them comes from, if there is any.
};

/// `known` are the variables that the environment has already; templates may name them.
[[nodiscard]] Overrides read_overrides(const Flags& flags, const Variables& variables,
                                       const TemplateVariables& known);

void apply(EnvironmentConfiguration& environment, const Overrides& over);

}  // namespace headway::config
