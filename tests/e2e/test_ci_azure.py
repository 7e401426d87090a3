"""ci-templates/azure: the templates, checked by Microsoft's schema and executed."""

from __future__ import annotations

import json
import shutil
import tempfile
import unittest
from pathlib import Path
from typing import Any

from e2e.ci_support import BinaryTests, CiTest, Speaker, assert_shellcheck, k_hostile
from e2e.support import k_token
from host.azure_expressions import expand, expand_file
from host.azure_pipelines import AzurePipelines, Job
from host.ci_machine import k_templates, read_yaml, schema_findings
from host.headway import assert_no_secret

k_folder = k_templates / "azure"
k_schema = "raw.githubusercontent.com/microsoft/azure-pipelines-vscode/master/service-schema.json"
k_rollback = {"environment": "production", "reason": "checkout fails"}


def as_repository(folder: Path) -> Path:
    """The examples at the top, the templates in headway/, as the README says."""
    shutil.copytree(k_folder, folder / "headway")
    for file in folder.glob("headway/azure-*.yml"):
        file.rename(folder / file.name)
    return folder


def as_text(node: Any) -> Any:
    """With numbers and booleans as text, which the schema takes every scalar for."""
    if isinstance(node, dict):
        return {key: as_text(value) for key, value in node.items()}
    if isinstance(node, list):
        return [as_text(value) for value in node]
    return str(node).lower() if isinstance(node, bool) else str(node)


