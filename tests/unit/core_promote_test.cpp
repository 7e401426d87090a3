#include <catch2/catch_test_macros.hpp>

#include "core_support.hpp"

using namespace headway;
using namespace headway::core;
using fakes::Stage;
using Words = std::vector<std::string>;

namespace {

const std::string k_staging = "refs/heads/staging";
const std::string k_staging_ledger = "refs/headway/ledger/staging";

}  // namespace

TEST_CASE("a first promotion creates branch and ledger, and learns how the server moves refs") {
    Stage stage;
    const PromoteOutcome outcome = stage.promote({"staging"});
    CHECK(outcome.placements.front().move.action == Action::create);
    CHECK(outcome.placements.front().moved);
    CHECK(stage.remote.refs.at(k_staging) == stage.third);
    CHECK(stage.words("staging") == Words{"promoted a3"});
    CHECK(stage.remote.abilities_asked == 1);
    CHECK(stage.remote.pushes.size() == 2);  // The ledger is rehearsed before it is first made.
}

TEST_CASE("a fast-forward is one listing, one question and one push") {
    Stage stage;
    (void)stage.promote({"staging"}, stage.first.hex());
    stage.remote.listings = stage.remote.questions = stage.remote.abilities_asked = 0;
    stage.remote.pushes.clear();
    const PromoteOutcome outcome = stage.promote({"staging"});
    CHECK(outcome.placements.front().move.action == Action::fast_forward);
    CHECK(stage.remote.listings == 1);
    CHECK(stage.remote.questions == 1);
    CHECK(stage.remote.abilities_asked == 0);
    REQUIRE(stage.remote.pushes.size() == 1);
    CHECK(stage.remote.pushes.front().size() == 2);
    CHECK(stage.words("staging") == Words{"promoted a3", "promoted a1"});
    REQUIRE(outcome.placements.front().ledger);
    const Event& event = outcome.placements.front().ledger->event;
    CHECK(event.previous == stage.first);
    CHECK(event.actor == "ann");
    CHECK(event.run_url == "https://ci/1");
    CHECK(event.manner == PushManner::atomic);
}

TEST_CASE("promoting again does nothing") {
    Stage stage;
    (void)stage.promote({"staging"});
    const PromoteOutcome outcome = stage.promote({"staging"});
    CHECK(outcome.placements.front().move.action == Action::done_already);
    CHECK_FALSE(outcome.placements.front().moved);
    CHECK(outcome.placements.front().ledger);
    CHECK(stage.remote.pushes.size() == 2);
}

TEST_CASE("a dry run touches nothing") {
    Stage stage;
    PromoteRequest request = Stage::request({"staging"});
    request.rehearsal = Rehearsal::dry_run;
    const PromoteOutcome outcome = promote(stage.actors(), request);
    CHECK(outcome.plan.writes());
    CHECK(stage.remote.pushes.empty());
    CHECK(stage.remote.abilities_asked == 0);
}

TEST_CASE("an older commit is superseded, a foreign one refused") {
    Stage stage;
    (void)stage.promote({"staging"});
    CHECK(stage.promote({"staging"}, stage.first.hex()).placements.front().move.action ==
          Action::superseded);

    const ObjectId foreign = stage.remote.commit(0xB1, {stage.first}, "Elsewhere");
    const PromoteOutcome outcome = stage.promote({"staging"}, foreign.hex());
    REQUIRE(outcome.plan.refused());
    CHECK(outcome.plan.moves.front().refusal->what == "b1000000 is not on main");
    CHECK(stage.remote.refs.at(k_staging) == stage.third);
    CHECK_THROWS_AS(stage.promote({"staging"}, fakes::id(0xBB).hex()), UnknownObject);
}

TEST_CASE("a diverged branch lists what is in the way") {
    Stage stage;
    const ObjectId hotfix = stage.remote.commit(0xB1, {stage.first}, "Hotfix");
    stage.remote.refs[k_staging] = hotfix;
    const PromoteOutcome outcome = stage.promote({"staging"});
    REQUIRE(outcome.plan.refused());
    REQUIRE(outcome.plan.moves.front().in_the_way.size() == 1);
    CHECK(outcome.plan.moves.front().in_the_way.front().id == hotfix);
    CHECK(stage.remote.pushes.empty());
}

TEST_CASE("skewed clocks on the server do not make an ancestor diverge") {
    Stage stage;
    stage.remote.refs[k_staging] = stage.first;
    stage.remote.skewed = true;
    CHECK(stage.promote({"staging"}).placements.front().move.action == Action::fast_forward);
}

