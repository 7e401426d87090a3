#include <catch2/catch_test_macros.hpp>

#include <map>
#include <set>

#include "core/doctor_inspect.hpp"
#include "core/doctor_push.hpp"
#include "core_support.hpp"

using namespace headway;
using namespace headway::core;

namespace {

/// Environments e0, e1, …, the first of which are deployed.
struct Scene : fakes::Stage {
    std::vector<TrialTarget> targets(std::size_t count, std::size_t deployed) {
        std::vector<EnvironmentTarget> names;
        for (std::size_t index = 0; index < count; ++index) {
            const std::string name = "e" + std::to_string(index);
            names.push_back(target(name));
            if (index < deployed) {
                remote.refs["refs/heads/" + name] = index % 2 == 0 ? first : second;
            }
        }
        const auto found = inspect(remote, "main", names, 0);
        std::vector<TrialTarget> targets;
        for (const Inspection& inspection : found.environments) {
            targets.push_back(*branch_target(found, inspection));
        }
        return targets;
    }
};

/// Says yes to every update, whatever its old id.
class TakesAll final : public GitRemote {
public:
    RemoteRefs list_refs(std::span<const std::string> /*names*/) override { return {}; }
    CommitList commits_between(std::span<const ObjectId> /*wants*/,
                               std::span<const ObjectId> /*haves*/, Reach /*reach*/) override {
        return {};
    }
    std::optional<std::string> read_file(const ObjectId& /*commit*/,
                                         std::string_view /*name*/) override {
        return std::nullopt;
    }
    PushAbilities push_abilities() override { return {}; }
    ObjectId add_commit(const CommitDraft& draft) override {
        return fakes::id(draft.parents.front() == fakes::id(0xA1) ? 0xE1 : 0xE2);
    }
    TreeMerge merge_trees(const ObjectId& /*base*/, const ObjectId& /*ours*/,
                          const ObjectId& /*theirs*/) override {
        return {};
    }
    PushReport push(std::span<const RefUpdate> updates, const PushOptions& /*options*/) override {
        PushReport report;
        for (const RefUpdate& update : updates) {
            tips[update.ref] = update.desired;
            report.refs.push_back({update.ref, RefOutcome::accepted, {}});
        }
        return report;
    }

    std::map<std::string, ObjectId> tips;
};

TrialResult refused(RefusalKind kind, ExitCode code = ExitCode::refused) {
    return {.end = TrialEnd::refused,
            .diagnosis = {.kind = kind, .code = code, .because = "so it is", .hints = {"do this"}},
            .failure = {}};
}

TrialResult passed() {
    return {.end = TrialEnd::passed, .diagnosis = {}, .failure = {}};
}

}  // namespace

TEST_CASE("no trial can be carried out, whatever happens meanwhile") {
    for (const auto direction : {TrialDirection::forward, TrialDirection::back}) {
        Scene scene;
        const auto targets = scene.targets(4, 2);
        // Just before the server looks, somebody moves every branch to every commit there is.
        std::vector<ObjectId> places{scene.first, scene.second, scene.third};
        for (const ObjectId& place : places) {
            scene.remote.before_push = [&](std::size_t) {
                for (const TrialTarget& target : targets) {
                    scene.remote.refs[target.ref] = place;
                }
            };
            const auto results = try_pushes(scene.actors(), targets, direction);
            for (const TrialResult& result : results) {
                CHECK(result.end == TrialEnd::passed);
            }
            for (const TrialTarget& target : targets) {
                CHECK(scene.remote.refs[target.ref] == place);
            }
        }
        for (const auto& push : scene.remote.pushes) {
            for (const RefUpdate& update : push) {
                CHECK_FALSE(update.expected.is_null());
                CHECK_FALSE(update.desired.is_null());
                for (const ObjectId& place : places) {
                    CHECK(update.expected != place);
                }
            }
        }
    }
}

TEST_CASE("back asks for the place where the branch is, forward for a commit with its files") {
    Scene scene;
    const auto targets = scene.targets(1, 1);
    (void)try_pushes(scene.actors(), targets, TrialDirection::back);
    CHECK(scene.remote.pushes.back().front().desired == scene.first);
    (void)try_pushes(scene.actors(), targets, TrialDirection::forward);
    const RefUpdate& forward = scene.remote.pushes.back().front();
    const Commit& desired = scene.remote.commits.at(forward.desired);
    CHECK(desired.parents == std::vector<ObjectId>{forward.expected});
    CHECK(desired.tree == scene.remote.commits.at(scene.first).tree);
    CHECK(scene.remote.commits.at(forward.expected).parents == std::vector<ObjectId>{scene.first});
}

