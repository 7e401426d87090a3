#include "cli/dotenv.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "headway/text.hpp"

namespace headway::cli {

namespace {

constexpr std::size_t k_longest_value = 500;  // Bytes.
constexpr std::size_t k_longest_url = 1500;   // Bytes.
constexpr std::size_t k_short_commit = 8;

/// Without what a shell or a parser of such files gives a meaning to.
std::string value_of(std::string_view text, std::size_t longest = k_longest_value) {
    std::string value = printable(text, longest);
    std::replace_if(
        value.begin(), value.end(),
        [](char letter) { return std::string_view("\"'`$\\\t").find(letter) != std::string::npos; },
        ' ');
    return std::string(trimmed(value));
}

/// A URL with what `value_of` would take out of it percent-encoded; empty where it is too long: a
/// part of a URL is none.
std::string url_of(std::string_view url) {
    std::string value;
    for (const char letter : url) {
        if (std::string_view("\"'`$\\\t ").find(letter) == std::string_view::npos) {
            value += letter;
        } else {
            value += percent_encode(std::string_view(&letter, 1));
        }
    }
    return value.size() > k_longest_url ? std::string() : value_of(value, k_longest_url);
}

std::string name_of(std::string_view environment) {
    std::string name = "VERIFY_OUTCOME_";
    for (const char letter : environment) {
        const bool digit = letter >= '0' && letter <= '9';
        const bool upper = letter >= 'A' && letter <= 'Z';
        const bool lower = letter >= 'a' && letter <= 'z';
        if (lower) {
            name += static_cast<char>(letter - 'a' + 'A');
        } else {
            name += digit || upper ? letter : '_';
        }
    }
    return name;
}

const Verified& worst_of(std::span<const Verified> verified) {
    return *std::min_element(verified.begin(), verified.end(),
                             [](const Verified& left, const Verified& right) {
                                 return core::is_worse(left.report.outcome, right.report.outcome);
                             });
}

/// Each variable once, with the worst of the environments that share its name: GitLab refuses the
/// file for a second one, or takes that.
std::vector<std::pair<std::string, core::Outcome>> outcomes_of(std::span<const Verified> verified) {
    std::vector<std::pair<std::string, core::Outcome>> outcomes;
    for (const Verified& one : verified) {
        const std::string name = name_of(one.environment);
        const auto known = std::find_if(outcomes.begin(), outcomes.end(),
                                        [&](const auto& entry) { return entry.first == name; });
        if (known == outcomes.end()) {
            outcomes.emplace_back(name, one.report.outcome);
        } else if (core::is_worse(one.report.outcome, known->second)) {
            known->second = one.report.outcome;
        }
    }
    return outcomes;
}

}  // namespace

Dotenv dotenv_of(std::span<const Verified> verified) {
    Dotenv dotenv;
    std::size_t count = 0;
    const auto add = [&](const std::string& name, const std::string& value) {
        const std::string line = fmt::format("{}={}\n", name, value);
        if (count == k_dotenv_variables || dotenv.text.size() + line.size() > k_dotenv_bytes) {
            dotenv.left_out.push_back(name);
            return;
        }
        dotenv.text += line;
        ++count;
    };
    if (verified.empty()) {
        return dotenv;
    }
    const Verified& worst = worst_of(verified);
    add("VERIFY_OUTCOME", std::string(word_of(worst.report.outcome)));
    add("VERIFY_ENVIRONMENT", value_of(worst.environment));
    add("VERIFY_COMMIT", value_of(worst.commit));
    add("VERIFY_SHORT_COMMIT", value_of(worst.commit.substr(0, k_short_commit)));
    add("VERIFY_URL",
        worst.report.origins.empty() ? std::string() : url_of(worst.report.origins.front().url));
    add("VERIFY_SECONDS",
        fmt::format("{:.1f}", static_cast<double>(worst.report.duration.count()) / 1000.0));
    add("VERIFY_REASON", value_of(worst.report.words));
    if (verified.size() > 1) {
        for (const auto& [name, outcome] : outcomes_of(verified)) {
            add(name, std::string(word_of(outcome)));
        }
    }
    return dotenv;
}

}  // namespace headway::cli
