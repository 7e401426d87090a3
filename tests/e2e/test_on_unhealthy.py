"""What a promotion does when the new version does not run, and when an old job is run again."""

from __future__ import annotations

import unittest
from typing import Any

from e2e.support import StageTest, k_branch
from host.app import Agent, App
from host.headway import Result
from host.inbox import Inbox


class UnhealthyTest(StageTest):
    """Staging runs c1, verified. An agent deploys every commit but the broken ones, c2 and c3."""

    def setUp(self) -> None:
        self.open()
        self.c1, self.c2, self.c3 = self.stage.commits
        self.broken = {self.c2, self.c3}
        self.app = self.enterContext(App())
        self.agent = self.enterContext(
            Agent(self.app, self.stage.repo, k_branch, condition=lambda tip: tip not in self.broken)
        )
        self.configure("fail")
        self.stage.deploy(self.c1)

    def configure(self, on_unhealthy: str, further: str = "") -> None:
        self.stage.configure(
            environment=f"""\
                url: {self.app.origin}
                on_unhealthy: {on_unhealthy}
                {further}
                verify:
                  deadline: 1s
                  interval: 20ms
                  consecutive: 1
                  probes: [{{name: health, url: /health, json: {{/version: "${{commit}}"}}}}]
                """
        )

    def promote(self, *arguments: str, **options: Any) -> Result:
        return self.stage.promote("--commit", self.c2, *arguments, **options)

    def words(self) -> list[str]:
        """The ledger's events, newest first: what, and which commit."""
        names = {self.c1: "c1", self.c2: "c2", self.c3: "c3"}
        return [f"{event.trailers['Headway-Event']} {names[event.trailers['Headway-Commit']]}"
                for event in self.stage.ledger()]  # fmt: skip


class Fail(UnhealthyTest):
    def test_tells_and_leaves_it(self) -> None:
        result = self.promote()
        self.assertEqual(result.code, 4, result)
        self.assertIn(f"  try: headway rollback staging --to {self.c1}\n", result.stderr)
        self.assertEqual(self.words(), ["unhealthy c2", "promoted c2", "verified c1", "promoted c1"])
        self.assertNotIn("Headway-Held-Since", self.stage.ledger()[0].trailers)


class HoldOn(UnhealthyTest):
    def test_holds_what_failed(self) -> None:
        self.configure("hold")
        result = self.promote()
        self.assertEqual(result.code, 4, result)
        self.assertIn("staging: held at cc352607\n", result.stdout)
        self.assertIn("; staging is held\n", result.stderr)
        self.assertEqual(self.words()[:3], ["held c2", "unhealthy c2", "promoted c2"])
        event = self.stage.ledger()[0].trailers
        self.assertEqual((event["Headway-Held-Good"], event["Headway-Held-Bad"]), (self.c1, self.c2))
        # What comes next is refused, until it mends the cause.
        self.assertEqual(self.stage.promote().code, 3)
        fix = self.stage.repo.commit(f"Revert\n\nThis reverts commit {self.c2}.\n")
        result = self.stage.promote("--commit", fix)
        self.assertEqual(result.code, 0, result)
        self.assertEqual(self.stage.tip, fix)

    def test_again_holds_no_more(self) -> None:
        self.configure("hold")
        self.assertEqual(self.promote().code, 4)
        result = self.promote()
        self.assertEqual(result.code, 4, result)
        self.assertIn("; staging is held already, and left as it is\n", result.stderr)
        # The second verdict is recorded; the hold stays what it was.
        self.assertEqual(self.words()[:2], ["unhealthy c2", "held c2"])
        newest, held = self.stage.ledger()[:2]
        for key in ("Since", "By", "Reason", "Good", "Bad"):
            self.assertEqual(newest.trailers[f"Headway-Held-{key}"],
                             held.trailers[f"Headway-Held-{key}"])  # fmt: skip


