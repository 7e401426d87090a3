"""What doctor says of tokens, and of remotes that do not answer as they should."""

from __future__ import annotations

import datetime
import json
import unittest
from typing import Any

from e2e.doctor_support import DoctorTest, k_api, k_gitlab
from e2e.support import k_branch, k_variable
from host import answer
from host.answer import Answer
from host.app import App
from host.git_host import Certificate
from host.headway import assert_no_secret
from host.loopback import ClosedPort


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


if __name__ == "__main__":
    unittest.main()
