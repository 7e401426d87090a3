"""Promotion in a repository on this machine: by its path or a file:// URL, without any server and
without a git program."""

from __future__ import annotations

import json
import os
import re
import tempfile
import unittest
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from e2e.support import StageTest, k_branch
from host.headway import Headway, Result
from host.repo import Commit, Repository, k_empty_tree, k_null_id

k_branch_ref = f"refs/heads/{k_branch}"
k_promoters = 16


class LocalTest(StageTest):
    """A bare repository in a folder whose name has a space, three commits on main, and headway;
    there is no git program in its PATH, and no server."""

    def setUp(self) -> None:
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.headway = self.enterContext(Headway())
        self.repo = Repository(self.folder / "the repositories" / "app.git")
        (self.repo.path / "hooks/pre-receive").unlink()
        self.c1, self.c2, self.c3 = self.repo.commits(3)
        self.configure()

    def remote(self) -> str:
        return str(self.repo.path)

    def configure(self, remote: str | None = None, top: str = "") -> None:
        (self.headway.work / ".headway.yml").write_text(
            f"remote: {json.dumps(remote or self.remote())}\nsource: main\n{top}environments:\n"
            f"  staging: {{branch: {k_branch}}}\n"
        )

    def promote(self, *arguments: str, **options: Any) -> Result:
        return self.headway.run(["promote", "staging", "--no-verify", *arguments], **options)

    def deploy(self, commit: str) -> None:
        result = self.promote("--commit", commit)
        self.assertEqual((result.code, result.stderr), (0, ""), result)

    def ledger(self) -> list[Commit]:
        return self.repo.ledger("staging")

    def assert_said(self, result: Result, code: int, stdout: str = "", stderr: str = "") -> None:
        self.assert_run(result, code, stdout, stderr, {self.folder: "<folder>"})

    def assert_deployed(self, *commits: str) -> None:
        """The branch is at the newest, and the ledger tells of all of them, newest first."""
        self.assertEqual(self.repo.tip(k_branch), commits[0])
        events = self.ledger()
        self.assertEqual([event.trailers["Headway-Commit"] for event in events], [*commits])
        self.assertEqual([event.parents for event in events],
                         [[event.id] for event in events[1:]] + [[]])  # fmt: skip
        self.assertEqual({event.tree for event in events}, {k_empty_tree})
        self.repo.fsck()


