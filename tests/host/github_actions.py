"""Runs GitHub's workflows and composite actions on this machine, as far as the templates go.

Expressions are evaluated by GitHub's own package, scripts run by bash as they are written.
Other than local actions only `actions/checkout` and `actions/upload-artifact` are known.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from host.ci_machine import Machine, NodeServer, read_yaml

k_bash = ("bash", "--noprofile", "--norc", "-e", "-o", "pipefail")
k_command = re.compile(r"^\s*::([a-z-]+)(?: ([^:]*))?::(.*)$")


@dataclass
class Step:
    """How a step ended."""

    code: int = 0
    outputs: dict[str, str] = field(default_factory=dict)
    log: str = ""
    summary: str = ""
    commands: list[tuple[str, str]] = field(default_factory=list)
    """Commands to the runner that took effect, as ("error", "text")."""


@dataclass
class Job:
    """How a job ended: success, failure or skipped. The rest is what its keys evaluated to."""

    result: str
    outputs: dict[str, str] = field(default_factory=dict)
    steps: dict[str, Step] = field(default_factory=dict)
    environment: Any = None
    concurrency: Any = None
    permissions: Any = None
    artifacts: dict[str, str] = field(default_factory=dict)

    @property
    def log(self) -> str:
        return "".join(step.log for step in self.steps.values())


def commands_in(log: str) -> Iterator[tuple[str, str]]:
    """What the runner would do by what a step wrote."""
    pause = None
    for line in log.splitlines():
        found = k_command.match(line)
        if pause is not None:
            pause = None if line.strip() == f"::{pause}::" else pause
        elif found and found[1] == "stop-commands":
            pause = found[3]
        elif found:
            yield found[1], found[3]


def read_outputs(path: Path) -> dict[str, str]:
    """GITHUB_OUTPUT: name=value, or name<<WORD, lines, WORD."""
    outputs = {}
    lines = iter(path.read_text("utf-8").splitlines())
    for line in lines:
        name, equals, value = line.partition("=")
        if "<<" in name:
            name, _, word = line.partition("<<")
            value = "\n".join(iter(lambda word=word: next(lines), word))
        elif not equals:
            raise AssertionError(f"Unable to process file command 'output': {line!r}")
        outputs[name] = value
    return outputs


class GitHubActions:
    """A runner with a repository's files; `close()` ends it.

    files      path in the repository → file or folder: what a checkout brings
    variables  the runner's environment, beside what is set here
    secrets, vars_, event   the contexts
    """

    def __init__(
        self,
        machine: Machine,
        files: Mapping[str, Path],
        *,
        sha: str,
        variables: Mapping[str, str] | None = None,
        secrets: Mapping[str, str] | None = None,
        vars_: Mapping[str, str] | None = None,
        event_name: str = "push",
        server_url: str = "https://github.example.com",
    ) -> None:
        self._evaluator = NodeServer("github.mjs", "evaluate")
        self.machine = machine
        self.files = files
        self.secrets = dict(secrets or {})
        self.vars = dict(vars_ or {})
        self.github = {
            "sha": sha, "ref": "refs/heads/main", "ref_name": "main", "event_name": event_name,
            "repository": "group/app", "server_url": server_url,
            "run_id": "17", "run_attempt": "1", "actor": "ada",
        }  # fmt: skip
        self.environment = {
            "CI": "true", "GITHUB_ACTIONS": "true", "RUNNER_OS": "Linux",
            "RUNNER_TEMP": str(machine.temp), "GITHUB_WORKSPACE": str(machine.work),
            **{f"GITHUB_{name.upper()}": value for name, value in self.github.items()},
            **(variables or {}),
        }  # fmt: skip

    def close(self) -> None:
        self._evaluator.close()

    def __enter__(self) -> GitHubActions:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _evaluate(self, value: Any, contexts: Mapping[str, Any], status: str = "success") -> Any:
        """The value with all expressions in it evaluated."""
        return self._evaluator.ask({"contexts": contexts, "status": status, "value": value})

    # ---- an action

    def run_action(
        self,
        folder: Path,
        inputs: Mapping[str, Any] | None = None,
        env: Mapping[str, str] | None = None,
    ) -> Step:
        """Runs a composite action as a step would that has these `with` and `env`."""
        action = read_yaml(folder / "action.yml")
        given = {name: _as_text(value) for name, value in (inputs or {}).items()}
        if unknown := given.keys() - action["inputs"].keys():
            raise AssertionError(f"Unexpected input(s) {sorted(unknown)}")
        values = {name: given.get(name, str(one.get("default", "")))
                  for name, one in action["inputs"].items()}  # fmt: skip
        variables = self.environment | dict(env or {}) | {"GITHUB_ACTION_PATH": str(folder)}
        contexts = {"inputs": values, "github": self.github, "steps": {}, "env": variables}
        whole = Step()
        for step in action["runs"]["steps"]:
            status = "success" if whole.code == 0 else "failure"
            if not self._evaluate(_condition(step), contexts, status):
                continue
            ran = self._run_script(step, contexts)
            whole.code = whole.code or ran.code
            whole.log += ran.log
            whole.summary += ran.summary
            whole.commands += ran.commands
            contexts["steps"][step["id"]] = {"outputs": ran.outputs}
        outputs = {name: one["value"] for name, one in action["outputs"].items()}
        whole.outputs = {name: _as_text(value)
                         for name, value in self._evaluate(outputs, contexts).items()}  # fmt: skip
        return whole

    def _run_script(self, step: Mapping[str, Any], contexts: Mapping[str, Any]) -> Step:
        if step["shell"] != "bash":
            raise AssertionError(f"{step['shell']}: not known here")
        env = {k: _as_text(v) for k, v in self._evaluate(step.get("env", {}), contexts).items()}
        files = {name: self.machine.temp / name for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        for path in files.values():
            path.write_bytes(b"")
        named = {name: str(path) for name, path in files.items()}
        script = _as_text(self._evaluate(step["run"], contexts))
        ran = self.machine.run(k_bash, script, {**contexts["env"], **env, **named})
        return Step(ran.code, read_outputs(files["GITHUB_OUTPUT"]), ran.log,
                    files["GITHUB_STEP_SUMMARY"].read_text("utf-8"),
                    list(commands_in(ran.log)))  # fmt: skip

    # ---- a workflow

    def run_workflow(
        self, name: str, inputs: Mapping[str, Any] | None = None, event: str | None = None
    ) -> dict[str, Job]:
        """Runs a workflow of the repository's .github/workflows/; its jobs by id."""
        event = event or self.github["event_name"]
        workflow = read_yaml(self.files[f".github/workflows/{name}"])
        if event not in workflow["on"]:
            raise AssertionError(f"{name} is not for {event}")
        known = (workflow["on"][event] or {}).get("inputs", {})
        values = {key: one.get("default", "") for key, one in known.items()}
        values |= _checked(known, inputs or {})
        contexts = {"inputs": values, "github": self.github, "vars": self.vars, "needs": {},
                    "secrets": self.secrets}  # fmt: skip
        jobs: dict[str, Job] = {}
        for key, job in _in_order(workflow["jobs"]):
            needs = [job["needs"]] if isinstance(job.get("needs"), str) else job.get("needs", [])
            status = ("success" if all(jobs[need].result == "success" for need in needs)
                      else "failure")  # fmt: skip
            contexts["needs"] = {need: {"result": jobs[need].result, "outputs": jobs[need].outputs}
                                 for need in needs}  # fmt: skip
            if not self._evaluate(_condition(job), contexts, status):
                jobs[key] = Job("skipped")
                continue
            jobs[key] = self._call(job, contexts) if "uses" in job else self._run(job, contexts)
            permissions = job.get("permissions", workflow.get("permissions"))
            jobs[key].permissions = jobs[key].permissions or permissions
        return jobs

    def _call(self, job: Mapping[str, Any], contexts: Mapping[str, Any]) -> Job:
        """A reusable workflow; of its jobs there is one."""
        name = job["uses"].removeprefix("./.github/workflows/")
        called = read_yaml(self.files[f".github/workflows/{name}"])
        if job.get("secrets") != "inherit":
            raise AssertionError("secrets of an environment do not arrive without `inherit`")
        inner = self.run_workflow(name, self._evaluate(job.get("with", {}), contexts), "workflow_call")
        (key, ran), = inner.items()  # fmt: skip
        outputs = {one: value["value"] for one, value in called["on"]["workflow_call"]["outputs"].items()}
        jobs = {key: {"outputs": ran.outputs, "result": ran.result}}
        ran.outputs = self._evaluate(outputs, {"jobs": jobs})
        return ran

    def _run(self, job: Mapping[str, Any], contexts: dict[str, Any]) -> Job:
        self.machine.clear()
        keys = ("environment", "concurrency", "timeout-minutes", "runs-on", "name")
        shown = self._evaluate({key: job.get(key) for key in keys}, contexts)
        ran = Job("success", environment=shown["environment"], concurrency=shown["concurrency"],
                  permissions=job.get("permissions"))  # fmt: skip
        contexts = contexts | {"steps": {}, "env": self.environment}
        for number, step in enumerate(job["steps"]):
            if not self._evaluate(_condition(step), contexts, ran.result):
                continue
            key = step.get("id", str(number))
            ran.steps[key] = self._run_step(step, contexts, ran)
            contexts["steps"][key] = {"outputs": ran.steps[key].outputs}
            if ran.steps[key].code != 0:
                ran.result = "failure"
        ran.outputs = self._evaluate(job.get("outputs", {}), contexts)
        return ran

    def _run_step(self, step: Mapping[str, Any], contexts: Mapping[str, Any], job: Job) -> Step:
        inputs = self._evaluate(step.get("with", {}), contexts)
        env = {k: _as_text(v) for k, v in self._evaluate(step.get("env", {}), contexts).items()}
        if step["uses"].startswith("./"):
            return self.run_action(self.machine.work / step["uses"], inputs, env)
        action, _, version = step["uses"].partition("@")
        if not re.fullmatch(r"[0-9a-f]{40}", version):
            raise AssertionError(f"{step['uses']}: not pinned to a commit")
        if action == "actions/checkout":
            self._check_out(inputs["sparse-checkout"].split())
        elif action == "actions/upload-artifact":
            job.artifacts[inputs["name"]] = Path(inputs["path"]).read_text("utf-8")
        else:
            raise AssertionError(f"{action}: not known here")
        return Step()

    def _check_out(self, folders: list[str]) -> None:
        """These folders, and the files at the top."""
        for name, source in self.files.items():
            if "/" in name and not any(name == one or name.startswith(f"{one}/") for one in folders):
                continue
            target = self.machine.work / name
            target.parent.mkdir(parents=True, exist_ok=True)
            (shutil.copytree if source.is_dir() else shutil.copy)(source, target)


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _condition(node: Mapping[str, Any]) -> str:
    """An `if` as an expression; one without a status function waits for success."""
    text = str(node.get("if", "success()")).removeprefix("${{").removesuffix("}}")
    if not re.search(r"\b(success|failure|always|cancelled)\s*\(", text):
        text = f"success() && ({text})"
    return "${{ " + text + " }}"


def _checked(known: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """What a call gives, as GitHub checks it."""
    if unknown := given.keys() - known.keys():
        raise AssertionError(f"Invalid input, {sorted(unknown)} is not defined")
    for name, one in known.items():
        if one.get("required") and name not in given:
            raise AssertionError(f"Required input '{name}' not provided")
        if one["type"] == "choice" and given[name] not in one["options"]:
            raise AssertionError(f"Provided value '{given[name]}' for input '{name}'")
    return {name: _as_text(value) for name, value in given.items()}


def _in_order(jobs: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Each after those that it needs; as the templates write them."""
    seen: set[str] = set()
    for key, job in jobs.items():
        needs = job.get("needs", [])
        if not set([needs] if isinstance(needs, str) else needs) <= seen:
            raise AssertionError(f"{key} needs a job that comes later")
        seen.add(key)
        yield key, job
