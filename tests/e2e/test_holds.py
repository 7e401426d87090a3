"""Holds: the emergency stop and its end, what mends a bad range, and what everybody is told."""

from __future__ import annotations

import unittest
from typing import Any

from e2e.support import StageTest, k_branch, k_ledger, k_token, k_variable
from host.headway import Result

k_unverified = (
    "headway: staging: not verified, nothing says where it runs (url: below environments: staging:"
    " in .headway.yml, or --url)\n"
)
k_production = "PRODUCTION_PUSH_TOKEN"


class HoldTest(StageTest):
    """Staging was promoted to the first commit."""

    def setUp(self) -> None:
        self.open()
        self.c1, self.c2, self.c3 = self.stage.commits
        self.stage.deploy(self.c1)

    def hold(self, *arguments: str, **options: Any) -> Result:
        return self.stage.run("hold", "staging", *arguments, **options)

    def trailers(self) -> dict[str, str]:
        return self.stage.ledger()[0].trailers


class EmergencyStop(HoldTest):
    def test_says_who_when_and_why_in_the_ledger_and_in_every_refusal(self) -> None:
        result = self.hold("--reason", "incident 42", env={"USER": "ada"})
        self.assert_run(result, 0, "staging: held\n")
        self.assert_untouched(self.c1, 2)
        event = self.stage.ledger()[0]
        since = event.trailers["Headway-Held-Since"]
        self.assertEqual(event.subject, "Hold staging")
        self.assertEqual(
            event.trailers,
            {
                "Headway-Event": "held",
                "Headway-Environment": "staging",
                "Headway-Commit": self.c1,
                "Headway-Held-Since": since,
                "Headway-Held-By": "ada",
                "Headway-Held-Reason": "incident 42",
                "Headway-Actor": "ada",
                "Headway-Reason": "incident 42",
                "Headway-Push": "atomic",
            },
        )
        for _ in range(2):
            self.assert_run(self.stage.promote(), 3, "", f"""\
                headway: error: staging is held
                  because: held since {since} by ada: incident 42
                  try: when the cause is mended: headway promote staging --release-hold
                  try: or end the hold alone: headway resume staging
                """)
        self.assert_untouched(self.c1, 2)

    def test_costs_four_requests(self) -> None:
        self.stage.host.clear_log()
        self.assertEqual(self.hold("--reason", "incident").code, 0)
        self.assertEqual(len(self.stage.host.requests()), 4)

    def test_resume_ends_it(self) -> None:
        self.assertEqual(self.hold("--reason", "incident", env={"USER": "ada"}).code, 0)
        since = self.trailers()["Headway-Held-Since"]
        result = self.stage.run("resume", "staging", "--reason", "it is over")
        self.assert_run(result, 0, f"staging: resumed, it was held since {since} by ada: incident\n")
        self.assertEqual(self.stage.ledger()[0].subject, "Resume staging")
        self.assertEqual(self.trailers()["Headway-Reason"], "it is over")
        self.assert_run(self.stage.run("resume", "staging"), 0, "staging: is not held\n")
        self.assertEqual(self.stage.promote().code, 0)
        self.assert_moved(self.c3, 4)

    def test_again_changes_nothing(self) -> None:
        self.assertEqual(self.hold("--reason", "incident").code, 0)
        self.assert_run(self.hold("--reason", "incident"), 0,
                        "staging: is held already, for the same reason\n")  # fmt: skip
        self.assert_untouched(self.c1, 2)

    def test_does_not_stop_a_rollback(self) -> None:
        self.assertEqual(self.stage.promote().code, 0)
        self.assertEqual(self.hold("--reason", "incident").code, 0)
        self.assertEqual(self.stage.run("rollback", "staging", "--to", self.c1).code, 0)
        self.assertEqual(self.stage.tip, self.c1)

    def test_no_commit_ends_it(self) -> None:
        self.assertEqual(self.stage.promote().code, 0)
        self.assertEqual(self.hold("--reason", "incident").code, 0)
        self.stage.repo.commit(f"Revert\n\nThis reverts commit {self.c3}.\n")
        self.assertEqual(self.stage.promote().code, 3)

    def test_before_the_first_deployment(self) -> None:
        self.stage.repo.delete_ref(f"refs/heads/{k_branch}")
        self.stage.repo.delete_ref(k_ledger)
        self.assertEqual(self.hold("--reason", "not yet").code, 0)
        self.assert_untouched(None, 1)
        self.assertEqual(self.stage.promote().code, 3)
        self.assertEqual(self.stage.run("resume", "staging").code, 0)
        self.assertEqual(self.stage.promote().code, 0)
        self.assert_moved(self.c3, 3)

    def test_json(self) -> None:
        result = self.hold("--reason", "incident", "--output", "json", env={"USER": "ada"})
        since = self.trailers()["Headway-Held-Since"]
        self.assertEqual(
            result.json(),
            {
                "command": "hold",
                "exit_code": 0,
                "error": None,
                "environments": [
                    {
                        "environment": "staging",
                        "changed": True,
                        "before": None,
                        "hold": {"since": since, "by": "ada", "reason": "incident"},
                        "event": self.stage.ledger()[0].id,
                    }
                ],
                "warnings": [],
            },
        )

    def test_mistakes(self) -> None:
        self.stage.host.clear_log()
        for arguments, stderr in (
            (("hold", "staging"), """\
                headway: error: a hold needs a reason
                  because: everybody whose promotion is refused will read it
                  try: --reason TEXT
                """),
            (("hold", "--reason", "x"), """\
                headway: error: no environment is named
                  try: headway hold ENV
                """),
            (("hold", "staging", "--all", "--reason", "x"), """\
                headway: error: --all and an environment are both given
                  try: give one of them
                """),
            (("resume", "stagin"), """\
                headway: error: there is no environment "stagin"
                """),
        ):  # fmt: skip
            with self.subTest(arguments=arguments):
                result = self.stage.run(*arguments)
                self.assertEqual(result.code, 2, result)
                if arguments != ("resume", "stagin"):
                    self.assert_run(result, 2, "", stderr)
        self.stage.configure(top="ledger: off")
        self.assert_run(self.hold("--reason", "x"), 2, "", """\
            headway: error: a hold stands in the ledger, and the ledger is off
              try: take "ledger: off" out of .headway.yml
            """)
        self.assertEqual(self.stage.host.requests(), [])


