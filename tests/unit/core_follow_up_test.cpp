#include <catch2/catch_test_macros.hpp>

#include "core/follow_up.hpp"
#include "core_support.hpp"

using namespace headway;
using namespace headway::core;
using fakes::id;
using fakes::Stage;
using Words = std::vector<std::string>;

namespace {

const std::string k_branch_ref = "refs/heads/headway/revert-a3000000-staging";

/// Staging went back from the third commit to the first.
struct Scene : Stage {
    Scene() {
        remote.commits[first].tree = id(0x11);
        remote.commits[second].tree = id(0x12);
        remote.commits[third].tree = id(0x13);
        remote.server_messages = {"https://forge/mr/7"};
        request = {.source = "main",
                   .environment = "staging",
                   .good = first,
                   .bad = third,
                   .reason = "it burns",
                   .rehearsal = Rehearsal::real};
    }

    FollowUp open() { return open_follow_up(actors(), request); }

    /// One more commit on main, with files of its own.
    void move_on() {
        remote.refs["refs/heads/main"] = remote.commit(0xB4, {third}, "More");
        remote.commits[id(0xB4)].tree = id(0x14);
        remote.merge_outcome.tree = id(0x15);
    }

    [[nodiscard]] std::string command(const std::string& revert, const std::string& source = "main",
                                      const std::string& origin = "origin/main") const {
        return "git fetch origin " + source + " && git switch -c " + k_branch_ref.substr(11) + " " +
               origin + " && " + revert + " && git push -u origin HEAD";
    }
    [[nodiscard]] std::string range() const { return first.hex() + ".." + third.hex(); }

    FollowUpRequest request;
};

}  // namespace

TEST_CASE("a follow-up is one commit on the source branch, pushed with the forge's options") {
    Scene scene;
    const FollowUp outcome = scene.open();
    CHECK(outcome.state == FollowUpState::opened);
    CHECK(outcome.url == "https://forge/mr/7");
    CHECK(outcome.branch == "headway/revert-a3000000-staging");
    CHECK(outcome.commands.empty());
    const Commit& revert = scene.remote.commits.at(scene.remote.refs.at(k_branch_ref));
    CHECK(outcome.commit == revert.id);
    CHECK(revert.tree == id(0x11));
    CHECK(revert.parents == std::vector{scene.third});
    CHECK(revert.author.email == "headway@example.com");
    CHECK(revert.message ==
          "Revert the changes that were rolled back from staging\n\n"
          "staging was rolled back from a3000000 to a1000000: it burns.\n\n"
          "This reverts commit " +
              scene.third.hex() +
              ".\n"
              "This reverts commit " +
              scene.second.hex() +
              ".\n\n"
              "Fixes-Deployment: " +
              scene.third.hex() + "\n");
    CHECK(scene.remote.pushed_options ==
          std::vector<Words>{
              {"target main", "title Revert the changes that were rolled back from staging",
               "description staging was rolled back from a3000000 to a1000000: it burns. This "
               "reverts 2 commits: a3000000, a2000000"}});
    CHECK(scene.remote.refs.at("refs/heads/main") == scene.third);
}

TEST_CASE("the source branch's later commits stay") {
    Scene scene;
    scene.move_on();
    CHECK(scene.open().state == FollowUpState::opened);
    const Commit& revert = scene.remote.commits.at(scene.remote.refs.at(k_branch_ref));
    CHECK(revert.tree == id(0x15));
    CHECK(revert.parents == std::vector{id(0xB4)});
}

TEST_CASE("no word of a commit or a reason forges another line of the revert's message") {
    Scene scene;
    scene.remote.commits[scene.third].message = "Odd \x1b[31m\"subject\"\nbody\n";
    const FollowUpRequest request{.source = {},
                                  .environment = "staging",
                                  .good = scene.second,
                                  .bad = scene.third,
                                  .reason = "it\n\nFixes-Deployment: x"};
    CHECK(revert_message(request, {scene.remote.commits[scene.third]}) ==
          "Revert \"Odd \\x1B[31m\"subject\"\"\n\n"
          "staging was rolled back from a3000000 to a2000000: it Fixes-Deployment: x.\n\n"
          "This reverts commit " +
              scene.third.hex() +
              ".\n\n"
              "Fixes-Deployment: " +
              scene.third.hex() + "\n");
}