class Decisions(LocalTest):
    def test_created_then_fast_forward(self) -> None:
        self.assert_said(self.promote("--commit", self.c1), 0, """\
            staging: created _gitlab/agents/staging at 9318c89e
            """)
        self.assert_deployed(self.c1)
        self.assert_said(self.promote(), 0, """\
            staging: 9318c89e → f7eef0d4, fast-forward
            """)
        self.assert_deployed(self.c3, self.c1)
        event = self.ledger()[0]
        self.assertEqual(
            event.trailers,
            {
                "Headway-Event": "promoted",
                "Headway-Environment": "staging",
                "Headway-Commit": self.c3,
                "Headway-Previous": self.c1,
                "Headway-Actor": "headway",
                "Headway-Push": "atomic",
            },
        )
        self.assertEqual((event.author, event.subject),
                         ("headway <headway@localhost>", "Promote f7eef0d4 to staging"))  # fmt: skip

    def test_a_long_way(self) -> None:
        self.deploy(self.c1)
        tip = self.repo.grow(5000, files=0)
        self.assert_said(self.promote(), 0, f"""\
            staging: 9318c89e → {tip[:8]}, fast-forward
            """)
        self.assert_deployed(tip, self.c1)

    def test_packed_refs(self) -> None:
        self.deploy(self.c1)
        self.repo.run("pack-refs", "--all", "--prune")
        self.repo.run("repack", "-adq")
        self.assert_said(self.promote(), 0, """\
            staging: 9318c89e → f7eef0d4, fast-forward
            """)
        self.assert_deployed(self.c3, self.c1)

    def test_done_already(self) -> None:
        self.deploy(self.c3)
        self.assert_said(self.promote(), 0, """\
            staging: f7eef0d4 is there already
            """)
        self.assert_deployed(self.c3)

    def test_record(self) -> None:
        self.repo.create_branch(k_branch, self.c3)
        self.assert_said(self.promote(), 0, """\
            staging: f7eef0d4 was there already, now it is on record
            """)
        self.assert_deployed(self.c3)

    def test_superseded(self) -> None:
        self.deploy(self.c3)
        self.assert_said(self.promote("--commit", self.c1), 0, """\
            staging: nothing moved, f7eef0d4 is newer than 9318c89e
            """)
        self.assert_deployed(self.c3)

    def test_diverged(self) -> None:
        self.deploy(self.c1)
        fix = self.repo.commit("Hot fix", branch=k_branch)
        before = self.repo.refs()
        self.assert_said(self.promote(), 3, "", f"""\
            headway: warning: staging was moved by something else: the ledger expected 9318c89e, the branch is at {fix[:8]}
            headway: error: _gitlab/agents/staging has diverged from main
              because: _gitlab/agents/staging has a commit that f7eef0d4 does not contain: {fix[:8]} Hot fix (Ada Example)
              try: keep them: merge {fix[:8]} into main, then promote again
              try: drop them: headway rollback staging --to {self.c1} --reason "drop commits that are not on main", then: headway promote staging --release-hold
            """)
        self.assertEqual(self.repo.refs(), before)

    def test_not_on_the_source_branch(self) -> None:
        topic = self.repo.commit("Not merged", branch="topic", parents=[self.c2])
        self.assert_said(self.promote("--commit", topic), 3, "", f"""\
            headway: error: {topic[:8]} is not on main
              because: deployment branches hold only commits of main, and the remote's main (f7eef0d4) does not contain this one
              try: merge it into main, then: headway promote staging
              try: or name another source branch: --source BRANCH
            """)
        self.assertEqual(self.repo.refs(k_branch_ref), {})

    def test_held_and_released(self) -> None:
        self.deploy(self.c2)
        back = self.headway.run(["rollback", "staging", "--to", self.c1, "--no-verify"])
        self.assertEqual(back.code, 0, back)
        since = self.ledger()[0].trailers["Headway-Held-Since"]
        self.assert_said(self.promote(), 3, "", f"""\
            headway: error: staging is held
              because: held since {since} by headway: rolled back from cc352607
              try: promote a commit that mends it: a revert of one of 9318c89e..cc352607, or a trailer "Fixes-Deployment: cc352607d207c9dcaf0ce181d561e6232b9e7ba7"
              try: when the cause is mended: headway promote staging --release-hold
              try: or end the hold alone: headway resume staging
            """)
        self.assert_said(self.promote("--release-hold"), 0, """\
            staging: 9318c89e → f7eef0d4, fast-forward
            """)
        self.assert_deployed(self.c3, self.c1, self.c2)

    def test_abbreviated(self) -> None:
        self.assert_said(self.promote("--commit", "cc35260"), 0, """\
            staging: created _gitlab/agents/staging at cc352607
            """)
        self.assert_deployed(self.c2)

    def test_dry_run(self) -> None:
        self.deploy(self.c1)
        before = self.repo.refs()
        objects = sorted(self.repo.path.glob("objects/??/*"))
        result = self.promote("--dry-run", "--output", "json")
        self.assertEqual(result.code, 0, result)
        entry = result.json()["environments"][0]
        self.assertEqual((entry["action"], entry["moved"]), ("fast-forward", False))
        self.assertEqual([c["id"] for c in entry["changes"]], [self.c3, self.c2])
        self.assertEqual(self.repo.refs(), before)
        self.assertEqual(sorted(self.repo.path.glob("objects/??/*")), objects)

    def test_several_environments(self) -> None:
        (self.headway.work / ".headway.yml").write_text(
            f"remote: {json.dumps(self.remote())}\nenvironments:\n"
            + "".join(f"  edge-{n:03}: {{branch: edge/{n:03}}}\n" for n in range(20))
        )
        for commit in (self.c1, self.c3):
            result = self.headway.run(["promote", "edge-*", "--no-verify", "--commit", commit])
            self.assertEqual((result.code, result.stderr), (0, ""), result)
        self.assertEqual(set(self.repo.refs("refs/heads/edge/").values()), {self.c3})
        self.assertEqual(len(self.repo.ledger("edge-010")), 2)
        self.repo.fsck()

    def test_a_lock_on_one_branch_stops_all_until_it_goes(self) -> None:
        (self.headway.work / ".headway.yml").write_text(
            f"remote: {json.dumps(self.remote())}\nenvironments:\n"
            "  one: {branch: one}\n  two: {branch: two}\n"
        )
        command = ["promote", "one", "two", "--no-verify", "-v"]
        self.assertEqual(self.headway.run([*command, "--commit", self.c1]).code, 0)
        before = self.repo.refs()
        lock = self.repo.path / "refs/heads/two.lock"
        lock.touch()
        with self.headway.start(command) as running:
            running.await_output(
                "planning again: refs/heads/two: cannot lock ref 'refs/heads/two': "
                "'refs/heads/two.lock' exists: another process moves this ref, or died while it did"
            )
            self.assertEqual(self.repo.refs(), before)
            lock.unlink()
            result = running.wait()
        self.assertEqual((result.code, result.stdout), (0, """\
one: 9318c89e → f7eef0d4, fast-forward
two: 9318c89e → f7eef0d4, fast-forward
"""))  # fmt: skip
        self.assertEqual([self.repo.tip("one"), self.repo.tip("two")], [self.c3, self.c3])
        self.assertEqual([len(self.repo.ledger(name)) for name in ("one", "two")], [2, 2])


