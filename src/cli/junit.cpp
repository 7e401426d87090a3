#include "cli/junit.hpp"

#include <algorithm>
#include <map>
#include <vector>

#include <fmt/format.h>

#include "cli/verify_details.hpp"
#include "core/ledger.hpp"
#include "headway/text.hpp"

namespace headway::cli {

namespace {

constexpr std::size_t k_longest_text = 4096;     // Bytes of a failure, before it is escaped.
constexpr std::size_t k_longest_message = 1000;  // Bytes of an attribute.

/// `text` for an attribute or an element. What is printable holds no character that XML 1.0
/// forbids but those below.
std::string escaped(std::string_view text) {
    std::string result;
    for (std::size_t index = 0; index < text.size(); ++index) {
        const char letter = text[index];
        switch (letter) {
            case '&':
                result += "&amp;";
                break;
            case '<':
                result += "&lt;";
                break;
            case '>':
                result += "&gt;";
                break;
            case '"':
                result += "&quot;";
                break;
            case '\n':
                result += "&#10;";
                break;
            default:
                // U+FFFE and U+FFFF (XML 1.0, section 2.2).
                if (text.substr(index, 2) == "\xEF\xBF" && index + 2 < text.size() &&
                    static_cast<unsigned char>(text[index + 2]) >= 0xBE) {
                    result += "\xEF\xBF\xBD";
                    index += 2;
                } else {
                    result += letter;
                }
        }
    }
    return result;
}

std::string attribute(std::string_view text) {
    return escaped(printable(text, k_longest_message));
}

std::string seconds(std::chrono::milliseconds duration) {
    return fmt::format("{}.{:03}", duration.count() / 1000, duration.count() % 1000);
}

/// What was wrong, and the lines of the details, cut as a whole. GitLab shows no other part of a
/// failure.
std::string details(const core::OriginReport& origin, Clock::System now) {
    std::vector<std::string> lines = details_of(origin, now);
    lines.insert(lines.begin(), printable(origin.words, k_longest_message));
    std::string text;
    for (const std::string& line : lines) {
        const std::string safe = printable(line, k_longest_text) + "\n";
        if (text.size() + safe.size() > k_longest_text) {
            break;
        }
        text += escaped(safe.substr(0, safe.size() - 1)) + "\n";
    }
    return text;
}

/// The origins' labels. Of cases with the same name GitLab keeps the last, so that probes of the
/// same name have their URLs in it.
std::vector<std::string> names_of(const core::VerifyReport& report) {
    std::map<std::string, std::size_t> counts;
    std::vector<std::string> names;
    for (const core::OriginReport& origin : report.origins) {
        names.push_back(label_of(origin));
        ++counts[names.back()];
    }
    for (std::size_t index = 0; index < names.size(); ++index) {
        if (counts[names[index]] > 1) {
            names[index] += fmt::format(" ({})", report.origins[index].url);
        }
    }
    return names;
}

std::string case_of(const std::string& environment, const std::string& name,
                    const core::OriginReport& origin, Clock::System now) {
    std::string text =
        fmt::format(R"(    <testcase classname="{}" name="{}" time="{}")", attribute(environment),
                    attribute(name), seconds(origin.evidence.timings.total));
    if (origin.outcome == core::Outcome::converged) {
        return text + "/>\n";
    }
    return text + fmt::format(
                      ">\n      <failure type=\"{}\" message=\"{}\">{}</failure>\n"
                      "    </testcase>\n",
                      word_of(origin.outcome), attribute(origin.words), details(origin, now));
}

std::size_t failures_of(const core::VerifyReport& report) {
    return static_cast<std::size_t>(std::count_if(
        report.origins.begin(), report.origins.end(),
        [](const auto& origin) { return origin.outcome != core::Outcome::converged; }));
}

std::string suite_of(const Verified& verified, Clock::System now) {
    const core::VerifyReport& report = verified.report;
    std::string text = fmt::format(
        "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"0\" "
        "time=\"{}\" timestamp=\"{}\">\n    <properties>\n",
        attribute(verified.environment), report.origins.size(), failures_of(report),
        seconds(report.duration), core::timestamp(now.time_since_epoch().count()));
    const auto property = [&](std::string_view name, std::string_view value) {
        text += fmt::format("      <property name=\"{}\" value=\"{}\"/>\n", name, attribute(value));
    };
    property("outcome", word_of(report.outcome));
    property("words", report.words);
    property("version_proven", report.version_proven ? "true" : "false");
    if (!verified.commit.empty()) {
        property("commit", verified.commit);
    }
    text += "    </properties>\n";
    const std::vector<std::string> names = names_of(report);
    for (std::size_t index = 0; index < names.size(); ++index) {
        text += case_of(verified.environment, names[index], report.origins[index], now);
    }
    return text + "  </testsuite>\n";
}

}  // namespace

std::string junit_of(std::span<const Verified> verified, Clock::System now) {
    std::size_t tests = 0;
    std::size_t failures = 0;
    std::chrono::milliseconds time{0};
    std::string suites;
    for (const Verified& one : verified) {
        tests += one.report.origins.size();
        failures += failures_of(one.report);
        time = std::max(time, one.report.duration);
        suites += suite_of(one, now);
    }
    return fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"headway\" tests=\"{}\" "
        "failures=\"{}\" errors=\"0\" time=\"{}\">\n{}</testsuites>\n",
        tests, failures, seconds(time), suites);
}

}  // namespace headway::cli
