"""The quickstart's tour: a throwaway team (git host, app, inbox) and headway's real commands."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from host.app import Agent, App
from host.git_host import GitHost
from host.inbox import Inbox
from host.repo import Repository

k_branch = "_gitlab/agents/staging"
k_token = "glpat-quickstart-token"
k_configuration = """\
remote: {remote}
source: main
environments:
  staging:
    branch: {branch}
    token: {{env: STAGING_PUSH_TOKEN}}
    url: {url}
    verify:
      deadline: 30s
      interval: 200ms
      consecutive: 3
      probes:
        - {{name: health, url: /health, json: {{/version: "${{short_commit}}"}}}}
notify:
  slack: {{webhook: {{env: SLACK_WEBHOOK}}}}
"""


class Tour:
    """Runs commands in a folder that holds nothing but a `.headway.yml`."""

    def __init__(self, headway: Path, folder: Path, webhook: str) -> None:
        self._headway = headway
        self._folder = folder
        self._environment = {
            "USER": os.environ.get("USER", "you"),
            "STAGING_PUSH_TOKEN": k_token,
            "SLACK_WEBHOOK": webhook,
        }

    def run(self, *words: str, expected: int) -> None:
        """Shows a command, what it answered, and its exit code; any other code ends the tour."""
        print(f"\n$ headway {shlex.join(words)}", flush=True)
        code = subprocess.run(
            [self._headway, *words],
            cwd=self._folder,
            env=self._environment,
            stderr=subprocess.STDOUT,
            check=False,
        ).returncode
        print(f"(exit code {code})", flush=True)
        if code != expected:
            sys.exit(f"quickstart: exit code {expected} was expected")


def heading(text: str) -> None:
    print(f"\n--- {text}", flush=True)


def show_newest_message(inbox: Inbox, count: int) -> None:
    message = inbox.await_messages(count)[-1]
    print("\nSlack got this message:")
    for line in message.text().splitlines():
        print(f"  | {line}")


def show_ledger(repository: Repository) -> None:
    print("\n$ git log refs/headway/ledger/staging")
    for event in repository.ledger("staging"):
        print(f"  {event.id[:8]} {event.subject}")


def tour(headway: Path, folder: Path) -> None:
    with (
        GitHost(users={"git": k_token}) as host,
        App() as app,
        Inbox() as inbox,
    ):
        repository = host.create_repository("group/app")
        repository.protection.protect("_gitlab/agents/*", ["git"], force=False)
        (folder / ".headway.yml").write_text(
            k_configuration.format(
                remote=host.url("group/app"), branch=k_branch, url=app.origin
            )
        )
        heading("A team: a git host, an app that runs what the branch says, this .headway.yml:")
        print((folder / ".headway.yml").read_text(), end="")
        commands = Tour(headway, folder, inbox.url)
        with Agent(app, repository, k_branch):
            heading("The first version reaches main. What would a promotion do?")
            repository.commit("Say hello", {"app.txt": "hello\n"})
            commands.run("promote", "staging", "--dry-run", expected=0)

            heading("Do it: the branch moves, the app has to answer with this very version.")
            commands.run("promote", "staging", expected=0)
            show_newest_message(inbox, 1)

            heading("Two more commits on main: a fast-forward, without a clone.")
            repository.commit("Say hello in French", {"app.txt": "bonjour\n"})
            repository.commit("Say it louder", {"app.txt": "BONJOUR\n"})
            commands.run("promote", "staging", expected=0)
            show_newest_message(inbox, 2)

            heading("Run again, as a retried job does: nothing is left to do but to look again.")
            commands.run("promote", "staging", expected=0)

            heading("Somebody puts a hotfix on the deployment branch: headway refuses to lose it.")
            repository.commit("Hotfix, by hand", {"app.txt": "bonsoir\n"}, branch=k_branch)
            repository.commit("Say goodbye", {"app.txt": "au revoir\n"})
            commands.run("promote", "staging", expected=3)
        show_ledger(repository)


def main() -> None:
    headway = Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory(prefix="headway-quickstart-") as folder:
        tour(headway, Path(folder))
    print("\nThe git host, the app and the inbox are gone again. Next: README.md, \"Start\".")


if __name__ == "__main__":
    main()
