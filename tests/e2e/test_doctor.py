"""doctor: a tick for what a promotion needs, a cross with the fix for what it has not; and nothing
ever moves, whatever the server is like."""

from __future__ import annotations

import datetime
import json
import unittest
from pathlib import Path
from typing import Any

from e2e.support import Stage, StageTest, k_branch, k_ledger, k_token, k_variable, moment
from host import answer, ledger
from host.answer import Answer
from host.app import App
from host.git_host import Certificate
from host.headway import Result, assert_no_secret
from host.inbox import Inbox, no_service
from host.inbox import k_token as k_inbox_token
from host.loopback import ClosedPort
from host.protection import Creation
from host.repo import Repository

k_slack = "notify: {slack: {webhook: {env: SLACK_WEBHOOK}}}"
k_gitlab = {"GITLAB_CI": "true"}
k_api = "/api/v4/personal_access_tokens/self"
k_branch_ref = f"refs/heads/{k_branch}"
k_allow = (
    "Settings > Repository > Protected branches: allow the bot of $STAGING_PUSH_TOKEN to push and"
    f" merge to {k_branch}"
)
k_every_check = {
    "token", "access", "expiry", "branch", "push", "force-push", "ledger", "ledger-push", "gates",
    "version",
}  # fmt: skip


def refs_of(repository: Repository) -> dict[str, bytes]:
    """All that git keeps of the repository's refs, byte for byte."""
    path = repository.path
    files = [*path.glob("refs/**/*"), *path.glob("logs/**/*"), path / "packed-refs", path / "HEAD"]
    return {str(file): file.read_bytes() for file in files if file.is_file()}


class DoctorTest(StageTest):
    """A stage; each run of the doctor's is watched: no ref of the server's may change."""

    def setUp(self) -> None:
        self.open()

    def doctor(
        self, *arguments: str, env: dict[str, str] | None = None, **options: Any
    ) -> Result:
        before = refs_of(self.stage.repo)
        result = self.stage.run("doctor", *arguments, env=env, **options)
        self.assertEqual(refs_of(self.stage.repo), before, result)
        self.stage.repo.fsck()
        assert_no_secret(result, [k_token, k_inbox_token])
        return result

    def checks(self, *arguments: str, code: int, **options: Any) -> dict[str, dict[str, Any]]:
        """The checks of staging and of all environments, by id; of several probes the last."""
        result = self.doctor(*arguments, "--output", "json", **options)
        self.assertEqual(result.code, code, result)
        return {
            check["id"]: check
            for check in result.json()["checks"]
            if check["environment"] in (None, "staging")
        }

    def assert_check(
        self, check: dict[str, Any], verdict: str, text: str, because: str = "", *hints: str
    ) -> None:
        known = {str(self.stage.host.port): "<port>"}
        found = (check["verdict"], check["text"], check["because"], tuple(check["try"]))
        for value, name in known.items():
            found = (found[0], *(part.replace(value, name) for part in found[1:3]), found[3])
        self.assertEqual(found, (verdict, text, because, hints))

    def configure_app(self, app: App, top: str = k_slack, environment: str = "") -> None:
        self.stage.configure(
            top=top,
            environment=f"""\
url: {app.origin}
verify: {{probes: [{{name: health, url: /health, json: {{/version: "${{short_commit}}"}}}}]}}
{environment}""",
        )


