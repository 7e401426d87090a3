"""No secret in any output, however much is shown and whatever a server says. At -vv, in text and
in JSON, with a token that looks different in every encoding."""

from __future__ import annotations

import base64
import json
import re
import unittest
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

from e2e.support import StageTest, k_branch
from host import answer, leaks
from host.answer import Answer
from host.app import App
from host.headway import Headway, Result, assert_no_secret
from host.http_server import Reply
from host.inbox import Inbox, k_token as k_inbox_token

k_secret = 'glpat-S3:r+t/%2F&x="y\\z@#?~'
k_user = "git"
k_basic = base64.b64encode(f"{k_user}:{k_secret}".encode()).decode()
k_echo = f"you sent Authorization: Basic {k_basic}"


def encodings(secret: str) -> Iterator[str]:
    """What a server may make of a secret when it says it back."""
    yield secret
    yield quote(secret, safe="")
    yield re.sub("%..", lambda match: match.group().lower(), quote(secret, safe=""))
    yield quote(quote(secret, safe=""), safe="")
    yield quote_plus(secret)
    yield quote(secret)
    yield "".join(f"%{byte:02X}" for byte in secret.encode())
    for prefix in ("", "x", "xy"):
        yield base64.b64encode((prefix + secret).encode()).decode()
        yield base64.urlsafe_b64encode((prefix + secret).encode()).decode()
    yield json.dumps(secret)


class SecretsTest(StageTest):
    """Every run is made twice, for text and for JSON, and both are searched."""

    def setUp(self) -> None:
        self.open(users={k_user: k_secret, "other": "not-this-one"})
        self.inbox = self.enterContext(Inbox())
        self.app = self.enterContext(App())
        self.configure()
        self.runs = 0

    def configure(self, remote: str | None = None) -> None:
        self.stage.configure(
            remote=remote,
            environment=f"""
                url: {self.app.origin}
                verify:
                  deadline: 1s
                  interval: 10ms
                  consecutive: 1
                  probes: [{{name: health, url: /health, json: {{/version: "${{commit}}"}}}}]
            """,
            top="notify: {slack: {webhook: {env: SLACK_WEBHOOK}}}",
        )

    def searched(self, *arguments: str, code: int, token: str = k_secret) -> list[Result]:
        """Runs it in both formats; neither output may hold a secret in any form."""
        results = []
        for form in ("text", "json"):
            env = {"STAGING_PUSH_TOKEN": token, "SLACK_WEBHOOK": self.inbox.url}
            result = self.stage.run(*arguments, "-vv", "--output", form, env=env)
            self.assertEqual(result.code, code, result)
            # What is searched is the full trace, in which the secrets have their places.
            self.assertRegex(result.stderr, r"headway: (GET|POST) http", result)
            if form == "json":
                result.json()
            secrets = [token, f"{k_user}:{token}", k_basic, self.inbox.url, k_inbox_token]
            assert_no_secret(result, secrets)
            results.append(result)
        return results

    def deploy(self, commit: int = 0) -> None:
        """So far deployed and verified."""
        self.app.version = self.stage.commits[commit]
        env = {"STAGING_PUSH_TOKEN": k_secret, "SLACK_WEBHOOK": self.inbox.url}
        result = self.stage.promote("--commit", self.stage.commits[commit], env=env)
        self.assertEqual(result.code, 0, result)


class EachCommand(SecretsTest):
    def test_promote_and_what_comes_after(self) -> None:
        self.app.version = self.stage.commits[2]
        first, _ = self.searched("promote", "staging", code=0)
        self.assertIn("Authorization: ***", first.stderr)
        self.assertEqual(self.stage.tip, self.stage.commits[2])
        self.assertGreaterEqual(len(self.inbox.messages), 1)

    def test_a_fast_forward(self) -> None:
        self.deploy()
        self.app.version = self.stage.commits[2]
        self.searched("promote", "staging", code=0)

    def test_dry_run(self) -> None:
        self.searched("promote", "staging", "--dry-run", code=0)

    def test_a_divergence(self) -> None:
        self.stage.repo.commit(branch=k_branch, parents=[self.stage.commits[0]])
        self.searched("promote", "staging", code=3)

    def test_an_unhealthy_version(self) -> None:
        self.app.behave(lambda _: Reply(500, f"SLACK_WEBHOOK={self.inbox.url} TOKEN={k_secret}"))
        self.searched("promote", "staging", code=4)

    def test_verify(self) -> None:
        self.deploy()
        self.searched("verify", "staging", code=0)

    def test_rollback(self) -> None:
        self.deploy()
        self.deploy(2)
        self.app.version = self.stage.commits[0]
        self.searched("rollback", "staging", "--to", self.stage.commits[0], code=0)

    def test_notify(self) -> None:
        self.searched_without_git("notify", "staging", "--text", "hello", code=0)
        self.assertEqual(len(self.inbox.messages), 2)

    def test_notify_that_fails(self) -> None:
        path = self.inbox.url.removeprefix(self.inbox.origin)
        for said in (self.inbox.url, path, quote(self.inbox.url, safe=""), k_inbox_token):
            with self.subTest(said):
                self.inbox.behave(lambda _, said=said: Reply(404, f"no channel at {said} here"))
                self.searched_without_git("notify", "staging", "--text", "hello", code=1)

    def test_a_failed_message_after_a_promotion(self) -> None:
        self.app.version = self.stage.commits[2]
        self.inbox.behave(lambda _: Reply(403, f"invalid_token: {self.inbox.url}"))
        text, document = self.searched("promote", "staging", code=0)
        self.assertIn("headway: warning: ", text.stderr)
        self.assertEqual(document.json()["exit_code"], 0)

    def searched_without_git(self, *arguments: str, code: int) -> None:
        self.searched(*arguments, code=code)
        self.assertEqual(self.stage.host.requests(), [])


