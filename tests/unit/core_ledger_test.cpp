#include <catch2/catch_test_macros.hpp>

#include "core/ledger.hpp"
#include "fakes.hpp"

using namespace headway;
using namespace headway::core;

namespace {

Event full_event() {
    Event event;
    event.kind = EventKind::rolled_back;
    event.environment = "production";
    event.commit = fakes::id(0xC1);
    event.previous = fakes::id(0xC2);
    event.verified = fakes::id(0xC3);
    event.drift = fakes::id(0xC4);
    event.hold = Hold{.since = 1'767'225'600, .by = "ann", .reason = "it burns"};
    event.manner = PushManner::atomic;
    event.actor = "ann";
    event.run_url = "https://ci/pipelines/1";
    event.reason = "it burns";
    return event;
}

Commit as_commit(const std::string& message) {
    Commit commit;
    commit.id = fakes::id(0xE1);
    commit.tree = *ObjectId::parse(k_empty_tree_hex);
    commit.committer.when = 42;
    commit.message = message;
    return commit;
}

std::string because(const std::string& message) {
    const auto result = read_event(as_commit(message), "production");
    const auto* const refusal = std::get_if<NotAnEvent>(&result);
    return refusal == nullptr ? "" : refusal->because;
}

}  // namespace

TEST_CASE("an event's message is for people and for programs") {
    CHECK(message_of(full_event()) ==
          "Roll back production to c1000000\n"
          "\n"
          "Headway-Event: rolled-back\n"
          "Headway-Environment: production\n"
          "Headway-Commit: c100000000000000000000000000000000000000\n"
          "Headway-Previous: c200000000000000000000000000000000000000\n"
          "Headway-Verified: c300000000000000000000000000000000000000\n"
          "Headway-Drift: c400000000000000000000000000000000000000\n"
          "Headway-Held-Since: 2026-01-01T00:00:00Z\n"
          "Headway-Held-By: ann\n"
          "Headway-Held-Reason: it burns\n"
          "Headway-Actor: ann\n"
          "Headway-Run: https://ci/pipelines/1\n"
          "Headway-Reason: it burns\n"
          "Headway-Push: atomic\n");
}

TEST_CASE("an event reads back as it was written") {
    for (const EventKind kind : {EventKind::promoted, EventKind::verified, EventKind::unhealthy,
                                 EventKind::rolled_back, EventKind::held, EventKind::resumed}) {
        Event written = full_event();
        written.kind = kind;
        const auto result = read_event(as_commit(message_of(written)), "production");
        REQUIRE(std::holds_alternative<LedgerTip>(result));
        const auto& tip = std::get<LedgerTip>(result);
        CHECK(tip.id == fakes::id(0xE1));
        CHECK(tip.when == 42);
        CHECK(tip.event.kind == kind);
        CHECK(tip.event.commit == written.commit);
        CHECK(tip.event.previous == written.previous);
        CHECK(tip.event.verified == written.verified);
        CHECK(tip.event.drift == written.drift);
        REQUIRE(tip.event.hold);
        CHECK(tip.event.hold->since == written.hold->since);
        CHECK(tip.event.hold->by == "ann");
        CHECK(tip.event.hold->reason == "it burns");
        CHECK(tip.event.manner == PushManner::atomic);
        CHECK(tip.event.actor == "ann");
        CHECK(tip.event.run_url == "https://ci/pipelines/1");
        CHECK(tip.event.reason == "it burns");
    }
}

TEST_CASE("no value can forge a trailer") {
    Event event = full_event();
    event.reason =
        "x\nHeadway-Commit: ffffffffffffffffffffffffffffffffffffffff\n\nHeadway-Event: held";
    event.actor = "eve\r\nHeadway-Environment: staging";
    const auto result = read_event(as_commit(message_of(event)), "production");
    REQUIRE(std::holds_alternative<LedgerTip>(result));
    const auto& tip = std::get<LedgerTip>(result);
    CHECK(tip.event.commit == event.commit);
    CHECK(tip.event.kind == EventKind::rolled_back);
    CHECK(tip.event.actor == "eve Headway-Environment: staging");
}

TEST_CASE("what is doubtful is no event") {
    const std::string commit = "Headway-Commit: c100000000000000000000000000000000000000\n";
    const std::string head =
        "Promote\n\nHeadway-Event: promoted\nHeadway-Environment: production\n";
    CHECK(because(head + commit).empty());
    CHECK(because("Fix a bug\n") == "it has no Headway-Event trailer that this version knows");
    CHECK(because("Promote\n\nHeadway-Event: exploded\nHeadway-Environment: production\n" +
                  commit) == "it has no Headway-Event trailer that this version knows");
    CHECK(because("Promote\n\nHeadway-Event: promoted\nHeadway-Environment: staging\n" + commit) ==
          "it belongs to another environment");
    CHECK(because(head) == "it has a commit id that is none");
    CHECK(because(head + "Headway-Commit: c1\n") == "it has a commit id that is none");
    CHECK(because(head + "Headway-Commit: 0000000000000000000000000000000000000000\n") ==
          "it has a commit id that is none");
    CHECK(because(head + commit + "Headway-Previous: x\n") == "it has a commit id that is none");
    CHECK(because(head + commit + "headway-commit: " + fakes::id(9).hex() + "\n") ==
          "the trailer headway-commit is there twice");
    CHECK(because(head + commit + "Headway-Held-Since: yesterday\n") ==
          "its Headway-Held-Since is no time");
    CHECK(because(head + commit + "Headway-Colour: blue\n").empty());

    Commit with_files = as_commit(head + commit);
    with_files.tree = fakes::id(0x77);
    const auto result = read_event(with_files, "production");
    REQUIRE(std::holds_alternative<NotAnEvent>(result));
    CHECK(std::get<NotAnEvent>(result).because == "its tree is not empty");
}

TEST_CASE("a draft appends to the chain") {
    const Signature identity{.name = "headway", .email = "h@x", .when = 7, .offset_minutes = 0};
    const CommitDraft first = draft_of(full_event(), std::nullopt, identity);
    CHECK(first.parents.empty());
    CHECK(first.tree.hex() == k_empty_tree_hex);
    const CommitDraft next = draft_of(full_event(), fakes::id(0xE1), identity);
    CHECK(next.parents == std::vector<ObjectId>{fakes::id(0xE1)});
    CHECK(next.author.when == 7);
}

TEST_CASE("timestamps are RFC 3339 in UTC") {
    CHECK(timestamp(0) == "1970-01-01T00:00:00Z");
    CHECK(timestamp(1'795'208'700) == "2026-11-20T21:05:00Z");
    CHECK(parse_timestamp("2026-11-20T21:05:00Z") == 1'795'208'700);
    for (const auto* wrong :
         {"", "2026-11-20 21:05:00Z", "2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z",
          "2026-11-20T24:00:00Z", "2026-11-20T21:60:00Z", "2026-11-20T21:05:00+01:00"}) {
        CHECK_FALSE(parse_timestamp(wrong));
    }
}
