#include "core/probe.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "headway/text.hpp"

namespace headway::core {

namespace {

constexpr std::size_t k_least_version_digits = 7;
constexpr int k_most_nesting = 64;

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

/// Parses hostile JSON without building more than `k_most_nesting` levels.
nlohmann::json parse_json(const std::string& body) {
    bool too_deep = false;
    auto value = nlohmann::json::parse(
        body,
        [&](int depth, nlohmann::json::parse_event_t, nlohmann::json&) {
            too_deep = too_deep || depth > k_most_nesting;
            return !too_deep;
        },
        false);
    return too_deep ? nlohmann::json(nlohmann::json::value_t::discarded) : value;
}

std::string text_of(const nlohmann::json& value) {
    return value.is_string() ? value.get<std::string>()
                             : value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string listed(const std::vector<int>& statuses) {
    return fmt::format("{}", fmt::join(statuses, " or "));
}

Judgement judge_json(const ProbeConfiguration& probe, const ProbeSubject& subject,
                     const HttpResponse& response) {
    if (trimmed(response.body).empty()) {
        return {false, fmt::format("{}, but the body is empty", response.status)};
    }
    const nlohmann::json document = parse_json(response.body);
    if (document.is_discarded()) {
        return {false, fmt::format("{}, but the body is no JSON: {}", response.status,
                                   printable(response.body, 80))};
    }
    std::string seen;
    for (const auto& [pointer, expected] : probe.json) {
        const nlohmann::json::json_pointer path(pointer);
        if (!document.contains(path)) {
            return {false, fmt::format("{}, but there is no {}", response.status, pointer)};
        }
        const std::string actual = text_of(document.at(path));
        if (!matches(expected, actual, subject)) {
            return {false,
                    fmt::format("{}, but {} is {}, not {}", response.status, pointer,
                                printable(actual, 80), printable(expand(expected, subject), 80))};
        }
        seen += fmt::format(", {} is {}", pointer, printable(actual, 80));
    }
    return {true, fmt::format("{}{}", response.status, seen)};
}

}  // namespace

std::string expand(std::string_view text, const ProbeSubject& subject) {
    const std::array<std::pair<std::string_view, std::string>, 3> names{{
        {"${commit}", subject.commit},
        {"${short_commit}", subject.commit.substr(0, 8)},
        {"${environment}", subject.environment},
    }};
    std::string result;
    while (!text.empty()) {
        const auto start = text.find("${");
        result += text.substr(0, start);
        if (start == std::string_view::npos) {
            break;
        }
        text.remove_prefix(start);
        const auto* const name = std::find_if(names.begin(), names.end(), [&](const auto& entry) {
            return text.starts_with(entry.first);
        });
        if (name == names.end()) {
            result += text.substr(0, 2);
            text.remove_prefix(2);
        } else {
            result += name->second;
            text.remove_prefix(name->first.size());
        }
    }
    return result;
}

bool matches(std::string_view expected_template, std::string_view actual,
             const ProbeSubject& subject) {
    if (!subject.tip.empty() &&
        matches(expected_template, actual,
                {.environment = subject.environment, .commit = subject.tip})) {
        return true;
    }
    if (expected_template == "${commit}" || expected_template == "${short_commit}") {
        const std::string version = lower_case(trimmed(actual));
        return version.size() >= k_least_version_digits &&
               version.size() <= subject.commit.size() && is_hex(version) &&
               subject.commit.starts_with(version);
    }
    return expand(expected_template, subject) == actual;
}

Judgement judge(const ProbeConfiguration& probe, const ProbeSubject& subject,
                const HttpResponse& response) {
    if (std::find(probe.status.begin(), probe.status.end(), response.status) ==
        probe.status.end()) {
        return {false, fmt::format("status {}, not {}", response.status, listed(probe.status))};
    }
    if (probe.max_latency && response.timings.total > *probe.max_latency) {
        return {false, fmt::format("{} after {} ms, later than {} ms", response.status,
                                   response.timings.total.count(), probe.max_latency->count())};
    }
    return probe.json.empty() ? Judgement{true, fmt::format("{}", response.status)}
                              : judge_json(probe, subject, response);
}

}  // namespace headway::core
