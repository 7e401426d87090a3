#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <functional>
#include <string>
#include <vector>

#include "cli/init_questions.hpp"
#include "cli/init_texts.hpp"
#include "config/config.hpp"
#include "config/yaml.hpp"
#include "headway/error.hpp"

using namespace headway;
using namespace headway::cli;

namespace {

InitPlan whole_plan(CiSystem ci) {
    InitPlan plan;
    plan.remote = "https://gitlab.example.com:8443/group/app.git";
    plan.source = "main";
    plan.environments = {{"staging", "deploy/staging", "https://s.example.com:8443/app?x=1"},
                         {"uat", "uat", "https://uat.example.com"},
                         {"production", "deploy/production", ""}};
    plan.health = "/health";
    plan.version_pointer = "/build/commit";
    plan.slack_variable = "SLACK_WEBHOOK";
    plan.ci = ci;
    return plan;
}

config::FileConfiguration parsed(const InitPlan& plan) {
    return config::parse_file(configuration_text(plan), ".headway.yml");
}

const config::Node& at(const config::NodePointer& node, const std::string& key) {
    const auto found =
        std::find_if(node->entries.begin(), node->entries.end(),
                     [&](const config::Entry& entry) { return entry.key->text == key; });
    REQUIRE(found != node->entries.end());
    return *found->value;
}

}  // namespace

TEST_CASE("the configuration says all of the plan, in the parser's words") {
    const auto file = parsed(whole_plan(CiSystem::gitlab));
    REQUIRE(file.remote);
    CHECK(file.remote->value == "https://gitlab.example.com:8443/group/app.git");
    REQUIRE(file.source);
    CHECK(file.source->value == "main");
    REQUIRE(file.slack_webhook);
    CHECK(file.slack_webhook->describe() == "$SLACK_WEBHOOK");
    REQUIRE(file.environments.size() == 3);
    const auto& staging = file.environments[0];
    CHECK(staging.branch.value == "refs/heads/deploy/staging");
    CHECK(staging.token->describe() == "$STAGING_PUSH_TOKEN");
    CHECK(staging.url->value == "https://s.example.com:8443/app?x=1");
    REQUIRE(staging.probes.size() == 1);
    CHECK(staging.probes[0].url == "/health");
    REQUIRE(staging.probes[0].json.size() == 1);
    CHECK(staging.probes[0].json[0].where == "/build/commit");
    CHECK(staging.probes[0].json[0].text == "${short_commit}");
    CHECK(staging.after.empty());
    REQUIRE(file.environments[1].after.size() == 1);
    CHECK(file.environments[1].after[0].value == "staging");
    // What never verifies anything is waited for by nobody.
    CHECK(file.environments[2].after.size() == 1);
    CHECK_FALSE(file.environments[2].url);
    InitPlan blind = whole_plan(CiSystem::none);
    blind.environments[1].url.clear();
    CHECK(parsed(blind).environments[2].after.empty());
    CHECK(configuration_text(blind).find("# after: uat") != std::string::npos);
}

TEST_CASE("every plan makes a configuration that is read as it was meant") {
    const std::vector<std::function<void(InitPlan&)>> changes{
        [](InitPlan& plan) { plan.remote.clear(); },
        [](InitPlan& plan) { plan.remote = "/srv/git/my app #1: \"x\"\\.git"; },
        [](InitPlan& plan) { plan.source.clear(); },
        [](InitPlan& plan) { plan.source = "{yes}&!%@|>'\""; },
        [](InitPlan& plan) { plan.source = "1e3"; },
        [](InitPlan& plan) { plan.source = "true"; },
        [](InitPlan& plan) { plan.source = "2026"; },
        [](InitPlan& plan) {
            plan.health.clear();
            plan.version_pointer.clear();
        },
        [](InitPlan& plan) { plan.version_pointer.clear(); },
        [](InitPlan& plan) { plan.version_pointer = "/a b/~1c: {d}"; },
        [](InitPlan& plan) { plan.slack_variable.clear(); },
        [](InitPlan& plan) { plan.environments[1].name = "null"; },
        [](InitPlan& plan) { plan.environments[1].name = "1.5"; },
        [](InitPlan& plan) { plan.environments[1].branch = "#x,y]"; },
        [](InitPlan& plan) { plan.environments[1].branch = std::string(100, 'b'); },
        [](InitPlan& plan) { plan.environments[0].url = "http://x/" + std::string(27, 'u'); },
        [](InitPlan& plan) {
            plan.environments.push_back({"staging-eu", "s-eu", "http://x"});
        },
        [](InitPlan& plan) { plan.health = "/h?a=b&c#d"; },
    };
    for (std::size_t index = 0; index < changes.size(); ++index) {
        CAPTURE(index);
        InitPlan plan = whole_plan(CiSystem::gitlab);
        changes[index](plan);
        CAPTURE(configuration_text(plan));
        const auto file = parsed(plan);
        CHECK((file.remote ? file.remote->value : "") == plan.remote);
        CHECK((file.source ? file.source->value : "") == plan.source);
        REQUIRE(file.environments.size() == plan.environments.size());
        for (std::size_t place = 0; place < plan.environments.size(); ++place) {
            const auto& meant = plan.environments[place];
            const auto& read = file.environments[place];
            CHECK(read.name == meant.name);
            CHECK(read.branch.value == "refs/heads/" + meant.branch);
            CHECK((read.url ? read.url->value : "") == meant.url);
            CHECK(read.probes.size() == (meant.url.empty() || plan.health.empty() ? 0U : 1U));
        }
    }
}