class ByUrl(Decisions):
    """The same by a file:// URL, with the space percent-encoded."""

    def remote(self) -> str:
        return self.repo.path.as_uri()


class OtherPlaces(LocalTest):
    def test_from_where_headway_starts(self) -> None:
        self.configure(remote=os.path.relpath(self.repo.path, self.headway.work))
        self.assert_said(self.promote(), 0, """\
            staging: created _gitlab/agents/staging at f7eef0d4
            """)
        self.assert_deployed(self.c3)

    def test_a_working_tree_with_a_checkout(self) -> None:
        clone = self.folder / "clone"
        self.repo.clone(clone)
        self.configure(remote=str(clone))
        self.assert_said(self.promote(), 0, """\
            staging: created _gitlab/agents/staging at f7eef0d4
            """)
        tree = Repository(clone / ".git")
        self.assertEqual(tree.tip(k_branch), self.c3)
        self.assertEqual(len(tree.ledger("staging")), 1)


class Refused(LocalTest):
    def test_a_hook_that_would_not_run(self) -> None:
        for hook in ("pre-receive", "update", "post-receive", "reference-transaction"):
            path = self.repo.path / "hooks" / hook
            path.write_text("#!/bin/sh\nexit 1\n")
            path.chmod(0o755)
            self.assert_said(self.promote(), 3, "", f"""\
                headway: error: the repository <folder>/the repositories/app.git cannot be used
                  because: its {hook} hook would not run on a push from here
                  try: give the URL of the git server instead: --remote https://…
                  try: remove the hook: <folder>/the repositories/app.git/hooks/{hook}
                """)
            path.unlink()
        self.assertEqual(list(self.repo.refs()), ["refs/heads/main"])
        # One that cannot be executed is none to git either.
        (self.repo.path / "hooks/pre-receive.sample").write_text("#!/bin/sh\nexit 1\n")
        self.assertEqual(self.promote().code, 0)

    def test_no_repository(self) -> None:
        for path, because in (
            ("/nowhere", "failed to resolve path '<folder>/nowhere': No such file or directory"),
            ("", "could not find repository at '<folder>'"),
        ):
            self.configure(remote=f"{self.folder}{path}")
            self.assert_said(self.promote(), 2, "", f"""\
                headway: error: <folder>{path} is no git repository
                  because: {because}
                  try: give a repository's folder or URL: --remote PATH
                """)

    def test_an_unknown_commit(self) -> None:
        result = self.promote("--commit", "1" * 40)
        self.assertEqual(result.code, 3, result)
        self.assertTrue(result.stderr.startswith(
            f"headway: error: the remote does not have commit {'1' * 40}\n"), result)  # fmt: skip

    def test_a_force_push_that_the_repository_forbids(self) -> None:
        self.deploy(self.c2)
        self.repo.set_config("receive.denyNonFastForwards", "true")
        result = self.headway.run([
            "rollback", "staging", "--to", self.c1, "--strategy", "reset", "--no-verify"])
        self.assertEqual((result.code, result.stdout), (3, ""), result)
        self.assertIn("git config receive.denyNonFastForwards false", result.stderr)
        self.assert_deployed(self.c2)

    def test_a_branch_that_is_checked_out(self) -> None:
        clone = self.folder / "clone"
        git = self.repo.clone(clone)
        git.run("checkout", "-q", "-b", k_branch, self.c1, cwd=clone)
        self.configure(remote=str(clone))
        result = self.promote("--source", "main")
        self.assertEqual((result.code, result.stdout), (3, ""), result)
        self.assertEqual(Repository(clone / ".git").tip(k_branch), self.c1)


