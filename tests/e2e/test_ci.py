"""What the CI servers tell: the settings of a promotion in a pipeline of each, and its event."""

from __future__ import annotations

import unittest

from e2e.support import StageTest, k_branch, k_token, k_variable
from host.headway import Result


class CiTest(StageTest):
    def setUp(self) -> None:
        names = ("git", "gitlab-ci-token", "x-access-token", "headway", "x-token-auth")
        self.open(users=dict.fromkeys(names, k_token))
        (self.stage.headway.work / ".headway.yml").unlink()
        self.origin = self.stage.host.origin
        self.commit = self.stage.commits[1]
        github = {
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_SERVER_URL": self.origin,
            "GITHUB_API_URL": f"{self.origin}/api/v3",
            "GITHUB_REPOSITORY": "group/app",
            "GITHUB_SHA": self.commit,
            "GITHUB_REF": "refs/heads/main",
            "GITHUB_EVENT_NAME": "push",
            "GITHUB_ACTOR": "ada",
            "GITHUB_RUN_ID": "1001",
            "GITHUB_RUN_NUMBER": "3",
        }
        self.jobs = {
            "gitlab": {
                "CI": "true",
                "GITLAB_CI": "true",
                "CI_SERVER_URL": self.origin,
                "CI_PROJECT_URL": f"{self.origin}/group/app",
                "CI_DEFAULT_BRANCH": "main",
                "CI_COMMIT_SHA": self.commit,
                "GITLAB_USER_LOGIN": "ada",
                "CI_PIPELINE_URL": f"{self.origin}/group/app/-/pipelines/7",
            },
            "github": github,
            "gitea": {**github, "GITEA_ACTIONS": "true"},
            "azure": {
                "TF_BUILD": "True",
                "SYSTEM_COLLECTIONURI": f"{self.origin}/group/",
                "SYSTEM_TEAMPROJECT": "app",
                "BUILD_REPOSITORY_URI": self.stage.host.url(credentials="org:").replace(":@", "@"),
                "BUILD_SOURCEVERSION": self.commit,
                "BUILD_SOURCEBRANCH": "refs/heads/main",
                "BUILD_REQUESTEDFOR": "ada",
                "BUILD_BUILDID": "12",
            },
            "bitbucket": {
                "CI": "true",
                "BITBUCKET_BUILD_NUMBER": "5",
                "BITBUCKET_GIT_HTTP_ORIGIN": f"{self.origin}/group/app",
                "BITBUCKET_COMMIT": self.commit,
                "BITBUCKET_BRANCH": "main",
                "BITBUCKET_STEP_TRIGGERER_UUID": "ada",
            },
            "woodpecker": {
                "CI": "woodpecker",
                "CI_FORGE_TYPE": "gitea",
                "CI_FORGE_URL": self.origin,
                "CI_REPO_CLONE_URL": f"{self.origin}/group/app.git",
                "CI_REPO_DEFAULT_BRANCH": "main",
                "CI_COMMIT_SHA": self.commit,
                "CI_COMMIT_AUTHOR": "ada",
                "CI_PIPELINE_URL": "https://ci.example.com/1",
            },
            "jenkins": {
                "JENKINS_URL": "https://ci.example.com/",
                "GIT_URL": f"{self.origin}/group/app.git",
                "GIT_COMMIT": self.commit,
                "BUILD_URL": "https://ci.example.com/job/app/3/",
                "BUILD_USER_ID": "ada",
            },
        }

    def promote(self, job: dict[str, str], *arguments: str) -> Result:
        return self.stage.promote(
            "--branch", k_branch, "--token-env", k_variable, *arguments, env=job
        )


