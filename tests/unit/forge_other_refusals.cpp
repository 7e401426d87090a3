#include "forge_refusals.hpp"

namespace headway::forge::test {

namespace {

using enum RefusalKind;

const std::string k_identity =
    "identity: {name: NAME, email: EMAIL} in .headway.yml: an author whom the server accepts";

void check_all(const std::vector<RefusalCase>& cases) {
    // The name of the forge is not needed to understand it.
    for (const std::string_view url :
         {"https://github.com/o/app.git", "https://dev.azure.com/o/p/_git/app",
          "https://bitbucket.org/o/app.git", "https://codeberg.org/o/app.git",
          "https://git.example.com/app.git"}) {
        const auto forge = forge_for(url);
        INFO("asked: " << forge->name());
        for (const RefusalCase& row : cases) {
            check(forge->explain(reason_words("pre-receive hook declined",
                                              {"error: " + std::string(row.said)}),
                                 promotion_context()),
                  row);
        }
    }
}

}  // namespace

TEST_CASE("GitHub's refusals are understood", "[forge]") {
    const std::string bypass =
        "Settings > Rules > Rulesets, or Settings > Branches: let the bot of $STAGING_PUSH_TOKEN "
        "bypass the rule for _gitlab/agents/staging";
    const std::string new_token =
        "Settings > Developer settings > Fine-grained tokens: create a token with the permission "
        "'Contents: Read and write' and put it into $STAGING_PUSH_TOKEN";
    check_all({
        {"Cannot force-push to this branch",
         force_push_forbidden,
         ExitCode::refused,
         "_gitlab/agents/staging is protected against being moved back (the server said: \"Cannot "
         "force-push to this branch\")",
         {bypass}},
        {"Changes must be made through a pull request.",
         merge_request_only,
         ExitCode::refused,
         "_gitlab/agents/staging changes through pull requests only (the server said: \"Changes "
         "must be made through a pull request.\")",
         {bypass}},
        {"- Cannot create ref due to creations being restricted.",
         creation_forbidden,
         ExitCode::refused,
         "_gitlab/agents/staging does not exist yet, and the bot of $STAGING_PUSH_TOKEN may not "
         "create it (the server said: \"- Cannot create ref due to creations being restricted.\")",
         {bypass}},
        {"Commits must have verified signatures.",
         hook_declined,
         ExitCode::refused,
         "a rule wants signed commits, and headway's events are not signed (the server said: "
         "\"Commits must have verified signatures.\")",
         {bypass}},
        {"GH007: Your push would publish a private email address.",
         identity_refused,
         ExitCode::refused,
         "GitHub keeps the e-mail address private that headway writes its events with (the server "
         "said: \"GH007: Your push would publish a private email address.\")",
         {k_identity}},
        {"refusing to allow a Personal Access Token to create or update workflow "
         "`.github/workflows/ci.yml` without `workflow` scope",
         role_too_low,
         ExitCode::unauthorised,
         "the commits change a workflow file, for which $STAGING_PUSH_TOKEN has no permission (the "
         "server said: \"refusing to allow a Personal Access Token to create or update workflow "
         "`.github/workflows/ci.yml` without `workflow` scope\")",
         {"Settings > Developer settings > Fine-grained tokens: add the permission 'Workflows: "
          "Read and write' to the token in $STAGING_PUSH_TOKEN"}},
        {"GH006: Protected branch update failed for refs/heads/_gitlab/agents/staging.",
         protected_branch,
         ExitCode::refused,
         "_gitlab/agents/staging is a protected branch and the bot of $STAGING_PUSH_TOKEN may not "
         "push to it (the server said: \"GH006: Protected branch update failed for "
         "refs/heads/_gitlab/agents/staging.\")",
         {bypass}},
        {"GH013: Repository rule violations found",
         protected_branch,
         ExitCode::refused,
         "a rule of the repository forbids the bot of $STAGING_PUSH_TOKEN to push to "
         "_gitlab/agents/staging (the server said: \"GH013: Repository rule violations found\")",
         {bypass}},
        {"This repository was archived so it is read-only.",
         archived,
         ExitCode::refused,
         "the repository is archived and takes no pushes (the server said: \"This repository was "
         "archived so it is read-only.\")",
         {"Settings > General > Danger zone: unarchive the repository"}},
        {"Write access to repository not granted.",
         role_too_low,
         ExitCode::unauthorised,
         "$STAGING_PUSH_TOKEN may read the repository but not push to it (the server said: \"Write "
         "access to repository not granted.\")",
         {new_token}},
        {"Permission to o/app.git denied to ann.",
         role_too_low,
         ExitCode::unauthorised,
         "the bot of $STAGING_PUSH_TOKEN may read the repository but not push to it (the server "
         "said: \"Permission to o/app.git denied to ann.\")",
         {new_token}},
        {"Invalid username or token.",
         not_authenticated,
         ExitCode::unauthorised,
         "$STAGING_PUSH_TOKEN is wrong, expired or revoked (the server said: \"Invalid username or "
         "token.\")",
         {new_token}},
        {"Support for password authentication was removed on August 13, 2021.",
         not_authenticated,
         ExitCode::unauthorised,
         "$STAGING_PUSH_TOKEN is a password where GitHub wants a token (the server said: \"Support "
         "for password authentication was removed on August 13, 2021.\")",
         {new_token}},
        {"fatal error in commit_refs",
         server_broken,
         ExitCode::failed,
         "GitHub could not store the push (the server said: \"fatal error in commit_refs\")",
         {"run the same command again"}},
    });
}

TEST_CASE("GitHub's second line tells more than its first", "[forge]") {
    const auto forge = forge_for("https://github.com/o/app");
    const ServerWords words = reason_words(
        "protected branch hook declined",
        {"error: GH006: Protected branch update failed for refs/heads/_gitlab/agents/staging.",
         "error: Cannot force-push to this branch"});
    CHECK(forge->explain(words, promotion_context()).kind == force_push_forbidden);
}

TEST_CASE("Azure DevOps' refusals are understood", "[forge]") {
    const std::string security =
        "Project settings > Repositories > Security: allow the bot of "
        "$STAGING_PUSH_TOKEN ";
    const std::string new_token =
        "User settings > Personal access tokens: create a token with the scope 'Code (Read & "
        "write)' and put it into $STAGING_PUSH_TOKEN";
    check_all({
        {"TF402455: Pushes to this branch are not permitted; you must use a pull request to update "
         "this branch.",
         merge_request_only,
         ExitCode::refused,
         "_gitlab/agents/staging changes through pull requests only (the server said: \"TF402455: "
         "Pushes to this branch are not permitted; you must use a pull request to update this "
         "branch.\")",
         {security + "to 'Bypass policies when pushing' on _gitlab/agents/staging"}},
        {"TF401027: You need the Git 'ForcePush' permission to perform this action.",
         force_push_forbidden,
         ExitCode::refused,
         "the bot of $STAGING_PUSH_TOKEN may not move _gitlab/agents/staging back (the server "
         "said: \"TF401027: You need the Git 'ForcePush' permission to perform this action.\")",
         {security + "'Force push' on _gitlab/agents/staging"}},
        {"TF401027: You need the Git 'CreateBranch' permission to perform this action.",
         creation_forbidden,
         ExitCode::refused,
         "_gitlab/agents/staging does not exist yet, and the bot of $STAGING_PUSH_TOKEN may not "
         "create it (the server said: \"TF401027: You need the Git 'CreateBranch' permission to "
         "perform this action.\")",
         {security + "to 'Create branch'"}},
        {"TF401027: You need the Git 'GenericContribute' permission to perform this action.",
         role_too_low,
         ExitCode::unauthorised,
         "the bot of $STAGING_PUSH_TOKEN lacks a permission on this repository (the server said: "
         "\"TF401027: You need the Git 'GenericContribute' permission to perform this action.\")",
         {security + "to 'Contribute'"}},
        {"TF401019: The Git repository with name or identifier app does not exist.",
         not_found,
         ExitCode::unauthorised,
         "https://gitlab.example.com/group/app.git is not the repository's address, or the bot of "
         "$STAGING_PUSH_TOKEN may not see it (the server said: \"TF401019: The Git repository with "
         "name or identifier app does not exist.\")",
         {"remote: in .headway.yml: the repository's own clone address (HTTPS)", new_token}},
        {"TF400813: The user is not authorized to access this resource.",
         not_authenticated,
         ExitCode::unauthorised,
         "$STAGING_PUSH_TOKEN is wrong, expired or without the scope Code (the server said: "
         "\"TF400813: The user is not authorized to access this resource.\")",
         {new_token}},
    });
}

TEST_CASE("Azure DevOps says why in the ref's own status", "[forge]") {
    const auto forge = forge_for("https://dev.azure.com/o/p/_git/app");
    CHECK(forge
              ->explain(reason_words("TF402455: Pushes to this branch are not permitted"),
                        promotion_context())
              .kind == merge_request_only);
}

TEST_CASE("Bitbucket's refusals are understood", "[forge]") {
    check_all({
        {"Permission denied to update branch _gitlab/agents/staging.",
         protected_branch,
         ExitCode::refused,
         "a restriction forbids the bot of $STAGING_PUSH_TOKEN to push to _gitlab/agents/staging "
         "(the server said: \"Permission denied to update branch _gitlab/agents/staging.\")",
         {"Repository settings > Branch restrictions: give the bot of $STAGING_PUSH_TOKEN write "
          "access to _gitlab/agents/staging"}},
        {"You can only push your own commits in this repository",
         identity_refused,
         ExitCode::refused,
         "the server wants an e-mail address that belongs to the bot of $STAGING_PUSH_TOKEN (the "
         "server said: \"You can only push your own commits in this repository\")",
         {k_identity}},
        {"Your credentials lack one or more required privilege scopes.",
         role_too_low,
         ExitCode::unauthorised,
         "$STAGING_PUSH_TOKEN lacks the scope repository:write (the server said: \"Your "
         "credentials lack one or more required privilege scopes.\")",
         {"Repository settings > Access tokens: create a token with the scope repository:write and "
          "put it into $STAGING_PUSH_TOKEN"}},
    });
}

TEST_CASE("Gitea's and Forgejo's refusals are understood", "[forge]") {
    check_all({
        {"branch _gitlab/agents/staging is protected from force push",
         force_push_forbidden,
         ExitCode::refused,
         "_gitlab/agents/staging is protected against being moved back (the server said: \"branch "
         "_gitlab/agents/staging is protected from force push\")",
         {"Settings > Branches: allow force pushes by the bot of $STAGING_PUSH_TOKEN to "
          "_gitlab/agents/staging"}},
        {"Not allowed to push to protected branch _gitlab/agents/staging",
         protected_branch,
         ExitCode::refused,
         "_gitlab/agents/staging is a protected branch and the bot of $STAGING_PUSH_TOKEN may not "
         "push to it (the server said: \"Not allowed to push to protected branch "
         "_gitlab/agents/staging\")",
         {"Settings > Branches: add the bot of $STAGING_PUSH_TOKEN to those who may push to "
          "_gitlab/agents/staging"}},
        {"branch _gitlab/agents/staging is protected from changing file Makefile",
         protected_branch,
         ExitCode::refused,
         "_gitlab/agents/staging protects a file that the commits change (the server said: "
         "\"branch _gitlab/agents/staging is protected from changing file Makefile\")",
         {"Settings > Branches: take the file out of the protected files of "
          "_gitlab/agents/staging"}},
        {"branch _gitlab/agents/staging is protected from unverified commit 1a",
         hook_declined,
         ExitCode::refused,
         "_gitlab/agents/staging takes signed commits only (the server said: \"branch "
         "_gitlab/agents/staging is protected from unverified commit 1a\")",
         {"Settings > Branches: turn off 'Require signed commits' for _gitlab/agents/staging"}},
        {"User permission denied for writing.",
         role_too_low,
         ExitCode::unauthorised,
         "the bot of $STAGING_PUSH_TOKEN may read the repository but not push to it (the server "
         "said: \"User permission denied for writing.\")",
         {"Settings > Applications: create a token with the permission 'repository: Read and "
          "write' and put it into $STAGING_PUSH_TOKEN"}},
    });
}

}  // namespace headway::forge::test