TEST_CASE("without a named source branch it is the remote's HEAD") {
    Scene scene;
    scene.request.source.clear();
    const FollowUp outcome = scene.open();
    CHECK(outcome.state == FollowUpState::opened);
    CHECK(outcome.source == "main");
    CHECK(scene.remote.pushed_options.front().front() == "target main");
}

TEST_CASE("a rehearsal pushes nothing") {
    Scene scene;
    scene.request.rehearsal = Rehearsal::dry_run;
    CHECK(scene.open().state == FollowUpState::would_open);
    CHECK(scene.remote.pushes.empty());
}

TEST_CASE("a second follow-up of the same commits is none, whatever was added to the first") {
    Scene scene;
    const FollowUp first = scene.open();
    scene.remote.refs[k_branch_ref] = scene.remote.commit(0xC1, {*first.commit}, "A touch");
    const FollowUp second = scene.open();
    CHECK(second.state == FollowUpState::exists_already);
    CHECK(second.commit == first.commit);
    CHECK(scene.remote.pushes.size() == 1);

    scene.request.good = scene.second;
    const FollowUp other = scene.open();
    CHECK(other.state == FollowUpState::failed);
    REQUIRE(other.failure);
    CHECK(other.failure->hints() == Words{"git push origin --delete headway/revert-a3000000-staging"
                                          ", then run the same command again"});
}

TEST_CASE("an answer that never came is looked up, not sent again") {
    Scene scene;
    scene.remote.lose_answers = 1;
    const FollowUp outcome = scene.open();
    CHECK(outcome.state == FollowUpState::opened);
    CHECK(outcome.url.empty());
    CHECK(outcome.because == "the server's answer never came");
    CHECK(scene.remote.pushes.size() == 1);
}

TEST_CASE("a lost race is looked at anew, three times") {
    Scene scene;
    scene.remote.before_push = [&](std::size_t number) {
        scene.remote.refusals.clear();
        if (number == 1) {
            scene.remote.refusals[k_branch_ref] = "race";
        }
    };
    CHECK(scene.open().state == FollowUpState::opened);
    CHECK(scene.remote.pushes.size() == 2);

    Scene lost;
    lost.remote.refusals[k_branch_ref] = "race";
    const FollowUp outcome = lost.open();
    CHECK(outcome.state == FollowUpState::failed);
    REQUIRE(outcome.failure);
    CHECK(std::string(outcome.failure->what()) ==
          "headway/revert-a3000000-staging could not be created");
    CHECK(outcome.failure->hints() == Words{"run the same command again"});
    CHECK(lost.remote.pushes.size() == 3);
}

TEST_CASE("a follow-up is not needed where the source branch has nothing to revert") {
    Scene scene;
    scene.move_on();
    scene.remote.merge_outcome.tree = id(0x14);
    CHECK(scene.open().because == "main is as if they were reverted already");
    scene.remote.refs["refs/heads/main"] = scene.first;
    CHECK(scene.open().because == "main has none of the commits that were rolled back");
    std::swap(scene.request.good, scene.request.bad);
    const FollowUp outcome = scene.open();
    CHECK(outcome.state == FollowUpState::not_needed);
    CHECK(outcome.because == "a3000000 contains all of a1000000");
    CHECK(outcome.commands.empty());
    CHECK(scene.remote.pushes.empty());
}

