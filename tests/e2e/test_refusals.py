"""Pushes and reads that the server refuses: the error, its cause, the one fix, and nothing moved."""

from __future__ import annotations

import unittest

from e2e.support import StageTest, k_branch, k_ledger
from host import answer
from host.answer import Answer
from host.headway import Result
from host.protection import Creation, Refusal

k_gitlab = {"GITLAB_CI": "true"}
k_pushers = ["gitlab-ci-token"]


class RefusalTest(StageTest):
    """Staging is at the first of three commits, with one event."""

    def setUp(self) -> None:
        self.open()
        self.stage.deploy()

    def assert_refused(self, result: Result, code: int, stderr: str) -> None:
        """The promotion was refused in these words, and the branch and the ledger are as before."""
        self.assert_run(result, code, "", stderr)
        self.assert_untouched(self.stage.commits[0], 1)


class GitLabHook(RefusalTest):
    """GitLab's table, through a real pre-receive hook: the rules where it has them, else words."""

    def test_protected_branch(self) -> None:
        self.stage.repo.protection.protect("_gitlab/*", ["somebody-else"])
        self.assert_refused(self.stage.promote(env=k_gitlab), 3, """\
            headway: error: the server refused to move _gitlab/agents/staging
              because: _gitlab/agents/staging is a protected branch and the bot of $STAGING_PUSH_TOKEN may not push to it (the server said: "You are not allowed to push code to protected branches on this project."); nothing moved
              try: Settings > Repository > Protected branches: allow the bot of $STAGING_PUSH_TOKEN to push and merge to _gitlab/agents/staging
            """)

    def test_merge_requests_only(self) -> None:
        self.stage.repo.protection.protect("_gitlab/*", merge_request_only=True)
        self.assert_refused(self.stage.promote(env=k_gitlab), 3, """\
            headway: error: the server refused to move _gitlab/agents/staging
              because: _gitlab/agents/staging changes through merge requests only, and the bot of $STAGING_PUSH_TOKEN may neither push nor merge there (the server said: "You are not allowed to merge code into protected branches on this project."); nothing moved
              try: Settings > Repository > Protected branches: allow the bot of $STAGING_PUSH_TOKEN to push and merge to _gitlab/agents/staging
            """)

    def test_archived(self) -> None:
        self.stage.host.refuse_with(Refusal.archived)
        self.assert_refused(self.stage.promote(env=k_gitlab), 3, """\
            headway: error: the server refused to move _gitlab/agents/staging
              because: the project is archived and takes no pushes (the server said: "You can't push code to an archived project."); nothing moved
              try: Settings > General > Advanced: unarchive the project
            """)

    def test_read_only(self) -> None:
        self.stage.host.refuse_with(Refusal.read_only)
        self.assert_refused(self.stage.promote(env=k_gitlab), 1, """\
            headway: error: the server refused to move _gitlab/agents/staging
              because: the server takes no pushes at the moment (the server said: "The repository is temporarily read-only. Please try again later."); nothing moved
              try: run the same command again
            """)

    def test_timed_out(self) -> None:
        self.stage.host.refuse_with(Refusal.timeout)
        self.assert_refused(self.stage.promote(env=k_gitlab), 1, """\
            headway: error: the server refused to move _gitlab/agents/staging
              because: the server's own checks of the push took too long (the server said: "Push operation timed out"); nothing moved
              try: run the same command again
            """)

    def test_an_unknown_reason_is_shown(self) -> None:
        self.stage.host.refuse_with("Not on a Friday,\x07 says the owner.")
        self.assert_refused(self.stage.promote(env=k_gitlab), 3, """\
            headway: error: the server refused to move _gitlab/agents/staging
              because: a hook of the server's owner refused _gitlab/agents/staging (the server said: "Not on a Friday,\\x07 says the owner."); nothing moved
              try: ask the server's owner what the hook wants
            """)

    def test_a_refusal_of_one_of_two_environments_moves_neither(self) -> None:
        self.stage.write(
            ".headway.yml",
            self.stage.headway.work.joinpath(".headway.yml").read_text()
            + "  production: {branch: production, token: {env: STAGING_PUSH_TOKEN}}\n",
        )
        self.stage.repo.protection.protect("production", ["somebody-else"])
        result = self.stage.run("promote", "staging", "production", env=k_gitlab)
        self.assert_refused(result, 3, """\
            headway: error: the server refused to move _gitlab/agents/staging
              because: _gitlab/agents/staging is a protected branch and the bot of $STAGING_PUSH_TOKEN may not push to it (the server said: "You are not allowed to push code to protected branches on this project."); nothing moved
              try: Settings > Repository > Protected branches: allow the bot of $STAGING_PUSH_TOKEN to push and merge to _gitlab/agents/staging
            """)
        self.assertIsNone(self.stage.repo.tip("production"))
        self.assertEqual(self.stage.repo.ledger("production"), [])

    def test_an_author_whom_a_push_rule_refuses(self) -> None:
        self.stage.repo.protection.require_author_email("@example[.]com$")
        self.assert_refused(self.stage.promote(env=k_gitlab), 3, """\
            headway: error: the server refused to move _gitlab/agents/staging
              because: a push rule refuses the e-mail address that headway writes its events with (the server said: "Commit author's email 'headway@noreply.127.0.0.1' does not follow the pattern '@example[.]com$'"); nothing moved
              try: identity: {name: NAME, email: EMAIL} in .headway.yml: an author whom the server accepts
            """)
        # The fix that was named works.
        self.stage.configure(top="identity: {name: Bot, email: bot@example.com}")
        self.assertEqual(self.stage.promote(env=k_gitlab).code, 0)
        self.assert_moved(self.stage.commits[2], 2)
        self.assertEqual(self.stage.ledger()[0].author, "Bot <bot@example.com>")

    def test_a_ref_that_is_no_branch(self) -> None:
        self.stage.repo.protection.only_branches_and_tags()
        self.assert_refused(self.stage.promote(env=k_gitlab), 3, """\
            headway: error: the server refused to move refs/headway/ledger/staging
              because: the server does not let the bot of $STAGING_PUSH_TOKEN push to refs/headway/ledger/staging, where headway keeps its ledger (the server said: "You can only push to branches and tags of this project."); nothing moved
              try: ledger: {branch: headway-ledger} in .headway.yml
            """)
        # The fix that was named works.
        self.stage.configure(top="ledger: {branch: headway-ledger}")
        self.assertEqual(self.stage.promote(env=k_gitlab).code, 0)
        self.assertEqual(self.stage.tip, self.stage.commits[2])
        refs = self.stage.repo.refs("refs/heads/headway-ledger")
        self.assertEqual(list(refs), ["refs/heads/headway-ledger/staging"])
        events = self.stage.repo.ledger("staging", "refs/heads/headway-ledger/staging")
        self.assertEqual(events[0].trailers["Headway-Commit"], self.stage.commits[2])

    def test_the_refusal_in_json(self) -> None:
        self.stage.repo.protection.protect("_gitlab/*", ["somebody-else"])
        result = self.stage.promote("--output", "json", env=k_gitlab)
        self.assertEqual(result.code, 3)
        self.assertEqual(
            result.json(),
            {
                "command": "promote",
                "exit_code": 3,
                "error": {
                    "kind": "refused",
                    "what": f"the server refused to move {k_branch}",
                    "because": f"{k_branch} is a protected branch and the bot of "
                    "$STAGING_PUSH_TOKEN may not push to it (the server said: "
                    f'"{Refusal.push}"); nothing moved',
                    "try": [
                        "Settings > Repository > Protected branches: allow the bot of "
                        f"$STAGING_PUSH_TOKEN to push and merge to {k_branch}"
                    ],
                },
                "warnings": [],
            },
        )


