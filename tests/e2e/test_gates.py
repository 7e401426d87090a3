"""Gates: what must be given before a branch moves, judged at the moment of the push."""

from __future__ import annotations

import datetime
import unittest
from typing import Any

from e2e.support import StageTest, k_branch, k_variable, moment
from host.app import Agent, App
from host.headway import Result

k_production = "deploy/production"


class GateTest(StageTest):
    """Staging, whose app is deployed by an agent, and production, which waits for it."""

    def setUp(self) -> None:
        self.open()
        self.c1, self.c2, self.c3 = self.stage.commits
        self.app = self.enterContext(App())
        self.enterContext(Agent(self.app, self.stage.repo, k_branch))
        self.configure("after: staging")

    def configure(self, gates: str, top: str = "") -> None:
        self.stage.write(".headway.yml", f"""\
remote: {self.stage.host.url(self.stage.repo)}
source: main
{top}
environments:
  staging:
    branch: {k_branch}
    token: {{env: {k_variable}}}
    url: {self.app.origin}
    verify:
      deadline: 30s
      interval: 10ms
      consecutive: 1
      probes: [{{name: health, url: /health, json: {{/version: "${{commit}}"}}}}]
  production:
    branch: {k_production}
    token: {{env: {k_variable}}}
    {gates}
""")

    def production(self, *arguments: str, **options: Any) -> Result:
        return self.stage.run("promote", "production", "--no-verify", *arguments, **options)

    def assert_production(self, commit: str | None, events: int) -> None:
        self.assertEqual(self.stage.repo.tip(k_production), commit)
        self.assertEqual(len(self.stage.repo.ledger("production")), events)
        self.stage.repo.fsck()


class After(GateTest):
    def test_only_what_the_other_has_verified(self) -> None:
        self.assert_run(self.production(), 3, "", f"""\
            headway: error: production waits for staging
              because: staging has not verified f7eef0d4 (it was never deployed)
              try: headway promote staging --commit {self.c3}
            """)
        self.assertEqual(self.stage.promote("--no-verify").code, 0)
        self.assert_run(self.production(), 3, "", """\
            headway: error: production waits for staging
              because: staging has not verified f7eef0d4 (it is at f7eef0d4)
              try: headway verify staging
            """)
        self.assert_production(None, 0)
        # The hint resolves it.
        self.assertEqual(self.stage.run("verify", "staging").code, 0)
        self.assertEqual(self.production().code, 0)
        self.assert_production(self.c3, 1)

    def test_a_commit_that_the_other_has_left_behind(self) -> None:
        for commit in (self.c1, self.c2):
            self.assertEqual(self.stage.promote("--commit", commit).code, 0)
        self.assertEqual(self.production("--commit", self.c1).code, 0)
        self.assertEqual(self.production("--commit", self.c3).code, 3)
        self.assert_production(self.c1, 1)

    def test_not_what_was_taken_back_there(self) -> None:
        for commit in (self.c1, self.c2):
            self.assertEqual(self.stage.promote("--commit", commit).code, 0)
        self.assertEqual(self.stage.run("rollback", "staging").code, 0)
        self.assertEqual(self.production("--commit", self.c2).code, 3)
        self.assertEqual(self.production("--commit", self.c1).code, 0)

    def test_costs_no_request_more(self) -> None:
        self.assertEqual(self.stage.promote("--commit", self.c2).code, 0)
        self.assertEqual(self.production("--commit", self.c2).code, 0)
        self.assertEqual(self.stage.promote().code, 0)
        self.stage.host.clear_log()
        self.assertEqual(self.production().code, 0)
        self.assertEqual(len(self.stage.host.requests()), 4)

    def test_a_dry_run_says_what_is_missing(self) -> None:
        result = self.production("--dry-run")
        self.assertEqual(result.code, 3, result)
        self.assertIn("headway: error: production waits for staging\n", result.stderr)

    def test_needs_the_ledger(self) -> None:
        self.configure("after: staging", top="ledger: off")
        self.assert_run(self.production(), 2, "", """\
            headway: error: .headway.yml:17:12: production waits for staging, but the ledger is off
              because: what another environment has verified is in its ledger
              try: take "ledger: off" out of .headway.yml
              try: or take "after" out of production
            """)

    def test_a_rollback_waits_for_nobody(self) -> None:
        for commit in (self.c1, self.c2):
            self.assertEqual(self.stage.promote("--commit", commit).code, 0)
            self.assertEqual(self.production("--commit", commit).code, 0)
        self.configure('after: staging\n    freeze: {from: "00:00", to: "24:00"}')
        result = self.stage.run("rollback", "production", "--to", self.c1)
        self.assertEqual(result.code, 0, result)


class Soak(GateTest):
    def test_says_when_it_opens(self) -> None:
        self.configure("after: staging\n    soak: 30m")
        self.assertEqual(self.stage.promote().code, 0)
        verified = self.stage.ledger()[0]
        opens = datetime.datetime.fromtimestamp(verified.time + 1800, datetime.UTC)
        result = self.production()
        self.assertEqual(result.code, 3)
        self.assertIn(f"  try: it opens at {opens:%Y-%m-%dT%H:%M:%SZ}, in ", result.stderr)
        self.assertIn("headway: error: production waits for the soak time\n", result.stderr)
        self.assertEqual(verified.trailers["Headway-Verified-Since"], moment(verified))
        # A second verdict does not begin it anew.
        self.assertEqual(self.stage.run("verify", "staging").code, 0)
        self.assertIn(f"it opens at {opens:%Y-%m-%dT%H:%M:%SZ}, in ", self.production().stderr)

    def test_is_over(self) -> None:
        self.configure("after: staging\n    soak: 1s")
        self.assertEqual(self.stage.promote().code, 0)
        while (result := self.production()).code == 3:
            self.assertIn("waits for the soak time", result.stderr)
        self.assertEqual(result.code, 0, result)


class Freeze(GateTest):
    def test_refuses_and_says_when_it_opens(self) -> None:
        self.configure('freeze: {from: "2026-01-01", to: "2199-01-01", timezone: Europe/Berlin,'
                       ' reason: moving}')  # fmt: skip
        result = self.production()
        self.assertEqual((result.code, result.stdout), (3, ""), result)
        self.assertIn("headway: error: production is frozen\n  because: freeze: ", result.stderr)
        self.assertIn("Europe/Berlin", result.stderr)
        self.assertIn("moving", result.stderr)
        self.assert_production(None, 0)

    def test_opens(self) -> None:
        self.configure('freeze: {from: "2026-01-01", to: "2026-01-02"}')
        self.assertEqual(self.production().code, 0)

    def test_is_overridden_with_a_reason_that_stays(self) -> None:
        self.configure('freeze: {from: "00:00", to: "24:00"}')
        self.assertEqual(self.production().code, 3)
        self.assert_run(self.production("--override-freeze"), 2, "", """\
            headway: error: --override-freeze needs a reason
              because: it goes into the ledger, for those who ask later
              try: --override-freeze --reason TEXT
            """)
        result = self.production("--override-freeze", "--reason", "the site is down")
        self.assertEqual(result.code, 0, result)
        self.assertIn("headway: warning: production: the freeze is overridden: ", result.stderr)
        event = self.stage.repo.ledger("production")[0].trailers
        self.assertEqual(event["Headway-Reason"], "the site is down")
        self.assertIn("UTC", event["Headway-Overridden"])


if __name__ == "__main__":
    unittest.main()
