#include <catch2/catch_test_macros.hpp>

#include "git_wire_scene.hpp"

namespace headway::git {

using test::has;
using test::pkt;
using test::recorded;
using test::recorded_id;
using test::Scene;

namespace {

std::vector<RefUpdate> two_updates() {
    return {{"refs/heads/staging", recorded_id("c4"), recorded_id("c6")},
            {"refs/headway/ledger/production", recorded_id("event3"), recorded_id("event2")}};
}

}  // namespace

TEST_CASE("a push is one request and its report is told") {
    Scene scene;
    scene.client.result(recorded("push_accepted"), "git-receive-pack");
    const auto report = scene.remote->push(two_updates(), {});
    CHECK(report.all_accepted());
    REQUIRE(scene.client.requests.size() == 1);
    const HttpRequest& request = scene.client.requests[0];
    CHECK(request.url == "https://git.example.com/group/app.git/git-receive-pack");
    CHECK(request.on_interrupt == OnInterrupt::finish);
    CHECK(Scene::header(request, "Content-Type") == "application/x-git-receive-pack-request");
    CHECK(has(request.body, std::string(1, '\0') + " report-status side-band-64k atomic"));
    CHECK(request.body.substr(request.body.size() - 36, 8) == "0000PACK");
}

TEST_CASE("a push that only deletes sends no pack") {
    Scene scene;
    scene.client.result(pkt("unpack ok\n") + pkt("ok refs/heads/x\n") + "0000", "git-receive-pack");
    const std::vector<RefUpdate> updates{{"refs/heads/x", recorded_id("c1"), {}}};
    CHECK(scene.remote->push(updates, {.atomicity = Atomicity::one_by_one, .options = {}})
              .all_accepted());
    CHECK(scene.sent(0).ends_with("0000"));
    CHECK_FALSE(has(scene.sent(0), "PACK"));
    CHECK_FALSE(has(scene.sent(0), "atomic"));
}

TEST_CASE("push options go only to a server that takes them") {
    Scene scene;
    scene.client.advertise(recorded("advertisement_receive"), "git-receive-pack");
    scene.client.result(recorded("push_accepted"), "git-receive-pack");
    (void)scene.remote->push(two_updates(),
                             {.atomicity = Atomicity::all_or_nothing, .options = {"ci.skip"}});
    CHECK(has(scene.sent(1), " push-options"));
    CHECK(has(scene.sent(1), "0000" + pkt("ci.skip") + "0000PACK"));

    Scene poor;
    poor.client.advertise(pkt(std::string(40, '1') + " refs/heads/x" + std::string(1, '\0') +
                              "report-status delete-refs\n") +
                              "0000",
                          "git-receive-pack");
    poor.client.result(recorded("push_accepted"), "git-receive-pack");
    CHECK_FALSE(poor.remote->push_abilities().atomic);
    (void)poor.remote->push(two_updates(),
                            {.atomicity = Atomicity::all_or_nothing, .options = {"ci.skip"}});
    CHECK_FALSE(has(poor.sent(1), "push-options"));
    CHECK_FALSE(has(poor.sent(1), "ci.skip"));
    CHECK(poor.client.requests.size() == 2);
}

TEST_CASE("added commits go with one push, whatever becomes of it") {
    Scene scene;
    CommitDraft draft;
    draft.tree = ObjectId::parse(k_empty_tree_hex).value();
    draft.author = {"A", "a@b", 1'700'000'000, 0};
    draft.committer = draft.author;
    draft.message = "event\n";
    const ObjectId id = scene.remote->add_commit(draft);
    CHECK_FALSE(id.is_null());
    scene.client.page(403, "no");
    CHECK_THROWS_AS(scene.remote->push(two_updates(), {}), Error);
    scene.client.result(recorded("push_accepted"), "git-receive-pack");
    (void)scene.remote->push(two_updates(), {});
    CHECK(scene.sent(0).size() > scene.sent(1).size());
    CHECK(scene.sent(1).substr(scene.sent(1).size() - 36, 8) == "0000PACK");
}

TEST_CASE("a push without a full report is uncertain") {
    const std::string accepted = recorded("push_accepted");
    for (std::size_t size = 0; size < accepted.size(); ++size) {
        Scene scene;
        scene.client.result(accepted.substr(0, size), "git-receive-pack");
        CHECK_THROWS_AS(scene.remote->push(two_updates(), {}), PushUncertain);
        CHECK(scene.client.requests.size() == 1);
    }
    for (const int status : {500, 502, 503, 504, 204}) {
        Scene scene;
        scene.client.page(status, "<html><title>Bad gateway</title>");
        CHECK_THROWS_AS(scene.remote->push(two_updates(), {}), PushUncertain);
    }
    Scene page;
    page.client.page(200, "<html><title>Welcome</title>");
    CHECK_THROWS_AS(page.remote->push(two_updates(), {}), PushUncertain);
    Scene band;
    band.client.result(pkt("\2working\n") + pkt("\3disk full\n"), "git-receive-pack");
    CHECK(has(test::cause_of([&] { (void)band.remote->push(two_updates(), {}); }), "disk full"));
}

TEST_CASE("a transport's failure tells whether the push can have arrived") {
    for (const auto fault : {TransportFault::cut_off, TransportFault::timeout,
                             TransportFault::protocol, TransportFault::too_large}) {
        Scene scene;
        scene.client.fail(fault, recorded("push_accepted"));
        CHECK_THROWS_AS(scene.remote->push(two_updates(), {}), PushUncertain);
        CHECK(scene.client.requests.size() == 1);
    }
    for (const auto fault : {TransportFault::resolve, TransportFault::connect, TransportFault::tls,
                             TransportFault::proxy}) {
        Scene scene;
        scene.client.fail(fault);
        CHECK_THROWS_AS(scene.remote->push(two_updates(), {}), TransportError);
        CHECK(scene.client.requests.size() == 1);
    }
}

TEST_CASE("a push that was interrupted says what to do") {
    Scene scene;
    scene.client.result("", "git-receive-pack");
    scene.client.script.back().failure = [] { throw Interrupted("waiting"); };
    try {
        (void)scene.remote->push(two_updates(), {});
        FAIL("nothing was thrown");
    } catch (const Interrupted& error) {
        CHECK(has(error.because(), "may or may not"));
        CHECK(error.hints().size() == 1);
    }
}

TEST_CASE("a push that was refused by status is explained and certain") {
    for (const int status : {401, 403, 404, 413, 429}) {
        Scene scene;
        scene.client.page(status, "GitLab: no\x1b[31m");
        try {
            (void)scene.remote->push(two_updates(), {});
            FAIL("nothing was thrown");
        } catch (const PushUncertain&) {
            FAIL("uncertain");
        } catch (const Error& error) {
            CHECK(error.because() == std::to_string(status) + ": GitLab: no\\x1B[31m");
            CHECK(error.hints().front() == "see $TOKEN refs/heads/staging");
            CHECK(error.code() == (status == 401 ? ExitCode::unauthorised : ExitCode::failed));
        }
    }
    Scene redirect;
    redirect.client.page(302, "", "https://git.example.com/users/sign_in");
    CHECK_THROWS_AS(redirect.remote->push(two_updates(), {}), Error);
    Scene refused;
    refused.client.result(pkt("ERR read-only\n"), "git-receive-pack");
    CHECK(test::cause_of([&] { (void)refused.remote->push(two_updates(), {}); }) ==
          "200: [read-only]");
}

}  // namespace headway::git
