#include "cli/since.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "config/values.hpp"
#include "core/ledger.hpp"

namespace headway::cli {

namespace {

constexpr std::int64_t k_day = 86'400;
constexpr unsigned k_most_days = 36'525;

bool all_digits(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(),
                                        [](char letter) { return letter >= '0' && letter <= '9'; });
}

/// "+01:00" in seconds.
std::optional<std::int64_t> offset_of(std::string_view text) {
    if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':' ||
        !all_digits(text.substr(1, 2)) || !all_digits(text.substr(4, 2))) {
        return std::nullopt;
    }
    const std::int64_t hours = (text[1] - '0') * 10 + (text[2] - '0');
    const std::int64_t minutes = (text[4] - '0') * 10 + (text[5] - '0');
    if (hours > 23 || minutes > 59) {
        return std::nullopt;
    }
    const std::int64_t seconds = hours * 3600 + minutes * 60;
    return text[0] == '-' ? -seconds : seconds;
}

std::optional<std::int64_t> moment_of(const std::string& text) {
    constexpr std::size_t k_offset_bytes = 6;
    if (const auto day = core::parse_timestamp(text + "T00:00:00Z")) {
        return day;
    }
    if (const auto time = core::parse_timestamp(text)) {
        return time;
    }
    if (text.size() <= k_offset_bytes) {
        return std::nullopt;
    }
    const std::size_t end = text.size() - k_offset_bytes;
    const auto local = core::parse_timestamp(text.substr(0, end) + "Z");
    const auto offset = offset_of(std::string_view(text).substr(end));
    return local && offset ? std::optional(*local - *offset) : std::nullopt;
}

std::int64_t duration_of(const std::string& text) {
    const Origin origin{"--since"};
    const std::size_t days_end = text.find('d');
    std::int64_t seconds = 0;
    std::string rest = text;
    if (days_end != std::string::npos && all_digits(std::string_view(text).substr(0, days_end))) {
        seconds = k_day * config::checked_number(std::string_view(text).substr(0, days_end), 0,
                                                 k_most_days, origin);
        rest = text.substr(days_end + 1);
    } else if (!all_digits(std::string_view(text).substr(0, 1)) ||
               text.find('-') != std::string::npos) {
        config::refuse(origin, fmt::format("{} is no moment", config::in_quotes(text)),
                       "it is a duration, a day or an RFC 3339 time",
                       {"--since 30d", "--since 2026-11-01", "--since 2026-11-01T12:00:00Z"});
    }
    if (!rest.empty()) {
        const config::DurationBounds bounds{std::chrono::milliseconds(0),
                                            std::chrono::hours(24 * k_most_days)};
        seconds +=
            std::chrono::floor<std::chrono::seconds>(config::checked_duration(rest, bounds, origin))
                .count();
    }
    return seconds;
}

}  // namespace

std::int64_t since_of(const std::string& text, std::int64_t now) {
    const auto moment = moment_of(text);
    const std::int64_t since = moment ? *moment : now - duration_of(text);
    if (since >= now) {
        config::refuse({"--since"}, fmt::format("{} is not past", config::in_quotes(text)), "",
                       {"--since 30d"});
    }
    return since;
}

}  // namespace headway::cli
