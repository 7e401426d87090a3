#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "core/verification.hpp"

namespace headway::core {

namespace {

std::string human_seconds(std::chrono::milliseconds duration) {
    return duration.count() < 10'000
               ? fmt::format("{:.1f} s", static_cast<double>(duration.count()) / 1000.0)
               : fmt::format("{} s", duration.count() / 1000);
}

std::string times_in_a_row(unsigned count) {
    return count == 1 ? "healthy once" : fmt::format("healthy {} times in a row", count);
}

/// The most addresses that one probe has.
std::size_t addresses_of(const VerifyReport& report) {
    std::map<std::string, std::size_t> counts;
    std::size_t most = 0;
    for (const OriginReport& origin : report.origins) {
        most = std::max(most, ++counts[origin.probe]);
    }
    return most;
}

std::string words_when_converged(const VerifyReport& report, const VerifyJob& job) {
    std::string words = times_in_a_row(job.configuration.consecutive);
    if (const std::size_t addresses = addresses_of(report); addresses > 1) {
        words += fmt::format(" at each of {} addresses", addresses);
    }
    if (report.version_proven) {
        words += fmt::format(", version {}", job.subject.commit.empty()
                                                 ? job.subject.tag
                                                 : job.subject.commit.substr(0, 8));
    } else if (!job.subject.commit.empty() || !speaks_of_version(job.configuration)) {
        // Without a commit to look for, a text that was expected may well be the version.
        words += ", its version was not checked";
    }
    if (report.watched.count() > 0) {
        words += fmt::format(", and for {} after that", human_seconds(report.watched));
    }
    return words;
}

std::string words_of_origin(const OriginReport& origin, const VerifyReport& report,
                            const VerifyJob& job) {
    if (origin.words.empty()) {
        return "it was not asked before the deadline came";
    }
    if (origin.streak > 0) {
        return fmt::format("healthy only {} of {} times in a row when the deadline came",
                           origin.streak, job.configuration.consecutive);
    }
    return origin.outcome == Outcome::mixed && !report.regressed
               ? fmt::format("old and new answer in turn; the last: {}", origin.words)
               : origin.words;
}

}  // namespace

std::string words_of(const VerifyReport& report, const VerifyJob& job) {
    if (report.converged()) {
        return words_when_converged(report, job);
    }
    const OriginReport* failing = report.failing();
    if (failing == nullptr) {
        return "nothing was asked before the deadline came";
    }
    const auto same_probe = [&](const OriginReport& origin) {
        return origin.probe == failing->probe;
    };
    const auto addresses = std::count_if(report.origins.begin(), report.origins.end(), same_probe);
    std::string words = report.regressed ? fmt::format("it regressed {} after it had converged: ",
                                                       human_seconds(report.watched))
                                         : std::string();
    words += fmt::format("{} at {}", failing->probe, failing->url);
    if (addresses > 1) {
        words += fmt::format(" ({})", failing->address);
    }
    words += ": " + words_of_origin(*failing, report, job);
    if (addresses > 1) {
        const auto converged = std::count_if(
            report.origins.begin(), report.origins.end(), [&](const OriginReport& origin) {
                return same_probe(origin) && origin.outcome == Outcome::converged;
            });
        words += fmt::format("; {} of {} addresses have converged", converged, addresses);
    }
    return words;
}

}  // namespace headway::core
