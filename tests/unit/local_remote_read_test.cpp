#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "git/remotes.hpp"
#include "git_repository.hpp"
#include "headway/error.hpp"

namespace headway::git {
namespace {

using test::id_of;
using test::Repository;

using Ids = std::vector<ObjectId>;

Ids ids_of(const CommitList& list) {
    Ids ids;
    for (const Commit& commit : list.commits) {
        ids.push_back(commit.id);
    }
    return ids;
}

std::unique_ptr<GitRemote> open(const Repository& repository) {
    static test::SilentTrace trace;
    return open_local(repository.path(), trace);
}

ObjectId unknown() {
    return id_of("1111111111111111111111111111111111111111");
}

TEST_CASE("refs are listed by their exact names") {
    const Repository repository;
    const Ids commits = repository.chain(2);
    repository.set("refs/heads/main", commits[0]);
    repository.set("refs/heads/main2", commits[1]);
    repository.set("refs/headway/ledger/staging", commits[1]);
    repository.git({"pack-refs", "--all"});
    repository.set("refs/heads/main", commits[1]);
    repository.git({"symbolic-ref", "refs/heads/alias", "refs/heads/main2"});
    repository.git({"symbolic-ref", "refs/heads/dangling", "refs/heads/none"});
    const auto remote = open(repository);
    const std::vector<std::string> names{
        "refs/heads/main",    "refs/headway/ledger/staging", "refs/heads/absent", "refs/heads/mai",
        "refs/heads",         "refs/heads/main/below",       "refs/heads/alias",  "refs/heads/..",
        "refs/heads/dangling"};
    const RemoteRefs refs = remote->list_refs(names);
    CHECK(refs.tips.size() == 3);
    CHECK(refs.find("refs/heads/main") == commits[1]);
    CHECK(refs.find("refs/headway/ledger/staging") == commits[1]);
    CHECK(refs.find("refs/heads/alias") == commits[1]);
    CHECK_FALSE(refs.head_target);

    const std::vector<std::string> head{"HEAD"};
    CHECK(remote->list_refs(head).head_target == "refs/heads/main");
    CHECK(remote->list_refs(head).find("HEAD") == commits[1]);
    repository.set("refs/heads/main", commits[0]);
    CHECK(remote->list_refs(names).find("refs/heads/main") == commits[0]);
    repository.git({"symbolic-ref", "HEAD", "refs/heads/unborn"});
    CHECK(remote->list_refs(head).head_target == "refs/heads/unborn");
    CHECK(remote->list_refs(head).tips.empty());
    repository.git({"update-ref", "--no-deref", "HEAD", commits[0].hex()});
    CHECK_FALSE(remote->list_refs(head).head_target);
}

TEST_CASE("commits between are those that git rev-list tells, children first") {
    const Repository repository;
    const Ids trunk = repository.chain(6);
    const ObjectId left = repository.commit({trunk[2]}, "left\n");
    const ObjectId right = repository.commit({trunk[3], left}, "merge\n");
    const auto remote = open(repository);
    const auto expected = [&](const Ids& wants, const Ids& haves) {
        std::vector<std::string> arguments{"rev-list"};
        for (const ObjectId& want : wants) {
            arguments.push_back(want.hex());
        }
        for (const ObjectId& have : haves) {
            arguments.push_back("^" + have.hex());
        }
        const std::string text = repository.git(arguments) + "\n";
        std::set<std::string> ids;
        for (std::size_t start = 0; start + 40 < text.size(); start += 41) {
            ids.insert(text.substr(start, 40));
        }
        return ids;
    };
    const std::vector<std::pair<Ids, Ids>> rows{
        {{trunk[5]}, {trunk[2]}},
        {{trunk[2]}, {trunk[5]}},
        {{right}, {trunk[5]}},
        {{trunk[5]}, {right}},
        {{right, trunk[5]}, {trunk[0]}},
        {{trunk[5]}, {}},
        {{right}, {left}},
        {{trunk[5]}, {trunk[5]}},
        {{right, right}, {trunk[2], left}},
    };
    for (const auto& [wants, haves] : rows) {
        const CommitList list = remote->commits_between(wants, haves, {});
        CAPTURE(list.commits.size());
        CHECK_FALSE(list.cut);
        std::set<std::string> found;
        for (const Commit& commit : list.commits) {
            CHECK(found.insert(commit.id.hex()).second);
            for (const ObjectId& parent : commit.parents) {
                CHECK_FALSE(found.contains(parent.hex()));
            }
        }
        CHECK(found == expected(wants, haves));
    }
    const CommitList one = remote->commits_between(Ids{right}, Ids{trunk[3], left}, {});
    REQUIRE(one.commits.size() == 1);
    CHECK(one.commits[0].message == "merge\n");
    CHECK(one.commits[0].parents == Ids{trunk[3], left});
    CHECK(one.commits[0].author.name == "Ada Lovelace");
}

TEST_CASE("generations are counted as git's deepen counts them") {
    const Repository repository;
    const Ids trunk = repository.chain(6);
    const Ids side = repository.chain(2, trunk[1]);
    const ObjectId merge = repository.commit({trunk[5], side[1]}, "merge\n");
    repository.set("refs/heads/main", merge);
    const auto remote = open(repository);
    // What a clone of that depth holds, for every depth.
    for (std::size_t depth = 1; depth <= 9; ++depth) {
        CAPTURE(depth);
        const test::TemporaryFolder folder;
        test::run_git(folder.path(), {"clone", "-q", "--bare", "--depth", std::to_string(depth),
                                      "file://" + repository.path(), "clone"});
        const auto clone = folder.path() / "clone";
        const std::string listed =
            test::run_git(clone, {"rev-list", "--date-order", "refs/heads/main"});
        const CommitList list = remote->commits_between(Ids{merge}, {}, {depth});
        std::set<std::string> found;
        for (const Commit& commit : list.commits) {
            found.insert(commit.id.hex());
        }
        std::set<std::string> expected;
        for (std::size_t start = 0; start < listed.size(); start += 41) {
            expected.insert(listed.substr(start, 40));
        }
        CHECK(found == expected);
        CHECK(list.cut == (found.size() < 9));
    }
    CHECK(ids_of(remote->commits_between(Ids{trunk[5]}, Ids{trunk[1]}, {2})) ==
          Ids{trunk[5], trunk[4]});
    CHECK(remote->commits_between(Ids{trunk[5]}, Ids{trunk[1]}, {3}).cut);
    CHECK_FALSE(remote->commits_between(Ids{trunk[5]}, Ids{trunk[1]}, {4}).cut);
    CHECK(remote->commits_between(Ids{trunk[5]}, Ids{trunk[1]}, {4}).commits.size() == 4);
    CHECK(remote->commits_between(Ids{trunk[1]}, Ids{trunk[5]}, {4}).commits.empty());
    CHECK_FALSE(remote->commits_between(Ids{trunk[1]}, Ids{trunk[5]}, {1}).cut);
}

TEST_CASE("an unknown have excludes nothing, an unknown want is an error") {
    const Repository repository;
    const Ids commits = repository.chain(3);
    const auto remote = open(repository);
    CHECK(remote->commits_between(Ids{commits[2]}, Ids{unknown(), commits[1]}, {}).commits.size() ==
          1);
    CHECK(remote->commits_between(Ids{commits[2]}, Ids{unknown()}, {}).commits.size() == 3);
    const ObjectId blob = id_of(repository.git({"hash-object", "-w", "--stdin"}, "x"));
    CHECK_THROWS_AS(remote->commits_between(Ids{blob}, {}, {}), UnknownObject);
    CHECK_THROWS_AS(remote->commits_between(Ids{unknown()}, {}, {}), UnknownObject);
    // Pushed by somebody else after the repository was opened.
    const ObjectId late = repository.commit({commits[2]}, "late\n");
    repository.git({"update-ref", "refs/heads/main", late.hex()});
    repository.git({"repack", "-adq"});
    CHECK(ids_of(remote->commits_between(Ids{late}, Ids{commits[2]}, {})) == Ids{late});
}

TEST_CASE("a file of the root folder is read, and nothing else") {
    const Repository repository;
    const auto remote = open(repository);
    const ObjectId commit = repository.commit({}, "m\n", std::string("a: \0 b\n", 7));
    CHECK(remote->read_file(commit, "file.txt") == std::string("a: \0 b\n", 7));
    CHECK_FALSE(remote->read_file(commit, "other"));
    CHECK_THROWS_AS(remote->read_file(unknown(), "file.txt"), UnknownObject);
    const ObjectId limit = repository.commit({}, "m\n", std::string(1U << 20U, 'x'));
    CHECK(remote->read_file(limit, "file.txt")->size() == 1U << 20U);
    const ObjectId large = repository.commit({}, "m\n", std::string((1U << 20U) + 1, 'x'));
    CHECK_THROWS_AS(remote->read_file(large, "file.txt"), Error);

    const std::string blob = repository.git({"hash-object", "-w", "--stdin"}, "target");
    const std::string inner = repository.git({"mktree"}, "100755 blob " + blob + "\tx\n");
    const std::string tree =
        repository.git({"mktree"}, "040000 tree " + inner + "\tfolder\n" + "120000 blob " + blob +
                                       "\tlink\n" + "100755 blob " + blob + "\tprogram\n");
    const ObjectId mixed = id_of(repository.git({"commit-tree", "-m", "m", tree}));
    CHECK_FALSE(remote->read_file(mixed, "folder"));
    CHECK_FALSE(remote->read_file(mixed, "folder/x"));
    CHECK_FALSE(remote->read_file(mixed, "link"));
    CHECK(remote->read_file(mixed, "program") == "target");
}

TEST_CASE("a local repository can push atomically and takes no push options") {
    const Repository repository;
    const PushAbilities abilities = open(repository)->push_abilities();
    CHECK(abilities.atomic);
    CHECK(abilities.report_status);
    CHECK_FALSE(abilities.push_options);
}

struct Refusal {
    ExitCode code = ExitCode::done;
    std::string what;
    std::string because;
    std::vector<std::string> hints;
};

Refusal refusal_of(const std::string& path) {
    test::SilentTrace trace;
    try {
        static_cast<void>(open_local(path, trace));
    } catch (const Error& error) {
        return {error.code(), error.what(), error.because(), error.hints()};
    }
    return {};
}

TEST_CASE("a work tree's top, its .git folder and a linked work tree are repositories") {
    const Repository repository(Repository::Kind::with_work_tree);
    const Ids commits = repository.chain(2);
    repository.set("refs/heads/main", commits[1]);
    repository.git({"worktree", "add", "-q", "-b", "side", repository.path() + "-side", "main"});
    test::SilentTrace trace;
    const std::vector<std::string> names{"refs/heads/main", "HEAD"};
    for (const std::string suffix : {"", "/.git", "-side"}) {
        CAPTURE(suffix);
        const auto refs = open_local(repository.path() + suffix, trace)->list_refs(names);
        CHECK(refs.find("refs/heads/main") == commits[1]);
    }
    CHECK(refusal_of(repository.path() + "/.git/refs").code == ExitCode::usage);
}

TEST_CASE("what is no repository is an error of usage") {
    const test::TemporaryFolder folder;
    for (const auto& path : {folder.path() / "absent", folder.path()}) {
        const Refusal refusal = refusal_of(path.string());
        CHECK(refusal.code == ExitCode::usage);
        CHECK(refusal.what == path.string() + " is no git repository");
        CHECK_FALSE(refusal.because.empty());
        CHECK_FALSE(refusal.hints.empty());
    }
}

TEST_CASE("hooks that would not run are a reason to refuse") {
    const Repository repository;
    const auto make_hook = [&](const std::filesystem::path& file, mode_t mode) {
        std::filesystem::create_directories(file.parent_path());
        std::ofstream(file) << "#!/bin/sh\nexit 1\n";
        REQUIRE(::chmod(file.c_str(), mode) == 0);
    };
    const std::filesystem::path hooks = repository.path() + "/hooks";
    make_hook(hooks / "pre-push", 0755);
    make_hook(hooks / "pre-receive", 0644);
    CHECK(refusal_of(repository.path()).code == ExitCode::done);
    for (const std::string hook : {"pre-receive", "update", "post-receive", "post-update",
                                   "reference-transaction", "proc-receive"}) {
        CAPTURE(hook);
        make_hook(hooks / hook, 0755);
        const Refusal refusal = refusal_of(repository.path());
        CHECK(refusal.code == ExitCode::refused);
        CHECK(refusal.because == "its " + hook + " hook would not run on a push from here");
        CHECK(refusal.hints.size() == 2);
        std::filesystem::remove(hooks / hook);
    }
    make_hook(repository.path() + "/elsewhere/update", 0755);
    repository.git({"config", "core.hooksPath", "elsewhere"});
    CHECK(refusal_of(repository.path()).code == ExitCode::refused);
    repository.git({"config", "core.hooksPath", repository.path() + "/elsewhere"});
    CHECK(refusal_of(repository.path()).code == ExitCode::refused);
    repository.git({"config", "core.hooksPath", "/dev/null"});
    CHECK(refusal_of(repository.path()).code == ExitCode::done);
}

TEST_CASE("repositories of a kind that cannot be served are refused") {
    const Repository sha256(Repository::Kind::bare, {"--object-format=sha256"});
    CHECK(refusal_of(sha256.path()).code == ExitCode::refused);
    CHECK(refusal_of(sha256.path()).because.starts_with("its objects are not named by SHA-1"));

    const Repository reftable;
    reftable.git({"config", "core.repositoryFormatVersion", "1"});
    reftable.git({"config", "extensions.refStorage", "reftable"});
    CHECK(refusal_of(reftable.path()).because == "its refs are in a reftable");
    CHECK(refusal_of(reftable.path()).code == ExitCode::refused);

    const Repository strange;
    strange.git({"config", "core.repositoryFormatVersion", "1"});
    strange.git({"config", "extensions.fromTheFuture", "1"});
    CHECK(refusal_of(strange.path()).code == ExitCode::refused);

    const Repository origin;
    origin.set("refs/heads/main", origin.chain(3).back());
    origin.git({"config", "uploadpack.allowFilter", "true"});
    const test::TemporaryFolder folder;
    const std::string url = "file://" + origin.path();
    test::run_git(folder.path(), {"clone", "-q", "--bare", "--depth=1", url, "shallow"});
    test::run_git(folder.path(), {"clone", "-q", "--bare", "--filter=tree:0", url, "partial"});
    const Refusal shallow = refusal_of((folder.path() / "shallow").string());
    CHECK(shallow.code == ExitCode::refused);
    CHECK(shallow.because == "it is a shallow clone: its history is cut off");
    const Refusal partial = refusal_of((folder.path() / "partial").string());
    CHECK(partial.code == ExitCode::refused);
    CHECK(partial.because == "it is a partial clone: some of its objects are elsewhere");
}

TEST_CASE("another user's repository is refused with the two ways out") {
    if (::geteuid() != 0) {
        SKIP("only root can give files away");
    }
    const Repository repository;
    REQUIRE(::chown(repository.path().c_str(), 65534, 65534) == 0);
    const Refusal refusal = refusal_of(repository.path());
    CHECK(refusal.code == ExitCode::refused);
    CHECK(refusal.because == "another user owns it");
    CHECK(refusal.hints.size() == 2);
}

}  // namespace
}  // namespace headway::git
