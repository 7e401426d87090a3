"""What the tests of ci-templates/ share: a repository that deploys to two environments, each with an
app and an agent, and a machine that runs a CI's jobs."""

from __future__ import annotations

import hashlib
import textwrap
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable
from pathlib import Path

from e2e.support import StageTest, k_token
from host import leaks
from host.app import Agent, App
from host.ci_machine import Machine, shellcheck
from host.http_server import HttpServer, Reply, Request
from host.tls import CertificateAuthority

k_hostile = (
    "it's \"$(touch pwned)\" `touch pwned` $HOME ${IFS} ; touch pwned & | > pwned\n"
    "--release-hold\n::set-output name=outcome::pwned\n##vso[task.setvariable variable=x]pwned\n"
    "*  \\ %s EOF"
)
"""What somebody may write into the field of a form."""


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


class CiTest(StageTest):
    """Staging and production run c1, verified; main is at c3. An agent of each deploys every
    commit but the broken ones."""

    def setUp(self) -> None:
        self.open()
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
        self.machine = self.enterContext(Machine(self.stage.headway.binary))

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

    def assert_shellcheck(self, scripts: Iterable[str], dialect: str) -> None:
        """shellcheck finds nothing in any of them."""
        scripts = list(scripts)
        self.assertTrue(scripts)
        for script in scripts:
            found = shellcheck(script, dialect)
            if found is None:
                self.skipTest("shellcheck is not installed")
            self.assertEqual(found, "", script)
