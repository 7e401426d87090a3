#pragma once

#include <cstdint>

#include <cctz/civil_time.h>
#include <cctz/time_zone.h>

#include "headway/calendar.hpp"

namespace headway::calendar {

/// The times in which one window holds, in order. Neither their starts nor their ends ever go back,
/// whatever the zone's clocks do. An unknown zone is read as UTC.
class Occurrences {
public:
    /// Begins no later than at the occurrence that holds at `now`. A daily or weekly window whose
    /// `to` is not after its `from` ends on the next day or in the next week.
    Occurrences(const FreezeWindow& window, std::int64_t now);

    /// The end (excluded) of the occurrence that holds at `seconds`, or `seconds` itself if none
    /// does. Calls must not go back in time; the work is bounded by the time between two of them.
    [[nodiscard]] std::int64_t end_at(std::int64_t seconds);

private:
    void begin_once(const FreezeWindow& window);
    void begin_again(const FreezeWindow& window, std::int64_t now);
    void convert();

    cctz::time_zone m_zone;
    cctz::civil_second m_from;
    cctz::civil_second m_to;
    int m_period_days = 0;  ///< 0: it does not come back.
    std::int64_t m_start = 0;
    std::int64_t m_end = 0;
};

}  // namespace headway::calendar