class GitLabRollback(RefusalTest):
    """What only a rollback can meet: staging is at the second commit, and shall go back."""

    def setUp(self) -> None:
        super().setUp()
        self.stage.deploy(self.stage.commits[1])

    def test_force_push(self) -> None:
        self.stage.repo.protection.protect("_gitlab/*", k_pushers)
        result = self.stage.run("rollback", "staging", "--to", self.stage.commits[0],
                                "--strategy", "reset", env=k_gitlab)  # fmt: skip
        self.assert_run(result, 3, "", """\
            headway: error: the server refused to move _gitlab/agents/staging
              because: _gitlab/agents/staging is protected against being moved back (the server said: "You are not allowed to force push code to a protected branch on this project."); nothing moved
              try: Settings > Repository > Protected branches: turn on 'Allowed to force push' for _gitlab/agents/staging
              try: or without a force push: headway rollback staging --to 9318c89e3af8ae7ec5363b025de951c5935cbe05 --strategy restore
            """)
        self.assert_untouched(self.stage.commits[1], 2)
        # What is not protected against being moved back, moves back.
        self.stage.repo.protection.clear()
        self.stage.repo.protection.protect("_gitlab/*", k_pushers, force=True)
        result = self.stage.run("rollback", "staging", "--to", self.stage.commits[0], env=k_gitlab)
        self.assertEqual(result.code, 0, result)
        self.assert_moved(self.stage.commits[0], 3)


