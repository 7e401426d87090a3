"""Follow-ups of rollbacks: a merge request on the source branch that reverts the bad range, made
without a clone, or the commands that make it."""

from __future__ import annotations

import subprocess
import tempfile
import unittest
from pathlib import Path
from signal import SIGINT
from typing import Any

from e2e.support import StageTest
from host.app import App
from host.headway import Result
from host.relay import Relay

k_lines = [f"line {number}\n" for number in range(1, 10)]
k_merge_request = "https://gitlab.example.com/group/app/-/merge_requests/7"
k_unverified = """\
headway: staging: not verified, nothing says where it runs (url: below environments: staging: in .headway.yml, or --url)
"""


def with_line(number: int, text: str) -> str:
    lines = list(k_lines)
    lines[number - 1] = f"{text}\n"
    return "".join(lines)


class FollowUpTest(StageTest):
    """A host that headway takes for GitLab. `good` and then `bad` were deployed; two commits lie
    between: one changes a file of two folders, the other adds one."""

    options: dict[str, Any] = {}

    def setUp(self) -> None:
        self.open(**self.options)
        repo = self.repo = self.stage.repo
        start = {"src/a.txt": "".join(k_lines), "src/deep/b.txt": "b\n", "docs/c.txt": "c\n"}
        self.good = repo.commit("Good", start)
        self.first = repo.commit("First", {"src/a.txt": with_line(1, "bad")})
        self.bad = repo.commit("Second", {"src/deep/new.txt": "new\n"})
        for commit in (self.good, self.bad):
            self.stage.deploy(commit)
        self.branch = f"headway/revert-{self.bad[:8]}-staging"
        self.print_like_gitlab()

    def print_like_gitlab(self) -> None:
        hook = self.repo.path / "hooks" / "post-receive"
        hook.write_text(
            "#!/bin/sh\n"
            'while read -r _ _ ref; do case $ref in refs/heads/headway/*) echo;'
            f' echo "View merge request for ${{ref#refs/heads/}}:"; echo "  {k_merge_request}";'
            " echo;; esac; done\n"
        )
        hook.chmod(0o755)

    def rollback(self, *arguments: str, gitlab: bool = True, **options: Any) -> Result:
        env = {"GITLAB_CI": "true"} if gitlab else {}
        return self.stage.run("rollback", "staging", "--to", self.good, "--follow-up", *arguments,
                              env=env, **options)  # fmt: skip

    def git_reverts(self) -> str:
        """The tree that `git revert` makes of the range on main; GitError on a conflict."""
        with tempfile.TemporaryDirectory() as folder:
            git = self.repo.clone(Path(folder, "clone"))
            git.run("revert", "--no-edit", f"{self.good}..{self.bad}", cwd=Path(folder, "clone"))
            return git.run("rev-parse", "HEAD^{tree}", cwd=Path(folder, "clone"))

    def command(self, revert: str | None = None, branch: str = "main") -> str:
        revert = revert or f"git revert --no-edit {self.good}..{self.bad}"
        return (f"git fetch origin {branch} && git switch -c {self.branch} origin/{branch} && "
                f"{revert} && git push -u origin HEAD")  # fmt: skip

    def rolled_back(self) -> str:
        return f"staging: {self.bad[:8]} → {self.good[:8]}, rolled back and held (reset)\n"

    def assert_follow_up(self, result: Result, line: str, stderr: str = k_unverified) -> None:
        """The rollback was done, and this came of its follow-up."""
        self.assert_run(result, 0, f"{self.rolled_back()}staging: follow-up: {line}\n", stderr)
        self.assertEqual(self.stage.tip, self.good)
        self.repo.fsck()

    def assert_by_hand(self, result: Result, because: str, revert: str | None = None) -> None:
        self.assert_follow_up(
            result, f"to be made by hand, {because}:\n  {self.command(revert)}"
        )
        self.assertIsNone(self.repo.tip(self.branch))

    def assert_opened(self, result: Result, tree: str) -> None:
        self.assert_follow_up(result, k_merge_request)
        [commit] = self.repo.log(self.branch, 1)
        self.assertEqual((commit.tree, commit.parents), (tree, [self.repo.tip()]))

    def paste(self, command: str) -> str:
        """Runs a printed command in a clone and returns the tree of the branch that it pushed."""
        with tempfile.TemporaryDirectory() as folder:
            clone = Path(folder, "clone")
            git = self.repo.clone(clone)
            subprocess.run(["sh", "-ec", command], cwd=clone, env=git.environment, check=True,
                           capture_output=True)  # fmt: skip
        return self.repo.rev_parse(f"{self.branch}^{{tree}}")