class Files(unittest.TestCase):
    maxDiff = None

    def setUp(self) -> None:
        self.folder = as_repository(Path(self.enterContext(tempfile.TemporaryDirectory())))
        self.expanded = {
            name: expand_file(self.folder / name, parameters)
            for name, parameters in {
                "azure-pipelines.yml": {},
                "azure-rollback.yml": k_rollback,
                "headway/stage.yml": {"environment": "eu-1", "dependsOn": ["test"]},
                "headway/job.yml": {"environment": "staging", "command": "verify"},
                "headway/steps.yml": {"variables": {"A": "$(B)"}, "tokenVariable": ""},
            }.items()
        }

    def steps(self) -> list[dict[str, Any]]:
        return list(self.expanded["headway/steps.yml"]["steps"])

    def test_schema(self) -> None:
        good, bad = [], []
        for number, (name, content) in enumerate(self.expanded.items()):
            parameters = read_yaml(self.folder / name).get("parameters")
            # Every file stands as a pipeline of its own, with the parameters that it has.
            whole = content | ({"parameters": parameters} if parameters else {})
            good.append(self.folder / f"good{number}.json")
            good[-1].write_text(json.dumps(as_text(whole)))
            bad.append(self.folder / f"bad{number}.json")
            bad[-1].write_text(json.dumps(as_text(whole | {"lockBehaviour": "sequential"})))
        # At once, as it is a large schema.
        found = schema_findings(k_schema, [*good, *bad])
        self.assertEqual({file: found.get(str(file)) for file in good}, dict.fromkeys(good))
        self.assertEqual(found.keys(), {str(file) for file in bad})

    def test_no_value_is_part_of_a_script(self) -> None:
        scripts = [step["bash"] for step in read_yaml(k_folder / "steps.yml")["steps"]
                   if "bash" in step]  # fmt: skip
        self.assertEqual(len(scripts), 2)
        for script in scripts:
            self.assertNotIn("${{", script)
            self.assertNotIn("$(", script)

    def test_shellcheck(self) -> None:
        scripts = [step["bash"] for step in self.steps() if "bash" in step]
        assert_shellcheck(self, scripts, "bash")

    def test_what_the_stages_are(self) -> None:
        staging, production = self.expanded["azure-pipelines.yml"]["stages"]
        for stage, name in ((staging, "staging"), (production, "production")):
            self.assertEqual(stage["lockBehavior"], "sequential")
            self.assertEqual(stage["stage"], name)
            # No dependsOn: each waits for the one before.
            self.assertNotIn("dependsOn", stage)
            (job,) = stage["jobs"]
            self.assertEqual(job["environment"], name)
            self.assertEqual(job["strategy"]["runOnce"]["deploy"]["steps"][:2],
                             [{"download": "none"}, {"checkout": "none"}])  # fmt: skip
        (stage,) = self.expanded["headway/stage.yml"]["stages"]
        self.assertEqual((stage["stage"], stage["dependsOn"]), ("eu_1", ["test"]))

    def test_the_token_is_mapped_and_nothing_else(self) -> None:
        env = self.steps()[1]["env"]
        self.assertNotIn("HEADWAY_TOKEN", env)
        self.assertEqual(env["A"], "$(B)")
        (job,) = self.expanded["azure-rollback.yml"]["jobs"]
        self.assertEqual(job["steps"][1]["env"]["HEADWAY_TOKEN"], "$(System.AccessToken)")
        for file in k_folder.glob("*.yml"):
            self.assertNotIn("$(System.AccessToken)", file.read_text(), file)

    def test_the_readme_names_every_parameter(self) -> None:
        readme = (k_folder / "README.md").read_text()
        for file in ("steps.yml", "job.yml", "stage.yml"):
            for one in read_yaml(k_folder / file)["parameters"]:
                self.assertIn(f"`{one['name']}`", readme, file)

    def test_how_templates_are_read(self) -> None:
        """The runner itself, by examples of the documentation."""
        names = {"parameters": {"on": True, "off": False, "m": {"a": "1", "b": "$(c)"}, "t": "it's"}}
        for node, wanted in [
            ("${{ parameters.t }}", "it's"),
            ("a ${{ eq(parameters.t, 'IT''S') }} b", "a True b"),
            ({"${{ if parameters.on }}": {"x": "y"}, "z": "1"}, {"x": "y", "z": "1"}),
            ({"${{ if and(parameters.on, parameters.off) }}": {"x": "y"}}, {}),
            ([{"${{ if not(parameters.off) }}": ["a", "b"]}, "c"], ["a", "b", "c"]),
            ({"${{ insert }}": "${{ parameters.m }}"}, {"a": "1", "b": "$(c)"}),
            ({"${{ each p in parameters.m }}": {"X_${{ p.key }}": "${{ p.value }}"}},
             {"X_a": "1", "X_b": "$(c)"}),
        ]:  # fmt: skip
            self.assertEqual(expand(node, names), wanted)
        for node in ("${{ parameters.none }}", "${{ upper('a') }}", "${{ a.b }}", "${{ eq(1, 2) 3 }}"):
            with self.assertRaises(AssertionError):
                expand(node, names)
        for parameters in ({"command": "destroy"}, {"variables": 1, "nonsense": 1}):
            with self.assertRaises(AssertionError):
                expand_file(k_folder / "steps.yml", parameters)


class AzureTest(CiTest):
    """Nothing is checked out: the configuration is read from main, whose tip is c4."""

    def setUp(self) -> None:
        super().setUp()
        self.c4 = self.commit_configuration()
        self.folder = as_repository(Path(self.enterContext(tempfile.TemporaryDirectory())))
        self.agent = self.open_agent()

    def open_agent(self, **variables: str) -> AzurePipelines:
        known = {"Build.Repository.Uri": self.stage.host.url(self.stage.repo)}
        secrets = {"System.AccessToken": k_token, "Other.Secret": "hunter2hunter2",
                   "SlackWebhook": self.inbox.url}  # fmt: skip
        return AzurePipelines(self.machine, sha=self.c4, secrets=secrets,
                              files=self.stage.headway.work, variables={**known, **variables})  # fmt: skip

    def run_pipeline(self, name: str, **parameters: str) -> dict[str, Job]:
        jobs = self.agent.run(self.folder / name, parameters)
        assert_no_secret("".join(job.log for job in jobs.values()), [k_token])
        return jobs

    def run_steps(self, **parameters: Any) -> Job:
        """A job of the steps alone."""
        job = {"job": "j", "steps": [{"template": "headway/steps.yml", "parameters": parameters}]}
        file = self.folder / f"{len([*self.folder.iterdir()])}.yml"
        file.write_text(json.dumps({"jobs": [job]}))
        return self.run_pipeline(file.name)["j"]

    def break_main(self) -> None:
        self.c4 = self.commit_configuration(deadline="1s")
        self.broken.add(self.c4)
        self.agent = self.open_agent()


