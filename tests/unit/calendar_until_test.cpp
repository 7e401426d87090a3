// Seconds since the epoch are those of `TZ=ZONE date -d 'TIME' +%s`.

#include <array>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "calendar/zone_data.hpp"
#include "calendar_support.hpp"

namespace headway {

namespace {

using test::daily;
using test::once;
using test::weekly;

constexpr std::int64_t k_hour = 3600;
constexpr std::int64_t k_day = 24 * k_hour;
constexpr std::int64_t k_noon = 1795608000;  // Wed 2026-11-25 12:00 UTC

std::optional<std::int64_t> until(std::span<const FreezeWindow> windows, std::int64_t now) {
    const std::optional<Freeze> freeze = frozen_at(windows, now);
    REQUIRE(freeze);
    return freeze->until;
}

}  // namespace

TEST_CASE("windows that adjoin or overlap count as one, whatever their order and zones") {
    struct Case {
        std::string what;
        std::vector<FreezeWindow> windows;
        std::int64_t now = k_noon;
        std::int64_t until = 0;
    };
    const std::vector<Case> cases = {
        {"adjoining",
         {daily({12, 0}, {13, 0}, "UTC"), daily({13, 0}, {14, 0}, "UTC")},
         k_noon,
         k_noon + 2 * k_hour},
        {"adjoining, the other way round",
         {daily({14, 0}, {15, 0}, "UTC"), daily({13, 0}, {14, 0}, "UTC"),
          daily({12, 0}, {13, 0}, "UTC")},
         k_noon,
         k_noon + 3 * k_hour},
        {"overlapping",
         {daily({11, 0}, {13, 0}, "UTC"), daily({12, 30}, {14, 0}, "UTC")},
         k_noon,
         k_noon + 2 * k_hour},
        {"one within the other",
         {daily({11, 0}, {12, 30}, "UTC"), daily({9, 0}, {14, 0}, "UTC")},
         k_noon,
         k_noon + 2 * k_hour},
        {"a minute between",
         {daily({12, 0}, {13, 0}, "UTC"), daily({13, 1}, {14, 0}, "UTC")},
         k_noon,
         k_noon + k_hour},
        {"17:00 in New York is 23:00 in Berlin",
         {daily({17, 0}, {20, 0}, "America/New_York"), daily({18, 0}, {23, 0}, "Europe/Berlin")},
         1795626000,
         1795654800},
        {"nights and a weekend",
         {daily({18, 0}, {8, 0}, "UTC"), weekly({6, 0, 0}, {7, 24, 0}, "UTC")},
         1795795200 + 2 * k_hour,
         1796025600},
        {"the weekend, then the holidays",
         {weekly({5, 16, 0}, {1, 8, 0}, "UTC"),
          once({2026, 11, 30, 0, 0}, {2026, 12, 2, 12, 0}, "UTC")},
         1795795200,
         1796212800},
    };
    for (const Case& expected : cases) {
        INFO(expected.what);
        CHECK(until(expected.windows, expected.now) == expected.until);
    }
}

TEST_CASE("the first of the windows that hold is named") {
    const std::array windows = {daily({10, 0}, {11, 0}, "UTC"), daily({12, 0}, {13, 0}, "Etc/UTC"),
                                daily({11, 0}, {14, 0}, "UTC")};
    const std::optional<Freeze> freeze = frozen_at(windows, k_noon);
    REQUIRE(freeze);
    CHECK(freeze->window == "daily 12:00 to 13:00 Etc/UTC");
    CHECK(freeze->zone == "Etc/UTC");
    CHECK(freeze->until == k_noon + 2 * k_hour);
}

TEST_CASE("a freeze that does not end within ten years has no end") {
    const std::vector<std::vector<FreezeWindow>> cases = {
        {daily({0, 0}, {24, 0}, "Europe/Berlin")},
        {daily({12, 0}, {0, 0}, "UTC"), daily({0, 0}, {12, 0}, "UTC")},
        {weekly({1, 0, 0}, {7, 24, 0}, "Europe/Berlin")},
        {weekly({5, 16, 0}, {1, 8, 0}, "UTC"), weekly({1, 7, 0}, {5, 17, 0}, "UTC")},
        {once({2026, 11, 25, 0, 0}, {2036, 11, 25, 12, 1}, "UTC")},
    };
    for (const std::vector<FreezeWindow>& windows : cases) {
        INFO(text_of(windows.front()));
        CHECK(until(windows, k_noon) == std::nullopt);
    }
    const std::array nearly = {once({2026, 11, 25, 0, 0}, {2036, 11, 25, 12, 0}, "UTC")};
    CHECK(until(nearly, k_noon) == 2111227200);
}

TEST_CASE("many windows without a gap are answered soon") {
    std::vector<FreezeWindow> windows;
    for (int hour = 23; hour >= 0; --hour) {
        for (int minute = 50; minute >= 0; minute -= 10) {
            const int end = hour * 60 + minute + 10;
            windows.push_back(daily({hour, minute}, {end / 60, end % 60}, "Europe/Berlin"));
        }
    }
    CHECK(until(windows, k_noon) == std::nullopt);
}

TEST_CASE("the end of a freeze is the first moment that is not frozen") {
    const std::array<std::vector<FreezeWindow>, 4> cases = {{
        {daily({1, 30}, {2, 30}, "Europe/Berlin"), daily({0, 15}, {1, 15}, "UTC")},
        {daily({2, 0}, {2, 30}, "Europe/Berlin"), daily({2, 30}, {3, 15}, "Europe/Berlin")},
        {weekly({6, 20, 0}, {7, 2, 45}, "Europe/Berlin"),
         weekly({7, 12, 0}, {1, 1, 0}, "Australia/Lord_Howe")},
        {daily({22, 0}, {21, 0}, "America/New_York"), weekly({7, 0, 0}, {7, 1, 30}, "UTC")},
    }};
    // Both changes of 2026 in Berlin, New York's and Lord Howe's in spring.
    for (const std::int64_t change : {1774746000, 1792890000, 1772953200, 1775314800}) {
        for (const std::vector<FreezeWindow>& windows : cases) {
            for (std::int64_t now = change - 2 * k_day; now < change + 2 * k_day; now += 900) {
                const std::optional<Freeze> freeze = frozen_at(windows, now);
                if (!freeze) {
                    continue;
                }
                INFO(now << " " << freeze->window);
                REQUIRE(freeze->until.has_value());
                REQUIRE_FALSE(frozen_at(windows, *freeze->until));
                for (std::int64_t later = now; later < *freeze->until; later += 900) {
                    REQUIRE(frozen_at(windows, later));
                }
                REQUIRE(frozen_at(windows, *freeze->until - 1));
            }
        }
    }
}

TEST_CASE("any zone, any year") {
    for (const calendar::ZoneData& zone : calendar::zone_data()) {
        const std::array windows = {weekly({5, 16, 0}, {1, 8, 0}, std::string(zone.name))};
        INFO(zone.name);
        for (std::int64_t now = 0; now < 7258118400; now += 1000 * k_day) {
            for (int day = 0; day < 7; ++day) {
                const std::optional<Freeze> freeze = frozen_at(windows, now + day * k_day);
                if (freeze) {
                    REQUIRE(freeze->until.has_value());
                    REQUIRE(*freeze->until > now + day * k_day);
                    REQUIRE(*freeze->until <= now + (day + 5) * k_day);
                }
            }
        }
    }
}

TEST_CASE("the ends of time are harmless") {
    using Limits = std::numeric_limits<std::int64_t>;
    const std::array windows = {daily({0, 0}, {23, 0}, "Europe/Berlin"),
                                weekly({1, 0, 0}, {7, 24, 0}, "UTC"),
                                once({-9999, 1, 1, 0, 0}, {99999, 1, 1, 0, 0}, "UTC")};
    CHECK(until(windows, Limits::min()) == std::nullopt);
    CHECK(until(windows, Limits::max()) == std::nullopt);
    CHECK_FALSE(local_time(Limits::min(), "Europe/Berlin").empty());
    CHECK_FALSE(local_time(Limits::max(), "Europe/Berlin").empty());
}

}  // namespace headway
