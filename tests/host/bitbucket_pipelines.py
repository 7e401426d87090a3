"""Runs a bitbucket-pipelines.yml on this machine, as far as the templates go: steps one after the
other, their scripts by a shell as they are written, artifacts, test reports."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from host.ci_machine import Machine, read_yaml


@dataclass
class Step:
    """How a step ended: successful, failed, or pending where it waits for a hand or came to
    nothing because of one before."""

    result: str = "pending"
    code: int = 0
    log: str = ""
    test_reports: list[str] = field(default_factory=list)


class BitbucketPipelines:
    """A runner.

    variables    the workspace's and repository's, and what Bitbucket sets
    deployments  those of each deployment environment
    shell        /bin/bash where the image has it, else sh
    """

    def __init__(
        self,
        machine: Machine,
        *,
        sha: str,
        variables: Mapping[str, str] | None = None,
        deployments: Mapping[str, Mapping[str, str]] | None = None,
        shell: Sequence[str] = ("bash",),
    ) -> None:
        self.machine = machine
        self.deployments = deployments or {}
        self.shell = shell
        self.variables = {
            "CI": "true", "BITBUCKET_COMMIT": sha, "BITBUCKET_BRANCH": "main",
            "BITBUCKET_BUILD_NUMBER": "17", "BITBUCKET_REPO_FULL_NAME": "group/app",
            "BITBUCKET_CLONE_DIR": str(machine.work), **(variables or {}),
        }  # fmt: skip

    def run(
        self,
        file: Path,
        *where: str,
        given: Mapping[str, str] | None = None,
        by_hand: Collection[str] = (),
    ) -> dict[str, Step]:
        """Runs pipelines › where; its steps by name. `given` are a custom pipeline's variables,
        `by_hand` the manual steps that somebody starts."""
        items = read_yaml(file)["pipelines"]
        for name in where:
            items = items[name]
        known = [one["name"] for item in items for one in item.get("variables", [])]
        if unknown := set(given or {}) - set(known):
            raise AssertionError(f"{unknown} is asked for nowhere")
        steps = [item["step"] for item in items if "step" in item]
        self._check(steps)
        ran: dict[str, Step] = {}
        artifacts: dict[str, str] = {}
        stopped = False
        for step in steps:
            name = step["name"]
            ran[name] = Step()
            stopped = stopped or step.get("trigger") == "manual" and name not in by_hand
            if not stopped:
                ran[name] = self._run_step(step, given or {}, artifacts)
                stopped = ran[name].result == "failed"
        return ran

    @staticmethod
    def _check(steps: Sequence[Mapping[str, Any]]) -> None:
        """What Bitbucket refuses besides what its schema does."""
        deployments = [step["deployment"] for step in steps if "deployment" in step]
        if len(deployments) != len(set(deployments)):
            raise AssertionError("a pipeline deploys to an environment once")
        if steps[0].get("trigger") == "manual":
            raise AssertionError("the first step of a pipeline cannot be manual")

    def _run_step(
        self, step: Mapping[str, Any], given: Mapping[str, str], artifacts: dict[str, str]
    ) -> Step:
        if step.get("clone") != {"enabled": False}:
            raise AssertionError("this runner clones nothing")
        self.machine.clear()
        for name, text in artifacts.items():
            (self.machine.work / name).write_text(text, "utf-8")
        deployment = self.deployments.get(step.get("deployment", ""), {})
        script = "\n".join(["set -e", *step["script"], ""])
        ran = self.machine.run(self.shell, script, {**self.variables, **deployment, **given})
        result = "successful" if ran.code == 0 else "failed"
        for pattern in step.get("artifacts", []) if ran.code == 0 else []:
            artifacts |= {path.name: path.read_text("utf-8")
                          for path in self.machine.work.glob(pattern)}  # fmt: skip
        reports = [path.read_text("utf-8") for path in self.machine.work.glob("**/test-results/**/*.xml")]
        return Step(result, ran.code, ran.log, reports)
