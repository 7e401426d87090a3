#include <catch2/catch_test_macros.hpp>

#include <algorithm>

#include "core/commit_graph.hpp"
#include "core/status.hpp"
#include "core_support.hpp"

using namespace headway;
using namespace headway::core;
using fakes::Stage;
using Concerns = std::vector<Concern>;
using Hints = std::vector<std::string>;

namespace {

Event event_of(EventKind kind, const ObjectId& commit) {
    Event event;
    event.kind = kind;
    event.environment = "staging";
    event.commit = commit;
    return event;
}

Event verified(const ObjectId& commit) {
    Event event = event_of(EventKind::verified, commit);
    event.verified = commit;
    return event;
}

/// Appends an event to staging's ledger without moving anything.
void append(Stage& stage, const Event& event) {
    const std::string ref = "refs/headway/ledger/" + event.environment;
    const auto found = stage.remote.refs.find(ref);
    const ObjectId parent = found == stage.remote.refs.end() ? ObjectId{} : found->second;
    const ObjectId id = stage.remote.add_commit(
        draft_of(event, parent.is_null() ? std::nullopt : std::optional(parent),
                 {.name = "headway", .email = "", .when = 1000, .offset_minutes = 0}));
    const std::vector<RefUpdate> updates{{.ref = ref, .expected = parent, .desired = id}};
    (void)stage.remote.push(updates, {});
}

std::vector<EnvironmentStatus> read(Stage& stage, const std::vector<std::string>& names,
                                    const std::string& source = "main") {
    std::vector<StatusTarget> targets;
    for (const std::string& name : names) {
        targets.push_back({.refs = Stage::target(name), .verifiable = true});
    }
    return status_of(read_status(stage.remote, source, targets));
}

EnvironmentStatus staging(Stage& stage) {
    return read(stage, {"staging"}).front();
}

Concerns concerns_of(const EnvironmentStatus& status) {
    Concerns concerns;
    for (const Attention& attention : status.attention) {
        concerns.push_back(attention.concern);
    }
    return concerns;
}

/// The dates of the stage's commits: one a minute.
void date_commits(Stage& stage) {
    std::int64_t when = 100;
    for (auto& [id, commit] : stage.remote.commits) {
        commit.committer.when = when += 60;
    }
}

}  // namespace

TEST_CASE("status: an environment that is well") {
    Stage stage;
    stage.remote.refs["refs/heads/staging"] = stage.first;
    append(stage, verified(stage.first));
    const auto status = staging(stage);
    CHECK(status.commit == stage.first);
    CHECK(status.standing == Standing::verified);
    CHECK(status.on_source == true);
    CHECK(status.behind->commits == 2);
    CHECK_FALSE(status.behind->at_least);
    CHECK_FALSE(status.joined);
    CHECK(status.attention.empty());
}

TEST_CASE("status: the verdict is about the deployed commit alone") {
    Stage stage;
    stage.remote.refs["refs/heads/staging"] = stage.second;
    struct Row {
        EventKind kind;
        std::optional<ObjectId> verified;
        Standing standing;
        Hints hints;
    };
    const std::string back = "headway rollback staging --to " + stage.first.hex();
    const std::vector<Row> rows{
        {EventKind::promoted, {}, Standing::unverified, {"headway verify staging"}},
        {EventKind::promoted, stage.first, Standing::unverified, {"headway verify staging"}},
        {EventKind::resumed, stage.second, Standing::verified, {}},
        {EventKind::unhealthy, {}, Standing::unhealthy, {"headway verify staging"}},
        {EventKind::unhealthy, stage.first, Standing::unhealthy, {back, "headway verify staging"}},
    };
    for (const Row& row : rows) {
        Event event = event_of(row.kind, stage.second);
        event.verified = row.verified;
        append(stage, event);
        const auto status = staging(stage);
        CHECK(status.standing == row.standing);
        CHECK((status.attention.empty() ? Hints{} : status.attention.front().hints) == row.hints);
    }
}

TEST_CASE("status: drift, and a branch that is gone") {
    Stage stage;
    stage.remote.refs["refs/heads/staging"] = stage.first;
    append(stage, verified(stage.second));
    auto status = staging(stage);
    CHECK(status.commit == stage.first);
    CHECK(status.standing == Standing::unverified);
    CHECK(concerns_of(status) == Concerns{Concern::drifted, Concern::unverified});
    CHECK(status.attention.front().hints ==
          Hints{"put it on record: headway promote staging --commit " + stage.first.hex(),
                "undo it: headway rollback staging --to " + stage.second.hex()});
    stage.remote.refs.erase("refs/heads/staging");
    status = staging(stage);
    CHECK_FALSE(status.commit);
    CHECK(concerns_of(status) == Concerns{Concern::drifted});
    CHECK(status.attention.front().hints ==
          Hints{"headway promote staging --commit " + stage.second.hex()});
}