class Pipelines(AzureTest):
    def test_main_goes_to_staging_and_on_to_production(self) -> None:
        jobs = self.run_pipeline("azure-pipelines.yml")
        self.assertEqual([*jobs], ["staging.headway", "production.headway"])
        for name, job in zip(self.apps, jobs.values(), strict=True):
            self.assertEqual(job.result, "succeeded", job.log)
            self.assertEqual(self.tip_of(name), self.c4)
            self.assertEqual(job.outputs, {
                "headway.exitCode": "0", "headway.outcome": "converged",
                "headway.environment": name, "headway.commit": self.c4,
                "headway.shortCommit": self.c4[:8],
                "headway.reason": f"healthy once, version {self.c4[:8]}",
            })  # fmt: skip
            (junit,) = job.test_results
            self.assert_junit(junit)

    def test_a_commit_is_the_runs(self) -> None:
        promoted, self.c4 = self.c4, self.stage.repo.commit("Later")
        self.agent.variables["Build.SourceVersion"] = promoted
        for job in self.run_pipeline("azure-pipelines.yml").values():
            self.assertEqual(job.result, "succeeded", job.log)
        self.assertEqual(self.tip_of("production"), promoted)

    def test_what_fails_in_staging_goes_back_and_stays_out_of_production(self) -> None:
        self.break_main()
        jobs = self.run_pipeline("azure-pipelines.yml")
        staging, production = jobs.values()
        self.assertEqual((staging.result, staging.code), ("failed", 4), staging.log)
        self.assertEqual(production.result, "skipped")
        self.assertEqual((self.tip_of("staging"), self.tip_of("production")), (self.c1, self.c1))
        self.assertEqual(self.events_of("staging")[:4],
                         ["verified", "rolled-back", "unhealthy", "promoted"])  # fmt: skip
        self.assertEqual((staging.outputs["headway.exitCode"], staging.outputs["headway.outcome"]),
                         ("4", "still-old"))  # fmt: skip
        self.assert_junit(staging.test_results[0], cases=2, failures=1)

    def test_roll_back_by_hand(self) -> None:
        self.run_pipeline("azure-pipelines.yml")
        job = self.run_pipeline("azure-rollback.yml", **k_rollback | {"reason": k_hostile})["rollback"]
        self.assertEqual(job.result, "succeeded", job.log)
        self.assertEqual((self.tip_of("staging"), self.tip_of("production")), (self.c4, self.c1))
        self.assertEqual(self.events_of("production")[:2], ["verified", "rolled-back"])
        self.assert_no_harm([job.log])
        self.assert_reason("production", k_hostile.replace("$(", "$ ("))
        # And stays there.
        jobs = self.run_pipeline("azure-pipelines.yml")
        self.assertEqual(jobs["production.headway"].code, 3)
        self.assertEqual(self.tip_of("production"), self.c1)
        to = self.run_pipeline("azure-rollback.yml", **k_rollback, to=self.c4)["rollback"]
        self.assertEqual(to.code, 3)
        self.assertIn(f"headway: error: {self.c4[:8]} was never on deploy/production\n", to.log)


