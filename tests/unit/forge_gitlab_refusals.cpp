#include "forge_refusals.hpp"

#include <algorithm>
#include <cctype>

namespace headway::forge::test {

namespace {

using enum RefusalKind;

const std::string k_allow_push =
    "Settings > Repository > Protected branches: allow the bot of $STAGING_PUSH_TOKEN to push and "
    "merge to _gitlab/agents/staging";
const std::string k_new_token =
    "Settings > Access tokens: create a token with the role Developer or higher and the scope "
    "write_repository and put it into $STAGING_PUSH_TOKEN";
const std::string k_again = "run the same command again";
const std::string k_identity =
    "identity: {name: NAME, email: EMAIL} in .headway.yml: an author whom the server accepts";
const std::string k_no_ledger = "ledger: off in .headway.yml, which gives up the history";
const std::string k_project_token =
    "token: {env: NAME} below environments: staging: in .headway.yml, NAME being a CI variable "
    "that "
    "holds a project access token with the scope write_repository";

const std::vector<RefusalCase> k_hook_cases{
    {"You are not allowed to push code to protected branches on this project.",
     protected_branch,
     ExitCode::refused,
     "_gitlab/agents/staging is a protected branch and the bot of $STAGING_PUSH_TOKEN may not "
     "push to it (the server said: \"You are not allowed to push code to protected branches on "
     "this project.\")",
     {k_allow_push}},
    {"You are not allowed to force push code to a protected branch on this project.",
     force_push_forbidden,
     ExitCode::refused,
     "_gitlab/agents/staging is protected against being moved back (the server said: \"You are "
     "not allowed to force push code to a protected branch on this project.\")",
     {"Settings > Repository > Protected branches: turn on 'Allowed to force push' for "
      "_gitlab/agents/staging"}},
    {"You are not allowed to merge code into protected branches on this project.",
     merge_request_only,
     ExitCode::refused,
     "_gitlab/agents/staging changes through merge requests only, and the bot of "
     "$STAGING_PUSH_TOKEN may neither push nor merge there (the server said: \"You are not "
     "allowed to merge code into protected branches on this project.\")",
     {k_allow_push}},
    {"You are not allowed to create protected branches on this project.",
     creation_forbidden,
     ExitCode::refused,
     "_gitlab/agents/staging does not exist yet, its name is protected, and the bot of "
     "$STAGING_PUSH_TOKEN may not create it (the server said: \"You are not allowed to create "
     "protected branches on this project.\")",
     {k_allow_push}},
    {"You can only use an existing protected branch ref as the basis of a new protected "
     "branch.",
     creation_forbidden,
     ExitCode::refused,
     "_gitlab/agents/staging does not exist yet, and the bot of $STAGING_PUSH_TOKEN may create "
     "it only at a commit of another protected branch (the server said: \"You can only use an "
     "existing protected branch ref as the basis of a new protected branch.\")",
     {k_allow_push}},
    {"You can only create protected branches using the web interface and API.",
     creation_forbidden,
     ExitCode::refused,
     "_gitlab/agents/staging does not exist yet, and the bot of $STAGING_PUSH_TOKEN may create "
     "it only in the web interface or through the API (the server said: \"You can only create "
     "protected branches using the web interface and API.\")",
     {k_allow_push}},
    {"Branch name '_gitlab/agents/staging' does not follow the pattern '^feature/'",
     creation_forbidden,
     ExitCode::refused,
     "a push rule forbids the name _gitlab/agents/staging (the server said: \"Branch name "
     "'_gitlab/agents/staging' does not follow the pattern '^feature/'\")",
     {"Settings > Repository > Push rules: let 'Branch name' match _gitlab/agents/staging"}},
    {"You are not allowed to push code to this project.",
     role_too_low,
     ExitCode::unauthorised,
     "the role of the bot of $STAGING_PUSH_TOKEN in this project is too low to push (the "
     "server said: \"You are not allowed to push code to this project.\")",
     {k_new_token}},
    {"You are not allowed to upload code.",
     job_token_forbidden,
     ExitCode::unauthorised,
     "$STAGING_PUSH_TOKEN is a job token or a deploy token, and such a one may not push here "
     "(the server said: \"You are not allowed to upload code.\")",
     {k_project_token}},
    {"HTTP Basic: Access denied. The provided password or token is incorrect.",
     not_authenticated,
     ExitCode::unauthorised,
     "$STAGING_PUSH_TOKEN is wrong, expired, revoked or without the scope write_repository, "
     "which GitLab does not tell apart (the server said: \"HTTP Basic: Access denied. The "
     "provided password or token is incorrect.\")",
     {k_new_token}},
    {"Your account has been blocked.",
     not_authenticated,
     ExitCode::unauthorised,
     "the account behind $STAGING_PUSH_TOKEN is blocked (the server said: \"Your account has "
     "been blocked.\")",
     {k_new_token}},
    {"The project you were looking for could not be found or you don't have permission to view "
     "it.",
     not_found,
     ExitCode::unauthorised,
     "https://gitlab.example.com/group/app.git is not the project's address, or the bot of "
     "$STAGING_PUSH_TOKEN may not see the project (the server said: \"The project you were "
     "looking for could not be found or you don't have permission to view it.\")",
     {"remote: in .headway.yml: the project's own clone address (HTTPS)",
      "Settings > Access tokens of that very project: create the token that goes into "
      "$STAGING_PUSH_TOKEN"}},
    {"You can't push code to an archived project.",
     archived,
     ExitCode::refused,
     "the project is archived and takes no pushes (the server said: \"You can't push code to "
     "an archived project.\")",
     {"Settings > General > Advanced: unarchive the project"}},
    {"You can't push code to a read-only GitLab instance.",
     read_only,
     ExitCode::failed,
     "https://gitlab.example.com/group/app.git is a copy that takes no pushes (the server "
     "said: \"You can't push code to a read-only GitLab instance.\")",
     {"remote: in .headway.yml: the address of the primary GitLab"}},
    {"The repository is temporarily read-only. Please try again later.",
     read_only,
     ExitCode::failed,
     "the server takes no pushes at the moment (the server said: \"The repository is "
     "temporarily read-only. Please try again later.\")",
     {k_again}},
    {"Push operation timed out",
     timed_out,
     ExitCode::failed,
     "the server's own checks of the push took too long (the server said: \"Push operation "
     "timed out\")",
     {k_again}},
    {"Commit author's email 'bot@ci.example' does not follow the pattern '@example.com$'",
     identity_refused,
     ExitCode::refused,
     "a push rule refuses the e-mail address that headway writes its events with (the server "
     "said: \"Commit author's email 'bot@ci.example' does not follow the pattern "
     "'@example.com$'\")",
     {k_identity}},
    {"Committer's name 'ci' does not follow the pattern '^bot-'",
     identity_refused,
     ExitCode::refused,
     "a push rule refuses the name that headway writes its events with (the server said: "
     "\"Committer's name 'ci' does not follow the pattern '^bot-'\")",
     {k_identity}},
    {"Author 'bot@ci.example' is not a member of team",
     identity_refused,
     ExitCode::refused,
     "a push rule wants authors who are known to GitLab (the server said: \"Author "
     "'bot@ci.example' is not a member of team\")",
     {k_identity}},
    {"You cannot push commits for 'bot@ci.example'.",
     identity_refused,
     ExitCode::refused,
     "a push rule wants an e-mail address that belongs to the bot of $STAGING_PUSH_TOKEN (the "
     "server said: \"You cannot push commits for 'bot@ci.example'.\")",
     {k_identity}},
    {"You can only push commits if the committer email is one of your own verified emails.",
     identity_refused,
     ExitCode::refused,
     "a push rule wants an e-mail address that belongs to the bot of $STAGING_PUSH_TOKEN (the "
     "server said: \"You can only push commits if the committer email is one of your own "
     "verified emails.\")",
     {k_identity}},
    {"Commit must be signed with a GPG key",
     hook_declined,
     ExitCode::refused,
     "a push rule wants signed commits, and headway's events are not signed (the server said: "
     "\"Commit must be signed with a GPG key\")",
     {"Settings > Repository > Push rules: turn off 'Reject unsigned commits'", k_no_ledger}},
    {"Commit message does not follow the pattern '^[A-Z]+-[0-9]+'",
     hook_declined,
     ExitCode::refused,
     "a push rule wants other commit messages than those of headway's events (the server said: "
     "\"Commit message does not follow the pattern '^[A-Z]+-[0-9]+'\")",
     {"Settings > Repository > Push rules: let the expression for commit messages match "
      "'Promote 1a2b3c4d to staging'",
      k_no_ledger}},
    {"Your push has been rejected, because this repository has exceeded its size limit of 10 "
     "GB.",
     server_broken,
     ExitCode::failed,
     "the repository has reached the size that GitLab allows (the server said: \"Your push has "
     "been rejected, because this repository has exceeded its size limit of 10 GB.\")",
     {"Settings > Usage quotas: free or buy storage"}},
    {"Internal API error (502)",
     server_broken,
     ExitCode::failed,
     "GitLab could not ask its own service about this push (the server said: \"Internal API "
     "error (502)\")",
     {k_again}},
    {"GitLab is not responding",
     server_broken,
     ExitCode::failed,
     "GitLab could not ask its own service about this push (the server said: \"GitLab is not "
     "responding\")",
     {k_again}},
};

}  // namespace

TEST_CASE("GitLab's hook texts become a cause and the fix", "[forge]") {
    const auto forge = forge_for(k_gitlab_url);
    for (const RefusalCase& row : k_hook_cases) {
        check(forge->explain(hook_words(row.said), promotion_context()), row);
    }
}

TEST_CASE("the texts decide, not the forge's name", "[forge]") {
    const auto plain = forge_for("http://127.0.0.1:8080/group/app.git");
    const auto github = forge_for("https://github.com/group/app");
    for (const RefusalCase& row : k_hook_cases) {
        check(plain->explain(hook_words(row.said), promotion_context()), row);
        check(github->explain(hook_words(row.said), promotion_context()), row);
    }
}

TEST_CASE("texts are matched whatever their case, prefix and wrapping", "[forge]") {
    const auto forge = forge_for(k_gitlab_url);
    RefusalCase expected = k_hook_cases.front();

    ServerWords shouted = hook_words(expected.said);
    std::string& line = shouted.messages.front();
    std::transform(line.begin(), line.end(), line.begin(),
                   [](unsigned char letter) { return static_cast<char>(std::toupper(letter)); });
    CHECK(forge->explain(shouted, promotion_context()).kind == protected_branch);

    const ServerWords banner = reason_words(
        "pre-receive hook declined",
        {"", "========================================", "",
         "ERROR: You are not allowed to push code to protected branches on this project.", "",
         "========================================"});
    check(forge->explain(banner, promotion_context()), expected);

    const ServerWords wrapped = reason_words("pre-receive hook declined",
                                             {"remote: GitLab: You are not allowed to push code to",
                                              "protected branches on this project."});
    check(forge->explain(wrapped, promotion_context()), expected);
}

TEST_CASE("a refusal by status carries GitLab's sentence in its body", "[forge]") {
    const auto forge = forge_for(k_gitlab_url);
    RefusalContext context = promotion_context();
    context.ref.clear();
    const auto diagnose = [&](int status, std::string_view body) {
        return forge->explain(status_words(status, body), context);
    };
    CHECK(diagnose(403, "You are not allowed to push code to this project.").kind == role_too_low);
    CHECK(diagnose(403, "You are not allowed to upload code.").kind == job_token_forbidden);
    CHECK(diagnose(401, "HTTP Basic: Access denied.").kind == not_authenticated);
    CHECK(diagnose(404,
                   "The project you were looking for could not be found or you don't have "
                   "permission to view it.")
              .kind == not_found);
}

TEST_CASE("without a token the cause is that there is none", "[forge]") {
    const auto forge = forge_for(k_gitlab_url);
    RefusalContext context = promotion_context();
    context.token_name.clear();
    const std::vector<std::string> hints{
        "token: {env: NAME} below environments: staging: in .headway.yml, NAME being a CI variable "
        "that holds an access token",
        "Settings > CI/CD > Variables: a protected variable reaches only jobs on protected "
        "branches, one with an environment scope only jobs with that `environment:`"};
    check(forge->explain(status_words(401, "HTTP Basic: Access denied."), context),
          {"401", not_authenticated, ExitCode::unauthorised,
           "no token is configured and the server wants one (the server said: \"HTTP Basic: Access "
           "denied.\")",
           hints});
    check(forge->explain(status_words(403), context),
          {"403", not_authenticated, ExitCode::unauthorised,
           "no token is configured and the server wants one", hints});

    context.environment.clear();
    check(forge->explain(status_words(404), context),
          {"404",
           not_found,
           ExitCode::failed,
           "https://gitlab.example.com/group/app.git is not the repository's address, or only a "
           "token may see it",
           {"remote: in .headway.yml: the address that git clone takes",
            "token: {env: NAME} in .headway.yml, NAME being a CI variable that holds an access "
            "token"}});
}

TEST_CASE("a token is named as the configuration names it", "[forge]") {
    const auto forge = forge_for(k_gitlab_url);
    RefusalContext context = promotion_context();
    context.token_name = "file /run/token";
    Diagnosis diagnosis =
        forge->explain(hook_words("You are not allowed to push code to this project."), context);
    CHECK(diagnosis.because.starts_with("the role of the bot of the token in file /run/token in"));
    CHECK(diagnosis.hints.front().ends_with("and put it into file /run/token"));
    context.token_name = "standard input";
    diagnosis = forge->explain(status_words(403), context);
    CHECK(diagnosis.because ==
          "the server forbids this to the bot of the token from standard input (HTTP 403)");
}

TEST_CASE("a refused ledger ref is moved to a branch by one setting", "[forge]") {
    const auto forge = forge_for(k_gitlab_url);
    RefusalContext context = promotion_context();
    context.ref = "refs/headway/ledger/staging";
    const std::vector<std::string> hints{"ledger: {branch: headway-ledger} in .headway.yml"};

    check(forge->explain(reason_words("deny updating a hidden ref"), context),
          {"hidden", ref_forbidden, ExitCode::refused,
           "the server does not let the bot of $STAGING_PUSH_TOKEN push to "
           "refs/headway/ledger/staging, where headway keeps its ledger (the server said: \"deny "
           "updating a hidden ref\")",
           hints});
    for (const std::string_view said :
         {"You can only push to branches and tags of this project.",
          "You are not allowed to push code to this project.",
          "You are not allowed to push code to protected branches on this project.",
          "refs/headway/ledger/staging is not for you"}) {
        INFO(said);
        const Diagnosis diagnosis = forge->explain(hook_words(said), context);
        CHECK(diagnosis.kind == ref_forbidden);
        CHECK(diagnosis.code == ExitCode::refused);
        CHECK(diagnosis.hints == hints);
    }
    // The role is really too low where the push is not let in at all.
    CHECK(forge
              ->explain(status_words(403, "You are not allowed to push code to this project."),
                        context)
              .kind == role_too_low);
}

TEST_CASE("a branch is not blamed for what is said of the ledger", "[forge]") {
    const auto forge = forge_for(k_gitlab_url);
    for (const std::string_view said : {"You can only push to branches and tags of this project.",
                                        "refs/headway/ledger/staging is not for you"}) {
        const Diagnosis diagnosis = forge->explain(hook_words(said), promotion_context());
        CHECK(diagnosis.kind == part_of_atomic);
        CHECK(diagnosis.because ==
              "_gitlab/agents/staging was to move together with another ref, which the server "
              "refused (the server said: \"" +
                  std::string(said) + "\")");
        CHECK(diagnosis.hints.empty());
    }
    // Naming the source branch in a rule about this branch takes nothing away from it.
    CHECK(forge
              ->explain(hook_words("only commits of refs/heads/main may go there"),
                        promotion_context())
              .kind == hook_declined);
}

}  // namespace headway::forge::test
