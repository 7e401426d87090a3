#include <catch2/catch_test_macros.hpp>

#include "core/hold.hpp"
#include "core/record.hpp"
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
    release.survey.holds = HoldPolicy::release;
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

namespace {

/// Staging has run A1, A2 and A3, of which the first two were verified.
void deploy_three(Stage& stage) {
    for (const ObjectId& commit : {stage.first, stage.second, stage.third}) {
        (void)stage.promote({"staging"}, commit.hex());
        if (commit != stage.third) {
            (void)record_verdict(stage.actors(), Stage::target("staging"), commit,
                                 EventKind::verified, "healthy", std::nullopt);
        }
    }
}

RollbackOutcome back(Stage& stage, const RollbackRequest& request = back_to("")) {
    return roll_back(stage.actors(), request);
}

}  // namespace

TEST_CASE("without a target it goes back to the last verified commit, however often it is run") {
    Stage stage;
    deploy_three(stage);
    const RollbackOutcome outcome = back(stage);
    CHECK(outcome.to == stage.second);
    CHECK(outcome.chosen_by == "the last verified commit, deployed 2026-01-01T00:00:00Z");
    CHECK(outcome.ledger->event.verified == stage.second);
    CHECK(outcome.ledger->event.hold->range == BadRange{stage.second, stage.third});
    CHECK(back(stage).action == RollbackAction::done_already);
    CHECK(stage.remote.refs.at("refs/heads/staging") == stage.second);

    // When that one does not run either, it goes further back, and the bad range grows.
    (void)record_verdict(stage.actors(), Stage::target("staging"), stage.second,
                         EventKind::unhealthy, "500", std::nullopt);
    const RollbackOutcome further = back(stage);
    CHECK(further.to == stage.first);
    CHECK(further.ledger->event.hold->range == BadRange{stage.first, stage.third});
}

TEST_CASE("steps are counted from what was taken back, so that a second run changes nothing") {
    Stage stage;
    deploy_three(stage);
    RollbackRequest request = back_to("");
    request.steps = 2;
    CHECK(back(stage, request).to == stage.first);
    CHECK(back(stage, request).action == RollbackAction::done_already);
    request.steps = 3;
    try {
        (void)back(stage, request);
        FAIL("there are not so many");
    } catch (const Error& error) {
        CHECK(std::string(error.what()) == "staging has no deployment 3 steps back");
        CHECK(error.code() == ExitCode::refused);
    }
}

TEST_CASE("an unanswered rollback without a target does not go back twice") {
    Stage stage;
    deploy_three(stage);
    stage.remote.lose_answers = 1;
    const RollbackOutcome outcome = back(stage);
    CHECK(outcome.moved);
    CHECK(outcome.to == stage.second);
    CHECK(stage.remote.refs.at("refs/heads/staging") == stage.second);
}

TEST_CASE("where force pushes are forbidden the files are restored, and the next promotion joins") {
    Stage stage;
    deploy_three(stage);
    stage.remote.commits.at(stage.second).tree = fakes::id(0x72);
    stage.remote.forbids_force = true;
    const RollbackOutcome outcome = back(stage);
    CHECK(outcome.action == RollbackAction::restore);
    CHECK(outcome.to == stage.second);
    const ObjectId tip = stage.remote.refs.at("refs/heads/staging");
    CHECK(stage.remote.commits.at(tip).tree == fakes::id(0x72));
    CHECK(stage.remote.commits.at(tip).parents == std::vector{stage.third});
    CHECK(outcome.ledger->event.tip == tip);
    CHECK(outcome.ledger->event.commit == stage.second);
    CHECK(back(stage).action == RollbackAction::done_already);

    // It is at A2: held for what comes next, done already for A2, superseded for A1.
    CHECK(stage.promote({"staging"}).plan.moves.front().refusal->what == "staging is held");
    CHECK(stage.promote({"staging"}, stage.second.hex()).plan.moves.front().action ==
          Action::done_already);

    const ObjectId fourth =
        stage.remote.commit(0xA4, {stage.third}, "Fix\n\nFixes-Deployment: " + stage.third.hex());
    stage.remote.commits.at(fourth).tree = fakes::id(0x74);
    stage.remote.refs["refs/heads/main"] = fourth;
    const PromoteOutcome joined = stage.promote({"staging"});
    CHECK(joined.placements.front().moved);
    CHECK(joined.placements.front().move.action == Action::join);
    CHECK_FALSE(joined.placements.front().move.drift);
    const ObjectId merge = stage.remote.refs.at("refs/heads/staging");
    CHECK(stage.remote.commits.at(merge).parents == std::vector{tip, fourth});
    CHECK(stage.remote.commits.at(merge).tree == fakes::id(0x74));
    CHECK(stage.words("staging").front() == "promoted a4");

    // And so does the next one: the branch is not linear until it is reset.
    const ObjectId fifth = stage.remote.commit(0xA5, {fourth}, "Next");
    stage.remote.refs["refs/heads/main"] = fifth;
    CHECK(stage.promote({"staging"}).placements.front().move.action == Action::join);
    stage.remote.forbids_force = false;
    RollbackRequest linear = back_to(fifth.hex());
    linear.strategy = Strategy::reset;
    CHECK(back(stage, linear).moved);
    CHECK(stage.remote.refs.at("refs/heads/staging") == fifth);
}