TEST_CASE("several environments move in one push, or none does") {
    Stage stage;
    (void)stage.promote({"staging", "production"}, stage.first.hex());
    CHECK(stage.remote.pushes.back().size() == 4);

    stage.remote.refusals["refs/heads/production"] = "protected";
    try {
        (void)stage.promote({"staging", "production"});
        FAIL("the refusal is an error");
    } catch (const Error& error) {
        CHECK(error.code() == ExitCode::refused);
        CHECK(std::string(error.what()) == "the server refused to move production");
        CHECK(error.because() == "protected (production); nothing moved");
        CHECK(error.hints() == Words{"allow it"});
    }
    CHECK(stage.remote.refs.at(k_staging) == stage.first);
    CHECK(stage.words("staging") == Words{"promoted a1"});
}

TEST_CASE("a lost race is planned again and ends as done when the winner did the same") {
    Stage stage;
    (void)stage.promote({"staging"}, stage.first.hex());
    Stage* const winner = &stage;
    bool raced = false;
    stage.remote.before_push = [&](std::size_t) {
        if (!raced) {
            raced = true;
            (void)winner->promote({"staging"});
        }
    };
    const PromoteOutcome outcome = stage.promote({"staging"});
    CHECK(outcome.attempts == 2);
    CHECK(outcome.placements.front().move.action == Action::done_already);
    CHECK_FALSE(outcome.placements.front().moved);
    CHECK(stage.words("staging") == Words{"promoted a3", "promoted a1"});
}

TEST_CASE("a branch that never rests is given up after a bounded number of plans") {
    Stage stage;
    stage.remote.refusals[k_staging] = "race";
    CHECK_THROWS_AS(stage.promote({"staging"}), Error);
    CHECK(stage.remote.pushes.size() == 2 * k_attempts);  // Each time the ledger is rehearsed.
    CHECK(stage.clock.waits.size() == k_attempts);
}

TEST_CASE("an answer that never came is looked up, not guessed") {
    Stage stage;
    (void)stage.promote({"staging"}, stage.first.hex());
    stage.remote.lose_answers = 1;
    const PromoteOutcome outcome = stage.promote({"staging"});
    CHECK(outcome.placements.front().moved);
    CHECK(outcome.placements.front().move.action == Action::fast_forward);
    CHECK(outcome.placements.front().move.from == stage.first);
    CHECK(stage.words("staging") == Words{"promoted a3", "promoted a1"});
}

TEST_CASE("a push that is never answered and never carried out is given up soon") {
    Stage stage;
    (void)stage.promote({"staging"}, stage.first.hex());
    unsigned sent = 0;
    stage.remote.before_push = [&](std::size_t) {
        ++sent;
        throw PushUncertain(ExitCode::failed, "no answer", "the server answered HTTP 503");
    };
    try {
        (void)stage.promote({"staging"});
        FAIL("no success without an answer");
    } catch (const Error& error) {
        CHECK(error.code() == ExitCode::failed);
        CHECK(std::string(error.what()) == "the push was sent 3 times and not carried out");
        CHECK(error.because() == "the last time the server answered HTTP 503");
        CHECK(error.hints() == Words{"run the same command again"});
    }
    CHECK(sent == k_unanswered);
    CHECK(stage.words("staging") == Words{"promoted a1"});
}

TEST_CASE("when the answer is lost and then the server too, the user hears of both") {
    Stage stage;
    (void)stage.promote({"staging"}, stage.first.hex());
    stage.remote.lose_answers = 1;
    stage.remote.before_listing = [](int listing) {
        if (listing == 3) {
            throw Error(ExitCode::failed, "cannot reach the server");
        }
    };
    try {
        (void)stage.promote({"staging"});
        FAIL("not known is an error");
    } catch (const Error& error) {
        CHECK(std::string(error.what()) == "it is not known whether the push was carried out");
        CHECK(error.because() == "the connection was cut; and then: cannot reach the server");
        CHECK(error.hints() ==
              Words{"run the same command again: it finds out and finishes the work"});
    }
}

TEST_CASE("without atomic pushes the branch goes first, the ledger second") {
    Stage stage;
    stage.remote.atomic = false;
    const PromoteOutcome outcome = stage.promote({"staging"});
    REQUIRE(stage.remote.pushes.size() == 3);
    CHECK(stage.remote.pushes[0].front().ref == k_staging_ledger);  // Is it taken at all?
    CHECK(stage.remote.pushes[0].front().expected == stage.third);
    CHECK(stage.remote.pushes[1].front().ref == k_staging);
    CHECK(stage.remote.pushes[2].front().ref == k_staging_ledger);
    CHECK(stage.trace.lines ==
          Words{"this server cannot move several refs as one: the branch goes first, its ledger "
                "event second"});
    CHECK(outcome.placements.front().moved);
    CHECK(stage.words("staging") == Words{"promoted a3"});
}

