#include "calendar/occurrences.hpp"

#include <chrono>

#include "calendar/zones.hpp"

namespace headway::calendar {

namespace {

constexpr int k_day_minutes = 24 * 60;
constexpr int k_week_days = 7;

enum class Edge { from, to };

std::int64_t seconds_of(const cctz::time_zone& zone, const cctz::civil_second& moment, Edge edge) {
    const cctz::time_zone::civil_lookup found = zone.lookup(moment);
    cctz::time_point<cctz::seconds> point = found.pre;
    if (found.kind == cctz::time_zone::civil_lookup::SKIPPED) {
        point = found.trans;
    } else if (edge == Edge::to) {
        point = found.post;
    }
    return point.time_since_epoch().count();
}

/// Hour 24 becomes the next day's first moment.
cctz::civil_second civil_of(const ClockMoment& moment) {
    return cctz::civil_second(moment.year, moment.month, moment.day, moment.hour, moment.minute);
}

/// Minutes since the start of the day, or of the week (Monday).
int minutes_of(const ClockMoment& moment, Recurrence recurrence) {
    const int days = recurrence == Recurrence::weekly ? moment.weekday - 1 : 0;
    return days * k_day_minutes + moment.hour * 60 + moment.minute;
}

cctz::civil_second after(const cctz::civil_day& day, int minutes) {
    return cctz::civil_second(day) + std::int64_t{minutes} * 60;
}

}  // namespace

Occurrences::Occurrences(const FreezeWindow& window, std::int64_t now)
    : m_zone(zone_of(window.zone)) {
    if (window.recurrence == Recurrence::once) {
        begin_once(window);
    } else {
        begin_again(window, now);
    }
    convert();
}

void Occurrences::begin_once(const FreezeWindow& window) {
    m_from = civil_of(window.from);
    m_to = civil_of(window.to);
}

void Occurrences::begin_again(const FreezeWindow& window, std::int64_t now) {
    m_period_days = window.recurrence == Recurrence::weekly ? k_week_days : 1;
    const int period = m_period_days * k_day_minutes;
    const int from = minutes_of(window.from, window.recurrence) % period;
    int to = minutes_of(window.to, window.recurrence);
    if (to <= from) {
        to += period;
    }
    const cctz::time_point<cctz::seconds> point{cctz::seconds(now)};
    cctz::civil_day day(m_zone.lookup(point).cs);
    if (window.recurrence == Recurrence::weekly) {
        day -= static_cast<int>(cctz::get_weekday(day));
    }
    // One that started a period ago may hold; clocks that skip or repeat a day take one more.
    day -= 3 * m_period_days;
    m_from = after(day, from);
    m_to = after(day, to);
}

void Occurrences::convert() {
    m_start = seconds_of(m_zone, m_from, Edge::from);
    m_end = seconds_of(m_zone, m_to, Edge::to);
}

std::int64_t Occurrences::end_at(std::int64_t seconds) {
    const std::int64_t period_seconds = std::int64_t{m_period_days} * k_day_minutes * 60;
    while (m_end <= seconds && m_period_days > 0) {
        m_from += period_seconds;
        m_to += period_seconds;
        convert();
    }
    return m_start <= seconds && seconds < m_end ? m_end : seconds;
}

}  // namespace headway::calendar