class Opened(FollowUpTest):
    def test_main_is_what_was_bad(self) -> None:
        result = self.rollback("--reason", "checkout fails")
        self.assert_opened(result, self.repo.rev_parse(f"{self.good}^{{tree}}"))
        [commit] = self.repo.log(self.branch, 1)
        self.assertEqual(
            commit.subject, "Revert the changes that were rolled back from staging"
        )
        self.assertEqual(
            commit.body,
            f"staging was rolled back from {self.bad[:8]} to {self.good[:8]}: checkout fails.\n\n"
            f"This reverts commit {self.bad}.\nThis reverts commit {self.first}.\n\n"
            f"Fixes-Deployment: {self.bad}\n",
        )
        self.assertEqual(commit.trailers, {"Fixes-Deployment": self.bad})
        self.assertEqual(
            self.repo.received_push_options()[-1],
            [
                "merge_request.create",
                "merge_request.target=main",
                "merge_request.title=Revert the changes that were rolled back from staging",
                f"merge_request.description=staging was rolled back from {self.bad[:8]} to"
                f" {self.good[:8]}: checkout fails. This reverts 2 commits: {self.bad[:8]},"
                f" {self.first[:8]}",
                "merge_request.remove_source_branch",
            ],
        )

    def test_one_commit_object_and_few_requests(self) -> None:
        self.repo.set_config("transfer.unpackLimit", "100000")
        before = self.repo.run("count-objects").split()[0]
        self.assertEqual(self.rollback().code, 0)
        # Two events of the ledger at most, the empty tree at most, and the revert.
        after = self.repo.run("count-objects").split()[0]
        self.assertLessEqual(int(after) - int(before), 3)
        requests = self.stage.host.requests()
        self.assertLessEqual(len(requests), 12)
        self.assertEqual(len({entry.connection for entry in requests}), 1)

    def test_a_single_commit(self) -> None:
        self.good = self.first
        self.assert_opened(self.rollback(), self.repo.rev_parse(f"{self.good}^{{tree}}"))
        [commit] = self.repo.log(self.branch, 1)
        self.assertEqual(commit.subject, 'Revert "Second"')

    def test_main_has_moved_on_elsewhere(self) -> None:
        noise = "".join(f"{number * 7919}\n" for number in range(40_000))
        self.repo.commit("Moves on", {"docs/c.txt": "C\n", "docs/large.txt": noise,
                                      "src/large.txt": noise[::-1]})  # fmt: skip
        tree = self.git_reverts()
        self.assert_opened(self.rollback(), tree)
        received = sum(entry.body_bytes_sent for entry in self.stage.host.requests())
        self.assertLess(received, 6000)
        # The root and src; nothing below, where only one side has changed.
        levels = self.asked_levels()
        self.assertEqual(levels, ["3 folders and 0 files", "3 folders and 0 files"])

    def asked_levels(self) -> list[str]:
        """What a rehearsal reads for the same merge."""
        self.repo.delete_ref(f"refs/heads/{self.branch}")
        said = self.rollback("--dry-run", "-v").stderr.splitlines()
        return [line.split("asked for ")[1].split(":")[0] for line in said
                if "folders and" in line]  # fmt: skip

    def test_the_same_file_elsewhere(self) -> None:
        self.repo.commit("Moves on", {"src/a.txt": "".join(
            ["bad\n", *k_lines[1:8], "good\n"])})  # fmt: skip
        tree = self.git_reverts()
        self.assert_opened(self.rollback(), tree)
        self.assertEqual(
            self.repo.run("cat-file", "blob", f"{self.branch}:src/a.txt") + "\n",
            with_line(9, "good"),
        )
        self.assertEqual(
            self.asked_levels(),
            ["3 folders and 0 files", "3 folders and 0 files", "0 folders and 3 files"],
        )

    def test_folders_within_one_another(self) -> None:
        # git leaves a wanted folder out that it met inside another one: it is asked for again.
        copies = {f"copy-{number}/{number}.txt": "1\n" for number in range(6)}
        src = {path: self.repo.run("cat-file", "blob", f"main:{path}") + "\n"
               for path in self.repo.run("ls-tree", "-r", "--name-only", "main", "src").split()}
        self.repo.commit("Folders", copies)
        self.good = self.repo.commit("Good", {"src/deep/new.txt": "changed\n"})
        self.first = self.repo.commit("Bad", {"src/a.txt": with_line(3, "bad")} | {
            f"copy-{number}/{path}": with_line(3, "bad") if path == "src/a.txt"
            else "changed\n" if path == "src/deep/new.txt" else text
            for number in range(6) for path, text in src.items()})  # fmt: skip
        self.bad = self.repo.commit("Worse", {"copy-0/x.txt": "x\n"})
        for commit in (self.good, self.bad):
            self.stage.deploy(commit)
        self.branch = f"headway/revert-{self.bad[:8]}-staging"
        self.repo.commit("Moves on", {"src/more.txt": "m\n"} | {
            f"copy-{number}/more.txt": "m\n" for number in range(6)})  # fmt: skip
        self.assertEqual(self.repo.rev_parse(f"{self.bad}:src"),
                         self.repo.rev_parse(f"{self.bad}:copy-3/src"))  # fmt: skip
        tree = self.git_reverts()
        self.assert_opened(self.rollback(), tree)
        # The root, then src and the copies: twice.
        self.assertEqual(self.asked_levels(),
                         ["3 folders and 0 files", *2 * ["21 folders and 0 files"]])  # fmt: skip

    def test_once_only(self) -> None:
        self.assertEqual(self.rollback().code, 0)
        commit = self.repo.tip(self.branch)
        self.assert_run(self.rollback(), 0, f"""\
            staging: {self.good[:8]} is there already
            staging: follow-up: {self.branch} exists already
            """, k_unverified)
        self.repo.commit("A touch of mine", {"x": "x\n"}, branch=self.branch)
        self.assertIn("exists already\n", self.rollback().stdout.split("follow-up")[1])
        self.assertEqual(self.repo.rev_parse(f"{self.branch}^"), commit)

    def test_json(self) -> None:
        document = self.rollback("--output", "json").json()
        self.assertEqual(
            document["follow_up"],
            {
                "created": True,
                "url": k_merge_request,
                "page": None,
                "branch": self.branch,
                "commit": self.repo.tip(self.branch),
                "commands": [],
                "because": None,
            },
        )
        self.assertEqual((document["exit_code"], document["warnings"]), (0, []))

    def test_no_merge_request_is_named(self) -> None:
        (self.repo.path / "hooks" / "post-receive").unlink()
        self.assert_follow_up(
            self.rollback(),
            f"{self.branch} was pushed; the server named no merge request; open a merge request:"
            f" http://127.0.0.1:<port>/group/app/-/merge_requests/new?merge_request%5Bsource_branch"
            f"%5D=headway%2Frevert-{self.bad[:8]}-staging&merge_request%5Btarget_branch%5D=main",
        )

    def test_interrupted_and_run_again(self) -> None:
        relay = self.enterContext(Relay(self.stage.host))
        self.stage.configure(remote=relay.url())
        # Four exchanges are the rollback's own.
        hold = relay.hold_answer(len(relay.exchanges) + 6)
        process = self.enterContext(
            self.stage.start("rollback", "staging", "--to", self.good, "--follow-up",
                             env={"GITLAB_CI": "true"})  # fmt: skip
        )
        hold.await_arrival()
        process.signal(SIGINT)
        self.assert_run(process.wait(), 130, self.rolled_back(), f"""\
{k_unverified}headway: error: interrupted while the follow-up was being opened
  because: the rollback itself is done
  try: run the same command again
""")
        hold.drop()
        self.assertEqual(self.stage.tip, self.good)
        self.assert_run(self.rollback(), 0, f"""\
            staging: {self.good[:8]} is there already
            staging: follow-up: {k_merge_request}
            """, k_unverified)

    def test_the_old_version_does_not_run(self) -> None:
        app = self.enterContext(App(self.bad))
        self.stage.configure(
            environment=f"""\
                url: {app.origin}
                verify:
                  interval: 1h
                  deadline: 30s
                  consecutive: 1
                  probes: [{{name: health, url: /health, json: {{/version: "${{commit}}"}}}}]
                """
        )
        result = self.rollback()
        self.assertEqual((result.code, result.stdout), (4, f"""\
{self.rolled_back()}staging: follow-up: {k_merge_request}
"""), result)  # fmt: skip

    def test_dry_run(self) -> None:
        self.assert_run(self.rollback("--dry-run"), 0, f"""\
            staging: would go back {self.bad[:8]} → {self.good[:8]} and be held (reset, or restore where the server forbids force pushes)
              {self.bad[:8]} Second (Ada Example)
              {self.first[:8]} First (Ada Example)
            staging: follow-up: would open a merge request from {self.branch} into main
            """, "")
        self.assertIsNone(self.repo.tip(self.branch))
        self.assertEqual(self.stage.tip, self.bad)


