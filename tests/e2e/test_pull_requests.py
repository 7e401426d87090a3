"""Follow-ups on forges that open nothing for a push: the branch is pushed, and the pull request
opened by the forge's API where a token for it is given; else the page for it is named."""

from __future__ import annotations

import base64
import unittest
from dataclasses import dataclass
from typing import Any

from e2e.support import StageTest, k_token
from host.headway import Result, assert_no_secret
from host.http_server import HttpServer, Reply, Request, closed, hanging

k_api_token = "pr-token-0123456789abcdef"
k_variable = "PR_TOKEN"
k_unverified = """\
headway: staging: not verified, nothing says where it runs (url: below environments: staging: in .headway.yml, or --url)
"""
k_pair = base64.b64encode(f"headway:{k_api_token}".encode()).decode()


class Api(HttpServer):
    """A forge's API: a test says what it answers; else it is 404."""


@dataclass(frozen=True)
class Dialect:
    """One forge: the repository's name on the host, and what its API is to be asked and answers.
    `{branch}` is the revert's branch, `{encoded}` the same percent-encoded, `{web}` the project's
    page."""

    forge: str
    user: str
    """Goes with a push token."""
    repository: str
    base: str
    """Behind the API's origin."""
    path: str
    """Behind the base."""
    query: str
    headers: dict[str, str]
    body: dict[str, Any]
    created: dict[str, Any]
    url: str
    exists: Reply
    find: str
    """The query that finds it."""
    found: Any
    page: str
    rights: str


k_existing = {"head": {"ref": "{branch}"}, "base": {"ref": "main"}, "html_url": "https://h/o/app/7"}
k_title = "Revert the changes that were rolled back from staging"
k_description = "{description}"

k_github = Dialect(
    forge="github",
    user="x-access-token",
    repository="group/app",
    base="",
    path="/repos/group/app/pulls",
    query="",
    headers={
        "authorization": f"Bearer {k_api_token}",
        "accept": "application/vnd.github+json",
        "x-github-api-version": "2022-11-28",
    },
    body={"title": k_title, "body": k_description, "head": "{branch}", "base": "main"},
    created={"number": 7, "html_url": "https://h/o/app/7"},
    url="https://h/o/app/7",
    exists=Reply(422, {"message": "Validation Failed", "errors": [
        {"message": "A pull request already exists for group:headway/revert."}]}),
    find="?state=open&head=group:{encoded}&base=main",
    found=[k_existing],
    page="{web}/compare/main...{branch}?expand=1",
    rights="Settings > Developer settings > Fine-grained tokens: create a token with the permission"
    " 'Pull requests: Read and write'",
)  # fmt: skip
k_gitea = Dialect(
    forge="gitea",
    user="headway",
    repository="group/app",
    base="/api/v1",
    path="/repos/group/app/pulls",
    query="",
    headers={"authorization": f"token {k_api_token}", "accept": "application/json"},
    body=k_github.body,
    created=k_github.created,
    url=k_github.url,
    exists=Reply(409, {"message": "pull request already exists for these targets [id: 1]"}),
    find="?state=open&sort=recentupdate&limit=50",
    found=[{"head": {"ref": "x"}, "base": {"ref": "main"}, "html_url": "https://h/1"}, k_existing],
    page="{web}/compare/main...{branch}",
    rights="Settings > Applications: create a token with the permission"
    " 'repository: Read and write'",
)
k_azure = Dialect(
    forge="azure",
    user="headway",
    repository="org/proj/_git/app",
    base="/org/proj",
    path="/_apis/git/repositories/app/pullrequests",
    query="?api-version=7.0",
    headers={"authorization": f"Basic {k_pair}", "accept": "application/json"},
    body={
        "title": k_title,
        "description": k_description,
        "sourceRefName": "refs/heads/{branch}",
        "targetRefName": "refs/heads/main",
    },
    created={"pullRequestId": 7, "url": "https://h/_apis/7"},
    url="{web}/pullrequest/7",
    exists=Reply(409, {"message": "TF401179: An active pull request for the source and target"
                       " branch already exists.", "typeKey": "GitPullRequestExistsException"}),
    find="?searchCriteria.status=active&searchCriteria.sourceRefName=refs%2Fheads%2F{encoded}"
    "&searchCriteria.targetRefName=refs%2Fheads%2Fmain&api-version=7.0",
    found={"count": 1, "value": [{"pullRequestId": 7, "sourceRefName": "refs/heads/{branch}",
                                  "targetRefName": "refs/heads/main"}]},
    page="{web}/pullrequestcreate?sourceRef={encoded}&targetRef=main",
    rights="User settings > Personal access tokens: create a token with the scope"
    " 'Code (Read & write)'",
)  # fmt: skip
k_bitbucket = Dialect(
    forge="bitbucket",
    user="x-token-auth",
    repository="group/app",
    base="/2.0",
    path="/repositories/group/app/pullrequests",
    query="",
    headers={"authorization": f"Bearer {k_api_token}", "accept": "application/json"},
    body={
        "title": k_title,
        "description": k_description,
        "source": {"branch": {"name": "{branch}"}},
        "destination": {"branch": {"name": "main"}},
        "close_source_branch": True,
    },
    created={"id": 7, "links": {"html": {"href": "https://h/o/app/7"}}},
    url="https://h/o/app/7",
    exists=Reply(409, {"error": {"message": "This pull request already exists"}}),
    find="?state=OPEN&q=source.branch.name%3D%22{encoded}%22",
    found={"values": [{"source": {"branch": {"name": "{branch}"}},
                       "destination": {"branch": {"name": "main"}},
                       "links": {"html": {"href": "https://h/o/app/7"}}}]},
    page="{web}/pull-requests/new?source={encoded}&dest=main",
    rights="Repository settings > Access tokens: create a token with the scope pullrequest:write",
)  # fmt: skip


