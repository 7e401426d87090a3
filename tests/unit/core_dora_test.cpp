#include <catch2/catch_test_macros.hpp>

#include <algorithm>

#include "core/dora.hpp"
#include "fakes.hpp"

using namespace headway;
using namespace headway::core;
using fakes::id;

namespace {

constexpr std::int64_t k_day = 86'400;

struct Line {
    EventKind kind;
    std::uint8_t commit;
    std::int64_t when;
};

/// A ledger, newest first, from lines that are oldest first.
std::vector<LedgerTip> ledger(const std::vector<Line>& lines) {
    std::vector<LedgerTip> events;
    for (const Line& line : lines) {
        LedgerTip tip{.id = id(0xE0), .when = line.when, .event = {}};
        tip.event.kind = line.kind;
        tip.event.commit = id(line.commit);
        events.push_back(tip);
    }
    std::reverse(events.begin(), events.end());
    return events;
}

Commit change(std::uint8_t name, std::int64_t when, std::vector<ObjectId> parents) {
    Commit commit;
    commit.id = id(name);
    commit.parents = std::move(parents);
    commit.committer.when = when;
    return commit;
}

}  // namespace

TEST_CASE("dora: no data") {
    const auto metrics = dora_of({}, {}, 0, k_day);
    CHECK(metrics.deployments == 0);
    CHECK(metrics.per_day == 0);
    CHECK_FALSE(metrics.failure_rate);
    CHECK_FALSE(metrics.lead_time);
    CHECK_FALSE(metrics.restore_time);
    CHECK_FALSE(changes_wanted({}));
    CHECK(rollouts_of({}, 0).empty());
}

TEST_CASE("dora: median of the middle two, 90th percentile by nearest rank") {
    CHECK_FALSE(spread_of({}));
    CHECK(spread_of({7})->median == 7);
    CHECK(spread_of({7})->percentile_90 == 7);
    // Two: median (3 + 8) / 2 = 5.5; rank ceil(0.9 * 2) = 2.
    CHECK(spread_of({8, 3})->median == 5.5);
    CHECK(spread_of({8, 3})->percentile_90 == 8);
    // Ten: median (5 + 6) / 2; rank ceil(0.9 * 10) = 9. Eleven: median 6, rank ceil(9.9) = 10.
    CHECK(spread_of({10, 9, 8, 7, 6, 5, 4, 3, 2, 1})->median == 5.5);
    CHECK(spread_of({10, 9, 8, 7, 6, 5, 4, 3, 2, 1})->percentile_90 == 9);
    CHECK(spread_of({11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1})->median == 6);
    CHECK(spread_of({11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1})->percentile_90 == 10);
}

TEST_CASE("dora: all four, worked out by hand") {
    // Before the period: A1. In it: A2 at 1000, unhealthy at 1100, rolled back to A1 at 1200, which
    // is verified at 1300; A4 (a merge of A2 and A3) at 2000, verified at 2050; A4 once more at
    // 2100, which is no deployment.
    const auto events = ledger({{EventKind::promoted, 0xA1, 100},
                                {EventKind::promoted, 0xA2, 1000},
                                {EventKind::unhealthy, 0xA2, 1100},
                                {EventKind::rolled_back, 0xA1, 1200},
                                {EventKind::verified, 0xA1, 1300},
                                {EventKind::promoted, 0xA4, 2000},
                                {EventKind::verified, 0xA4, 2050},
                                {EventKind::promoted, 0xA4, 2100}});
    const auto rollouts = rollouts_of(events, 500);
    REQUIRE(rollouts.size() == 2);
    CHECK(rollouts[0].before == id(0xA1));
    CHECK(rollouts[0].failed == 1100);
    CHECK(rollouts[0].restored == 1300);
    CHECK(rollouts[1].before == id(0xA1));
    CHECK_FALSE(rollouts[1].failed);
    const auto wanted = changes_wanted(rollouts);
    REQUIRE(wanted);
    CHECK(wanted->wants == std::vector<ObjectId>{id(0xA2), id(0xA4)});
    CHECK(wanted->haves == std::vector<ObjectId>{id(0xA1)});
    const CommitList changes{
        .commits = {change(0xA4, 1900, {id(0xA2), id(0xA3)}), change(0xA3, 1500, {id(0xA1)}),
                    change(0xA2, 600, {id(0xA1)})},
        .cut = false};
    const auto metrics = dora_of(rollouts, changes, 500, 500 + 4 * k_day);
    CHECK(metrics.deployments == 2);
    CHECK(metrics.per_day == 0.5);       // 2 in 4 days
    CHECK(metrics.failed == 1);          // A2
    CHECK(metrics.failure_rate == 0.5);  // 1 of 2
    // A2: 1000 - 600 = 400. A4 brings A3: 2000 - 1500 = 500, and itself: 2000 - 1900 = 100.
    // Sorted: 100, 400, 500; median 400; rank ceil(2.7) = 3: 500.
    REQUIRE(metrics.lead_time);
    CHECK(metrics.lead_time->count == 3);
    CHECK(metrics.lead_time->median == 400);
    CHECK(metrics.lead_time->percentile_90 == 500);
    REQUIRE(metrics.restore_time);
    CHECK(metrics.restore_time->count == 1);
    CHECK(metrics.restore_time->median == 200);  // 1300 - 1100
    CHECK(metrics.unrestored == 0);
}