class NotNeeded(FollowUpTest):
    def test_reverted_already(self) -> None:
        self.repo.commit("Revert by hand", {"src/a.txt": "".join(k_lines)},
                         delete=["src/deep/new.txt"])  # fmt: skip
        self.assert_follow_up(
            self.rollback(), "not needed, main is as if they were reverted already"
        )

    def test_never_on_main(self) -> None:
        self.repo.create_branch("main", self.good)
        self.assert_follow_up(
            self.rollback(), "not needed, main has none of the commits that were rolled back"
        )

    def test_nothing_was_rolled_back(self) -> None:
        self.stage.configure(top="ledger: off")
        self.good = self.bad
        self.assert_run(self.rollback(), 0, f"""\
            staging: {self.bad[:8]} is there already
            staging: follow-up: not needed, nothing was rolled back
            """, k_unverified)

    def test_not_asked_for(self) -> None:
        result = self.stage.run("rollback", "staging", "--to", self.good)
        self.assert_run(result, 0, self.rolled_back(), k_unverified)


class ByHand(FollowUpTest):
    def test_conflict(self) -> None:
        self.repo.commit("Moves on", {"src/a.txt": with_line(1, "worse")})
        self.assert_by_hand(
            self.rollback(), "what changed on main since then is in the way: src/a.txt"
        )

    def test_another_forge_and_the_commands_work(self) -> None:
        self.repo.commit("Moves on", {"docs/c.txt": "C\n"})
        self.assert_by_hand(
            self.rollback(gitlab=False), "this server opens no merge request for a push"
        )
        self.assertEqual(self.paste(self.command()), self.git_reverts())

    def test_merges_and_the_commands_work(self) -> None:
        self.repo.create_branch("side", self.first)
        self.repo.commit("Aside", {"side.txt": "s\n"}, branch="side")
        self.repo.merge("side")
        self.bad = self.repo.commit("Third", {"third.txt": "3\n"})
        self.stage.deploy(self.bad)
        self.branch = f"headway/revert-{self.bad[:8]}-staging"
        revert = f"git revert -m 1 --no-edit $(git rev-list --first-parent {self.good}..{self.bad})"
        self.assert_by_hand(
            self.rollback(gitlab=False), "this server opens no merge request for a push", revert
        )
        self.assertEqual(
            self.paste(self.command(revert)), self.repo.rev_parse(f"{self.good}^{{tree}}")
        )

    def test_only_some_are_on_main(self) -> None:
        self.repo.create_branch("main", self.first)
        self.assert_by_hand(
            self.rollback(),
            "main has only 1 of the 2 commits that were rolled back",
            f"git revert --no-edit {self.first}",
        )

    def test_json(self) -> None:
        self.assertEqual(
            self.rollback("--output", "json", gitlab=False).json()["follow_up"],
            {
                "created": False,
                "url": None,
                "page": None,
                "branch": self.branch,
                "commit": None,
                "commands": [self.command()],
                "because": "this server opens no merge request for a push",
            },
        )

    def test_local_repository(self) -> None:
        for hook in (self.repo.path / "hooks").iterdir():
            hook.unlink()
        self.stage.configure(remote=str(self.repo.path), token=False)
        self.assert_by_hand(self.rollback(), "this server takes no push options")


