"""What the end-to-end tests share: a stage with a git host and the binary, and whole-text checks."""

from __future__ import annotations

import datetime
import re
import textwrap
import unittest
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from host.git_host import GitHost
from host.headway import Headway, Result, Running, normalise
from host.repo import Commit, Repository

k_token = "glpat-0123456789abcdef"
k_variable = "STAGING_PUSH_TOKEN"
k_branch = "_gitlab/agents/staging"
k_ledger = "refs/headway/ledger/staging"
# Status, timings and body of an origin that failed; test_verify_evidence looks at it.
k_last_answer = re.compile(
    r"^headway: [^\n]* at [^\n]*:\n(?=  (?:answered by|status): )(?:  +[^\n]*\n)+", re.MULTILINE)


class Stage:
    """A git host that wants a token, one repository with three commits on main, and headway with
    a configuration for the environment staging.

    Everything is set up in the constructor; `close()` ends it. `options` are the GitHost's.
    """

    def __init__(self, **options: Any) -> None:
        tokens = {"git": k_token, "gitlab-ci-token": k_token}
        self.host = GitHost(**{"users": tokens, **options})
        self.headway = Headway()
        try:
            self.repo: Repository = self.host.create_repository()
            self.commits = self.repo.commits(3)
            self.configure()
        except BaseException:
            self.close()
            raise

    def configure(
        self, *, remote: str | None = None, environment: str = "", top: str = "", token: bool = True
    ) -> None:
        """Writes `.headway.yml` where headway starts. `environment` are further lines of staging,
        `top` further lines of the top level; both may be indented as a block."""
        lines = [
            f"remote: {remote or self.host.url(self.repo)}",
            "source: main",
            textwrap.dedent(top).strip("\n"),
            "environments:",
            "  staging:",
            f"    branch: {k_branch}",
            f"    token: {{env: {k_variable}}}" if token else "",
            textwrap.indent(textwrap.dedent(environment).strip("\n"), "    "),
        ]
        self.write(".headway.yml", "".join(f"{line}\n" for line in lines if line))

    def write(self, name: str, text: str) -> Path:
        """A file where headway starts."""
        path = self.headway.work / name
        path.write_text(text, encoding="utf-8")
        return path

    @staticmethod
    def environment(env: Mapping[str, str] | None = None) -> dict[str, str]:
        return {k_variable: k_token, **(env or {})}

    def run(self, *arguments: str, env: Mapping[str, str] | None = None, **options: Any) -> Result:
        """Runs headway with the token in its variable; `options` are those of Headway.run."""
        return self.headway.run(arguments, env=self.environment(env), **options)

    def start(
        self, *arguments: str, env: Mapping[str, str] | None = None, **options: Any
    ) -> Running:
        return self.headway.start(arguments, env=self.environment(env), **options)

    def promote(self, *arguments: str, **options: Any) -> Result:
        return self.run("promote", "staging", *arguments, **options)

    def deploy(self, commit: str | None = None) -> Commit:
        """A promotion that must succeed, so that a test starts from there; its event."""
        result = self.promote("--commit", commit or self.commits[0])
        if result.code != 0:
            raise AssertionError(f"the first promotion failed:\n{result}")
        self.host.clear_log()
        return self.ledger()[0]

    @property
    def tip(self) -> str | None:
        """Where staging's branch is."""
        return self.repo.tip(k_branch)

    def ledger(self) -> list[Commit]:
        return self.repo.ledger("staging")

    def close(self) -> None:
        self.host.close()
        self.headway.close()

    def __enter__(self) -> Stage:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def moment(event: Commit) -> str:
    """An event's time as headway writes it."""
    return datetime.datetime.fromtimestamp(event.time, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class StageTest(unittest.TestCase):
    """Compares whole outputs, and what happened on the server."""

    maxDiff = None

    def open(self, **options: Any) -> Stage:
        """A Stage for as long as the test runs; `self.stage`."""
        self.stage = self.enterContext(Stage(**options))
        return self.stage

    def assert_run(
        self,
        result: Result,
        code: int,
        stdout: str = "",
        stderr: str = "",
        known: Mapping[object, str] | None = None,
    ) -> None:
        """The run ended with this code and these whole texts, which are dedented first. In what
        it wrote, the host's port becomes <port>, durations <duration>, what `known` names its
        placeholder, and the details of an origin that failed <the last answer>."""
        stage = getattr(self, "stage", None)
        stderr_seen = k_last_answer.sub("<the last answer>\n", result.stderr)
        names = {stage.host.port: "<port>", stage.headway.work: "<work>"} if stage else {}
        names |= known or {}
        found = (result.code, normalise(result.stdout, names), normalise(stderr_seen, names))
        wanted = (code, textwrap.dedent(stdout), textwrap.dedent(stderr))
        if found != wanted:
            self.assertEqual(_shown(*wanted), _shown(*found))
            self.assertEqual(wanted, found)

    def assert_untouched(self, tip: str | None, events: int) -> None:
        """The branch is at `tip`, the ledger has so many events, the repository is sound."""
        self.assertEqual(self.stage.tip, tip)
        self.assertEqual(len(self.stage.ledger()), events)
        self.stage.repo.fsck()

    def assert_moved(self, tip: str, events: int) -> None:
        """The branch is at `tip`, and the newest of so many events tells of it."""
        self.assert_untouched(tip, events)
        self.assertEqual(self.stage.ledger()[0].trailers["Headway-Commit"], tip)


def _shown(code: int, stdout: str, stderr: str) -> str:
    return f"exit code {code}\n--- stdout\n{stdout}--- stderr\n{stderr}"