class AllFine(DoctorTest):
    def test_as_text(self) -> None:
        app = self.enterContext(App(version=self.stage.commits[0]))
        inbox = self.enterContext(Inbox())
        event = self.stage.deploy()
        self.configure_app(app)
        day = datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(days=100)
        body = json.dumps({"name": "bot", "active": True, "revoked": False, "expires_at": str(day)})
        self.stage.host.answer(Answer(200, body, "application/json"), k_api)
        result = self.doctor("--send", env={**k_gitlab, "SLACK_WEBHOOK": inbox.url})
        days = (datetime.datetime.combine(day, datetime.time(), datetime.UTC)
                - datetime.datetime.now(datetime.UTC)).days  # fmt: skip
        self.assert_run(result, 0, f"""\
            all environments
              ✓ configuration  .headway.yml, 1 environment
              ✓ remote         http://127.0.0.1:<port>/group/app.git answers in <duration>
              ✓ source         main is at {self.stage.commits[2][:8]}
              ✓ channel        slack: $SLACK_WEBHOOK
              ✓ channel-send   slack took a message

            staging
              ✓ token          $STAGING_PUSH_TOKEN
              ✓ access         the remote takes $STAGING_PUSH_TOKEN
              ✓ expiry         $STAGING_PUSH_TOKEN ends on {day}, in {days} days
              ✓ branch         _gitlab/agents/staging is at {self.stage.commits[0][:8]}
              ✓ push           the bot of $STAGING_PUSH_TOKEN may move _gitlab/agents/staging
              ✓ force-push     allowed: a rollback moves the branch back
              ✓ ledger         its newest event: promoted at {moment(event)}
              ✓ ledger-push    the server takes refs/headway/ledger/staging
              ✓ gates          open
              ✓ probe          health at 127.0.0.1: 200, /version is {self.stage.commits[0]}
              ✓ version        told by health

            no problem, 0 warnings, 0 not checked
            """, "")
        (message,) = inbox.messages
        inbox.assert_valid()
        self.assertIn("A test by headway doctor: messages arrive here.", message.text())

    def test_quiet_says_nothing(self) -> None:
        self.assert_run(self.doctor("--quiet"), 0, "", "")

    def test_as_json(self) -> None:
        self.stage.deploy()
        document = self.doctor("--output", "json").json()
        self.assertEqual((document["exit_code"], document["error"]), (0, None))
        own = {check["id"] for check in document["checks"] if check["environment"] == "staging"}
        self.assertEqual(own, k_every_check)
        for check in document["checks"]:
            self.assertEqual([*check], ["id", "environment", "verdict", "text", "because", "try"])
            self.assertIn(check["verdict"], ("ok", "warning", "not-checked"))

    def test_before_the_first_deployment(self) -> None:
        self.assert_run(self.doctor("staging"), 0, f"""\
            all environments
              ✓ configuration  .headway.yml, 1 environment
              ✓ remote         http://127.0.0.1:<port>/group/app.git answers in <duration>
              ✓ source         main is at {self.stage.commits[2][:8]}
              – channel        not checked: none is configured

            staging
              ✓ token          $STAGING_PUSH_TOKEN
              ✓ access         the remote takes $STAGING_PUSH_TOKEN
              – expiry         not checked: only GitLab tells
              ✓ branch         _gitlab/agents/staging does not exist yet: the first promotion makes it
              ✓ push           the bot of $STAGING_PUSH_TOKEN may move _gitlab/agents/staging; whether it may create it shows only then
              ✓ force-push     allowed: a rollback moves the branch back
              ✓ ledger         none yet: the first promotion begins it
              ✓ ledger-push    the server takes refs/headway/ledger/staging
              ✓ gates          open
              ! version        nothing says where staging runs
                  because: a promotion will not be verified
                  try: url: below environments: staging: in .headway.yml

            no problem, 1 warning, 2 not checked
            """, "")

    def test_leaves_a_promotion_as_it_would_have_been(self) -> None:
        self.doctor()
        self.stage.deploy()
        self.doctor()
        self.assertEqual(self.stage.promote("--no-verify").code, 0)
        self.assert_moved(self.stage.commits[2], 2)

    def test_the_number_of_requests_is_bounded(self) -> None:
        self.stage.deploy()
        self.stage.repo.protection.protect("_gitlab/*", ["*"])
        self.doctor()
        self.assertEqual(len(self.stage.host.requests()), 11)