TEST_CASE("dora: where nothing is ever verified, a rollback restores") {
    auto rollouts = rollouts_of(ledger({{EventKind::promoted, 0xA1, 100},
                                        {EventKind::promoted, 0xA2, 200},
                                        {EventKind::unhealthy, 0xA2, 210},
                                        {EventKind::rolled_back, 0xA1, 260}}),
                                150);
    REQUIRE(rollouts.size() == 1);
    CHECK(rollouts[0].failed == 210);
    CHECK(rollouts[0].restored == 260);  // 50 s
    // The rollback as first sign gives no time.
    rollouts = rollouts_of(ledger({{EventKind::promoted, 0xA1, 100},
                                   {EventKind::promoted, 0xA2, 200},
                                   {EventKind::rolled_back, 0xA1, 260}}),
                           150);
    CHECK(rollouts[0].failed == 260);
    CHECK_FALSE(rollouts[0].restored);
    const auto metrics = dora_of(rollouts, {}, 0, k_day);
    CHECK(metrics.failure_rate == 1);
    CHECK(metrics.unrestored == 1);
    CHECK_FALSE(metrics.restore_time);
}

TEST_CASE("dora: only another commit's verdict restores, and only what is deployed fails") {
    // A2 is unhealthy, then healthy after all; A3 is verified at 400: 400 - 210 = 190.
    auto rollouts = rollouts_of(ledger({{EventKind::promoted, 0xA1, 100},
                                        {EventKind::promoted, 0xA2, 200},
                                        {EventKind::unhealthy, 0xA2, 210},
                                        {EventKind::verified, 0xA2, 220},
                                        {EventKind::promoted, 0xA3, 300},
                                        {EventKind::verified, 0xA3, 400}}),
                                150);
    REQUIRE(rollouts.size() == 2);
    CHECK(rollouts[0].failed == 210);
    CHECK(rollouts[0].restored == 400);
    CHECK_FALSE(rollouts[1].failed);
    // A3's failure and rollback to A2 are not A2's.
    rollouts = rollouts_of(ledger({{EventKind::promoted, 0xA2, 200},
                                   {EventKind::verified, 0xA2, 220},
                                   {EventKind::promoted, 0xA3, 300},
                                   {EventKind::unhealthy, 0xA3, 310},
                                   {EventKind::rolled_back, 0xA2, 320}}),
                           0);
    REQUIRE(rollouts.size() == 2);
    CHECK_FALSE(rollouts[0].failed);
    CHECK(rollouts[1].failed == 310);
    CHECK_FALSE(rollouts[1].restored);  // not verified yet
}

TEST_CASE("dora: holds change nothing") {
    const auto rollouts = rollouts_of(ledger({{EventKind::promoted, 0xA1, 100},
                                              {EventKind::held, 0xA1, 110},
                                              {EventKind::resumed, 0xA1, 120},
                                              {EventKind::promoted, 0xA2, 200}}),
                                      0);
    REQUIRE(rollouts.size() == 2);
    CHECK_FALSE(rollouts[0].failed);
    CHECK(rollouts[1].before == id(0xA1));
}

TEST_CASE("dora: the first deployment ever brings no changes; a clock ahead counts as nought") {
    const auto first = rollouts_of(ledger({{EventKind::promoted, 0xA1, 100}}), 0);
    REQUIRE(first.size() == 1);
    CHECK_FALSE(first[0].before);
    CHECK_FALSE(changes_wanted(first));
    const CommitList changes{.commits = {change(0xA1, 150, {})}, .cut = false};
    CHECK_FALSE(dora_of(first, changes, 0, k_day).lead_time);
    auto second = first;
    second[0].before = id(0xA0);
    CHECK(dora_of(second, changes, 0, k_day).lead_time->median == 0);
}

TEST_CASE("dora: what was moved past the ledger is nobody's change") {
    auto events = ledger({{EventKind::promoted, 0xA1, 100}, {EventKind::promoted, 0xA3, 1000}});
    events.front().event.previous = id(0xA2);
    events.front().event.drift = id(0xA1);
    const auto rollouts = rollouts_of(events, 500);
    REQUIRE(rollouts.size() == 1);
    CHECK(rollouts[0].before == id(0xA2));
    const CommitList changes{
        .commits = {change(0xA3, 900, {id(0xA2)}), change(0xA2, 100, {id(0xA1)})}, .cut = false};
    CHECK(dora_of(rollouts, changes, 500, k_day).lead_time->count == 1);  // A3: 100 s
}

TEST_CASE("dora: where older events were not read, the oldest tells what was there before") {
    auto events = ledger({{EventKind::promoted, 0xA2, 100}});
    events.front().event.previous = id(0xA1);
    CHECK(rollouts_of(events, 0).front().before == id(0xA1));
    events.front().event.previous = id(0xA2);
    CHECK(rollouts_of(events, 0).empty());
}
