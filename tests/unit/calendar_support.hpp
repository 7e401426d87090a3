#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "headway/calendar.hpp"

namespace headway::test {

struct Clock {
    int hour = 0;
    int minute = 0;
};

/// 1 is Monday.
struct WeekClock {
    int weekday = 1;
    int hour = 0;
    int minute = 0;
};

struct DateClock {
    int year = 0;
    int month = 0;
    int day = 0;
    int hour = 0;
    int minute = 0;
};

inline FreezeWindow daily(Clock from, Clock to, std::string zone) {
    FreezeWindow window;
    window.recurrence = Recurrence::daily;
    window.from = {.hour = from.hour, .minute = from.minute};
    window.to = {.hour = to.hour, .minute = to.minute};
    window.zone = std::move(zone);
    return window;
}

inline FreezeWindow weekly(WeekClock from, WeekClock to, std::string zone) {
    FreezeWindow window;
    window.recurrence = Recurrence::weekly;
    window.from = {.weekday = from.weekday, .hour = from.hour, .minute = from.minute};
    window.to = {.weekday = to.weekday, .hour = to.hour, .minute = to.minute};
    window.zone = std::move(zone);
    return window;
}

inline FreezeWindow once(DateClock from, DateClock to, std::string zone) {
    FreezeWindow window;
    window.recurrence = Recurrence::once;
    window.from = {.year = from.year,
                   .month = from.month,
                   .day = from.day,
                   .hour = from.hour,
                   .minute = from.minute};
    window.to = {
        .year = to.year, .month = to.month, .day = to.day, .hour = to.hour, .minute = to.minute};
    window.zone = std::move(zone);
    return window;
}

}  // namespace headway::test