TEST_CASE("status: moved back to what is verified is drift, and verified all the same") {
    Stage stage;
    stage.remote.refs["refs/heads/staging"] = stage.first;
    Event event = event_of(EventKind::promoted, stage.second);
    event.verified = stage.first;
    append(stage, event);
    const auto status = staging(stage);
    CHECK(status.standing == Standing::verified);
    CHECK(concerns_of(status) == Concerns{Concern::drifted});
}

TEST_CASE("status: never deployed, and held before that") {
    Stage stage;
    CHECK(concerns_of(staging(stage)) == Concerns{Concern::never_deployed});
    CHECK(stage.remote.questions == 0);
    Event event = event_of(EventKind::held, {});
    event.hold = Hold{.since = 0, .by = "ada", .reason = "stop"};
    append(stage, event);
    auto status = staging(stage);
    CHECK(concerns_of(status) == Concerns{Concern::never_deployed, Concern::held});
    CHECK(status.attention.back().what == "held since 1970-01-01T00:00:00Z by ada: stop");
    CHECK(status.attention.back().hints ==
          Hints{"headway resume staging", "headway promote staging --release-hold"});
    // A branch that appears then was made by something else.
    stage.remote.refs["refs/heads/staging"] = stage.first;
    status = staging(stage);
    CHECK(status.attention.front().what ==
          "moved by something else: the ledger expects no branch, the branch is at a1000000");
    CHECK(status.attention.front().hints.size() == 1);
}

TEST_CASE("status: what was rolled back is released by a promotion first") {
    Stage stage;
    stage.remote.refs["refs/heads/staging"] = stage.first;
    Event event = verified(stage.first);
    event.hold = Hold{.since = 0, .by = "", .reason = ""};
    event.hold->range = BadRange{.good = stage.first, .bad = stage.third};
    append(stage, event);
    const auto status = staging(stage);
    REQUIRE(concerns_of(status) == Concerns{Concern::held});
    CHECK(status.attention.front().what == "held since 1970-01-01T00:00:00Z");
    CHECK(status.attention.front().hints ==
          Hints{"headway promote staging --release-hold", "headway resume staging"});
}

TEST_CASE("status: without a ledger nothing is known of verdict and drift") {
    Stage stage;
    stage.remote.refs["refs/heads/staging"] = stage.second;
    StatusTarget target{.refs = Stage::target("staging"), .verifiable = true};
    target.refs.ledger_ref.clear();
    const auto status = status_of(read_status(stage.remote, "main", {target})).front();
    CHECK(status.standing == Standing::unknown);
    CHECK(status.behind->commits == 1);
    CHECK(status.attention.empty());
}

TEST_CASE("status: a damaged ledger") {
    Stage stage;
    stage.remote.refs["refs/heads/staging"] = stage.third;
    stage.remote.refs["refs/headway/ledger/staging"] = stage.first;
    const auto status = staging(stage);
    CHECK(status.ledger_damage == "its tree is not empty");
    CHECK(status.standing == Standing::unknown);
    CHECK(concerns_of(status) == Concerns{Concern::damaged});
}

TEST_CASE("status: a joined branch stands for the commit below it") {
    Stage stage;
    const ObjectId own = stage.remote.commit(0xB1, {stage.third}, "Restore");
    stage.remote.refs["refs/heads/staging"] = own;
    Event event = verified(stage.first);
    event.tip = own;
    append(stage, event);
    const auto status = staging(stage);
    CHECK(status.joined);
    CHECK(status.commit == stage.first);
    CHECK(status.on_source == true);
    CHECK(status.behind->commits == 2);
    CHECK(status.attention.empty());
}

