#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "headway/origin.hpp"

/// Time as people live it: weekdays, clocks, time zones with their changes. The zone data (IANA's)
/// is inside the program, so that every runner gives the same answer.
namespace headway {

/// How often a freeze comes back.
enum class Recurrence { once, daily, weekly };

/// A moment on somebody's clock. Which fields count depends on the recurrence.
struct ClockMoment {
    int year = 0;     ///< once
    int month = 0;    ///< once: 1 to 12
    int day = 0;      ///< once: 1 to 31
    int weekday = 0;  ///< weekly: 1 is Monday, 7 is Sunday
    int hour = 0;     ///< 0 to 24; 24 only with minute 0: the end of the day
    int minute = 0;   ///< 0 to 59
};

/// A time in which nothing is promoted: from `from` (included) to `to` (excluded). Where the clocks
/// change, the longer reading counts: a start that comes twice counts the first time, an end that
/// comes twice the second time; a moment that is skipped stands for that of the change.
struct FreezeWindow {
    Recurrence recurrence = Recurrence::weekly;
    ClockMoment from;
    ClockMoment to;
    std::string zone;    ///< IANA's name: "Europe/Berlin", "UTC".
    std::string reason;  ///< May be empty.
    Origin origin;
};

/// The freeze that holds at a moment.
struct Freeze {
    std::string
        window;  ///< "Fri 16:00 to Mon 08:00 Europe/Berlin", with the reason if there is one.
    std::string zone;
    /// When promotions open again, in seconds since the epoch: windows that adjoin or overlap
    /// count as one. Nothing: not within ten years.
    std::optional<std::int64_t> until;
};

/// Whether one of the windows holds at `now` (seconds since the epoch). Pure.
[[nodiscard]] std::optional<Freeze> frozen_at(std::span<const FreezeWindow> windows,
                                              std::int64_t now);

/// Whether IANA knows the zone, by its exact name.
[[nodiscard]] bool is_time_zone(std::string_view name);

/// The known zone with the nearest name, or empty.
[[nodiscard]] std::string nearest_time_zone(std::string_view name);

/// A window as people write it: "Fri 16:00 to Mon 08:00 Europe/Berlin".
[[nodiscard]] std::string text_of(const FreezeWindow& window);

/// "Mon 2026-11-30 08:00 Europe/Berlin". An unknown zone is read as UTC.
[[nodiscard]] std::string local_time(std::int64_t seconds, std::string_view zone);

}  // namespace headway