class EachServer(CiTest):
    def assert_settings(self, name: str, *wanted: str) -> None:
        """These lines, and no other one of a forge, an actor or a run, stand below `settings:`."""
        result = self.promote(self.jobs[name], "--dry-run")
        self.assertEqual((result.code, result.stderr), (0, ""), result)
        keys = ("commit", "remote", "source", "forge", "api", "actor", "run_url")
        lines = [line.strip().replace(self.origin, "<origin>")
                 for line in result.stdout.partition("settings:\n")[2].splitlines()]  # fmt: skip
        self.assertEqual([line for line in lines if line.split(" = ")[0] in keys], list(wanted))

    def test_gitlab(self) -> None:
        self.assert_settings(
            "gitlab",
            f"commit = {self.commit}  (CI_COMMIT_SHA)",
            "remote = <origin>/group/app.git  (CI_PROJECT_URL)",
            "source = main  (CI_DEFAULT_BRANCH)",
            "forge = gitlab  (GITLAB_CI)",
            "actor = ada  (GITLAB_USER_LOGIN)",
            "run_url = <origin>/group/app/-/pipelines/7  (CI_PIPELINE_URL)",
        )

    def test_github(self) -> None:
        self.assert_settings(
            "github",
            f"commit = {self.commit}  (GITHUB_SHA)",
            "remote = <origin>/group/app.git  (GITHUB_SERVER_URL, GITHUB_REPOSITORY)",
            "source = (the remote's HEAD)  (default)",
            "forge = github  (GITHUB_ACTIONS)",
            "api = <origin>/api/v3  (GITHUB_API_URL)",
            "actor = ada  (GITHUB_ACTOR)",
            "run_url = <origin>/group/app/actions/runs/1001  (GITHUB_SERVER_URL,"
            " GITHUB_REPOSITORY, GITHUB_RUN_ID)",
        )

    def test_gitea(self) -> None:
        self.assert_settings(
            "gitea",
            f"commit = {self.commit}  (GITHUB_SHA)",
            "remote = <origin>/group/app.git  (GITHUB_SERVER_URL, GITHUB_REPOSITORY)",
            "source = (the remote's HEAD)  (default)",
            "forge = gitea  (GITEA_ACTIONS)",
            "api = <origin>/api/v3  (GITHUB_API_URL)",
            "actor = ada  (GITHUB_ACTOR)",
            "run_url = <origin>/group/app/actions/runs/3  (GITHUB_SERVER_URL, GITHUB_REPOSITORY,"
            " GITHUB_RUN_NUMBER)",
        )

    def test_azure(self) -> None:
        self.assert_settings(
            "azure",
            f"commit = {self.commit}  (BUILD_SOURCEVERSION)",
            "remote = <origin>/group/app.git  (BUILD_REPOSITORY_URI)",
            "source = (the remote's HEAD)  (default)",
            "forge = azure  (TF_BUILD)",
            "actor = ada  (BUILD_REQUESTEDFOR)",
            "run_url = <origin>/group/app/_build/results?buildId=12  (SYSTEM_COLLECTIONURI,"
            " SYSTEM_TEAMPROJECT, BUILD_BUILDID)",
        )

    def test_bitbucket(self) -> None:
        self.assert_settings(
            "bitbucket",
            f"commit = {self.commit}  (BITBUCKET_COMMIT)",
            "remote = <origin>/group/app.git  (BITBUCKET_GIT_HTTP_ORIGIN)",
            "source = (the remote's HEAD)  (default)",
            "forge = bitbucket  (BITBUCKET_BUILD_NUMBER)",
            "actor = ada  (BITBUCKET_STEP_TRIGGERER_UUID)",
            "run_url = <origin>/group/app/pipelines/results/5  (BITBUCKET_GIT_HTTP_ORIGIN,"
            " BITBUCKET_BUILD_NUMBER)",
        )

    def test_woodpecker(self) -> None:
        self.assert_settings(
            "woodpecker",
            f"commit = {self.commit}  (CI_COMMIT_SHA)",
            "remote = <origin>/group/app.git  (CI_REPO_CLONE_URL)",
            "source = main  (CI_REPO_DEFAULT_BRANCH)",
            "forge = gitea  (CI_FORGE_TYPE)",
            "actor = ada  (CI_COMMIT_AUTHOR)",
            "run_url = https://ci.example.com/1  (CI_PIPELINE_URL)",
        )

    def test_jenkins(self) -> None:
        self.assert_settings(
            "jenkins",
            f"commit = {self.commit}  (GIT_COMMIT)",
            "remote = <origin>/group/app.git  (GIT_URL)",
            "source = (the remote's HEAD)  (default)",
            "actor = ada  (BUILD_USER_ID)",
            "run_url = https://ci.example.com/job/app/3/  (BUILD_URL)",
        )

    def test_the_event_names_actor_and_run(self) -> None:
        result = self.promote(self.jobs["github"], "--no-verify")
        self.assertEqual(result.code, 0, result)
        trailers = self.stage.ledger()[0].trailers
        self.assertEqual(
            (trailers["Headway-Actor"], trailers["Headway-Run"], trailers["Headway-Commit"]),
            ("ada", f"{self.origin}/group/app/actions/runs/1001", self.commit),
        )

    def test_ci_alone_tells_nothing(self) -> None:
        result = self.promote({"CI": "true"}, "--remote", self.stage.host.url(), "--dry-run")
        self.assertIn("(the tip of the source branch)\n", result.stdout)