class Races(LocalTest):
    def promote_at_once(self, commits: list[str]) -> list[Result]:
        with ExitStack() as stack:
            running = [
                stack.enter_context(
                    self.headway.start(["promote", "staging", "--no-verify", "--commit", commit])
                )
                for commit in commits
            ]
            return [process.wait(120) for process in running]

    def test_the_same_commit(self) -> None:
        done = []
        for _ in range(5):
            commit = self.repo.commit()
            done.insert(0, commit)
            results = self.promote_at_once([commit] * k_promoters)
            self.assertEqual([(r.code, r.stderr) for r in results], [(0, "")] * k_promoters, results)
            moved = [r for r in results if "is there already" not in r.stdout]
            self.assertEqual(len(moved), 1, results)
            self.assertRegex(moved[0].stdout, "created|fast-forward")
            self.assert_deployed(*done)

    def test_different_commits(self) -> None:
        moved = 0
        for _ in range(5):
            commits = self.repo.commits(k_promoters)
            results = self.promote_at_once(sorted(commits, key=lambda commit: commit[::-1]))
            self.assertEqual([(r.code, r.stderr) for r in results], [(0, "")] * k_promoters, results)
            self.assertEqual(self.repo.tip(k_branch), commits[-1])
            moved += sum(bool(re.search("created|fast-forward", r.stdout)) for r in results)
        events = self.ledger()
        self.assertEqual(len(events), moved, "an event is lost or doubled")
        self.assert_deployed(*[event.trailers["Headway-Commit"] for event in events])
        for event, parent in zip(events, events[1:], strict=False):
            self.assertEqual(event.trailers["Headway-Previous"], parent.trailers["Headway-Commit"])
            self.assertNotIn("Headway-Drift", event.trailers)

    def test_against_git_itself(self) -> None:
        # git moves the branch back and forth while headway promotes: nobody's move is overwritten.
        self.deploy(self.c1)
        for number in range(5):
            tip = self.repo.commit()
            before = self.repo.tip(k_branch)
            with self.headway.start(["promote", "staging", "--no-verify", "--commit", tip]) as run:
                other = self.repo.git.attempt(
                    "update-ref", k_branch_ref, tip, before or k_null_id, cwd=self.repo.path
                )
                result = run.wait()
            self.assertEqual((result.code, self.repo.tip(k_branch)), (0, tip), result)
            if other.returncode == 0 and "fast-forward" in result.stdout:
                self.fail(f"both moved it: {result}")
            self.assertEqual(len(self.ledger()), number + 2)
        self.repo.fsck()


if __name__ == "__main__":
    unittest.main()
