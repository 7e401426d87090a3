"""Runs a workflow of GitHub Actions as far as the examples need it: jobs in the order of `needs`,
`run:` steps with their variables, `${{ … }}` for contexts and nothing more. What it does not know
it refuses, so that no step is passed over unseen."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

k_known_actions = ("actions/checkout@", "actions/upload-artifact@")
_k_expression = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
_k_job_keys = {
    "needs", "runs-on", "container", "environment", "concurrency", "permissions", "steps"
}
_k_step_keys = {"name", "run", "env", "uses", "with", "if"}


@dataclass(frozen=True)
class Step:
    """A step that ran."""

    job: str
    name: str
    code: int
    output: str

    def __str__(self) -> str:
        return f"{self.job}: {self.name}: exit code {self.code}\n{self.output}"


class Contexts:
    """What `${{ … }}` may name: `github`, `vars`, `inputs`, and the secrets of an environment
    (name → value, or environment → name → value below ":")."""

    def __init__(self, secrets: Mapping[str, Mapping[str, str]], **contexts: Mapping[str, str]):
        self._secrets = secrets
        self._contexts = contexts

    def fill(self, text: str, environment: str) -> str:
        return _k_expression.sub(lambda match: self._value(match[1], environment), text)

    def _value(self, expression: str, environment: str) -> str:
        context, _, name = expression.partition(".")
        if context == "secrets":
            scopes = (self._secrets.get(environment, {}), self._secrets.get("", {}))
            return next((scope[name] for scope in scopes if name in scope), "")
        if not re.fullmatch(r"\w+", name) or name not in self._contexts.get(context, {}):
            raise AssertionError(f"not understood: ${{{{ {expression} }}}}")
        return self._contexts[context][name]


class Workflow:
    """One parsed workflow file, whose jobs run in `place`, each in a folder of its own."""

    def __init__(self, document: Any, contexts: Contexts, shell: Mapping[str, str], place: Path):
        self._document = document
        self._contexts = contexts
        self._shell = dict(shell)
        self._place = place

    def run(self) -> list[Step]:
        """Runs its jobs; a job whose needs failed is left out. Every `run:` step that ran."""
        steps: list[Step] = []
        jobs, done = dict(self._document["jobs"]), dict[str, bool]()
        while jobs:
            name = next(n for n, job in jobs.items() if set(self._needs(job)) <= set(done))
            job = jobs.pop(name)
            if not all(done[need] for need in self._needs(job)):
                done[name] = False
                continue
            found = self._run_job(name, job)
            steps += found
            done[name] = all(step.code == 0 for step in found)
        return steps

    @staticmethod
    def _needs(job: Any) -> list[str]:
        needs = job.get("needs", [])
        return [needs] if isinstance(needs, str) else list(needs)

    def _run_job(self, name: str, job: Any) -> list[Step]:
        _refuse_unknown(job, _k_job_keys)
        folder = self._place / name
        folder.mkdir(parents=True)
        environment = job.get("environment", "")
        environment = environment["name"] if isinstance(environment, dict) else environment
        environment = self._contexts.fill(environment, "")
        # In a container the shell is sh, else bash; both end at the first command that fails.
        shell = "sh" if "container" in job else "bash"
        self._contexts.fill(str(job.get("container", "")), environment)
        steps: list[Step] = []
        for step in job["steps"]:
            _refuse_unknown(step, _k_step_keys)
            if "uses" in step:
                if not step["uses"].startswith(k_known_actions):
                    raise AssertionError(f"not understood: {step['uses']}")
                continue
            if "if" in step:
                raise AssertionError(f"not understood: if: {step['if']}")
            steps.append(self._run_step(name, step, environment, shell, folder))
            if steps[-1].code != 0:
                break
        return steps

    def _run_step(
        self, job: str, step: Any, environment: str, shell: str, folder: Path
    ) -> Step:
        variables = {**self._document.get("env", {}), **step.get("env", {})}
        filled = {
            key: self._contexts.fill(str(value), environment) for key, value in variables.items()
        }
        script = self._contexts.fill(step["run"], environment)
        ran = subprocess.run(
            [shell, "-e", "-c", script], cwd=folder, env={**self._shell, **filled},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            check=False, timeout=100,
        )  # fmt: skip
        return Step(job, step.get("name", script), ran.returncode, ran.stdout)


def _refuse_unknown(entry: Mapping[str, Any], known: set[str]) -> None:
    if unknown := set(entry) - known:
        raise AssertionError(f"not understood: {sorted(unknown)}")
