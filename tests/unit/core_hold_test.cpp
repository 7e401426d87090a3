#include <catch2/catch_test_macros.hpp>

#include "core/hold.hpp"
#include "core_support.hpp"

using namespace headway;
using namespace headway::core;
using fakes::Stage;
using Words = std::vector<std::string>;

namespace {

HoldRequest hold(const std::vector<std::string>& names, const std::string& reason = "incident") {
    HoldRequest request;
    for (const std::string& name : names) {
        request.targets.push_back(Stage::target(name));
    }
    request.reason = reason;
    return request;
}

HoldRequest resume(const std::vector<std::string>& names) {
    HoldRequest request = hold(names, "");
    request.change = HoldChange::resume;
    return request;
}

}  // namespace

TEST_CASE("several environments are held by one push, and promotions are refused") {
    Stage stage;
    (void)stage.promote({"staging", "production"}, stage.first.hex());
    const auto pushes = stage.remote.pushes.size();
    const auto outcomes = change_holds(stage.actors(), hold({"staging", "production"}));
    CHECK(stage.remote.pushes.size() == pushes + 1);
    REQUIRE(outcomes.size() == 2);
    CHECK(outcomes[0].changed);
    CHECK_FALSE(outcomes[0].before);
    CHECK(stage.words("production") == Words{"held a1", "promoted a1"});
    const PromoteOutcome refused = stage.promote({"staging"});
    CHECK(refused.plan.moves.front().refusal->because ==
          "held since 2026-01-01T00:00:00Z by ann: incident");

    const auto ended = change_holds(stage.actors(), resume({"staging"}));
    CHECK(ended.front().changed);
    CHECK(ended.front().before->reason == "incident");
    CHECK(stage.words("staging") == Words{"resumed a1", "held a1", "promoted a1"});
    CHECK_FALSE(stage.promote({"staging"}).plan.refused());
    CHECK(stage.promote({"production"}).plan.refused());
}

TEST_CASE("holding again for the same reason, or resuming what is not held, changes nothing") {
    Stage stage;
    (void)stage.promote({"staging"});
    CHECK_FALSE(change_holds(stage.actors(), resume({"staging"})).front().changed);
    CHECK(change_holds(stage.actors(), hold({"staging"})).front().changed);
    const auto pushes = stage.remote.pushes.size();
    CHECK_FALSE(change_holds(stage.actors(), hold({"staging"})).front().changed);
    CHECK(stage.remote.pushes.size() == pushes);
    CHECK(change_holds(stage.actors(), hold({"staging"}, "another")).front().changed);
}

TEST_CASE("an environment that was never deployed is held, too") {
    Stage stage;
    CHECK(change_holds(stage.actors(), hold({"staging"})).front().changed);
    CHECK(stage.words("staging") == Words{"held 00"});
    CHECK(stage.promote({"staging"}).plan.moves.front().refusal->what == "staging is held");
    CHECK(change_holds(stage.actors(), resume({"staging"})).front().changed);
    const PromoteOutcome made = stage.promote({"staging"});
    CHECK(made.placements.front().moved);
    CHECK_FALSE(made.plan.moves.front().drift);
    CHECK(stage.words("staging") == Words{"promoted a3", "resumed 00", "held 00"});
}

TEST_CASE("a damaged ledger and drift do not stand in the way of a hold") {
    Stage stage;
    (void)stage.promote({"staging"});
    stage.remote.refs["refs/heads/staging"] = stage.second;
    auto outcome = change_holds(stage.actors(), hold({"staging"})).front();
    CHECK(outcome.ledger->event.commit == stage.second);
    CHECK(outcome.ledger->event.drift == stage.third);

    stage.remote.refs["refs/headway/ledger/staging"] = stage.remote.commit(0xB7, {}, "No event");
    outcome = change_holds(stage.actors(), hold({"staging"})).front();
    CHECK(outcome.changed);
    CHECK(stage.words("staging") == Words{"held a2", "?"});
}

TEST_CASE("a hold after a failure only holds what failed, and a revert ends it") {
    Stage stage;
    (void)stage.promote({"staging"}, stage.first.hex());
    (void)stage.promote({"staging"}, stage.second.hex());
    HoldRequest request = hold({"staging"}, "5xx");
    request.range = BadRange{.good = stage.first, .bad = stage.second};
    request.only_at = stage.third;
    CHECK_FALSE(change_holds(stage.actors(), request).front().changed);
    request.only_at = stage.second;
    CHECK(change_holds(stage.actors(), request).front().changed);
    CHECK(stage.promote({"staging"}).plan.refused());

    const ObjectId fix = stage.remote.commit(
        0xA4, {stage.third}, "Revert\n\nThis reverts commit " + stage.second.hex() + ".");
    stage.remote.refs["refs/heads/main"] = fix;
    const PromoteOutcome mended = stage.promote({"staging"});
    CHECK(mended.placements.front().moved);
    CHECK(mended.placements.front().move.mend->by == fix);
    CHECK_FALSE(mended.placements.front().ledger->event.hold);
}

TEST_CASE("a lost race or answer of a hold is looked up") {
    Stage stage;
    (void)stage.promote({"staging"});
    stage.remote.lose_answers = 1;
    CHECK(change_holds(stage.actors(), hold({"staging"})).front().changed);
    CHECK(stage.words("staging") == Words{"held a3", "promoted a3"});
    stage.remote.before_push = [&](std::size_t) {
        stage.remote.before_push = nullptr;
        (void)stage.promote({"staging"}, stage.third.hex());
    };
    CHECK(change_holds(stage.actors(), resume({"staging"})).front().changed);
}
