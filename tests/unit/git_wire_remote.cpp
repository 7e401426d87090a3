#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "git_wire_scene.hpp"

namespace headway::git {

using test::has;
using test::pkt;
using test::recorded;
using test::recorded_id;
using test::Scene;

namespace {

using Names = std::vector<std::string>;
using Ids = std::vector<ObjectId>;

const Names k_main{"refs/heads/main"};

std::string line_of(std::string_view word, std::string_view name) {
    return pkt(std::string(word) + " " + recorded_id(name).hex() + "\n");
}

}  // namespace

TEST_CASE("a v2 server is asked as git asks it") {
    Scene scene;
    scene.offer_v2().client.result(recorded("ls_refs_main"));
    const auto refs = scene.remote->list_refs(k_main);
    CHECK(refs.find("refs/heads/main") == recorded_id("c6"));
    CHECK(refs.tips.size() == 1);

    REQUIRE(scene.client.requests.size() == 2);
    const HttpRequest& get = scene.client.requests[0];
    CHECK(get.method == HttpMethod::get);
    CHECK(get.url == "https://git.example.com/group/app.git/info/refs?service=git-upload-pack");
    CHECK(Scene::header(get, "Git-Protocol") == "version=2");
    CHECK(Scene::header(get, "User-Agent").starts_with("git/"));
    CHECK(get.timeout == std::chrono::seconds(9));
    REQUIRE(get.credentials);
    CHECK(get.credentials->user == "bot");
    CHECK(get.on_interrupt == OnInterrupt::abort);
    const HttpRequest& post = scene.client.requests[1];
    CHECK(post.method == HttpMethod::post);
    CHECK(post.url == "https://git.example.com/group/app.git/git-upload-pack");
    CHECK(Scene::header(post, "Content-Type") == "application/x-git-upload-pack-request");
    CHECK(Scene::header(post, "Accept") == "application/x-git-upload-pack-result");
    CHECK(Scene::header(post, "Git-Protocol") == "version=2");
}

TEST_CASE("what the server offers is asked once, its refs every time") {
    Scene scene;
    scene.offer_v2().client.result(recorded("ls_refs_main"));
    scene.client.result(recorded("ls_refs_head"));
    (void)scene.remote->list_refs(k_main);
    CHECK(scene.remote->list_refs(Names{"HEAD"}).head_target == "refs/heads/main");
    CHECK(scene.client.requests.size() == 3);

    Scene old;
    old.client.advertise(recorded("advertisement_v0"));
    old.client.advertise(recorded("advertisement_v0"));
    CHECK(old.remote->list_refs(k_main).tips.size() == 1);
    CHECK(old.remote->list_refs(Names{"HEAD"}).head_target == "refs/heads/main");
    CHECK(old.client.requests.size() == 2);
}

TEST_CASE("no names, no traffic") {
    Scene scene;
    CHECK(scene.remote->list_refs({}).tips.empty());
    CHECK(scene.remote->commits_between({}, {}, {}).commits.empty());
    CHECK(scene.remote->commits_between(Ids{ObjectId{}}, {}, {}).commits.empty());
    CHECK(scene.client.requests.empty());
}

TEST_CASE("an ancestor is proven and the ledger's event comes along") {
    Scene scene;
    scene.offer_v2().client.result(recorded("fetch_ancestor"));
    const Ids wants{recorded_id("c2"), recorded_id("event3"), recorded_id("c2")};
    const auto list = scene.remote->commits_between(wants, Ids{recorded_id("c6")}, {1});
    REQUIRE(list.commits.size() == 1);
    CHECK(list.commits[0].id == recorded_id("event3"));
    CHECK(list.commits[0].parents == Ids{recorded_id("event2")});
    CHECK(list.cut);
    CHECK(scene.sent(1) == pkt("command=fetch\n") + "0001" + pkt("no-progress\n") +
                               pkt("ofs-delta\n") + line_of("want", "c2") +
                               line_of("want", "event3") + line_of("have", "c6") +
                               line_of("shallow", "c2") + line_of("shallow", "event3") +
                               pkt("filter tree:0\n") + pkt("done\n") + "0000");
}

TEST_CASE("a diverged tip is listed") {
    Scene scene;
    scene.offer_v2().client.result(recorded("fetch_diverged"));
    const auto list = scene.remote->commits_between(Ids{recorded_id("side"), recorded_id("event3")},
                                                    Ids{recorded_id("c6")}, {1});
    CHECK(list.commits.size() == 2);
    REQUIRE(list.find(recorded_id("side")) != nullptr);
    CHECK(list.find(recorded_id("side"))->subject() == "Beside main");
}

TEST_CASE("a tip that another tip hides is asked for once more") {
    Scene scene;
    const bool really_absent = GENERATE(false, true);
    scene.offer_v2().client.result(recorded("fetch_hidden"));
    scene.client.result(recorded(really_absent ? "fetch_all" : "fetch_nothing"));
    const Ids wants{recorded_id("c4"), recorded_id("c2"), recorded_id("event3")};
    const auto list = scene.remote->commits_between(wants, Ids{recorded_id("c6")}, {1});
    CHECK(list.find(recorded_id("event3")) != nullptr);
    CHECK(list.find(recorded_id("c4")) == nullptr);
    CHECK((list.find(recorded_id("c2")) != nullptr) == really_absent);
    CHECK(list.commits.size() == (really_absent ? 2 : 1));
    CHECK(scene.client.requests.size() == 3);
    CHECK(has(scene.sent(2), line_of("want", "c2")));
    CHECK_FALSE(has(scene.sent(2), line_of("want", "c4")));
    CHECK_FALSE(has(scene.sent(2), line_of("want", "event3")));
}

TEST_CASE("several hidden tips are asked for together, or one by one when that is too much") {
    const bool too_much = GENERATE(false, true);
    Scene scene;
    // As an answer about tips, fetch_all says: side was reached, c5 and c3 were not.
    scene.offer_v2().client.result(recorded("fetch_all"));
    if (too_much) {
        const std::string many("\1PACK\0\0\0\2\0\1\0\0", 13);
        scene.client.result(pkt("packfile\n") + pkt(many));
    }
    scene.client.result(recorded("fetch_deepen"));  // c6 and c5
    if (too_much) {
        scene.client.result(recorded("fetch_nothing"));
    }
    const Ids wants{recorded_id("side"), recorded_id("c5"), recorded_id("c3")};
    const auto list = scene.remote->commits_between(wants, Ids{recorded_id("c6")}, {1});
    CHECK(list.find(recorded_id("c5")) != nullptr);
    CHECK(list.find(recorded_id("c3")) == nullptr);
    CHECK(has(scene.sent(2), line_of("want", "c5") + line_of("want", "c3")));
    CHECK_FALSE(has(scene.sent(2), "shallow"));
    CHECK(scene.client.requests.size() == (too_much ? 5 : 3));
    if (too_much) {
        CHECK(has(scene.sent(3), line_of("shallow", "c5")));
        CHECK(has(scene.sent(4), line_of("shallow", "c3")));
    }
}

TEST_CASE("a want that is also a have is not hidden from the walk") {
    Scene scene;
    scene.offer_v2().client.result(recorded("fetch_nothing"));
    const Ids both{recorded_id("c6")};
    CHECK(scene.remote->commits_between(both, both, {1}).commits.empty());
    CHECK_FALSE(has(scene.sent(1), line_of("shallow", "c6")));
}

TEST_CASE("a bound of several generations is told by whether it cut") {
    Scene scene;
    scene.offer_v2().client.result(recorded("fetch_deepen"));
    scene.client.result(recorded("fetch_all"));
    const Ids wants{recorded_id("c6")};
    const auto two = scene.remote->commits_between(wants, {}, {2});
    CHECK(two.commits.size() == 2);
    CHECK(two.cut);
    CHECK(has(scene.sent(1), pkt("deepen 2\n")));
    const auto all = scene.remote->commits_between(wants, {}, {});
    CHECK(all.commits.size() == 6);
    CHECK_FALSE(all.cut);
    CHECK_FALSE(has(scene.sent(2), "deepen"));
}

TEST_CASE("a boundary whose parents the haves contain is no cut") {
    Scene scene;
    scene.offer_v2().client.result(recorded("fetch_deepen"));
    const auto list =
        scene.remote->commits_between(Ids{recorded_id("c6")}, Ids{recorded_id("c4")}, {2});
    CHECK_FALSE(list.cut);
}

TEST_CASE("a server without filter and shallow is asked for everything, and read all the same") {
    Scene scene;
    scene.client.advertise(pkt("version 2\n") + pkt("ls-refs\n") + pkt("fetch\n") + "0000");
    scene.client.result(recorded("fetch_all"));
    const auto list = scene.remote->commits_between(Ids{recorded_id("c6")}, {}, {3});
    CHECK(list.commits.size() == 6);
    CHECK_FALSE(list.cut);
    CHECK_FALSE(has(scene.sent(1), "filter"));
    CHECK_FALSE(has(scene.sent(1), "deepen"));
    CHECK_FALSE(has(scene.sent(1), "shallow"));
}

TEST_CASE("a v0 server is asked in one round") {
    Scene scene;
    scene.client.advertise(recorded("advertisement_v0"));
    scene.client.result(recorded("fetch_v0"));
    const auto list = scene.remote->commits_between(Ids{recorded_id("c2"), recorded_id("event3")},
                                                    Ids{recorded_id("c6")}, {1});
    CHECK(list.commits.size() == 1);
    CHECK(Scene::header(scene.client.requests[1], "Git-Protocol").empty());
    CHECK(scene.sent(1).starts_with(pkt("want " + recorded_id("c2").hex() +
                                        " multi_ack_detailed side-band-64k no-progress ofs-delta "
                                        "shallow filter\n")));
}

TEST_CASE("a commit that the server does not have is named") {
    const bool version_2 = GENERATE(true, false);
    Scene scene;
    scene.client.advertise(recorded(version_2 ? "capabilities_v2" : "advertisement_v0"));
    scene.client.result(recorded("fetch_unknown"));
    const ObjectId unknown = ObjectId::parse(std::string(40, '1')).value();
    try {
        (void)scene.remote->commits_between(Ids{recorded_id("c2"), unknown}, {}, {1});
        FAIL("nothing was thrown");
    } catch (const UnknownObject& error) {
        CHECK(error.id() == unknown);
        CHECK(error.because() == "the server said: upload-pack: not our ref " + unknown.hex());
    }
}

TEST_CASE("another refusal is explained by the forge") {
    Scene scene;
    scene.offer_v2().client.result(pkt("ERR too busy\n"));
    CHECK(test::cause_of([&] {
              (void)scene.remote->commits_between(Ids{recorded_id("c2")}, {}, {1});
          }) == "200: [too busy]");
}

TEST_CASE("a file of a commit is read by two small questions") {
    Scene scene;
    scene.offer_v2().client.result(recorded("fetch_root"));
    scene.client.result(recorded("fetch_file"));
    const auto text = scene.remote->read_file(recorded_id("c6"), ".headway.yml");
    REQUIRE(text);
    CHECK(text->ends_with("\nversion 6\n"));
    CHECK(has(scene.sent(1), pkt("filter tree:1\n")));
    CHECK(has(scene.sent(2), line_of("want", "file6")));
    CHECK_FALSE(has(scene.sent(2), "filter"));
}

TEST_CASE("what is no regular file is not read") {
    for (const std::string_view name : {"link", "folder", "nothing"}) {
        Scene scene;
        scene.offer_v2().client.result(recorded("fetch_root"));
        CHECK_FALSE(scene.remote->read_file(recorded_id("c6"), name));
        CHECK(scene.trace.text(Verbosity::normal).empty() == (name == "nothing"));
    }
}

TEST_CASE("a file that did not come is an error") {
    Scene scene;
    scene.offer_v2().client.result(recorded("fetch_root"));
    scene.client.result(recorded("fetch_nothing"));
    CHECK_THROWS_AS(scene.remote->read_file(recorded_id("c6"), ".headway.yml"), Error);
    Scene root;
    root.offer_v2().client.result(recorded("fetch_nothing"));
    CHECK_THROWS_AS(root.remote->read_file(recorded_id("c6"), ".headway.yml"), Error);
}

TEST_CASE("a server that cannot hand out one file is named with the way out") {
    Scene scene;
    scene.client.advertise(recorded("advertisement_v0"));
    try {
        (void)scene.remote->read_file(recorded_id("c6"), ".headway.yml");
        FAIL("nothing was thrown");
    } catch (const Error& error) {
        CHECK(error.hints().front() == "--config FILE");
    }
}

TEST_CASE("reading is tried again when the connection fails, three times in all") {
    for (const auto fault : {TransportFault::cut_off, TransportFault::connect}) {
        Scene scene;
        scene.client.fail(fault, "000eversion 2\n0014");
        scene.client.fail(fault);
        scene.offer_v2().client.result(recorded("ls_refs_main"));
        CHECK(scene.remote->list_refs(k_main).tips.size() == 1);

        Scene lost;
        for (int attempt = 0; attempt < 3; ++attempt) {
            lost.client.fail(fault);
        }
        CHECK_THROWS_AS(lost.remote->list_refs(k_main), TransportError);
        CHECK(lost.client.requests.size() == 3);
    }
    for (const auto fault : {TransportFault::resolve, TransportFault::tls, TransportFault::timeout,
                             TransportFault::too_large}) {
        Scene scene;
        scene.client.fail(fault);
        CHECK_THROWS_AS(scene.remote->list_refs(k_main), TransportError);
        CHECK(scene.client.requests.size() == 1);
    }
}

TEST_CASE("an answer that is no git is an error that quotes it") {
    Scene page;
    page.client.page(200, "<html><title>Sign in · GitLab</title>" + std::string(20'000, ' '));
    CHECK(test::cause_of([&] { (void)page.remote->list_refs(k_main); }) ==
          "it answered with \"Sign in · GitLab\"");
    Scene status;
    status.client.page(404, "<html><title>Not here</title>");
    CHECK(test::cause_of([&] { (void)status.remote->list_refs(k_main); }) == "404: Not here");
    Scene wrong;
    wrong.client.result(recorded("capabilities_v2"));
    CHECK_THROWS_AS(wrong.remote->list_refs(k_main), Error);
    Scene crippled;
    crippled.client.advertise(pkt("version 2\n") + pkt("ls-refs\n") + "0000");
    CHECK_THROWS_AS(crippled.remote->list_refs(k_main), Error);
    Scene refused;
    refused.client.advertise(pkt("ERR access denied\n"));
    CHECK(test::cause_of([&] { (void)refused.remote->list_refs(k_main); }) ==
          "200: [access denied]");
}

TEST_CASE("a repository that moved on its server is followed once") {
    const std::string there =
        "https://git.example.com/new/app.git/info/refs?service=git-upload-pack";
    Scene scene;
    scene.client.page(301, "<html>moved</html>", there);
    scene.offer_v2().client.result(recorded("ls_refs_main"));
    CHECK(scene.remote->list_refs(k_main).tips.size() == 1);
    CHECK(scene.client.requests[2].url == "https://git.example.com/new/app.git/git-upload-pack");
    CHECK(has(scene.trace.text(Verbosity::normal), "https://git.example.com/new/app.git"));

    Scene twice;
    twice.client.page(301, "", there);
    twice.client.page(301, "", there);
    CHECK_THROWS_AS(twice.remote->list_refs(k_main), Error);
    CHECK(twice.client.requests.size() == 2);

    for (const std::string_view elsewhere :
         {"https://evil.example.com/app.git/info/refs?service=git-upload-pack",
          "http://git.example.com/app.git/info/refs?service=git-upload-pack",
          "https://git.example.com/users/sign_in", ""}) {
        Scene other;
        other.client.page(302, "", elsewhere);
        CHECK_THROWS_AS(other.remote->list_refs(k_main), Error);
        CHECK(other.client.requests.size() == 1);
    }
    Scene post;
    post.offer_v2().client.page(301, "", there);
    CHECK_THROWS_AS(post.remote->list_refs(k_main), Error);
    CHECK(post.client.requests.size() == 2);
}

TEST_CASE("the trace counts bytes, and shows no secret") {
    Scene scene;
    scene.offer_v2().client.result(recorded("ls_refs_main"));
    (void)scene.remote->list_refs(k_main);
    CHECK(scene.trace.text(Verbosity::verbose) ==
          "asked what the server offers: 154 bytes\nasked for 1 ref: 204 bytes\n");
    CHECK(has(scene.trace.text(Verbosity::wire), "git > ref-prefix refs/heads/main\n"));
    for (const auto& line : scene.trace.lines) {
        CHECK_FALSE(has(line.text, "t0ken"));
    }
}

}  // namespace headway::git
