"""Many promotions at once, and races that are lost on purpose.

The first kind takes longer than other tests: it is repeated until luck can be ruled out.
"""

from __future__ import annotations

import re
import unittest
from contextlib import ExitStack
from typing import Any

from e2e.support import StageTest, k_branch, k_ledger
from host.headway import Result
from host.repo import Commit, k_null_id

k_branch_ref = f"refs/heads/{k_branch}"
k_promoters = 16
k_rounds = 5


class RaceTest(StageTest):
    def promote_at_once(self, commits: list[str]) -> list[Result]:
        """One process for each commit, all started before the first is waited for."""
        with ExitStack() as stack:
            running = [
                stack.enter_context(
                    self.stage.start("promote", "staging", "--no-verify", "--commit", commit)
                )
                for commit in commits
            ]
            return [process.wait(120) for process in running]

    def assert_linear(self, events: list[Commit]) -> None:
        """Newest first: each event's parent is the next one, and tells of what stood there."""
        for event, parent in zip(events, [*events[1:], None], strict=True):
            self.assertEqual(event.parents, [parent.id] if parent else [])
            self.assertEqual(event.trailers.get("Headway-Previous"),
                             parent.trailers["Headway-Commit"] if parent else None)  # fmt: skip
            self.assertNotIn("Headway-Drift", event.trailers)
        commits = [event.trailers["Headway-Commit"] for event in events]
        self.assertEqual(len(commits), len(set(commits)), "an event is doubled")
        self.stage.repo.fsck()

    def assert_same_commit(self, rounds: int, note: str = "") -> None:
        """In every round all promote the same commit: one does the work, the others find it."""
        for number in range(rounds):
            commit = self.stage.repo.commit()
            short = commit[:8]
            before = self.stage.tip
            results = self.promote_at_once([commit] * k_promoters)
            self.assertEqual([result.code for result in results], [0] * k_promoters, results)
            moved = (
                f"staging: {before[:8]} → {short}, fast-forward\n"
                if before
                else f"staging: created {k_branch} at {short}\n"
            )
            results.sort(key=lambda result: result.stdout != moved)
            texts = [result.stdout for result in results]
            self.assertEqual((texts[0], results[0].stderr), (moved, note))
            self.assertEqual({result.stderr for result in results[1:]}, {""})
            others = {f"staging: {short} is there already\n"}
            if note:  # Between the branch and its event somebody else may write the event.
                others.add(f"staging: {short} was there already, now it is on record\n")
            self.assertEqual(set(texts[1:]) - others, set())
            self.assertEqual(self.stage.tip, commit)
            self.assertEqual(len(self.stage.ledger()), number + 1)


