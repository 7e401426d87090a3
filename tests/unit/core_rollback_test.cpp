#include <catch2/catch_test_macros.hpp>

#include "core/rollback.hpp"
#include "core_support.hpp"

using namespace headway;
using namespace headway::core;
using fakes::Stage;
using Words = std::vector<std::string>;

namespace {

RollbackRequest back_to(const std::string& commit) {
    RollbackRequest request;
    request.target = Stage::target("staging");
    request.to = commit;
    request.reason = "it burns";
    return request;
}

}  // namespace

TEST_CASE("a rollback moves branch and ledger in one push and holds the environment") {
    Stage stage;
    (void)stage.promote({"staging"});
    stage.remote.listings = stage.remote.questions = 0;
    const RollbackOutcome outcome = roll_back(stage.actors(), back_to(stage.first.hex()));
    CHECK(outcome.action == RollbackAction::reset);
    CHECK(outcome.moved);
    CHECK(stage.remote.listings == 1);
    CHECK(stage.remote.questions == 1);
    CHECK(stage.remote.refs.at("refs/heads/staging") == stage.first);
    CHECK(stage.words("staging") == Words{"rolled-back a1", "promoted a3"});
    REQUIRE(outcome.ledger->event.hold);
    CHECK(outcome.ledger->event.hold->by == "ann");
    CHECK(outcome.ledger->event.hold->reason == "it burns");
    CHECK(outcome.ledger->event.previous == stage.third);

    const PromoteOutcome refused = stage.promote({"staging"});
    CHECK(refused.plan.refused());
    PromoteRequest release = Stage::request({"staging"});
    release.holds = HoldPolicy::release;
    CHECK(promote(stage.actors(), release).placements.front().moved);
    CHECK_FALSE(stage.promote({"staging"}).plan.refused());
}

TEST_CASE("rolling back again is done already") {
    Stage stage;
    (void)stage.promote({"staging"});
    (void)roll_back(stage.actors(), back_to(stage.first.hex()));
    const RollbackOutcome outcome = roll_back(stage.actors(), back_to(stage.first.hex()));
    CHECK(outcome.action == RollbackAction::done_already);
    CHECK_FALSE(outcome.moved);
}

TEST_CASE("a dry run names what would be taken back") {
    Stage stage;
    (void)stage.promote({"staging"});
    RollbackRequest request = back_to(stage.first.hex());
    request.rehearsal = Rehearsal::dry_run;
    const RollbackOutcome outcome = roll_back(stage.actors(), request);
    CHECK(outcome.taken_back.size() == 2);
    CHECK(stage.remote.refs.at("refs/heads/staging") == stage.third);
}

TEST_CASE("only commits of the branch's own history are rolled back to") {
    Stage stage;
    (void)stage.promote({"staging"}, stage.first.hex());
    try {
        (void)roll_back(stage.actors(), back_to(stage.third.hex()));
        FAIL("a commit that was never there");
    } catch (const Error& error) {
        CHECK(error.code() == ExitCode::refused);
        CHECK(std::string(error.what()) == "a3000000 was never on staging");
        CHECK(error.hints() ==
              Words{"choose a commit from: git log a1000000",
                    "or go forward: headway promote staging --commit " + stage.third.hex()});
    }
}

TEST_CASE("an environment that was never deployed cannot be rolled back") {
    Stage stage;
    CHECK_THROWS_AS(roll_back(stage.actors(), back_to(stage.first.hex())), Error);
}

TEST_CASE("a rollback works in spite of a damaged ledger and drift") {
    Stage stage;
    (void)stage.promote({"staging"});
    const ObjectId odd = stage.remote.commit(0xB7, {}, "No event");
    stage.remote.refs["refs/headway/ledger/staging"] = odd;
    CHECK(roll_back(stage.actors(), back_to(stage.first.hex())).moved);
    CHECK(stage.words("staging") == Words{"rolled-back a1", "?"});
}

TEST_CASE("a lost race or answer of a rollback is looked up") {
    Stage stage;
    (void)stage.promote({"staging"});
    stage.remote.lose_answers = 1;
    const RollbackOutcome outcome = roll_back(stage.actors(), back_to("a1000000"));
    CHECK(outcome.moved);
    CHECK(stage.words("staging") == Words{"rolled-back a1", "promoted a3"});
}

TEST_CASE("a branch moved back by hand is put on record and held") {
    Stage stage;
    (void)stage.promote({"staging"});
    stage.remote.refs["refs/heads/staging"] = stage.first;
    const RollbackOutcome outcome = roll_back(stage.actors(), back_to(stage.first.hex()));
    CHECK(outcome.action == RollbackAction::record);
    CHECK(outcome.ledger->event.hold);
    CHECK(outcome.ledger->event.drift == stage.third);
}
