"""ci-templates/bitbucket: the pipelines, checked by Atlassian's schema and executed."""

from __future__ import annotations

import json
import shutil
import tempfile
import unittest
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from e2e.ci_support import BinaryTests, CiTest, assert_shellcheck, k_hostile
from e2e.support import k_token
from host.bitbucket_pipelines import BitbucketPipelines, Step
from host.ci_machine import k_templates, read_yaml, schema_findings
from host.headway import assert_no_secret

k_folder = k_templates / "bitbucket"
k_file = k_folder / "bitbucket-pipelines.yml"
k_schema = "bitbucket.org/atlassianlabs/atlascode/raw/main/resources/schemas/pipelines-schema.json"
k_staging, k_production = "Promote to staging", "Promote to production"


def all_steps() -> list[dict[str, Any]]:
    """Every step of every pipeline."""
    pipelines = read_yaml(k_file)["pipelines"]
    lists = [*pipelines["branches"].values(), *pipelines["custom"].values()]
    return [item["step"] for items in lists for item in items if "step" in item]


class Files(unittest.TestCase):
    maxDiff = None

    def test_schema(self) -> None:
        self.assertEqual(schema_findings(k_schema, [k_file]), {})
        whole = json.loads(json.dumps(read_yaml(k_file)))
        whole["pipelines"]["branches"]["main"][0]["step"]["deploymnet"] = "staging"
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(whole, file)
            file.flush()
            self.assertNotEqual(schema_findings(k_schema, [Path(file.name)]), {})

    def test_what_a_step_is(self) -> None:
        self.assertEqual(len(all_steps()), 7)
        for step in all_steps():
            self.assertEqual(step["clone"], {"enabled": False})
            self.assertIn(step["deployment"], ("staging", "production"))
            self.assertTrue(step["script"][0].startswith("export IN_COMMAND="))
        staging, production = read_yaml(k_file)["pipelines"]["branches"]["main"]
        self.assertNotIn("trigger", staging["step"])
        self.assertEqual(production["step"]["trigger"], "manual")

    def test_shellcheck(self) -> None:
        scripts = {"\n".join(["set -e", *step["script"], ""]) for step in all_steps()}
        assert_shellcheck(self, scripts, "sh")

    def test_the_readme_names_every_variable(self) -> None:
        readme = (k_folder / "README.md").read_text()
        script = read_yaml(k_file)["definitions"]["scripts"][0]["script"]
        for name in ("IN_COMMAND", "IN_ENVIRONMENTS", "IN_COMMIT", "IN_TO", "IN_REASON", "IN_TEXT",
                     "IN_ARGUMENTS", "HEADWAY_BINARY_PATH", "HEADWAY_BINARY_URL",
                     "HEADWAY_BINARY_VERSION", "HEADWAY_BINARY_SHA256", "HEADWAY_TOKEN"):  # fmt: skip
            self.assertIn(name, script)
            self.assertIn(f"`{name}`", readme)


class BitbucketTest(CiTest):
    """Nothing is cloned: the configuration is read from main, whose tip is c4."""

    def setUp(self) -> None:
        super().setUp()
        self.c4 = self.commit_configuration()
        self.open_runner()

    def open_runner(self, shell: Sequence[str] = ("bash",), **variables: str) -> None:
        url = self.stage.host.url(self.stage.repo).removesuffix(".git")
        known = {"BITBUCKET_GIT_HTTP_ORIGIN": url}
        self.runner = BitbucketPipelines(
            self.machine, sha=self.c4, shell=shell, variables={**known, **variables},
            deployments={name: {"HEADWAY_TOKEN": k_token} for name in self.apps})  # fmt: skip

    def run_pipeline(self, *where: str, **options: Any) -> dict[str, Step]:
        steps = self.runner.run(k_file, *where, **options)
        assert_no_secret("".join(step.log for step in steps.values()), [k_token])
        return steps

    def run_main(self) -> list[Step]:
        return [*self.run_pipeline("branches", "main", by_hand=[k_production]).values()]

    def run_custom(self, name: str, **given: str) -> Step:
        (step,) = self.run_pipeline("custom", name, given=given).values()
        return step

    def run_script(self, **variables: str) -> Step:
        """The script alone, with these variables."""
        script = read_yaml(k_file)["definitions"]["scripts"][0]["script"]
        known = {**self.runner.variables, "HEADWAY_TOKEN": k_token, **variables}
        ran = self.machine.run(self.runner.shell, f"set -e\n{script}", known)
        assert_no_secret(ran.log, [k_token])
        return Step("", ran.code, ran.log)


