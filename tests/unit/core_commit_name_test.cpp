#include <catch2/catch_test_macros.hpp>

#include "core/commit_name.hpp"
#include "core_support.hpp"

using namespace headway;
using namespace headway::core;
using fakes::Stage;

namespace {

std::string failure(Stage& stage, const std::string& name) {
    try {
        (void)find_commit(
            stage.remote, name,
            {.known = {stage.third}, .checkout = {}, .branch_tip = stage.third, .branch = "main"});
    } catch (const Error& error) {
        CHECK(error.code() == ExitCode::usage);
        CHECK_FALSE(error.hints().empty());
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE("an abbreviation is looked up among tips, then in the checkout, then on the branch") {
    Stage stage;
    CommitSearch search{
        .known = {stage.third}, .checkout = {}, .branch_tip = stage.third, .branch = "main"};
    CHECK(find_commit(stage.remote, "A300", search) == stage.third);
    CHECK(stage.remote.questions == 0);
    CHECK(find_commit(stage.remote, "a1000", search) == stage.first);
    CHECK(stage.remote.questions == 1);
    search.checkout = [&](std::string_view) { return std::optional(fakes::id(0x55)); };
    CHECK(find_commit(stage.remote, "5500", search) == fakes::id(0x55));
    CHECK(stage.remote.questions == 1);
}

TEST_CASE("all forty digits are taken as they are") {
    Stage stage;
    CHECK(find_commit(stage.remote, fakes::id(0x99).hex(), {}) == fakes::id(0x99));
    CHECK(stage.remote.questions == 0);
}

TEST_CASE("what cannot be resolved is a usage error") {
    Stage stage;
    CHECK(failure(stage, "v1.2") == "\"v1.2\" is no commit id");
    CHECK(failure(stage, "a1") == "\"a1\" is no commit id");
    CHECK(failure(stage, std::string(41, 'a')) ==
          "\"" + std::string(41, 'a') + "\" is no commit id");
    CHECK(failure(stage, "bbbb") == "no commit bbbb was found");
    std::array<std::uint8_t, ObjectId::k_size> twin{};
    twin[0] = 0xA1;
    twin[19] = 1;
    Commit commit;
    commit.id = ObjectId(twin);
    stage.remote.commits[commit.id] = commit;
    stage.remote.commits[stage.third].parents.push_back(commit.id);
    CHECK(failure(stage, "a100") == "a100 is ambiguous");
}
