#include "config/templates.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "config/values.hpp"
#include "headway/error.hpp"
#include "headway/pattern.hpp"
#include "headway/text.hpp"

namespace headway::config {

namespace {

constexpr std::size_t k_max_name = 100;
constexpr std::size_t k_shown_names = 20;
constexpr std::array<std::string_view, 4> k_built_in{"commit", "environment", "short_commit",
                                                     "tag"};

bool is_built_in(std::string_view name) {
    return std::find(k_built_in.begin(), k_built_in.end(), name) != k_built_in.end();
}

[[noreturn]] void refuse_name(std::string_view whole, std::string_view name,
                              const TemplateNames& names, const Origin& origin) {
    std::vector<std::string> known(names.size());
    std::transform(names.begin(), names.end(), known.begin(),
                   [](const std::string& one) { return fmt::format("${{{}}}", one); });
    const std::string best = name.size() <= k_max_name ? nearest(name, names) : "";
    std::vector<std::string> hints;
    if (!best.empty()) {
        hints.push_back(fmt::format("did you mean \"${{{}}}\"?", best));
    } else {
        hints.emplace_back("a name of your own: verify.variables in the file, or --var NAME=VALUE");
    }
    refuse(origin, fmt::format("unknown template {}", in_quotes(whole)),
           fmt::format("known templates: {}", joined(known, k_shown_names)), hints);
}

/// The text with each template replaced by as many 'x' as it has bytes, or by one.
enum class Length { kept, one };
std::string filled(std::string_view text, Length length) {
    std::string plain;
    while (true) {
        const auto start = text.find("${");
        plain += text.substr(0, start);
        if (start == std::string_view::npos) {
            return plain;
        }
        const auto end = text.find('}', start) + 1;
        plain.append(length == Length::kept ? end - start : 1, 'x');
        text.remove_prefix(end);
    }
}

}  // namespace

TemplateNames template_names(const TemplateVariables& variables) {
    TemplateNames names(k_built_in.begin(), k_built_in.end());
    for (const auto& [name, value] : variables) {
        names.push_back(name);
    }
    std::sort(names.begin(), names.end());
    return names;
}

std::string checked_template(std::string_view text, const TemplateNames& names,
                             const Origin& origin) {
    for (auto start = text.find("${"); start != std::string_view::npos;
         start = text.find("${", start + 2)) {
        const auto end = text.find('}', start);
        if (end == std::string_view::npos) {
            refuse(origin, fmt::format("{} has a \"${{\" without its \"}}\"", in_quotes(text)));
        }
        const std::string_view name = text.substr(start + 2, end - start - 2);
        if (!std::binary_search(names.begin(), names.end(), name)) {
            refuse_name(text.substr(start, end - start + 1), name, names, origin);
        }
    }
    return std::string(text);
}

std::string without_templates(std::string_view text) {
    return filled(text, Length::one);
}

std::string checked_expected_text(std::string_view text, const TemplateNames& names,
                                  const Origin& origin) {
    if (looks_like_secret(text)) {
        refuse(origin, "the text looks like a secret",
               "a secret is never written into the configuration",
               {"verify.variables: {name: {env: NAME}} in the file, and ${name} here"});
    }
    if (text.size() > k_max_expected_text) {
        refuse(origin, "the expected text is too long",
               fmt::format("it has at most {} bytes", k_max_expected_text));
    }
    return checked_template(text, names, origin);
}

std::string checked_pattern(std::string_view text, const TemplateNames& names,
                            const Origin& origin) {
    std::string pattern = checked_expected_text(text, names, origin);
    try {
        // Of the same length, so that the place of a fault stays what it is.
        const Pattern compiled(filled(pattern, Length::kept));
    } catch (const Error& error) {
        refuse(origin, fmt::format("{} is not a regular expression", in_quotes(text)),
               error.because());
    }
    return pattern;
}

std::string checked_template_name(std::string_view text, const Origin& origin) {
    // As a variable of the environment is named.
    const std::string reference = fmt::format("${}", text);
    if (variable_in(reference) != text || text.size() > k_max_name) {
        refuse(origin, fmt::format("{} is not a variable's name", in_quotes(text)),
               fmt::format("a name has letters, digits and '_', no digit in front, and at most {} "
                           "bytes",
                           k_max_name));
    }
    if (is_built_in(text)) {
        refuse(origin, fmt::format("{} already has a meaning", in_quotes(text)),
               fmt::format("headway fills in ${{{}}} itself", text), {"give it another name"});
    }
    return std::string(text);
}

std::string checked_variable_value(std::string_view name, std::string_view text,
                                   const Origin& origin) {
    if (looks_like_secret(text)) {
        refuse(
            origin,
            fmt::format("the variable {} takes {{env: NAME}} or {{file: PATH}}", in_quotes(name)),
            "a secret is never written into the configuration",
            {fmt::format("verify.variables: {{{}: {{env: NAME}}}} in the file", name)});
    }
    if (text.size() > k_max_expected_text) {
        refuse(origin, fmt::format("the variable {} is too long", in_quotes(name)),
               fmt::format("it has at most {} bytes", k_max_expected_text));
    }
    if (text.find("${") != std::string_view::npos) {
        refuse(origin, fmt::format("the variable {} has a template in it", in_quotes(name)),
               "a variable's value is taken as it is",
               {"write the template where the variable is used"});
    }
    return std::string(text);
}

}  // namespace headway::config