class ManyAtOnce(RaceTest):
    def test_the_same_commit(self) -> None:
        self.open()
        self.assert_same_commit(k_rounds)
        self.assert_linear(self.stage.ledger())

    def test_different_commits(self) -> None:
        self.open()
        moved = 0
        for _ in range(k_rounds):
            commits = self.stage.repo.commits(k_promoters)
            # The newest first, the oldest first, and anything between.
            order = sorted(commits, key=lambda commit: commit[::-1])
            results = self.promote_at_once(order)
            self.assertEqual([result.code for result in results], [0] * k_promoters, results)
            self.assertEqual({result.stderr for result in results}, {""})
            self.assertEqual(self.stage.tip, commits[-1])
            for commit, result in zip(order, results, strict=True):
                short = commit[:8]
                self.assertRegex(
                    result.stdout,
                    rf"\Astaging: (created {k_branch} at {short}|[0-9a-f]{{8}} → {short}, "
                    rf"fast-forward|nothing moved, [0-9a-f]{{8}} is newer than {short})\n\Z",
                )
            moved += sum(bool(re.search("created|fast-forward", r.stdout)) for r in results)
        events = self.stage.ledger()
        self.assertEqual(len(events), moved, "an event is lost or doubled")
        self.assert_linear(events)
        # Only forward: each event's commit is an ancestor of the next one's.
        for newer, older in zip(events, events[1:], strict=False):
            self.assertTrue(self.stage.repo.is_ancestor(older.trailers["Headway-Commit"],
                                                        newer.trailers["Headway-Commit"]))  # fmt: skip

    def test_the_same_commit_without_atomic_pushes(self) -> None:
        self.open(atomic=False)
        self.assert_same_commit(
            2,
            "headway: this server cannot move several refs as one: the branch goes first, its "
            "ledger event second\n",
        )
        self.assertEqual([len(event.parents) for event in self.stage.ledger()], [1, 0])
        self.stage.repo.fsck()

    def test_without_a_ledger(self) -> None:
        self.open()
        self.stage.configure(top="ledger: off")
        for _ in range(2):
            commits = self.stage.repo.commits(k_promoters)
            results = self.promote_at_once(commits)
            self.assertEqual([result.code for result in results], [0] * k_promoters, results)
            self.assertEqual(self.stage.tip, commits[-1])
        self.assertEqual(self.stage.repo.refs("refs/headway"), {})

    def test_against_a_rollback(self) -> None:
        # Whoever comes after the rollback finds the environment held; nobody overruns it.
        self.open()
        first = self.stage.commits[0]
        for _ in range(3):
            self.assertEqual(self.stage.promote("--release-hold").code, 0)
            commits = self.stage.repo.commits(k_promoters)
            events = len(self.stage.ledger())
            with self.stage.start("rollback", "staging", "--to", first, "--no-verify") as back:
                results = self.promote_at_once(commits)
                result = back.wait(120)
            self.assertEqual(result.code, 0, result)
            self.assertEqual({r.code for r in results} - {0, 3}, set(), results)
            refused = [r for r in results if r.code == 3]
            self.assertEqual({r.stderr.splitlines()[0] for r in refused}
                             - {"headway: error: staging is held"}, set())  # fmt: skip
            newest = self.stage.ledger()[0]
            self.assertEqual((self.stage.tip, newest.trailers["Headway-Event"]),
                             (first, "rolled-back"))  # fmt: skip
            moved = sum("fast-forward" in r.stdout for r in results)
            self.assertEqual(len(self.stage.ledger()), events + moved + 1)
        for event, parent in zip(self.stage.ledger(), self.stage.ledger()[1:], strict=False):
            self.assertEqual(event.parents, [parent.id])
            self.assertEqual(event.trailers["Headway-Previous"], parent.trailers["Headway-Commit"])
        self.stage.repo.fsck()