TEST_CASE("the same question makes the same commits") {
    Scene scene;
    const auto targets = scene.targets(1, 1);
    (void)try_pushes(scene.actors(), targets, TrialDirection::forward);
    scene.clock.pass(std::chrono::hours(1));
    (void)try_pushes(scene.actors(), targets, TrialDirection::forward);
    CHECK(scene.remote.pushes[0].front().desired == scene.remote.pushes[1].front().desired);
}

TEST_CASE("one push asks for all; a refusal is found by halves") {
    Scene scene;
    const auto targets = scene.targets(8, 8);
    (void)try_pushes(scene.actors(), targets, TrialDirection::back);
    CHECK(scene.remote.pushes.size() == 1);

    scene.remote.pushes.clear();
    scene.remote.refusals["refs/heads/e5"] = "protected";
    const auto results = try_pushes(scene.actors(), targets, TrialDirection::back);
    CHECK(scene.remote.pushes.size() == 7);
    for (std::size_t index = 0; index < results.size(); ++index) {
        CHECK(results[index].end == (index == 5 ? TrialEnd::refused : TrialEnd::passed));
    }
    CHECK(results[5].diagnosis.because == "protected (e5)");
    CHECK(try_pushes(scene.actors(), {}, TrialDirection::back).empty());
}

TEST_CASE("a fleet is not asked about without end") {
    Scene scene;
    const auto targets = scene.targets(100, 100);
    for (const TrialTarget& target : targets) {
        scene.remote.refusals[target.ref] = "force";
    }
    const auto trials = try_branches(scene.actors(), targets);
    CHECK(scene.remote.pushes.size() == 2 * k_most_trial_pushes);
    CHECK(trials.front().back.end == TrialEnd::refused);
    CHECK(trials.back().back.end == TrialEnd::left_out);
    const auto findings = judge_branch_trial(targets.back(), trials.back(), "git", "$T");
    CHECK(findings[0].verdict == Verdict::not_checked);
    CHECK(findings[0].text ==
          "too many environments are refused; headway doctor e99 asks for it alone");
    CHECK(findings[1].verdict == Verdict::not_checked);
    CHECK(judge_ledger_trial(targets.back(), trials.back().back, "git").verdict ==
          Verdict::not_checked);
}

TEST_CASE("only a branch that may not be moved back is asked about again") {
    Scene scene;
    const auto targets = scene.targets(3, 3);
    scene.remote.refusals["refs/heads/e1"] = "force";
    const auto trials = try_branches(scene.actors(), targets);
    CHECK_FALSE(trials[0].forward);
    REQUIRE(trials[1].forward);
    CHECK(trials[1].forward->end == TrialEnd::refused);
    CHECK_FALSE(trials[2].forward);
    CHECK(scene.remote.pushes.back().size() == 1);
}

TEST_CASE("an answer that does not come is told of each") {
    Scene scene;
    const auto targets = scene.targets(2, 2);
    scene.remote.lose_answers = 1;
    const auto results = try_pushes(scene.actors(), targets, TrialDirection::back);
    REQUIRE(results.size() == 2);
    CHECK(results[0].end == TrialEnd::unanswered);
    CHECK(results[1].end == TrialEnd::unanswered);
    CHECK(scene.remote.pushes.size() == 1);
    const auto findings = judge_branch_trial(targets[0], {results[0], {}}, "git", "$T");
    CHECK(findings[0].verdict == Verdict::problem);
    CHECK(findings[0].text == "no answer");
}

