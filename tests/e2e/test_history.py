"""What happened to an environment, and DORA's metrics of it."""

from __future__ import annotations

import re
import unittest
from typing import Any

from e2e.support import StageTest, k_ledger
from host.headway import Result


class HistoryTest(StageTest):
    def setUp(self) -> None:
        self.open()

    def history(self, *arguments: str, **options: Any) -> Result:
        return self.stage.run("history", "staging", *arguments, **options)

    def deploy_all(self) -> None:
        for commit in self.stage.commits:
            self.assertEqual(self.stage.promote("--commit", commit, env={"USER": "ada"}).code, 0)
        self.stage.host.clear_log()


class Events(HistoryTest):
    def test_no_ledger(self) -> None:
        self.assert_run(self.history(), 0, """\
            staging: no ledger, nothing was ever promoted
            """)
        self.assertEqual(self.history("--output", "json").json()["events"], [])

    def test_newest_first(self) -> None:
        self.deploy_all()
        result = self.history()
        times = re.findall(r"20\d\d-\d\d-\d\dT[\d:]{8}Z", result.stdout)
        self.assertEqual(len(times), 3)
        self.assert_run(result, 0, """\
            <time>  promoted     f7eef0d4  by ada
            <time>  promoted     cc352607  by ada
            <time>  promoted     9318c89e  by ada
            """, "", {time: "<time>" for time in times})
        self.assertLessEqual(len(self.stage.host.requests()), 3)

    def test_limit(self) -> None:
        self.deploy_all()
        result = self.history("--limit", "1")
        self.assertEqual(result.stdout.splitlines()[1:], ["older ones: --limit 0"])

    def test_since(self) -> None:
        self.deploy_all()
        for when, count in (("30d", 3), ("12h", 3), ("2020-01-01", 3), ("2100-01-01T00:00:00Z", 0)):
            with self.subTest(when):
                document = self.history("--since", when, "--output", "json").json()
                self.assertEqual(len(document["events"]), count)
        self.assertEqual(self.history("--since", "soon").code, 2)

    def test_damage(self) -> None:
        self.stage.repo.update_ref(k_ledger, self.stage.commits[0])
        result = self.history()
        self.assertEqual((result.code, result.stdout), (0, ""))
        self.assertIn("the ledger of staging ends in damage: 9318c89e is no event", result.stderr)


class Dora(HistoryTest):
    def test_no_data(self) -> None:
        self.deploy_all()
        result = self.history("--dora", "--since", "2100-01-01")
        self.assertEqual(result.stdout.count("no data"), 4)

    def test_numbers(self) -> None:
        self.deploy_all()
        dora = self.history("--dora", "--output", "json").json()["dora"]
        self.assertEqual((dora["deployments"], dora["failed_deployments"]), (3, 0))
        self.assertAlmostEqual(dora["deployments_per_day"], 0.1)
        self.assertEqual(dora["lead_time"]["count"], 2)
        self.assertEqual((dora["change_failure_rate"], dora["restore_time"]), (0, None))


if __name__ == "__main__":
    unittest.main()