class LostOnPurpose(RaceTest):
    """Staging is at c1; between the plan for c3 and its push somebody moves a ref."""

    def setUp(self) -> None:
        self.open()
        self.c1, self.c2, self.c3 = self.stage.commits
        self.first = self.stage.deploy()

    def race(self, *moves: tuple[str, str], code: int = 0) -> dict[str, Any]:
        """The whole document of a promotion of c3 that meets these moves, one at each push."""
        self.stage.repo.protection.race(*moves)
        result = self.stage.promote("--no-verify", "--commit", self.c3, "--output", "json")
        self.assertEqual(result.code, code, result)
        document: dict[str, Any] = result.json()
        self.assertFalse((self.stage.repo.path / "protection/race").exists(), "no race was run")
        self.stage.repo.fsck()
        return document

    def outcome(self, document: dict[str, Any]) -> tuple[Any, ...]:
        entry = document["environments"][0]
        return document["attempts"], entry["action"], entry["from"], entry["moved"]

    def event(self, text: str, **changes: str) -> str:
        """Writes a further event on top of the ledger's newest, made of its text."""
        newest = self.stage.repo.run("cat-file", "commit", k_ledger)
        lines = [line for line in newest.splitlines() if not line.startswith("parent ")]
        lines.insert(1, f"parent {self.stage.ledger()[0].id}")
        body = "\n".join(lines) + "\n"
        for key, value in changes.items():
            body = re.sub(rf"(?m)^Headway-{key}: .*$", f"Headway-{key}: {value}", body)
        body += text
        return self.stage.repo.run("hash-object", "-t", "commit", "-w", "--stdin",
                                   stdin=body.encode())  # fmt: skip

    def test_to_somebody_who_went_half_the_way(self) -> None:
        document = self.race((k_branch_ref, self.c2))
        self.assertEqual(self.outcome(document), (2, "fast-forward", self.c2, True))
        self.assert_moved(self.c3, 2)
        self.assertEqual(self.stage.ledger()[0].trailers["Headway-Drift"], self.c1)

    def test_to_somebody_who_did_the_same_by_hand(self) -> None:
        document = self.race((k_branch_ref, self.c3))
        self.assertEqual(self.outcome(document), (2, "record", self.c3, False))
        self.assert_moved(self.c3, 2)

    def test_to_somebody_who_was_further(self) -> None:
        newer = self.stage.repo.commit()
        document = self.race((k_branch_ref, newer))
        self.assertEqual(self.outcome(document), (2, "superseded", newer, False))
        self.assert_untouched(newer, 1)

    def test_to_a_hot_fix(self) -> None:
        fix = self.stage.repo.run(
            "commit-tree", f"{self.c1}^{{tree}}", "-p", self.c1, "-m", "Hot fix"
        )
        document = self.race((k_branch_ref, fix), code=3)
        self.assertEqual(self.outcome(document), (2, "refused", fix, False))
        self.assertEqual([c["id"] for c in document["environments"][0]["in_the_way"]], [fix])
        self.assert_untouched(fix, 1)

    def test_to_somebody_who_deleted_the_branch(self) -> None:
        document = self.race((k_branch_ref, k_null_id))
        self.assertEqual(self.outcome(document), (2, "create", None, True))
        self.assert_moved(self.c3, 2)

    def test_to_another_event(self) -> None:
        other = self.event("", Actor="somebody else")
        document = self.race((k_ledger, other))
        self.assertEqual(self.outcome(document), (2, "fast-forward", self.c1, True))
        self.assert_moved(self.c3, 3)
        self.assertEqual([event.id for event in self.stage.ledger()[1:]], [other, self.first.id])

    def test_to_a_hold(self) -> None:
        held = self.event(
            "Headway-Held-Since: 2026-01-01T00:00:00Z\nHeadway-Held-By: ada\n"
            "Headway-Held-Reason: it burns\n",
            Event="held",
        )
        document = self.race((k_ledger, held), code=3)
        self.assertEqual(self.outcome(document), (2, "refused", self.c1, False))
        self.assertEqual(document["error"]["because"],
                         "held since 2026-01-01T00:00:00Z by ada: it burns")  # fmt: skip
        self.assert_untouched(self.c1, 2)

    def test_to_a_main_that_was_rewritten(self) -> None:
        document = self.race((k_branch_ref, self.c2), ("refs/heads/main", self.c2))
        # The second move came with the push that succeeded: too late to matter.
        self.assertEqual(self.outcome(document), (2, "fast-forward", self.c2, True))
        self.assertEqual(self.stage.repo.tip("main"), self.c2)

    def test_six_times_in_a_row(self) -> None:
        moves = [(k_branch_ref, commit) for commit in [self.c2, self.c1] * 3]
        document = self.race(*moves)
        self.assertEqual(self.outcome(document), (7, "fast-forward", self.c1, True))
        self.assert_moved(self.c3, 2)

    def test_is_told_when_asked(self) -> None:
        self.stage.repo.protection.race((k_branch_ref, self.c2))
        result = self.stage.promote("--no-verify", "--commit", self.c3, "-v")
        self.assertEqual((result.code, result.stdout),
                         (0, "staging: cc352607 → f7eef0d4, fast-forward\n"))  # fmt: skip
        self.assertEqual(len(re.findall("^headway: planning again: ", result.stderr, re.M)), 1)


if __name__ == "__main__":
    unittest.main()