class Protected(DoctorTest):
    """The server's rules, seen before they are met."""

    def setUp(self) -> None:
        super().setUp()
        self.stage.deploy()
        self.protection = self.stage.repo.protection

    def test_may_not_push(self) -> None:
        self.protection.protect("_gitlab/*", ["somebody-else"])
        self.assert_run(self.doctor("--quiet", env=k_gitlab), 3, f"""\
            staging
              ✗ push  the server refuses to move _gitlab/agents/staging
                  because: _gitlab/agents/staging is a protected branch and the bot of $STAGING_PUSH_TOKEN may not push to it (the server said: "You are not allowed to push code to protected branches on this project.")
                  try: {k_allow}
            """, f"""\
            headway: error: 1 problem would stop a promotion, or its proof
              because: staging: push
              try: {k_allow}
            """)

    def test_may_not_push_before_the_first_deployment(self) -> None:
        self.stage.repo.delete_ref(k_branch_ref)
        self.stage.repo.delete_ref(k_ledger)
        self.protection.protect("_gitlab/*", ["somebody-else"])
        checks = self.checks(code=3, env=k_gitlab)
        self.assertEqual(checks["push"]["try"], [k_allow])
        self.assertIsNone(self.stage.tip)

    def test_only_through_a_merge_request(self) -> None:
        self.protection.protect("_gitlab/*", merge_request_only=True)
        checks = self.checks(code=3, env=k_gitlab)
        self.assertEqual(checks["push"]["try"], [k_allow])
        self.assert_check(checks["force-push"], "not-checked", "no push to the branch goes through")

    def test_force_pushes_are_forbidden(self) -> None:
        self.protection.protect("_gitlab/*", ["*"])
        checks = self.checks(code=0, env=k_gitlab)
        self.assertEqual(checks["push"]["verdict"], "ok")
        self.assert_check(
            checks["force-push"], "ok",
            "not allowed: a rollback will use restore, a new commit with the old files",
        )  # fmt: skip

    def test_what_it_says_of_force_pushes_is_so(self) -> None:
        for force, way in ((False, "restored"), (True, "moved back")):
            with self.subTest(force=force), Stage() as self.stage:
                self.stage.deploy()
                self.stage.deploy(self.stage.commits[1])
                self.stage.repo.protection.protect("_gitlab/*", ["*"], force=force)
                allowed = self.checks(code=0)["force-push"]["text"].startswith("allowed")
                self.assertEqual(allowed, force)
                result = self.stage.run("rollback", "staging", "--to", self.stage.commits[0],
                                        "--no-verify", "--reason", "test")  # fmt: skip
                self.assertEqual(result.code, 0, result)
                self.assertEqual(self.stage.tip == self.stage.commits[0], force, way)

    def test_a_rule_that_is_no_matter_of_the_token(self) -> None:
        self.protection.decline_refs(k_branch_ref, "only on Tuesdays")
        checks = self.checks(code=0)
        self.assertEqual(checks["push"]["verdict"], "warning")
        self.assertIn('the server said: "only on Tuesdays', checks["push"]["because"])
        self.assertIn("which it may take", checks["push"]["because"])

    def test_every_move_back_is_forbidden_by_git_itself(self) -> None:
        self.stage.repo.set_config("receive.denyNonFastForwards", "true")
        checks = self.checks(code=0)
        self.assertEqual(checks["push"]["verdict"], "ok")
        self.assertIn("not allowed", checks["force-push"]["text"])

    def test_the_branch_is_hidden(self) -> None:
        self.stage.repo.set_config("receive.hideRefs", "refs/heads/_gitlab")
        checks = self.checks(code=3)
        self.assertEqual(checks["push"]["verdict"], "problem")
        self.assertIn("hides _gitlab/agents/staging from pushes", checks["push"]["because"])

    def test_an_archived_project(self) -> None:
        self.stage.host.refuse_with("You can't push code to an archived project.")
        checks = self.checks(code=3)
        self.assertEqual(checks["push"]["try"],
                         ["Settings > General > Advanced: unarchive the project"])  # fmt: skip

    def test_creation_is_never_tried(self) -> None:
        self.stage.repo.delete_ref(k_branch_ref)
        self.protection.protect("_gitlab/*", ["*"], creation=Creation.refused)
        checks = self.checks(code=0)
        self.assertIn("whether it may create it shows only then", checks["push"]["text"])

    def test_a_race_during_the_question_is_not_touched(self) -> None:
        # Whatever somebody else makes of the branch in the last moment stays so.
        for new in (self.stage.commits[1], self.stage.commits[2], "0" * 40):
            with self.subTest(new=new):
                self.stage.repo.update_ref(k_branch_ref, self.stage.commits[0])
                self.protection.race((k_branch_ref, new), (k_branch_ref, new))
                result = self.stage.run("doctor", "--output", "json")
                push = next(c for c in result.json()["checks"] if c["id"] == "push")
                self.assertEqual(push["verdict"], "ok", result)
                self.assertEqual(self.stage.tip, new if new.strip("0") else None)


class Ledgers(DoctorTest):
    def test_the_server_takes_branches_only(self) -> None:
        self.stage.repo.protection.only_branches_and_tags()
        checks = self.checks(code=3, env=k_gitlab)
        self.assert_check(
            checks["ledger-push"], "problem",
            "the server refuses to move refs/headway/ledger/staging",
            "the server does not let the bot of $STAGING_PUSH_TOKEN push to"
            " refs/headway/ledger/staging, where headway keeps its ledger (the server said: \"You"
            ' can only push to branches and tags of this project.")',
            "ledger: {branch: headway-ledger} in .headway.yml",
        )  # fmt: skip

    def test_the_way_out_works(self) -> None:
        self.stage.repo.protection.only_branches_and_tags()
        self.stage.configure(top="ledger: {branch: headway-ledger}")
        for _ in range(2):
            checks = self.checks(code=0)
            self.assert_check(
                checks["ledger-push"], "ok", "the server takes headway-ledger/staging"
            )
            self.assertEqual(self.stage.promote("--no-verify").code, 0)
        self.assertIn("its newest event: promoted", checks["ledger"]["text"] + self.checks(
            code=0)["ledger"]["text"])  # fmt: skip

    def test_hidden_refs(self) -> None:
        self.stage.repo.set_config("transfer.hideRefs", "refs/headway")
        checks = self.checks(code=3)
        self.assertEqual(checks["ledger-push"]["try"],
                         ["ledger: {branch: headway-ledger} in .headway.yml"])  # fmt: skip

    def test_turned_off(self) -> None:
        self.stage.configure(top="ledger: off")
        checks = self.checks(code=0)
        for id_ in ("ledger", "ledger-push"):
            self.assert_check(checks[id_], "not-checked", "the configuration turns the ledger off")

    def test_damaged(self) -> None:
        event = self.stage.deploy()
        self.stage.repo.update_ref(k_ledger, self.stage.commits[1])
        checks = self.checks(code=3)
        self.assertEqual(checks["ledger"]["text"], "the ledger of staging is damaged")
        self.assertEqual(checks["ledger"]["try"][1],
                         "start a new ledger: git push <remote> :refs/headway/ledger/staging")  # fmt: skip
        self.assertEqual(checks["push"]["verdict"], "ok", event)

    def test_no_commit_at_all(self) -> None:
        self.stage.deploy()
        tree = self.stage.repo.rev_parse("main^{tree}")
        self.stage.repo.update_ref(k_ledger, tree)
        checks = self.checks(code=3)
        self.assertEqual(checks["ledger"]["text"], "the ledger of staging is damaged")

    def test_of_another_environment(self) -> None:
        self.stage.deploy()
        text = ledger.message("promoted", "production", self.stage.commits[0])
        self.stage.repo.update_ref(
            k_ledger, ledger.write(self.stage.repo, ledger.commit_text(text, ()))
        )
        self.assertIn("it belongs to another environment",
                      self.checks(code=3)["ledger"]["because"])  # fmt: skip


