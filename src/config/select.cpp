#include <algorithm>

#include <fmt/format.h>

#include "config/config.hpp"
#include "config/values.hpp"

namespace headway::config {

namespace {

constexpr std::size_t k_shown_names = 10;

bool is_pattern(std::string_view text) {
    return text.find_first_of("*?") != text.npos;
}

/// '*' is any run of characters, '?' any single one. Linear in memory, and in time at most
/// |pattern| × |name|: only the last '*' is ever tried again.
bool matches(std::string_view pattern, std::string_view name) {
    std::size_t in_pattern = 0;
    std::size_t in_name = 0;
    std::size_t after_star = std::string_view::npos;
    std::size_t star_end = 0;
    while (in_name < name.size()) {
        if (in_pattern < pattern.size() && pattern[in_pattern] == '*') {
            after_star = ++in_pattern;
            star_end = in_name;
        } else if (in_pattern < pattern.size() &&
                   (pattern[in_pattern] == '?' || pattern[in_pattern] == name[in_name])) {
            ++in_pattern;
            ++in_name;
        } else if (after_star != std::string_view::npos) {
            in_pattern = after_star;
            in_name = ++star_end;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', in_pattern) == std::string_view::npos;
}

[[noreturn]] void refuse_unmatched(const Configuration& configuration, const std::string& pattern) {
    std::vector<std::string> names;
    for (const auto& environment : configuration.environments) {
        names.push_back(environment.name);
    }
    const std::string what = is_pattern(pattern)
                                 ? fmt::format("no environment matches {}", in_quotes(pattern))
                                 : fmt::format("unknown environment {}", in_quotes(pattern));
    const std::string because =
        names.empty() ? "no environment is configured"
                      : fmt::format("known environments: {}", joined(names, k_shown_names));
    throw Error(ExitCode::usage, what, because, suggestion(pattern, names));
}

}  // namespace

std::vector<std::string> select(const Configuration& configuration,
                                const std::vector<std::string>& patterns) {
    std::vector<bool> chosen(configuration.environments.size(), false);
    for (const auto& pattern : patterns) {
        bool any = false;
        for (std::size_t index = 0; index < chosen.size(); ++index) {
            if (matches(pattern, configuration.environments[index].name)) {
                chosen[index] = true;
                any = true;
            }
        }
        if (!any) {
            refuse_unmatched(configuration, pattern);
        }
    }
    std::vector<std::string> names;
    for (std::size_t index = 0; index < chosen.size(); ++index) {
        if (chosen[index]) {
            names.push_back(configuration.environments[index].name);
        }
    }
    return names;
}

}  // namespace headway::config