class Steps(AzureTest):
    def test_each_command(self) -> None:
        variables = {"STAGING_PUSH_TOKEN": "$(System.AccessToken)"}
        for command, inputs in {
            "status": {"variables": variables, "checkout": "self"},
            "history": {"environments": "staging"},
            "hold": {"environments": "staging", "reason": "an incident"},
            "resume": {"environments": "staging"},
            "verify": {"environments": "stag* production", "variables": variables,
                       "tokenVariable": "", "checkout": "self",
                       "arguments": f"--commit={self.c1}\n-v\n"},
        }.items():  # fmt: skip
            with self.subTest(command):
                job = self.run_steps(command=command, **inputs)
                self.assertEqual(job.result, "succeeded", job.log)
                self.assertEqual(len(job.test_results), 1 if command == "verify" else 0)
        self.assertEqual(self.events_of("production")[0], "verified")

    def test_notify(self) -> None:
        job = self.run_steps(
            command="notify", environments="staging", text='"closed" until Monday',
            variables={"SLACK_WEBHOOK": "$(SlackWebhook)"},
            arguments="--slack-webhook-env=SLACK_WEBHOOK\n--event=refused")  # fmt: skip
        self.assertEqual(job.result, "succeeded", job.log)
        self.assert_told('"closed" until Monday')

    def test_hostile_values_are_values(self) -> None:
        hostile = f"$(Other.Secret) {k_hostile}"
        job = self.run_steps(command="hold", environments="staging", reason=hostile)
        self.assertEqual(job.result, "succeeded", job.log)
        self.assert_reason("staging", hostile.replace("$(", "$ ("))
        logs = [job.log]
        for name in ("environments", "commit", "to", "text", "arguments", "config"):
            inputs = {"command": "rollback" if name == "to" else "promote",
                      "environments": "staging", name: hostile}  # fmt: skip
            job = self.run_steps(**inputs)
            self.assertEqual(job.result, "failed", f"{name}\n{job.log}")
            logs.append(job.log)
        self.assertEqual(self.tip_of("staging"), self.c1)
        self.assert_no_harm(logs)

    def test_what_is_typed_reaches_no_secret(self) -> None:
        job = self.run_steps(command="hold", environments="staging", reason="$(Other.Secret)")
        self.assertEqual(job.result, "succeeded", job.log)
        self.assert_reason("staging", "$ (Other.Secret)")
        for name in ("to", "text", "environments"):
            job = self.run_steps(**{"command": "rollback" if name == "to" else "notify",
                                    "environments": "staging", name: "$(Other.Secret)"})  # fmt: skip
            self.assertEqual(job.result, "failed", job.log)
            self.assertNotIn("hunter2", job.log)

    def test_what_a_commit_says_is_no_command(self) -> None:
        said = "##vso[task.setvariable variable=outcome;isOutput=true]pwned ##vso[build.addbuildtag]x"
        self.stage.repo.commit(said, branch="deploy/staging")
        job = self.run_steps(environments="staging")
        self.assertEqual((job.result, job.code), ("failed", 3), job.log)
        self.assertEqual(len(job.ignored), 1, job.log)
        self.assertEqual(job.outputs, {"headway.exitCode": "3"})

    def test_what_a_server_says_is_no_command(self) -> None:
        speaker = self.enterContext(Speaker("##vso[task.setvariable variable=PATH]/pwned"))
        job = self.run_steps(
            command="verify", environments="staging", arguments=speaker.arguments)
        self.assertEqual((job.result, job.code), ("failed", 4), job.log)
        self.assertNotEqual(job.ignored, [], job.log)
        self.assertEqual(job.outputs["headway.outcome"], "unhealthy")

    def test_a_variable_that_is_not_set(self) -> None:
        job = self.run_steps(environments="staging", tokenVariable="PushToken")
        self.assertEqual(job.code, 2)
        self.assertIn("headway: error: there is no token\n"
                      "  because: $(PushToken), which tokenVariable names, is not set\n", job.log)  # fmt: skip


class Binary(BinaryTests, AzureTest):
    def setUp(self) -> None:
        super().setUp()
        self.open_downloads()
        self.agent = self.open_agent(**self.trust)

    def run_by(self, **inputs: str) -> tuple[int, str]:
        if inputs.get("path") == "bin":
            inputs["path"] = str(self.machine.home / "bin")
            (self.machine.home / "bin").symlink_to(self.stage.headway.binary)
        job = self.run_steps(command="history", environments="staging", **inputs)
        return job.code, job.log


if __name__ == "__main__":
    unittest.main()
