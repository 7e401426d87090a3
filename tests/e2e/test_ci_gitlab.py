"""The jobs of ci-templates/gitlab/headway.gitlab-ci.yml, run by a GitLab CI runner against a real
git host: from a push to main to production and back."""

from __future__ import annotations

import re
import unittest

from e2e.gitlab_ci_support import CiTest, k_jobs, k_local, k_push_token

k_reader = """
read-dotenv:
  stage: production
  script: ['echo "outcome $VERIFY_OUTCOME, commit $VERIFY_COMMIT"']
"""


class Promote(CiTest):
    def test_a_push_goes_to_staging_and_by_hand_to_production(self) -> None:
        self.open()
        self.deploy(self.first)
        commit = self.push()
        pipeline = self.run_jobs()
        # Production waits for its click.
        self.assert_codes(pipeline, {"promote-staging": 0})
        self.assertEqual((self.tip("staging"), self.tip("production")), (commit, self.first))
        self.assertEqual(self.apps["staging"].version, commit)
        self.assertEqual(self.words("staging")[:2], [f"verified {commit}", f"promoted {commit}"])
        self.assert_codes(self.run_jobs("promote-production"), {"promote-production": 0})
        self.assertEqual(self.apps["production"].version, commit)
        self.assertEqual(self.words("production")[:2], [f"verified {commit}", f"promoted {commit}"])
        # The trace leads back to the pipeline, which the runner names.
        event = self.ledger("production")[0].trailers
        self.assertIn(f"{self.host.url(self.repo).removesuffix('.git')}/pipelines/",
                      event["Headway-Run"])  # fmt: skip

    def test_production_by_hand_before_staging_is_refused(self) -> None:
        self.open()
        self.deploy(self.first)
        commit = self.push()
        pipeline = self.run_jobs("promote-production")
        self.assert_codes(pipeline, {"promote-production": 3})
        self.assertIn("staging", pipeline.logs["promote-production"])
        self.assertEqual(self.tip("production"), self.first)
        self.assertNotIn(f"promoted {commit}", self.words("production"))

    def test_a_token_of_another_environment_is_not_there(self) -> None:
        self.open(variables={"PRODUCTION_PUSH_TOKEN": {"staging": "glpat-of-staging-0123456789"}})
        self.deploy(self.first, "staging")
        pipeline = self.run_jobs("promote-production")
        self.assertNotEqual(pipeline.codes["promote-production"], 0)
        self.assertIn("PRODUCTION_PUSH_TOKEN", pipeline.logs["promote-production"])
        self.assertIsNone(self.tip("production"))

    def test_without_an_environment_it_says_so(self) -> None:
        self.open(k_local + "lost: {extends: .headway-promote}\n")
        pipeline = self.run_jobs("lost")
        self.assertNotEqual(pipeline.codes["lost"], 0)
        self.assertIn("HEADWAY_ENVIRONMENT: is to be set among the variables of this job",
                      pipeline.logs["lost"])  # fmt: skip

    def test_gates_and_branches_decide_when(self) -> None:
        self.open()
        when = {name: (job["when"], job["allow_failure"]) for name, job in self.ci.jobs().items()}
        self.assertEqual(when, {
            "promote-staging": ("on_success", False),
            "promote-production": ("manual", False),  # later stages wait
            "rollback-production": ("manual", True),
        })  # fmt: skip
        gates = {"automatic": ("on_success", False), "optional": ("manual", True),
                 "manual": ("manual", False), "manuel": ("manual", False)}  # fmt: skip
        for gate, expected in gates.items():
            job = self.ci.jobs({"HEADWAY_GATE": gate})["promote-production"]
            self.assertEqual((job["when"], job["allow_failure"]), expected, gate)
        frozen = self.ci.jobs({"CI_DEPLOY_FREEZE": "true"})["promote-staging"]
        self.assertEqual((frozen["when"], frozen["allow_failure"]), ("manual", False))
        self.ci.check_out(self.first, "feature")
        self.assertEqual({job["when"] for job in self.ci.jobs().values()}, {"never"})


