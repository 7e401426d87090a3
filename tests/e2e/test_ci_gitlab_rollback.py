"""GitLab jobs when it goes wrong: a bad version, an old job run again, a rollback by hand, and the
message that the pipeline failed."""

from __future__ import annotations

import unittest

from e2e.gitlab_ci_support import CiTest, k_jobs, k_local
from host.inbox import Inbox


class Automatic(CiTest):
    def test_a_bad_version_goes_back_by_itself_and_stays_there(self) -> None:
        self.open()
        self.deploy(self.first)
        # It runs on staging, and does not on production.
        bad = self.push()
        self.deploy(bad, "staging")
        self.broken.add(bad)
        pipeline = self.run_jobs("promote-production")
        self.assert_codes(pipeline, {"promote-production": 4})
        log = pipeline.logs["promote-production"]
        self.assertIn(f"production: {bad[:8]} → {self.first[:8]}, rolled back and held (reset)\n",
                      log)  # fmt: skip
        self.assertIn(f"; rolled back to {self.first[:8]} and held, which is healthy 2 times in a row",
                      log)  # fmt: skip
        self.assertEqual((self.tip("production"), self.apps["production"].version),
                         (self.first, self.first))  # fmt: skip
        self.assertEqual(self.words("production")[:4], [
            f"verified {self.first}", f"rolled-back {self.first}",
            f"unhealthy {bad}", f"promoted {bad}",
        ])  # fmt: skip
        # The job leaves both verdicts behind.
        self.assertNotEqual(self.junit("promote-production").get("failures"), "0")
        # GitLab's retry of that job, and the next pipeline, are refused.
        pipeline = self.run_jobs("promote-production")
        self.assert_codes(pipeline, {"promote-production": 3})
        better = self.push()
        self.deploy(better, "staging")
        pipeline = self.run_jobs("promote-production")
        self.assert_codes(pipeline, {"promote-production": 3})
        self.assertIn("headway promote production --release-hold\n",
                      pipeline.logs["promote-production"])  # fmt: skip
        self.assertEqual(self.tip("production"), self.first)
        # In the form of the job's page an option is a variable.
        pipeline = self.run_jobs("promote-production", variables={"HEADWAY_RELEASE_HOLD": "true"})
        self.assert_codes(pipeline, {"promote-production": 0})
        self.assertEqual(self.apps["production"].version, better)


class OldJob(CiTest):
    def test_rollback_environment_is_refused_with_the_command_and_the_job_does_it(self) -> None:
        self.open()
        self.deploy(self.first)
        second = self.push()
        self.deploy(second)
        # GitLab's button runs the job of the old pipeline again, and tells it so nowhere.
        self.ci.check_out(self.first)
        pipeline = self.run_jobs("promote-production")
        self.assert_codes(pipeline, {"promote-production": 3})
        log = pipeline.logs["promote-production"]
        self.assertIn(f"headway: error: {self.first[:8]} was deployed to production before\n", log)
        self.assertIn(
            f"  try: to go back to it: headway rollback production --to {self.first}\n", log)
        self.assertEqual(self.tip("production"), second)
        # The same by the job, with the commit in the form of its page.
        pipeline = self.run_jobs("rollback-production", variables={
            "HEADWAY_TO": self.first, "HEADWAY_REASON": "checkout fails",
        })  # fmt: skip
        self.assert_codes(pipeline, {"rollback-production": 0})
        self.assertEqual(self.tip("production"), self.first)
        event = self.ledger("production")[1].trailers
        self.assertEqual((event["Headway-Event"], event["Headway-Reason"]),
                         ("rolled-back", "checkout fails"))  # fmt: skip


class ByHand(CiTest):
    def test_goes_to_the_last_verified_commit_at_any_time(self) -> None:
        builder = """
build:
  stage: build
  script: ['false']
"""
        self.open(k_local + k_jobs + builder)
        self.deploy(self.first)
        second = self.push()
        self.deploy(second)
        # The pipeline has failed at its beginning; the rollback is at hand all the same.
        self.push()
        pipeline = self.run_jobs(manual=["rollback-production"])
        self.assert_codes(pipeline, {"build": 1, "rollback-production": 0})
        self.assertIn(
            f"production: {second[:8]} → {self.first[:8]}, rolled back and held (reset)\n",
            pipeline.logs["rollback-production"])  # fmt: skip
        self.assertEqual(self.apps["production"].version, self.first)
        self.assertEqual(self.words("production")[:2],
                         [f"verified {self.first}", f"rolled-back {self.first}"])  # fmt: skip
        self.assertEqual(self.junit("rollback-production").get("failures"), "0")
        self.assertEqual(self.dotenv("rollback-production")["VERIFY_COMMIT"], self.first)


class Notify(CiTest):
    k_job = """
test:
  stage: build
  script: [$TESTS]
notify-staging:
  extends: .headway-notify
  stage: staging
  variables: {HEADWAY_ENVIRONMENT: staging}
"""

    def test_tells_that_the_pipeline_failed(self) -> None:
        inbox = self.enterContext(Inbox())
        self.open(
            k_local + k_jobs + self.k_job,
            notify="notify:\n  slack: {webhook: {env: SLACK_WEBHOOK}}\n",
            variables={"SLACK_WEBHOOK": inbox.url},
        )
        pipeline = self.run_jobs(variables={"TESTS": "false"})
        self.assert_codes(pipeline, {"test": 1, "notify-staging": 0})
        self.assertNotIn(inbox.url, str(pipeline))
        (message,) = inbox.messages
        self.assertIn(f"the pipeline of {self.first[:8]} has failed, see http", message.text())
        # A pipeline that passes has told it in promote's own message.
        pipeline = self.run_jobs(variables={"TESTS": "true"})
        self.assert_codes(pipeline, {"test": 0, "promote-staging": 0})


if __name__ == "__main__":
    unittest.main()