class GitLabCreation(StageTest):
    """The first promotion into a branch whose name is protected."""

    def setUp(self) -> None:
        self.open()

    def assert_refused(self, creation: Creation, stderr: str) -> None:
        self.stage.repo.protection.protect("_gitlab/*", k_pushers, creation=creation)
        result = self.stage.promote(env=k_gitlab)
        self.assert_run(result, 3, "", stderr)
        self.assert_untouched(None, 0)

    def test_not_allowed(self) -> None:
        self.assert_refused(Creation.refused, """\
            headway: error: the server refused to move _gitlab/agents/staging
              because: _gitlab/agents/staging does not exist yet, its name is protected, and the bot of $STAGING_PUSH_TOKEN may not create it (the server said: "You are not allowed to create protected branches on this project."); nothing moved
              try: Settings > Repository > Protected branches: allow the bot of $STAGING_PUSH_TOKEN to push and merge to _gitlab/agents/staging
            """)

    def test_only_at_a_protected_branch(self) -> None:
        self.assert_refused(Creation.existing_basis, """\
            headway: error: the server refused to move _gitlab/agents/staging
              because: _gitlab/agents/staging does not exist yet, and the bot of $STAGING_PUSH_TOKEN may create it only at a commit of another protected branch (the server said: "You can only use an existing protected branch ref as the basis of a new protected branch."); nothing moved
              try: Settings > Repository > Protected branches: allow the bot of $STAGING_PUSH_TOKEN to push and merge to _gitlab/agents/staging
            """)

    def test_only_in_the_web_interface(self) -> None:
        self.assert_refused(Creation.web_only, """\
            headway: error: the server refused to move _gitlab/agents/staging
              because: _gitlab/agents/staging does not exist yet, and the bot of $STAGING_PUSH_TOKEN may create it only in the web interface or through the API (the server said: "You can only create protected branches using the web interface and API."); nothing moved
              try: Settings > Repository > Protected branches: allow the bot of $STAGING_PUSH_TOKEN to push and merge to _gitlab/agents/staging
            """)