class PullRequestTest(StageTest):
    dialect = k_github

    def setUp(self) -> None:
        # Whose user name goes with a token is the forge's matter.
        self.open(users={self.dialect.user: k_token})
        self.api = self.enterContext(Api())
        self.repo = self.stage.repo
        if self.dialect.repository != self.repo.name:
            self.repo = self.stage.host.create_repository(self.dialect.repository)
            self.stage.repo = self.repo
        self.good, self.first, self.bad = self.repo.commits(3)
        self.configure()
        for commit in (self.good, self.bad):
            self.stage.deploy(commit)
        self.branch = f"headway/revert-{self.bad[:8]}-staging"

    def configure(self, token: bool = True, api: str | None = None) -> None:
        base = api if api is not None else self.api.origin + self.dialect.base
        self.stage.configure(
            remote=self.stage.host.url(self.repo),
            top=f"forge: {self.dialect.forge}\n" + (f"api: {base}" if base else ""),
            environment=f"api_token: {{env: {k_variable}}}" if token else "",
        )

    def tearDown(self) -> None:
        self.api.raise_failures()

    def rollback(self, *arguments: str, **variables: str) -> Result:
        env = {k_variable: k_api_token, **variables}
        result = self.stage.run("rollback", "staging", "--to", self.good, "--follow-up", "--reason",
                                "it burns", *arguments, env=env)  # fmt: skip
        assert_no_secret(result, [k_api_token, k_token])
        return result

    def fill(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self.fill(part) for key, part in value.items()}
        if isinstance(value, list):
            return [self.fill(part) for part in value]
        if not isinstance(value, str):
            return value
        description = (
            f"staging was rolled back from {self.bad[:8]} to {self.good[:8]}: it burns. This"
            f" reverts 2 commits: {self.bad[:8]}, {self.first[:8]}"
        )
        for name, text in {
            "{branch}": self.branch,
            "{encoded}": self.branch.replace("/", "%2F"),
            "{web}": f"http://127.0.0.1:<port>/{self.dialect.repository}",
            "{description}": description,
        }.items():
            value = value.replace(name, text)
        return value

    @property
    def page(self) -> str:
        return self.fill(self.dialect.page)

    def assert_follow_up(
        self, result: Result, line: str, warning: str = "", *, again: bool = False
    ) -> None:
        """The rollback was done and the branch pushed; this came of the pull request."""
        moved = f"staging: {self.bad[:8]} → {self.good[:8]}, rolled back and held (reset)\n"
        there = f"staging: {self.good[:8]} is there already\n"
        rolled = there if again else moved
        self.assert_run(result, 0, f"{rolled}staging: follow-up: {line}\n", k_unverified + warning,
                        {self.api.port: "<api>"})  # fmt: skip
        self.assertEqual(self.stage.tip, self.good)
        [revert] = self.repo.log(self.branch, 1)
        self.assertEqual(
            (revert.tree, revert.parents),
            (self.repo.rev_parse(f"{self.good}^{{tree}}"), [self.bad]),
        )
        self.repo.fsck()

    def assert_warned(self, result: Result, because: str, *hints: str) -> None:
        tries = "".join(f"  try: {hint}\n" for hint in (*hints, f"open it by hand: {self.page}"))
        self.assert_follow_up(result, f"{self.branch} was pushed",
                              "headway: warning: the follow-up's pull request of staging was not"
                              f" opened\n  because: {because}\n{tries}")  # fmt: skip

    def assert_asked_to_open(self, request: Request) -> None:
        """The whole request, but for the headers of HTTP itself."""
        headers = {name: value for name, value in request.headers.items()
                   if name not in ("host", "user-agent", "content-length", "accept-encoding")}
        dialect = self.dialect
        self.assertEqual(
            (request.method, request.target, headers, request.json()),
            (
                "POST",
                dialect.base + dialect.path + dialect.query,
                {**dialect.headers, "content-type": "application/json"},
                self.fill(dialect.body),
            ),
        )  # fmt: skip
        self.assertTrue(request.headers["user-agent"].startswith("headway"))