class Tokens(DoctorTest):
    def test_not_set(self) -> None:
        result = self.doctor("--output", "json", env={k_variable: ""})
        checks = {check["id"]: check for check in result.json()["checks"]}
        self.assertEqual(result.code, 2, result)
        self.assertEqual(checks["token"]["text"], "the variable STAGING_PUSH_TOKEN is empty")
        self.assertEqual(checks["token"]["try"][1], "outside CI: export STAGING_PUSH_TOKEN")
        for id_ in ("access", "expiry", "push", "force-push", "ledger-push"):
            self.assert_check(checks[id_], "not-checked", "there is no token")

    def test_not_accepted(self) -> None:
        checks = self.checks(code=5, env={**k_gitlab, k_variable: "glpat-wrong-wrong-wrong"})
        self.assertEqual(checks["token"]["verdict"], "ok")
        self.assert_check(
            checks["access"], "problem",
            "cannot read http://127.0.0.1:<port>/group/app.git: the server answered HTTP 401",
            "$STAGING_PUSH_TOKEN is wrong, expired, revoked or without the scope write_repository,"
            " which GitLab does not tell apart (the server said: \"HTTP Basic: Access denied. If a"
            " password was provided for Git authentication, the password was incorrect or you're"
            " required to use a token instead of a password. If a token was provided, it was"
            ' either incorrect, expired, or improperly scoped.")',
            "Settings > Access tokens: create a token with the role Developer or higher and the"
            " scope write_repository and put it into $STAGING_PUSH_TOKEN",
        )  # fmt: skip
        self.assert_check(checks["push"], "not-checked", "access has to be mended first")

    def test_may_read_but_not_push(self) -> None:
        self.stage.host.answer(answer.role_too_low(), "/group/app.git", service="receive-pack")
        checks = self.checks(code=5, env=k_gitlab)
        self.assertEqual(checks["access"]["text"].split(": ")[-1], "the server answered HTTP 403")
        self.assertIn("the role of the bot of $STAGING_PUSH_TOKEN in this project is too low",
                      checks["access"]["because"])  # fmt: skip

    def test_wrong_where_reading_is_open_to_all(self) -> None:
        self.open(anonymous_read=True)
        checks = self.checks(code=5, env={k_variable: "glpat-wrong-wrong-wrong"})
        self.assertIn("cannot push to", checks["access"]["text"])
        self.assertEqual(checks["branch"]["verdict"], "ok")

    def test_none_is_configured_and_none_is_needed(self) -> None:
        self.open(users=None)
        self.stage.configure(token=False)
        checks = self.checks(code=0)
        self.assert_check(checks["token"], "not-checked", "none is configured")
        self.assert_check(checks["access"], "ok", "reading and pushing are open")
        self.assert_check(checks["push"], "ok", f"a push may move {k_branch}; whether it may create"
                                                " it shows only then")  # fmt: skip

    def test_none_is_configured_and_one_is_needed(self) -> None:
        self.stage.configure(token=False)
        checks = self.checks(code=5)
        self.assertIn("no token is configured and the server wants one",
                      checks["access"]["because"])  # fmt: skip

    def test_a_second_environment_s_token_does_not_hide_the_first(self) -> None:
        self.stage.write(".headway.yml", f"""\
remote: {self.stage.host.url(self.stage.repo)}
source: main
environments:
  production: {{branch: _gitlab/agents/production, token: {{env: PRODUCTION_PUSH_TOKEN}}}}
  staging: {{branch: {k_branch}, token: {{env: {k_variable}}}}}
""")
        result = self.doctor("--output", "json")
        self.assertEqual(result.code, 2, result)
        verdicts = {(c["environment"], c["id"]): c["verdict"] for c in result.json()["checks"]}
        self.assertEqual(verdicts["production", "token"], "problem")
        # What can be known without it is known all the same.
        self.assertEqual(verdicts["production", "branch"], "ok")
        self.assertEqual(verdicts["production", "push"], "not-checked")
        for id_ in ("token", "access", "branch", "push", "ledger-push"):
            self.assertEqual(verdicts["staging", id_], "ok")

    def test_several_environments_of_one_token(self) -> None:
        self.stage.write(".headway.yml", f"""\
remote: {self.stage.host.url(self.stage.repo)}
source: main
environments:
{"".join(f"  e{n}: {{branch: e{n}, token: {{env: {k_variable}}}}}{chr(10)}" for n in range(9))}""")
        self.stage.repo.protection.protect("e4", ["somebody-else"])
        self.stage.host.clear_log()
        result = self.doctor("--output", "json", env=k_gitlab)
        refused = [c["environment"] for c in result.json()["checks"]
                   if c["id"] == "push" and c["verdict"] == "problem"]  # fmt: skip
        self.assertEqual((result.code, refused), (3, ["e4"]), result)
        pushes = [r for r in self.stage.host.requests() if r.path.endswith("git-receive-pack")]
        # By halves: 9, 4 and 5, then 2 and 3, …; once more for e4 alone, and all ledgers at once.
        self.assertLessEqual(len(pushes), 2 + 2 * 4 + 2)