class RollBack(UnhealthyTest):
    def setUp(self) -> None:
        super().setUp()
        self.configure("rollback")

    def test_to_the_last_verified_commit_with_the_whole_story(self) -> None:
        result = self.promote()
        self.assertEqual(result.code, 4, result)
        lines = result.stdout.splitlines()
        self.assertEqual(lines[0], "staging: 9318c89e → cc352607, fast-forward")
        self.assertEqual(lines[1], "staging: cc352607 → 9318c89e, rolled back and held (reset)")
        self.assertTrue(lines[2].startswith("  to 9318c89e: the last verified commit, deployed 20"))
        self.assertTrue(lines[3].startswith("staging: healthy once, version 9318c89e ("))
        self.assertIn("headway: error: staging still runs another version, not cc352607\n",
                      result.stderr)  # fmt: skip
        self.assertIn(
            "; rolled back to 9318c89e and held, which is healthy once, version 9318c89e\n",
            result.stderr)  # fmt: skip
        self.assertEqual(self.stage.tip, self.c1)
        self.assertEqual(
            self.words()[:4], ["verified c1", "rolled-back c1", "unhealthy c2", "promoted c2"])
        event = self.stage.ledger()[0].trailers
        self.assertIn("cc352607 was not healthy: ", event["Headway-Held-Reason"])
        # It stays rolled back.
        self.assertEqual(self.promote().code, 3)
        self.assertEqual(self.stage.promote().code, 3)
        self.assertEqual(self.stage.tip, self.c1)

    def test_once_and_never_in_a_loop(self) -> None:
        self.app.status = 500
        result = self.promote()
        self.assertEqual(result.code, 4, result)
        self.assertIn("rolled back to 9318c89e and held, which is not healthy either: ",
                      result.stderr)  # fmt: skip
        self.assertEqual(self.stage.tip, self.c1)
        self.assertEqual(
            self.words()[:4], ["unhealthy c1", "rolled-back c1", "unhealthy c2", "promoted c2"])

    def test_by_restore_where_force_pushes_are_forbidden(self) -> None:
        self.stage.repo.set_config("receive.denyNonFastForwards", "true")
        result = self.promote()
        self.assertEqual(result.code, 4, result)
        self.assertIn("rolled back and held (restore)\n", result.stdout)
        self.assertEqual(self.words()[:2], ["verified c1", "rolled-back c1"])
        self.assertEqual(self.stage.repo.run("diff", self.c1, k_branch), "")

    def test_holds_where_there_is_nothing_to_go_back_to(self) -> None:
        self.stage.repo.delete_ref("refs/headway/ledger/staging")
        result = self.promote()
        self.assertEqual(result.code, 4, result)
        self.assertIn("headway: warning: no verified commit to go back to is known for staging\n",
                      result.stderr)  # fmt: skip
        self.assertIn("; it could not be rolled back (no verified commit to go back to is known for"
                      " staging); staging is held\n", result.stderr)  # fmt: skip
        self.assertEqual(self.words(), ["held c2", "unhealthy c2", "promoted c2"])
        self.assertEqual(self.stage.tip, self.c2)

    def test_json(self) -> None:
        result = self.promote("--output", "json")
        document = result.json()
        self.assertEqual((result.code, document["exit_code"]), (4, 4))
        (entry,) = document["environments"]
        self.assertEqual(entry["verify"]["verdict"], "unhealthy")
        recovery = entry["recovery"]
        self.assertEqual((recovery["action"], recovery["from"], recovery["to"]),
                         ("reset", self.c2, self.c1))  # fmt: skip
        self.assertEqual(recovery["verify"]["verdict"], "healthy")
        self.assertIn("rolled back to 9318c89e", document["error"]["because"])


class Told(UnhealthyTest):
    """The report grows by the messages while a bad version is dealt with."""

    def setUp(self) -> None:
        super().setUp()
        self.inbox = self.enterContext(Inbox())

    def promote_told(self, on_unhealthy: str) -> list[str]:
        self.configure(on_unhealthy)
        self.stage.write(".headway.yml", (self.stage.headway.work / ".headway.yml").read_text()
                         + "notify: {slack: {webhook: {env: SLACK_WEBHOOK}}}\n")  # fmt: skip
        result = self.promote("--output", "json", env={"SLACK_WEBHOOK": self.inbox.url})
        document = result.json()
        self.assertEqual((result.code, document["exit_code"]), (4, 4), result)
        (entry,) = document["environments"]
        self.assertEqual(entry["verify"]["verdict"], "unhealthy")
        self.assertEqual({note["sent"] for note in document["notifications"]}, {True})
        self.assertEqual(len(document["notifications"]), len(self.inbox.messages))
        self.inbox.assert_valid()
        self.assertIn("is deployed but unhealthy", self.inbox.messages[0].text())
        return [entry["recovery"]["action"], *self.words()[:1]]

    def test_rollback(self) -> None:
        self.assertEqual(self.promote_told("rollback"), ["reset", "verified c1"])
        self.assertIn("is back after a rollback", self.inbox.messages[1].text())

    def test_hold(self) -> None:
        self.assertEqual(self.promote_told("hold"), ["hold", "held c2"])


class Retry(UnhealthyTest):
    """An old job is run again: GitLab's "Rollback environment" does that, and says so nowhere."""

    def setUp(self) -> None:
        super().setUp()
        self.broken.clear()
        self.stage.deploy(self.c3)
        self.job = {"CI": "true", "GITLAB_CI": "true", "CI_COMMIT_SHA": self.c1,
                    "CI_JOB_ID": "17"}  # fmt: skip

    def test_is_refused_with_the_command(self) -> None:
        result = self.stage.promote(env=self.job)
        self.assertEqual((result.code, result.stdout), (3, ""), result)
        self.assertIn("headway: error: 9318c89e was deployed to staging before\n", result.stderr)
        self.assertIn(f"  try: to go back to it: headway rollback staging --to {self.c1}\n",
                      result.stderr)  # fmt: skip
        self.assertEqual(self.stage.tip, self.c3)
        result = self.stage.run("rollback", "staging", "--to", self.c1)
        self.assertEqual(result.code, 0, result)
        self.assertEqual(self.stage.tip, self.c1)

    def test_a_slow_pipeline_is_superseded(self) -> None:
        result = self.stage.promote(env=self.job | {"CI_COMMIT_SHA": self.c2})
        self.assertEqual(result.code, 0, result)
        self.assertEqual(result.stdout, "staging: nothing moved, f7eef0d4 is newer than cc352607\n")
        self.assertEqual(self.stage.tip, self.c3)

    def test_rolls_back_where_that_is_asked_for(self) -> None:
        self.configure("fail", "on_retry: rollback")
        result = self.stage.promote(env=self.job)
        self.assertEqual(result.code, 0, result)
        self.assertIn("staging: f7eef0d4 → 9318c89e, rolled back and held (reset)\n", result.stdout)
        self.assertEqual(self.stage.tip, self.c1)
        event = self.stage.ledger()[1].trailers
        self.assertEqual(event["Headway-Event"], "rolled-back")
        self.assertEqual(event["Headway-Reason"], "the job that deployed it was run again")
        # Once more: it is there.
        self.assertEqual(self.stage.promote(env=self.job).code, 0)
        self.assertEqual(self.stage.tip, self.c1)


if __name__ == "__main__":
    unittest.main()
