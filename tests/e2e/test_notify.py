"""Slack messages: what the inbox received, and what becomes of a run whose message fails."""

from __future__ import annotations

import re
import textwrap
from typing import Any

from e2e.support import StageTest, k_branch
from host.app import App
from host.headway import Result, assert_no_secret, normalise
from host.http_server import Reply, closed, hanging
from host.inbox import (
    Inbox,
    channel_archived,
    invalid_blocks,
    k_token,
    no_service,
    rate_limited,
    server_error,
)

k_slack = "notify: {slack: {webhook: {env: SLACK_WEBHOOK}}}"
k_pipeline = "https://gitlab.example.com/group/app/-/pipelines/123"
k_job = {"CI_PIPELINE_URL": k_pipeline, "GITLAB_USER_LOGIN": "ada"}


class NotifyTest(StageTest):
    """A stage that tells an inbox; nothing is verified unless a test says so."""

    def setUp(self) -> None:
        self.open()
        self.inbox = self.enterContext(Inbox())
        self.stage.configure(top=k_slack)

    def run_headway(self, *arguments: str, **env: str) -> Result:
        result = self.stage.run(
            *arguments, env={"SLACK_WEBHOOK": self.inbox.url, **k_job, **env}
        )
        assert_no_secret(result, [k_token])
        return result

    def promote(self, *arguments: str, **env: str) -> Result:
        return self.run_headway("promote", "staging", *arguments, **env)

    def start_from(self, index: int) -> None:
        """Staging is at that commit, and nobody was told."""
        self.stage.configure()
        self.stage.deploy(self.stage.commits[index])
        self.stage.configure(top=k_slack)

    def configure_app(self, app: App) -> None:
        self.stage.configure(
            environment=f"""\
                url: {app.origin}
                verify:
                  interval: 1h
                  deadline: 30s
                  consecutive: 1
                  probes: [{{url: /health, json: {{/version: "${{short_commit}}"}}}}]
                """,
            top=k_slack,
        )

    def text(self, **known: Any) -> str:
        """The one message of the test, as a person reads it."""
        (message,) = self.inbox.messages
        self.inbox.assert_valid()
        names: dict[object, str] = {self.stage.host.port: "<port>"}
        names |= {value: f"<{name}>" for name, value in known.items()}
        return normalise(message.text(), names)

    def assert_message(self, text: str, **known: Any) -> None:
        self.assertEqual(self.text(**known), textwrap.dedent(text))