class TheEndOfAToken(DoctorTest):
    def answer(self, status: int = 200, **fields: Any) -> dict[str, Any]:
        body = json.dumps({"id": 1, "name": "bot", "active": True, "revoked": False, **fields})
        self.stage.host.clear_answers()
        self.stage.host.answer(Answer(status, body, "application/json"), k_api)
        result = self.doctor("--output", "json", env=k_gitlab)
        self.code = result.code
        return next(c for c in result.json()["checks"] if c["id"] == "expiry")

    @staticmethod
    def day(days: int) -> str:
        return str(datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(days=days))

    def test_soon(self) -> None:
        check = self.answer(expires_at=self.day(7))
        self.assertEqual((check["verdict"], self.code), ("warning", 0))
        self.assertEqual(check["text"], "$STAGING_PUSH_TOKEN expires in 6 days")
        self.assertIn(self.day(7), check["because"])
        self.assertIn("put it into $STAGING_PUSH_TOKEN", check["try"][0])

    def test_over(self) -> None:
        for fields, text in (
            ({"expires_at": self.day(0)}, "$STAGING_PUSH_TOKEN has expired"),
            ({"revoked": True, "expires_at": self.day(90)}, "$STAGING_PUSH_TOKEN is revoked"),
            ({"active": False, "expires_at": None}, "$STAGING_PUSH_TOKEN is not active"),
        ):
            with self.subTest(text):
                check = self.answer(**fields)
                self.assertEqual((check["verdict"], check["text"], self.code), ("problem", text, 5))

    def test_never(self) -> None:
        check = self.answer(expires_at=None)
        self.assert_check(check, "ok", "$STAGING_PUSH_TOKEN has no end")

    def test_a_token_without_any_right_to_the_api_is_no_problem(self) -> None:
        for status in (401, 403, 404, 500):
            with self.subTest(status):
                check = self.answer(status)
                self.assertEqual((check["verdict"], self.code), ("not-checked", 0))
                self.assertIn(f"(HTTP {status})", check["text"])

    def test_an_answer_that_is_none(self) -> None:
        for body in ("<html>", "[1]", "{}", '"x"', "[" * 5000):
            with self.subTest(body[:10]):
                self.stage.host.clear_answers()
                self.stage.host.answer(Answer(200, body, "application/json"), k_api)
                check = self.checks(code=0, env=k_gitlab)["expiry"]
                self.assert_check(check, "not-checked",
                                  "the API's answer is no description of a token")  # fmt: skip

    def test_the_token_goes_to_the_remote_s_own_host_only(self) -> None:
        with App() as stranger:
            api = {"CI_API_V4_URL": f"{stranger.origin}/api/v4"}
            self.checks(code=0, env={**k_gitlab, **api})
            self.assertEqual(stranger.requests, [])

    def test_a_gitlab_below_a_folder(self) -> None:
        body = json.dumps({"revoked": False, "expires_at": None})
        self.stage.host.answer(Answer(200, body), f"/gitlab{k_api}")
        api = {"CI_API_V4_URL": f"{self.stage.host.origin}/gitlab/api/v4"}
        self.assertEqual(self.checks(code=0, env={**k_gitlab, **api})["expiry"]["verdict"], "ok")


