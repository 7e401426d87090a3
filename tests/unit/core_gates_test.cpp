#include <catch2/catch_test_macros.hpp>

#include "core/gates.hpp"
#include "core/record.hpp"
#include "core_support.hpp"

using namespace headway;
using namespace headway::core;
using fakes::Stage;
using Words = std::vector<std::string>;

namespace {

constexpr std::int64_t k_now = 1'767'225'600;  // Thu 2026-01-01 00:00:00 UTC.
const ObjectId k_commit = fakes::id(0xC1);

AfterFacts staging(std::optional<std::int64_t> since, std::optional<ObjectId> deployed = k_commit) {
    return {.name = "staging",
            .ledger_ref = "refs/headway/ledger/staging",
            .ledger_damage = "",
            .verified_since = since,
            .deployed = deployed};
}

/// Thursdays, from 00:00 to the hour.
FreezeWindow thursday(int to) {
    FreezeWindow window;
    window.recurrence = Recurrence::weekly;
    window.from.weekday = window.to.weekday = 4;
    window.to.hour = to;
    window.zone = "UTC";
    return window;
}

GateVerdict judge(const GateFacts& gates, FreezePolicy policy = FreezePolicy::respect) {
    return judge_gates(gates, "production", k_commit, k_now, policy);
}

}  // namespace

TEST_CASE("without gates nothing is asked for") {
    CHECK_FALSE(judge({}).refusal);
}

TEST_CASE("what goes first must have verified the same commit") {
    GateFacts gates;
    gates.after = {staging(k_now)};
    CHECK_FALSE(judge(gates).refusal);

    gates.after = {staging(std::nullopt, fakes::id(0xA1))};
    auto refusal = judge(gates).refusal;
    REQUIRE(refusal);
    CHECK(refusal->what == "production waits for staging");
    CHECK(refusal->because == "staging has not verified c1000000 (it is at a1000000)");
    CHECK(refusal->hints == Words{"headway promote staging --commit " + k_commit.hex()});

    gates.after = {staging(std::nullopt, std::nullopt)};
    CHECK(judge(gates).refusal->because ==
          "staging has not verified c1000000 (it was never deployed)");

    gates.after = {staging(std::nullopt)};
    CHECK(judge(gates).refusal->hints == Words{"headway verify staging"});

    gates.after.front().ledger_damage = "its tree is not empty";
    refusal = judge(gates).refusal;
    CHECK(refusal->because == "the ledger of staging is damaged: its tree is not empty");
    CHECK(
        refusal->hints ==
        Words{"look at it: git fetch <remote> refs/headway/ledger/staging && git log FETCH_HEAD"});
}

TEST_CASE("and must have run it for the soak time, to the second") {
    GateFacts gates;
    gates.soak = std::chrono::minutes(30);
    gates.after = {staging(k_now - 1800)};
    CHECK_FALSE(judge(gates).refusal);
    gates.after = {staging(k_now - 1799)};
    const auto refusal = judge(gates).refusal;
    REQUIRE(refusal);
    CHECK(refusal->what == "production waits for the soak time");
    CHECK(refusal->because == "staging has run c1000000 for 30 min, and 30 min are asked for");
    CHECK(refusal->hints ==
          Words{"it opens at 2026-01-01T00:00:01Z, in 1 s: then run the same command again"});
}

TEST_CASE("a freeze refuses until it opens, and can be overridden") {
    GateFacts gates;
    gates.freeze = {thursday(8)};
    const auto refusal = judge(gates).refusal;
    REQUIRE(refusal);
    CHECK(refusal->what == "production is frozen");
    CHECK(refusal->because == "freeze: Thu 00:00 to Thu 08:00 UTC");
    CHECK(refusal->hints ==
          Words{"it opens at Thu 2026-01-01 08:00 UTC (2026-01-01T08:00:00Z), in 8 h 0 min: then "
                "run the same command again",
                "in an emergency: headway promote production --commit " + k_commit.hex() +
                    " --override-freeze --reason TEXT"});

    const GateVerdict overridden = judge(gates, FreezePolicy::override_it);
    CHECK_FALSE(overridden.refusal);
    CHECK(overridden.overridden == "Thu 00:00 to Thu 08:00 UTC");
    CHECK(judge({}, FreezePolicy::override_it).overridden.empty());
}

