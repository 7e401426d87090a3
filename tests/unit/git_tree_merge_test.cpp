#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "git/remotes.hpp"
#include "git/tree.hpp"
#include "git/tree_merge.hpp"
#include "git_repository.hpp"
#include "headway/text.hpp"

namespace headway::git {
namespace {

using test::id_of;
using test::Repository;
using Paths = std::vector<std::string>;

/// Path → content; a first word of "x:", "l:" or "m:" makes an executable, a link, a submodule.
using Files = std::map<std::string, std::string>;

struct Trees {
    ObjectId base;
    ObjectId ours;
    ObjectId theirs;
};

std::string entry_of(const std::string& path, const std::string& content) {
    if (content.starts_with("m:")) {
        return "M 160000 " + std::string(39, '1') + content.back() + " " + path + "\n";
    }
    const bool special = content.starts_with("x:") || content.starts_with("l:");
    const std::string mode = content.starts_with("x:")   ? "100755"
                             : content.starts_with("l:") ? "120000"
                                                         : "100644";
    const std::string text = special ? content.substr(2) : content;
    return "M " + mode + " inline " + path + "\ndata " + std::to_string(text.size()) + "\n" + text +
           "\n";
}

/// refs/t/{base,ours,theirs}, the latter two on top of the first.
Trees commit_all(const Repository& repository, const Files& base, const Files& ours,
                 const Files& theirs) {
    std::string stream;
    const auto add = [&](const std::string& name, const Files& files) {
        stream += "commit refs/t/" + name + "\ncommitter A <a@example.com> 1700000000 +0000\n" +
                  "data 1\nx\n" + (name == "base" ? "" : "from refs/t/base\n") + "deleteall\n";
        for (const auto& [path, content] : files) {
            stream += entry_of(path, content);
        }
    };
    stream += "reset refs/t/base\n";
    add("base", base);
    add("ours", ours);
    add("theirs", theirs);
    repository.git({"fast-import", "--quiet", "--force"}, stream);
    const auto tree = [&](const std::string& name) {
        return id_of(repository.git({"rev-parse", "refs/t/" + name + "^{tree}"}));
    };
    return {tree("base"), tree("ours"), tree("theirs")};
}

/// What git makes of it; nothing: conflicts.
std::optional<ObjectId> merged_by_git(const Repository& repository) {
    const auto result = test::try_git(
        repository.path(), {"merge-tree", "--write-tree", "refs/t/ours", "refs/t/theirs"});
    REQUIRE(result.status >= 0);
    REQUIRE(result.status <= 1);
    return result.status == 0 ? std::optional(id_of(result.output.substr(0, 40))) : std::nullopt;
}

TreeMerge merged_by_headway(const Repository& repository, const Trees& trees) {
    static test::SilentTrace trace;
    const auto remote = open_local(repository.path(), trace);
    TreeMerge merge = remote->merge_trees(trees.base, trees.ours, trees.theirs);
    CHECK(merge.tree.has_value() == merge.conflicts.empty());
    if (merge.tree) {
        const Signature ada{"Ada", "ada@example.com", 1700000000, 0};
        const ObjectId parent = id_of(repository.git({"rev-parse", "refs/t/ours"}));
        const ObjectId id = remote->add_commit({*merge.tree, {parent}, ada, ada, "merged\n"});
        const auto before = repository.tip("refs/heads/merged");
        const std::vector<RefUpdate> updates{
            {"refs/heads/merged", before ? *before : ObjectId{}, id}};
        CHECK(remote->push(updates, {}).all_accepted());
    }
    return merge;
}

const std::string k_lines = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";

std::string with(std::size_t line, const std::string& text) {
    std::string result;
    const auto lines = lines_of(k_lines);
    for (std::size_t index = 0; index < lines.size(); ++index) {
        result += (index + 1 == line ? text : lines[index]) + "\n";
    }
    return result;
}

ReadObjects reader_of(const Repository& repository, std::vector<ObjectsWanted>* asked) {
    return [&repository, asked](const ObjectsWanted& wanted) {
        ObjectContents contents;
        for (const auto& [type, ids] :
             {std::pair("tree", &wanted.trees), {"blob", &wanted.blobs}}) {
            for (const ObjectId& id : *ids) {
                auto result = test::try_git(repository.path(), {"cat-file", type, id.hex()});
                REQUIRE(result.status == 0);
                contents.emplace(id, std::move(result.output));
            }
        }
        asked->push_back(wanted);
        return contents;
    };
}

struct Row {
    const char* name;
    Files base;
    Files ours;
    Files theirs;
};

const Files k_start{{"a", "a\n"}, {"d/e/f", "f\n"}, {"d/g", "g\n"}, {"text", k_lines}};

Files start(const Files& changes, const Paths& deleted = {}) {
    Files files = k_start;
    for (const auto& [path, content] : changes) {
        files[path] = content;
    }
    for (const std::string& path : deleted) {
        files.erase(path);
    }
    return files;
}

std::vector<Row> clean_shapes() {
    return {
        {"other files", k_start, start({{"new", "n\n"}}), start({{"a", "A\n"}})},
        {"both add others", k_start, start({{"d/x", "x\n"}}), start({{"d/y", "y\n"}})},
        {"the order of names", k_start, start({{"d.x", "1\n"}, {"d0", "2\n"}}),
         start({{"d-", "3\n"}, {"d/z", "4\n"}})},
        {"deleted here, changed beside", k_start, start({}, {"a"}), start({{"d/g", "G\n"}})},
        {"deleted there", k_start, start({{"d/g", "G\n"}}), start({}, {"a"})},
        {"deleted by both", k_start, start({{"n", "n\n"}}, {"a"}), start({{"m", "m\n"}}, {"a"})},
        {"the same by both", k_start, start({{"a", "A\n"}, {"n", "n\n"}}),
         start({{"a", "A\n"}, {"m", "m\n"}})},
        {"one file, other lines", k_start, start({{"text", with(1, "one")}}),
         start({{"text", with(9, "nine")}})},
        {"a nested file, other lines", start({{"d/e/t", k_lines}}),
         start({{"d/e/t", with(1, "one")}}), start({{"d/e/t", with(9, "nine")}})},
        {"a folder empties from both sides", k_start, start({}, {"d/e/f"}), start({}, {"d/g"})},
        {"all goes", {{"d/a", "a\n"}, {"d/b", "b\n"}}, {{"d/a", "a\n"}}, {{"d/b", "b\n"}}},
        {"deeper folders empty too",
         {{"p/q/r/a", "1\n"}, {"p/q/r/b", "2\n"}, {"k", "k\n"}},
         {{"p/q/r/a", "1\n"}, {"k", "k\n"}},
         {{"p/q/r/b", "2\n"}, {"k", "k\n"}}},
        {"mode here, text there", k_start, start({{"text", "x:" + k_lines}}),
         start({{"text", with(2, "two")}})},
        {"mode there, text here", k_start, start({{"text", with(2, "two")}}),
         start({{"text", "x:" + k_lines}})},
        {"mode and text", k_start, start({{"text", "x:" + with(1, "one")}}),
         start({{"text", with(9, "nine")}})},
        {"a link changed there", start({{"l", "l:a"}}), start({{"l", "l:a"}, {"n", "n\n"}}),
         start({{"l", "l:d/g"}})},
        {"a submodule moved there", start({{"s", "m:1"}}), start({{"s", "m:1"}, {"n", "n\n"}}),
         start({{"s", "m:2"}})},
        {"a submodule goes", start({{"s", "m:1"}}), start({{"s", "m:1"}, {"n", "n\n"}}), k_start},
        {"a file becomes a folder", k_start, start({{"n", "n\n"}}), start({{"a/b", "b\n"}}, {"a"})},
        {"a folder becomes a file", k_start, start({{"n", "n\n"}}),
         start({{"d", "d\n"}}, {"d/g", "d/e/f"})},
        {"deleted here, a folder there", k_start, start({}, {"a"}), start({{"a/b", "b\n"}}, {"a"})},
        {"a new folder from both", k_start, start({{"n/a", "1\n"}}), start({{"n/b", "2\n"}})},
        {"a folder deleted here, more in it there", k_start, start({}, {"d/e/f", "d/g"}),
         start({{"d/new/file", "n\n"}})},
        {"renamed there", k_start, start({{"n", "n\n"}}), start({{"b", "a\n"}}, {"a"})},
        {"renamed by both alike", k_start, start({{"b", "a\n"}, {"n", "n\n"}}, {"a"}),
         start({{"b", "a\n"}}, {"a"})},
        {"a file without an end", start({{"t", "1\n2\n3\n4\n5"}}),
         start({{"t", "one\n2\n3\n4\n5"}}), start({{"t", "1\n2\n3\n4\nfive"}})},
        {"emptied and changed elsewhere", start({{"t", "1\n"}}), start({{"t", ""}}),
         start({{"t", "1\n"}, {"n", "n\n"}})},
    };
}

TEST_CASE("trees are merged as git merges them") {
    for (const Row& row : clean_shapes()) {
        INFO(row.name);
        const Repository repository;
        const Trees trees = commit_all(repository, row.base, row.ours, row.theirs);
        const auto git = merged_by_git(repository);
        REQUIRE(git);
        const TreeMerge merge = merged_by_headway(repository, trees);
        CHECK(merge.conflicts.empty());
        CHECK(merge.tree == git);
        CHECK(repository.fsck().empty());
    }
}

TEST_CASE("what git leaves to a person is a conflict, named by its path") {
    struct Conflict {
        Row row;
        Paths paths;
    };
    const std::string zero(1, '\0');
    const std::vector<Conflict> rows{
        {{"the same lines", k_start, start({{"text", with(5, "x")}}),
          start({{"text", with(5, "y")}})},
         {"text"}},
        {{"deleted here, changed there", k_start, start({}, {"d/g"}), start({{"d/g", "G\n"}})},
         {"d/g"}},
        {{"changed here, deleted there", k_start, start({{"d/e/f", "F\n"}}), start({}, {"d/e/f"})},
         {"d/e/f"}},
        {{"both add", k_start, start({{"n", "1\n"}}), start({{"n", "2\n"}})}, {"n"}},
        {{"binary", start({{"b", zero + k_lines}}), start({{"b", zero + with(1, "x")}}),
          start({{"b", zero + with(9, "y")}})},
         {"b"}},
        {{"links", start({{"l", "l:a"}}), start({{"l", "l:b"}}), start({{"l", "l:c"}})}, {"l"}},
        {{"submodules", start({{"s", "m:1"}}), start({{"s", "m:2"}}), start({{"s", "m:3"}})},
         {"s"}},
        {{"a file against a folder", k_start, start({{"n", "n\n"}}), start({{"n/m", "m\n"}})},
         {"n"}},
        {{"changed, and a folder there", k_start, start({{"a", "A\n"}}),
          start({{"a/b", "b\n"}}, {"a"})},
         {"a"}},
        {{"modes of a new file", k_start, start({{"n", "n\n"}}), start({{"n", "x:n\n"}})}, {"n"}},
        {{"several", k_start, start({{"a", "1\n"}, {"d/g", "1\n"}, {"n", "n\n"}}),
          start({{"a", "2\n"}, {"d/g", "2\n"}, {"m", "m\n"}})},
         {"a", "d/g"}},
    };
    for (const auto& [row, paths] : rows) {
        INFO(row.name);
        const Repository repository;
        const Trees trees = commit_all(repository, row.base, row.ours, row.theirs);
        CHECK_FALSE(merged_by_git(repository));
        const TreeMerge merge = merged_by_headway(repository, trees);
        CHECK_FALSE(merge.tree);
        CHECK(merge.conflicts.front() == paths.front());
        CHECK(repository.tip("refs/heads/merged") == std::nullopt);
    }
}

TEST_CASE("whatever headway merges, git merges to the same tree") {
    std::mt19937 random(7);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same in every run
    const auto below = [&](unsigned bound) { return static_cast<std::size_t>(random() % bound); };
    const Paths paths{"a", "a.b", "a0", "d", "d/x", "d/y", "d/z/u", "d/z/v", "e/x", "e/y/w", "f"};
    // No line of one path is a line of another, or git would see renames.
    const auto content = [&](const std::string& path, const std::string& line) {
        std::string text;
        for (const std::string& each : lines_of(with(1 + below(9), line))) {
            text.append(path).append(" ").append(each).append("\n");
        }
        return text;
    };
    const auto vary = [&](Files files) {
        for (std::size_t change = 1 + below(4); change > 0; --change) {
            const std::string& path = paths[below(static_cast<unsigned>(paths.size()))];
            std::erase_if(files, [&](const auto& file) {
                return file.first.starts_with(path + "/") || path.starts_with(file.first + "/");
            });
            switch (below(6)) {
                case 0:
                    files.erase(path);
                    break;
                case 1:
                    files[path] = "l:" + path + std::to_string(below(2));
                    break;
                case 2:
                    files[path] = "x:" + content(path, "x");
                    break;
                default:
                    files[path] = content(path, "y" + std::to_string(below(2)));
            }
        }
        return files;
    };
    const Repository repository;
    std::size_t clean = 0;
    for (int round = 0; round < 120; ++round) {
        Files base;
        for (int change = 0; change < 4; ++change) {
            base = vary(base);
        }
        const Trees trees = commit_all(repository, base, vary(base), vary(base));
        const auto git = merged_by_git(repository);
        const TreeMerge merge = merged_by_headway(repository, trees);
        INFO("round " << round);
        CHECK((merge.tree == git || !merge.tree));
        CHECK((merge.tree || !git ||
               std::any_of(merge.conflicts.begin(), merge.conflicts.end(),
                           [](const std::string& path) { return path == "d"; })));
        clean += merge.tree ? 1 : 0;
    }
    CHECK(clean > 40);
    CHECK(repository.fsck().empty());
}

TEST_CASE("only what differs is read, one question a level") {
    const Repository repository;
    const Files base = start({{"big/file", "b\n"}, {"d/e/t", k_lines}, {"o/p", "p\n"}});
    Files ours = base;
    ours["d/e/t"] = with(1, "one");
    ours["o/p"] = "P\n";
    Files theirs = base;
    theirs["d/e/t"] = with(9, "nine");
    const Trees trees = commit_all(repository, base, ours, theirs);
    std::vector<ObjectsWanted> asked;
    const MergeResult merged =
        merge_trees(reader_of(repository, &asked), trees.base, trees.ours, trees.theirs);
    CHECK(merged.outcome.tree == merged_by_git(repository));
    REQUIRE(asked.size() == 4);  // /, d, d/e, d/e/t
    for (std::size_t level = 0; level < 3; ++level) {
        CHECK(asked[level].trees.size() == 3);
        CHECK(asked[level].blobs.empty());
    }
    CHECK(asked[3].trees.empty());
    CHECK(asked[3].blobs.size() == 3);
    CHECK(merged.objects.size() == 4);
    CHECK(merged.objects.front().type == ObjectType::blob);
}

TEST_CASE("nothing is read when one side is as it was") {
    const ReadObjects never = [](const ObjectsWanted&) -> ObjectContents {
        throw Error(ExitCode::failed, "read");
    };
    const ObjectId one = id_of(std::string(40, '1'));
    const ObjectId two = id_of(std::string(40, '2'));
    CHECK(merge_trees(never, one, one, two).outcome.tree == two);
    CHECK(merge_trees(never, one, two, one).outcome.tree == two);
    CHECK(merge_trees(never, one, two, two).outcome.tree == two);
}

TEST_CASE("a merge is bounded") {
    const Repository repository;
    const Files base = start({{"d/e/t", k_lines}});
    const Trees trees = commit_all(repository, base, start({{"d/e/t", with(1, "one")}}),
                                   start({{"d/e/t", with(9, "nine")}}));
    const auto because = [&](const MergeLimits& limits) -> std::string {
        std::vector<ObjectsWanted> asked;
        try {
            (void)merge_trees(reader_of(repository, &asked), trees.base, trees.ours, trees.theirs,
                              limits);
        } catch (const Error& error) {
            CHECK(std::string(error.what()) == "the merge is larger than headway makes");
            CHECK(error.hints() == Paths{"make it in a clone, with git itself"});
            return error.because();
        }
        return {};
    };
    MergeLimits limits;
    CHECK(because(limits).empty());
    limits.levels = 3;
    CHECK(because(limits).empty());
    limits.levels = 2;
    CHECK(because(limits) == "it goes deeper than 2 folders");
    limits = {};
    limits.objects = 11;
    CHECK(because(limits) == "it needs more than 11 folders and files");
    limits = {};
    limits.bytes = 100;
    CHECK(because(limits) == "it needs more than 100 bytes");
}

TEST_CASE("only so many conflicts are named") {
    const Repository repository;
    Files ours;
    Files theirs;
    for (int index = 0; index < 5; ++index) {
        ours["f" + std::to_string(index)] = "1\n";
        theirs["f" + std::to_string(index)] = "2\n";
    }
    const Trees trees = commit_all(repository, k_start, ours, theirs);
    std::vector<ObjectsWanted> asked;
    MergeLimits limits;
    limits.conflicts = 2;
    CHECK(merge_trees(reader_of(repository, &asked), trees.base, trees.ours, trees.theirs, limits)
              .outcome.conflicts == Paths{"f0", "f1"});
}

TEST_CASE("a tree object is read as git reads it, and written as git writes it") {
    const std::string id(20, '\1');
    const auto entry = [&](const std::string& mode, const std::string& name) {
        return mode + " " + name + '\0' + id;
    };
    const auto items = read_tree(entry("100664", "a") + entry("0100755", "b") +
                                 entry("40000", "c") + entry("120000", "l") + entry("160000", "s"));
    REQUIRE(items.size() == 5);
    CHECK(items[0].mode == TreeMode::file);
    CHECK(items[1].mode == TreeMode::executable);
    CHECK(items[2].mode == TreeMode::folder);
    CHECK(write_tree({items[4], items[3], items[2], items[1], items[0]}) ==
          entry("100644", "a") + entry("100755", "b") + entry("40000", "c") + entry("120000", "l") +
              entry("160000", "s"));
    CHECK(read_tree("").empty());
    for (const std::string& bad :
         {entry("100644", "a") + entry("40000", "a"), entry("100644", ""), entry("100644", "."),
          entry("100644", ".."), entry("100644", ".Git"), entry("100644", "a/b"),
          entry("10064x", "a"), entry("", "a"), entry("12345670", "a"),
          entry("100644", "a").substr(0, 25), std::string("100644 a")}) {
        CHECK_THROWS_AS(read_tree(bad), Error);
    }
}

}  // namespace
}  // namespace headway::git
