#include <array>
#include <cstddef>

#include <cctz/civil_time.h>
#include <cctz/time_zone.h>
#include <fmt/format.h>

#include "calendar/zones.hpp"
#include "headway/calendar.hpp"

namespace headway {

namespace {

constexpr std::array<std::string_view, 7> k_weekdays = {"Mon", "Tue", "Wed", "Thu",
                                                        "Fri", "Sat", "Sun"};

/// 1 is Monday.
std::string_view weekday_text(int weekday) {
    return weekday >= 1 && weekday <= 7 ? k_weekdays[static_cast<std::size_t>(weekday - 1)] : "?";
}

std::string moment_text(const ClockMoment& moment, Recurrence recurrence) {
    std::string clock = fmt::format("{:02}:{:02}", moment.hour, moment.minute);
    switch (recurrence) {
        case Recurrence::once:
            return fmt::format("{:04}-{:02}-{:02} {}", moment.year, moment.month, moment.day,
                               clock);
        case Recurrence::daily:
            return clock;
        case Recurrence::weekly:
            return fmt::format("{} {}", weekday_text(moment.weekday), clock);
    }
    return clock;
}

}  // namespace

std::string text_of(const FreezeWindow& window) {
    std::string text = window.recurrence == Recurrence::daily ? "daily " : "";
    text += fmt::format("{} to {} {}", moment_text(window.from, window.recurrence),
                        moment_text(window.to, window.recurrence), window.zone);
    if (!window.reason.empty()) {
        text += fmt::format(" ({})", window.reason);
    }
    return text;
}

std::string local_time(std::int64_t seconds, std::string_view zone) {
    const cctz::time_zone known = calendar::zone_of(zone);
    const cctz::time_point<cctz::seconds> point{cctz::seconds(seconds)};
    const cctz::civil_second local = known.lookup(point).cs;
    const int weekday = static_cast<int>(cctz::get_weekday(local)) + 1;
    return fmt::format("{} {:04}-{:02}-{:02} {:02}:{:02} {}", weekday_text(weekday), local.year(),
                       local.month(), local.day(), local.hour(), local.minute(),
                       is_time_zone(zone) ? zone : "UTC");
}

}  // namespace headway