class GitLabHttp(RefusalTest):
    """GitLab's table, as HTTP answers."""

    def refuse_pushes(self, given: Answer) -> Result:
        self.stage.host.answer(given, "/group/app.git", service="receive-pack")
        return self.stage.promote(env=k_gitlab)

    def refuse_all(self, given: Answer) -> Result:
        self.stage.host.answer(given, "/group/app.git*")
        return self.stage.promote(env=k_gitlab)

    def test_role_too_low(self) -> None:
        self.assert_refused(self.refuse_pushes(answer.role_too_low()), 5, """\
            headway: error: cannot push to http://127.0.0.1:<port>/group/app.git: the server answered HTTP 403
              because: the role of the bot of $STAGING_PUSH_TOKEN in this project is too low to push (the server said: "You are not allowed to push code to this project.")
              try: Settings > Access tokens: create a token with the role Developer or higher and the scope write_repository and put it into $STAGING_PUSH_TOKEN
            """)

    def test_job_token(self) -> None:
        self.assert_refused(self.refuse_pushes(answer.job_token_may_not_push()), 5, """\
            headway: error: cannot push to http://127.0.0.1:<port>/group/app.git: the server answered HTTP 403
              because: $STAGING_PUSH_TOKEN is a job token or a deploy token, and such a one may not push here (the server said: "You are not allowed to upload code.")
              try: token: {env: NAME} below environments: staging: in .headway.yml, NAME being a CI variable that holds a project access token with the scope write_repository
            """)

    def test_archived(self) -> None:
        self.assert_refused(self.refuse_pushes(answer.archived()), 3, """\
            headway: error: cannot push to http://127.0.0.1:<port>/group/app.git: the server answered HTTP 403
              because: the project is archived and takes no pushes (the server said: "You can't push code to an archived project.")
              try: Settings > General > Advanced: unarchive the project
            """)

    def test_read_only(self) -> None:
        self.assert_refused(self.refuse_pushes(answer.read_only()), 1, """\
            headway: error: cannot push to http://127.0.0.1:<port>/group/app.git: the server answered HTTP 403
              because: the server takes no pushes at the moment (the server said: "The repository is temporarily read-only. Please try again later.")
              try: run the same command again
            """)

    def test_access_denied(self) -> None:
        self.assert_refused(self.refuse_all(answer.access_denied()), 5, """\
            headway: error: cannot read http://127.0.0.1:<port>/group/app.git: the server answered HTTP 401
              because: $STAGING_PUSH_TOKEN is wrong, expired, revoked or without the scope write_repository, which GitLab does not tell apart (the server said: "HTTP Basic: Access denied. If a password was provided for Git authentication, the password was incorrect or you're required to use a token instead of a password. If a token was provided, it was either incorrect, expired, or improperly scoped.")
              try: Settings > Access tokens: create a token with the role Developer or higher and the scope write_repository and put it into $STAGING_PUSH_TOKEN
            """)

    def test_access_denied_to_the_push_alone(self) -> None:
        self.assert_refused(self.refuse_pushes(answer.access_denied()), 5, """\
            headway: error: cannot push to http://127.0.0.1:<port>/group/app.git: the server answered HTTP 401
              because: $STAGING_PUSH_TOKEN is wrong, expired, revoked or without the scope write_repository, which GitLab does not tell apart (the server said: "HTTP Basic: Access denied. If a password was provided for Git authentication, the password was incorrect or you're required to use a token instead of a password. If a token was provided, it was either incorrect, expired, or improperly scoped.")
              try: Settings > Access tokens: create a token with the role Developer or higher and the scope write_repository and put it into $STAGING_PUSH_TOKEN
            """)

    def test_not_found(self) -> None:
        self.assert_refused(self.refuse_all(answer.not_found()), 5, """\
            headway: error: cannot read http://127.0.0.1:<port>/group/app.git: the server answered HTTP 404
              because: http://127.0.0.1:<port>/group/app.git is not the project's address, or the bot of $STAGING_PUSH_TOKEN may not see the project (the server said: "The project you were looking for could not be found or you don't have permission to view it.")
              try: remote: in .headway.yml: the project's own clone address (HTTPS)
              try: Settings > Access tokens of that very project: create the token that goes into $STAGING_PUSH_TOKEN
            """)

    def test_unavailable(self) -> None:
        self.assert_refused(self.refuse_all(answer.unavailable(30)), 1, """\
            headway: error: cannot read http://127.0.0.1:<port>/group/app.git: the server answered HTTP 503
              because: the server failed (HTTP 503) (the server said: "503 Service Unavailable")
              try: run the same command again: it finds out what has moved
            """)

    def test_unavailable_for_the_push_alone(self) -> None:
        # A proxy may say so of a push that the server has carried out: headway looks again, and
        # says what it knows.
        self.assert_refused(self.refuse_pushes(answer.unavailable()), 1, """\
            headway: error: the push was sent 3 times and not carried out
              because: the last time it was sent, and no report of it arrived: the server answered HTTP 503 (503 Service Unavailable)
              try: run the same command again
            """)

    def test_too_many_requests(self) -> None:
        self.assert_refused(self.refuse_all(answer.too_many_requests(60)), 1, """\
            headway: error: cannot read http://127.0.0.1:<port>/group/app.git: the server answered HTTP 429
              because: the server limits the number of requests (HTTP 429) (the server said: "Retry later")
              try: run the same command again after a minute
            """)

    def test_a_wrong_token(self) -> None:
        # Not a scripted answer: the host does not know the token.
        env = {"STAGING_PUSH_TOKEN": "glpat-wrong-0123456789", **k_gitlab}
        self.assert_refused(self.stage.promote(env=env), 5, """\
            headway: error: cannot read http://127.0.0.1:<port>/group/app.git: the server answered HTTP 401
              because: $STAGING_PUSH_TOKEN is wrong, expired, revoked or without the scope write_repository, which GitLab does not tell apart (the server said: "HTTP Basic: Access denied. If a password was provided for Git authentication, the password was incorrect or you're required to use a token instead of a password. If a token was provided, it was either incorrect, expired, or improperly scoped.")
              try: Settings > Access tokens: create a token with the role Developer or higher and the scope write_repository and put it into $STAGING_PUSH_TOKEN
            """)
        self.assertEqual([entry.status for entry in self.stage.host.requests()], [401])

    def test_no_token(self) -> None:
        self.stage.configure(token=False)
        self.assert_refused(self.stage.promote(env=k_gitlab), 5, """\
            headway: error: cannot read http://127.0.0.1:<port>/group/app.git: the server answered HTTP 401
              because: no token is configured and the server wants one (the server said: "HTTP Basic: Access denied. If a password was provided for Git authentication, the password was incorrect or you're required to use a token instead of a password. If a token was provided, it was either incorrect, expired, or improperly scoped.")
              try: token: {env: NAME} below environments: staging: in .headway.yml, NAME being a CI variable that holds an access token
              try: Settings > CI/CD > Variables: a protected variable reaches only jobs on protected branches, one with an environment scope only jobs with that `environment:`
            """)

    def test_not_found_without_a_token(self) -> None:
        self.stage.configure(token=False)
        self.assert_refused(self.refuse_all(answer.not_found()), 1, """\
            headway: error: cannot read http://127.0.0.1:<port>/group/app.git: the server answered HTTP 404
              because: http://127.0.0.1:<port>/group/app.git is not the repository's address, or only a token may see it (the server said: "The project you were looking for could not be found or you don't have permission to view it.")
              try: remote: in .headway.yml: the address that git clone takes
              try: token: {env: NAME} below environments: staging: in .headway.yml, NAME being a CI variable that holds an access token
            """)

    def test_an_unknown_path(self) -> None:
        self.stage.configure(remote=self.stage.host.url("group/other"))
        self.assert_refused(self.stage.promote(env=k_gitlab), 5, """\
            headway: error: cannot read http://127.0.0.1:<port>/group/other.git: the server answered HTTP 404
              because: http://127.0.0.1:<port>/group/other.git is not the repository's address, or the bot of $STAGING_PUSH_TOKEN may not see it (HTTP 404)
              try: remote: in .headway.yml: the address that git clone takes
              try: Settings > Access tokens: create a token with the role Developer or higher and the scope write_repository and put it into $STAGING_PUSH_TOKEN
            """)