TEST_CASE("a quoted scalar is read back as it was, an easy one has no quotes") {
    for (const std::string text :
         {"a",     "/version", "deploy/eu-1", "https://x.example.com:8080/a",
          "$NAME", "",         " ",           "a b",
          "a: b",  "- a",      "#",           "a #b",
          "yes",   "No",       "12",          "0x1f",
          "~",     "[a]",      "{a: b}",      "a,b",
          "*a",    "&a",       "!a",          "%a",
          "@a",    "`a",       "'a'",         "\"a\"",
          "\\",    "a\\nb",    "http://x:",   "x:",
          "a\tb",  "\x01",     "\xC3\xA4"}) {
        CAPTURE(text);
        const std::string scalar = yaml_scalar(text);
        const auto node = config::parse_yaml("key: [" + scalar + "]\n", "x");
        REQUIRE(at(node, "key").items.size() == 1);
        CHECK(at(node, "key").items[0]->text == text);
    }
    CHECK(yaml_scalar("https://x.example.com:8080/a") == "https://x.example.com:8080/a");
    CHECK(yaml_scalar("deploy/eu-1") == "deploy/eu-1");
}

TEST_CASE("a CI snippet is YAML, and is added to a file that is there") {
    struct Row {
        CiSystem system;
        bool has_file;
        std::vector<std::string> files;
        std::string add_to;
        std::string lines;
    };
    const std::string gitlab = ".gitlab/headway.gitlab-ci.yml";
    const std::string azure = ".azure-pipelines/headway.yml";
    const std::vector<Row> rows{
        {CiSystem::none, false, {}, "", ""},
        {CiSystem::gitlab, false, {gitlab, ".gitlab-ci.yml"}, "", ""},
        {CiSystem::gitlab,
         true,
         {gitlab},
         ".gitlab-ci.yml",
         "include:\n  - local: .gitlab/headway.gitlab-ci.yml\n"},
        {CiSystem::github, false, {".github/workflows/headway.yml"}, "", ""},
        {CiSystem::github, true, {".github/workflows/headway.yml"}, "", ""},
        {CiSystem::azure, false, {azure, "azure-pipelines.yml"}, "", ""},
        {CiSystem::azure,
         true,
         {azure},
         "azure-pipelines.yml",
         "stages:\n  - template: .azure-pipelines/headway.yml\n"},
        {CiSystem::bitbucket, false, {"bitbucket-pipelines.yml"}, "", ""},
    };
    for (const Row& row : rows) {
        const CiTexts texts = ci_texts(whole_plan(row.system), row.has_file);
        std::vector<std::string> paths;
        for (const InitFile& file : texts.files) {
            CAPTURE(file.path, file.text);
            paths.push_back(file.path);
            CHECK_FALSE(config::parse_yaml(file.text, file.path)->entries.empty());
            CHECK(file.text.ends_with('\n'));
        }
        CHECK(paths == row.files);
        CHECK(texts.add_to == row.add_to);
        CHECK(texts.lines == row.lines);
    }
    const CiTexts steps = ci_texts(whole_plan(CiSystem::bitbucket), true);
    CHECK(steps.files.empty());
    CHECK(steps.add_to == "bitbucket-pipelines.yml");
    CHECK_FALSE(config::parse_yaml(steps.lines, "x")->entries.empty());
}