class WithoutPushOptions(FollowUpTest):
    options = {"push_options": False}

    def test_by_hand(self) -> None:
        self.assert_by_hand(self.rollback(), "this server takes no push options")


class Warned(FollowUpTest):
    def assert_warned(self, result: Result, because: str, *hints: str) -> None:
        tries = "".join(f"  try: {hint}\n" for hint in (*hints, self.command()))
        self.assert_run(result, 0, self.rolled_back(), f"{k_unverified}"
                        f"headway: warning: the follow-up of staging was not opened\n"
                        f"  because: {because}\n{tries}")  # fmt: skip
        self.assertEqual(self.stage.tip, self.good)
        self.assertEqual(self.stage.ledger()[0].trailers["Headway-Event"], "rolled-back")
        self.repo.fsck()


class Failed(Warned):
    def test_the_server_refuses_the_branch(self) -> None:
        self.repo.protection.protect("headway/*", ["somebody"])
        self.assert_warned(
            self.rollback(),
            f"the server refused to create {self.branch}: {self.branch} is a protected branch and"
            " the bot of $STAGING_PUSH_TOKEN may not push to it (the server said: \"You are not"
            " allowed to push code to protected branches on this project.\")",
            "Settings > Repository > Protected branches: allow the bot of $STAGING_PUSH_TOKEN to"
            f" push and merge to {self.branch}",
        )

    def test_the_branch_holds_something_else(self) -> None:
        self.repo.create_branch(self.branch, self.good)
        self.assert_warned(
            self.rollback(),
            f"{self.branch} exists already: it is at {self.good[:8]}, and holds another revert than"
            " this one",
            f"git push origin --delete {self.branch}, then run the same command again",
        )

    def test_no_source_branch(self) -> None:
        self.repo.create_branch("other")
        self.repo.delete_ref("refs/heads/main")
        self.assert_warned(
            self.rollback(),
            "the remote has no branch main: there is nothing to revert on",
            "name the source branch: --source BRANCH",
        )


class WithoutFilter(Warned):
    options = {"allow_filter": False}

    def test_main_is_what_was_bad(self) -> None:
        # No folder has to be read for it.
        self.assert_follow_up(self.rollback(), k_merge_request)

    def test_main_has_moved_on(self) -> None:
        self.repo.commit("Moves on", {"docs/c.txt": "C\n"})
        self.assert_warned(
            self.rollback(),
            "the folders of http://127.0.0.1:<port>/group/app.git cannot be merged: this server"
            " does not hand out single folders and files (protocol v2 with filters)",
            "turn on uploadpack.allowFilter and uploadpack.allowAnySHA1InWant on the server",
            "or merge in a clone, with git itself",
        )


class OldProtocol(WithoutFilter):
    options = {"protocol_v2": False}


class WithoutAnySha1(FollowUpTest):
    options = {"any_sha1": False}

    def test_main_has_moved_on(self) -> None:
        # In protocol v2 git does not look at the setting.
        self.repo.commit("Moves on", {"docs/c.txt": "C\n"})
        tree = self.git_reverts()
        self.assert_opened(self.rollback(), tree)


if __name__ == "__main__":
    unittest.main()