class Promotions(NotifyTest):
    def test_a_first_deployment(self) -> None:
        self.assert_run(self.promote(), 0, """\
            staging: created _gitlab/agents/staging at f7eef0d4
            """, """\
            headway: staging: not verified, nothing says where it runs (url: below environments: staging: in .headway.yml, or --url)
            """)
        self.assert_message("""\
            🚀 staging: f7eef0d4 is deployed
            ═══════════════════════════════
            Environment: staging
            Commit: f7eef0d4
            By: ada
            Run: pipeline (https://gitlab.example.com/group/app/-/pipelines/123)
            Verdict: not verified
            Took: <duration>
            """)
        headers = self.inbox.messages[0].headers
        self.assertEqual(headers["content-type"], "application/json; charset=utf-8")

    def test_a_verified_deployment(self) -> None:
        self.start_from(0)
        app = self.enterContext(App(self.stage.commits[2]))
        self.configure_app(app)
        self.assertEqual(self.promote().code, 0)
        self.assert_message("""\
            ✅ staging: f7eef0d4 is deployed and verified
            ════════════════════════════════════════════
            Environment: staging (http://127.0.0.1:<app>)
            Commit: f7eef0d4
            Change: 9318c89e → f7eef0d4
            By: ada
            Run: pipeline (https://gitlab.example.com/group/app/-/pipelines/123)
            Verdict: healthy once, version f7eef0d4
            Took: <duration>
            • f7eef0d4 Change 3 (Ada Example)
            • cc352607 Change 2 (Ada Example)
            """, app=app.port)

    def test_an_unhealthy_deployment(self) -> None:
        self.start_from(0)
        app = self.enterContext(App(self.stage.commits[0]))
        self.configure_app(app)
        self.assertEqual(self.promote().code, 4)
        self.assert_message("""\
            ❌ staging: f7eef0d4 is deployed but unhealthy
            ═════════════════════════════════════════════
            Environment: staging (http://127.0.0.1:<app>)
            Commit: f7eef0d4
            Change: 9318c89e → f7eef0d4
            By: ada
            Run: pipeline (https://gitlab.example.com/group/app/-/pipelines/123)
            Verdict: /health at http://127.0.0.1:<app>/health: 200, but /version is 9318c89e3af8ae7ec5363b025de951c5935cbe05, not f7eef0d4
            Took: <duration>
            To take it back:
            headway rollback staging --to 9318c89e3af8ae7ec5363b025de951c5935cbe05
            • f7eef0d4 Change 3 (Ada Example)
            • cc352607 Change 2 (Ada Example)
            """, app=app.port)

    def test_on_gitlab_with_links(self) -> None:
        # The links come from the remote, which is on loopback here.
        self.start_from(0)
        self.assertEqual(self.promote(GITLAB_CI="true").code, 0)
        (message,) = self.inbox.messages
        links = [
            element["url"].replace(f":{self.stage.host.port}", ":<port>")
            for block in message.payload["blocks"]
            for element in _elements(block)
            if element.get("type") == "link"
        ]
        old, middle, new = self.stage.commits
        base = "http://127.0.0.1:<port>/group/app/-"
        self.assertEqual(
            links,
            [
                f"{base}/commit/{new}",
                f"{base}/compare/{old}...{new}",
                k_pipeline,
                f"{base}/commit/{new}",
                f"{base}/commit/{middle}",
            ],
        )

    def test_more_commits_than_are_shown(self) -> None:
        self.start_from(2)
        for number in range(1, 14):
            self.stage.repo.commit(
                f"Change {number}\n\nIts body.", author="Grace <grace@example.com>"
            )
        self.assertEqual(self.promote().code, 0)
        lines = self.text().split("\n")
        first = next(index for index, line in enumerate(lines) if "Change 13" in line)
        self.assertRegex(lines[first], r"^• [0-9a-f]{8} Change 13 \(Grace\)$")
        self.assertEqual(
            [re.sub(r"^• \w+ ", "", line) for line in lines[first:]],
            [*(f"Change {number} (Grace)" for number in range(13, 3, -1)), "and 3 more", ""],
        )

    def test_exactly_ten_commits(self) -> None:
        self.start_from(2)
        self.stage.repo.commits(10)
        self.assertEqual(self.promote().code, 0)
        text = self.text()
        self.assertEqual(text.count("•"), 10)
        self.assertNotIn("more", text)

    def test_hostile_subjects_and_slacks_limits(self) -> None:
        self.start_from(2)
        subjects = [
            "<!channel> <https://evil.example.com|click> & *bold* `code` :boom:",
            "x" * 10_000,
            "💥" * 5_000,
            "a\x1b[31m\x07b\u202etxt.exe",
            "&" * 10_000,
        ]
        for subject in subjects * 2:
            self.stage.repo.commit(subject, author="A" * 500 + " <a@example.com>")
        result = self.promote("--no-verify", GITLAB_USER_LOGIN="u" * 1000)
        self.assertEqual((result.code, result.stderr), (0, ""))
        text = self.text()
        self.assertIn("<!channel> <https://evil.example.com|click> & *bold* `code` :boom:", text)
        self.assertNotIn("\x1b", text)
        self.assertNotIn("<!channel>", self.inbox.messages[0].payload["text"])

    def test_two_environments_are_two_messages(self) -> None:
        self.stage.write(
            ".headway.yml",
            f"remote: {self.stage.host.url(self.stage.repo)}\n{k_slack}\nenvironments:\n"
            "  eu: {branch: deploy/eu, token: {env: STAGING_PUSH_TOKEN}}\n"
            "  us: {branch: deploy/us, token: {env: STAGING_PUSH_TOKEN}}\n",
        )
        self.assertEqual(self.run_headway("promote", "eu", "us").code, 0)
        heads = [message.text().split("\n")[0] for message in self.inbox.messages]
        self.assertEqual(heads, ["🚀 eu: f7eef0d4 is deployed", "🚀 us: f7eef0d4 is deployed"])

    def test_a_rollback(self) -> None:
        self.start_from(2)
        result = self.run_headway(
            "rollback", "staging", "--to", self.stage.commits[0], "--reason", "checkout fails"
        )
        self.assertEqual(result.code, 0)
        self.assert_message("""\
            ⏪ staging: 9318c89e is back after a rollback
            ════════════════════════════════════════════
            checkout fails
            Environment: staging
            Commit: 9318c89e
            Change: f7eef0d4 → 9318c89e
            By: ada
            Run: pipeline (https://gitlab.example.com/group/app/-/pipelines/123)
            Verdict: not verified
            Took: <duration>
            """)

    def test_json(self) -> None:
        result = self.promote("--output", "json")
        self.assertEqual(
            result.json()["notifications"],
            [{"channel": "slack", "environment": "staging", "sent": True}],
        )

    def test_the_webhook_in_a_file(self) -> None:
        path = self.stage.write("webhook", self.inbox.url + "\n")
        self.stage.configure()
        result = self.promote("--slack-webhook-file", str(path), SLACK_WEBHOOK="")
        self.assertEqual((result.code, result.stderr.count("warning")), (0, 0))
        self.assertEqual(len(self.inbox.messages), 1)


