"""doctor: a tick for what a promotion needs, a cross with the fix for what it has not, of all that is
not the git server."""

from __future__ import annotations

import datetime
import json
import unittest

from e2e.doctor_support import DoctorTest, k_api, k_branch_ref, k_every_check, k_gitlab, k_slack
from e2e.support import k_token, moment
from host.answer import Answer
from host.app import App
from host.headway import assert_no_secret
from host.inbox import Inbox, no_service
from host.inbox import k_token as k_inbox_token
from host.loopback import ClosedPort


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

    def test_the_source_is_where_head_points_unless_it_is_named(self) -> None:
        path = self.stage.headway.work / ".headway.yml"
        path.write_text(path.read_text().replace("source: main\n", ""))
        checks = self.checks(code=0)
        self.assert_check(checks["source"], "ok", f"main is at {self.stage.commits[2][:8]}")

    def test_the_number_of_requests_is_bounded(self) -> None:
        self.stage.deploy()
        self.stage.repo.protection.protect("_gitlab/*", ["*"])
        self.doctor()
        self.assertEqual(len(self.stage.host.requests()), 11)


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
        self.assertIn("✓ origin         the checkout's origin holds a user or a password; headway"
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


if __name__ == "__main__":
    unittest.main()