class Forge(PullRequestTest):
    """What holds for each forge; the others below change the dialect alone."""

    def test_opened(self) -> None:
        self.api.script([Reply(201, self.dialect.created)])
        self.assert_follow_up(self.rollback(), self.fill(self.dialect.url))
        [request] = self.api.requests
        self.assert_asked_to_open(request)

    def test_exists_already(self) -> None:
        self.api.script([self.dialect.exists, Reply(200, self.fill(self.dialect.found))])
        self.assert_follow_up(self.rollback(), f"{self.fill(self.dialect.url)} exists already")
        request, find = self.api.requests
        self.assert_asked_to_open(request)
        target = self.dialect.base + self.dialect.path + self.fill(self.dialect.find)
        self.assertEqual((find.method, find.target, find.body), ("GET", target, b""))
        self.assertEqual(find.headers["authorization"], self.dialect.headers["authorization"])

    def test_exists_already_and_is_not_found(self) -> None:
        self.api.script([self.dialect.exists, Reply(500, "oops")])
        self.assert_follow_up(self.rollback(), f"{self.branch} exists already; open a pull"
                              f" request: {self.page}")  # fmt: skip

    def test_wrong_token(self) -> None:
        self.api.script([Reply(401, {"message": "Bad credentials"})])
        self.assert_warned(
            self.rollback(),
            '$PR_TOKEN is wrong, expired or revoked (HTTP 401) (the server said: "Bad'
            ' credentials")',
            f"{self.dialect.rights}, and put it into $PR_TOKEN",
        )

    def test_without_a_token(self) -> None:
        self.configure(token=False)
        self.assert_follow_up(
            self.rollback(), f"{self.branch} was pushed; open a pull request: {self.page}"
        )
        self.assertEqual(self.api.requests, [])


class Gitea(Forge):
    dialect = k_gitea


class AzureDevOps(Forge):
    dialect = k_azure


class Bitbucket(Forge):
    dialect = k_bitbucket