class Remotes(DoctorTest):
    def test_nobody_answers(self) -> None:
        with ClosedPort() as closed:
            self.stage.configure(remote=f"http://127.0.0.1:{closed.port}/group/app.git")
            checks = self.checks(code=1)
            self.assert_check(
                checks["remote"], "problem", f"cannot reach 127.0.0.1:{closed.port}",
                "Connection refused",
                "check the host and the port in the URL, and that the server runs",
            )  # fmt: skip
        self.assertEqual(checks["token"]["verdict"], "ok")
        for id_ in ("access", "expiry", "branch", "push", "force-push", "ledger", "ledger-push",
                    "gates"):  # fmt: skip
            self.assert_check(checks[id_], "not-checked", "the remote does not answer")

    def test_an_unknown_authority(self) -> None:
        self.open(tls=Certificate.valid)
        checks = self.checks(code=1)
        self.assertIn("no secure connection to 127.0.0.1:", checks["remote"]["text"])
        self.assertTrue(any("--ca-file" in hint for hint in checks["remote"]["try"]))

    def test_tls(self) -> None:
        self.open(tls=Certificate.valid)
        checks = self.checks("--ca-file", str(self.stage.host.ca_file), code=0)
        self.assertEqual(checks["remote"]["verdict"], "ok")
        self.assertIn("the server's certificate ends", checks["certificate"]["text"])

    def test_through_a_proxy(self) -> None:
        # nginx takes a request that names the whole URL, as a proxy does.
        env = {"http_proxy": f"http://someone:pr0xy-p4ss@127.0.0.1:{self.stage.host.port}"}
        self.stage.configure(remote="http://localhost.example/group/app.git", token=False)
        result = self.doctor("--output", "json", env=env)
        remote = next(c for c in result.json()["checks"] if c["id"] == "remote")
        self.assertEqual(remote["verdict"], "ok", result)
        self.assertIn(", through the proxy of http_proxy", remote["text"])
        assert_no_secret(result, ["pr0xy-p4ss"])

    def test_not_a_repository(self) -> None:
        self.stage.configure(remote=self.stage.host.url("group/none"))
        checks = self.checks(code=5)
        self.assertEqual(checks["remote"]["verdict"], "ok")
        self.assertEqual(checks["access"]["verdict"], "problem")
        self.assertIn("HTTP 404", checks["access"]["text"])

    def test_a_sign_in_page(self) -> None:
        self.stage.host.answer(answer.sign_in_page(), "/group/app.git*")
        access = self.checks(code=1)["access"]
        self.assertEqual(access["verdict"], "problem")
        self.assertIn("Sign in", access["because"])

    def test_no_source_branch(self) -> None:
        self.stage.configure()
        checks = self.checks("--source", "trunk", code=2)
        self.assert_check(
            checks["source"], "problem", "the remote has no branch trunk", "",
            "name the branch to promote from: source: BRANCH in .headway.yml, or --source BRANCH",
        )  # fmt: skip
        self.assertEqual(checks["push"]["verdict"], "ok")

    def test_no_source_branch_and_a_ledger(self) -> None:
        self.stage.deploy()
        checks = self.checks("--source", "trunk", code=2)
        self.assertIn("its newest event: promoted", checks["ledger"]["text"])
        self.assertEqual(checks["gates"]["verdict"], "not-checked")

    def test_an_empty_repository(self) -> None:
        self.stage.configure(remote=self.stage.host.url(self.stage.host.create_repository("a/b")))
        self.assertEqual(self.checks(code=2)["source"]["verdict"], "problem")

    def test_ssh_is_refused_as_everywhere(self) -> None:
        result = self.doctor("--remote", "git@gitlab.example.com:group/app.git")
        self.assertEqual(result.code, 2, result)

    def test_a_broken_configuration(self) -> None:
        self.stage.write(".headway.yml", "environments: {staging: {brunch: x}}\n")
        result = self.doctor()
        self.assertEqual((result.code, result.stdout), (2, ""))
        self.assertIn(".headway.yml:1:", result.stderr)


class Branches(DoctorTest):
    def test_diverged(self) -> None:
        self.stage.deploy()
        own = self.stage.repo.commit("Hot fix", parents=[self.stage.commits[0]], branch=k_branch)
        checks = self.checks(code=3)
        self.assertEqual(checks["branch"]["text"], f"{k_branch} has diverged from main")
        self.assertIn(own[:8], checks["branch"]["because"])
        self.assertEqual(len(checks["branch"]["try"]), 2)
        self.assertEqual(checks["push"]["verdict"], "ok")

    def test_a_branch_is_where_a_folder_is_needed(self) -> None:
        self.stage.repo.create_branch("_gitlab/agents")
        checks = self.checks(code=3)
        self.assert_check(
            checks["branch"], "problem", "_gitlab/agents/staging cannot be created",
            "there is a branch _gitlab/agents, and git keeps no branch below another one",
            "another name, as branch: _gitlab/agents-deploy below environments: staging: in"
            " .headway.yml, or delete _gitlab/agents on the server",
        )  # fmt: skip


class Gates(DoctorTest):
    def test_held(self) -> None:
        self.stage.deploy()
        self.stage.run("hold", "staging", "--reason", "incident 42", env={"HEADWAY_ACTOR": "ada"})
        check = self.checks(code=0)["gates"]
        self.assertEqual((check["verdict"], check["text"]), ("ok", "staging is held"))
        self.assertRegex(check["because"], r"^held since \S+ by ada: incident 42$")

    def test_held_with_nothing_to_promote(self) -> None:
        self.stage.deploy(self.stage.commits[2])
        self.stage.run("hold", "staging", "--reason", "incident 42")
        check = self.checks(code=0)["gates"]
        self.assertEqual((check["verdict"], check["text"]), ("ok", "staging is held"))
        self.assertEqual(check["try"], ["headway resume staging"])

    def test_frozen(self) -> None:
        self.stage.configure(environment='freeze: {from: "00:00", to: "24:00"}')
        for commit in self.stage.commits[0], self.stage.commits[2]:
            self.stage.repo.update_ref(k_branch_ref, commit)
            check = self.checks(code=0)["gates"]
            self.assertEqual((check["verdict"], check["text"]), ("ok", "staging is frozen"))