class Silence(NotifyTest):
    """What is no news is told to nobody."""

    def assert_silent(self, result: Result, code: int) -> None:
        self.assertEqual(result.code, code, result)
        self.assertEqual(self.inbox.requests, [])

    def test_done_already(self) -> None:
        self.start_from(2)
        self.assert_silent(self.promote(), 0)

    def test_superseded(self) -> None:
        self.start_from(1)
        self.stage.repo.update_ref(f"refs/heads/{k_branch}", self.stage.commits[2])
        self.assert_silent(self.promote("--commit", self.stage.commits[0]), 0)

    def test_refused(self) -> None:
        self.stage.repo.create_branch("side", self.stage.commits[0])
        self.stage.repo.commit("Aside", branch="side")
        self.stage.repo.create_branch(k_branch, "side")
        self.assert_silent(self.promote(), 3)

    def test_refused_by_the_server(self) -> None:
        self.stage.host.refuse_with("no")
        self.assert_silent(self.promote(), 3)

    def test_a_dry_run(self) -> None:
        self.assert_silent(self.promote("--dry-run"), 0)

    def test_verified_again(self) -> None:
        app = self.enterContext(App(self.stage.commits[2]))
        self.configure_app(app)
        self.assertEqual(self.promote().code, 0)
        self.assertEqual(len(self.inbox.messages), 1)
        self.assertEqual(self.promote().code, 0)
        self.assertEqual(len(self.inbox.messages), 1)

    def test_verified_after_all(self) -> None:
        # News: what was unhealthy before is well now.
        app = self.enterContext(App(self.stage.commits[0]))
        self.configure_app(app)
        self.assertEqual(self.promote().code, 4)
        app.version = self.stage.commits[2]
        self.assertEqual(self.promote().code, 0)
        heads = [message.text().split("\n")[0] for message in self.inbox.messages]
        self.assertEqual(
            heads,
            [
                "❌ staging: f7eef0d4 is deployed but unhealthy",
                "✅ staging: f7eef0d4 is deployed and verified",
            ],
        )


