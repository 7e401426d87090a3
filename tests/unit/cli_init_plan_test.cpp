#include <catch2/catch_test_macros.hpp>
#include <string>
#include <utility>
#include <vector>

#include "cli/init_plan.hpp"

using namespace headway::cli;
using Names = std::vector<std::string>;

namespace {

Names names_of(const std::vector<InitEnvironment>& environments) {
    Names names;
    for (const InitEnvironment& environment : environments) {
        names.push_back(environment.name + "=" + environment.branch);
    }
    return names;
}

Names names_of(const std::vector<const InitEnvironment*>& environments) {
    Names names;
    for (const InitEnvironment* environment : environments) {
        names.push_back(environment->name);
    }
    return names;
}

InitPlan plan_of(const Names& names) {
    InitPlan plan;
    for (const std::string& name : names) {
        plan.environments.push_back({name, "deploy/" + name, {}});
    }
    return plan;
}

}  // namespace

TEST_CASE("branches that environments deploy from are told from others") {
    struct Row {
        Names branches;
        Names environments;
    };
    const std::vector<Row> rows{
        {{}, {}},
        {{"main", "feature/login", "release-1.0", "fix-staging", "stagingx"}, {}},
        {{"_gitlab/agents/production", "_gitlab/agents/staging"},
         {"staging=_gitlab/agents/staging", "production=_gitlab/agents/production"}},
        {{"production", "uat", "staging", "development"},
         {"development=development", "staging=staging", "uat=uat", "production=production"}},
        {{"prod", "dev", "qa"}, {"dev=dev", "qa=qa", "prod=prod"}},
        {{"deploy/eu/prod", "env/test", "environments/stage"},
         {"test=env/test", "stage=environments/stage", "eu-prod=deploy/eu/prod"}},
        // The branch that is meant for deployments wins.
        {{"staging", "deploy/staging"}, {"staging=deploy/staging"}},
        {{"deploy/release-1.2", "env/Release_3"}, {}},
        {{"deploy/-x", "deploy/a b", "deploy/", "deploy/x.lock", "deploy/x."}, {}},
        // What has no telling name stands between what is tried out and what is not.
        {{"deploy/production", "deploy/edge-2", "deploy/edge-1", "deploy/staging"},
         {"staging=deploy/staging", "edge-1=deploy/edge-1", "edge-2=deploy/edge-2",
          "production=deploy/production"}},
    };
    for (const Row& row : rows) {
        CAPTURE(row.branches);
        CHECK(names_of(environments_in(row.branches, "main")) == row.environments);
    }
    CHECK(environments_in({"staging", "production"}, "staging") ==
          std::vector<InitEnvironment>{{"production", "production", ""}});
}

TEST_CASE("the tier of an environment is in its name") {
    const std::vector<std::pair<std::string, Tier>> rows{
        {"development", Tier::development},
        {"dev-2", Tier::development},
        {"TEST", Tier::test},
        {"qa", Tier::test},
        {"staging", Tier::staging},
        {"eu.stage", Tier::staging},
        {"uat", Tier::acceptance},
        {"pre-production", Tier::acceptance},
        {"preprod_eu", Tier::acceptance},
        {"production", Tier::production},
        {"prod-eu-1", Tier::production},
        {"eu-live", Tier::production},
        {"edge-7", Tier::other},
        {"developers", Tier::other},
        {"", Tier::other},
    };
    for (const auto& [name, tier] : rows) {
        CAPTURE(name);
        CHECK(tier_of(name) == tier);
        CHECK(is_guarded(name) == (tier == Tier::acceptance || tier == Tier::production));
    }
}

TEST_CASE("what is guarded waits for the tier before it") {
    struct Row {
        Names environments;
        std::string environment;
        Names before;
    };
    const std::vector<Row> rows{
        {{"staging", "production"}, "production", {"staging"}},
        {{"staging", "production"}, "staging", {}},
        {{"dev", "staging", "uat", "production"}, "production", {"uat"}},
        {{"dev", "staging", "uat", "production"}, "uat", {"staging"}},
        {{"dev", "production"}, "production", {"dev"}},
        {{"production"}, "production", {}},
        {{"edge-1", "production"}, "production", {}},
        {{"staging-eu", "staging-us", "production-eu"}, "production-eu", {"staging-eu"}},
        {{"staging-eu", "staging-us", "production"}, "production", {"staging-eu", "staging-us"}},
        {{"staging", "production-eu", "production-us"}, "production-us", {"staging"}},
    };
    for (const Row& row : rows) {
        CAPTURE(row.environments, row.environment);
        const InitPlan plan = plan_of(row.environments);
        for (const InitEnvironment& environment : plan.environments) {
            if (environment.name == row.environment) {
                CHECK(names_of(waits_for(plan, environment)) == row.before);
            }
        }
    }
}

TEST_CASE("the CI system is the one whose file is there, the forge's own first") {
    using enum CiSystem;
    struct Row {
        std::vector<CiSystem> files;
        std::string forge;
        CiSystem system;
    };
    const std::vector<Row> rows{
        {{}, "gitlab", gitlab},
        {{}, "github", github},
        {{}, "azure-devops", azure},
        {{}, "bitbucket", bitbucket},
        {{}, "git", none},
        {{}, "gitea", none},
        {{github}, "git", github},
        {{github}, "gitlab", github},
        {{gitlab, azure}, "git", gitlab},
        {{gitlab, github}, "github", github},
    };
    for (const Row& row : rows) {
        CAPTURE(row.forge, row.files.size());
        InitFacts facts;
        facts.forge = row.forge;
        facts.ci_files = row.files;
        CHECK(ci_system_of(facts) == row.system);
    }
}

TEST_CASE("an environment's token has a variable of its own") {
    CHECK(token_variable("staging") == "STAGING_PUSH_TOKEN");
    CHECK(token_variable("eu-prod.1") == "EU_PROD_1_PUSH_TOKEN");
    CHECK(token_variable("1st") == "ENV_1ST_PUSH_TOKEN");
}
