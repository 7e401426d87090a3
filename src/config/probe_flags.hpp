#pragma once

#include <optional>

#include "config/config.hpp"
#include "config/templates.hpp"

/// A probe as flags and variables describe it.
namespace headway::config {

/// The variables of --var.
[[nodiscard]] TemplateVariables variable_flags(const Flags& flags, const Variables& variables);

/// The probe that is described; its url may be empty: the environment's. Nothing when no flag of a
/// probe is given.
[[nodiscard]] std::optional<ProbeConfiguration> probe_flags(const Flags& flags,
                                                            const Variables& variables,
                                                            const TemplateNames& names);

}  // namespace headway::config
