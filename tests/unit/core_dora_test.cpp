#include <catch2/catch_test_macros.hpp>

#include <algorithm>

#include "core/dora.hpp"
#include "core_support.hpp"

using namespace headway;
using namespace headway::core;

namespace {

constexpr std::int64_t k_day = 86'400;

LedgerTip event(EventKind kind, std::uint8_t commit, std::int64_t when) {
    LedgerTip tip{.id = fakes::id(0xE0), .when = when, .event = {}};
    tip.event.kind = kind;
    tip.event.commit = fakes::id(commit);
    return tip;
}

std::vector<LedgerTip> newest_first(std::vector<LedgerTip> events) {
    std::reverse(events.begin(), events.end());
    return events;
}

Commit change(std::uint8_t name, std::int64_t when, std::vector<ObjectId> parents) {
    Commit commit;
    commit.id = fakes::id(name);
    commit.parents = std::move(parents);
    commit.committer.when = when;
    return commit;
}

}  // namespace

TEST_CASE("dora: no data is said, never nought") {
    const auto metrics = dora_of({}, {}, 0, k_day);
    CHECK(metrics.deployments == 0);
    CHECK_FALSE(metrics.per_day);
    CHECK_FALSE(metrics.failure_rate);
    CHECK_FALSE(metrics.lead_time);
    CHECK_FALSE(metrics.restore_time);
}

TEST_CASE("dora: median of the middle two, 90th percentile by nearest rank") {
    CHECK_FALSE(spread_of({}));
    CHECK(spread_of({7})->median == 7);
    CHECK(spread_of({7})->percentile_90 == 7);
    // Ten values: median (5 + 6) / 2; rank ceil(0.9 * 10) = 9. Eleven: rank ceil(9.9) = 10.
    CHECK(spread_of({10, 9, 8, 7, 6, 5, 4, 3, 2, 1})->median == 5.5);
    CHECK(spread_of({10, 9, 8, 7, 6, 5, 4, 3, 2, 1})->percentile_90 == 9);
    CHECK(spread_of({11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1})->percentile_90 == 10);
}

TEST_CASE("dora: all four, worked out by hand") {
    // Before the period: A1. In it: A2 at 1000, found unhealthy at 1100, rolled back to A1 at
    // 1200, A1 verified at 1300; A4 (a merge of A2 and A3) at 2000, verified; recorded again.
    const auto events = newest_first(
        {event(EventKind::promoted, 0xA1, 100), event(EventKind::promoted, 0xA2, 1000),
         event(EventKind::unhealthy, 0xA2, 1100), event(EventKind::rolled_back, 0xA1, 1200),
         event(EventKind::verified, 0xA1, 1300), event(EventKind::promoted, 0xA4, 2000),
         event(EventKind::verified, 0xA4, 2050), event(EventKind::promoted, 0xA4, 2100)});
    const auto deployments = deployments_of(events, 500);
    REQUIRE(deployments.size() == 2);
    CHECK(deployments[0].before == fakes::id(0xA1));
    CHECK(deployments[0].failed == 1100);
    CHECK(deployments[0].restored == 1300);
    CHECK_FALSE(deployments[1].failed);
    const std::vector<Commit> changes{change(0xA4, 1900, {fakes::id(0xA2), fakes::id(0xA3)}),
                                      change(0xA3, 1500, {fakes::id(0xA1)}),
                                      change(0xA2, 600, {fakes::id(0xA1)})};
    const auto metrics = dora_of(deployments, changes, 500, 500 + 4 * k_day);
    CHECK(metrics.per_day == 0.5);       // 2 in 4 days
    CHECK(metrics.failure_rate == 0.5);  // 1 of 2
    // A2: 1000 - 600 = 400; A3: 2000 - 1500 = 500; A4: 2000 - 1900 = 100.
    REQUIRE(metrics.lead_time);
    CHECK(metrics.lead_time->count == 3);
    CHECK(metrics.lead_time->median == 400);
    CHECK(metrics.lead_time->percentile_90 == 500);
    REQUIRE(metrics.restore_time);
    CHECK(metrics.restore_time->median == 200);  // 1300 - 1100
}

TEST_CASE("dora: a rollback without a verdict is the first sign of failure") {
    const auto verified = newest_first(
        {event(EventKind::promoted, 0xA1, 100), event(EventKind::promoted, 0xA2, 200),
         event(EventKind::rolled_back, 0xA1, 260), event(EventKind::verified, 0xA1, 300)});
    auto deployments = deployments_of(verified, 150);
    REQUIRE(deployments.size() == 1);
    CHECK(deployments[0].failed == 260);
    CHECK(deployments[0].restored == 300);
    // Where nothing is ever verified, only an unhealthy event gives a time.
    deployments = deployments_of(
        newest_first({event(EventKind::promoted, 0xA1, 100), event(EventKind::promoted, 0xA2, 200),
                      event(EventKind::rolled_back, 0xA1, 260)}),
        150);
    CHECK(deployments[0].failed == 260);
    CHECK_FALSE(deployments[0].restored);
    CHECK_FALSE(dora_of(deployments, {}, 0, k_day).restore_time);
    deployments = deployments_of(
        newest_first({event(EventKind::promoted, 0xA2, 200), event(EventKind::unhealthy, 0xA2, 210),
                      event(EventKind::rolled_back, 0xA1, 260)}),
        150);
    CHECK(deployments[0].failed == 210);
    CHECK(deployments[0].restored == 260);
}

TEST_CASE("dora: the first deployment ever brings no changes; a clock ahead counts as nought") {
    const auto first = deployments_of({event(EventKind::promoted, 0xA1, 100)}, 0);
    REQUIRE(first.size() == 1);
    CHECK_FALSE(first[0].before);
    CHECK_FALSE(dora_of(first, {change(0xA1, 50, {})}, 0, k_day).lead_time);
    auto second = first;
    second[0].before = fakes::id(0xA0);
    CHECK(dora_of(second, {change(0xA1, 150, {})}, 0, k_day).lead_time->median == 0);
}
