// Seconds since the epoch are those of `TZ=ZONE date -d 'TIME' +%s`.

#include <array>
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "calendar_support.hpp"

namespace headway {

namespace {

using test::daily;
using test::once;
using test::weekly;

struct Case {
    std::string what;
    FreezeWindow window;
    std::int64_t from = 0;
    std::int64_t to = 0;
};

/// The window holds from the one second to the other, and for a moment before and after it does
/// not.
void check(const Case& expected) {
    INFO(expected.what);
    const std::array windows = {expected.window};
    CHECK_FALSE(frozen_at(windows, expected.from - 1));
    CHECK_FALSE(frozen_at(windows, expected.to));
    const std::int64_t middle = expected.from + (expected.to - expected.from) / 2;
    for (const std::int64_t now : {expected.from, middle, expected.to - 1}) {
        INFO(now);
        const std::optional<Freeze> freeze = frozen_at(windows, now);
        REQUIRE(freeze);
        CHECK(freeze->until == expected.to);
        CHECK(freeze->zone == expected.window.zone);
        CHECK(freeze->window == text_of(expected.window));
    }
}

}  // namespace

TEST_CASE("a window holds from its first second to the one before its end") {
    const std::vector<Case> cases = {
        {"once", once({2026, 12, 23, 18, 0}, {2027, 1, 4, 8, 0}, "Europe/Berlin"), 1798045200,
         1799046000},
        {"once, to the end of a day", once({2026, 11, 25, 0, 0}, {2026, 11, 25, 24, 0}, "UTC"),
         1795564800, 1795651200},
        {"once, to the end of the year",
         once({2026, 12, 23, 18, 0}, {2026, 12, 31, 24, 0}, "Europe/Berlin"), 1798045200,
         1798758000},
        {"daily within a day", daily({12, 0}, {13, 0}, "UTC"), 1795608000, 1795611600},
        {"daily past midnight", daily({22, 0}, {6, 0}, "Asia/Kathmandu"), 1795623300, 1795652100},
        {"daily to the end of the day", daily({12, 0}, {24, 0}, "UTC"), 1795608000, 1795651200},
        {"daily from the end of the day", daily({24, 0}, {12, 0}, "UTC"), 1795564800, 1795608000},
        {"weekly past the week's end", weekly({5, 16, 0}, {1, 8, 0}, "UTC"), 1795795200,
         1796025600},
        {"weekly in winter", weekly({5, 16, 0}, {1, 8, 0}, "Europe/Berlin"), 1795791600,
         1796022000},
        {"weekly within the week", weekly({3, 0, 0}, {3, 12, 0}, "UTC"), 1795564800, 1795608000},
        {"weekly to the end of a day", weekly({3, 0, 0}, {3, 24, 0}, "UTC"), 1795564800,
         1795651200},
    };
    for (const Case& expected : cases) {
        check(expected);
    }
}

TEST_CASE("a window across a change of the clocks is as long as the clocks say") {
    const std::vector<Case> cases = {
        {"a weekend that lacks an hour", weekly({5, 16, 0}, {1, 8, 0}, "Europe/Berlin"), 1774623600,
         1774850400},
        {"a weekend with an hour more", weekly({5, 16, 0}, {1, 8, 0}, "Europe/Berlin"), 1792764000,
         1792998000},
        {"Apia slept through 2011-12-30", daily({22, 0}, {6, 0}, "Pacific/Apia"), 1325232000,
         1325260800},
    };
    for (const Case& expected : cases) {
        check(expected);
    }
}

TEST_CASE("a moment that the clocks skip is that of the change") {
    const std::vector<Case> cases = {
        {"Berlin, start", daily({2, 30}, {3, 30}, "Europe/Berlin"), 1774746000, 1774747800},
        {"Berlin, end", daily({1, 30}, {2, 30}, "Europe/Berlin"), 1774744200, 1774746000},
        {"Berlin, its last second", daily({1, 30}, {2, 0}, "Europe/Berlin"), 1774744200,
         1774746000},
        {"New York, start", daily({2, 15}, {3, 30}, "America/New_York"), 1772953200, 1772955000},
        {"New York, end", daily({1, 30}, {2, 45}, "America/New_York"), 1772951400, 1772953200},
        {"Lord Howe skips half an hour", daily({2, 15}, {3, 0}, "Australia/Lord_Howe"), 1791041400,
         1791043200},
        {"Lord Howe, end", daily({1, 0}, {2, 15}, "Australia/Lord_Howe"), 1791037800, 1791041400},
        {"Apia, a start on the day that was not",
         once({2011, 12, 30, 9, 0}, {2011, 12, 31, 10, 0}, "Pacific/Apia"), 1325239200, 1325275200},
        {"Apia, an end on it", once({2011, 12, 29, 22, 0}, {2011, 12, 30, 9, 0}, "Pacific/Apia"),
         1325232000, 1325239200},
    };
    for (const Case& expected : cases) {
        check(expected);
    }
}

TEST_CASE("a moment that comes twice: the first as a start, the second as an end") {
    const std::vector<Case> cases = {
        {"Berlin, start", daily({2, 30}, {3, 0}, "Europe/Berlin"), 1792888200, 1792893600},
        {"Berlin, end", daily({1, 30}, {2, 30}, "Europe/Berlin"), 1792884600, 1792891800},
        {"Berlin, both", daily({2, 0}, {2, 30}, "Europe/Berlin"), 1792886400, 1792891800},
        {"New York, start", daily({1, 30}, {2, 30}, "America/New_York"), 1793511000, 1793518200},
        {"New York, end", daily({0, 30}, {1, 30}, "America/New_York"), 1793507400, 1793514600},
        {"Lord Howe, start", daily({1, 45}, {2, 30}, "Australia/Lord_Howe"), 1775313900,
         1775318400},
        {"Lord Howe, end", daily({1, 0}, {1, 45}, "Australia/Lord_Howe"), 1775311200, 1775315700},
    };
    for (const Case& expected : cases) {
        check(expected);
    }
}

TEST_CASE("a window that is skipped whole does not hold") {
    const std::array berlin = {daily({2, 10}, {2, 50}, "Europe/Berlin")};
    CHECK_FALSE(frozen_at(berlin, 1774745999));
    CHECK_FALSE(frozen_at(berlin, 1774746000));
    const std::array apia = {once({2011, 12, 30, 8, 0}, {2011, 12, 30, 20, 0}, "Pacific/Apia")};
    CHECK_FALSE(frozen_at(apia, 1325239199));
    CHECK_FALSE(frozen_at(apia, 1325239200));
    CHECK_FALSE(frozen_at(apia, 1325268000));
}

TEST_CASE("without a window, or with one that ends before it begins, nothing is frozen") {
    CHECK_FALSE(frozen_at({}, 1795608000));
    const std::array windows = {once({2026, 11, 26, 0, 0}, {2026, 11, 25, 0, 0}, "UTC")};
    CHECK_FALSE(frozen_at(windows, 1795564800));
    CHECK_FALSE(frozen_at(windows, 1795651200));
}

TEST_CASE("an unknown zone is read as UTC") {
    const std::array windows = {daily({12, 0}, {13, 0}, "Europe/Berln")};
    REQUIRE(frozen_at(windows, 1795608000));
    CHECK(frozen_at(windows, 1795608000)->until == 1795611600);
}

}  // namespace headway
