#include <catch2/catch_test_macros.hpp>

#include "core/status.hpp"
#include "core_support.hpp"

using namespace headway;
using namespace headway::core;

namespace {

StatusFacts deployed(std::uint8_t tip, Event event) {
    StatusFacts facts;
    facts.environment.name = "staging";
    facts.environment.ledger_ref = "refs/headway/ledger/staging";
    facts.environment.tip = fakes::id(tip);
    facts.environment.ledger = LedgerTip{.id = fakes::id(0xE1), .when = 10, .event = {}};
    facts.environment.ledger->event = std::move(event);
    facts.on_source = true;
    facts.behind = Distance{.commits = 2};
    return facts;
}

Event event_of(EventKind kind, std::uint8_t commit) {
    Event event;
    event.kind = kind;
    event.commit = fakes::id(commit);
    return event;
}

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("status: the verdict of the deployed commit") {
    Event event = event_of(EventKind::promoted, 0xA1);
    CHECK(status_of(deployed(0xA1, event)).proven == Proven::unverified);
    CHECK(remedy_of(status_of(deployed(0xA1, event))) == "headway verify staging");
    event.verified = fakes::id(0xA2);
    CHECK(status_of(deployed(0xA1, event)).proven == Proven::unverified);
    event.verified = fakes::id(0xA1);
    const auto verified = status_of(deployed(0xA1, event));
    CHECK(verified.proven == Proven::verified);
    CHECK(verified.concerns().empty());
    CHECK(details_of(verified).empty());
    CHECK(remedy_of(verified).empty());
}

TEST_CASE("status: unhealthy leads back to what was verified, else to another look") {
    Event event = event_of(EventKind::unhealthy, 0xA2);
    CHECK(remedy_of(status_of(deployed(0xA2, event))) == "headway verify staging");
    event.verified = fakes::id(0xA1);
    const auto status = status_of(deployed(0xA2, event));
    CHECK(status.proven == Proven::unhealthy);
    CHECK(status.concerns() == Words{"unhealthy"});
    CHECK(remedy_of(status) == "headway rollback staging --to " + fakes::id(0xA1).hex());
}

TEST_CASE("status: drift hides the ledger's verdict") {
    Event event = event_of(EventKind::verified, 0xA1);
    event.verified = fakes::id(0xA1);
    StatusFacts facts = deployed(0xA2, event);
    auto status = status_of(facts);
    CHECK(status.commit == fakes::id(0xA2));
    CHECK(status.drift == fakes::id(0xA1));
    CHECK(status.concerns() == Words{"drifted", "unverified"});
    CHECK(remedy_of(status) == "headway promote staging");
    facts.on_source = false;
    status = status_of(facts);
    CHECK(status.concerns() == Words{"drifted", "not on the source branch", "unverified"});
    CHECK(remedy_of(status) == "headway rollback staging --to " + fakes::id(0xA1).hex());
}

TEST_CASE("status: a joined branch stands for the event's commit") {
    Event event = event_of(EventKind::verified, 0xA1);
    event.verified = fakes::id(0xA1);
    event.tip = fakes::id(0xB1);
    const auto status = status_of(deployed(0xB1, event));
    CHECK(status.joined);
    CHECK_FALSE(status.drift);
    CHECK(status.commit == fakes::id(0xA1));
    CHECK(status.concerns().empty());
}

TEST_CASE("status: a hold tells since when, by whom and why") {
    Event event = event_of(EventKind::rolled_back, 0xA1);
    event.verified = fakes::id(0xA1);
    event.hold = Hold{.since = 0, .by = "ada", .reason = "checkout fails"};
    const auto status = status_of(deployed(0xA1, event));
    CHECK(status.concerns() == Words{"held"});
    const auto details = details_of(status);
    REQUIRE(details.size() == 1);
    CHECK(details.front().what == "held since 1970-01-01T00:00:00Z by ada: checkout fails");
    CHECK(details.front().command == "headway resume staging");
    // What was rolled back is mended by a promotion.
    event.hold->range = BadRange{.good = fakes::id(0xA1), .bad = fakes::id(0xA2)};
    CHECK(details_of(status_of(deployed(0xA1, event))).front().command ==
          "headway promote staging --release-hold");
}

TEST_CASE("status: without a branch, a ledger, or a sound one") {
    StatusFacts facts;
    facts.environment.name = "staging";
    auto status = status_of(facts);
    CHECK(status.concerns() == Words{"never deployed"});
    CHECK(remedy_of(status) == "headway promote staging");
    facts.environment.tip = fakes::id(0xA1);
    status = status_of(facts);  // the ledger is off
    CHECK(status.proven == Proven::unknown);
    CHECK(status.concerns().empty());
    facts.on_source = false;
    CHECK(remedy_of(status_of(facts)) == "headway promote staging --dry-run");
    facts.on_source.reset();
    facts.environment.ledger_ref = "refs/headway/ledger/staging";
    CHECK(status_of(facts).concerns() == Words{"unverified"});
    facts.environment.ledger_damage = "its tree is not empty";
    status = status_of(facts);
    CHECK(status.concerns() == Words{"ledger damaged"});
    CHECK(remedy_of(status) ==
          "git fetch <remote> refs/headway/ledger/staging && git log FETCH_HEAD");
}

TEST_CASE("distances: a merge, the border, what is elsewhere, a list that was cut") {
    // base A1 ← A2 ← A4 (merge of A2 and A3) ← A5; A3 forks from A1.
    fakes::FakeRemote remote;
    const auto base = remote.commit(0xA1);
    const auto second = remote.commit(0xA2, {base});
    const auto third = remote.commit(0xA3, {base});
    const auto merge = remote.commit(0xA4, {second, third});
    const auto tip = remote.commit(0xA5, {merge});
    const std::vector<ObjectId> wants{tip};
    const std::vector<ObjectId> haves{base};
    CommitList list = remote.commits_between(wants, haves, Reach{});
    Distances distances(list, tip, base);
    CHECK(distances.of(tip)->commits == 0);
    CHECK(distances.of(merge)->commits == 1);
    CHECK(distances.of(second)->commits == 3);  // A3, A4, A5
    CHECK(distances.of(base)->commits == 4);
    CHECK_FALSE(distances.of(base)->at_least);
    CHECK_FALSE(distances.of(fakes::id(0xFF)));
    CHECK(distances.on_source(base) == true);
    CHECK(distances.on_source(fakes::id(0xFF)) == false);
    list.cut = true;
    Distances cut(list, tip, base);
    CHECK(cut.of(fakes::id(0xFF))->commits == 4);
    CHECK(cut.of(fakes::id(0xFF))->at_least);
    CHECK_FALSE(cut.on_source(fakes::id(0xFF)));
}

TEST_CASE("status: a fleet is read by one listing and two questions") {
    fakes::Stage stage;
    std::vector<EnvironmentTarget> targets;
    for (int number = 0; number < 100; ++number) {
        targets.push_back(fakes::Stage::target("edge-" + std::to_string(number)));
        stage.remote.refs[targets.back().branch_ref] = number % 2 == 0 ? stage.first : stage.third;
    }
    const auto report = read_status(stage.remote, "main", targets);
    CHECK(stage.remote.listings == 1);
    CHECK(stage.remote.questions == 2);
    CHECK(report.environments[0].behind->commits == 2);
    CHECK(report.environments[1].behind->commits == 0);
    const auto sourceless = read_status(stage.remote, "gone", targets);
    CHECK_FALSE(sourceless.source_tip);
    CHECK_FALSE(sourceless.environments[0].behind);
    CHECK(sourceless.environments[0].commit == stage.first);
}
