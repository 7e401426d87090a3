"""examples/gitlab-four-stages, as it is: development → staging → UAT → production. Only addresses
and times are those of a test."""

from __future__ import annotations

import unittest

from e2e.gitlab_ci_support import CiTest, k_push_token, k_source
from host.inbox import Inbox
from host.waiting import await_condition

k_example = k_source / "examples/gitlab-four-stages"
k_addresses = {name: f"https://{'www' if name == 'production' else name}.example.com"
               for name in ("development", "staging", "uat", "production")}  # fmt: skip
k_times = {"deadline: 5m": "deadline: 3s", "interval: 2s": "interval: 20ms"}
k_any_day = {"HEADWAY_OVERRIDE_FREEZE": "true", "HEADWAY_REASON": "a test has no weekend"}


class FourStages(CiTest):
    environments = tuple(k_addresses)

    def configuration(self) -> str:
        return self.changed({})

    def changed(self, changes: dict[str, str]) -> str:
        """.headway.yml with the apps' addresses and shorter times."""
        text = (k_example / ".headway.yml").read_text(encoding="utf-8")
        origins = {address: self.apps[name].origin for name, address in k_addresses.items()}
        for old, new in (origins | k_times | changes).items():
            self.assertIn(old, text)
            text = text.replace(old, new)
        return text

    def setUp(self) -> None:
        self.inbox = self.enterContext(Inbox())
        self.open(
            (k_example / ".gitlab-ci.yml").read_text(encoding="utf-8"),
            anonymous_read=True,
            user="gitlab-ci-token",
            variables={
                "DEPLOY_PUSH_TOKEN": dict.fromkeys(self.environments, k_push_token),
                "SLACK_WEBHOOK": self.inbox.url,
            },
        )

    def test_from_development_to_production(self) -> None:
        pipeline = self.run_jobs()
        self.assert_codes(pipeline, {
            "build": 0, "promote-development": 0, "promote-staging": 0, "smoke-test": 0,
        })  # fmt: skip
        self.assertIn(f"test staging, which runs {self.first[:8]}, here\n",
                      pipeline.logs["smoke-test"])  # fmt: skip
        tips = {name: self.tip(name) for name in self.environments}
        self.assertEqual(tips, {"development": self.first, "staging": self.first,
                                "uat": None, "production": None})  # fmt: skip
        # Too early: UAT has not seen it; and then not for a day.
        pipeline = self.run_jobs("promote-production", variables=k_any_day)
        self.assert_codes(pipeline, {"promote-production": 3})
        self.assertIn("uat", pipeline.logs["promote-production"])
        self.assert_codes(self.run_jobs("promote-uat"), {"promote-uat": 0})
        pipeline = self.run_jobs("promote-production", variables=k_any_day)
        self.assert_codes(pipeline, {"promote-production": 3})
        self.assertRegex(pipeline.logs["promote-production"], r"24 ?h|1 ?d")
        self.assertIsNone(self.tip("production"))

    def test_after_the_soak_and_back(self) -> None:
        fast = {".headway.yml": self.changed({"soak: 24h": "soak: 1s"})}
        for commit in (self.repo.commit("Soak shortly", fast), self.repo.commit()):
            self.ci.check_out(commit)
            # As in GitLab, but for the blocking of a manual job: all gates that people open.
            self.assert_codes(self.run_jobs(manual=["promote-uat"]), {
                "build": 0, "promote-development": 0, "promote-staging": 0, "smoke-test": 0,
                "promote-uat": 0,
            })  # fmt: skip
            await_condition(self.promote_production, "the second of the soak", interval=0.2)
            self.assertEqual(self.apps["production"].version, commit)
        pipeline = self.run_jobs("rollback-production")
        self.assert_codes(pipeline, {"rollback-production": 0})
        self.assertEqual(self.tip("production"), self.repo.rev_parse(f"{commit}~1"))
        self.assertEqual(self.tip("uat"), commit)

    def promote_production(self) -> bool:
        """Whether the job succeeded; nothing but the soak may be in its way."""
        pipeline = self.run_jobs("promote-production", variables=k_any_day)
        if pipeline.codes == {"promote-production": 3}:
            self.assertIn("soak", pipeline.logs["promote-production"])
            return False
        self.assert_codes(pipeline, {"promote-production": 0})
        return True

    def test_a_bad_version_goes_no_further_than_staging(self) -> None:
        self.run_jobs()
        bad = self.push()
        self.bad_on["staging"] = {bad}
        pipeline = self.run_jobs()
        self.assert_codes(pipeline, {"build": 0, "promote-development": 0, "promote-staging": 4})
        self.assertEqual(self.tip("staging"), self.first)
        pipeline = self.run_jobs("promote-uat")
        self.assert_codes(pipeline, {"promote-uat": 3})
        self.inbox.assert_valid()
        text = self.inbox.messages[-1].text()
        self.assertIn(f"staging: {self.first[:8]} is back after a rollback\n", text)
        self.assertIn(f"{bad[:8]} was not healthy: ", text)


if __name__ == "__main__":
    unittest.main()
