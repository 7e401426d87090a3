#include <catch2/catch_test_macros.hpp>

#include "core/plan.hpp"
#include "fakes.hpp"

using namespace headway;
using namespace headway::core;

namespace {

const ObjectId k_commit = fakes::id(0xC1);
const ObjectId k_old = fakes::id(0xB1);

LedgerTip ledger_at(const ObjectId& commit) {
    LedgerTip tip;
    tip.id = fakes::id(0xE1);
    tip.event.environment = "staging";
    tip.event.commit = commit;
    return tip;
}

EnvironmentFacts environment(Relation relation, std::optional<ObjectId> tip) {
    EnvironmentFacts facts;
    facts.name = "staging";
    facts.branch_ref = "refs/heads/deploy/staging";
    facts.ledger_ref = "refs/headway/ledger/staging";
    facts.relation = relation;
    facts.tip = tip;
    if (tip) {
        facts.ledger = ledger_at(*tip);
        facts.ledger_id = facts.ledger->id;
    }
    return facts;
}

PromotionFacts facts_with(std::vector<EnvironmentFacts> environments) {
    PromotionFacts facts;
    facts.source = "main";
    facts.source_tip = fakes::id(0xD1);
    facts.commit = k_commit;
    facts.commit_on_source = true;
    facts.environments = std::move(environments);
    return facts;
}

Rules rules(HoldPolicy holds = HoldPolicy::respect) {
    return {.holds = holds, .freeze = FreezePolicy::respect, .now = 1'767'225'600};
}

Move decide(const EnvironmentFacts& facts, HoldPolicy holds = HoldPolicy::respect) {
    return make_plan(facts_with({facts}), rules(holds)).moves.front();
}

Commit in_the_way(std::uint8_t name, ObjectId parent) {
    Commit commit;
    commit.id = fakes::id(name);
    commit.parents = {parent};
    commit.author.name = "Eve";
    commit.message = "Hotfix " + commit.id.hex().substr(0, 2) + "\n";
    return commit;
}

}  // namespace

TEST_CASE("every relation has its action") {
    struct Row {
        Relation relation;
        std::optional<ObjectId> tip;
        Action action;
    };
    const std::vector<Row> rows{
        {Relation::missing, std::nullopt, Action::create},
        {Relation::behind, k_old, Action::fast_forward},
        {Relation::equal, k_commit, Action::done_already},
        {Relation::ahead, fakes::id(0xD1), Action::superseded},
        {Relation::diverged, k_old, Action::refuse},
    };
    for (const Row& row : rows) {
        const Move move = decide(environment(row.relation, row.tip));
        CHECK(word_of(move.action) == word_of(row.action));
        CHECK(move.from == row.tip);
        CHECK(move.to == k_commit);
        CHECK_FALSE(move.drift);
        CHECK(move.refusal.has_value() == (row.action == Action::refuse));
    }
}

TEST_CASE("a branch that is there without the ledger knowing is put on record") {
    auto facts = environment(Relation::equal, k_commit);
    facts.ledger = ledger_at(k_old);
    Move move = decide(facts);
    CHECK(move.action == Action::record);
    CHECK(move.drift == k_old);

    facts.ledger.reset();
    facts.ledger_id.reset();
    move = decide(facts);
    CHECK(move.action == Action::record);
    CHECK_FALSE(move.drift);

    facts.ledger_ref.clear();
    CHECK(decide(facts).action == Action::done_already);
}

TEST_CASE("a branch that something else moved is drift, and still moves") {
    auto facts = environment(Relation::behind, k_old);
    facts.ledger = ledger_at(fakes::id(0xA1));
    const Move move = decide(facts);
    CHECK(move.action == Action::fast_forward);
    CHECK(move.drift == fakes::id(0xA1));

    auto deleted = environment(Relation::missing, std::nullopt);
    deleted.ledger = ledger_at(k_old);
    CHECK(decide(deleted).drift == k_old);
}

TEST_CASE("a hold refuses what would move, and nothing else") {
    for (const Relation relation : {Relation::behind, Relation::missing}) {
        auto facts = environment(relation, k_old);
        facts.ledger->event.hold =
            Hold{.since = 1'767'225'600, .by = "ann", .reason = "5xx after deploy"};
        const Move move = decide(facts);
        REQUIRE(move.refusal);
        CHECK(move.refusal->what == "staging is held");
        CHECK(move.refusal->because == "held since 2026-01-01T00:00:00Z by ann: 5xx after deploy");
        CHECK(move.refusal->hints ==
              std::vector<std::string>{
                  "when the cause is mended: headway promote staging --release-hold",
                  "or end the hold alone: headway resume staging"});

        const Move released = decide(facts, HoldPolicy::release);
        CHECK(released.moves_branch());
        CHECK(released.released_hold.has_value());
    }
    auto equal = environment(Relation::equal, k_commit);
    equal.ledger->event.hold = Hold{};
    CHECK(decide(equal).action == Action::done_already);
    auto ahead = environment(Relation::ahead, fakes::id(0xD1));
    ahead.ledger->event.hold = Hold{};
    CHECK(decide(ahead).action == Action::superseded);
}

TEST_CASE("a diverged branch is refused with the commits in the way and both ways out") {
    auto facts = environment(Relation::diverged, fakes::id(0xF2));
    facts.in_the_way = {in_the_way(0xF2, fakes::id(0xF1)), in_the_way(0xF1, k_old)};
    Move move = decide(facts);
    REQUIRE(move.refusal);
    CHECK(move.refusal->what == "deploy/staging has diverged from main");
    CHECK(move.refusal->because ==
          "deploy/staging has commits that c1000000 does not contain: f2000000 Hotfix f2 (Eve); "
          "f1000000 Hotfix f1 (Eve)");
    CHECK(move.refusal->hints ==
          std::vector<std::string>{
              "keep them: merge f2000000 into main, then promote again",
              "drop them: headway rollback staging --to b100000000000000000000000000000000000000 "
              "--reason \"drop commits that are not on main\", then: headway promote staging "
              "--release-hold"});

    facts.in_the_way.pop_back();
    facts.in_the_way_cut = true;
    move = decide(facts);
    CHECK(move.refusal->because ==
          "deploy/staging has commits that c1000000 does not contain: f2000000 Hotfix f2 (Eve); "
          "and more");
    CHECK(move.refusal->hints.back() ==
          "drop them: git push "
          "--force-with-lease=refs/heads/deploy/"
          "staging:f200000000000000000000000000000000000000 <remote> "
          "c100000000000000000000000000000000000000:refs/heads/deploy/staging");

    facts.in_the_way.clear();
    for (std::uint8_t name = 0xF7; name > 0xF0; --name) {
        facts.in_the_way.push_back(
            in_the_way(name, fakes::id(static_cast<std::uint8_t>(name - 1))));
    }
    facts.in_the_way_cut = false;
    CHECK(decide(facts).refusal->because.ends_with("; and 2 more"));
    facts.in_the_way_cut = true;
    CHECK(decide(facts).refusal->because.ends_with("; and at least 2 more"));
}

TEST_CASE("a commit that is not on the source branch is refused") {
    auto facts = facts_with({environment(Relation::behind, k_old)});
    facts.commit_on_source = false;
    const Plan plan = make_plan(facts, rules(HoldPolicy::release));
    REQUIRE(plan.refused());
    const Refusal& refusal = *plan.moves.front().refusal;
    CHECK(refusal.what == "c1000000 is not on main");
    CHECK(refusal.because ==
          "deployment branches hold only commits of main, and the remote's main (d1000000) does "
          "not contain this one");
    CHECK(refusal.hints ==
          std::vector<std::string>{"merge it into main, then: headway promote staging",
                                   "or name another source branch: --source BRANCH"});
}

TEST_CASE("a commit of a merge request's pipeline is refused with what that is") {
    auto facts = facts_with({environment(Relation::behind, k_old)});
    facts.commit_on_source = false;
    facts.unmerged = {.because = "it is not merged yet", .hint = "run on {source}, on pushes"};
    const Plan plan = make_plan(facts, rules(HoldPolicy::release));
    REQUIRE(plan.refused());
    const Refusal& refusal = *plan.moves.front().refusal;
    CHECK(refusal.because ==
          "it is not merged yet; deployment branches hold only commits of main, and the remote's "
          "main (d1000000) does not contain this one");
    CHECK(refusal.hints == std::vector<std::string>{"run on main, on pushes",
                                                    "or name a commit of main: --commit SHA"});
}

TEST_CASE("a damaged ledger is refused before anything else") {
    auto facts = environment(Relation::behind, k_old);
    facts.ledger.reset();
    facts.ledger_damage = "its tree is not empty";
    const Move move = decide(facts);
    REQUIRE(move.refusal);
    CHECK(move.refusal->what == "the ledger of staging is damaged");
    CHECK(move.refusal->because ==
          "the newest commit of refs/headway/ledger/staging is no event of this ledger: its tree "
          "is not empty");
    CHECK(move.refusal->hints ==
          std::vector<std::string>{
              "look at it: git fetch <remote> refs/headway/ledger/staging && git log FETCH_HEAD",
              "start a new ledger: git push <remote> :refs/headway/ledger/staging"});
}

TEST_CASE("one refusal means that nothing is written") {
    auto other = environment(Relation::diverged, k_old);
    other.name = "production";
    const Plan plan = make_plan(facts_with({environment(Relation::behind, k_old), other}), rules());
    CHECK(plan.refused());
    CHECK_FALSE(plan.writes());
    CHECK(plan.moves[0].action == Action::fast_forward);
    CHECK(plan.moves[1].action == Action::refuse);
}

TEST_CASE("a plan without moves writes nothing") {
    const Plan plan = make_plan(facts_with({environment(Relation::equal, k_commit),
                                            environment(Relation::ahead, fakes::id(0xD1))}),
                                rules());
    CHECK_FALSE(plan.refused());
    CHECK_FALSE(plan.writes());
}