class Answers(PullRequestTest):
    """All refusals, on one forge; the unit tests have the tables of the others."""

    again = "run the same command again: it finds the branch, and opens what is missing"
    address = "api: in .headway.yml: the address that the forge's API begins with"

    def token_hint(self) -> str:
        return f"{self.dialect.rights}, and put it into $PR_TOKEN"

    def pulls(self) -> str:
        return "http://127.0.0.1:<api>/repos/group/app/pulls"

    def test_forbidden(self) -> None:
        self.api.script([Reply(403, {"message": "Resource not accessible by personal token"})])
        self.assert_warned(
            self.rollback(),
            "$PR_TOKEN lacks the right to open pull requests (HTTP 403) (the server said:"
            ' "Resource not accessible by personal token")',
            self.token_hint(),
        )

    def test_not_found(self) -> None:
        self.api.script([Reply(404, {"message": "Not Found"})])
        self.assert_warned(
            self.rollback(),
            f"$PR_TOKEN may not see the repository, or {self.pulls()} is not the API's address"
            ' (HTTP 404) (the server said: "Not Found")',
            self.token_hint(),
            self.address,
        )

    def test_refused(self) -> None:
        self.api.script([Reply(422, {"message": "Validation Failed",
                                     "errors": [{"message": "main is locked"}]})])  # fmt: skip
        self.assert_warned(
            self.rollback(),
            'the server refused it (HTTP 422) (the server said: "Validation Failed: main is'
            ' locked")',
        )

    def test_server_error_and_run_again(self) -> None:
        self.api.script([Reply(500, "oops")])
        self.assert_warned(
            self.rollback(), 'the server failed (HTTP 500) (the server said: "oops")', self.again
        )
        self.api.script([Reply(201, self.dialect.created)])
        self.assert_follow_up(self.rollback(), self.dialect.url, again=True)
        first, second = self.api.requests
        self.assertEqual(first.body, second.body)

    def test_never(self) -> None:
        self.api.script([hanging()])
        self.assert_warned(
            self.rollback("--timeout", "300ms"),
            "no complete answer from 127.0.0.1:<api>: it did not answer within <duration>; it may"
            " be open all the same",
            "try again; a longer --timeout, if the server is known to be slow",
            self.again,
        )

    def test_cut_off(self) -> None:
        self.api.script([closed()])
        self.assert_warned(
            self.rollback(),
            "no complete answer from 127.0.0.1:<api>: the server closed the connection without an"
            " answer; it may be open all the same",
            "try again; if it happens again, look into the server's log",
            self.again,
        )
        self.assertEqual(len(self.api.requests), 1)

    def test_nobody_there(self) -> None:
        self.configure(api="http://127.0.0.1:1")
        self.assert_warned(
            self.rollback(),
            "cannot reach 127.0.0.1:1: Connection refused",
            "check the host and the port in the URL, and that the server runs",
            self.again,
        )

    def test_nonsense(self) -> None:
        for body in ("<html>hello</html>", "", "[]", {"html_url": 7}, "\x1b[31m"):
            with self.subTest(body=body):
                self.api.script([Reply(201, body)])
                result = self.rollback()
                self.assertEqual(result.code, 0)
                self.assertIn("answered with a success that names no pull request: it may be open,"
                              " or that is not the API's address\n"
                              f"  try: {self.address}\n  try: open it by hand: ",
                              result.stderr)  # fmt: skip

    def test_what_the_server_says_is_shown_safely(self) -> None:
        self.api.script([Reply(401, {"message": f"\x1b[31m {k_api_token} {k_pair}"})])
        result = self.rollback()
        self.assertNotIn("\x1b[31m", result.stderr)
        self.assertIn("\\x1B[31m", result.stderr)

    def test_a_redirect_gets_no_token(self) -> None:
        other = self.enterContext(Api())
        self.api.script([Reply(307, "", {"Location": f"{other.origin}/repos/group/app/pulls"})])
        self.assert_warned(
            self.rollback(),
            f"the answer is a redirect (HTTP 307), which is never followed: {self.pulls()} is not"
            " the API's address, or $PR_TOKEN is wrong or expired",
            self.address,
            self.token_hint(),
        )
        self.assertEqual(other.requests, [])


