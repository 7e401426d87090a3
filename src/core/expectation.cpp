#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "core/probe.hpp"
#include "headway/text.hpp"

namespace headway::core {

namespace {

constexpr std::size_t k_least_version_digits = 7;
constexpr std::size_t k_short_digits = 8;

bool is_hex(std::string_view text) {
    return !text.empty() &&
           text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

std::string lower_case(std::string_view text) {
    std::string lower(text);
    std::transform(lower.begin(), lower.end(), lower.begin(), [](char letter) {
        return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
    });
    return lower;
}

std::optional<std::string> value_of(std::string_view name, const ProbeSubject& subject) {
    if (name == "commit") {
        return subject.commit;
    }
    if (name == "short_commit") {
        return subject.commit.substr(0, k_short_digits);
    }
    if (name == "tag") {
        return subject.tag;
    }
    if (name == "environment") {
        return subject.environment;
    }
    const auto variable = subject.variables.find(std::string(name));
    return variable == subject.variables.end() ? std::nullopt : std::optional(variable->second);
}

/// `text` with every known ${name} replaced by what `write` makes of its value.
template <typename Write>
std::string filled_in(std::string_view text, const ProbeSubject& subject, Write write) {
    std::string result;
    while (!text.empty()) {
        const auto start = text.find("${");
        result += text.substr(0, start);
        if (start == std::string_view::npos) {
            break;
        }
        text.remove_prefix(start + 2);
        const auto end = text.find('}');
        const auto value =
            end == std::string_view::npos ? std::nullopt : value_of(text.substr(0, end), subject);
        if (value) {
            result += write(*value);
            text.remove_prefix(end + 1);
        } else {
            result += "${";
        }
    }
    return result;
}

bool is_commit_alone(std::string_view text) {
    return text == "${commit}" || text == "${short_commit}";
}

Pattern::Found found(bool yes) {
    return yes ? Pattern::Found::yes : Pattern::Found::no;
}

/// The same, but of the one commit that the subject names.
Pattern::Found meets_commit(const Expectation& expectation, std::string_view actual,
                            const ProbeSubject& subject) {
    switch (expectation.how) {
        case Comparison::equals:
            break;
        case Comparison::contains:
            return found(actual.find(expand(expectation.text, subject)) != std::string_view::npos);
        case Comparison::matches:
            return Pattern(filled_in(expectation.text, subject, Pattern::quoted)).find_in(actual);
    }
    if (!is_commit_alone(expectation.text)) {
        return found(expand(expectation.text, subject) == actual);
    }
    const std::string version = lower_case(trimmed(actual));
    return found(version.size() >= k_least_version_digits &&
                 version.size() <= subject.commit.size() && is_hex(version) &&
                 subject.commit.starts_with(version));
}

}  // namespace

std::string expand(std::string_view text, const ProbeSubject& subject) {
    return filled_in(text, subject, [](const std::string& value) { return value; });
}

bool has_secret(std::string_view text, const ProbeSubject& subject) {
    return std::any_of(subject.secret_variables.begin(), subject.secret_variables.end(),
                       [&](const std::string& name) {
                           return text.find("${" + name + "}") != std::string_view::npos;
                       });
}

Pattern::Found meets(const Expectation& expectation, std::string_view actual,
                     const ProbeSubject& subject) {
    const Pattern::Found first = meets_commit(expectation, actual, subject);
    if (first != Pattern::Found::no || subject.tip.empty()) {
        return first;
    }
    ProbeSubject other = subject;
    other.commit = subject.tip;
    return meets_commit(expectation, actual, other);
}

bool speaks_of_version(const Expectation& expectation) {
    if (expectation.proves_version()) {
        return true;
    }
    constexpr std::array<std::string_view, 7> k_words{"version", "commit", "revision", "release",
                                                      "build",   "sha",    "tag"};
    const std::string name =
        lower_case(std::string_view(expectation.where).substr(expectation.where.rfind('/') + 1));
    // "stage" has a "tag" in it, and "shape" a "sha": these two are words of their own.
    const auto names = [&](std::string_view word) {
        const auto at = name.find(word);
        if (at == std::string::npos || word.size() > 3) {
            return at != std::string::npos;
        }
        const auto is_letter = [&](std::size_t index) {
            return index < name.size() && name[index] >= 'a' && name[index] <= 'z';
        };
        return !(at > 0 && is_letter(at - 1)) && !is_letter(at + word.size());
    };
    return std::any_of(k_words.begin(), k_words.end(), names);
}

bool speaks_of_version(const ProbeConfiguration& probe) {
    const auto any = [](const std::vector<Expectation>& list) {
        return std::any_of(list.begin(), list.end(),
                           [](const Expectation& one) { return speaks_of_version(one); });
    };
    return any(probe.json) || any(probe.answer_headers) || any(probe.answer_body);
}

bool speaks_of_version(const VerifyConfiguration& configuration) {
    return std::any_of(configuration.probes.begin(), configuration.probes.end(),
                       [](const ProbeConfiguration& probe) { return speaks_of_version(probe); });
}

}  // namespace headway::core
