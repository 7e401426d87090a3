#include <catch2/catch_test_macros.hpp>

#include "cli/since.hpp"
#include "cli/table.hpp"
#include "core/ledger.hpp"
#include "headway/error.hpp"

using namespace headway;
using namespace headway::cli;
using Lines = std::vector<std::string>;

TEST_CASE("columns stand below each other, and lines end where their text ends") {
    CHECK(aligned({}).empty());
    CHECK(aligned({{"A", "LONG", ""}, {"long", "b", "note"}, {"é", "", ""}}) ==
          Lines{"A     LONG", "long  b     note", "é"});
    CHECK(aligned({{"é", "x"}, {"ab", "y"}}) == Lines{"é   x", "ab  y"});
}

TEST_CASE("durations in one unit") {
    CHECK(rough_duration(-5) == "0 s");
    CHECK(rough_duration(59) == "59 s");
    CHECK(rough_duration(60) == "1 min");
    CHECK(rough_duration(3599) == "59 min");
    CHECK(rough_duration(3600) == "1 h");
    CHECK(rough_duration(2 * 86'400 - 1) == "47 h");
    CHECK(rough_duration(2 * 86'400) == "2 days");
    CHECK(mean_duration(59.4) == "59 s");
    CHECK(mean_duration(90) == "1.5 min");
    CHECK(mean_duration(5400) == "1.5 h");
    CHECK(mean_duration(129'600) == "1.5 days");
}

TEST_CASE("since: a duration, a day, or a time") {
    const std::int64_t now = *core::parse_timestamp("2026-11-25T12:00:00Z");
    const auto since = [&](const std::string& text) {
        return core::timestamp(since_of(text, now));
    };
    CHECK(since("30d") == "2026-10-26T12:00:00Z");
    CHECK(since("1d12h") == "2026-11-24T00:00:00Z");
    CHECK(since("12h") == "2026-11-25T00:00:00Z");
    CHECK(since("1h30m") == "2026-11-25T10:30:00Z");
    CHECK(since("2026-11-01") == "2026-11-01T00:00:00Z");
    CHECK(since("2026-11-01T06:00:00Z") == "2026-11-01T06:00:00Z");
    CHECK(since("2026-11-01T06:00:00+01:30") == "2026-11-01T04:30:00Z");
    CHECK(since("2026-11-01T06:00:00-05:00") == "2026-11-01T11:00:00Z");
    for (const std::string text :
         {"", "d", "soon", "30", "-30d", "0d", "0s", "99999d", "30x", "30dd", "2026-13-01",
          "2026-02-30", "2026-11-01T25:00:00Z", "2026-11-01T06:00:00+25:00", "2026-11-25T12:00:00Z",
          "2100-01-01", "2026-11-01 06:00"}) {
        CHECK_THROWS_AS(since_of(text, now), Error);
    }
}
