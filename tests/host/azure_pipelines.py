"""Runs Azure Pipelines' YAML on this machine, as far as the templates go: stages, jobs, deployment
jobs, `bash` steps, PublishTestResults. Scripts run by bash as they are written."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from host.azure_expressions import evaluate, expand_file
from host.ci_machine import Machine

k_bash = ("bash", "--noprofile", "--norc")
k_macro = re.compile(r"\$\(([A-Za-z_][\w.]*)\)")
k_command = re.compile(r"##vso\[([a-z]+\.[a-z]+)(?: ([^\]]*))?\](.*)")
k_restricted = {"task.logdetail", "task.logissue", "task.complete", "task.setprogress",
                "task.setsecret", "task.setvariable", "task.debug"}  # fmt: skip


@dataclass
class Job:
    """How a job ended: succeeded, failed or skipped."""

    result: str = "succeeded"
    code: int = 0
    """Of the first step that failed."""
    log: str = ""
    outputs: dict[str, str] = field(default_factory=dict)
    """As "headway.outcome"."""
    test_results: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    """Commands to the agent that the step's `target` forbids."""
    definition: dict[str, Any] = field(default_factory=dict)


class AzurePipelines:
    """An agent.

    variables  the pipeline's and the agent's, as Build.SourceVersion; scripts see them
    secrets    by macro alone, as the agent keeps them out of the environment
    files      what a checkout brings, from a folder; the template may or may not ask for one
    """

    def __init__(
        self,
        machine: Machine,
        *,
        sha: str,
        variables: Mapping[str, str] | None = None,
        secrets: Mapping[str, str] | None = None,
        files: Path | None = None,
    ) -> None:
        self.machine = machine
        self.files = files
        self.variables = {
            "Agent.TempDirectory": str(machine.temp), "Agent.OS": "Linux", "TF_BUILD": "True",
            "Build.SourceVersion": sha, "Build.SourceBranch": "refs/heads/main",
            "Build.BuildId": "17", "System.TeamFoundationCollectionUri": "https://dev.example.com/o/",
            **(variables or {}),
        }  # fmt: skip
        self.secrets = dict(secrets or {})

    def run(self, file: Path, parameters: Mapping[str, Any] | None = None) -> dict[str, Job]:
        """Runs a pipeline, stage after stage; its jobs by "stage.job", or "job" without stages."""
        pipeline = expand_file(file, parameters or {})
        static = {key: str(value) for key, value in pipeline.get("variables", {}).items()}
        jobs: dict[str, Job] = {}
        failed = False
        for stage in pipeline.get("stages") or [pipeline]:
            for definition in stage["jobs"]:
                name = definition.get("deployment") or definition["job"]
                key = f"{stage['stage']}.{name}" if "stage" in stage else name
                if not self._holds(stage.get("condition", "succeeded()"), failed):
                    jobs[key] = Job("skipped", definition=definition)
                    continue
                jobs[key] = self._run_job(definition, static)
            failed = failed or any(job.result == "failed" for job in jobs.values())
        return jobs

    def _holds(self, condition: str, failed: bool) -> bool:
        functions = {"succeeded": lambda: not failed, "failed": lambda: failed,
                     "always": lambda: True, "succeededOrFailed": lambda: True}  # fmt: skip
        return bool(evaluate(condition, {"variables": self.variables}, functions))

    def _run_job(self, definition: dict[str, Any], static: Mapping[str, str]) -> Job:
        job = Job(definition=definition)
        self.machine.clear()
        if "deployment" in definition:
            steps = definition["strategy"]["runOnce"]["deploy"]["steps"]
        else:
            steps = definition["steps"]
        if "deployment" not in definition and not any("checkout" in step for step in steps):
            raise AssertionError("a job that says nothing checks out all there is")
        for step in steps:
            if not self._holds(step.get("condition", "succeeded()"), job.result == "failed"):
                continue
            code = self._run_step(step, job, static)
            if code != 0:
                job.result, job.code = "failed", job.code or code
        return job

    def _run_step(self, step: Mapping[str, Any], job: Job, static: Mapping[str, str]) -> int:
        known = {key.lower(): value
                 for key, value in {**static, **self.variables, **self.secrets}.items()}  # fmt: skip

        def expand(text: Any) -> str:
            return k_macro.sub(lambda found: known.get(found[1].lower(), found[0]), str(text))

        if "bash" in step:
            public = {re.sub(r"[. ]", "_", key).upper(): value
                      for key, value in {**static, **self.variables}.items()}  # fmt: skip
            mapped = {key: expand(value) for key, value in step.get("env", {}).items()}
            ran = self.machine.run(k_bash, expand(step["bash"]), public | mapped)
            job.log += ran.log
            self._obey(ran.log, step, job)
            return ran.code
        if step.get("task") == "PublishTestResults@2":
            inputs = {key: expand(value) for key, value in step["inputs"].items()}
            if inputs["testResultsFormat"] != "JUnit":
                raise AssertionError(f"not known here: {inputs}")
            found = Path(inputs["searchFolder"]).glob(inputs["testResultsFiles"])
            job.test_results += [path.read_text("utf-8") for path in found]
            return 0
        if step.get("checkout") == "self" and self.files and step["fetchDepth"] == 1:
            shutil.copytree(self.files, self.machine.work, dirs_exist_ok=True)
        elif step not in ({"checkout": "none"}, {"download": "none"}):
            raise AssertionError(f"not known here: {step}")
        return 0

    def _obey(self, log: str, step: Mapping[str, Any], job: Job) -> None:
        """What the agent does by what a step wrote."""
        target = step.get("target", {})
        for line in log.splitlines():
            found = k_command.search(line)
            if not found:
                continue
            properties = dict(one.split("=", 1) for one in (found[2] or "").split(";") if "=" in one)
            name = properties.get("variable", "")
            settable = target.get("settableVariables", [name])
            restricted = target.get("commands") == "restricted"
            if restricted and found[1] not in k_restricted or name and name not in settable:
                job.ignored.append(line)
            elif found[1] == "task.setvariable" and properties.get("isOutput") == "true":
                job.outputs[f"{step['name']}.{name}"] = found[3]
            else:
                raise AssertionError(f"not known here: {line}")