class Failures(NotifyTest):
    """A message that cannot be delivered is a warning: what was deployed stays deployed."""

    def assert_warned(self, warning: str, *replies: Reply, requests: int, **env: str) -> Result:
        self.inbox.script(replies)
        result = self.promote("--no-verify", **env)
        self.assert_run(
            result,
            0,
            "staging: created _gitlab/agents/staging at f7eef0d4\n",
            warning,
            {self.inbox.port: "<inbox>"},
        )
        self.assert_moved(self.stage.commits[2], 1)
        self.assertEqual(len(self.inbox.requests), requests)
        self.inbox.raise_failures()
        return result

    def test_400(self) -> None:
        self.assert_warned("""\
            headway: warning: the Slack message did not arrive
              because: Slack does not understand the message (HTTP 400: "invalid_blocks")
              try: run the same command again with -vv and report what it shows as a defect of headway
            """, invalid_blocks(), requests=1)

    def test_404(self) -> None:
        self.assert_warned("""\
            headway: warning: the Slack message did not arrive
              because: the webhook was removed, is disabled or its URL is mistyped (HTTP 404: "no_service")
              try: create a new incoming webhook in Slack and store its URL where `notify: {slack: {webhook: …}}` of .headway.yml takes it from
            """, no_service(), requests=1)

    def test_410(self) -> None:
        self.assert_warned("""\
            headway: warning: the Slack message did not arrive
              because: the webhook's channel is archived (HTTP 410: "channel_is_archived")
              try: create an incoming webhook for another channel and store its URL where `notify: {slack: {webhook: …}}` of .headway.yml takes it from
            """, channel_archived(), requests=1)

    def test_429(self) -> None:
        self.assert_warned("""\
            headway: warning: the Slack message did not arrive
              because: Slack takes one message a second and has had more (HTTP 429: "rate_limited"); it asks to wait <duration>
              try: headway notify, once Slack is well again
            """, rate_limited(30), requests=1)

    def test_500(self) -> None:
        self.assert_warned("""\
            headway: warning: the Slack message did not arrive
              because: Slack failed (HTTP 500: "rollup_error")
              try: headway notify, once Slack is well again
            """, server_error(), server_error(), requests=2)

    def test_500_once(self) -> None:
        self.inbox.script([server_error()])
        self.assert_run(
            self.promote("--no-verify"), 0, "staging: created _gitlab/agents/staging at f7eef0d4\n", ""
        )
        self.assertEqual(len(self.inbox.messages), 1)

    def test_closed(self) -> None:
        self.assert_warned("""\
            headway: warning: the Slack message did not arrive
              because: no complete answer from 127.0.0.1:<inbox>: the server closed the connection without an answer
              try: headway notify, once Slack is well again
            """, closed(), closed(), requests=2)

    def test_a_web_page(self) -> None:
        self.assert_warned("""\
            headway: warning: the Slack message did not arrive
              because: a web page answered instead of Slack (HTTP 200)
              try: check that the URL is the one that Slack shows under Incoming Webhooks, and that no proxy answers in its place
            """, Reply(200, "<html>Sign in</html>"), requests=1)

    def test_a_redirect_is_not_followed(self) -> None:
        elsewhere = self.enterContext(Inbox())
        self.assert_warned("""\
            headway: warning: the Slack message did not arrive
              because: the answer is a redirect, and a webhook's URL is sent nowhere else (HTTP 302)
              try: check that the URL is the one that Slack shows under Incoming Webhooks, and that no proxy answers in its place
            """, Reply(302, headers={"Location": elsewhere.url}), requests=1
        )
        self.assertEqual(elsewhere.requests, [])

    def test_no_answer(self) -> None:
        # Longer than other tests: the 10 s for a message pass for real.
        result = self.assert_warned("""\
            headway: warning: the Slack message did not arrive
              because: no complete answer from 127.0.0.1:<inbox>: it did not answer within <duration>
              try: headway notify, once Slack is well again
            """, hanging(), requests=1)
        self.assertLess(result.duration, 30)

    def test_the_variable_is_missing(self) -> None:
        result = self.stage.promote("--no-verify", env=k_job)
        self.assert_run(
            result, 0, "staging: created _gitlab/agents/staging at f7eef0d4\n", """\
                headway: warning: the variable SLACK_WEBHOOK is not set
                  because: .headway.yml:3:33 names it; GitLab hands a protected variable only to jobs of protected branches and tags, and a variable with an environment scope only to jobs whose "environment:" is in that scope
                  try: set SLACK_WEBHOOK in Settings > CI/CD > Variables, protected only if this job's branch is, with a scope that holds this job's environment
                  try: outside CI: export SLACK_WEBHOOK
                """
        )
        self.assert_moved(self.stage.commits[2], 1)

    def test_not_a_url(self) -> None:
        self.assert_warned("""\
            headway: warning: the Slack webhook's URL cannot be used
              because: it does not begin with https://
              try: store the URL that Slack shows under Incoming Webhooks, all of it and nothing else, where `notify: {slack: {webhook: …}}` of .headway.yml takes it from
            """, SLACK_WEBHOOK="hooks.slack.com/services/T0", requests=0)

    def test_plain_http_to_another_machine(self) -> None:
        self.assert_warned("""\
            headway: warning: the Slack webhook's URL cannot be used
              because: it begins with http://, and a secret is sent over https only
              try: store the URL that Slack shows under Incoming Webhooks, all of it and nothing else, where `notify: {slack: {webhook: …}}` of .headway.yml takes it from
            """, SLACK_WEBHOOK=f"http://hooks.example.com/services/{k_token}", requests=0
        )

    def test_exit_code_of_an_unhealthy_deployment(self) -> None:
        app = self.enterContext(App(self.stage.commits[0]))
        self.configure_app(app)
        self.inbox.script([no_service()])
        result = self.promote()
        self.assertEqual(result.code, 4)
        self.assertIn("headway: warning: the Slack message did not arrive\n", result.stderr)

    def test_json(self) -> None:
        self.inbox.script([no_service()])
        report = self.promote("--output", "json").json()
        self.assertEqual((report["exit_code"], report["error"]), (0, None))
        (notification,) = report["notifications"]
        self.assertEqual(
            (notification["channel"], notification["sent"]), ("slack", False)
        )
        self.assertEqual(
            notification["error"]["because"],
            "the webhook was removed, is disabled or its URL is mistyped "
            '(HTTP 404: "no_service")',
        )
        self.assertEqual(
            report["warnings"],
            [f"the Slack message did not arrive: {notification['error']['because']}"],
        )