class Probes(DoctorTest):
    def test_an_old_version_is_an_answer(self) -> None:
        self.stage.deploy()
        self.configure_app(self.enterContext(App(version="0123456789" * 4)), top="")
        check = self.checks(code=0)["probe"]
        self.assertEqual(check["verdict"], "ok")
        self.assertIn("/version is", check["text"])

    def test_each_is_asked_once(self) -> None:
        self.stage.deploy()
        app = self.enterContext(App())
        app.status = 503
        self.configure_app(app, top="")
        check = self.checks(code=1)["probe"]
        self.assert_check(check, "problem", "health at 127.0.0.1 is not healthy",
                          "status 503, not 200",
                          "headway verify staging: it shows the whole answer")  # fmt: skip
        self.assertEqual(len(app.requests), 1)

    def test_one_that_does_not_answer(self) -> None:
        self.stage.deploy()
        with ClosedPort() as closed:
            self.stage.configure(environment=f"url: http://127.0.0.1:{closed.port}/")
            checks = self.checks(code=1)
        self.assertEqual(checks["probe"]["verdict"], "problem")
        self.assertIn("does not answer", checks["probe"]["text"])

    def test_before_the_first_deployment_it_is_a_warning(self) -> None:
        with ClosedPort() as closed:
            self.stage.configure(environment=f"url: http://127.0.0.1:{closed.port}/")
            self.assertEqual(self.checks(code=0)["probe"]["verdict"], "warning")

    def test_each_address(self) -> None:
        self.stage.deploy()
        app = self.enterContext(App(version=self.stage.commits[0]))
        self.stage.configure(environment=f"""
            url: {app.origin}
            verify: {{probes: [{{name: health, url: /health, resolve: [127.0.0.1, 127.0.0.9]}}]}}
            """)
        result = self.doctor("--output", "json")
        probes = [c for c in result.json()["checks"] if c["id"] == "probe"]
        self.assertEqual([(c["verdict"], c["text"].split(" ")[2]) for c in probes],
                         [("ok", "127.0.0.1:"), ("problem", "127.0.0.9")], result)  # fmt: skip

    def test_no_probe_names_the_version(self) -> None:
        self.stage.deploy()
        app = self.enterContext(App(version="1"))
        self.stage.configure(environment=f"url: {app.origin}/health")
        checks = self.checks(code=0)
        self.assertEqual(checks["probe"]["verdict"], "ok")
        self.assert_check(
            checks["version"], "warning", "no probe names the version",
            "health alone cannot tell the old version from the new",
            'json: {/version: "${short_commit}"} to a probe',
        )  # fmt: skip

    def test_a_secret_header_that_is_not_set(self) -> None:
        self.stage.deploy()
        self.stage.configure(environment="""
            url: http://127.0.0.1:9/
            verify: {probes: [{url: /, headers: {Authorization: {env: HEALTH_TOKEN}}}]}
            """)
        checks = self.checks(code=2)
        self.assertEqual(checks["probe"]["text"], "the variable HEALTH_TOKEN is not set")


class Channels(DoctorTest):
    def setUp(self) -> None:
        super().setUp()
        self.stage.configure(top=k_slack)

    def test_nothing_is_sent_by_itself(self) -> None:
        with Inbox() as inbox:
            checks = self.checks(code=0, env={"SLACK_WEBHOOK": inbox.url})
            self.assert_check(checks["channel"], "ok", "slack: $SLACK_WEBHOOK")
            self.assert_check(checks["channel-send"], "not-checked", "--send")
            self.assertEqual(inbox.requests, [])

    def test_not_set(self) -> None:
        checks = self.checks(code=2)
        self.assertEqual(checks["channel"]["text"], "the variable SLACK_WEBHOOK is not set")

    def test_not_https(self) -> None:
        url = f"http://hooks.example.com/services/{k_inbox_token}"
        checks = self.checks("--send", code=2, env={"SLACK_WEBHOOK": url})
        self.assertEqual(checks["channel"]["verdict"], "problem")
        self.assertIn("https", checks["channel"]["because"] + checks["channel"]["text"])
        self.assertEqual(checks["channel-send"]["verdict"], "not-checked")

    def test_removed(self) -> None:
        with Inbox() as inbox:
            inbox.script([no_service()])
            checks = self.checks("--send", code=1, env={"SLACK_WEBHOOK": inbox.url})
            self.assertEqual(checks["channel-send"]["verdict"], "problem")
            self.assertNotEqual(checks["channel-send"]["try"], [])