class WhatServersSay(SecretsTest):
    """A server that was given a token may say it back in its refusal."""

    def test_a_hook(self) -> None:
        self.deploy()
        for said in (k_echo, *encodings(k_secret)):
            with self.subTest(said):
                self.stage.repo.protection.refuse_with(f"no: {said} is not allowed", prefix="")
                text, _ = self.searched("promote", "staging", code=3)
                self.assertIn("***", text.stderr.partition("because:")[2])

    def test_a_hook_that_says_it_at_the_end_of_what_is_shown(self) -> None:
        # Long texts are shortened: what is left of a secret there must not be shown either.
        self.deploy()
        for length in range(300 - len(k_secret), 300, 5):
            with self.subTest(length):
                said = "x" * length + k_secret + "x" * 100
                self.stage.repo.protection.refuse_with(said, prefix="")
                env = {"STAGING_PUSH_TOKEN": k_secret, "SLACK_WEBHOOK": self.inbox.url}
                result = self.stage.promote(env=env)
                self.assertEqual(result.code, 3)
                self.assertNotIn(k_secret[:8], result.stderr)

    def test_an_error_page(self) -> None:
        for said in (k_echo, k_secret, quote(k_secret, safe="")):
            with self.subTest(said):
                page = f"<html><title>{said} is wrong</title></html>".replace('"', "'")
                self.stage.host.answer(Answer(401, page, "text/html"), "/group/app.git*")
                self.searched("promote", "staging", code=5)

    def test_an_error_line(self) -> None:
        line = f"ERR {k_echo} {k_secret}\n"
        body = f"{len(line) + 4:04x}{line}"
        kind = "application/x-git-upload-pack-advertisement"
        self.stage.host.answer(Answer(200, body, kind), "/group/app.git*")
        self.searched("promote", "staging", code=1)

    def test_a_redirect(self) -> None:
        for location in (
            f"http://{k_user}:{quote(k_secret, safe='')}@127.0.0.1:9/group/app.git",
            f"/users/sign_in?token={quote(k_secret, safe='')}",
            f"/users/{quote(k_secret, safe='')}/sign_in",
        ):
            with self.subTest(location):
                self.stage.host.answer(answer.redirect(location), "/group/app.git*")
                result = self.searched("promote", "staging", code=5 if "sign_in" in location else 1)
                self.assertIn("redirects to", result[0].stderr)

    def test_a_wrong_token(self) -> None:
        self.searched("promote", "staging", code=5, token="glpat-wrong/but+secret==")

    def test_a_proxy_with_a_password(self) -> None:
        env = {"STAGING_PUSH_TOKEN": k_secret, "SLACK_WEBHOOK": self.inbox.url,
               "http_proxy": "http://someone:pr0xy-p4ssword@127.0.0.1:9"}  # fmt: skip
        result = self.stage.promote("-vv", env=env)
        self.assertEqual(result.code, 1, result)
        assert_no_secret(result, ["pr0xy-p4ssword", k_secret])


class TheSearchItself(unittest.TestCase):
    """The search finds what is there: else the tests above would prove nothing."""

    def test_finds_a_secret_in_each_encoding(self) -> None:
        for said in encodings(k_secret):
            for text in (said, f"before {said} after", f"x{said}x"):
                with self.subTest(text):
                    with self.assertRaises(AssertionError):
                        assert_no_secret(f"headway: error: {text}\n", [k_secret])

    def test_finds_every_form_that_it_knows(self) -> None:
        for form in leaks.forms(k_secret):
            with self.assertRaises(AssertionError):
                assert_no_secret(Result([], 0, "", f"said: {form}.", 0.0), [k_secret])

    def test_finds_a_secret_in_a_real_run(self) -> None:
        # A word of the command line is no secret to headway, and is shown.
        with Headway() as headway:
            result = headway.run([f"--{k_inbox_token}"])
        self.assertEqual(result.code, 2)
        with self.assertRaises(AssertionError):
            assert_no_secret(result, [k_inbox_token])

    def test_passes_what_holds_none(self) -> None:
        assert_no_secret("headway: POST http://127.0.0.1/ [Authorization: ***]", [k_secret])


if __name__ == "__main__":
    unittest.main()