class ByHand(NotifyTest):
    """`headway notify`."""

    def notify(self, *arguments: str, **env: str) -> Result:
        return self.run_headway("notify", "staging", *arguments, **env)

    def test_a_note(self) -> None:
        self.assert_run(self.notify("--text", "Maintenance\nfrom 18:00"), 0, """\
            staging: told slack
            """, "")
        self.assert_message("""\
            💬 staging
            ═════════
            Maintenance
            from 18:00
            Environment: staging
            By: ada
            Run: pipeline (https://gitlab.example.com/group/app/-/pipelines/123)
            """)
        self.assertEqual(self.stage.host.requests(), [])

    def test_events(self) -> None:
        for event in ("promoted", "verified", "unhealthy", "rolled-back", "refused"):
            result = self.notify("--event", event, CI_COMMIT_SHA=self.stage.commits[0])
            self.assertEqual(result.code, 0, result)
        self.inbox.assert_valid()
        heads = [message.text().split("\n")[0] for message in self.inbox.messages]
        self.assertEqual(
            heads,
            [
                "🚀 staging: 9318c89e is deployed",
                "✅ staging: 9318c89e is deployed and verified",
                "❌ staging: 9318c89e is deployed but unhealthy",
                "⏪ staging: 9318c89e is back after a rollback",
                "⛔ staging: 9318c89e was refused",
            ],
        )

    def test_an_event_with_its_reason(self) -> None:
        result = self.notify(
            "--event", "refused", "--text", "the tests fail", "--commit", self.stage.commits[1]
        )
        self.assert_run(result, 0, """\
            staging: told slack
            """, "")
        self.assert_message("""\
            ⛔ staging: cc352607 was refused
            ═══════════════════════════════
            the tests fail
            Environment: staging
            Commit: cc352607
            By: ada
            Run: pipeline (https://gitlab.example.com/group/app/-/pipelines/123)
            """)

    def test_no_text(self) -> None:
        self.assert_run(self.notify(), 2, "", """\
            headway: error: there is nothing to say
              because: a note needs its text
              try: --text TEXT, or --event EVENT
            """)
        self.assertEqual(self.inbox.requests, [])

    def test_an_unknown_event(self) -> None:
        self.assert_run(self.notify("--event", "promotd"), 2, "", """\
            headway: error: unknown event "promotd"
              because: events are note, promoted, verified, unhealthy, rolled-back, refused
              try: --event promoted
            """)

    def test_an_abbreviated_commit(self) -> None:
        self.assert_run(self.notify("--text", "x", "--commit", "f7eef0d4"), 2, "", """\
            headway: error: "f7eef0d4" is no full commit id
              try: give all 40 digits: --commit $(git rev-parse COMMIT)
            """)

    def test_no_channel(self) -> None:
        self.stage.configure()
        self.assert_run(self.notify("--text", "x"), 2, "", """\
            headway: error: no channel is configured
              try: notify: {slack: {webhook: {env: SLACK_WEBHOOK}}} in .headway.yml
              try: or --slack-webhook-env NAME
            """)

    def test_without_a_file(self) -> None:
        (self.stage.headway.work / ".headway.yml").unlink()
        result = self.notify(
            "--text", "x", "--remote", "https://gitlab.example.com/group/app.git",
            "--slack-webhook-env", "SLACK_WEBHOOK",
        )  # fmt: skip
        self.assert_run(result, 0, "staging: told slack\n", "")

    def test_refused_by_slack(self) -> None:
        self.inbox.script([channel_archived()])
        self.assert_run(self.notify("--text", "x"), 1, "", """\
            headway: error: the Slack message did not arrive
              because: the webhook's channel is archived (HTTP 410: "channel_is_archived")
              try: create an incoming webhook for another channel and store its URL where `notify: {slack: {webhook: …}}` of .headway.yml takes it from
            """)

    def test_a_missing_variable(self) -> None:
        result = self.stage.run("notify", "staging", "--text", "x")
        self.assert_run(result, 2, "", """\
            headway: error: the variable SLACK_WEBHOOK is not set
              because: .headway.yml:3:33 names it; GitLab hands a protected variable only to jobs of protected branches and tags, and a variable with an environment scope only to jobs whose "environment:" is in that scope
              try: set SLACK_WEBHOOK in Settings > CI/CD > Variables, protected only if this job's branch is, with a scope that holds this job's environment
              try: outside CI: export SLACK_WEBHOOK
            """)


def _elements(block: dict[str, Any]) -> list[dict[str, Any]]:
    """The elements of a block at all depths, in order."""
    found: list[dict[str, Any]] = []
    for element in block.get("elements", []):
        found += [element, *_elements(element)]
    return found