class Tokens(PullRequestTest):
    def test_each_token_goes_to_its_own_host(self) -> None:
        self.api.script([Reply(201, self.dialect.created)])
        self.rollback()
        [request] = self.api.requests
        push = base64.b64encode(f"x-access-token:{k_token}".encode()).decode()
        self.assertNotIn(push, str(request.headers))
        self.assertNotIn(k_token, str(request))

    def test_the_variable_is_missing(self) -> None:
        self.assert_follow_up(
            self.rollback(**{k_variable: ""}),
            f"{self.branch} was pushed; open a pull request: {self.page}",
            "headway: warning: $PR_TOKEN opens no pull request\n"
            "  because: the variable PR_TOKEN is empty\n"
            "  try: set PR_TOKEN in Settings > CI/CD > Variables, protected only if this job's"
            " branch is, with a scope that holds this job's environment\n"
            "  try: outside CI: export PR_TOKEN\n",
        )

    def test_by_flags_and_variables(self) -> None:
        self.configure(token=False, api="")
        (self.stage.headway.work / "pr").write_text(f"{k_api_token}\n", encoding="utf-8")
        self.api.script([Reply(201, self.dialect.created)])
        result = self.rollback("--api-token-file", "pr", HEADWAY_API=self.api.origin)
        self.assert_follow_up(result, self.dialect.url)
        [request] = self.api.requests
        self.assert_asked_to_open(request)

    def test_nothing_is_asked_for_without_a_follow_up(self) -> None:
        result = self.stage.run("rollback", "staging", "--to", self.good)
        self.assertEqual((result.code, self.api.requests), (0, []))

    def test_plain_http_is_refused_before_any_traffic(self) -> None:
        self.configure(api="http://api.example.com")
        self.assert_run(self.rollback(), 2, "", """\
            headway: error: .headway.yml:4:6: "http://api.example.com" is not https
              because: the token would cross the network for everybody to read
              try: https://api.example.com
            """)
        self.assertEqual(self.stage.tip, self.bad)

    def test_an_unknown_forge(self) -> None:
        self.assert_run(self.rollback("--forge", "gitlub"), 2, "", """\
            headway: error: --forge: "gitlub" is no forge that headway knows
              because: it knows gitlab, github, azure, bitbucket, gitea, git
              try: did you mean "gitlab"?
            """)


class Told(PullRequestTest):
    def follow_up(self, result: Result) -> Any:
        return result.json()["follow_up"]

    def test_json_opened(self) -> None:
        self.api.script([Reply(201, self.dialect.created)])
        self.assertEqual(
            self.follow_up(self.rollback("--output", "json")),
            {
                "created": True,
                "url": self.dialect.url,
                "page": None,
                "branch": self.branch,
                "commit": self.repo.tip(self.branch),
                "commands": [],
                "because": None,
            },
        )

    def test_json_pushed(self) -> None:
        self.configure(token=False)
        document = self.rollback("--output", "json").json()
        self.assertEqual(
            document["follow_up"],
            {
                "created": False,
                "url": None,
                "page": self.page.replace("<port>", str(self.stage.host.port)),
                "branch": self.branch,
                "commit": self.repo.tip(self.branch),
                "commands": [],
                "because": "no api_token is given",
            },
        )
        self.assertEqual((document["exit_code"], document["warnings"]), (0, []))

    def test_json_refused(self) -> None:
        self.api.script([Reply(401, "")])
        document = self.rollback("--output", "json").json()
        self.assertEqual(
            (document["follow_up"]["created"], document["follow_up"]["because"]),
            (False, "the pull request could not be opened"),
        )
        self.assertEqual((document["exit_code"], len(document["warnings"])), (0, 1))

    def test_dry_run(self) -> None:
        result = self.rollback("--dry-run")
        self.assertIn(f"staging: follow-up: would open a pull request from {self.branch} into"
                      " main\n", result.stdout)  # fmt: skip
        self.configure(token=False)
        result = self.rollback("--dry-run")
        self.assertIn(f"staging: follow-up: would push {self.branch}, for a pull request into"
                      " main\n", result.stdout)  # fmt: skip
        self.assertIsNone(self.repo.tip(self.branch))
        self.assertEqual(self.api.requests, [])


if __name__ == "__main__":
    unittest.main()
