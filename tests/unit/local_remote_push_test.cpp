#include <sys/resource.h>
#include <sys/stat.h>

#include <catch2/catch_test_macros.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "git/remotes.hpp"
#include "git_repository.hpp"
#include "headway/error.hpp"

namespace headway::git {
namespace {

using test::id_of;
using test::Repository;

const std::string k_branch = "refs/heads/_gitlab/agents/staging";
const std::string k_ledger = "refs/headway/ledger/staging";
const std::string k_absent = "1111111111111111111111111111111111111111";

CommitDraft event(const std::vector<ObjectId>& parents, const std::string& subject) {
    CommitDraft draft;
    draft.tree = id_of(k_empty_tree_hex);
    draft.parents = parents;
    draft.author = {"headway", "headway@example.com", 1'700'000'000, 0};
    draft.committer = draft.author;
    draft.message = subject + "\n\nHeadway-Event: promoted\n";
    return draft;
}

/// A repository whose branch stands at the first of some commits, opened.
struct Fixture {
    explicit Fixture(Repository::Kind kind = Repository::Kind::bare)
        : repository(kind), commits(repository.chain(4)) {
        repository.set(k_branch, commits[0]);
        reopen();
    }

    void reopen() { remote = open_local(repository.path(), trace); }

    PushReport push(const std::vector<RefUpdate>& updates,
                    Atomicity atomicity = Atomicity::all_or_nothing) const {
        return remote->push(updates, {atomicity, {}});
    }

    Repository repository;
    std::vector<ObjectId> commits;
    test::SilentTrace trace;
    std::unique_ptr<GitRemote> remote;
};

std::vector<std::string> reasons(const PushReport& report) {
    std::vector<std::string> all;
    for (const RefReport& ref : report.refs) {
        all.push_back(ref.outcome == RefOutcome::accepted ? "ok" : ref.reason);
    }
    return all;
}

std::string refusal(const Fixture& fixture, const RefUpdate& update) {
    const auto before = fixture.repository.tip(update.ref);
    const std::string reason = reasons(fixture.push({update})).at(0);
    CHECK(fixture.repository.tip(update.ref) == before);
    return reason;
}

using Texts = std::vector<std::string>;

TEST_CASE("branch and ledger move together") {
    const Fixture fixture;
    const ObjectId first = fixture.remote->add_commit(event({}, "Promote one"));
    const auto report =
        fixture.push({{k_branch, fixture.commits[0], fixture.commits[2]}, {k_ledger, {}, first}});
    CHECK(report.all_accepted());
    CHECK(report.refs.size() == 2);
    CHECK(report.refs[0].ref == k_branch);
    CHECK(fixture.repository.tip(k_branch) == fixture.commits[2]);
    CHECK(fixture.repository.tip(k_ledger) == first);

    const ObjectId second = fixture.remote->add_commit(event({first}, "Promote two"));
    const ObjectId third = fixture.remote->add_commit(event({second}, "Verified"));
    CHECK(
        fixture.push({{k_branch, fixture.commits[2], fixture.commits[3]}, {k_ledger, first, third}})
            .all_accepted());
    CHECK(fixture.repository.git({"log", "--format=%s", k_ledger}) ==
          "Verified\nPromote two\nPromote one");
    CHECK(fixture.repository.fsck() == "");
}

TEST_CASE("a lost race moves nothing and says which ref is elsewhere") {
    const Fixture fixture;
    const ObjectId first = fixture.remote->add_commit(event({}, "Promote"));
    const auto report =
        fixture.push({{k_branch, fixture.commits[1], fixture.commits[2]}, {k_ledger, {}, first}});
    CHECK(reasons(report) ==
          Texts{"cannot lock ref '" + k_branch + "': is at " + fixture.commits[0].hex() +
                    " but expected " + fixture.commits[1].hex(),
                "atomic transaction failed"});
    CHECK_FALSE(report.any_accepted());
    CHECK(fixture.repository.tip(k_branch) == fixture.commits[0]);
    CHECK_FALSE(fixture.repository.tip(k_ledger));
    // Not even the event was written.
    CHECK_FALSE(fixture.repository.tip(first.hex() + "^{commit}"));
    CHECK(refusal(fixture, {k_branch, {}, fixture.commits[2]}) ==
          "cannot lock ref '" + k_branch + "': reference already exists");
    CHECK(refusal(fixture, {k_ledger, fixture.commits[0], fixture.commits[2]}) ==
          "cannot lock ref '" + k_ledger + "': unable to resolve reference '" + k_ledger + "'");
}

TEST_CASE("one by one, each ref has its own fate") {
    const Fixture fixture;
    const auto report = fixture.push({{k_branch, fixture.commits[0], fixture.commits[1]},
                                      {"refs/heads/other", fixture.commits[0], fixture.commits[1]},
                                      {"refs/heads/new", {}, fixture.commits[3]}},
                                     Atomicity::one_by_one);
    CHECK(reasons(report) ==
          Texts{"ok",
                "cannot lock ref 'refs/heads/other': unable to resolve reference "
                "'refs/heads/other'",
                "ok"});
    CHECK(report.any_accepted());
    CHECK(fixture.repository.tip("refs/heads/new") == fixture.commits[3]);
}

TEST_CASE("added commits belong to one push, whatever comes of it") {
    const Fixture fixture;
    const ObjectId lost = fixture.remote->add_commit(event({}, "Promote"));
    CHECK_FALSE(fixture.push({{k_ledger, fixture.commits[0], lost}}).any_accepted());
    CHECK(refusal(fixture, {k_ledger, {}, lost}) == "missing necessary objects");
}

TEST_CASE("objects that the repository does not have are not named by a ref") {
    const Fixture fixture;
    CHECK(refusal(fixture, {k_branch, fixture.commits[0], id_of(k_absent)}) ==
          "missing necessary objects");
    const ObjectId orphan = fixture.remote->add_commit(event({id_of(k_absent)}, "Promote"));
    CHECK(refusal(fixture, {k_ledger, {}, orphan}) == "missing necessary objects");
    CommitDraft treeless = event({}, "Restore");
    treeless.tree = id_of(k_absent);
    const ObjectId restore = fixture.remote->add_commit(treeless);
    CHECK(refusal(fixture, {k_ledger, {}, restore}) == "missing necessary objects");
    const ObjectId blob = id_of(fixture.repository.git({"hash-object", "-w", "--stdin"}, "x"));
    CHECK(refusal(fixture, {k_branch, fixture.commits[0], blob}) ==
          "trying to write non-commit object " + blob.hex() + " to branch '" + k_branch + "'");
}

TEST_CASE("a ref that is where it should be already counts as moved") {
    const Fixture fixture;
    CHECK(fixture.push({{k_branch, fixture.commits[0], fixture.commits[0]}}).all_accepted());
    CHECK(fixture.push({{"refs/heads/none", {}, {}}}).all_accepted());
    CHECK(fixture.repository.tip(k_branch) == fixture.commits[0]);
    CHECK(fixture.push({}).refs.empty());
}

TEST_CASE("refs are deleted, packed or loose or both, and the others stay") {
    const Fixture fixture;
    const auto& commits = fixture.commits;
    for (const char* name : {"refs/heads/packed", "refs/heads/both", "refs/heads/stays"}) {
        fixture.repository.set(name, commits[0]);
    }
    fixture.repository.git({"tag", "-a", "-m", "tag", "v1", commits[0].hex()});
    const auto tag = fixture.repository.tip("refs/tags/v1");
    REQUIRE(tag);
    fixture.repository.git({"pack-refs", "--all"});
    fixture.repository.set("refs/heads/both", commits[1]);
    fixture.repository.set("refs/heads/loose", commits[1]);
    CHECK(fixture
              .push({{"refs/heads/packed", commits[0], {}},
                     {"refs/heads/both", commits[1], {}},
                     {"refs/heads/loose", commits[1], {}},
                     {"refs/tags/v1", *tag, {}},
                     {k_branch, commits[0], commits[1]}})
              .all_accepted());
    CHECK(fixture.repository.git({"for-each-ref", "--format=%(refname)"}) ==
          k_branch + "\nrefs/heads/stays");
    CHECK(fixture.repository.fsck() == "");
    CHECK_FALSE(std::filesystem::exists(fixture.repository.path() + "/packed-refs.lock"));
}

TEST_CASE("packed refs are compared and moved") {
    const Fixture fixture;
    fixture.repository.git({"pack-refs", "--all"});
    CHECK(refusal(fixture, {k_branch, fixture.commits[1], fixture.commits[2]}) ==
          "cannot lock ref '" + k_branch + "': is at " + fixture.commits[0].hex() +
              " but expected " + fixture.commits[1].hex());
    CHECK(fixture.push({{k_branch, fixture.commits[0], fixture.commits[1]}}).all_accepted());
    fixture.repository.git({"pack-refs", "--all"});
    CHECK(fixture.push({{k_branch, fixture.commits[1], fixture.commits[2]}}).all_accepted());
    CHECK(fixture.repository.tip(k_branch) == fixture.commits[2]);
}

TEST_CASE("names that exclude each other are refused") {
    const Fixture fixture;
    const ObjectId tip = fixture.commits[0];
    for (const bool packed : {false, true}) {
        CAPTURE(packed);
        if (packed) {
            fixture.repository.git({"pack-refs", "--all"});
        }
        CHECK(refusal(fixture, {k_branch + "/blue", {}, tip}) ==
              "cannot lock ref '" + k_branch + "/blue': '" + k_branch +
                  "' exists; cannot create '" + k_branch + "/blue'");
        CHECK(refusal(fixture, {"refs/heads/_gitlab", {}, tip}) ==
              "cannot lock ref 'refs/heads/_gitlab': '" + k_branch +
                  "' exists; cannot create 'refs/heads/_gitlab'");
    }
    CHECK(reasons(fixture.push({{"refs/heads/x", {}, tip}, {"refs/heads/x/y", {}, tip}})) ==
          Texts{"atomic transaction failed",
                "cannot lock ref 'refs/heads/x/y': cannot process 'refs/heads/x' and "
                "'refs/heads/x/y' at the same time"});
    // Folders that deleted refs leave behind are no obstacle.
    CHECK(fixture.push({{k_branch, tip, {}}}).all_accepted());
    CHECK(fixture.push({{"refs/heads/_gitlab", {}, tip}}).all_accepted());
    CHECK(fixture.repository.fsck() == "");
}

TEST_CASE("names that are no refs, symbolic refs and repeated ones are refused") {
    const Fixture fixture;
    const ObjectId tip = fixture.commits[0];
    using namespace std::string_literals;
    for (const std::string& name :
         {"HEAD"s, "heads/x"s, "refs/heads/a..b"s, "refs/heads/.x"s, "refs/heads/x.lock"s,
          "refs/../x"s, "refs/heads/"s, ""s, "refs/heads/x\0y"s}) {
        CAPTURE(name);
        CHECK(reasons(fixture.push({{name, {}, tip}})) == Texts{"funny refname"});
    }
    fixture.repository.git({"symbolic-ref", "refs/heads/alias", k_branch});
    CHECK(refusal(fixture, {"refs/heads/alias", tip, fixture.commits[1]}) ==
          "cannot lock ref 'refs/heads/alias': it is a symbolic ref to '" + k_branch + "'");
    CHECK(reasons(fixture.push(
              {{k_branch, tip, fixture.commits[1]}, {k_branch, tip, fixture.commits[2]}})) ==
          Texts{"atomic transaction failed",
                "multiple updates for ref '" + k_branch + "' not allowed"});
}

TEST_CASE("the repository's receive settings are obeyed") {
    const Fixture fixture;
    const auto& commits = fixture.commits;
    const auto set = [&](const std::string& key, const std::string& value) {
        fixture.repository.git({"config", key, value});
    };
    // Backwards is allowed until the repository forbids it.
    CHECK(fixture.push({{k_branch, commits[0], commits[2]}}).all_accepted());
    CHECK(fixture.push({{k_branch, commits[2], commits[1]}}).all_accepted());
    set("receive.denyNonFastForwards", "true");
    CHECK(refusal(fixture, {k_branch, commits[1], commits[0]}) == "non-fast-forward");
    CHECK(fixture.push({{k_branch, commits[1], commits[2]}}).all_accepted());

    set("receive.denyDeletes", "true");
    CHECK(refusal(fixture, {k_branch, commits[2], {}}) == "deletion prohibited");
    set("receive.denyDeletes", "false");
    fixture.repository.set("refs/heads/main", commits[0]);
    CHECK(refusal(fixture, {"refs/heads/main", commits[0], {}}) ==
          "deletion of the current branch prohibited");

    set("transfer.hideRefs", "refs/headway");
    CHECK(refusal(fixture, {k_ledger, {}, commits[0]}) == "deny updating a hidden ref");
    CHECK(fixture.push({{"refs/headways/x", {}, commits[0]}}).all_accepted());
    set("receive.hideRefs", "!refs/headway/ledger");
    CHECK(fixture.push({{k_ledger, {}, commits[0]}}).all_accepted());
}

TEST_CASE("a branch that somebody has checked out is not moved") {
    const Fixture fixture(Repository::Kind::with_work_tree);
    const auto& repository = fixture.repository;
    const auto& commits = fixture.commits;
    CHECK(refusal(fixture, {"refs/heads/main", {}, commits[0]}) ==
          "branch is currently checked out");
    CHECK(fixture.push({{k_branch, commits[0], commits[1]}}).all_accepted());
    repository.set("refs/heads/side", commits[0]);
    repository.git({"worktree", "add", "-q", repository.path() + "-side", "side"});
    CHECK(refusal(fixture, {"refs/heads/side", commits[0], commits[1]}) ==
          "branch is currently checked out");
    repository.git({"config", "receive.denyCurrentBranch", "updateInstead"});
    CHECK(refusal(fixture, {"refs/heads/side", commits[0], commits[1]}) ==
          "branch is currently checked out");
    repository.git({"config", "receive.denyCurrentBranch", "ignore"});
    CHECK(fixture.push({{"refs/heads/side", commits[0], commits[1]}}).all_accepted());
    CHECK(repository.tip("refs/heads/side") == commits[1]);
}

TEST_CASE("a ref that another process has locked is reported, not waited for") {
    const Fixture fixture;
    const std::string lock = fixture.repository.path() + "/" + k_branch + ".lock";
    std::ofstream(lock).flush();
    CHECK(reasons(fixture.push({{"refs/heads/new", {}, fixture.commits[1]},
                                {k_branch, fixture.commits[0], fixture.commits[1]}})) ==
          Texts{"atomic transaction failed",
                "cannot lock ref '" + k_branch + "': '" + k_branch +
                    ".lock' exists: another process moves this ref, or died while it did"});
    CHECK_FALSE(fixture.repository.tip("refs/heads/new"));
    CHECK(std::filesystem::exists(lock));
    CHECK_FALSE(std::filesystem::exists(fixture.repository.path() + "/refs/heads/new.lock"));
    std::filesystem::remove(lock);

    const std::string packed = fixture.repository.path() + "/packed-refs.lock";
    std::ofstream(packed).flush();
    CHECK(refusal(fixture, {k_branch, fixture.commits[0], {}}) ==
          "cannot lock ref '" + k_branch + "': 'packed-refs.lock' exists");
    CHECK(std::filesystem::exists(packed));
    CHECK(fixture.push({{k_branch, fixture.commits[0], fixture.commits[1]}}).all_accepted());
}

TEST_CASE("reflogs are written where the repository keeps them") {
    const Fixture fixture;
    CHECK(fixture.push({{k_branch, fixture.commits[0], fixture.commits[1]}}).all_accepted());
    CHECK_FALSE(std::filesystem::exists(fixture.repository.path() + "/logs"));
    fixture.repository.git({"config", "core.logAllRefUpdates", "always"});
    CHECK(fixture
              .push({{k_branch, fixture.commits[1], fixture.commits[2]},
                     {k_ledger, {}, fixture.commits[0]}})
              .all_accepted());
    CHECK(fixture.repository.git({"reflog", "show", "--format=%H %gs", k_branch}) ==
          fixture.commits[2].hex() + " push");
    CHECK(fixture.repository.git({"reflog", "show", "--format=%H %gs", k_ledger}) ==
          fixture.commits[0].hex() + " push");
    CHECK(fixture.repository.fsck() == "");
}

TEST_CASE("files of a shared repository can be written by the group") {
    const Fixture fixture;
    fixture.repository.git({"config", "core.sharedRepository", "group"});
    const mode_t before = ::umask(0077);
    const ObjectId first = fixture.remote->add_commit(event({}, "Promote"));
    CHECK(fixture.push({{k_ledger, {}, first}}).all_accepted());
    CHECK(::umask(before) == 0077);
    using std::filesystem::perms;
    const auto granted = [&](const std::string& path) {
        return std::filesystem::status(fixture.repository.path() + "/" + path).permissions();
    };
    CHECK((granted("refs/headway/ledger") & perms::group_all) == perms::group_all);
    CHECK((granted(k_ledger) & perms::group_write) == perms::group_write);
    CHECK((granted(k_ledger) & perms::others_all) == perms::none);
    CHECK((granted("objects/" + first.hex().substr(0, 2)) & perms::group_all) == perms::group_all);
}

/// No file of this process grows beyond `bytes` while it lives: as a full disk behaves.
class FullDisk {
public:
    explicit FullDisk(rlim_t bytes) : m_signal(std::signal(SIGXFSZ, SIG_IGN)) {
        ::getrlimit(RLIMIT_FSIZE, &m_before);
        rlimit limit = m_before;
        limit.rlim_cur = bytes;
        ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    FullDisk(const FullDisk&) = delete;
    FullDisk& operator=(const FullDisk&) = delete;
    ~FullDisk() {
        ::setrlimit(RLIMIT_FSIZE, &m_before);
        std::signal(SIGXFSZ, m_signal);
    }

private:
    rlimit m_before{};
    void (*m_signal)(int);
};

TEST_CASE("a full disk is an error, and nothing moves") {
    const Fixture fixture;
    fixture.repository.set("refs/heads/other", fixture.commits[0]);
    const std::vector<RefUpdate> updates{
        {k_branch, fixture.commits[0], fixture.commits[1]},
        {"refs/heads/other", fixture.commits[0], fixture.commits[1]}};
    for (const rlim_t bytes : {0U, 40U}) {
        CAPTURE(bytes);
        try {
            const FullDisk full(bytes);
            static_cast<void>(fixture.push(updates));
            FAIL_CHECK("the push was said to have worked");
        } catch (const Error& error) {
            CHECK(error.code() == ExitCode::failed);
            CHECK(std::string(error.what()) == "the repository's refs cannot be written");
            CHECK_FALSE(error.hints().empty());
        }
        CHECK(fixture.repository.tip(k_branch) == fixture.commits[0]);
        CHECK(fixture.repository.tip("refs/heads/other") == fixture.commits[0]);
    }
    const ObjectId first = fixture.remote->add_commit(event({}, "Promote"));
    {
        const FullDisk full(0);
        CHECK_THROWS_AS(fixture.push({{k_ledger, {}, first}}), Error);
    }
    CHECK_FALSE(fixture.repository.tip(k_ledger));
    CHECK(fixture.push(updates).all_accepted());
    CHECK(fixture.repository.fsck() == "");
}

TEST_CASE("a push that breaks off between two refs is taken back") {
    constexpr int k_count = 6;
    // libgit2 writes the refs in an order of its own: whichever it is, for some of these the one
    // that cannot be written is not the first.
    for (int broken = 0; broken < k_count; ++broken) {
        CAPTURE(broken);
        const Fixture fixture;
        fixture.repository.git({"config", "core.logAllRefUpdates", "always"});
        std::vector<RefUpdate> updates;
        for (int index = 0; index < k_count; ++index) {
            const std::string name = "refs/heads/b" + std::to_string(index);
            const ObjectId expected = index % 2 == 0 ? fixture.commits[0] : ObjectId{};
            if (!expected.is_null()) {
                fixture.repository.set(name, expected);
            }
            updates.push_back({name, expected, fixture.commits[1]});
        }
        // The log of one ref cannot be written: a folder that is not empty has its name.
        const std::filesystem::path log =
            fixture.repository.path() + "/logs/" + updates.at(static_cast<std::size_t>(broken)).ref;
        std::filesystem::remove_all(log);
        std::filesystem::create_directories(log / "in" / "the");
        std::ofstream(log / "in" / "way").flush();
        const std::string before = fixture.repository.git({"for-each-ref"});
        try {
            static_cast<void>(fixture.push(updates));
            FAIL_CHECK("the push was said to have worked");
        } catch (const PushUncertain& error) {
            FAIL_CHECK("what moved was not taken back: " << error.because());
        } catch (const Error& error) {
            CHECK(error.because().find("nothing moved") != std::string::npos);
        }
        CHECK(fixture.repository.git({"for-each-ref"}) == before);
        std::filesystem::remove_all(log);
        CHECK(fixture.push(updates).all_accepted());
    }
}

/// Appends to the ledger until `count` events are in; tells how many races it lost.
std::size_t promote(const std::string& path, const std::string& who, std::size_t count) {
    test::SilentTrace trace;
    const auto remote = open_local(path, trace);
    std::size_t lost = 0;
    for (std::size_t done = 0; done < count;) {
        const std::vector<std::string> names{k_ledger};
        const auto tip = remote->list_refs(names).find(k_ledger);
        const ObjectId id = remote->add_commit(event(
            tip ? std::vector{*tip} : std::vector<ObjectId>{}, who + " " + std::to_string(done)));
        const std::vector<RefUpdate> updates{{k_ledger, tip.value_or(ObjectId{}), id},
                                             {"refs/heads/" + who, {}, {}}};
        if (remote->push(updates, {}).all_accepted()) {
            ++done;
        } else {
            ++lost;
        }
    }
    return lost;
}

TEST_CASE("promoters that race for one ledger leave one line with every event") {
    const Repository repository;
    constexpr std::size_t k_promoters = 4;
    constexpr std::size_t k_events = 25;
    std::vector<std::thread> threads;
    for (std::size_t index = 0; index < k_promoters; ++index) {
        threads.emplace_back(
            [&, index] { promote(repository.path(), "p" + std::to_string(index), k_events); });
    }
    // Git itself packs the refs meanwhile, again and again.
    for (int round = 0; round < 60; ++round) {
        static_cast<void>(test::try_git(repository.path(), {"pack-refs", "--all"}));
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    CHECK(repository.git({"rev-list", "--count", k_ledger}) ==
          std::to_string(k_promoters * k_events));
    CHECK(repository.git({"rev-list", "--count", "--min-parents=2", k_ledger}) == "0");
    const std::string subjects = repository.git({"log", "--format=%s", k_ledger});
    for (std::size_t index = 0; index < k_promoters; ++index) {
        for (std::size_t number = 0; number < k_events; ++number) {
            const std::string subject = "p" + std::to_string(index) + " " + std::to_string(number);
            CAPTURE(subject);
            CHECK(("\n" + subjects + "\n").find("\n" + subject + "\n") != std::string::npos);
        }
    }
    CHECK(repository.fsck() == "");
}

}  // namespace
}  // namespace headway::git