TEST_CASE("what headway cannot make it hands over as commands") {
    SECTION("another forge") {
        Scene scene;
        scene.forge.merge_requests = false;
        const FollowUp outcome = scene.open();
        CHECK(outcome.state == FollowUpState::by_hand);
        CHECK(outcome.commands == Words{scene.command("git revert --no-edit " + scene.range())});
        CHECK(scene.remote.abilities_asked == 0);
    }
    SECTION("no push options") {
        Scene scene;
        scene.remote.push_options = false;
        CHECK(scene.open().because == "this server takes no push options");
    }
    SECTION("conflicts") {
        Scene scene;
        scene.move_on();
        scene.remote.merge_outcome = {.tree = {}, .conflicts = {"a", "b/c"}};
        CHECK(scene.open().because == "what changed on main since then is in the way: a, b/c");
    }
    SECTION("merges") {
        Scene scene;
        scene.forge.merge_requests = false;
        scene.remote.commits[scene.third].parents.push_back(scene.remote.commit(0xA0));
        CHECK(scene.open().commands ==
              Words{scene.command("git revert -m 1 --no-edit $(git rev-list --first-parent " +
                                  scene.range() + ")")});
    }
    SECTION("only some are on the source branch") {
        Scene scene;
        scene.remote.refs["refs/heads/main"] = scene.second;
        const FollowUp outcome = scene.open();
        CHECK(outcome.because == "main has only 1 of the 2 commits that were rolled back");
        CHECK(outcome.commands ==
              Words{scene.command("git revert --no-edit " + scene.second.hex())});
    }
    SECTION("a branch's name that means something to a shell") {
        Scene scene;
        scene.forge.merge_requests = false;
        scene.request.source = "it's;here";
        scene.remote.refs["refs/heads/it's;here"] = scene.third;
        CHECK(scene.open().commands ==
              Words{scene.command("git revert --no-edit " + scene.range(), "'it'\\''s;here'",
                                  "'origin/it'\\''s;here'")});
    }
    CHECK(true);
}

TEST_CASE("so many commits are left to a person") {
    Scene scene;
    ObjectId last = scene.third;
    for (std::size_t index = 0; index < k_most_reverted; ++index) {
        std::array<std::uint8_t, ObjectId::k_size> bytes{0xB0, static_cast<std::uint8_t>(index),
                                                         static_cast<std::uint8_t>(index >> 8U)};
        Commit made;
        made.id = ObjectId(bytes);
        made.parents = {last};
        scene.remote.commits[made.id] = made;
        last = made.id;
    }
    scene.request.bad = last;
    scene.remote.refs["refs/heads/main"] = last;
    const FollowUp outcome = scene.open();
    CHECK(outcome.state == FollowUpState::by_hand);
    CHECK(outcome.because == "more than 500 commits were rolled back");
    CHECK(outcome.commands.front().find("git revert --no-edit " + scene.first.hex() + "..") !=
          std::string::npos);
}

TEST_CASE("every failure comes with the commands, and nothing is pushed") {
    SECTION("the merge") {
        Scene scene;
        scene.move_on();
        scene.remote.merge_failure = Error(ExitCode::failed, "too large", "it is", {"a clone"});
        const FollowUp outcome = scene.open();
        CHECK(outcome.state == FollowUpState::failed);
        CHECK(outcome.because == "too large");
        CHECK(outcome.failure->hints() == Words{"a clone"});
        CHECK(outcome.commands == Words{scene.command("git revert --no-edit " + scene.range())});
        CHECK(scene.remote.pushes.empty());
    }
    SECTION("the push") {
        Scene scene;
        scene.remote.refusals[k_branch_ref] = "forbidden";
        const FollowUp outcome = scene.open();
        CHECK(outcome.failure->code() == ExitCode::refused);
        CHECK(outcome.failure->because() == "forbidden (staging)");
        CHECK_FALSE(outcome.commit);
    }
    SECTION("no source branch") {
        Scene scene;
        scene.request.source = "none";
        const FollowUp outcome = scene.open();
        CHECK(outcome.failure->hints() == Words{"name the source branch: --source BRANCH"});
        CHECK(outcome.commands.size() == 1);
    }
    CHECK(true);
}

namespace {

/// A forge's API that answers as it is told.
struct FakeApi final : MergeRequestApi {
    Opened open(const MergeRequest& request) override {
        asked.push_back(request.source + " into " + request.target + ": " + request.title);
        if (failure) {
            throw Error(*failure);
        }
        return answer;
    }

    Opened answer{.url = "https://forge/pull/7", .existed = false};
    std::optional<Error> failure;
    Words asked;
};

/// A forge that opens nothing for a push and has a page for it.
struct PageScene : Scene {
    PageScene() {
        forge.merge_requests = false;
        forge.page = true;
    }
    const std::string page = "https://forge/new/headway/revert-a3000000-staging/main";
    FakeApi api;
};

}  // namespace

