#include "cli/doctor_display.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "cli/table.hpp"

namespace headway::cli {

namespace {

using core::Finding;
using core::Verdict;

constexpr std::size_t k_named = 5;  // environments in the error

std::string_view symbol_of(Verdict verdict) {
    switch (verdict) {
        case Verdict::ok:
            return "✓";
        case Verdict::problem:
            return "✗";
        case Verdict::warning:
            return "!";
        case Verdict::not_checked:
            break;
    }
    return "–";
}

/// What stands in the finding's own line.
std::string sentence_of(const Finding& finding) {
    if (finding.verdict == Verdict::not_checked) {
        return "not checked: " + finding.text;
    }
    const bool further = finding.verdict == Verdict::ok && !finding.because.empty();
    return further ? fmt::format("{}: {}", finding.text, finding.because) : finding.text;
}

nlohmann::ordered_json json_of(const Finding& finding) {
    nlohmann::ordered_json json;
    json["id"] = core::word_of(finding.check);
    json["environment"] = finding.environment.empty() ? nlohmann::ordered_json(nullptr)
                                                      : nlohmann::ordered_json(finding.environment);
    json["verdict"] = core::word_of(finding.verdict);
    json["text"] = finding.text;
    json["because"] = finding.because;
    json["try"] = finding.hints;
    return json;
}

bool needs_somebody(const Finding& finding) {
    return finding.verdict == Verdict::problem || finding.verdict == Verdict::warning;
}

void show_text(Output& output, const std::vector<Finding>& findings) {
    std::vector<std::vector<std::string>> rows;
    rows.reserve(findings.size());
    for (const Finding& finding : findings) {
        rows.push_back(
            {fmt::format("  {} {}", symbol_of(finding.verdict), core::word_of(finding.check)),
             sentence_of(finding)});
    }
    const std::vector<std::string> lines = aligned(rows);
    const std::string* heading = nullptr;
    for (std::size_t index = 0; index < findings.size(); ++index) {
        const Finding& finding = findings[index];
        if (heading == nullptr || *heading != finding.environment) {
            output.result(fmt::format(
                "{}{}", heading == nullptr ? "" : "\n",
                finding.environment.empty() ? "all environments" : finding.environment));
            heading = &finding.environment;
        }
        output.result(lines[index]);
        if (!needs_somebody(finding)) {
            continue;
        }
        if (!finding.because.empty()) {
            output.result("      because: " + finding.because);
        }
        for (const std::string& hint : finding.hints) {
            output.result("      try: " + hint);
        }
    }
}

std::string counted(std::size_t count, std::string_view one, std::string_view many) {
    return fmt::format("{} {}", count, count == 1 ? one : many);
}

std::string summary_of(const std::vector<Finding>& findings) {
    const auto count = [&](Verdict verdict) {
        return static_cast<std::size_t>(
            std::count_if(findings.begin(), findings.end(),
                          [&](const Finding& finding) { return finding.verdict == verdict; }));
    };
    return fmt::format(
        "{}, {}, {} not checked",
        count(Verdict::problem) == 0 ? std::string("no problem")
                                     : counted(count(Verdict::problem), "problem", "problems"),
        counted(count(Verdict::warning), "warning", "warnings"), count(Verdict::not_checked));
}

}  // namespace

void show_findings(Session& session, std::vector<Finding> findings,
                   const std::vector<std::string>& environments) {
    std::map<std::string, std::size_t, std::less<>> places{{"", 0}};
    for (const std::string& environment : environments) {
        places.try_emplace(environment, places.size());
    }
    const auto place = [&](const Finding& finding) { return places.at(finding.environment); };
    std::stable_sort(
        findings.begin(), findings.end(), [&](const Finding& left, const Finding& right) {
            return std::pair(place(left), left.check) < std::pair(place(right), right.check);
        });
    auto& checks = session.report["checks"] = nlohmann::ordered_json::array();
    for (const Finding& finding : findings) {
        checks.push_back(json_of(finding));
    }
    const std::string summary = summary_of(findings);
    const bool quiet = session.output.settings().verbosity == Verbosity::quiet;
    if (quiet) {
        std::erase_if(findings,
                      [](const Finding& finding) { return finding.verdict != Verdict::problem; });
    }
    show_text(session.output, findings);
    if (!quiet) {
        session.output.result("\n" + summary);
    }
}

Error problems_found(const std::vector<Finding>& findings) {
    std::vector<std::pair<std::string, std::string>> named;  // Environment → its checks.
    std::vector<std::string> hints;
    std::size_t count = 0;
    for (const Finding& finding : findings) {
        if (finding.verdict != Verdict::problem) {
            continue;
        }
        ++count;
        if (hints.empty() && !finding.hints.empty()) {
            hints.push_back(finding.hints.front());
        }
        const std::string where =
            finding.environment.empty() ? "all environments" : finding.environment;
        const std::string check(core::word_of(finding.check));
        const auto known = std::find_if(named.begin(), named.end(),
                                        [&](const auto& entry) { return entry.first == where; });
        if (known == named.end()) {
            named.emplace_back(where, check);
        } else {
            known->second += ", " + check;
        }
    }
    std::string because;
    for (std::size_t index = 0; index < std::min(named.size(), k_named); ++index) {
        because += fmt::format("{}{}: {}", index == 0 ? "" : "; ", named[index].first,
                               named[index].second);
    }
    if (named.size() > k_named) {
        because += fmt::format("; and {} more", named.size() - k_named);
    }
    return {core::code_of(findings),
            fmt::format("{} would stop a promotion, or its proof",
                        counted(count, "problem", "problems")),
            std::move(because), std::move(hints)};
}

}  // namespace headway::cli
