"""ci-templates/github: the action and the workflows, checked by GitHub's parser and executed."""

from __future__ import annotations

import re
import tempfile
import unittest
from pathlib import Path
from typing import Any

from e2e.ci_support import BinaryTests, CiTest, Speaker, k_hostile
from e2e.support import k_token
from host.ci_machine import ask_node, k_templates, read_yaml, schema_findings
from host.github_actions import GitHubActions, Job, Step, commands_in, read_outputs
from host.headway import assert_no_secret

k_folder = k_templates / "github"
k_unset = re.compile("^headway: error: the variable STAGING_PUSH_TOKEN is not set$", re.MULTILINE)
k_workflows = sorted((k_folder / "workflows").glob("*.yml"))


class Files(unittest.TestCase):
    """What can be said without running anything."""

    maxDiff = None

    def test_github_accepts_them(self) -> None:
        files = [k_folder / "action.yml", *k_workflows]
        self.assertEqual(len(files), 4)
        found = ask_node("github.mjs", "validate", *files)
        self.assertEqual(found, {str(file): [] for file in files})

    def test_json_schemas(self) -> None:
        self.assertEqual(schema_findings("github-action.json", [k_folder / "action.yml"]), {})
        self.assertEqual(schema_findings("github-workflow.json", k_workflows), {})

    def test_no_expression_is_part_of_a_script(self) -> None:
        scripts = [step["run"] for step in read_yaml(k_folder / "action.yml")["runs"]["steps"]]
        self.assertEqual(len(scripts), 2)
        for script in scripts:
            self.assertNotIn("${{", script)
        for file in k_workflows:
            self.assertNotRegex(file.read_text(), r"(?m)^\s*(- )?run:")

    def test_what_a_job_may_do(self) -> None:
        for file in k_workflows:
            workflow = read_yaml(file)
            self.assertEqual(workflow["permissions"], {}, file)
            for job in workflow["jobs"].values():
                self.assertEqual(job["permissions"], {"contents": "read"}, file)

    def test_the_readme_names_every_input_and_output(self) -> None:
        readme = (k_folder / "README.md").read_text()
        action = read_yaml(k_folder / "action.yml")
        for name in [*action["inputs"], *action["outputs"]]:
            self.assertIn(f"`{name}`", readme)

    def test_how_the_runner_reads_commands_and_outputs(self) -> None:
        """The runner itself, by examples of the documentation."""
        log = ("::error file=a.js,line=1::no\n ::warning::w\nx ::error::text\n"
               "::stop-commands::d00d\n::error::paused\n::d00d::\n::debug::on again\n")  # fmt: skip
        self.assertEqual([*commands_in(log)],
                         [("error", "no"), ("warning", "w"), ("debug", "on again")])  # fmt: skip
        with tempfile.NamedTemporaryFile("w+") as file:
            file.write("a=1=2\nb<<EOF\nx\ny\nEOF\nc=\n")
            file.flush()
            self.assertEqual(read_outputs(Path(file.name)), {"a": "1=2", "b": "x\ny", "c": ""})
            file.write("no output\n")
            file.flush()
            with self.assertRaises(AssertionError):
                read_outputs(Path(file.name))

    def test_the_workflow_passes_every_input_on(self) -> None:
        action = read_yaml(k_folder / "action.yml")
        (job,) = read_yaml(k_folder / "workflows/headway.yml")["jobs"].values()
        (step,) = (one for one in job["steps"] if one.get("id") == "headway")
        # A checkout brings the file.
        self.assertEqual(action["inputs"].keys() - step["with"].keys(), {"config"})


class GitHubTest(CiTest):
    def setUp(self) -> None:
        super().setUp()
        self.actions = self.runner()

    def runner(self, **options: Any) -> GitHubActions:
        files = {f".github/workflows/{file.name}": file for file in k_workflows}
        files |= {
            ".github/actions/headway": k_folder,
            ".headway.yml": self.stage.headway.work / ".headway.yml",
        }
        options = {"secrets": {"HEADWAY_TOKEN": k_token}, "sha": self.c3, **options}
        return self.enterContext(GitHubActions(self.machine, files, **options))

    def run_action(self, *, token: bool = True, env: Any = None, **inputs: str) -> Step:
        """The action alone, without a checkout."""
        given = {"config": str(self.stage.headway.work / ".headway.yml")}
        given |= {"token": k_token} if token else {}
        step = self.actions.run_action(k_folder, given | inputs, env)
        assert_no_secret(step.log + step.summary, [k_token])
        return step


