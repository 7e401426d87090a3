"""What happened to an environment, and DORA's metrics of it."""

from __future__ import annotations

import time
import unittest
from typing import Any

from e2e.support import StageTest, k_branch, k_ledger
from host.headway import Result

k_day = 86400
k_start = 1_790_000_000
"""2026-09-21T14:13:20Z, when the events that are written by hand begin."""


class HistoryTest(StageTest):
    def setUp(self) -> None:
        self.open()

    def history(self, *arguments: str, **options: Any) -> Result:
        self.stage.host.clear_log()
        return self.stage.run("history", "staging", *arguments, **options)

    def record(self, kind: str, commit: int, when: int, **trailers: str) -> str:
        """Appends an event by hand, as headway would have written it, dated `when`."""
        repo = self.stage.repo
        parent = repo.ref(k_ledger)
        values = {"Event": kind, "Environment": "staging", "Commit": self.stage.commits[commit]}
        values |= {key.replace("_", "-"): value for key, value in trailers.items()}
        message = "Event\n\n" + "".join(f"Headway-{key}: {value}\n" for key, value in values.items())
        tree = repo.run("hash-object", "-t", "tree", "-w", "--stdin")
        date = f"{when} +0000"
        event = repo.run(
            "commit-tree", tree, *(["-p", parent] if parent else []), "-m", message,
            env={"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date},
        )  # fmt: skip
        repo.update_ref(k_ledger, event)
        return event

    def assert_requests(self, fetches: int) -> None:
        """The listing takes two requests."""
        requests = [entry.method for entry in self.stage.host.requests()]
        self.assertEqual(requests, ["GET", "POST"] + ["POST"] * fetches)


class Events(HistoryTest):
    def tell_a_story(self) -> None:
        self.record("promoted", 0, k_start, Actor="ada")
        self.record("promoted", 1, k_start + 60, Actor="ada", Previous=self.stage.commits[2],
                    Drift=self.stage.commits[0], Overridden="Fri 16:00 to Mon 08:00")  # fmt: skip
        self.record("unhealthy", 1, k_start + 120, Reason="health: 503")
        self.record("held", 1, k_start + 180, Actor="eve", Held_Since="2026-09-21T14:16:20Z",
                    Held_By="eve", Held_Reason="checkout fails")  # fmt: skip

    def test_newest_first(self) -> None:
        self.tell_a_story()
        self.assert_run(self.history(), 0, """\
            TIME                  EVENT      COMMIT    BY
            2026-09-21T14:16:20Z  held       cc352607  eve  checkout fails
            2026-09-21T14:15:20Z  unhealthy  cc352607  -    health: 503
            2026-09-21T14:14:20Z  promoted   cc352607  ada  drift: expected 9318c89e; overrides Fri 16:00 to Mon 08:00
            2026-09-21T14:13:20Z  promoted   9318c89e  ada
            """)
        self.assert_requests(1)

    def test_as_headway_writes_it(self) -> None:
        for commit in self.stage.commits[:2]:
            self.stage.deploy(commit)
        lines = self.history().stdout.splitlines()
        self.assertEqual([line[20:].split()[:2] for line in lines[1:]],
                         [["promoted", "cc352607"], ["promoted", "9318c89e"]])  # fmt: skip

    def test_limit(self) -> None:
        self.tell_a_story()
        self.assert_run(self.history("--limit", "1"), 0, """\
            TIME                  EVENT  COMMIT    BY
            2026-09-21T14:16:20Z  held   cc352607  eve  checkout fails
            there is more: --limit 0
            """)
        for limit, count in (("2", 2), ("4", 4), ("5", 4), ("0", 4)):
            with self.subTest(limit=limit):
                answer = self.history("--limit", limit, "--output", "json").json()
                self.assertEqual((len(answer["events"]), answer["cut"]), (count, count < 4))
        self.assertNotIn("there is more", self.history("--limit", "0").stdout)
        self.assertEqual(self.history("--limit", "some").code, 2)

    def test_twenty_by_default(self) -> None:
        for number in range(25):
            self.record("promoted", number % 3, k_start + number)
        lines = self.history().stdout.splitlines()
        self.assertEqual((len(lines), lines[-1]), (22, "there is more: --limit 0"))
        self.assertEqual(len(self.history("--output", "json").json()["events"]), 25)

    def test_since(self) -> None:
        self.tell_a_story()
        for when, count in (
            ("2026-09-21T14:15:00Z", 2),
            ("2026-09-21T16:15:00+02:00", 2),
            ("2026-09-21", 4),
            ("2026-09-20", 4),
        ):
            with self.subTest(when):
                answer = self.history("--since", when, "--output", "json").json()
                self.assertEqual(len(answer["events"]), count)
        self.record("promoted", 2, int(time.time()) - 3 * 3600)
        for when, count in (("1h", 0), ("4h", 1), ("1d", 1)):
            with self.subTest(when):
                answer = self.history("--since", when, "--output", "json").json()
                self.assertEqual(len(answer["events"]), count)
        result = self.history("--since", "1h")
        self.assertRegex(result.stdout, r"\Anothing happened since 20\d\d-[-\dT:]+Z\n\Z")

    def test_a_moment_that_is_none(self) -> None:
        self.assert_run(self.history("--since", "soon"), 2, "", """\
            headway: error: --since: "soon" is no moment
              because: it is a duration, a day or an RFC 3339 time
              try: --since 30d
              try: --since 2026-11-01
              try: --since 2026-11-01T12:00:00Z
            """)
        self.assert_run(self.history("--since", "2999-01-01"), 2, "", """\
            headway: error: --since: "2999-01-01" is not past
              try: --since 30d
            """)
        self.assertEqual(self.stage.host.requests(), [])

    def test_a_long_ledger_is_read_as_far_as_needed(self) -> None:
        now = int(time.time())
        for number in range(300):
            self.record("promoted", number % 3, now - (300 - number) * 60)
        answer = self.history("--since", "30m", "--output", "json").json()
        self.assertEqual((len(answer["events"]), answer["cut"]), (29, True))
        self.assert_requests(1)
        answer = self.history("--since", "1d", "--output", "json").json()
        self.assertEqual((len(answer["events"]), answer["cut"]), (300, False))
        self.assert_requests(2)

    def test_json(self) -> None:
        self.tell_a_story()
        first, second, third = self.stage.commits
        answer = self.history("--output", "json").json()
        ids = [event.id for event in self.stage.ledger()]
        self.assertEqual([event.pop("id") for event in answer["events"]], ids)
        self.assertEqual((answer["environment"], answer["ledger"]), ("staging", k_ledger))
        self.assertEqual((answer["cut"], answer["damage"], answer["dora"]), (False, None, None))
        nothing = dict.fromkeys(
            ("tip", "previous", "verified", "verified_since", "drift", "overridden", "hold",
             "actor", "run", "reason")
        )  # fmt: skip
        self.assertEqual(
            answer["events"],
            [
                nothing
                | {
                    "time": "2026-09-21T14:16:20Z",
                    "event": "held",
                    "commit": second,
                    "actor": "eve",
                    "hold": {
                        "since": "2026-09-21T14:16:20Z",
                        "by": "eve",
                        "reason": "checkout fails",
                        "good": None,
                        "bad": None,
                    },
                },
                nothing
                | {
                    "time": "2026-09-21T14:15:20Z",
                    "event": "unhealthy",
                    "commit": second,
                    "reason": "health: 503",
                },
                nothing
                | {
                    "time": "2026-09-21T14:14:20Z",
                    "event": "promoted",
                    "commit": second,
                    "previous": third,
                    "drift": first,
                    "overridden": "Fri 16:00 to Mon 08:00",
                    "actor": "ada",
                },
                nothing
                | {
                    "time": "2026-09-21T14:13:20Z",
                    "event": "promoted",
                    "commit": first,
                    "actor": "ada",
                },
            ],
        )

    def test_hostile_words_are_escaped(self) -> None:
        self.record("promoted", 0, k_start, Actor="a\x1b[31mda", Reason="\x07" + "long " * 50)
        for words in ((), ("--output", "json")):
            with self.subTest(words=words):
                result = self.history(*words)
                self.assertEqual(result.code, 0)
                self.assertNotIn("\x1b", result.stdout)
                self.assertNotIn("\x07", result.stdout)
        self.assertLess(max(map(len, self.history().stdout.splitlines())), 200)


class NothingToRead(HistoryTest):
    def test_no_ledger(self) -> None:
        self.assert_run(self.history(), 0, """\
            staging has no history: the remote has no refs/headway/ledger/staging
            """)
        self.assertEqual(self.history("--output", "json").json()["events"], [])
        self.assertEqual(self.history("--dora").code, 0)

    def test_the_ledger_is_off(self) -> None:
        self.stage.configure(top="ledger: off")
        self.assert_run(self.history(), 0, """\
            staging has no history, as the ledger is off
            """)
        answer = self.history("--output", "json").json()
        self.assertEqual((answer["events"], answer["ledger"]), ([], None))
        self.assertEqual(self.stage.host.requests(), [])

    def test_a_damaged_ledger(self) -> None:
        self.stage.repo.update_ref(k_ledger, self.stage.commits[0])
        self.record("promoted", 1, k_start, Actor="ada")
        self.assert_run(self.history(), 0, """\
            TIME                  EVENT     COMMIT    BY
            2026-09-21T14:13:20Z  promoted  cc352607  ada
            """, """\
            headway: warning: the ledger of staging cannot be read to its beginning
              because: 9318c89e is no event: its tree is not empty
            """)
        answer = self.history("--output", "json").json()
        self.assertEqual(len(answer["events"]), 1)
        self.assertEqual(answer["damage"], "9318c89e is no event: its tree is not empty")
        self.assertEqual(len(answer["warnings"]), 1)

    def test_a_ledger_that_is_no_commit(self) -> None:
        blob = self.stage.repo.run("hash-object", "-w", "--stdin", stdin=b"no event")
        self.stage.repo.run("update-ref", k_ledger, blob)
        for words in ((), ("--since", "30d"), ("--dora",)):
            with self.subTest(words=words):
                result = self.history(*words)
                self.assertEqual(result.code, 0)
                self.assertIn("the ledger of staging cannot be read", result.stderr)


class Dora(HistoryTest):
    """The repository's commits are of 2026-01-01, 00:00, 00:01 and 00:02 UTC."""

    def tell_a_story(self) -> None:
        self.start = 1_767_225_600 + 3600  # 2026-01-01T01:00:00Z
        self.record("promoted", 0, self.start)
        self.record("promoted", 1, self.start + 3600)
        self.record("unhealthy", 1, self.start + 3660)
        self.record("rolled-back", 0, self.start + 3720)
        self.record("verified", 0, self.start + 3780)
        self.record("promoted", 2, self.start + 7200)
        self.record("verified", 2, self.start + 7260)

    def test_numbers(self) -> None:
        # Changes: the second took 02:00 - 00:01 = 119 min = 7140 s, the third 03:00 - 00:02 =
        # 10680 s; median 8910 s = 2.5 h, 90th percentile 10680 s = 3.0 h. One of three failed; 60 s
        # after the first sign came the rollback, 120 s the verdict.
        self.tell_a_story()
        result = self.history("--dora", "--since", "2026-01-01")
        self.assert_requests(2)
        lines = result.stdout.splitlines()
        days = (time.time() - 1_767_225_600) / k_day
        self.assertRegex(lines[0], r"^period +2026-01-01T00:00:00Z to 20\d\d-[-\dT:]+Z$")
        self.assertEqual(
            lines[1:],
            [
                f"deployment frequency   {3 / days:.2f} a day (3 in all)",
                "lead time for changes  median 2.5 h, 90th percentile 3.0 h (2 commits)",
                "change failure rate    33 % (1 of 3)",
                "time to restore        median 2.0 min, 90th percentile 2.0 min (1 failure)",
                "",
                "By DORA, https://dora.dev/guides/dora-metrics/:",
                "deployment frequency   promotions of another commit than the one deployed before",
                "lead time for changes  from a commit's committer time to the promotion that brought it",
                "change failure rate    deployments found unhealthy or rolled back, of all deployments",
                "time to restore        from the unhealthy verdict, else the rollback, to another commit's verified",
            ],
        )
        answer = self.history("--dora", "--since", "2026-01-01", "--output", "json").json()
        dora = answer["dora"]
        self.assertEqual(len(answer["events"]), 7)
        self.assertEqual(sorted(dora.pop("definitions")), ["change_failure_rate",
                         "deployment_frequency", "lead_time_for_changes", "time_to_restore"])  # fmt: skip
        self.assertAlmostEqual(dora.pop("deployments_per_day"), 3 / days, 4)
        self.assertAlmostEqual(dora.pop("change_failure_rate"), 1 / 3)
        dora.pop("to")
        self.assertEqual(
            dora,
            {
                "from": "2026-01-01T00:00:00Z",
                "deployments": 3,
                "failed_deployments": 1,
                "not_restored": 0,
                "lead_time_for_changes": {
                    "count": 2,
                    "median_seconds": 8910,
                    "percentile_90_seconds": 10680,
                },
                "lead_time_cut": False,
                "time_to_restore": {
                    "count": 1,
                    "median_seconds": 120,
                    "percentile_90_seconds": 120,
                },
                "source": "https://dora.dev/guides/dora-metrics/",
            },
        )

    def test_the_last_thirty_days(self) -> None:
        self.tell_a_story()
        result = self.history("--dora")
        self.assert_requests(1)
        self.assertEqual(
            result.stdout.splitlines()[1:5],
            [
                "deployment frequency   0.00 a day (0 in all)",
                "lead time for changes  no data",
                "change failure rate    no data",
                "time to restore        no data",
            ],
        )
        self.record("promoted", 0, int(time.time()) - k_day)
        self.assertIn("0.03 a day (1 in all)", self.history("--dora").stdout)

    def test_a_commit_that_is_gone(self) -> None:
        self.tell_a_story()
        self.record("promoted", 0, self.start + 9000, Commit="1" * 40)
        result = self.history("--dora", "--since", "2026-01-01")
        self.assertEqual(result.code, 0)
        self.assertIn("headway: warning: the lead time is not known\n", result.stderr)
        self.assertIn("lead time for changes  no data\n", result.stdout)
        self.assertIn("(4 in all)", result.stdout)

    def test_a_merge_brings_all_its_commits(self) -> None:
        repo = self.stage.repo
        repo.create_branch("topic", self.stage.commits[0])
        repo.commit("Topic", {"topic.txt": "1\n"}, branch="topic")
        self.stage.commits.append(repo.merge("topic"))
        repo.create_branch(k_branch, self.stage.commits[3])
        self.record("promoted", 0, 1_767_225_600 + 3600)
        self.record("promoted", 3, 1_767_225_600 + 7200)
        answer = self.history("--dora", "--since", "2026-01-01", "--output", "json").json()
        self.assertEqual(answer["dora"]["lead_time_for_changes"]["count"], 4)


if __name__ == "__main__":
    unittest.main()
