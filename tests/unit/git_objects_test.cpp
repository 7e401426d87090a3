#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <string>
#include <string_view>

#include "git/objects.hpp"
#include "git_repository.hpp"
#include "headway/error.hpp"

namespace headway::git {
namespace {

using test::id_of;
using test::Repository;

const std::string k_empty_tree(k_empty_tree_hex);
const std::string k_parent = "1111111111111111111111111111111111111111";

Commit parsed(const std::string& bytes) {
    return parse_commit(object_id_of(ObjectType::commit, bytes), bytes);
}

std::string commit_bytes(std::string_view people, std::string_view rest = "\nmessage\n") {
    return "tree " + k_empty_tree + "\nparent " + k_parent + "\n" + std::string(people) +
           std::string(rest);
}

const std::string k_people =
    "author A U Thor <author@example.com> 1700000000 +0130\n"
    "committer C O Mitter <committer@example.com> 1700000100 -0800\n";

CommitDraft draft(std::string message = "Promote\n") {
    CommitDraft made;
    made.tree = id_of(k_empty_tree_hex);
    made.author = {"Ada", "ada@example.com", 1'700'000'000, 60};
    made.committer = {"headway", "headway@example.com", 1'700'000'001, -330};
    made.message = std::move(message);
    return made;
}

std::string reason_of(const std::string& bytes) {
    try {
        parsed(bytes);
    } catch (const Error& error) {
        CHECK(error.code() == ExitCode::failed);
        return error.because();
    }
    return "(was read)";
}

TEST_CASE("git names objects by these ids") {
    const Repository repository;
    for (const std::string text : {"", "content", "a\nb\n"}) {
        CHECK(object_id_of(ObjectType::blob, text).hex() ==
              repository.git({"hash-object", "--stdin"}, text));
    }
    CHECK(object_id_of(ObjectType::tree, "").hex() == k_empty_tree);
    const std::string bytes = commit_bytes(k_people);
    CHECK(object_id_of(ObjectType::commit, bytes).hex() ==
          repository.git({"hash-object", "-t", "commit", "--stdin"}, bytes));
}

TEST_CASE("a commit is read as git shows it") {
    const Commit commit = parsed(commit_bytes(k_people, "\nsubject\n\nbody\n"));
    CHECK(commit.tree.hex() == k_empty_tree);
    REQUIRE(commit.parents.size() == 1);
    CHECK(commit.parents[0].hex() == k_parent);
    CHECK(commit.author.name == "A U Thor");
    CHECK(commit.author.email == "author@example.com");
    CHECK(commit.author.when == 1'700'000'000);
    CHECK(commit.author.offset_minutes == 90);
    CHECK(commit.committer.name == "C O Mitter");
    CHECK(commit.committer.when == 1'700'000'100);
    CHECK(commit.committer.offset_minutes == -480);
    CHECK(commit.message == "subject\n\nbody\n");
    CHECK(commit.subject() == "subject");
}

TEST_CASE("messages and further headers that real histories have are read") {
    const auto message_of = [](std::string_view rest) {
        return parsed(commit_bytes(k_people, rest)).message;
    };
    using namespace std::string_view_literals;
    CHECK(message_of("") == "");
    CHECK(message_of("\n") == "");
    CHECK(message_of("\nno end") == "no end");
    CHECK(message_of("\n\n\nlate\n") == "\n\nlate\n");
    CHECK(message_of("\ncr\r\nlf\r\n") == "cr\r\nlf\r\n");
    CHECK(message_of("\nwith \0 NUL\n"sv) == "with \0 NUL\n"sv);
    CHECK(message_of("encoding ISO-8859-1\n\ncaf\xE9\n") == "caf\xE9\n");
    CHECK(message_of("encoding ISO-8859-1\nencoding UTF-8\n\ntwice\n") == "twice\n");
    CHECK(
        message_of("gpgsig -----BEGIN PGP SIGNATURE-----\n \n iQ==\n -----END PGP SIGNATURE-----\n"
                   "\nsigned\n") == "signed\n");
    CHECK(message_of("mergetag object 1111111111111111111111111111111111111111\n type commit\n"
                     " tag v1\n tagger T <t@example.com> 1 +0000\n \n text\n\nmerged\n") ==
          "merged\n");
}

TEST_CASE("author and committer lines that old importers wrote are read as git reads them") {
    struct Row {
        std::string people;
        Signature author;
        Signature committer;
    };
    const std::string right = "committer C <c@example.com> 5 +0000\n";
    const Signature c{"C", "c@example.com", 5, 0};
    const std::vector<Row> rows{
        {"author  <> 7 +0000\n" + right, {"", "", 7, 0}, c},
        {right, {"", "", 0, 0}, c},
        {"", {"", "", 0, 0}, {"", "", 0, 0}},
        {"author A <a@example.com>\n" + right, {"A", "a@example.com", 0, 0}, c},
        {"author A <a@example.com> 7\n" + right, {"A", "a@example.com", 7, 0}, c},
        {"author A <a@example.com> when +0000\n" + right, {"A", "a@example.com", 0, 0}, c},
        {"author A a@example.com 7 +0100\n" + right, {"A a@example.com", "", 7, 60}, c},
        {"author A <a@example.com 7 +0100\n" + right, {"A", "a@example.com", 7, 60}, c},
        {"author A <a@example.com> -7 +0000\n" + right, {"A", "a@example.com", -7, 0}, c},
        {"author A <a@example.com> 99999999999999999999 +0000\n" + right,
         {"A", "a@example.com", 0, 0},
         c},
        {"author A <a@example.com> 7 +9959\n" + right, {"A", "a@example.com", 7, 0}, c},
        {"author A <a@example.com> 7 +0000\nauthor B <b@example.com> 8 +0000\n" + right,
         {"A", "a@example.com", 7, 0},
         c},
        {"author A <a@example.com> 7 +0000\ncommitter nobody\n",
         {"A", "a@example.com", 7, 0},
         {"nobody", "", 0, 0}},
    };
    const auto same = [](const Signature& left, const Signature& right_side) {
        return left.name == right_side.name && left.email == right_side.email &&
               left.when == right_side.when && left.offset_minutes == right_side.offset_minutes;
    };
    for (const Row& row : rows) {
        CAPTURE(row.people);
        const Commit commit = parsed(commit_bytes(row.people));
        CAPTURE(commit.author.name, commit.author.email, commit.author.when);
        CHECK(same(commit.author, row.author));
        CHECK(same(commit.committer, row.committer));
        CHECK(commit.parents.size() == 1);
        CHECK(commit.message == "message\n");
    }
}

TEST_CASE("bytes that are no commit are refused") {
    CHECK(reason_of("") != "(was read)");
    CHECK(reason_of("tree\n") != "(was read)");
    CHECK(reason_of("tree 123\n" + k_people + "\nm\n") != "(was read)");
    CHECK(reason_of("parent " + k_parent + "\n" + k_people + "\nm\n") != "(was read)");
    CHECK(reason_of("tree " + k_empty_tree + "\nparent 12\n" + "\nm\n") != "(was read)");
    const std::string bytes = commit_bytes(k_people);
    CHECK_THROWS_AS(parse_commit(id_of(k_parent), bytes), Error);
    CHECK_THROWS_AS(parse_commit(id_of(k_parent), commit_bytes("")), Error);
}

TEST_CASE("a commit's size and its parents are bounded") {
    const std::string large = commit_bytes(k_people, "\n" + std::string(1U << 20U, 'x'));
    CHECK(reason_of(large) == "it is larger than 1 MiB");
    const auto with_parents = [](std::size_t count) {
        std::string bytes = "tree " + k_empty_tree + "\n";
        for (std::size_t index = 0; index < count; ++index) {
            bytes += "parent " + k_parent + "\n";
        }
        return bytes + k_people + "\nm\n";
    };
    CHECK(parsed(with_parents(256)).parents.size() == 256);
    CHECK(reason_of(with_parents(257)) == "it has more than 256 parents");
}

TEST_CASE("an empty store is a pack of 32 bytes, and stays one after clear") {
    ObjectStore store;
    const std::string empty = store.pack();
    CHECK(empty.size() == 32);
    CHECK(empty.starts_with("PACK"));
    store.add_commit(draft());
    CHECK(store.pack() != empty);
    store.clear();
    CHECK(store.pack() == empty);
    const Repository repository;
    repository.git({"index-pack", "--stdin", "--strict"}, empty);
}

TEST_CASE("a pack holds what was added and nothing else, and git takes it") {
    const Repository repository;
    const ObjectId parent = repository.commit({}, "parent\n");
    ObjectStore store;
    CommitDraft first = draft("first\n");
    first.parents = {parent};
    const ObjectId one = store.add_commit(first);
    CommitDraft second = draft("second\n\nHeadway-Event: promoted\n");
    second.parents = {one};
    const ObjectId two = store.add_commit(second);
    CommitDraft restored = draft("restore\n");
    restored.tree = id_of(repository.git({"rev-parse", parent.hex() + "^{tree}"}));
    restored.parents = {parent};
    const ObjectId three = store.add_commit(restored);
    CHECK(store.add_commit(first) == one);

    const std::string before = repository.git({"cat-file", "--batch-all-objects", "--batch-check"});
    repository.git({"index-pack", "--stdin", "--strict"}, store.pack());
    const std::string after = repository.git({"cat-file", "--batch-all-objects", "--batch-check"});
    CHECK(std::count(after.begin(), after.end(), '\n') ==
          std::count(before.begin(), before.end(), '\n') + 4);
    CHECK(repository.git({"cat-file", "-t", k_empty_tree}) == "tree");
    CHECK(repository.git({"cat-file", "commit", one.hex()}) ==
          "tree " + k_empty_tree + "\nparent " + parent.hex() +
              "\nauthor Ada <ada@example.com> 1700000000 +0100"
              "\ncommitter headway <headway@example.com> 1700000001 -0530\n\nfirst");
    repository.set("refs/headway/ledger/staging", two);
    repository.set("refs/heads/main", three);
    CHECK(repository.fsck() == "");
}

TEST_CASE("names and addresses are cleaned as git cleans them") {
    const auto made = [](const std::string& name, const std::string& email) {
        ObjectStore store;
        CommitDraft with = draft();
        with.author.name = name;
        with.author.email = email;
        const ObjectId id = store.add_commit(with);
        const Repository repository;
        repository.git({"index-pack", "--stdin", "--fix-thin"}, store.pack());
        const std::string text = repository.git({"cat-file", "commit", id.hex()});
        const std::size_t start = text.find("author ") + 7;
        return text.substr(start, text.find(" 1700000000") - start);
    };
    CHECK(made("Ada <root@evil> \n", "a\nb@example.com") == "Ada root@evil <ab@example.com>");
    CHECK(made(" .Ada, \x01Lovelace;", "<ada@example.com>") == "Ada, Lovelace <ada@example.com>");
    CHECK(made("\xC3\x84gypten", "x@y") == "\xC3\x84gypten <x@y>");
    CHECK_THROWS_AS(made("<>", "a@example.com"), Error);
    CHECK_THROWS_AS(made("Ada", " \n"), Error);
}

TEST_CASE("what cannot be stored in a commit is refused or left out") {
    ObjectStore store;
    using namespace std::string_literals;
    CHECK(store.add_commit(draft("a\0b\n"s)) == store.add_commit(draft("ab\n")));
    CommitDraft early = draft();
    early.author.when = -1;
    CHECK_THROWS_AS(store.add_commit(early), Error);
    CommitDraft late = draft();
    late.committer.when = std::int64_t{1} << 33U;
    CHECK_THROWS_AS(store.add_commit(late), Error);
    CommitDraft latest = draft();
    latest.committer.when = (std::int64_t{1} << 32U) - 1;
    CHECK_NOTHROW(store.add_commit(latest));
}

}  // namespace
}  // namespace headway::git