TEST_CASE("GitLab's jobs: one for each environment, by hand where it is guarded") {
    const auto texts = ci_texts(whole_plan(CiSystem::gitlab), true);
    const auto root = config::parse_yaml(texts.files.front().text, "x");
    REQUIRE(root->entries.size() == 4);
    const auto job = [&](const std::string& name) {
        return std::make_shared<const config::Node>(at(root, name));
    };
    for (const std::string name : {"staging", "uat", "production"}) {
        const auto node = job("promote-" + name);
        CHECK(at(node, "script").items[0]->text == "headway promote " + name);
        CHECK(at(node, "resource_group").text == name);
        const auto& rule = *at(node, "rules").items[0];
        CHECK((rule.entries.size() == 2) == (name != "staging"));
        CHECK(rule.entries[0].value->text == "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH");
    }
    const auto environment =
        std::make_shared<const config::Node>(at(job("promote-staging"), "environment"));
    CHECK(at(environment, "url").text == "https://s.example.com:8443/app?x=1");
}

TEST_CASE("no pipeline promotes what is guarded by itself") {
    for (const CiSystem system :
         {CiSystem::gitlab, CiSystem::github, CiSystem::azure, CiSystem::bitbucket}) {
        InitPlan plan = whole_plan(system);
        plan.environments = {{"production", "production", ""}};
        const std::string text = ci_texts(plan, false).files.front().text;
        CAPTURE(text);
        const bool by_hand = text.find("when: manual") != std::string::npos ||
                             text.find("trigger: manual") != std::string::npos ||
                             text.find("custom:") != std::string::npos ||
                             (text.find("workflow_dispatch:") != std::string::npos &&
                              text.find("push:") == std::string::npos);
        CHECK(by_hand);
    }
}

TEST_CASE("what remains to be done names branches, variables and the next command") {
    for (const CiSystem system : {CiSystem::none, CiSystem::gitlab, CiSystem::github,
                                  CiSystem::azure, CiSystem::bitbucket}) {
        const InitPlan plan = whole_plan(system);
        const auto steps = next_steps(plan, ci_texts(plan, system == CiSystem::azure));
        std::string all;
        for (const std::string& step : steps) {
            all += step + "\n";
        }
        CAPTURE(all);
        CHECK(all.find("protect deploy/staging, uat, deploy/production (") != std::string::npos);
        CHECK(all.find("STAGING_PUSH_TOKEN, UAT_PUSH_TOKEN, PRODUCTION_PUSH_TOKEN, SLACK_WEBHOOK "
                       "(") != std::string::npos);
        CHECK(all.find("create a token") != std::string::npos);
        CHECK(all.ends_with("headway doctor\n"));
        CHECK((steps.front().find("add to azure-pipelines.yml:\n") == 0) ==
              (system == CiSystem::azure));
    }
}

TEST_CASE("questions complete the plan; a wrong answer is asked for again") {
    InitPlan plan;
    plan.source = "main";
    plan.environments = {{"staging", "deploy/staging", ""}};
    std::vector<std::string> answers{
        "production=main",                         // where promotions come from
        "staging",                                 // no branch
        "staging=a staging=b",                     // twice
        "a=x b=x",                                 // one branch for two
        "production=prod staging=deploy/staging",  // taken, and put in order
        "staging.example.com",                     // no URL
        "https://token:x@staging.example.com",     // a secret
        "https://staging.example.com",
        "-",
        "health",  // no path
        "",
        "version",  // no pointer
        "/commit",
        "$SLACK",  // no name
        "SLACK",
    };
    std::vector<std::string> questions;
    std::size_t complaints = 0;
    std::size_t next = 0;
    const auto ask = [&](const std::string& question) -> std::optional<std::string> {
        questions.push_back(question);
        return next < answers.size() ? std::optional(answers[next++]) : std::nullopt;
    };
    ask_for(plan, {}, ask, [&](const Error& error) {
        CHECK(error.code() == ExitCode::usage);
        CHECK(std::string(error.what()).find("token:x") == std::string::npos);
        ++complaints;
    });
    CHECK(next == answers.size());
    CHECK(complaints == 9);
    CHECK(plan.environments ==
          std::vector<InitEnvironment>{{"staging", "deploy/staging", "https://staging.example.com"},
                                       {"production", "prod", ""}});
    CHECK(plan.health == "/health");
    CHECK(plan.version_pointer == "/commit");
    CHECK(plan.slack_variable == "SLACK");
    CHECK(questions.front() ==
          "Environments, and the branch that each deploys from [staging=deploy/staging]: ");

    answers.clear();
    CHECK_THROWS_AS(ask_for(plan, {}, ask, [](const Error&) {}), Interrupted);
    // What the command line said is not asked for.
    questions.clear();
    ask_for(plan,
            {.environments = true,
             .urls = true,
             .health = true,
             .version_pointer = true,
             .slack = true},
            ask, [](const Error&) {});
    CHECK(questions.empty());
}
