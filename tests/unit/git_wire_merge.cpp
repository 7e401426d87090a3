#include <catch2/catch_test_macros.hpp>

#include "git/objects.hpp"
#include "git/tree.hpp"
#include "git_wire_scene.hpp"

namespace headway::git {

using test::has;
using test::pkt;
using test::recorded;
using test::Scene;

namespace {

/// Three versions of one file in the root folder, merged without a conflict.
struct Versions {
    struct Version {
        std::string text;
        std::string tree;
        ObjectId blob;
        ObjectId id;
    };
    static Version version(const std::string& text) {
        Version made{text, {}, object_id_of(ObjectType::blob, text), {}};
        made.tree = write_tree({{"file", TreeMode::file, made.blob}});
        made.id = object_id_of(ObjectType::tree, made.tree);
        return made;
    }
    Version base = version("1\n2\n3\n4\n5\n");
    Version ours = version("one\n2\n3\n4\n5\n");
    Version theirs = version("1\n2\n3\n4\nfive\n");
    Version merged = version("one\n2\n3\n4\nfive\n");

    [[nodiscard]] TreeMerge merge(Scene& scene) const {
        return scene.remote->merge_trees(base.id, ours.id, theirs.id);
    }
};

std::string answer(const ObjectStore& store) {
    return pkt("packfile\n") + pkt("\1" + store.pack()) + "0000";
}

std::string trees(const Versions& versions) {
    ObjectStore store;
    for (const auto* version : {&versions.base, &versions.ours, &versions.theirs}) {
        store.add_object(ObjectType::tree, version->tree);
    }
    return answer(store);
}

std::string files(const Versions& versions) {
    ObjectStore store;
    for (const auto* version : {&versions.base, &versions.ours, &versions.theirs}) {
        store.add_object(ObjectType::blob, version->text);
    }
    return answer(store);
}

}  // namespace

TEST_CASE("a merge asks for what differs, a level at a time, and its result goes into the push") {
    const Versions versions;
    Scene scene;
    scene.offer_v2().client.result(trees(versions));
    scene.client.result(files(versions));
    const TreeMerge merge = versions.merge(scene);
    CHECK(merge.conflicts.empty());
    CHECK(merge.tree == versions.merged.id);
    REQUIRE(scene.client.requests.size() == 3);
    for (const auto* version : {&versions.base, &versions.ours, &versions.theirs}) {
        CHECK(has(scene.sent(1), pkt("want " + version->id.hex() + "\n")));
        CHECK(has(scene.sent(2), pkt("want " + version->blob.hex() + "\n")));
    }
    CHECK(has(scene.sent(1), pkt("filter tree:0\n")));
    CHECK_FALSE(has(scene.sent(1), "have"));
    CHECK(has(scene.trace.text(Verbosity::verbose), "asked for 3 folders and 0 files: "));

    const std::vector<RefUpdate> updates{{"refs/heads/b", ObjectId{}, versions.merged.id}};
    scene.client.result(pkt("unpack ok\n") + pkt("ok refs/heads/b\n") + "0000", "git-receive-pack");
    (void)scene.remote->push(updates, {});
    ObjectStore expected;
    expected.add_object(ObjectType::blob, versions.merged.text);
    expected.add_object(ObjectType::tree, versions.merged.tree);
    CHECK(scene.sent(3).ends_with(expected.pack()));
}

TEST_CASE("an object that the server passed over is asked for again, and must come then") {
    const Versions versions;
    ObjectStore first;
    first.add_object(ObjectType::tree, versions.base.tree);
    first.add_object(ObjectType::blob, versions.base.text);
    ObjectStore rest;
    rest.add_object(ObjectType::tree, versions.ours.tree);
    rest.add_object(ObjectType::tree, versions.theirs.tree);
    Scene scene;
    scene.offer_v2().client.result(answer(first));
    scene.client.result(answer(rest));
    scene.client.result(files(versions));
    CHECK(versions.merge(scene).tree == versions.merged.id);
    CHECK_FALSE(has(scene.sent(2), versions.base.id.hex()));

    Scene missing;
    missing.offer_v2().client.result(answer(first));
    missing.client.result(answer(first));
    CHECK(has(test::cause_of([&] { (void)versions.merge(missing); }),
              "was asked for and did not come"));
}

TEST_CASE("a server that cannot hand out folders is named with the way out") {
    const Versions versions;
    const std::vector<std::string> hints{
        "turn on uploadpack.allowFilter and uploadpack.allowAnySHA1InWant on the server",
        "or merge in a clone, with git itself"};
    const auto check_refused = [&](Scene& scene, const std::string& because) {
        try {
            (void)versions.merge(scene);
            FAIL("nothing was thrown");
        } catch (const Error& error) {
            CHECK(std::string(error.what()) ==
                  "the folders of https://git.example.com/group/app.git cannot be merged");
            CHECK(error.because() == because);
            CHECK(error.hints() == hints);
        }
    };
    const std::string poor =
        "this server does not hand out single folders and files (protocol v2 with filters)";
    Scene old;
    old.client.advertise(recorded("advertisement_v0"));
    check_refused(old, poor);
    Scene unfiltered;
    unfiltered.client.advertise(pkt("version 2\n") + pkt("ls-refs\n") + pkt("fetch\n") + "0000");
    check_refused(unfiltered, poor);
    Scene strict;
    const std::string words = "upload-pack: not our ref " + versions.ours.id.hex();
    strict.offer_v2().client.result(pkt("ERR " + words + "\n"));
    check_refused(strict, "the server said: " + words);
}

TEST_CASE("a merge that needs more than 64 MiB is given up") {
    const Versions versions;
    Scene scene;
    // An entry of 65 MiB: type 3, and its size in the variable-length form of gitformat-pack.
    const std::string pack("PACK\0\0\0\2\0\0\0\1\xB0\x80\x80\x82\x02", 17);
    scene.offer_v2().client.result(pkt("packfile\n") + pkt("\1" + pack));
    CHECK(test::cause_of([&] { (void)versions.merge(scene); }) ==
          "its folders and files have more than 64 MiB");
}

TEST_CASE("without a difference on both sides a merge is no traffic") {
    const Versions versions;
    Scene scene;
    CHECK(scene.remote->merge_trees(versions.base.id, versions.base.id, versions.ours.id).tree ==
          versions.ours.id);
    CHECK(scene.client.requests.empty());
}

}  // namespace headway::git
