"""Reads the commands of a Markdown file, and runs them where they are at home.

console  `$ COMMAND` and what it writes, both streams as they come: run in order, and compared
sh       commands for a shell; those of headway are run, or all of a block where a test says so
"""

from __future__ import annotations

import base64
import os
import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from host.app import Agent, App
from host.git_host import GitHost
from host.headway import k_instrumentation, normalise
from host.inbox import Inbox

k_token = "glpat-0123456789abcdef"
k_users = {"git": k_token, "gitlab-ci-token": k_token}
k_messages = ("Greet people", "Let people pay", "Pay faster")
k_environments = ("staging", "production")
_k_block = re.compile(
    r"^(?P<indent> *)```(?P<language>\w*)\n(?P<text>.*?)^(?P=indent)```$", re.M | re.S)
_k_moment = re.compile(r"\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ")
# Only there when the first look comes before the agent.
_k_still_old = re.compile(r"^headway: health: not healthy: 200, but /version is .*\n", re.M)
# An age or a duration is as wide as it is, and what stands behind it in a table moves.
_k_gap = re.compile(r"(?<=\S) {2,}")


@dataclass(frozen=True)
class Block:
    """A fenced block, without its indentation."""

    language: str
    text: str


def blocks(path: Path) -> list[Block]:
    found = []
    for match in _k_block.finditer(path.read_text(encoding="utf-8")):
        lines = match["text"].splitlines(keepends=True)
        text = "".join(line.removeprefix(match["indent"]) for line in lines)
        found.append(Block(match["language"], text))
    return found


def sessions(path: Path) -> Iterator[tuple[str, str]]:
    """Command and output of every `$ …` in the console blocks."""
    for block in blocks(path):
        if block.language == "console":
            for part in re.split(r"^\$ ", block.text, flags=re.M)[1:]:
                command, _, output = part.partition("\n")
                yield command, output


def commands(path: Path, program: str = "headway") -> list[str]:
    """Every line of a program in the blocks, and every whole command in `code`."""
    text = path.read_text(encoding="utf-8")
    found = [command for command, _ in sessions(path)]
    for block in blocks(path):
        if block.language in ("sh", "bash"):
            found += block.text.replace("\\\n", " ").splitlines()
    prose = _k_block.sub("", text)
    found += re.findall(rf"`({program} [^`]+)`", prose)
    return [command for command in found if command.startswith(f"{program} ")]


def comparable(text: str) -> str:
    """Without what differs from run to run: moments, durations, ages, the widths of columns, and
    looks that come too early."""
    text = _k_moment.sub("<moment>", _k_still_old.sub("", text))
    return _k_gap.sub("  ", normalise(text, {}))


class Scene:
    """A git host with the story of the guides: commits on main, agents that follow the branches of
    staging and production, an inbox, and a folder with a .headway.yml.

    count    how many of the commits are on main
    agents   without them nothing is deployed, whatever the branches say
    force    the protected branches let the token force-push
    on_main  .headway.yml is on main, and not in the folder; commit ids then differ every time
    """

    def __init__(
        self, *, count: int = 3, agents: bool = True, force: bool = True, on_main: bool = False
    ) -> None:
        self._end = ExitStack()
        self.folder = Path(tempfile.mkdtemp(prefix="headway-guide-"))
        self._end.callback(shutil.rmtree, self.folder, ignore_errors=True)
        try:
            self.host = self._end.enter_context(GitHost(users=k_users))
            self.inbox = self._end.enter_context(Inbox())
            self.apps = {name: self._end.enter_context(App()) for name in k_environments}
            self.repo = self.host.create_repository()
            extra = {".headway.yml": self.configuration()} if on_main else {}
            self.commits = [
                self.repo.commit(message, {"app.txt": message, **extra})
                for message in k_messages[:count]
            ]
            self.repo.protection.protect("_gitlab/agents/*", k_users, force=force)
            self.work = self.folder / "work"
            (self.folder / "bin").mkdir()
            self.work.mkdir()
            (self.folder / "bin/headway").symlink_to(os.environ["HEADWAY_BINARY"])
            if not on_main:
                (self.work / ".headway.yml").write_text(self.configuration(), encoding="utf-8")
            for name, app in self.apps.items() if agents else ():
                self._end.enter_context(Agent(app, self.repo, f"_gitlab/agents/{name}"))
        except BaseException:
            self.close()
            raise

    def configuration(self) -> str:
        lines = [f"remote: {self.host.url(self.repo)}", "source: main", "environments:"]
        for name, app in self.apps.items():
            lines += [
                f"  {name}:",
                f"    branch: _gitlab/agents/{name}",
                f"    token: {{env: {name.upper()}_PUSH_TOKEN}}",
                f"    url: {app.origin}",
                "    verify:",
                "      interval: 50ms",
                '      probes: [{name: health, url: /health, json: {/version: "${commit}"}}]',
            ]
        return "\n".join([*lines, "notify: {slack: {webhook: {env: SLACK_WEBHOOK}}}\n"])

    def environment(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """What a person's shell has: programs, names, tokens, and git that may log in."""
        login = base64.b64encode(f"git:{k_token}".encode()).decode()
        return {
            "PATH": f"{self.folder}/bin:{os.environ['PATH']}",
            "HOME": str(self.folder),
            "USER": "ada",
            "LC_ALL": "C.UTF-8",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_COUNT": "3",
            "GIT_CONFIG_KEY_0": "http.extraHeader",
            "GIT_CONFIG_VALUE_0": f"Authorization: Basic {login}",
            "GIT_CONFIG_KEY_1": "user.name",
            "GIT_CONFIG_VALUE_1": "Ada Example",
            "GIT_CONFIG_KEY_2": "user.email",
            "GIT_CONFIG_VALUE_2": "ada@example.com",
            "REMOTE": self.host.url(self.repo),
            "APP_URL": self.apps["production"].origin,
            "GOOD": self.commits[1],
            "BAD": self.commits[-1],
            "SLACK_WEBHOOK": self.inbox.url,
            **{f"{name.upper()}_PUSH_TOKEN": k_token for name in k_environments},
            "MY_TOKEN": k_token,
            **{key: os.environ[key] for key in k_instrumentation if key in os.environ},
            **(more or {}),
        }

    def shell(
        self, script: str, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Runs a script in the folder; both streams are in `stdout`, as they came."""
        return subprocess.run(
            ["bash", "-c", script], cwd=self.work, env=self.environment(env), check=False,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            timeout=100,
        )  # fmt: skip

    def headway(self, *words: str, code: int = 0) -> str:
        """Runs headway, which must end with this code; what it wrote."""
        done = self.shell(shlex.join(["headway", *words]))
        if done.returncode != code:
            raise AssertionError(f"exit code {done.returncode}: {done.stdout}")
        return done.stdout

    def deploy(self, environment: str, *commits: str) -> None:
        """Promotes to each of these in turn."""
        where = ("--remote", self.host.url(self.repo), "--token-env", "MY_TOKEN")
        for commit in commits:
            self.headway("promote", environment, "--commit", commit, *where)

    def tip(self, environment: str) -> str | None:
        return self.repo.tip(f"_gitlab/agents/{environment}")

    def events(self, environment: str) -> list[str]:
        """Kinds of the ledger's events, newest first."""
        return [event.trailers.get("Headway-Event", "") for event in self.repo.ledger(environment)]

    def close(self) -> None:
        self._end.close()

    def __enter__(self) -> Scene:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