class PullRequests(CiTest):
    """The commit of a pull request's pipeline is not on the source branch."""

    def setUp(self) -> None:
        super().setUp()
        repo = self.stage.repo
        repo.create_branch("feature", self.commit)
        self.head = repo.commit("Feature", {"f.txt": "f\n"}, branch="feature")
        self.main = repo.tip("main")

    def assert_refused(self, name: str, because: str, hint: str, **variables: str) -> None:
        job = {**self.jobs[name], **variables}
        self.assert_run(self.promote(job), 3, "", f"""\
headway: error: {self.head[:8]} is not on main
  because: {because}; deployment branches hold only commits of main, and the remote's main ({self.main[:8]}) does not contain this one
  try: {hint}
  try: or name a commit of main: --commit SHA
""")
        self.assertIsNone(self.stage.tip)

    def test_github(self) -> None:
        self.assert_refused(
            "github",
            "GITHUB_SHA of a pull_request event is a merge commit that is made to test the pull"
            " request, and is on no branch",
            "let the job run when the pull request is merged: on: {push: {branches: [main]}}",
            GITHUB_SHA=self.head, GITHUB_EVENT_NAME="pull_request",
            GITHUB_REF="refs/pull/7/merge",
        )  # fmt: skip

    def test_azure(self) -> None:
        self.assert_refused(
            "azure",
            "BUILD_SOURCEVERSION of a pull request's build is a merge commit that is made to test"
            " it, and is on no branch",
            "let the pipeline run when the pull request is merged: trigger: [main], and the stage"
            " under condition: ne(variables['Build.Reason'], 'PullRequest')",
            BUILD_SOURCEVERSION=self.head, BUILD_REASON="PullRequest",
        )  # fmt: skip

    def test_gitlab(self) -> None:
        self.assert_refused(
            "gitlab",
            "CI_COMMIT_SHA of a merge request's pipeline is a commit that is not merged yet",
            'let the job run when the merge request is merged: rules: [if: $CI_COMMIT_BRANCH =='
            ' "main"]',
            CI_COMMIT_SHA=self.head, CI_PIPELINE_SOURCE="merge_request_event",
        )  # fmt: skip

    def test_bitbucket(self) -> None:
        self.assert_refused(
            "bitbucket",
            "BITBUCKET_COMMIT of a pull request's pipeline is a commit that is not merged yet",
            "let the step run when the pull request is merged: below pipelines: branches: main:",
            BITBUCKET_COMMIT=self.head, BITBUCKET_PR_ID="7",
        )  # fmt: skip

    def test_a_commit_that_was_named(self) -> None:
        job = {**self.jobs["github"], "GITHUB_EVENT_NAME": "pull_request"}
        result = self.promote(job, "--commit", self.head)
        self.assertEqual(result.code, 3)
        self.assertIn("  try: merge it into main, then: headway promote staging\n", result.stderr)


if __name__ == "__main__":
    unittest.main()