class Origin(DoctorTest):
    def test_its_credentials_are_not_used(self) -> None:
        work = self.stage.headway.work
        remote = self.stage.host.url(self.stage.repo, credentials="git:another-secret-token")
        self.stage.repo.clone(work / "checkout")
        config = work / "checkout/.git/config"
        text = config.read_text()
        config.write_text("\n".join(
            f"\turl = {remote}" if line.strip().startswith("url =") else line
            for line in text.splitlines()) + "\n")  # fmt: skip
        (work / "checkout/.headway.yml").write_text((work / ".headway.yml").read_text())
        result = self.doctor(cwd=work / "checkout")
        self.assertEqual(result.code, 0, result)
        self.assertIn("✓ origin         the checkout's origin holds a user and a password; headway"
                      " uses neither", result.stdout)  # fmt: skip
        assert_no_secret(result, ["another-secret-token"])


class Secrets(DoctorTest):
    """The runs of all other tests are searched, too; these say the most."""

    def test_with_the_whole_trace(self) -> None:
        self.stage.deploy()
        self.stage.configure(top=k_slack)
        echo = Answer(403, f"no such token: {k_token}", "text/plain")
        self.stage.host.answer(echo, "/group/app.git", service="receive-pack")
        with Inbox() as inbox:
            env = {**k_gitlab, "SLACK_WEBHOOK": inbox.url}
            for form in ("text", "json"):
                result = self.doctor("-vv", "--send", "--output", form, env=env)
                self.assertEqual(result.code, 5, result)
                self.assertRegex(result.stderr, r"headway: (GET|POST) http")
                self.assertIn("no such token: ", result.stdout)
                assert_no_secret(result, [inbox.url, f"gitlab-ci-token:{k_token}"])

    def test_in_what_a_hook_and_the_api_say(self) -> None:
        self.stage.deploy()
        self.stage.repo.protection.decline_refs("*", f"your token is {k_token}")
        body = json.dumps({"expires_at": None, "token": k_token})
        self.stage.host.answer(Answer(200, body, "application/json"), k_api)
        result = self.doctor("-vv", env=k_gitlab)
        self.assertIn("your token is ", result.stdout)


class PoorServers(DoctorTest):
    def check(self, **options: Any) -> dict[str, dict[str, Any]]:
        self.open(**options)
        for _ in range(2):
            checks = self.checks(code=0)
            for id_ in ("access", "branch", "push", "ledger", "ledger-push"):
                self.assertEqual(checks[id_]["verdict"], "ok", checks[id_])
            self.stage.promote("--no-verify", "--commit", self.stage.commits[0])
        return checks

    def test_protocol_v0(self) -> None:
        self.check(protocol_v2=False)

    def test_without_atomic_pushes(self) -> None:
        checks = self.check(atomic=False)
        self.assertIn("it moves a branch and its ledger one after the other",
                      checks["access"]["text"])  # fmt: skip

    def test_without_filters(self) -> None:
        self.check(allow_filter=False, any_sha1=False, push_options=False)

    def test_fsck_of_what_is_received(self) -> None:
        self.check(config={"receive.fsckObjects": "true", "transfer.fsckObjects": "true"})


class LocalPaths(DoctorTest):
    def setUp(self) -> None:
        super().setUp()
        hook = self.stage.repo.path / "hooks/pre-receive"
        hook.unlink(missing_ok=True)
        self.stage.configure(remote=str(self.stage.repo.path), token=False)

    def test_all_is_fine(self) -> None:
        for _ in range(2):
            checks = self.checks(code=0)
            self.assertIn("is a repository on this machine", checks["remote"]["text"])
            self.assert_check(checks["token"], "not-checked",
                              "a repository on this machine needs none")  # fmt: skip
            for id_ in ("access", "branch", "push", "ledger", "ledger-push"):
                self.assertEqual(checks[id_]["verdict"], "ok", checks[id_])
            self.assert_check(checks["force-push"], "not-checked",
                              "a repository on this machine tells only when a branch is moved back")
            self.stage.promote("--no-verify", "--commit", self.stage.commits[0])

    def test_nothing_is_written(self) -> None:
        objects = {path: path.stat().st_mtime_ns for path in self.files()}
        self.checks(code=0)
        self.assertEqual({path: path.stat().st_mtime_ns for path in self.files()}, objects)

    def files(self) -> list[Path]:
        return [path for path in self.stage.repo.path.rglob("*") if path.is_file()]

    def test_hidden_refs(self) -> None:
        self.stage.repo.set_config("transfer.hideRefs", "refs/headway")
        self.assertEqual(self.checks(code=3)["ledger-push"]["verdict"], "problem")

    def test_no_repository(self) -> None:
        self.stage.configure(remote=str(self.stage.headway.home), token=False)
        checks = self.checks(code=2)
        self.assertEqual(checks["remote"]["verdict"], "problem")
        self.assertEqual(checks["push"]["verdict"], "not-checked")


if __name__ == "__main__":
    unittest.main()
