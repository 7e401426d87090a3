#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "headway/probe_configuration.hpp"

/// What stands in "${…}". Each check throws Error(usage) whose text begins with where the text is.
namespace headway::config {

inline constexpr std::size_t k_max_variables = 100;
inline constexpr std::size_t k_max_expected_text = 1024;  ///< Bytes; of a variable's value as well.

/// What a text may name, sorted: the built-in names, and variables.
using TemplateNames = std::vector<std::string>;
using TemplateVariables = std::map<std::string, ProbeText>;

[[nodiscard]] TemplateNames template_names(const TemplateVariables& variables);

/// Text whose templates are all known.
[[nodiscard]] std::string checked_template(std::string_view text, const TemplateNames& names,
                                           const Origin& origin);

/// The text with each template replaced by one 'x'.
[[nodiscard]] std::string without_templates(std::string_view text);

/// A template that stands in the configuration and is no secret, of at most k_max_expected_text
/// bytes.
[[nodiscard]] std::string checked_expected_text(std::string_view text, const TemplateNames& names,
                                                const Origin& origin);

/// The same, and a regular expression.
[[nodiscard]] std::string checked_pattern(std::string_view text, const TemplateNames& names,
                                          const Origin& origin);

/// The name of a new variable: [A-Za-z_][A-Za-z0-9_]*, at most 100 bytes, none of the built-in
/// ones.
[[nodiscard]] std::string checked_template_name(std::string_view text, const Origin& origin);

/// The literal value of a variable: no secret, no template.
[[nodiscard]] std::string checked_variable_value(std::string_view name, std::string_view text,
                                                 const Origin& origin);

}  // namespace headway::config