TEST_CASE("without atomic pushes what moved is on record although another branch was refused") {
    Stage stage;
    stage.remote.atomic = false;
    stage.remote.refusals["refs/heads/production"] = "protected";
    try {
        (void)stage.promote({"staging", "production"});
        FAIL("the refusal is an error");
    } catch (const Error& error) {
        CHECK(error.because() == "protected (production); already moved: refs/heads/staging");
    }
    CHECK(stage.words("staging") == Words{"promoted a3"});
    CHECK(stage.words("production").empty());
}

TEST_CASE("without atomic pushes a refused event tells that its branch has moved") {
    Stage stage;
    stage.remote.atomic = false;
    (void)stage.promote({"staging"}, stage.first.hex());
    stage.remote.refusals[k_staging_ledger] = "protected";
    try {
        (void)stage.promote({"staging"});
        FAIL("the refusal is an error");
    } catch (const Error& error) {
        CHECK(error.because() == "protected (staging); already moved: refs/heads/staging");
    }
    CHECK(stage.remote.refs.at(k_staging) == stage.third);
}

TEST_CASE("a crash between branch and ledger is mended by running again") {
    Stage stage;
    stage.remote.atomic = false;
    (void)stage.promote({"staging"}, stage.first.hex());
    stage.remote.refs[k_staging] = stage.third;  // Moved, and then the process died.
    const PromoteOutcome outcome = stage.promote({"staging"});
    CHECK(outcome.placements.front().move.action == Action::record);
    CHECK(stage.words("staging") == Words{"promoted a3", "promoted a1"});
    CHECK(outcome.placements.front().ledger->event.drift == stage.first);
}

TEST_CASE("a server that breaks its promise of atomicity gets the ledger put back") {
    Stage stage;
    (void)stage.promote({"staging"}, stage.first.hex());
    stage.remote.atomic = false;  // The ledger says atomic; the server does not keep it.
    stage.remote.refusals[k_staging] = "protected";
    CHECK_THROWS_AS(stage.promote({"staging"}), Error);
    CHECK(stage.remote.refs.at(k_staging) == stage.first);
    CHECK(stage.words("staging") == Words{"promoted a1"});
}

TEST_CASE("the ledger's refusal stops the branch too, even where git would leave it out") {
    for (const bool atomic : {true, false}) {
        Stage stage;
        stage.remote.refusals[k_staging_ledger] = "hidden";
        stage.remote.leaves_hidden_refs_out = atomic;
        stage.remote.atomic = true;
        CHECK_THROWS_AS(stage.promote({"staging"}), Error);
        CHECK_FALSE(stage.remote.refs.contains(k_staging));
    }
}

TEST_CASE("with the ledger off one ref moves and nobody asks how") {
    Stage stage;
    PromoteRequest request = Stage::request({"staging"});
    request.survey.environments.front().ledger_ref.clear();
    const PromoteOutcome outcome = promote(stage.actors(), request);
    CHECK(outcome.placements.front().moved);
    CHECK(stage.remote.abilities_asked == 0);
    CHECK(stage.remote.pushes.front().size() == 1);
}

TEST_CASE("the source branch is the remote's HEAD when none is named") {
    Stage stage;
    PromoteRequest request = Stage::request({"staging"});
    request.survey.source.clear();
    CHECK(promote(stage.actors(), request).plan.source == "main");
    request.survey.source = "trunk";
    CHECK_THROWS_AS(promote(stage.actors(), request), Error);
}

TEST_CASE("a ledger that points into the source branch is damage") {
    Stage stage;
    stage.remote.refs[k_staging] = stage.first;
    stage.remote.refs[k_staging_ledger] = stage.second;
    const PromoteOutcome outcome = stage.promote({"staging"});
    REQUIRE(outcome.plan.refused());
    CHECK(outcome.plan.moves.front().refusal->what == "the ledger of staging is damaged");
    CHECK(stage.remote.pushes.empty());
}

TEST_CASE("a listing that caught another push half-way is not taken for drift") {
    Stage stage;
    (void)stage.promote({"staging"}, stage.second.hex());
    const ObjectId old_event = stage.remote.refs.at(k_staging_ledger);
    (void)stage.promote({"staging"});
    const ObjectId new_event = stage.remote.refs.at(k_staging_ledger);
    stage.remote.refs[k_staging_ledger] = old_event;  // The branch has moved, the ledger not yet.
    stage.remote.listings = 0;
    stage.remote.before_listing = [&](int listing) {
        if (listing > 1) {
            stage.remote.refs[k_staging_ledger] = new_event;
        }
    };
    const PromoteOutcome outcome = stage.promote({"staging"}, stage.first.hex());
    CHECK(outcome.placements.front().move.action == Action::superseded);
    CHECK_FALSE(outcome.placements.front().move.drift);
    CHECK(outcome.attempts == 1);

    stage.remote.before_listing = nullptr;
    stage.remote.refs[k_staging_ledger] = old_event;
    CHECK(stage.promote({"staging"}, stage.first.hex()).placements.front().move.drift ==
          stage.second);
}
