"""What a run costs does not depend on how long the ledger is: only its newest event is read."""

from __future__ import annotations

import unittest
import zlib

from e2e.support import StageTest, k_branch, k_ledger
from host import ledger
from host.access_log import LoggedRequest
from host.app import App

k_events = 20_000
k_rounds = 3
k_most_rounds = 40
k_framing = 10
"""Two packets more or less of git's side-band, of 5 bytes each, are its own affair: how often it
cuts the same bytes into pieces depends on the moment."""


class LongLedger(StageTest):
    """Staging is at the second commit; its ledger's newest event is the same but for its parent:
    the second event, or number 19,999."""

    def setUp(self) -> None:
        self.open()
        self.c1, self.c2, self.c3 = self.stage.commits
        self.stage.deploy(self.c1)
        newest = self.stage.deploy(self.c2)
        self.text = self.stage.repo.run("cat-file", "commit", newest.id) + "\n"
        self.parent = newest.parents[0]
        self.short = newest.id
        self.long = self.on_top_of(k_events - 1)
        self.assertEqual([self.stage.repo.count(tip) for tip in (self.short, self.long)],
                         [2, k_events])  # fmt: skip

    def on_top_of(self, count: int) -> str:
        """The newest event on top of so many. Ids are compressed to more or fewer bytes: a chain
        is taken whose newest event is as short as the other's."""
        repo = self.stage.repo
        wanted = len(zlib.compress(self.text.encode()))
        last = ledger.write_chain(repo, "refs/scratch/chain", "staging", (self.c1, self.c2),
                                  count - 1)  # fmt: skip
        for second in range(1000):
            text = ledger.message("promoted", "staging", self.c1, Previous=self.c2)
            id_ = ledger.write(repo, ledger.commit_text(text, [last], when=second))
            newest = self.text.replace(self.parent, id_).encode()
            if len(zlib.compress(newest)) == wanted:
                return ledger.write(repo, newest)
        raise AssertionError("no event of the same length")

    def requests(self, event: str, *arguments: str) -> list[LoggedRequest]:
        """What the command asked for, with the ledger at this event."""
        self.stage.repo.update_ref(f"refs/heads/{k_branch}", self.c2)
        self.stage.repo.update_ref(k_ledger, event)
        self.stage.host.clear_log()
        result = self.stage.run(*arguments)
        self.assertEqual(result.code, 0, result)
        return self.stage.host.requests()

    def assert_same_cost(self, *arguments: str) -> None:
        short = [self.requests(self.short, *arguments) for _ in range(k_rounds)]
        wanted = min(map(received, short))
        found = []
        for _ in range(k_most_rounds):
            requests = self.requests(self.long, *arguments)
            self.assertEqual(shown(requests), shown(short[0]))
            found.append(received(requests))
            if found[-1] <= wanted:
                break
        self.assertLessEqual(abs(min(found) - wanted), k_framing, found)

    def test_a_promotion(self) -> None:
        self.assert_same_cost("promote", "staging")
        self.assert_moved(self.c3, k_events + 1)

    def test_a_rollback_to_a_named_commit(self) -> None:
        self.assert_same_cost("rollback", "staging", "--to", self.c1)
        self.assert_moved(self.c1, k_events + 1)

    def test_nothing_to_do(self) -> None:
        self.assert_same_cost("promote", "staging", "--commit", self.c2)

    def test_a_verdict(self) -> None:
        with App(version=self.c2) as app:
            self.stage.configure(environment=f"""
                url: {app.url}
                verify: {{interval: 10ms, consecutive: 1, deadline: 20s}}
                """)
            self.assert_same_cost("verify", "staging")
        self.assert_moved(self.c2, k_events + 1)


def shown(requests: list[LoggedRequest]) -> list[str]:
    return [f"{entry.method} {entry.uri}" for entry in requests]


def received(requests: list[LoggedRequest]) -> int:
    return sum(entry.body_bytes_sent for entry in requests)


if __name__ == "__main__":
    unittest.main()