TEST_CASE("everything that is missing is named at once") {
    GateFacts gates;
    gates.after = {staging(std::nullopt, std::nullopt)};
    gates.after.push_back(staging(k_now - 60));
    gates.after.back().name = "uat";
    gates.soak = std::chrono::hours(50);
    gates.freeze = {thursday(1)};
    const auto refusal = judge(gates).refusal;
    REQUIRE(refusal);
    CHECK(refusal->what == "production waits for staging");
    CHECK(refusal->because ==
          "staging has not verified c1000000 (it was never deployed); uat has run c1000000 for 1 "
          "min, and 2 days 2 h are asked for; freeze: Thu 00:00 to Thu 01:00 UTC");
    CHECK(refusal->hints.size() == 4);
}

TEST_CASE("gates are read from the other ledgers, whatever has happened there since") {
    Stage stage;
    const auto request = [] {
        PromoteRequest made = Stage::request({"production"}, fakes::id(0xA1).hex());
        made.survey.environments.front().after = {{"staging", "refs/headway/ledger/staging"}};
        return made;
    };
    CHECK(promote(stage.actors(), request()).plan.moves.front().refusal->because ==
          "staging has not verified a1000000 (it was never deployed)");
    (void)stage.promote({"staging"}, stage.first.hex());
    CHECK(promote(stage.actors(), request()).plan.moves.front().refusal->because ==
          "staging has not verified a1000000 (it is at a1000000)");
    (void)record_verdict(stage.actors(), Stage::target("staging"), stage.first, EventKind::verified,
                         "healthy", std::nullopt);
    stage.remote.questions = 0;
    CHECK_FALSE(promote(stage.actors(), request()).plan.refused());
    CHECK(stage.remote.questions <= 2);  // The newest event tells; no chain is read.

    // Staging has gone on, and what it verified then still counts.
    Stage later;
    (void)later.promote({"staging"}, later.first.hex());
    (void)record_verdict(later.actors(), Stage::target("staging"), later.first, EventKind::verified,
                         "healthy", std::nullopt);
    (void)later.promote({"staging"});
    (void)record_verdict(later.actors(), Stage::target("staging"), later.third, EventKind::verified,
                         "healthy", std::nullopt);
    CHECK_FALSE(promote(later.actors(), request()).plan.refused());
}

TEST_CASE("gates are judged at the moment of the push, not when the run began") {
    Stage stage;
    PromoteRequest request = Stage::request({"staging"});
    FreezeWindow window;  // From one minute after the start on.
    window.recurrence = Recurrence::once;
    window.from = {.year = 2026, .month = 1, .day = 1, .weekday = 0, .hour = 0, .minute = 1};
    window.to = {.year = 2026, .month = 1, .day = 2, .weekday = 0, .hour = 0, .minute = 0};
    window.zone = "UTC";
    request.survey.environments.front().freeze = {window};
    stage.remote.before_push = [&](std::size_t) {
        stage.clock.pass(std::chrono::minutes(2));  // Meanwhile somebody else wins the race.
        stage.remote.before_push = nullptr;
        stage.remote.refs["refs/heads/staging"] = stage.first;
    };
    const PromoteOutcome outcome = promote(stage.actors(), request);
    CHECK(outcome.attempts == 2);
    REQUIRE(outcome.plan.refused());
    CHECK(outcome.plan.moves.front().refusal->what == "staging is frozen");
    CHECK(stage.remote.refs.at("refs/heads/staging") == stage.first);
}

TEST_CASE("a retried job is told apart from a slow one by the ledger") {
    Stage stage;
    (void)stage.promote({"staging"}, stage.first.hex());
    (void)stage.promote({"staging"});
    CHECK(stage.promote({"staging"}, stage.second.hex()).plan.moves.front().action ==
          Action::superseded);
    const PromoteOutcome refused = stage.promote({"staging"}, stage.first.hex());
    const Move& move = refused.plan.moves.front();
    REQUIRE(move.refusal);
    CHECK(move.refusal->what == "a1000000 was deployed to staging before");
    CHECK(move.refusal->because ==
          "it was deployed at 2026-01-01T00:00:00Z by ann, a3000000 is deployed now: this job has "
          "been run again");
    CHECK(move.refusal->hints ==
          Words{"to go back to it: headway rollback staging --to " + stage.first.hex(),
                "or let such a job roll back: on_retry: rollback below staging in .headway.yml"});

    PromoteRequest request = Stage::request({"staging"}, stage.first.hex());
    request.survey.environments.front().on_retry = OnRetry::rollback;
    const PromoteOutcome back = promote(stage.actors(), request);
    CHECK(back.plan.moves.front().action == Action::go_back);
    CHECK_FALSE(back.plan.writes());
}