TEST_CASE("status: what is not on the source branch") {
    Stage stage;
    const ObjectId stray = stage.remote.commit(0xB1, {stage.second}, "Hotfix");
    stage.remote.refs["refs/heads/stray"] = stray;
    stage.remote.refs["refs/heads/staging"] = stage.first;
    for (const bool stray_is_oldest : {false, true}) {
        date_commits(stage);
        if (stray_is_oldest) {
            stage.remote.commits[stray].committer.when = 1;
        }
        const auto list = read(stage, {"stray", "staging"});
        CHECK(list[0].on_source == false);
        CHECK(list[0].concerned(Concern::not_on_source));
        CHECK(list[0].behind->commits == 1);
        // With a clock that is this wrong, the other's distance is a lower bound.
        CHECK(list[1].on_source != false);
        CHECK(list[1].behind->at_least == stray_is_oldest);
        CHECK((list[1].behind->commits == 2 || stray_is_oldest));
    }
}

TEST_CASE("status: distances through a merge") {
    // A1 ← A2 ← A3 ← A5 (merge of A3 and A4) ; A4 forks from A1.
    Stage stage;
    const ObjectId side = stage.remote.commit(0xA4, {stage.first});
    const ObjectId merge = stage.remote.commit(0xA5, {stage.third, side});
    stage.remote.refs["refs/heads/main"] = merge;
    const std::vector<std::pair<std::string, ObjectId>> branches{
        {"one", stage.first}, {"two", stage.second}, {"side", side}, {"tip", merge}};
    for (const auto& [name, commit] : branches) {
        stage.remote.refs["refs/heads/" + name] = commit;
    }
    date_commits(stage);
    const auto list = read(stage, {"one", "two", "side", "tip"});
    const std::vector<std::size_t> expected{4, 3, 3, 0};  // of A2, A3, A4, A5
    for (std::size_t index = 0; index < list.size(); ++index) {
        CHECK(list[index].behind->commits == expected[index]);
        CHECK_FALSE(list[index].behind->at_least);
        CHECK(list[index].on_source == true);
    }
}

TEST_CASE("status: commits of the same second are bounded, never called astray") {
    Stage stage;  // all dates are 0
    stage.remote.refs["refs/heads/one"] = stage.first;
    stage.remote.refs["refs/heads/two"] = stage.second;
    for (const auto& status : read(stage, {"one", "two"})) {
        CHECK(status.on_source == true);
        CHECK(status.behind->commits >= 1);
    }
}

TEST_CASE("status: a list that was cut off") {
    Stage stage;
    stage.remote.refs["refs/heads/staging"] = stage.first;
    const std::vector<StatusTarget> targets{{.refs = Stage::target("staging")}};
    StatusFacts facts = read_status(stage.remote, "main", targets);
    std::erase_if(facts.between.commits,
                  [&](const Commit& commit) { return commit.id == stage.second; });
    facts.between.cut = true;
    const auto status = status_of(facts).front();
    CHECK(status.behind->commits == 1);
    CHECK(status.behind->at_least);
    CHECK_FALSE(status.on_source);
}

TEST_CASE("status: a thousand environments, one listing and two questions") {
    Stage stage;
    std::vector<std::string> names;
    for (int number = 0; number < 1000; ++number) {
        names.push_back("edge-" + std::to_string(number));
        stage.remote.refs["refs/heads/" + names.back()] =
            number % 2 == 0 ? stage.first : stage.third;
    }
    const auto list = read(stage, names);
    CHECK(stage.remote.listings == 1);
    CHECK(stage.remote.questions == 2);
    CHECK(list[0].behind->commits == 2);
    CHECK(list[1].behind->commits == 0);
}

TEST_CASE("status: without a source branch all but the distance is known") {
    Stage stage;
    stage.remote.refs["refs/heads/staging"] = stage.first;
    append(stage, verified(stage.first));
    const auto status = read(stage, {"staging"}, "gone").front();
    CHECK(status.standing == Standing::verified);
    CHECK_FALSE(status.behind);
    CHECK_FALSE(status.on_source);
    CHECK(status.attention.empty());
}

TEST_CASE("status: every word") {
    CHECK(word_of(Concern::never_deployed, "main") == "never deployed");
    CHECK(word_of(Concern::damaged, "main") == "ledger damaged");
    CHECK(word_of(Concern::drifted, "main") == "drifted");
    CHECK(word_of(Concern::not_on_source, "trunk") == "not on trunk");
    CHECK(word_of(Concern::unhealthy, "main") == "unhealthy");
    CHECK(word_of(Concern::unverified, "main") == "unverified");
    CHECK(word_of(Concern::held, "main") == "held");
    CHECK(word_of(Standing::unknown) == "unknown");
    CHECK(word_of(Standing::verified) == "verified");
    CHECK(word_of(Standing::unhealthy) == "unhealthy");
    CHECK(word_of(Standing::unverified) == "unverified");
}