class Reports(CiTest):
    def test_of_a_promotion(self) -> None:
        self.open(k_local + k_jobs + k_reader)
        pipeline = self.run_jobs()
        self.assert_codes(pipeline, {"promote-staging": 0, "read-dotenv": 0})
        # A job of a later stage has the dotenv report's variables.
        self.assertIn(f"outcome converged, commit {self.first}\n", pipeline.logs["read-dotenv"])
        self.assertEqual(self.dotenv("promote-staging")["VERIFY_ENVIRONMENT"], "staging")
        root = self.junit("promote-staging")
        self.assertEqual((root.tag, root.get("failures")), ("testsuites", "0"))
        self.assertEqual([case.get("name") for case in root.iter("testcase")],
                         ["health"])  # fmt: skip
        links = self.links("promote-staging")["headway"]
        self.assertEqual(links[0]["external_link"], {
            "label": f"staging: converged, {self.first[:8]}",
            "url": self.apps["staging"].url,
        })  # fmt: skip
        for entry in links:
            self.assertEqual(list(entry), ["external_link"])

    def test_of_a_promotion_that_failed(self) -> None:
        self.open(k_local + k_jobs + k_reader + "  when: on_failure\n")
        self.deploy(self.first, "staging")
        self.push(broken=True)
        pipeline = self.run_jobs()
        self.assert_codes(pipeline, {"promote-staging": 4, "read-dotenv": 0})
        self.assertIn("outcome still-old, commit ", pipeline.logs["read-dotenv"])
        self.assertNotEqual(self.junit("promote-staging").get("failures"), "0")

    def test_sections_have_names_that_gitlab_takes(self) -> None:
        self.open()
        log = self.run_jobs("promote-staging").logs["promote-staging"]
        started = re.findall(r"^(.*)_started$", log, re.MULTILINE)
        self.assertEqual(started, ["headway_verify_staging"])
        for name in started:
            self.assertRegex(name, r"\A[A-Za-z0-9_.-]+\Z")
            self.assertRegex(log, rf"(?m)^{re.escape(name)} took \d+ms$")

    def test_nothing_of_earlier_jobs_reaches_headway(self) -> None:
        # A dotenv report outranks a job's variables: of a compiler, say, that was tampered with.
        builder = """
build:
  stage: build
  script: ['echo "HEADWAY_BRANCH=elsewhere" > build.env', 'echo x > .headway.yml']
  artifacts: {paths: [.headway.yml], reports: {dotenv: build.env}}
"""
        self.open(k_local + k_jobs + builder)
        pipeline = self.run_jobs()
        self.assert_codes(pipeline, {"build": 0, "promote-staging": 0})
        self.assertEqual(self.tip("staging"), self.first)
        self.assertIsNone(self.repo.tip("elsewhere"))
        self.assertEqual(
            sorted(str(path.relative_to(self.ci.folder("promote-staging")))
                   for path in self.ci.folder("promote-staging").rglob("*") if path.is_file()),
            ["ci/headway.gitlab-ci.yml", "headway-junit.xml", "headway-links.json", "headway.env"],
        )  # fmt: skip


class Verify(CiTest):
    k_job = """
verify-staging:
  extends: .headway-verify
  variables: {HEADWAY_ENVIRONMENT: staging}
"""

    def test_proves_what_the_branch_says(self) -> None:
        self.open(k_local + k_jobs + self.k_job + "  stage: production\n")
        self.deploy(self.first, "staging")
        self.push()
        # Another commit's pipeline: what is proven is the branch, not that commit.
        pipeline = self.run_jobs("verify-staging")
        self.assert_codes(pipeline, {"verify-staging": 0})
        self.assertEqual(self.dotenv("verify-staging")["VERIFY_COMMIT"], self.first)
        self.assertEqual(self.words("staging")[0], f"verified {self.first}")
        self.assertEqual(self.junit("verify-staging").get("failures"), "0")
        self.apps["staging"].status = 500
        pipeline = self.run_jobs("verify-staging")
        self.assert_codes(pipeline, {"verify-staging": 4})
        self.assertEqual(self.dotenv("verify-staging")["VERIFY_OUTCOME"], "unhealthy")
        self.assertEqual(self.tip("staging"), self.first)


class Status(CiTest):
    def test_a_schedule_tells_what_needs_attention(self) -> None:
        self.open(k_local + k_jobs + "status: {extends: .headway-status, stage: build}\n")
        self.assertEqual(self.ci.jobs()["status"]["when"], "never")
        schedule = {"CI_PIPELINE_SOURCE": "schedule"}
        self.assertEqual(self.ci.jobs(schedule)["status"]["when"], "on_success")
        self.deploy(self.first)
        # The job is in no environment and has no push token; its own token may read.
        pipeline = self.run_jobs("status", variables=schedule)
        self.assert_codes(pipeline, {"status": 0})
        self.assertRegex(pipeline.logs["status"], rf"(?m)^production +{self.first[:8]} +verified ")
        result = self.headway.run(
            ["hold", "production", "--reason", "the database moves", "--remote",
             self.host.url(self.repo)], env={"PRODUCTION_PUSH_TOKEN": k_push_token})  # fmt: skip
        self.assertEqual(result.code, 0, result)
        pipeline = self.run_jobs("status", variables=schedule)
        self.assert_codes(pipeline, {"status": 3})
        self.assertIn("the database moves", pipeline.logs["status"])


if __name__ == "__main__":
    unittest.main()
