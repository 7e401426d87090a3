#include "config/ci.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include "config/forge_settings.hpp"
#include "config/sources.hpp"
#include "config/urls.hpp"
#include "headway/text.hpp"

namespace headway::config {

namespace {

using Fact = Setting<std::string> CiFacts::*;

/// `text` is a value with variables in braces. "{NAME}" is its value; it must be set, as must
/// "{NAME=value}", which adds nothing and has to have that value. After a colon: `branch` and
/// `tag` take the name out of a full ref and refuse another one, `short` takes what follows the
/// first '/', `part` percent-encodes, `base` drops slashes at the end, `https` mends Bitbucket's
/// http.
struct Row {
    Fact fact;
    std::string_view text;
};

struct System {
    CiSystem system;
    std::string_view name;
    std::string_view mark;  ///< The variable that gives it away, as in a row.
    std::string_view forge;
    std::span<const Row> rows;       ///< The first that holds wins.
    std::string_view unmerged_mark;  ///< Holds in the pipeline of a merge request.
    std::string_view unmerged_because;
    std::string_view unmerged_hint;
    std::string_view page{};  ///< Of the run, where no row has it.
};

// docs.gitlab.com/ci/variables/predefined_variables
constexpr Row k_gitlab[] = {
    {&CiFacts::server, "{CI_SERVER_URL}"},
    {&CiFacts::remote, "{CI_PROJECT_URL:base}.git"},
    {&CiFacts::default_branch, "{CI_DEFAULT_BRANCH}"},
    {&CiFacts::commit, "{CI_COMMIT_SHA}"},
    {&CiFacts::branch, "{CI_COMMIT_BRANCH}"},
    {&CiFacts::tag, "{CI_COMMIT_TAG}"},
    {&CiFacts::actor, "{GITLAB_USER_LOGIN}"},
    {&CiFacts::user_name, "{GITLAB_USER_NAME}"},
    {&CiFacts::user_email, "{GITLAB_USER_EMAIL}"},
    {&CiFacts::run_url, "{CI_PIPELINE_URL}"},
    {&CiFacts::run_url, "{CI_JOB_URL}"},
    {&CiFacts::environment, "{CI_ENVIRONMENT_NAME}"},
    {&CiFacts::environment_url, "{CI_ENVIRONMENT_URL}"},
    {&CiFacts::ca_file, "{CI_SERVER_TLS_CA_FILE}"},
};

// docs.github.com/actions/reference/variables-reference; Gitea and Forgejo set the same names. A
// run that somebody starts again has the first one as its actor; who acts now is the triggering
// one.
constexpr Row k_actions[] = {
    {&CiFacts::server, "{GITHUB_SERVER_URL}"},
    {&CiFacts::api, "{GITHUB_API_URL:base}"},
    {&CiFacts::remote, "{GITHUB_SERVER_URL:base}/{GITHUB_REPOSITORY}.git"},
    {&CiFacts::commit, "{GITHUB_SHA}"},
    {&CiFacts::branch, "{GITHUB_REF:branch}"},
    {&CiFacts::tag, "{GITHUB_REF:tag}"},
    {&CiFacts::actor, "{GITHUB_TRIGGERING_ACTOR}"},
    {&CiFacts::actor, "{GITHUB_ACTOR}"},
};
constexpr std::string_view k_github_page =
    "{GITHUB_SERVER_URL:base}/{GITHUB_REPOSITORY}/actions/runs/{GITHUB_RUN_ID}";
// Theirs has the run's number in the repository, not its id.
constexpr std::string_view k_gitea_page =
    "{GITHUB_SERVER_URL:base}/{GITHUB_REPOSITORY}/actions/runs/{GITHUB_RUN_NUMBER}";

// learn.microsoft.com/azure/devops/pipelines/build/variables. The URI of a repository may hold the
// organisation as a user name. No variable names the default branch.
constexpr Row k_azure[] = {
    {&CiFacts::server, "{SYSTEM_COLLECTIONURI}"},
    {&CiFacts::remote, "{BUILD_REPOSITORY_URI}"},
    {&CiFacts::commit, "{BUILD_SOURCEVERSION}"},
    {&CiFacts::branch, "{BUILD_SOURCEBRANCH:branch}"},
    {&CiFacts::tag, "{BUILD_SOURCEBRANCH:tag}"},
    {&CiFacts::actor, "{BUILD_REQUESTEDFOR}"},
    {&CiFacts::user_name, "{BUILD_REQUESTEDFOR}"},
    {&CiFacts::user_email, "{BUILD_REQUESTEDFOREMAIL}"},
    {&CiFacts::run_url,
     "{SYSTEM_COLLECTIONURI:base}/{SYSTEM_TEAMPROJECT:part}/_build/"
     "results?buildId={BUILD_BUILDID}"},
    {&CiFacts::environment, "{ENVIRONMENT_NAME}"},
};

// support.atlassian.com/bitbucket-cloud/docs/variables-and-secrets. The origin begins with http://,
// which only redirects.
constexpr Row k_bitbucket[] = {
    {&CiFacts::server, "{BITBUCKET_GIT_HTTP_ORIGIN:https}"},
    {&CiFacts::remote, "{BITBUCKET_GIT_HTTP_ORIGIN:https}.git"},
    {&CiFacts::commit, "{BITBUCKET_COMMIT}"},
    {&CiFacts::branch, "{BITBUCKET_BRANCH}"},
    {&CiFacts::tag, "{BITBUCKET_TAG}"},
    {&CiFacts::actor, "{BITBUCKET_STEP_TRIGGERER_UUID}"},
    {&CiFacts::run_url,
     "https://bitbucket.org/{BITBUCKET_REPO_FULL_NAME}/pipelines/results/{BITBUCKET_BUILD_NUMBER}"},
    {&CiFacts::run_url,
     "{BITBUCKET_GIT_HTTP_ORIGIN:https}/pipelines/results/{BITBUCKET_BUILD_NUMBER}"},
    {&CiFacts::environment, "{BITBUCKET_DEPLOYMENT_ENVIRONMENT}"},
};

// woodpecker-ci.org/docs/usage/environment; the forge is told by CI_FORGE_TYPE.
constexpr Row k_woodpecker[] = {
    {&CiFacts::forge, "{CI_FORGE_TYPE}"},
    {&CiFacts::server, "{CI_FORGE_URL}"},
    {&CiFacts::remote, "{CI_REPO_CLONE_URL}"},
    {&CiFacts::default_branch, "{CI_REPO_DEFAULT_BRANCH}"},
    {&CiFacts::commit, "{CI_COMMIT_SHA}"},
    {&CiFacts::branch, "{CI_COMMIT_BRANCH}"},
    {&CiFacts::tag, "{CI_COMMIT_TAG}"},
    {&CiFacts::actor, "{CI_PIPELINE_AUTHOR}"},
    {&CiFacts::actor, "{CI_COMMIT_AUTHOR}"},
    {&CiFacts::run_url, "{CI_PIPELINE_URL}"},
    {&CiFacts::environment, "{CI_PIPELINE_DEPLOY_TARGET}"},
};

// Jenkins itself, its Git plugin, multibranch pipelines and the build-user-vars plugin.
constexpr Row k_jenkins[] = {
    {&CiFacts::remote, "{GIT_URL}"},       {&CiFacts::commit, "{GIT_COMMIT}"},
    {&CiFacts::branch, "{BRANCH_NAME}"},   {&CiFacts::branch, "{GIT_BRANCH:short}"},
    {&CiFacts::tag, "{TAG_NAME}"},         {&CiFacts::actor, "{BUILD_USER_ID}"},
    {&CiFacts::user_name, "{BUILD_USER}"}, {&CiFacts::user_email, "{BUILD_USER_EMAIL}"},
    {&CiFacts::run_url, "{BUILD_URL}"},
};

constexpr std::string_view k_actions_because =
    "GITHUB_SHA of a pull_request event is a merge commit that is made to test the pull request, "
    "and is on no branch";
constexpr std::string_view k_actions_hint =
    "let the job run when the pull request is merged: on: {push: {branches: [{source}]}}";

// Forgejo and Gitea before GitHub, whose variables they set as well.
constexpr System k_systems[] = {
    {CiSystem::gitlab, "GitLab CI", "{GITLAB_CI}", "gitlab", k_gitlab,
     "{CI_PIPELINE_SOURCE=merge_request_event}",
     "CI_COMMIT_SHA of a merge request's pipeline is a commit that is not merged yet",
     "let the job run when the merge request is merged: rules: [if: $CI_COMMIT_BRANCH == "
     "\"{source}\"]"},
    {CiSystem::forgejo, "Forgejo Actions", "{FORGEJO_ACTIONS}", "gitea", k_actions,
     "{GITHUB_EVENT_NAME=pull_request}", k_actions_because, k_actions_hint, k_gitea_page},
    {CiSystem::gitea, "Gitea Actions", "{GITEA_ACTIONS}", "gitea", k_actions,
     "{GITHUB_EVENT_NAME=pull_request}", k_actions_because, k_actions_hint, k_gitea_page},
    {CiSystem::github, "GitHub Actions", "{GITHUB_ACTIONS}", "github", k_actions,
     "{GITHUB_EVENT_NAME=pull_request}", k_actions_because, k_actions_hint, k_github_page},
    {CiSystem::azure, "Azure Pipelines", "{TF_BUILD}", "azure", k_azure,
     "{BUILD_REASON=PullRequest}",
     "BUILD_SOURCEVERSION of a pull request's build is a merge commit that is made to test it, "
     "and is on no branch",
     "let the pipeline run when the pull request is merged: trigger: [{source}], and the stage "
     "under condition: ne(variables['Build.Reason'], 'PullRequest')"},
    {CiSystem::bitbucket, "Bitbucket Pipelines", "{BITBUCKET_BUILD_NUMBER}", "bitbucket",
     k_bitbucket, "{BITBUCKET_PR_ID}",
     "BITBUCKET_COMMIT of a pull request's pipeline is a commit that is not merged yet",
     "let the step run when the pull request is merged: below pipelines: branches: {source}:"},
    {CiSystem::woodpecker,
     "Woodpecker",
     "{CI=woodpecker}",
     {},
     k_woodpecker,
     "{CI_PIPELINE_EVENT=pull_request}",
     "CI_COMMIT_SHA of a pull request's pipeline is a commit that is not merged yet",
     "let the step run when the pull request is merged: when: {event: push, branch: {source}}"},
    {CiSystem::jenkins,
     "Jenkins",
     "{JENKINS_URL}",
     {},
     k_jenkins,
     "{CHANGE_ID}",
     "GIT_COMMIT of a pull request's build is a commit that is not merged yet",
     "let the stage run when the pull request is merged: when { branch '{source}' }"},
};

std::optional<std::string> after(std::string_view text, std::string_view prefix) {
    return text.starts_with(prefix) ? std::optional(std::string(text.substr(prefix.size())))
                                    : std::nullopt;
}

std::optional<std::string> filtered(const std::string& value, std::string_view filter) {
    if (filter == "branch") {
        return after(value, "refs/heads/");
    }
    if (filter == "tag") {
        return after(value, "refs/tags/");
    }
    if (filter == "short") {
        return value.substr(value.find('/') + 1);
    }
    if (filter == "part") {
        return percent_encode(value);
    }
    if (filter == "base") {
        return value.substr(0, value.find_last_not_of('/') + 1);
    }
    if (filter == "https") {
        const auto rest = after(value, "http://bitbucket.org/");
        return rest ? "https://bitbucket.org/" + *rest : value;
    }
    return value;
}

/// The row's text with its variables filled in, by their names; nothing where one does not hold.
Text filled(std::string_view text, const Variables& variables) {
    Setting<std::string> made{{}, {std::string()}};
    for (auto open = text.find('{'); open != text.npos; open = text.find('{')) {
        const auto close = text.find('}', open);
        std::string_view name = text.substr(open + 1, close - open - 1);
        const auto mark = std::min(name.find_first_of(":="), name.size());
        const std::string_view filter = name.substr(std::min(mark + 1, name.size()));
        const bool compared = mark < name.size() && name[mark] == '=';
        name = name.substr(0, mark);
        const Text variable = from_ci(variables, name);
        const auto value = variable && !compared ? filtered(variable->value, filter)
                                                 : std::optional<std::string>();
        if (!variable || (compared ? variable->value != filter : !value || value->empty())) {
            return std::nullopt;
        }
        made.value.append(text.substr(0, open)).append(value.value_or(""));
        if (made.origin.text.find(name) == std::string::npos) {
            made.origin.text.append(made.origin.text.empty() ? "" : ", ").append(name);
        }
        text.remove_prefix(close + 1);
    }
    made.value.append(text);
    return made;
}

void read(CiFacts& facts, std::span<const Row> rows, const Variables& variables) {
    for (const Row& row : rows) {
        Setting<std::string>& fact = facts.*row.fact;
        if (fact.value.empty()) {
            override_with(fact, filled(row.text, variables));
        }
    }
    if (!facts.forge.value.empty() && !is_forge(facts.forge.value)) {
        facts.forge = {};  // Woodpecker knows others, "bitbucket_dc" among them.
    }
    facts.server.value = without_credentials(facts.server.value);
    std::string& remote = facts.remote.value;
    remote = without_credentials(remote);
    if (remote.ends_with(".git.git")) {
        remote.resize(remote.size() - 4);
    }
}

/// GitHub's address for a user who keeps the own one to himself; commits with it are his.
void take_noreply_address(CiFacts& facts, const Variables& variables) {
    const Text id = from_ci(variables, "GITHUB_ACTOR_ID");
    const Text login = from_ci(variables, "GITHUB_ACTOR");
    if (id && login && facts.server.value == "https://github.com") {
        facts.user_name = *login;
        facts.user_email = {id->value + "+" + login->value + "@users.noreply.github.com",
                            {"GITHUB_ACTOR_ID, GITHUB_ACTOR"}};
    }
}

}  // namespace

CiFacts ci_facts(const Variables& variables) {
    CiFacts facts;
    for (const System& system : k_systems) {
        const Text mark = filled(system.mark, variables);
        if (!mark) {
            continue;
        }
        facts.system = system.system;
        facts.name = {std::string(system.name), mark->origin};
        if (!system.forge.empty()) {
            facts.forge = {std::string(system.forge), mark->origin};
        }
        read(facts, system.rows, variables);
        if (!system.page.empty()) {
            override_with(facts.run_url, filled(system.page, variables));
        }
        if (system.system == CiSystem::github) {
            take_noreply_address(facts, variables);
        }
        if (filled(system.unmerged_mark, variables)) {
            facts.unmerged_because = system.unmerged_because;
            facts.unmerged_hint = system.unmerged_hint;
        }
        return facts;
    }
    read(facts, k_gitlab, variables);
    return facts;
}

}  // namespace headway::config
