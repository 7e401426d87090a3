#include <string>
#include <utility>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "config/ci.hpp"
#include "config_support.hpp"

namespace headway::config::testing {
namespace {

using Set = std::map<std::string, std::string, std::less<>>;

/// All that is told, one fact a line.
std::string told(const Set& set) {
    const CiFacts facts = ci_facts(variables(set));
    std::string text;
    const std::vector<std::pair<std::string, const Setting<std::string>*>> all{
        {"name", &facts.name},
        {"forge", &facts.forge},
        {"server", &facts.server},
        {"api", &facts.api},
        {"remote", &facts.remote},
        {"default_branch", &facts.default_branch},
        {"commit", &facts.commit},
        {"branch", &facts.branch},
        {"tag", &facts.tag},
        {"actor", &facts.actor},
        {"user_name", &facts.user_name},
        {"user_email", &facts.user_email},
        {"run_url", &facts.run_url},
        {"environment", &facts.environment},
        {"environment_url", &facts.environment_url},
        {"ca_file", &facts.ca_file},
    };
    for (const auto& [name, fact] : all) {
        if (!fact->value.empty()) {
            text += name + " = " + fact->value + " (" + fact->origin.text + ")\n";
        }
    }
    return text + facts.unmerged_because;
}

const Set k_gitlab{{"CI", "true"},
                   {"GITLAB_CI", "true"},
                   {"CI_SERVER_URL", "https://gitlab.example.com"},
                   {"CI_PROJECT_URL", "https://gitlab.example.com/g/app"},
                   {"CI_DEFAULT_BRANCH", "main"},
                   {"CI_COMMIT_SHA", "c0ffee"},
                   {"CI_COMMIT_BRANCH", "main"},
                   {"GITLAB_USER_LOGIN", "ada"},
                   {"GITLAB_USER_NAME", "Ada Example"},
                   {"GITLAB_USER_EMAIL", "ada@example.com"},
                   {"CI_PIPELINE_URL", "https://gitlab.example.com/g/app/-/pipelines/7"},
                   {"CI_JOB_URL", "https://gitlab.example.com/g/app/-/jobs/9"},
                   {"CI_ENVIRONMENT_NAME", "staging"},
                   {"CI_ENVIRONMENT_URL", "https://staging.example.com"},
                   {"CI_SERVER_TLS_CA_FILE", "/builds/ca.pem"}};
const Set k_github{{"CI", "true"},
                   {"GITHUB_ACTIONS", "true"},
                   {"GITHUB_SERVER_URL", "https://github.com"},
                   {"GITHUB_API_URL", "https://api.github.com"},
                   {"GITHUB_REPOSITORY", "o/app"},
                   {"GITHUB_SHA", "c0ffee"},
                   {"GITHUB_REF", "refs/heads/main"},
                   {"GITHUB_EVENT_NAME", "push"},
                   {"GITHUB_ACTOR", "ada"},
                   {"GITHUB_ACTOR_ID", "42"},
                   {"GITHUB_TRIGGERING_ACTOR", "ben"},
                   {"GITHUB_RUN_ID", "1001"},
                   {"GITHUB_RUN_NUMBER", "3"}};
const Set k_azure{{"TF_BUILD", "True"},
                  {"SYSTEM_COLLECTIONURI", "https://dev.azure.com/org/"},
                  {"SYSTEM_TEAMPROJECT", "My project"},
                  {"BUILD_REPOSITORY_URI", "https://org@dev.azure.com/org/My%20project/_git/app"},
                  {"BUILD_SOURCEVERSION", "c0ffee"},
                  {"BUILD_SOURCEBRANCH", "refs/heads/main"},
                  {"BUILD_REASON", "IndividualCI"},
                  {"BUILD_BUILDID", "12"},
                  {"BUILD_REQUESTEDFOR", "Ada Example"},
                  {"BUILD_REQUESTEDFOREMAIL", "ada@example.com"},
                  {"ENVIRONMENT_NAME", "staging"}};
const Set k_bitbucket{{"CI", "true"},
                      {"BITBUCKET_BUILD_NUMBER", "5"},
                      {"BITBUCKET_GIT_HTTP_ORIGIN", "http://bitbucket.org/w/app"},
                      {"BITBUCKET_REPO_FULL_NAME", "w/app"},
                      {"BITBUCKET_COMMIT", "c0ffee"},
                      {"BITBUCKET_BRANCH", "main"},
                      {"BITBUCKET_STEP_TRIGGERER_UUID", "{1-2}"},
                      {"BITBUCKET_DEPLOYMENT_ENVIRONMENT", "staging"}};
const Set k_woodpecker{{"CI", "woodpecker"},
                       {"CI_FORGE_TYPE", "forgejo"},
                       {"CI_FORGE_URL", "https://git.example.com"},
                       {"CI_REPO_CLONE_URL", "https://git.example.com/o/app.git"},
                       {"CI_REPO_DEFAULT_BRANCH", "trunk"},
                       {"CI_COMMIT_SHA", "c0ffee"},
                       {"CI_COMMIT_BRANCH", "trunk"},
                       {"CI_COMMIT_AUTHOR", "ada"},
                       {"CI_PIPELINE_EVENT", "deployment"},
                       {"CI_PIPELINE_URL", "https://ci.example.com/repos/1/pipeline/2"},
                       {"CI_PIPELINE_DEPLOY_TARGET", "staging"}};
const Set k_jenkins{{"JENKINS_URL", "https://ci.example.com/"},
                    {"GIT_URL", "https://ben:pw@git.example.com/o/app.git"},
                    {"GIT_COMMIT", "c0ffee"},
                    {"GIT_BRANCH", "origin/main"},
                    {"BUILD_URL", "https://ci.example.com/job/app/3/"},
                    {"BUILD_USER_ID", "ada"},
                    {"BUILD_USER", "Ada Example"},
                    {"BUILD_USER_EMAIL", "ada@example.com"}};

Set with(Set set, const Set& changes) {
    for (const auto& [name, value] : changes) {
        set[name] = value;
    }
    return set;
}

TEST_CASE("ci: what each server tells, and by which variable") {
    CHECK(told(k_gitlab) ==
          "name = GitLab CI (GITLAB_CI)\n"
          "forge = gitlab (GITLAB_CI)\n"
          "server = https://gitlab.example.com (CI_SERVER_URL)\n"
          "remote = https://gitlab.example.com/g/app.git (CI_PROJECT_URL)\n"
          "default_branch = main (CI_DEFAULT_BRANCH)\n"
          "commit = c0ffee (CI_COMMIT_SHA)\n"
          "branch = main (CI_COMMIT_BRANCH)\n"
          "actor = ada (GITLAB_USER_LOGIN)\n"
          "user_name = Ada Example (GITLAB_USER_NAME)\n"
          "user_email = ada@example.com (GITLAB_USER_EMAIL)\n"
          "run_url = https://gitlab.example.com/g/app/-/pipelines/7 (CI_PIPELINE_URL)\n"
          "environment = staging (CI_ENVIRONMENT_NAME)\n"
          "environment_url = https://staging.example.com (CI_ENVIRONMENT_URL)\n"
          "ca_file = /builds/ca.pem (CI_SERVER_TLS_CA_FILE)\n");
    CHECK(told(k_github) ==
          "name = GitHub Actions (GITHUB_ACTIONS)\n"
          "forge = github (GITHUB_ACTIONS)\n"
          "server = https://github.com (GITHUB_SERVER_URL)\n"
          "api = https://api.github.com (GITHUB_API_URL)\n"
          "remote = https://github.com/o/app.git (GITHUB_SERVER_URL, GITHUB_REPOSITORY)\n"
          "commit = c0ffee (GITHUB_SHA)\n"
          "branch = main (GITHUB_REF)\n"
          "actor = ben (GITHUB_TRIGGERING_ACTOR)\n"
          "user_name = ada (GITHUB_ACTOR)\n"
          "user_email = 42+ada@users.noreply.github.com (GITHUB_ACTOR_ID, GITHUB_ACTOR)\n"
          "run_url = https://github.com/o/app/actions/runs/1001 (GITHUB_SERVER_URL, "
          "GITHUB_REPOSITORY, GITHUB_RUN_ID)\n");
    CHECK(told(k_azure) ==
          "name = Azure Pipelines (TF_BUILD)\n"
          "forge = azure (TF_BUILD)\n"
          "server = https://dev.azure.com/org/ (SYSTEM_COLLECTIONURI)\n"
          "remote = https://dev.azure.com/org/My%20project/_git/app (BUILD_REPOSITORY_URI)\n"
          "commit = c0ffee (BUILD_SOURCEVERSION)\n"
          "branch = main (BUILD_SOURCEBRANCH)\n"
          "actor = Ada Example (BUILD_REQUESTEDFOR)\n"
          "user_name = Ada Example (BUILD_REQUESTEDFOR)\n"
          "user_email = ada@example.com (BUILD_REQUESTEDFOREMAIL)\n"
          "run_url = https://dev.azure.com/org/My%20project/_build/results?buildId=12 "
          "(SYSTEM_COLLECTIONURI, SYSTEM_TEAMPROJECT, BUILD_BUILDID)\n"
          "environment = staging (ENVIRONMENT_NAME)\n");
    CHECK(told(k_bitbucket) ==
          "name = Bitbucket Pipelines (BITBUCKET_BUILD_NUMBER)\n"
          "forge = bitbucket (BITBUCKET_BUILD_NUMBER)\n"
          "server = https://bitbucket.org/w/app (BITBUCKET_GIT_HTTP_ORIGIN)\n"
          "remote = https://bitbucket.org/w/app.git (BITBUCKET_GIT_HTTP_ORIGIN)\n"
          "commit = c0ffee (BITBUCKET_COMMIT)\n"
          "branch = main (BITBUCKET_BRANCH)\n"
          "actor = {1-2} (BITBUCKET_STEP_TRIGGERER_UUID)\n"
          "run_url = https://bitbucket.org/w/app/pipelines/results/5 (BITBUCKET_REPO_FULL_NAME, "
          "BITBUCKET_BUILD_NUMBER)\n"
          "environment = staging (BITBUCKET_DEPLOYMENT_ENVIRONMENT)\n");
    CHECK(told(k_woodpecker) ==
          "name = Woodpecker (CI)\n"
          "forge = forgejo (CI_FORGE_TYPE)\n"
          "server = https://git.example.com (CI_FORGE_URL)\n"
          "remote = https://git.example.com/o/app.git (CI_REPO_CLONE_URL)\n"
          "default_branch = trunk (CI_REPO_DEFAULT_BRANCH)\n"
          "commit = c0ffee (CI_COMMIT_SHA)\n"
          "branch = trunk (CI_COMMIT_BRANCH)\n"
          "actor = ada (CI_COMMIT_AUTHOR)\n"
          "run_url = https://ci.example.com/repos/1/pipeline/2 (CI_PIPELINE_URL)\n"
          "environment = staging (CI_PIPELINE_DEPLOY_TARGET)\n");
    CHECK(told(k_jenkins) ==
          "name = Jenkins (JENKINS_URL)\n"
          "remote = https://git.example.com/o/app.git (GIT_URL)\n"
          "commit = c0ffee (GIT_COMMIT)\n"
          "branch = main (GIT_BRANCH)\n"
          "actor = ada (BUILD_USER_ID)\n"
          "user_name = Ada Example (BUILD_USER)\n"
          "user_email = ada@example.com (BUILD_USER_EMAIL)\n"
          "run_url = https://ci.example.com/job/app/3/ (BUILD_URL)\n");
}

TEST_CASE("ci: Gitea and Forgejo set GitHub's variables and are not GitHub") {
    const Set actions = with(k_github, {{"GITHUB_SERVER_URL", "https://git.example.com/"},
                                        {"GITHUB_API_URL", "https://git.example.com/api/v1"}});
    const std::string rest =
        "server = https://git.example.com/ (GITHUB_SERVER_URL)\n"
        "api = https://git.example.com/api/v1 (GITHUB_API_URL)\n"
        "remote = https://git.example.com/o/app.git (GITHUB_SERVER_URL, GITHUB_REPOSITORY)\n"
        "commit = c0ffee (GITHUB_SHA)\n"
        "branch = main (GITHUB_REF)\n"
        "actor = ben (GITHUB_TRIGGERING_ACTOR)\n"
        "run_url = https://git.example.com/o/app/actions/runs/3 (GITHUB_SERVER_URL, "
        "GITHUB_REPOSITORY, GITHUB_RUN_NUMBER)\n";
    CHECK(told(with(actions, {{"GITEA_ACTIONS", "true"}})) ==
          "name = Gitea Actions (GITEA_ACTIONS)\nforge = gitea (GITEA_ACTIONS)\n" + rest);
    CHECK(told(with(actions, {{"GITEA_ACTIONS", "true"}, {"FORGEJO_ACTIONS", "true"}})) ==
          "name = Forgejo Actions (FORGEJO_ACTIONS)\nforge = gitea (FORGEJO_ACTIONS)\n" + rest);
}

TEST_CASE("ci: a ref is a branch, a tag or neither") {
    const auto fact = [](const Set& set) {
        const CiFacts facts = ci_facts(variables(set));
        return "branch " + facts.branch.value + ", tag " + facts.tag.value;
    };
    CHECK(fact(with(k_github, {{"GITHUB_REF", "refs/tags/v1/x"}})) == "branch , tag v1/x");
    CHECK(fact(with(k_github, {{"GITHUB_REF", "refs/heads/a/b"}})) == "branch a/b, tag ");
    CHECK(fact(with(k_github, {{"GITHUB_REF", "refs/pull/7/merge"}})) == "branch , tag ");
    CHECK(fact(with(k_github, {{"GITHUB_REF", "refs/heads/"}})) == "branch , tag ");
    CHECK(fact(with(k_azure, {{"BUILD_SOURCEBRANCH", "refs/tags/v1"}})) == "branch , tag v1");
    CHECK(fact(with(k_azure, {{"BUILD_SOURCEBRANCH", "refs/pull/7/merge"}})) == "branch , tag ");
    CHECK(fact(with(k_gitlab, {{"CI_COMMIT_BRANCH", ""}, {"CI_COMMIT_TAG", "v1"}})) ==
          "branch , tag v1");
    CHECK(fact(with(k_bitbucket, {{"BITBUCKET_BRANCH", ""}, {"BITBUCKET_TAG", "v1"}})) ==
          "branch , tag v1");
    CHECK(fact(with(k_jenkins, {{"BRANCH_NAME", "v1"}, {"TAG_NAME", "v1"}})) ==
          "branch v1, tag v1");
}

TEST_CASE("ci: sets that are partial, empty or in conflict") {
    CHECK(told({}).empty());
    CHECK(told({{"CI", "true"}}).empty());
    CHECK(told({{"CI", "true"}, {"GITHUB_SHA", "c0ffee"}}).empty());
    CHECK(told({{"GITHUB_ACTIONS", "true"}, {"GITHUB_SERVER_URL", "https://github.com"}}) ==
          "name = GitHub Actions (GITHUB_ACTIONS)\nforge = github (GITHUB_ACTIONS)\n"
          "server = https://github.com (GITHUB_SERVER_URL)\n");
    CHECK(told({{"GITHUB_ACTIONS", " "}, {"TF_BUILD", "$TF_BUILD"}}).empty());
    // GitLab's names are read without its mark: a wrapper may have dropped that.
    CHECK(told({{"CI_PROJECT_URL", "https://ci.example/g/p/"}, {"CI_COMMIT_SHA", "c0ffee"}}) ==
          "remote = https://ci.example/g/p.git (CI_PROJECT_URL)\ncommit = c0ffee "
          "(CI_COMMIT_SHA)\n");
    CHECK(told({{"GITLAB_CI", "false"}, {"CI_PROJECT_URL", "https://ci.example/g/p.git"}}) ==
          "name = GitLab CI (GITLAB_CI)\nforge = gitlab (GITLAB_CI)\n"
          "remote = https://ci.example/g/p.git (CI_PROJECT_URL)\n");
    CHECK(told(with(k_github, k_gitlab)) == told(k_gitlab));
    CHECK(told(with(k_jenkins, k_azure)) == told(k_azure));
    CHECK(told({{"CI", "woodpecker"}, {"CI_FORGE_TYPE", "bitbucket_dc"}}) ==
          "name = Woodpecker (CI)\n");
    // Of another Enterprise server: the address is github.com's.
    CHECK(told({{"GITHUB_ACTIONS", "true"},
                {"GITHUB_SERVER_URL", "https://github.example.com"},
                {"GITHUB_ACTOR_ID", "42"},
                {"GITHUB_ACTOR", "ada"}}) ==
          "name = GitHub Actions (GITHUB_ACTIONS)\nforge = github (GITHUB_ACTIONS)\n"
          "server = https://github.example.com (GITHUB_SERVER_URL)\nactor = ada (GITHUB_ACTOR)\n");
    CHECK(told({{"BITBUCKET_BUILD_NUMBER", "5"},
                {"BITBUCKET_GIT_HTTP_ORIGIN", "http://bitbucket.org/w/app"}}) ==
          "name = Bitbucket Pipelines (BITBUCKET_BUILD_NUMBER)\n"
          "forge = bitbucket (BITBUCKET_BUILD_NUMBER)\n"
          "server = https://bitbucket.org/w/app (BITBUCKET_GIT_HTTP_ORIGIN)\n"
          "remote = https://bitbucket.org/w/app.git (BITBUCKET_GIT_HTTP_ORIGIN)\n"
          "run_url = https://bitbucket.org/w/app/pipelines/results/5 (BITBUCKET_GIT_HTTP_ORIGIN, "
          "BITBUCKET_BUILD_NUMBER)\n");
}

TEST_CASE("ci: the commit of a merge request is explained") {
    struct Row {
        Set set;
        std::string because;
        std::string hint;
    };
    const std::string actions =
        "GITHUB_SHA of a pull_request event is a merge commit that is made to test the pull "
        "request, and is on no branch";
    const std::string on_push =
        "let the job run when the pull request is merged: on: {push: {branches: [{source}]}}";
    const std::vector<Row> rows{
        {with(k_gitlab, {{"CI_PIPELINE_SOURCE", "merge_request_event"}}),
         "CI_COMMIT_SHA of a merge request's pipeline is a commit that is not merged yet",
         "let the job run when the merge request is merged: rules: [if: $CI_COMMIT_BRANCH == "
         "\"{source}\"]"},
        {with(k_gitlab, {{"CI_PIPELINE_SOURCE", "push"}}), "", ""},
        {with(k_github, {{"GITHUB_EVENT_NAME", "pull_request"}}), actions, on_push},
        // Its commit is one of the base branch.
        {with(k_github, {{"GITHUB_EVENT_NAME", "pull_request_target"}}), "", ""},
        {with(k_github, {{"GITHUB_EVENT_NAME", "pull_request"}, {"GITEA_ACTIONS", "true"}}),
         actions, on_push},
        {with(k_azure, {{"BUILD_REASON", "PullRequest"}}),
         "BUILD_SOURCEVERSION of a pull request's build is a merge commit that is made to test "
         "it, and is on no branch",
         "let the pipeline run when the pull request is merged: trigger: [{source}], and the stage "
         "under condition: ne(variables['Build.Reason'], 'PullRequest')"},
        {with(k_bitbucket, {{"BITBUCKET_PR_ID", "7"}}),
         "BITBUCKET_COMMIT of a pull request's pipeline is a commit that is not merged yet",
         "let the step run when the pull request is merged: below pipelines: branches: {source}:"},
        {with(k_woodpecker, {{"CI_PIPELINE_EVENT", "pull_request"}}),
         "CI_COMMIT_SHA of a pull request's pipeline is a commit that is not merged yet",
         "let the step run when the pull request is merged: when: {event: push, branch: {source}}"},
        {with(k_jenkins, {{"CHANGE_ID", "7"}}),
         "GIT_COMMIT of a pull request's build is a commit that is not merged yet",
         "let the stage run when the pull request is merged: when { branch '{source}' }"},
    };
    for (const Row& row : rows) {
        const CiFacts facts = ci_facts(variables(row.set));
        INFO(facts.name.value);
        CHECK(facts.unmerged_because == row.because);
        CHECK(facts.unmerged_hint == row.hint);
    }
}

std::string resolved_by(const Set& set, const Flags& flags = {}, const std::string& file = {}) {
    const auto parsed = parse_file(file.empty() ? "source: main" : file, ".headway.yml");
    const Configuration made = resolve(&parsed, flags, variables(set), {});
    std::string text;
    for (const auto* setting : {&made.remote, &made.forge, &made.api, &made.actor, &made.run_url}) {
        text += setting->value + " (" + setting->origin.text + ")\n";
    }
    return text;
}

TEST_CASE("config resolve: forge, API, actor and run URL, each with its origin") {
    CHECK(resolved_by({}) == " (default)\n (default)\n (default)\nheadway (default)\n (default)\n");
    CHECK(resolved_by({{"USER", "ben"}, {"LOGNAME", "other"}}) ==
          " (default)\n (default)\n (default)\nben (USER)\n (default)\n");
    CHECK(resolved_by(k_github) ==
          "https://github.com/o/app.git (GITHUB_SERVER_URL, GITHUB_REPOSITORY)\n"
          "github (GITHUB_ACTIONS)\nhttps://api.github.com (GITHUB_API_URL)\n"
          "ben (GITHUB_TRIGGERING_ACTOR)\n"
          "https://github.com/o/app/actions/runs/1001 (GITHUB_SERVER_URL, GITHUB_REPOSITORY, "
          "GITHUB_RUN_ID)\n");
    // Another server than the one that runs the pipeline is not of its kind.
    CHECK(resolved_by(k_github, {}, "remote: https://git.example.com/o/app.git") ==
          "https://git.example.com/o/app.git (.headway.yml:1:9)\n (default)\n (default)\n"
          "ben (GITHUB_TRIGGERING_ACTOR)\n"
          "https://github.com/o/app/actions/runs/1001 (GITHUB_SERVER_URL, GITHUB_REPOSITORY, "
          "GITHUB_RUN_ID)\n");
    CHECK(resolved_by({{"GITLAB_CI", "true"}}, {}, "remote: https://git.example.com/o/app.git") ==
          "https://git.example.com/o/app.git (.headway.yml:1:9)\ngitlab (GITLAB_CI)\n (default)\n"
          "headway (default)\n (default)\n");

    // Jenkins tells what it clones; it is refused where it is needed, as a checkout's origin is.
    CHECK(resolved_by({{"JENKINS_URL", "x"}, {"GIT_URL", "git@git.example.com:o/app.git"}}) ==
          "git.example.com:o/app.git (GIT_URL)\n (default)\n (default)\nheadway (default)\n "
          "(default)\n");

    // A forge on plain http has an API that gets no token; nothing else depends on it.
    CHECK(resolved_by({{"GITEA_ACTIONS", "true"},
                       {"GITHUB_SERVER_URL", "http://git.lan"},
                       {"GITHUB_API_URL", "http://git.lan/api/v1"},
                       {"GITHUB_REPOSITORY", "o/app"}}) ==
          "http://git.lan/o/app.git (GITHUB_SERVER_URL, GITHUB_REPOSITORY)\n"
          "gitea (GITEA_ACTIONS)\n (default)\nheadway (default)\n (default)\n");

    const std::string file =
        "remote: https://git.example.com/o/app.git\nforge: Gitea\napi: "
        "https://api.example.com/v1//";
    Set set = k_github;
    CHECK(resolved_by(set, {}, file)
              .find("gitea (.headway.yml:2:8)\nhttps://api.example.com/v1 "
                    "(.headway.yml:3:6)\n") != std::string::npos);
    set["HEADWAY_FORGE"] = "azure";
    set["HEADWAY_API"] = "http://127.0.0.1:8080";
    set["HEADWAY_ACTOR"] = "root";
    set["HEADWAY_RUN_URL"] = "https://ci.example/1";
    CHECK(resolved_by(set, {}, file) ==
          "https://git.example.com/o/app.git (.headway.yml:1:9)\nazure (HEADWAY_FORGE)\n"
          "http://127.0.0.1:8080 (HEADWAY_API)\nroot (HEADWAY_ACTOR)\n"
          "https://ci.example/1 (HEADWAY_RUN_URL)\n");
    Flags flags;
    flags.forge = "github";
    flags.api = "https://flag.example";
    CHECK(resolved_by(set, flags, file).find("github (--forge)\nhttps://flag.example (--api)\n") !=
          std::string::npos);
}

TEST_CASE("config resolve: a forge or an API that cannot be") {
    const auto failed = [](const std::string& file) {
        return failure([&] { static_cast<void>(parse_file(file, "f.yml")); });
    };
    CHECK(failed("forge: gitlub") ==
          "f.yml:1:8: \"gitlub\" is no forge that headway knows\n"
          "  because: it knows gitlab, github, azure, bitbucket, gitea, git\n"
          "  try: did you mean \"gitlab\"?");
    CHECK(failed("forge: sourcehut") ==
          "f.yml:1:8: \"sourcehut\" is no forge that headway knows\n"
          "  because: it knows gitlab, github, azure, bitbucket, gitea, git");
    CHECK(failed("api: http://api.example.com") ==
          "f.yml:1:6: \"http://api.example.com\" is not https\n"
          "  because: the token would cross the network for everybody to read\n"
          "  try: https://api.example.com");
    CHECK(failed("api: http://127.evil.example") != "no failure");
    CHECK(failed("api: https://api.example.com/v1?x=1") ==
          "f.yml:1:6: \"https://api.example.com/v1?x=1\" is not an API's address\n"
          "  because: it has a query or a fragment");
    for (const std::string good : {"http://localhost:1/x", "http://[::1]:1", "http://127.0.0.1",
                                   "HTTPS://api.example.com"}) {
        CHECK(failed("api: \"" + good + "\"") == "no failure");
    }
}

TEST_CASE("config resolve: the API's token is one of its own") {
    const auto token = [](const Flags& flags, const Set& set) {
        const auto file = parse_file(
            "environments: {s: {branch: b, token: {env: T}, api_token: {env: FILE_TOKEN}}}",
            ".headway.yml");
        const auto made = resolve(&file, flags, variables(set), {}).environments.at(0);
        return made.token->describe() + ", " + made.api_token->describe() + " (" +
               made.api_token->origin.text + ")";
    };
    CHECK(token({}, {}) == "$T, $FILE_TOKEN (.headway.yml:1:65)");
    CHECK(token({}, {{"HEADWAY_API_TOKEN_FILE", "/t"}}) == "$T, file /t (HEADWAY_API_TOKEN_FILE)");
    Flags flags;
    flags.api_token_env = "FLAG";
    CHECK(token(flags, {{"HEADWAY_API_TOKEN_FILE", "/t"}}) == "$T, $FLAG (--api-token-env)");
    CHECK(parse_failure("environments: {s: {branch: b, api_token: ghp_0123}}") ==
          "f.yml:1:42: \"api_token\" takes {env: NAME} or {file: PATH}\n"
          "  because: a token is never written into the file\n"
          "  try: api_token: {env: FORGE_API_TOKEN}");
}

TEST_CASE("config describe: the forge's settings, where somebody has set them") {
    Set set = k_github;
    set["HEADWAY_API_TOKEN_ENV"] = "PR_TOKEN";
    const auto file = parse_file("environments: {s: {branch: b}}", ".headway.yml");
    const std::string text = describe(resolve(&file, {}, variables(set), {}), "s");
    const std::string run =
        "run_url = https://github.com/o/app/actions/runs/1001  (GITHUB_SERVER_URL, "
        "GITHUB_REPOSITORY, GITHUB_RUN_ID)\n";
    for (const std::string& line :
         {std::string("forge = github  (GITHUB_ACTIONS)\n"),
          std::string("api = https://api.github.com  (GITHUB_API_URL)\n"),
          std::string("actor = ben  (GITHUB_TRIGGERING_ACTOR)\n"), run,
          std::string("api_token = $PR_TOKEN  (HEADWAY_API_TOKEN_ENV)\n")}) {
        INFO(line);
        CHECK(text.find("\n" + line) != std::string::npos);
    }
}

}  // namespace
}  // namespace headway::config::testing