class Mended(HoldTest):
    """c2 was bad: staging was rolled back from it."""

    def setUp(self) -> None:
        super().setUp()
        self.stage.deploy(self.c2)
        self.assertEqual(self.stage.run("rollback", "staging", "--to", self.c1).code, 0)

    def promote(self, commit: str) -> Result:
        return self.stage.promote("--commit", commit)

    def test_by_a_revert(self) -> None:
        self.assertEqual(self.promote(self.c3).code, 3)
        fix = self.stage.repo.commit(f'Revert "Change 2"\n\nThis reverts commit {self.c2}.\n')
        self.assert_run(self.promote(fix), 0, f"""\
            staging: 9318c89e → {fix[:8]}, fast-forward
            staging: the hold ends, {fix[:8]} reverts cc352607
            """, k_unverified)
        self.assert_moved(fix, 4)
        self.assertNotIn("Headway-Held-Since", self.trailers())

    def test_by_a_trailer_in_a_later_commits_history(self) -> None:
        fix = self.stage.repo.commit(f"Mend it\n\nFixes-Deployment: {self.c2[:10]}\n")
        later = self.stage.repo.commit("Later")
        result = self.stage.run("promote", "staging", "--commit", later, "--output", "json")
        self.assertEqual(result.code, 0, result)
        (entry,) = result.json()["environments"]
        self.assertEqual(entry["released_hold"]["mended_by"], fix)
        self.assert_moved(later, 4)

    def test_not_by_a_revert_that_is_reverted(self) -> None:
        fix = self.stage.repo.commit(f"Revert\n\nThis reverts commit {self.c2}.\n")
        again = self.stage.repo.commit(f"Again\n\nThis reverts commit {fix}.\n")
        self.assertEqual(self.promote(again).code, 3)
        self.assert_untouched(self.c1, 3)

    def test_not_by_a_revert_of_something_else(self) -> None:
        self.assertEqual(
            self.promote(self.stage.repo.commit(f"No\n\nThis reverts commit {self.c1}.\n")).code, 3)
        self.assertEqual(
            self.promote(self.stage.repo.commit(f"No\n\nThis reverts commit {self.c3}.\n")).code, 3)

    def test_a_dry_run_ends_nothing(self) -> None:
        fix = self.stage.repo.commit(f"Revert\n\nThis reverts commit {self.c2}.\n")
        result = self.stage.promote("--dry-run")
        self.assertEqual(result.code, 0, result)
        self.assertIn(f"staging: the hold ends, {fix[:8]} reverts cc352607\n", result.stdout)
        self.assert_untouched(self.c1, 3)

    def test_costs_one_request_more(self) -> None:
        self.stage.repo.commit(f"Revert\n\nThis reverts commit {self.c2}.\n")
        self.stage.host.clear_log()
        self.assertEqual(self.stage.promote().code, 0)
        self.assertEqual(len(self.stage.host.requests()), 5)


class All(HoldTest):
    """Staging and production, each with its own token."""

    def setUp(self) -> None:
        super().setUp()
        self.stage.write(".headway.yml", f"""\
remote: {self.stage.host.url(self.stage.repo)}
source: main
environments:
  staging: {{branch: {k_branch}, token: {{env: {k_variable}}}}}
  production: {{branch: deploy/production, token: {{env: {k_production}}}}}
""")

    def test_every_environment_with_its_own_token(self) -> None:
        tokens = {k_production: k_token}
        result = self.stage.run("hold", "--all", "--reason", "incident", env=tokens)
        self.assert_run(result, 0, "staging: held\nproduction: held\n")
        for name in ("staging", "production"):
            self.assertEqual(self.stage.repo.ledger(name)[0].subject, f"Hold {name}")
        result = self.stage.run("resume", "--all", env=tokens)
        self.assertEqual(result.code, 0, result)
        self.assertEqual(self.stage.repo.ledger("production")[0].subject, "Resume production")

    def test_goes_on_where_one_token_is_missing(self) -> None:
        result = self.stage.run("hold", "--all", "--reason", "incident")
        self.assertEqual(result.code, 2, result)
        self.assertEqual(result.stdout, "staging: held\n")
        self.assertIn(k_production, result.stderr)
        self.assertEqual(self.stage.ledger()[0].subject, "Hold staging")


if __name__ == "__main__":
    unittest.main()