class Action(GitHubTest):
    def test_promotes_and_proves(self) -> None:
        step = self.run_action(environments="staging")
        self.assertEqual(step.code, 0, step.log)
        self.assertEqual(self.tip_of("staging"), self.c3)
        self.assertEqual(self.events_of("staging")[:2], ["verified", "promoted"])
        junit = step.outputs.pop("junit")
        self.assertEqual(step.outputs, {
            "outcome": "converged", "environment": "staging", "commit": self.c3,
            "short-commit": self.c3[:8], "exit-code": "0",
            "reason": f"healthy once, version {self.c3[:8]}",
        })  # fmt: skip
        self.assert_junit(Path(junit).read_text())
        self.assertTrue(step.summary.startswith("<h3>headway promote staging: done</h3>\n\n<pre>\n"))
        self.assertIn(f"staging: 9318c89e → {self.c3[:8]}, fast-forward\n", step.summary)
        self.assertEqual(step.commands, [])

    def test_several_environments_and_further_arguments(self) -> None:
        inputs = {"command": "verify", "arguments": f"--commit={self.c1}\n\n-v\n",
                  "environments": "staging\nprod*"}  # fmt: skip
        # Each has the token of the configuration, which a step's variables bring.
        step = self.run_action(**inputs)
        self.assertRegex(step.log, k_unset)
        for env in ({"STAGING_PUSH_TOKEN": k_token}, {"HEADWAY_TOKEN": k_token}):
            text = self.configuration().replace("STAGING_PUSH_TOKEN", [*env][0])
            self.stage.write(".headway.yml", text)
            step = self.run_action(**inputs, token=False, env=env)
            self.assertEqual(step.code, 0, step.log)
        step = self.run_action(**inputs)
        self.assertEqual(step.code, 0, step.log)
        self.assertEqual(step.outputs["commit"], self.c1)
        self.assertEqual(self.events_of("production")[0], "verified")
        self.assertIn("production: healthy", step.log)

    def test_an_unhealthy_version_goes_back_and_fails_the_step(self) -> None:
        self.break_it()
        step = self.run_action(environments="staging")
        self.assertEqual(step.code, 4, step.log)
        self.assertEqual(self.tip_of("staging"), self.c1)
        self.assertEqual(self.events_of("staging")[:4],
                         ["verified", "rolled-back", "unhealthy", "promoted"])  # fmt: skip
        outputs = step.outputs
        self.assertEqual((outputs["exit-code"], outputs["outcome"], outputs["commit"]),
                         ("4", "still-old", self.c3))  # fmt: skip
        self.assert_junit(Path(outputs["junit"]).read_text(), cases=2, failures=1)
        self.assertIn("<h3>headway promote staging: not proven to run healthily</h3>", step.summary)
        error = f"staging still runs another version, not {self.c3[:8]}"
        self.assertEqual(step.commands, [("error", error)])

    def test_a_refusal_has_its_exit_code_and_no_outcome(self) -> None:
        self.assertEqual(self.run_action(command="hold", environments="staging", reason="x").code, 0)
        step = self.run_action(environments="staging")
        self.assertEqual(step.code, 3, step.log)
        self.assertEqual((step.outputs["exit-code"], step.outputs["outcome"]), ("3", ""))
        self.assertIn("<h3>headway promote staging: refused</h3>", step.summary)

    def test_a_commit_and_a_remote(self) -> None:
        self.stage.write(".headway.yml", self.configuration(remote=False))
        remote = self.stage.host.url(self.stage.repo)
        step = self.run_action(environments="staging", commit=self.c2, remote=remote)
        self.assertEqual(step.code, 0, step.log)
        self.assertEqual(self.tip_of("staging"), self.c2)

    def test_each_command(self) -> None:
        for command, inputs in {
            "status": {"environments": ""},
            "history": {"environments": "staging"},
            "hold": {"environments": "staging", "reason": "an incident"},
            "resume": {"environments": "staging"},
            "rollback": {"environments": "staging", "to": self.c1, "reason": "broken"},
        }.items():
            with self.subTest(command):
                env = {"STAGING_PUSH_TOKEN": k_token}
                step = self.run_action(command=command, env=env, **inputs)
                self.assertEqual(step.code, 0, step.log)

    def test_notify(self) -> None:
        env = {"SLACK_WEBHOOK": self.inbox.url}
        step = self.run_action(
            command="notify", environments="staging", text='"closed" $(until) Monday', env=env,
            arguments="--slack-webhook-env=SLACK_WEBHOOK\n--event=refused")
        self.assertEqual(step.code, 0, step.log)
        self.assert_told('"closed" $(until) Monday')

    def test_hostile_values_are_values(self) -> None:
        step = self.run_action(command="hold", environments="staging", reason=k_hostile)
        self.assertEqual(step.code, 0, step.log)
        self.assert_reason("staging")
        logs = [step.log]
        for name in ("command", "environments", "commit", "to", "text", "arguments", "config"):
            inputs = {"command": "rollback" if name == "to" else "promote",
                      "environments": "staging", name: k_hostile}  # fmt: skip
            step = self.run_action(**inputs)
            self.assertNotEqual(step.code, 0, f"{name}\n{step.log}")
            self.assertNotIn("<id>", step.summary)
            self.assertNotIn("set-output", [command for command, _ in step.commands])
            logs.append(step.log + step.summary)
        self.assertEqual(self.tip_of("staging"), self.c1)
        self.assert_no_harm(logs)

    def test_what_a_server_says_is_no_command(self) -> None:
        said = "::set-output name=outcome::pwned"
        speaker = self.enterContext(Speaker(f"no\n{said}\n::stop-commands::x\n"))
        step = self.run_action(
            command="verify", environments="staging", arguments=speaker.arguments)
        self.assertEqual(step.code, 4, step.log)
        # It stands on a line of its own, where the runner would obey it.
        self.assertRegex(step.log, rf"(?m)^\s*{said}$")
        self.assertEqual([command for command, _ in step.commands], ["error"])
        self.assertEqual(step.outputs["outcome"], "unhealthy")