class Pipelines(BitbucketTest):
    def test_main_goes_to_staging_and_by_hand_to_production(self) -> None:
        steps = self.run_pipeline("branches", "main")
        self.assertEqual([step.result for step in steps.values()], ["successful", "pending"],
                         steps[k_staging].log)  # fmt: skip
        self.assertEqual((self.tip_of("staging"), self.tip_of("production")), (self.c4, self.c1))
        self.assert_junit(steps[k_staging].test_reports[0])
        for step in self.run_main():
            self.assertEqual(step.result, "successful", step.log)
        self.assertEqual(self.tip_of("production"), self.c4)

    def test_a_commit_is_the_pipelines(self) -> None:
        promoted, self.c4 = self.c4, self.stage.repo.commit("Later")
        for step in self.run_main():
            self.assertEqual(step.result, "successful", step.log)
        self.assertEqual(self.tip_of("production"), promoted)

    def test_by_sh(self) -> None:
        self.run_all_by(("sh",))

    def test_by_busybox(self) -> None:
        if not shutil.which("busybox"):
            self.skipTest("busybox is not installed")
        self.run_all_by(("busybox", "sh"))

    def run_all_by(self, shell: Sequence[str]) -> None:
        self.open_runner(shell)
        for step in self.run_main():
            self.assertEqual(step.result, "successful", step.log)
        self.assertEqual(self.tip_of("production"), self.c4)
        self.assertEqual(self.run_custom("rollback-production", REASON=k_hostile).code, 0)
        self.assertEqual(self.tip_of("production"), self.c1)

    def test_what_fails_in_staging_goes_back_and_stays_out_of_production(self) -> None:
        self.c4 = self.commit_configuration(deadline="1s")
        self.broken.add(self.c4)
        self.open_runner()
        staging, production = self.run_main()
        self.assertEqual((staging.result, staging.code), ("failed", 4), staging.log)
        self.assertEqual(production.result, "pending")
        self.assertEqual((self.tip_of("staging"), self.tip_of("production")), (self.c1, self.c1))
        self.assertEqual(self.events_of("staging")[:4],
                         ["verified", "rolled-back", "unhealthy", "promoted"])  # fmt: skip
        self.assert_junit(staging.test_reports[0], cases=2, failures=1)

    def test_the_verdict_is_there_for_the_next_step(self) -> None:
        self.run_main()
        left = (self.machine.work / "headway.env").read_text().splitlines()
        self.assertIn("VERIFY_ENVIRONMENT=production", left)
        self.assertIn(f"VERIFY_COMMIT={self.c4}", left)

    def test_roll_back_by_hand(self) -> None:
        self.run_main()
        step = self.run_custom("rollback-production", REASON=k_hostile)
        self.assertEqual(step.code, 0, step.log)
        self.assertEqual((self.tip_of("staging"), self.tip_of("production")), (self.c4, self.c1))
        self.assert_no_harm([step.log])
        self.assert_reason("production")
        # And stays there.
        self.assertEqual([step.code for step in self.run_main()], [0, 3])
        self.assertEqual(self.tip_of("production"), self.c1)
        step = self.run_custom("rollback-staging", TO=self.c1, REASON="")
        self.assertEqual((step.code, self.tip_of("staging")), (0, self.c1), step.log)

    def test_verify_and_notify_by_hand(self) -> None:
        for name in self.apps:
            step = self.run_custom(f"verify-{name}")
            self.assertEqual(step.code, 0, step.log)
            self.assertEqual(self.events_of(name)[0], "verified")
        self.runner.variables |= {
            "HEADWAY_SLACK_WEBHOOK_ENV": "SLACK_WEBHOOK", "SLACK_WEBHOOK": self.inbox.url}  # fmt: skip
        step = self.run_custom("notify-production", TEXT='"closed" $(until) Monday')
        self.assertEqual(step.code, 0, step.log)
        self.assert_told('"closed" $(until) Monday')


class Script(BitbucketTest):
    def test_each_command(self) -> None:
        for command, further in {
            "history": {}, "hold": {"IN_REASON": "an incident"}, "resume": {},
            "verify": {"IN_COMMIT": self.c1, "IN_ARGUMENTS": "-v\n\n--deadline=10s"},
        }.items():  # fmt: skip
            with self.subTest(command):
                step = self.run_script(IN_COMMAND=command, IN_ENVIRONMENTS="staging", **further)
                self.assertEqual(step.code, 0, step.log)

    def test_hostile_values_are_values(self) -> None:
        for shell in ("bash", "sh"):
            self.open_runner((shell,))
            step = self.run_script(IN_COMMAND="hold", IN_ENVIRONMENTS="staging", IN_REASON=k_hostile)
            self.assertEqual(step.code, 0, step.log)
            self.assert_reason("staging")
            logs = [step.log]
            for name in ("COMMAND", "ENVIRONMENTS", "COMMIT", "TO", "TEXT", "ARGUMENTS"):
                given = {"IN_COMMAND": "rollback" if name == "TO" else "promote",
                         "IN_ENVIRONMENTS": "staging", f"IN_{name}": k_hostile}  # fmt: skip
                step = self.run_script(**given)
                self.assertNotEqual(step.code, 0, f"{name}\n{step.log}")
                logs.append(step.log)
            self.assertEqual(self.tip_of("staging"), self.c1)
            self.assert_no_harm(logs)

    def test_names_are_no_patterns_of_files(self) -> None:
        (self.machine.work / "stagexyz").touch()
        (self.machine.work / "--all").touch()
        step = self.run_script(IN_COMMAND="promote", IN_ENVIRONMENTS="s*xyz", HEADWAY_TOKEN_ENV="HEADWAY_TOKEN")
        self.assertNotIn("stagexyz", step.log)
        step = self.run_script(IN_COMMAND="hold", IN_ENVIRONMENTS="--all", IN_REASON="x")
        self.assertEqual(step.code, 2)
        self.assertIn("headway: error: \"--all\" is not an environment's name\n", step.log)


class Binary(BinaryTests, BitbucketTest):
    def setUp(self) -> None:
        super().setUp()
        self.open_downloads()
        self.open_runner(("sh",), **self.trust)
        (self.machine.work / "bin").symlink_to(self.stage.headway.binary)

    def run_by(self, **inputs: str) -> tuple[int, str]:
        given = {f"HEADWAY_BINARY_{name.upper()}": value for name, value in inputs.items()}
        step = self.run_script(IN_COMMAND="history", IN_ENVIRONMENTS="staging", **given)
        return step.code, step.log


if __name__ == "__main__":
    unittest.main()
