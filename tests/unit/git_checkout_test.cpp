#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "git/remotes.hpp"
#include "git_repository.hpp"

namespace headway::git {
namespace {

using test::Repository;

TEST_CASE("local paths and file URLs are told from other remotes") {
    using Row = std::pair<std::string, std::optional<std::string>>;
    const std::vector<Row> rows{
        {"/srv/app.git", "/srv/app.git"},
        {"./app.git", "./app.git"},
        {"../app.git", "../app.git"},
        {"app.git", "app.git"},
        {".", "."},
        {"/srv/a:b.git", "/srv/a:b.git"},
        {"./a:b.git", "./a:b.git"},
        {"/srv/100%25.git", "/srv/100%25.git"},
        {"file:///srv/app.git", "/srv/app.git"},
        {"FILE:///srv/app.git", "/srv/app.git"},
        {"file://localhost/srv/app.git", "/srv/app.git"},
        {"file://LocalHost/srv/app.git", "/srv/app.git"},
        {"file:/srv/app.git", "/srv/app.git"},
        {"file:///srv/my%20app%2fx%C3%A4.git", "/srv/my app/x\xC3\xA4.git"},
        {"file:///srv/100%25", "/srv/100%"},
        {"file:///srv/bad%2", std::nullopt},
        {"file:///srv/bad%zz", std::nullopt},
        {"file:///srv/bad%00", std::nullopt},
        {"file:///a%10", "/a\x10"},
        {"file://server/srv/app.git", std::nullopt},
        {"file://", std::nullopt},
        {"file:app.git", std::nullopt},
        {"", std::nullopt},
        {"https://example.com/app.git", std::nullopt},
        {"http://127.0.0.1:8080/app.git", std::nullopt},
        {"ssh://git@example.com/app.git", std::nullopt},
        {"git://example.com/app.git", std::nullopt},
        {"git@example.com:group/app.git", std::nullopt},
        {"host:app.git", std::nullopt},
    };
    for (const auto& [remote, path] : rows) {
        CAPTURE(remote);
        CHECK(local_path_of(remote) == path);
    }
}

TEST_CASE("a checkout is found from below, with its origin but without its credentials") {
    const Repository repository(Repository::Kind::with_work_tree);
    const std::filesystem::path below = std::filesystem::path(repository.path()) / "a" / "b";
    std::filesystem::create_directories(below);
    CHECK(find_checkout(below.string()).top == repository.path());
    CHECK(find_checkout(repository.path()).origin_url.empty());
    const std::vector<std::pair<std::string, std::string>> rows{
        {"https://gitlab-ci-token:glcbt-64_x@gitlab.example.com/group/app.git",
         "https://gitlab.example.com/group/app.git"},
        {"https://token@example.com", "https://example.com"},
        {"https://a:b@c@example.com:8443/x@y", "https://example.com:8443/x@y"},
        {"https://example.com/x@y", "https://example.com/x@y"},
        {"https://user:pw@example.com?x=@1", "https://example.com?x=@1"},
        {"git@example.com:group/app.git", "git@example.com:group/app.git"},
        {"../app.git", "../app.git"},
    };
    for (const auto& [stored, shown] : rows) {
        repository.git({"config", "remote.origin.url", stored});
        CHECK(find_checkout(below.string()).origin_url == shown);
        CHECK(find_checkout(below.string()).origin_has_user_info == (stored != shown));
    }
}

TEST_CASE("what is no checkout is none, whatever the reason") {
    const test::TemporaryFolder folder;
    CHECK(find_checkout(folder.path().string()).top.empty());
    CHECK(find_checkout((folder.path() / "absent").string()).top.empty());
    CHECK(find_checkout("").top.empty());
    const Repository bare;
    CHECK(find_checkout(bare.path()).top.empty());
    const Repository strange(Repository::Kind::with_work_tree);
    strange.git({"config", "core.repositoryFormatVersion", "1"});
    strange.git({"config", "extensions.fromTheFuture", "1"});
    CHECK(find_checkout(strange.path()).top.empty());
    if (::geteuid() == 0) {
        const Repository foreign(Repository::Kind::with_work_tree);
        REQUIRE(::chown(foreign.path().c_str(), 65534, 65534) == 0);
        CHECK(find_checkout(foreign.path()).top.empty());
    }
}

TEST_CASE("the clones that CI makes are checkouts, and abbreviations resolve in them") {
    const Repository origin;
    const auto commits = origin.chain(3);
    origin.set("refs/heads/main", commits[2]);
    origin.git({"config", "uploadpack.allowFilter", "true"});
    const test::TemporaryFolder folder;
    const std::string url = "file://" + origin.path();
    test::run_git(folder.path(), {"clone", "-q", "--depth=2", url, "shallow"});
    test::run_git(folder.path(), {"clone", "-q", "--filter=blob:none", url, "partial"});
    test::run_git(folder.path(), {"clone", "-q", "--no-checkout", "--filter=tree:0", url, "bare"});
    for (const std::string name : {"shallow", "partial", "bare"}) {
        CAPTURE(name);
        const std::string top = (folder.path() / name).string();
        CHECK(find_checkout(top).top == top);
        CHECK(find_checkout(top).origin_url == url);
        for (const std::size_t length : {7U, 12U, 40U}) {
            CHECK(resolve_in_checkout(top, commits[1].hex().substr(0, length)) == commits[1]);
        }
    }
    const std::string shallow = (folder.path() / "shallow").string();
    CHECK_FALSE(resolve_in_checkout(shallow, commits[0].hex()));
    CHECK_FALSE(resolve_in_checkout(shallow, commits[1].hex().substr(0, 3)));
    CHECK_FALSE(resolve_in_checkout(shallow, commits[1].hex() + "0"));
    CHECK_FALSE(resolve_in_checkout(shallow, "main"));
    CHECK_FALSE(resolve_in_checkout(shallow, "HEAD~1"));
    CHECK_FALSE(resolve_in_checkout(shallow, ""));
    CHECK_FALSE(resolve_in_checkout(folder.path().string(), commits[1].hex()));
}

TEST_CASE("a checkout tells its branches and which one is the default") {
    using Names = std::vector<std::string>;
    const Repository repository(Repository::Kind::with_work_tree);
    const std::string top = repository.path();
    repository.git({"symbolic-ref", "HEAD", "refs/heads/work"});
    // Not born yet.
    CHECK(branches_in_checkout(top).default_branch == "work");
    CHECK(branches_in_checkout(top).names.empty());
    const auto commits = repository.chain(1);
    for (const std::string ref :
         {"heads/work", "heads/deploy/staging", "remotes/origin/deploy/staging",
          "remotes/origin/production", "remotes/upstream/other", "tags/v1", "notes/x"}) {
        repository.set("refs/" + ref, commits[0]);
    }
    CHECK(branches_in_checkout(top).names == Names{"deploy/staging", "production", "work"});
    CHECK(branches_in_checkout(top).default_branch == "work");
    repository.set("refs/remotes/origin/master", commits[0]);
    CHECK(branches_in_checkout(top).default_branch == "master");
    repository.set("refs/heads/main", commits[0]);
    CHECK(branches_in_checkout(top).default_branch == "main");
    repository.git({"symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk/1"});
    CHECK(branches_in_checkout(top).default_branch == "trunk/1");
    CHECK(branches_in_checkout(top).names ==
          Names{"deploy/staging", "main", "master", "production", "work"});
    repository.git({"pack-refs", "--all"});
    CHECK(branches_in_checkout(top).names.size() == 5);
    // Detached.
    repository.git({"symbolic-ref", "-d", "refs/remotes/origin/HEAD"});
    for (const std::string ref : {"refs/heads/main", "refs/remotes/origin/master"}) {
        repository.git({"update-ref", "-d", ref});
    }
    repository.git({"update-ref", "--no-deref", "HEAD", commits[0].hex()});
    CHECK(branches_in_checkout(top).default_branch.empty());

    const test::TemporaryFolder folder;
    CHECK(branches_in_checkout(folder.path().string()).names.empty());
    CHECK(branches_in_checkout("").default_branch.empty());
}

TEST_CASE("an ambiguous abbreviation names no commit") {
    const Repository repository(Repository::Kind::with_work_tree);
    const auto commits = repository.chain(1000);
    repository.set("refs/heads/main", commits.back());
    // Some two of 1000 commits share their first four digits (p > 0.999 by the
    // birthday bound); the ids are the same in every run, so this pair is, too.
    for (const ObjectId& one : commits) {
        const std::string prefix = one.hex().substr(0, 4);
        std::size_t sharing = 0;
        for (const ObjectId& other : commits) {
            sharing += other.hex().starts_with(prefix) ? 1 : 0;
        }
        if (sharing > 1) {
            CHECK_FALSE(resolve_in_checkout(repository.path(), prefix));
            CHECK(resolve_in_checkout(repository.path(), one.hex().substr(0, 12)) == one);
            return;
        }
    }
    FAIL("no two commits share a prefix");
}

}  // namespace
}  // namespace headway::git