class Binary(BinaryTests, GitHubTest):
    def setUp(self) -> None:
        super().setUp()
        self.open_downloads()
        self.actions = self.runner(variables=self.trust)
        (self.machine.work / "bin").symlink_to(self.stage.headway.binary)

    def run_by(self, **inputs: str) -> tuple[int, str]:
        step = self.run_action(command="history", environments="staging", **inputs)
        return step.code, step.log

    def test_on_another_system(self) -> None:
        self.actions = self.runner(variables={**self.trust, "RUNNER_OS": "Windows"})
        self.assert_refused("headway does not run on Windows")


class Workflows(GitHubTest):
    def assert_ended(self, jobs: dict[str, Job], **results: str) -> None:
        log = "".join(job.log for job in jobs.values())
        self.assertEqual({key: job.result for key, job in jobs.items()}, results, log)
        assert_no_secret(log, [k_token])

    def test_main_goes_to_staging_and_on_to_production(self) -> None:
        jobs = self.actions.run_workflow("deploy.yml")
        self.assert_ended(jobs, staging="success", production="success")
        for name in self.apps:
            self.assertEqual(self.tip_of(name), self.c3)
            job = jobs[name]
            self.assertEqual(job.environment, name)
            self.assertEqual(job.concurrency,
                             {"group": f"headway-{name}-promote", "cancel-in-progress": False})  # fmt: skip
            self.assertEqual(job.permissions, {"contents": "read"})
            self.assertEqual(job.outputs,
                             {"outcome": "converged", "commit": self.c3, "exit-code": "0"})  # fmt: skip
            self.assert_junit(job.artifacts[f"headway-{name}-promote-1"])

    def test_what_fails_in_staging_stays_out_of_production(self) -> None:
        self.break_it()
        jobs = self.actions.run_workflow("deploy.yml")
        self.assert_ended(jobs, staging="failure", production="skipped")
        self.assertEqual((self.tip_of("staging"), self.tip_of("production")), (self.c1, self.c1))
        self.assertEqual(jobs["staging"].outputs["exit-code"], "4")
        self.assert_junit(jobs["staging"].artifacts["headway-staging-promote-1"], cases=2, failures=1)

    def test_a_commit_is_the_workflows(self) -> None:
        self.actions = self.runner(sha=self.c2)
        self.assert_ended(self.actions.run_workflow("deploy.yml"),
                          staging="success", production="success")  # fmt: skip
        self.assertEqual(self.tip_of("production"), self.c2)

    def test_the_repository_is_the_workflows(self) -> None:
        self.stage.write(".headway.yml", self.configuration(remote=False))
        self.actions = self.runner(sha=self.c2, server_url=self.stage.host.origin)
        self.assert_ended(self.actions.run_workflow("deploy.yml"),
                          staging="success", production="success")  # fmt: skip
        self.assertEqual(self.tip_of("production"), self.c2)

    def test_roll_back_by_hand(self) -> None:
        self.assert_ended(self.actions.run_workflow("deploy.yml"),
                          staging="success", production="success")  # fmt: skip
        self.actions = self.runner(event_name="workflow_dispatch")
        jobs = self.actions.run_workflow(
            "rollback.yml", {"environment": "production", "reason": k_hostile})
        self.assert_ended(jobs, rollback="success")
        self.assertEqual((self.tip_of("staging"), self.tip_of("production")), (self.c3, self.c1))
        self.assertEqual(self.events_of("production")[:2], ["verified", "rolled-back"])
        self.assertEqual(jobs["rollback"].concurrency["group"], "headway-production-rollback")
        self.assert_no_harm([jobs["rollback"].log])
        self.assert_reason("production")
        # And stays there.
        self.actions = self.runner()
        self.assert_ended(self.actions.run_workflow("deploy.yml"),
                          staging="success", production="failure")  # fmt: skip
        self.assertEqual(self.tip_of("production"), self.c1)

    def test_without_the_secret(self) -> None:
        self.actions = self.runner(secrets={})
        jobs = self.actions.run_workflow("deploy.yml")
        self.assert_ended(jobs, staging="failure", production="skipped")
        self.assertRegex(jobs["staging"].log, k_unset)


if __name__ == "__main__":
    unittest.main()
