"""What the tests of ci-templates/ share: a repository that deploys to two environments, each with an
app and an agent, and a machine that runs a CI's jobs."""

from __future__ import annotations

import hashlib
import textwrap
import unittest
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from e2e.support import StageTest, k_token
from host import leaks
from host.app import Agent, App
from host.ci_machine import Machine, shellcheck
from host.http_server import HttpServer, Reply, Request
from host.inbox import Inbox
from host.tls import CertificateAuthority

k_hostile = (
    "'; touch pwned; ' \"$(touch pwned)\" `touch pwned` $HOME ${IFS} ; touch pwned & | > pwned\n"
    "--release-hold\n::set-output name=outcome::pwned\n##vso[task.setvariable variable=x]pwned\n"
    "*  \\ %s EOF"
)
"""What somebody may write into the field of a form."""


def assert_shellcheck(test: unittest.TestCase, scripts: Iterable[str], dialect: str) -> None:
    """shellcheck finds nothing in any of them."""
    scripts = list(scripts)
    test.assertTrue(scripts)
    for script in scripts:
        found = shellcheck(script, dialect)
        if found is None:
            test.skipTest("shellcheck is not installed")
        test.assertEqual(found, "", script)


class Downloads(HttpServer):
    """Serves the binary at /headway-1.2.3, by https, and at /moved a redirect to it."""

    def __init__(self, binary: Path, authority: CertificateAuthority) -> None:
        self.content = binary.read_bytes()
        self.sha256 = hashlib.sha256(self.content).hexdigest()
        super().__init__(identity=authority.issue("downloads"))

    def default_reply(self, request: Request) -> Reply:
        if request.path == "/headway-1.2.3":
            return Reply(200, self.content)
        return super().default_reply(request)


class Speaker(HttpServer):
    """Is unhealthy, and says something; a failed run shows it, a line of it being a line."""

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__()

    @property
    def arguments(self) -> str:
        """Those of a `verify` that asks it, for a moment."""
        return f"--probe={self.origin}/\n--deadline=300ms\n--interval=20ms"

    def default_reply(self, request: Request) -> Reply:
        return Reply(500, self.text)


class BinaryTests:
    """For a CiTest whose machine has no headway: where the binary comes from."""

    def open_downloads(self: Any) -> None:
        authority = self.stage.host.authority
        self.downloads = self.enterContext(Downloads(self.stage.headway.binary, authority))
        self.trust = {"CURL_CA_BUNDLE": str(authority.certificate)}
        self.given = {"sha256": self.downloads.sha256, "version": "1.2.3",
                      "url": f"{self.downloads.origin}/headway-{{version}}"}  # fmt: skip

    def run_by(self, **inputs: str) -> tuple[int, str]:
        """Runs `headway history staging` with these inputs; exit code and log."""
        raise NotImplementedError

    def assert_runs(self: Any, **inputs: str) -> None:
        code, log = self.run_by(**inputs)
        self.assertEqual(code, 0, log)
        self.assertIn("healthy once", log)

    def assert_refused(self: Any, what: str, **inputs: str) -> None:
        code, log = self.run_by(**inputs)
        self.assertIn(f"headway: error: {what}\n", log)
        self.assertEqual(code, 2)
        self.assertNotIn("healthy once", log)
        self.assertEqual([*self.machine.temp.rglob("binary")], [])

    def test_a_download_with_the_right_checksum(self: Any) -> None:
        self.assert_runs(**self.given)
        self.assert_runs(**self.given | {"sha256": self.downloads.sha256.upper()})

    def test_by_path(self: Any) -> None:
        for path in ("bin", str(self.stage.headway.binary)):
            self.assert_runs(path=path)
        self.assert_refused("there is no binary at the path that was given", path="nowhere")

    def test_another_file_is_refused(self: Any) -> None:
        self.downloads.content += b"\n"
        self.assert_refused(
            "the binary that was downloaded is not the one that was asked for", **self.given)

    def test_without_a_checksum(self: Any) -> None:
        for sha256 in ("", "abc", "0" * 63 + "\n", f"{'0' * 64} x"):
            self.assert_refused("the binary is not downloaded without its checksum",
                                **self.given | {"sha256": sha256})  # fmt: skip
        self.assertEqual(self.downloads.requests, [])

    def test_from_a_doubtful_place(self: Any) -> None:
        for url in ("http://127.0.0.1:1/x", "file:///bin/true", "-o/etc/passwd"):
            self.assert_refused("the binary is not downloaded from there",
                                **self.given | {"url": url})  # fmt: skip
        self.assert_refused("the URL of the binary needs a version",
                            **self.given | {"version": "$(id)"})  # fmt: skip
        self.assert_refused("there is no URL to download the binary from",
                            **self.given | {"url": ""})  # fmt: skip

    def test_what_is_not_there(self: Any) -> None:
        self.assert_refused("the binary could not be downloaded", **self.given | {"version": "9"})
        self.assert_refused("there is no headway")


