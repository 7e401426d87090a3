#include <catch2/catch_test_macros.hpp>

#include "core/record.hpp"
#include "core_support.hpp"

using namespace headway;
using namespace headway::core;
using fakes::Stage;
using Words = std::vector<std::string>;

TEST_CASE("a verdict is appended with one push when the newest event is known") {
    Stage stage;
    const auto placement = stage.promote({"staging"}).placements.front();
    stage.remote.listings = stage.remote.questions = 0;
    CHECK(record_verdict(stage.actors(), Stage::target("staging"), stage.third, EventKind::verified,
                         "healthy", placement.ledger) == Recording::recorded);
    CHECK(stage.remote.listings == 0);
    CHECK(stage.words("staging") == Words{"verified a3", "promoted a3"});
    const auto facts = look_at(stage.remote, Stage::target("staging"));
    CHECK(facts.ledger->event.verified == stage.third);
    CHECK(facts.ledger->event.reason == "healthy");
}

TEST_CASE("the same verdict twice is one event") {
    Stage stage;
    (void)stage.promote({"staging"});
    const auto target = Stage::target("staging");
    CHECK(record_verdict(stage.actors(), target, stage.third, EventKind::unhealthy, "503",
                         std::nullopt) == Recording::recorded);
    CHECK(record_verdict(stage.actors(), target, stage.third, EventKind::unhealthy, "503",
                         std::nullopt) == Recording::known_already);
    CHECK(record_verdict(stage.actors(), target, stage.third, EventKind::verified, "200",
                         std::nullopt) == Recording::recorded);
    CHECK(stage.words("staging") == Words{"verified a3", "unhealthy a3", "promoted a3"});
}

TEST_CASE("a branch that moved meanwhile makes the verdict overtaken") {
    Stage stage;
    const auto placement = stage.promote({"staging"}, stage.second.hex()).placements.front();
    (void)stage.promote({"staging"});
    CHECK(record_verdict(stage.actors(), Stage::target("staging"), stage.second,
                         EventKind::unhealthy, "503", placement.ledger) == Recording::overtaken);
    CHECK(stage.words("staging") == Words{"promoted a3", "promoted a2"});
}

TEST_CASE("an unhealthy verdict keeps the last verified commit") {
    Stage stage;
    const auto target = Stage::target("staging");
    (void)stage.promote({"staging"}, stage.first.hex());
    (void)record_verdict(stage.actors(), target, stage.first, EventKind::verified, "",
                         std::nullopt);
    (void)stage.promote({"staging"});
    (void)record_verdict(stage.actors(), target, stage.third, EventKind::unhealthy, "503",
                         std::nullopt);
    CHECK(look_at(stage.remote, target).ledger->event.verified == stage.first);
}

TEST_CASE("without a ledger there is nothing to record") {
    Stage stage;
    auto target = Stage::target("staging");
    target.ledger_ref.clear();
    CHECK(record_verdict(stage.actors(), target, stage.third, EventKind::verified, "",
                         std::nullopt) == Recording::off);
    CHECK(stage.remote.pushes.empty());
}
