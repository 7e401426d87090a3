#include <catch2/catch_test_macros.hpp>

#include "core/mend.hpp"
#include "fakes.hpp"

using namespace headway;
using namespace headway::core;
using fakes::id;

namespace {

// G1 ← B1 ← B2 (bad) ← N1 ← N2; the range is G1..B2.
const BadRange k_range{.good = id(0x61), .bad = id(0xB2)};

Commit commit(std::uint8_t name, std::vector<ObjectId> parents, const std::string& message) {
    Commit made;
    made.id = id(name);
    made.parents = std::move(parents);
    made.message = message;
    return made;
}

std::string reverts(std::uint8_t name) {
    return "Revert \"x\"\n\nThis reverts commit " + id(name).hex() + ".\n";
}

/// The commits from the range's good end up to 0x52, whose message is `newest`.
std::vector<Commit> history(const std::string& older, const std::string& newest) {
    return {commit(0x52, {id(0x51)}, newest), commit(0x51, {id(0xB2)}, older),
            commit(0xB2, {id(0xB1)}, "Bad\n"), commit(0xB1, {id(0x61)}, "Worse\n")};
}

}  // namespace

TEST_CASE("a commit mends the range when it reverts or names one of its commits") {
    struct Row {
        std::string message;
        std::optional<ObjectId> bad;
    };
    const std::string bad = id(0xB2).hex();
    const std::vector<Row> rows{
        {"Nothing of the kind\n", std::nullopt},
        {reverts(0xB2), id(0xB2)},
        {reverts(0xB1), id(0xB1)},
        {"This reverts commit " + bad.substr(0, 7) + ".\n", id(0xB2)},
        {"This reverts commit " + bad.substr(0, 6) + ".\n", std::nullopt},  // Too short an id.
        {"This reverts commit " + bad + "0.\n", std::nullopt},              // No id at all.
        {reverts(0x61), std::nullopt},  // The good end is not in the range.
        {reverts(0x51), std::nullopt},
        {"This reverts commit " + bad + ", reversing\nchanges made to " + id(0xB1).hex() + ".\n",
         id(0xB2)},
        {"Fix\n\nFixes-Deployment: " + bad + "\n", id(0xB2)},
        {"Fix\n\nfixes-deployment: " + bad.substr(0, 8) + "\n", id(0xB2)},
        {"Fix\n\nFixes-Deployment: " + id(0x51).hex() + "\n", std::nullopt},
        {"Fixes-Deployment: " + bad + "\n", std::nullopt},  // A subject is no trailer.
        {"Fix\n\nSee Fixes-Deployment: " + bad + "\n", std::nullopt},
    };
    for (const Row& row : rows) {
        for (const bool newest : {true, false}) {
            const auto commits =
                newest ? history("Between\n", row.message) : history(row.message, "Between\n");
            const auto mend = find_mend(commits, id(0x52), k_range);
            INFO(row.message);
            REQUIRE(mend.has_value() == row.bad.has_value());
            if (mend) {
                CHECK(mend->bad == *row.bad);
                CHECK(mend->by == id(newest ? 0x52 : 0x51));
            }
        }
    }
}

TEST_CASE("a revert that is reverted again mends nothing") {
    CHECK_FALSE(find_mend(history(reverts(0xB2), reverts(0x51)), id(0x52), k_range));
    auto commits = history(reverts(0xB2), reverts(0x51));
    commits.push_back(commit(0x53, {id(0x52)}, reverts(0x52)));  // Reverted once more.
    CHECK(find_mend(commits, id(0x53), k_range)->by == id(0x51));
}

TEST_CASE("what the candidate does not contain mends nothing") {
    // The revert is on another line of history than the candidate.
    const std::vector<Commit> commits{
        commit(0x71, {id(0xB2)}, reverts(0xB2)), commit(0x52, {id(0xB2)}, "Next\n"),
        commit(0xB2, {id(0xB1)}, "Bad\n"), commit(0xB1, {id(0x61)}, "Worse\n")};
    CHECK_FALSE(find_mend(commits, id(0x52), k_range));
    CHECK(find_mend(commits, id(0x71), k_range));
    // The range is not in the history that was read: it was rewritten, or it is too long.
    CHECK_FALSE(find_mend({commit(0x71, {id(0x61)}, reverts(0xB2))}, id(0x71), k_range));
    CHECK_FALSE(find_mend({}, id(0x71), k_range));
}

TEST_CASE("a commit of the range itself mends nothing") {
    auto commits = history("Between\n", "Newest\n");
    commits[2].message = reverts(0xB1);
    CHECK_FALSE(find_mend(commits, id(0x52), k_range));
    CHECK_FALSE(find_mend(commits, id(0xB2), k_range));
}

TEST_CASE("a merge brings its revert along") {
    const std::vector<Commit> commits{
        commit(0x80, {id(0x52), id(0x71)}, "Merge\n"), commit(0x71, {id(0xB2)}, reverts(0xB1)),
        commit(0x52, {id(0xB2)}, "Next\n"), commit(0xB2, {id(0xB1)}, "Bad\n"),
        commit(0xB1, {id(0x61)}, "Worse\n")};
    const auto mend = find_mend(commits, id(0x80), k_range);
    REQUIRE(mend);
    CHECK(mend->by == id(0x71));
    CHECK(mend->way == Mend::Way::reverts);
}