class CiTest(StageTest):
    """Staging and production run c1, verified; main is at c3. An agent of each deploys every
    commit but the broken ones."""

    def setUp(self) -> None:
        # The names under which forges take a token.
        names = ("git", "gitlab-ci-token", "x-access-token", "x-token-auth", "headway")
        self.open(users=dict.fromkeys(names, k_token))
        self.c1, self.c2, self.c3 = self.stage.commits
        self.broken: set[str] = set()
        self.apps = {name: self.enterContext(App()) for name in ("staging", "production")}
        for name, app in self.apps.items():
            self.enterContext(Agent(app, self.stage.repo, f"deploy/{name}",
                                    condition=lambda tip: tip not in self.broken))  # fmt: skip
        self.stage.write(".headway.yml", self.configuration())
        for name in self.apps:
            ran = self.stage.run("promote", name, "--commit", self.c1)
            self.assertEqual(ran.code, 0, ran)
        self.inbox = self.enterContext(Inbox())
        binary = None if isinstance(self, BinaryTests) else self.stage.headway.binary
        self.machine = self.enterContext(Machine(binary))

    def configuration(self, *, remote: bool = True, deadline: str = "20s") -> str:
        lines = [f"remote: {self.stage.host.url(self.stage.repo)}"] if remote else []
        lines += ["source: main", "environments:"]
        for name, app in self.apps.items():
            after = "after: staging" if name == "production" else ""
            lines.append(textwrap.indent(textwrap.dedent(f"""\
                {name}:
                  branch: deploy/{name}
                  token: {{env: STAGING_PUSH_TOKEN}}
                  url: {app.origin}
                  on_unhealthy: rollback
                  {after}
                  verify:
                    deadline: {deadline}
                    interval: 20ms
                    consecutive: 1
                    probes: [{{name: health, url: /health, json: {{/version: "${{commit}}"}}}}]
                """), "  "))  # fmt: skip
        return "\n".join(line for line in "\n".join(lines).splitlines() if line.strip()) + "\n"

    def break_it(self) -> None:
        """What is promoted from now on never runs, which is found out soon."""
        self.broken |= {self.c2, self.c3}
        self.stage.write(".headway.yml", self.configuration(deadline="1s"))

    def commit_configuration(self, *, deadline: str = "20s") -> str:
        """Puts the file on main, where a job without a checkout finds it; the new commit."""
        text = self.configuration(remote=False, deadline=deadline)
        return self.stage.repo.commit("Configure", {".headway.yml": text})

    def tip_of(self, environment: str) -> str | None:
        return self.stage.repo.tip(f"deploy/{environment}")

    def events_of(self, environment: str) -> list[str]:
        """The ledger's, newest first."""
        return [event.trailers["Headway-Event"] for event in self.stage.repo.ledger(environment)]

    def assert_reason(self, environment: str, text: str = k_hostile) -> None:
        """The environment is held for this reason, which came through as it was written."""
        newest = self.stage.repo.ledger(environment)[0]
        self.assertEqual(newest.trailers["Headway-Held-Reason"], text.replace("\n", " "))

    def assert_told(self, *texts: str) -> None:
        """The inbox has these messages, and none besides."""
        self.assertEqual(len(self.inbox.messages), len(texts), self.inbox.messages)
        for message, text in zip(self.inbox.messages, texts, strict=True):
            self.assertIn(text, message.text())
        self.inbox.assert_valid()

    def assert_no_harm(self, logs: Iterable[str]) -> None:
        """No hostile value ran, and no token is in any log."""
        for folder in (self.machine.work, self.machine.temp, self.machine.home):
            self.assertEqual(list(folder.rglob("*pwned*")), [])
        for log in logs:
            self.assertEqual(list(leaks.find(log, [k_token])), [])

    def assert_junit(self, text: str, *, cases: int = 1, failures: int = 0) -> None:
        """It is a JUnit report of so many cases with so many failures."""
        root = ElementTree.fromstring(text)
        self.assertEqual(len(list(root.iter("testcase"))), cases, text)
        self.assertEqual(len(list(root.iter("failure"))), failures, text)
