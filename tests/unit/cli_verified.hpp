#pragma once

#include <chrono>
#include <string>
#include <utility>

#include "cli/verified.hpp"
#include "headway/clock.hpp"

/// Reports as a verification makes them.
namespace headway::cli {

/// 2026-11-25T12:00:00Z
inline constexpr Clock::System k_noon{std::chrono::seconds(1'795'608'000)};

inline core::OriginReport origin_report(core::Outcome outcome, std::string words) {
    core::OriginReport origin;
    origin.probe = "health";
    origin.url = "https://staging.example/health";
    origin.address = "127.0.0.2";
    origin.outcome = outcome;
    origin.words = std::move(words);
    origin.streak = outcome == core::Outcome::converged ? 3 : 0;
    origin.requests = 7;
    using std::chrono::milliseconds;
    origin.evidence.status = outcome == core::Outcome::converged ? 200 : 503;
    origin.evidence.timings = {.resolved = milliseconds(1),
                               .connected = milliseconds(3),
                               .secured = milliseconds(13),
                               .first_byte = milliseconds(43),
                               .total = milliseconds(44)};
    return origin;
}

/// One environment with one origin.
inline Verified verified(std::string environment, core::Outcome outcome, std::string words) {
    Verified one;
    one.environment = std::move(environment);
    one.commit = "1a2b3c4d5e6f7a8b9c0d1e2f3a4b5c6d7e8f9a0b";
    one.report.outcome = outcome;
    one.report.words = words;
    one.report.requests = 7;
    one.report.duration = std::chrono::milliseconds(4250);
    one.report.origins.push_back(origin_report(outcome, std::move(words)));
    return one;
}

}  // namespace headway::cli