class GitLabFirstPush(StageTest):
    """Refused before the push itself: the first promotion asks what the server offers for it."""

    def test_role_too_low_for_the_first_promotion(self) -> None:
        self.open()
        self.stage.host.answer(answer.role_too_low(), "/group/app.git", service="receive-pack")
        result = self.stage.promote(env=k_gitlab)
        self.assert_run(result, 5, "", """\
            headway: error: cannot push to http://127.0.0.1:<port>/group/app.git: the server answered HTTP 403
              because: the role of the bot of $STAGING_PUSH_TOKEN in this project is too low to push (the server said: "You are not allowed to push code to this project.")
              try: Settings > Access tokens: create a token with the role Developer or higher and the scope write_repository and put it into $STAGING_PUSH_TOKEN
            """)
        self.assert_untouched(None, 0)
        asked = self.stage.host.requests()[-1]
        self.assertEqual((asked.method, asked.status), ("GET", 403))


class OtherForges(RefusalTest):
    """Texts of other forges; on loopback no host name tells which forge it is."""

    def test_github_protected_branch(self) -> None:
        self.stage.repo.protection.refuse_with(
            f"error: GH006: Protected branch update failed for refs/heads/{k_branch}.",
            f"refs/heads/{k_branch}",
            prefix="",
        )
        self.assert_refused(self.stage.promote(), 3, """\
            headway: error: the server refused to move _gitlab/agents/staging
              because: _gitlab/agents/staging is a protected branch and the bot of $STAGING_PUSH_TOKEN may not push to it (the server said: "GH006: Protected branch update failed for refs/heads/_gitlab/agents/staging."); nothing moved
              try: Settings > Rules > Rulesets, or Settings > Branches: let the bot of $STAGING_PUSH_TOKEN bypass the rule for _gitlab/agents/staging
            """)

    def test_github_ruleset(self) -> None:
        self.stage.repo.protection.refuse_with(
            f"error: GH013: Repository rule violations found for refs/heads/{k_branch}.\n"
            "- Changes must be made through a pull request.",
            f"refs/heads/{k_branch}",
            prefix="",
        )
        self.assert_refused(self.stage.promote(), 3, """\
            headway: error: the server refused to move _gitlab/agents/staging
              because: _gitlab/agents/staging changes through pull requests only (the server said: "- Changes must be made through a pull request."); nothing moved
              try: Settings > Rules > Rulesets, or Settings > Branches: let the bot of $STAGING_PUSH_TOKEN bypass the rule for _gitlab/agents/staging
            """)

    def test_github_ruleset_of_another_kind(self) -> None:
        self.stage.repo.protection.refuse_with(
            f"error: GH013: Repository rule violations found for refs/heads/{k_branch}.\n"
            "- Cannot update this protected ref.",
            f"refs/heads/{k_branch}",
            prefix="",
        )
        self.assert_refused(self.stage.promote(), 3, """\
            headway: error: the server refused to move _gitlab/agents/staging
              because: a rule of the repository forbids the bot of $STAGING_PUSH_TOKEN to push to _gitlab/agents/staging (the server said: "GH013: Repository rule violations found for refs/heads/_gitlab/agents/staging."); nothing moved
              try: Settings > Rules > Rulesets, or Settings > Branches: let the bot of $STAGING_PUSH_TOKEN bypass the rule for _gitlab/agents/staging
            """)

    def test_azure_devops_pull_requests_only(self) -> None:
        self.stage.repo.protection.refuse_with(
            "TF402455: Pushes to this branch are not permitted; you must use a pull request to "
            "update this branch.",
            f"refs/heads/{k_branch}",
            prefix="",
        )
        self.assert_refused(self.stage.promote(), 3, """\
            headway: error: the server refused to move _gitlab/agents/staging
              because: _gitlab/agents/staging changes through pull requests only (the server said: "TF402455: Pushes to this branch are not permitted; you must use a pull request to update this branch."); nothing moved
              try: Project settings > Repositories > Security: allow the bot of $STAGING_PUSH_TOKEN to 'Bypass policies when pushing' on _gitlab/agents/staging
            """)

    def test_a_single_ref_that_is_declined(self) -> None:
        # By an update hook, git's own words for the other refs of the push come with it.
        self.stage.repo.protection.decline_refs(
            f"refs/heads/{k_branch}", "GH006: Protected branch update failed."
        )
        self.assert_refused(self.stage.promote(), 3, """\
            headway: error: the server refused to move _gitlab/agents/staging
              because: _gitlab/agents/staging is a protected branch and the bot of $STAGING_PUSH_TOKEN may not push to it (the server said: "GH006: Protected branch update failed."); nothing moved
              try: Settings > Rules > Rulesets, or Settings > Branches: let the bot of $STAGING_PUSH_TOKEN bypass the rule for _gitlab/agents/staging
            """)

    def test_only_the_ledger_is_declined(self) -> None:
        self.stage.repo.protection.decline_refs(k_ledger, "deny updating a hidden ref")
        self.assert_refused(self.stage.promote(), 3, """\
            headway: error: the server refused to move refs/headway/ledger/staging
              because: the server does not let the bot of $STAGING_PUSH_TOKEN push to refs/headway/ledger/staging, where headway keeps its ledger (the server said: "deny updating a hidden ref"); nothing moved
              try: ledger: {branch: headway-ledger} in .headway.yml
            """)

    def test_non_fast_forwards_denied(self) -> None:
        self.stage.deploy(self.stage.commits[1])
        self.stage.repo.set_config("receive.denyNonFastForwards", "true")
        result = self.stage.run("rollback", "staging", "--to", self.stage.commits[0],
                                "--strategy", "reset")  # fmt: skip
        self.assert_run(result, 3, "", """\
            headway: error: the server refused to move _gitlab/agents/staging
              because: the server does not let any branch be moved back (the server said: "non-fast-forward"); nothing moved
              try: git config receive.denyNonFastForwards false in the server's repository
              try: or without a force push: headway rollback staging --to 9318c89e3af8ae7ec5363b025de951c5935cbe05 --strategy restore
            """)
        self.assert_untouched(self.stage.commits[1], 2)


if __name__ == "__main__":
    unittest.main()