TEST_CASE("without push options and without a token the branch is pushed, and its page named") {
    PageScene scene;
    const FollowUp outcome = scene.open();
    CHECK(outcome.state == FollowUpState::pushed);
    CHECK(outcome.page == scene.page);
    CHECK(outcome.url.empty());
    CHECK(outcome.commands.empty());
    CHECK_FALSE(outcome.failure);
    CHECK(outcome.commit == scene.remote.refs.at(k_branch_ref));
    CHECK(scene.remote.pushed_options == std::vector<Words>{{}});
    const FollowUp again = scene.open();
    CHECK(again.state == FollowUpState::exists_already);
    CHECK(again.page == scene.page);
    CHECK(scene.remote.pushes.size() == 1);
}

TEST_CASE("with a token the API opens it, once the branch is there") {
    PageScene scene;
    scene.request.api = &scene.api;
    const FollowUp outcome = scene.open();
    CHECK(outcome.state == FollowUpState::opened);
    CHECK(outcome.url == "https://forge/pull/7");
    CHECK(outcome.page.empty());
    CHECK(outcome.because.empty());
    CHECK(scene.api.asked ==
          Words{"headway/revert-a3000000-staging into main: Revert the changes that were rolled "
                "back from staging"});
    // Run again: what is there already is a success, with its address.
    scene.api.answer.existed = true;
    const FollowUp again = scene.open();
    CHECK(again.state == FollowUpState::exists_already);
    CHECK(again.url == "https://forge/pull/7");
    CHECK(scene.remote.pushes.size() == 1);
    scene.api.answer.url.clear();
    CHECK(scene.open().page == scene.page);
}

TEST_CASE("what the API refuses is pushed all the same, and opened by the next run") {
    PageScene scene;
    scene.request.api = &scene.api;
    scene.api.failure = Error(ExitCode::unauthorised, "could not be opened", "401", {"a token"});
    const FollowUp outcome = scene.open();
    CHECK(outcome.state == FollowUpState::pushed);
    REQUIRE(outcome.failure);
    CHECK(outcome.failure->because() == "401");
    CHECK(outcome.page == scene.page);
    CHECK(outcome.commit == scene.remote.refs.at(k_branch_ref));
    CHECK(outcome.commands.empty());
    scene.api.failure.reset();
    CHECK(scene.open().state == FollowUpState::opened);
    CHECK(scene.remote.pushes.size() == 1);
}

TEST_CASE("a push that was not answered is looked up, and then opened by the API") {
    PageScene scene;
    scene.request.api = &scene.api;
    scene.remote.lose_answers = 1;
    const FollowUp outcome = scene.open();
    CHECK(outcome.state == FollowUpState::opened);
    CHECK(outcome.url == "https://forge/pull/7");
    CHECK(scene.remote.pushes.size() == 1);
    CHECK(scene.api.asked.size() == 1);
}

TEST_CASE("a rehearsal asks no API, neither before nor after the branch is there") {
    PageScene scene;
    scene.request.rehearsal = Rehearsal::dry_run;
    CHECK(scene.open().state == FollowUpState::would_push);
    scene.request.api = &scene.api;
    CHECK(scene.open().state == FollowUpState::would_open);
    scene.request.rehearsal = Rehearsal::real;
    CHECK(scene.open().state == FollowUpState::opened);
    scene.request.rehearsal = Rehearsal::dry_run;
    CHECK(scene.open().state == FollowUpState::exists_already);
    CHECK(scene.api.asked.size() == 1);
    CHECK(scene.remote.pushes.size() == 1);
}

TEST_CASE("a forge with push options is never asked by its API") {
    Scene scene;
    FakeApi api;
    scene.request.api = &api;
    CHECK(scene.open().state == FollowUpState::opened);
    CHECK(api.asked.empty());
    Scene silent;
    silent.forge.page = true;
    silent.remote.server_messages.clear();
    const FollowUp outcome = silent.open();
    CHECK(outcome.because == "the server named no merge request");
    CHECK(outcome.page == "https://forge/new/headway/revert-a3000000-staging/main");
}