TEST_CASE("what a refusal means for a branch") {
    struct Row {
        RefusalKind kind;
        Verdict verdict;
    };
    const std::vector<Row> rows{
        {RefusalKind::protected_branch, Verdict::problem},
        {RefusalKind::merge_request_only, Verdict::problem},
        {RefusalKind::creation_forbidden, Verdict::problem},
        {RefusalKind::ref_forbidden, Verdict::problem},
        {RefusalKind::role_too_low, Verdict::problem},
        {RefusalKind::job_token_forbidden, Verdict::problem},
        {RefusalKind::not_authenticated, Verdict::problem},
        {RefusalKind::archived, Verdict::problem},
        {RefusalKind::read_only, Verdict::problem},
        {RefusalKind::server_broken, Verdict::problem},
        {RefusalKind::hook_declined, Verdict::warning},
        {RefusalKind::identity_refused, Verdict::warning},
        {RefusalKind::timed_out, Verdict::warning},
        {RefusalKind::unknown, Verdict::warning},
    };
    const TrialTarget target{.environment = "staging",
                             .ref = "refs/heads/staging",
                             .base = {{.id = fakes::id(0xA1), .tree = {}, .when = 0}},
                             .exists = true};
    for (const Row& row : rows) {
        const auto findings =
            judge_branch_trial(target, {refused(row.kind), refused(row.kind)}, "gitlab", "$T");
        CHECK(findings[0].verdict == row.verdict);
        CHECK(findings[0].hints == std::vector<std::string>{"do this"});
        CHECK(findings[1].verdict == Verdict::not_checked);
        const Finding ledger = judge_ledger_trial(target, refused(row.kind), "gitlab");
        CHECK(ledger.verdict == Verdict::problem);  // Events are such commits themselves.
    }
}

TEST_CASE("checks that the question's own commits cannot have had are no refusal") {
    const TrialTarget target{
        .environment = "staging", .ref = "refs/heads/staging", .base = {}, .exists = false};
    TrialResult result = refused(RefusalKind::protected_branch);
    result.diagnosis.because = "(the server said: \"Required status check ci is expected.\")";
    const auto findings = judge_branch_trial(target, {result, result}, "github", "$T");
    CHECK(findings[0].verdict == Verdict::warning);
}

TEST_CASE("what the two directions say together") {
    const TrialTarget target{
        .environment = "staging", .ref = "refs/heads/staging", .base = {}, .exists = false};
    const auto both = judge_branch_trial(target, {passed(), {}}, "gitlab", "");
    CHECK(both[0].text == "a push may move staging; whether it may create it shows only then");
    CHECK(both[1].text == "allowed: a rollback moves the branch back");

    const auto forward = judge_branch_trial(
        target, {refused(RefusalKind::force_push_forbidden), passed()}, "gitlab", "$T");
    CHECK(forward[0].verdict == Verdict::ok);
    CHECK(forward[1].verdict == Verdict::ok);
    CHECK(forward[1].text ==
          "not allowed: a rollback will use restore, a new commit with the old files");

    const auto azure = judge_branch_trial(target, {passed(), {}}, "azure-devops", "$T");
    CHECK(azure[0].verdict == Verdict::not_checked);
    CHECK(azure[1].verdict == Verdict::not_checked);
    CHECK(judge_ledger_trial(target, passed(), "azure-devops").verdict == Verdict::not_checked);
}

TEST_CASE("a server that does not compare puts the branch where it is") {
    fakes::Stage stage;
    TakesAll remote;
    const core::Actors whole = stage.actors();
    const core::Actors actors{remote, whole.forge, whole.clock, whole.trace, {}, whole.author};
    const TrialTarget target{.environment = "staging",
                             .ref = "refs/heads/staging",
                             .base = {{.id = fakes::id(0xA1), .tree = {}, .when = 0}},
                             .exists = true};
    const auto results = try_pushes(actors, {target}, TrialDirection::back);
    CHECK(results.front().end == TrialEnd::moved);
    CHECK(remote.tips["refs/heads/staging"] == fakes::id(0xA1));
}

TEST_CASE("a server that does not compare is found out") {
    TrialTarget target{.environment = "staging",
                       .ref = "refs/heads/staging",
                       .base = {{.id = fakes::id(0xA1), .tree = {}, .when = 0}},
                       .exists = true};
    const TrialResult moved{.end = TrialEnd::moved, .diagnosis = {}, .failure = {}};
    const auto findings = judge_branch_trial(target, {moved, {}}, "git", "$T");
    CHECK(findings[0].verdict == Verdict::problem);
    CHECK(findings[0].text == "the server moved staging, though the update named a wrong old id");
    CHECK(findings[0].hints.front() ==
          "look where it is: git ls-remote <remote> refs/heads/staging; it was at " +
              fakes::id(0xA1).hex());
    target.exists = false;
    CHECK(judge_ledger_trial(target, moved, "git").hints.front() ==
          "take it away again: git push <remote> :refs/heads/staging");
}
