// Seconds since the epoch are those of `TZ=ZONE date -d 'TIME' +%s`.

#include <algorithm>
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "calendar/zone_data.hpp"
#include "calendar/zones.hpp"
#include "calendar_support.hpp"

namespace headway {

using test::daily;
using test::once;
using test::weekly;

TEST_CASE("zones are known by IANA's exact names") {
    for (const std::string name : {"UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu",
                                   "Etc/GMT+5", "America/Argentina/Buenos_Aires"}) {
        INFO(name);
        CHECK(is_time_zone(name));
    }
    for (const std::string name :
         {"", "Europe", "Europe/", "europe/berlin", "Europe/Berln", "Europe/Berlin ", "libc:UTC",
          "Fixed/UTC+01:00:00", "UTC0", "/etc/localtime", "../zoneinfo/UTC", "localtime"}) {
        INFO(name);
        CHECK_FALSE(is_time_zone(name));
    }
    CHECK_FALSE(is_time_zone(std::string_view("UTC\0", 4)));
}

TEST_CASE("a misspelt zone has a nearest one") {
    CHECK(nearest_time_zone("Europe/Berln") == "Europe/Berlin");
    CHECK(nearest_time_zone("europe/berlin") == "Europe/Berlin");
    CHECK(nearest_time_zone("America/New York") == "America/New_York");
    CHECK(nearest_time_zone("Europe/Berlin") == "Europe/Berlin");
    CHECK(nearest_time_zone("Middle-earth/Mordor").empty());
    CHECK(nearest_time_zone("").empty());
}

TEST_CASE("every zone of the program is sorted in, and can be read") {
    const auto zones = calendar::zone_data();
    CHECK(zones.size() > 300);
    CHECK(std::is_sorted(zones.begin(), zones.end(), [](const auto& left, const auto& right) {
        return left.name < right.name;
    }));
    for (const calendar::ZoneData& zone : zones) {
        INFO(zone.name);
        const std::string name(zone.name);
        // UTC by its own name is cctz's own, and what a zone falls back to that cannot be read.
        CHECK(calendar::zone_of(zone.name).name() == name);
        CHECK(local_time(0, zone.name).ends_with(" " + name));
    }
}

TEST_CASE("a window is written as people write it") {
    FreezeWindow weekend = weekly({5, 16, 0}, {1, 8, 0}, "Europe/Berlin");
    FreezeWindow night = daily({22, 30}, {6, 5}, "UTC");
    FreezeWindow holidays = once({2026, 12, 23, 18, 0}, {2027, 1, 4, 8, 0}, "America/New_York");
    CHECK(text_of(weekend) == "Fri 16:00 to Mon 08:00 Europe/Berlin");
    CHECK(text_of(night) == "daily 22:30 to 06:05 UTC");
    CHECK(text_of(holidays) == "2026-12-23 18:00 to 2027-01-04 08:00 America/New_York");
    CHECK(text_of(weekly({6, 0, 0}, {7, 24, 0}, "UTC")) == "Sat 00:00 to Sun 24:00 UTC");
    weekend.reason = "weekend";
    night.reason = "nobody is awake";
    holidays.reason = "holidays, \"quiet\"";
    CHECK(text_of(weekend) == "Fri 16:00 to Mon 08:00 Europe/Berlin (weekend)");
    CHECK(text_of(night) == "daily 22:30 to 06:05 UTC (nobody is awake)");
    CHECK(text_of(holidays) ==
          "2026-12-23 18:00 to 2027-01-04 08:00 America/New_York (holidays, \"quiet\")");
}

TEST_CASE("a moment is written as its zone's clocks show it") {
    struct Case {
        std::int64_t seconds = 0;
        std::string zone;
        std::string text;
    };
    const std::vector<Case> cases = {
        {1796022000, "Europe/Berlin", "Mon 2026-11-30 08:00 Europe/Berlin"},
        {1796022059, "Europe/Berlin", "Mon 2026-11-30 08:00 Europe/Berlin"},
        {1774745999, "Europe/Berlin", "Sun 2026-03-29 01:59 Europe/Berlin"},
        {1774746000, "Europe/Berlin", "Sun 2026-03-29 03:00 Europe/Berlin"},
        {1792888200, "Europe/Berlin", "Sun 2026-10-25 02:30 Europe/Berlin"},
        {1792891800, "Europe/Berlin", "Sun 2026-10-25 02:30 Europe/Berlin"},
        {1795644000, "America/New_York", "Wed 2026-11-25 17:00 America/New_York"},
        {1795623300, "Asia/Kathmandu", "Wed 2026-11-25 22:00 Asia/Kathmandu"},
        {1325239199, "Pacific/Apia", "Thu 2011-12-29 23:59 Pacific/Apia"},
        {1325239200, "Pacific/Apia", "Sat 2011-12-31 00:00 Pacific/Apia"},
        {1791041399, "Australia/Lord_Howe", "Sun 2026-10-04 01:59 Australia/Lord_Howe"},
        {1791041400, "Australia/Lord_Howe", "Sun 2026-10-04 02:30 Australia/Lord_Howe"},
        {0, "UTC", "Thu 1970-01-01 00:00 UTC"},
        {-1, "UTC", "Wed 1969-12-31 23:59 UTC"},
        {7258118400, "UTC", "Wed 2200-01-01 00:00 UTC"},
        {7273749600, "Europe/Berlin", "Tue 2200-07-01 00:00 Europe/Berlin"},
        {1795608000, "Europe/Berln", "Wed 2026-11-25 12:00 UTC"},
    };
    for (const Case& expected : cases) {
        CHECK(local_time(expected.seconds, expected.zone) == expected.text);
    }
}

}  // namespace headway
