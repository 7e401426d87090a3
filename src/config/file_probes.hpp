#pragma once

#include "config/fields.hpp"
#include "config/templates.hpp"
#include "headway/probe_configuration.hpp"

/// What a file says of requests, and of what is expected of their answers.
namespace headway::config {

/// `verify.variables`: a map of names to texts and references.
[[nodiscard]] TemplateVariables read_variables(const Document& document, const Entry& entry);

/// The items of `verify.probes`; `names` are those that a template may use.
[[nodiscard]] std::vector<ProbeConfiguration> read_probes(const Document& document,
                                                          const Entry& entry,
                                                          const TemplateNames& names);

}  // namespace headway::config