TEST_CASE("a branch is not joined when its own commit has other files than the ledger says") {
    Stage stage;
    deploy_three(stage);
    stage.remote.forbids_force = true;
    (void)back(stage);
    stage.remote.commits.at(stage.second).tree = fakes::id(0x99);
    const ObjectId fourth = stage.remote.commit(0xA4, {stage.third}, "Next");
    stage.remote.refs["refs/heads/main"] = fourth;
    PromoteRequest release = Stage::request({"staging"});
    release.survey.holds = HoldPolicy::release;
    const PromoteOutcome outcome = promote(stage.actors(), release);
    CHECK(outcome.plan.moves.front().refusal->what == "staging has diverged from main");
}

TEST_CASE("a strategy that was asked for is not changed") {
    Stage stage;
    deploy_three(stage);
    stage.remote.forbids_force = true;
    RollbackRequest request = back_to("");
    request.strategy = Strategy::reset;
    try {
        (void)back(stage, request);
        FAIL("the server forbids it");
    } catch (const Error& error) {
        CHECK(error.code() == ExitCode::refused);
        CHECK(error.hints().back() == "or without a force push: headway rollback staging --to " +
                                          stage.second.hex() + " --strategy restore");
    }
    stage.remote.forbids_force = false;
    request.strategy = Strategy::restore;
    CHECK(back(stage, request).action == RollbackAction::restore);
}

TEST_CASE("what was deployed before is a target though the branch has left it") {
    Stage stage;
    deploy_three(stage);
    // Somebody has moved the branch to a line of its own, from before A2.
    const ObjectId rogue = stage.remote.commit(0xC7, {stage.first}, "Rogue");
    stage.remote.refs["refs/heads/staging"] = rogue;
    const RollbackOutcome outcome = back(stage, back_to(stage.second.hex()));
    CHECK(outcome.to == stage.second);
    CHECK(outcome.from == rogue);
    CHECK(outcome.ledger->event.drift == stage.third);
}

TEST_CASE("a doubtful way back counts only where the branch contains it") {
    Stage stage;
    (void)stage.promote({"staging"}, stage.first.hex());
    (void)stage.promote({"staging"}, stage.third.hex());
    (void)record_verdict(stage.actors(), Stage::target("staging"), stage.third, EventKind::verified,
                         "healthy", std::nullopt);
    const ObjectId fourth = stage.remote.commit(0xA4, {stage.third}, "Bad");
    stage.remote.refs["refs/heads/main"] = fourth;
    (void)stage.promote({"staging"});
    (void)back(stage, back_to(stage.second.hex()));  // Never deployed by itself.
    HoldRequest resume;
    resume.change = HoldChange::resume;
    resume.targets = {Stage::target("staging")};
    (void)change_holds(stage.actors(), resume);
    // A3 was verified, but it is newer than A2.
    CHECK_THROWS_AS(back(stage), Error);
}

TEST_CASE("without a ledger the target has to be named") {
    Stage stage;
    (void)stage.promote({"staging"});
    stage.remote.refs.erase("refs/headway/ledger/staging");
    try {
        (void)back(stage);
        FAIL("nothing is known");
    } catch (const Error& error) {
        CHECK(error.code() == ExitCode::refused);
        CHECK(std::string(error.what()) == "no commit to go back to is known for staging");
        CHECK(error.because() == "the remote has no ledger refs/headway/ledger/staging");
        CHECK(error.hints().front() == "headway rollback staging --to SHA");
    }
    CHECK(back(stage, back_to(stage.first.hex())).moved);
}
