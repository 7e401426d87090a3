"""A GitLab CI runner of one machine, gitlab-ci-local, that runs a `.gitlab-ci.yml` for real."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from host import npm
from host.headway import k_instrumentation
from host.repo import Git, Repository

k_program = "node_modules/gitlab-ci-local/dist/index.js"
k_npm = Path(__file__).resolve().parents[1] / "npm"
k_state = ".gitlab-ci-local"
k_failure = re.compile(r"^(\S+) +finished in .* (?:FAIL|WARN) (\d+) *$", re.MULTILINE)
k_git = """\
#!/bin/sh
# The clone's own folder holds no .git: jobs get a copy of it, and are to see none.
if [ "$(pwd -P)" = '{work}' ]; then
    exec '{git}' --git-dir='{folder}' --work-tree='{work}' "$@"
fi
exec '{git}' "$@"
"""


@dataclass(frozen=True)
class Pipeline:
    """How a run of jobs ended. `codes` holds the exit codes of the jobs that were started; `logs`
    what each wrote, both streams as GitLab shows them."""

    arguments: list[str]
    code: int
    stdout: str
    stderr: str
    codes: dict[str, int]
    logs: dict[str, str]

    def __str__(self) -> str:
        return (
            f"gitlab-ci-local {' '.join(self.arguments)}\nexit code {self.code}, jobs {self.codes}\n"
            f"--- stdout\n{self.stdout}--- stderr\n{self.stderr}---"
        )


def schema(folder: Path) -> Path:
    """GitLab's JSON Schema of .gitlab-ci.yml, as a file in `folder`."""
    path = folder / "gitlab-ci.schema.json"
    path.write_text(_node("gitlab_schema.mjs"), encoding="utf-8")
    return path


def documents(*files: Path) -> list[list[Any]]:
    """Each YAML file's documents."""
    return list(json.loads(_node("documents.mjs", *files)).values())


def _node(script: str, *arguments: Path) -> str:
    done = subprocess.run(
        ["node", str(k_npm / script), *map(str, arguments)],
        capture_output=True, text=True, check=False, env=npm.environment(), timeout=60,
    )  # fmt: skip
    if done.returncode != 0:
        raise AssertionError(f"{script}: {done.stderr}")
    return done.stdout


class GitlabCi:
    """A project's clone in which pipelines run, jobs in a shell each with a folder of its own.

    `url` is the project's on its host, which jobs see as CI_PROJECT_URL. `variables` are the
    project's CI/CD variables: a text, or a text for each environment scope (`{"staging": …}`).
    `headway` is the binary that jobs find in their PATH; None: there is none.

    GIT_STRATEGY is not known to gitlab-ci-local; for every job it is `empty` here, but for the
    files that `include: local` names, which have to be `tracked`.
    """

    def __init__(
        self,
        repository: Repository,
        url: str,
        *,
        variables: Mapping[str, str | Mapping[str, str]],
        headway: Path | None,
        tracked: Sequence[str] = (),
    ) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="headway-ci-"))
        self.work = self._folder / "work"
        self.home = self._folder / "home"
        programs = self._folder / "programs"
        for folder in (self.home, programs):
            folder.mkdir()
        self._tracked = list(tracked)
        if headway:
            (programs / "headway").symlink_to(headway)
        self._source = repository.path
        self._variables = self._folder / "variables.yml"
        self.set_variables(variables)
        try:
            self._git = self._clone(repository, programs / "git")
            self._run_git("remote", "set-url", "origin", url)
        except BaseException:
            self.close()
            raise
        self._environment = {
            **self._git.environment,
            "PATH": f"{programs}:{npm.folder() / 'bin'}:{os.environ.get('PATH', os.defpath)}",
            "HOME": str(self.home),
            "NO_COLOR": "1",
            **{k: os.environ[k] for k in k_instrumentation if k in os.environ},
        }

    def set_variables(self, variables: Mapping[str, str | Mapping[str, str]]) -> None:
        """The project's CI/CD variables from now on."""
        settings = {k: {"type": "variable", "values": {"*": v} if isinstance(v, str) else dict(v)}
                    for k, v in variables.items()}  # fmt: skip
        # JSON is YAML, and quotes all that has to be quoted.
        self._variables.write_text(json.dumps(settings), encoding="utf-8")

    def check_out(self, commit: str, branch: str = "main") -> None:
        """The next pipelines are of this commit, on this branch."""
        self._run_git("fetch", "--quiet", self._source.as_uri(), commit)
        self._run_git("checkout", "--quiet", "--force", "-B", branch, commit)
        self._run_git("read-tree", "--empty")
        if self._tracked:
            self._run_git("add", "--force", "--", *self._tracked)

    def run(
        self,
        *jobs: str,
        manual: Sequence[str] = (),
        variables: Mapping[str, str] | None = None,
        timeout: float = 90,
    ) -> Pipeline:
        """Runs these jobs alone, as a click on each does; without a job the whole pipeline, in
        which the jobs of `manual` are started by hand when their turn comes."""
        shutil.rmtree(self.work / k_state / "output", ignore_errors=True)
        given = _given(variables or {})
        by_hand = [word for job in manual for word in ("--manual", job)]
        ran = self._program([*jobs, *by_hand, *given], timeout)
        text = _plain(ran.stdout) + _plain(ran.stderr)
        failed = {job: int(code) for job, code in k_failure.findall(text)}
        logs = {path.stem: path.read_text(encoding="utf-8")
                for path in (self.work / k_state / "output").glob("*.log")}  # fmt: skip
        codes = {job: failed.get(job, 0) for job in logs}
        return Pipeline(list(ran.args[2:]), ran.returncode, _plain(ran.stdout), _plain(ran.stderr),
                        codes, logs)  # fmt: skip

    def jobs(self, variables: Mapping[str, str] | None = None) -> dict[str, dict[str, Any]]:
        """The pipeline's jobs by name, with `when`, `allowFailure`, `needs` and others as the rules
        decide; those that they leave out are `when: never`."""
        given = _given(variables or {})
        listed = self._checked(["--list-json", *given])
        return {job["name"]: job for job in json.loads(listed)}

    def preview(self) -> str:
        """The pipeline's configuration with includes, inputs and `extends` resolved: YAML."""
        return self._checked(["--preview"])

    def folder(self, job: str) -> Path:
        """Where a job ran last."""
        return self.work / k_state / "builds" / job

    def close(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> GitlabCi:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _clone(self, repository: Repository, git_program: Path) -> Git:
        """Clones, and makes the `git` that finds the clone's repository from its folder."""
        git = repository.clone(self.work, "--no-checkout")
        (self.work / ".git").rename(self._folder / "repository")
        program = shutil.which("git")
        text = k_git.format(work=self.work, git=program, folder=self._folder / "repository")
        git_program.write_text(text, encoding="utf-8")
        git_program.chmod(0o755)
        return git

    def _run_git(self, *arguments: str) -> None:
        repository = self._folder / "repository"
        self._git.run(f"--git-dir={repository}", f"--work-tree={self.work}", *arguments,
                      cwd=self.work)  # fmt: skip

    def _program(
        self, arguments: Sequence[str], timeout: float
    ) -> subprocess.CompletedProcess[str]:
        command = [
            "node", str(npm.folder() / k_program), *arguments,
            "--state-dir", k_state,
            "--variables-file", f"../{self._variables.name}",
            "--force-shell-executor", "--shell-isolation", "--no-artifacts-to-source",
            # The schema is asked on its own, see schema(); here it takes longer than a job.
            "--fetch-includes", "--json-schema-validation=false",
        ]  # fmt: skip
        with subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, env=self._environment, cwd=self.work, start_new_session=True,
        ) as process:  # fmt: skip
            try:
                stdout, stderr = process.communicate(timeout=timeout)
            except subprocess.TimeoutExpired as error:
                os.killpg(process.pid, signal.SIGKILL)  # its jobs are of its group
                raise AssertionError(f"still running after {timeout:g} s: {command}") from error
        return subprocess.CompletedProcess(command, process.returncode, stdout, stderr)

    def _checked(self, arguments: Sequence[str]) -> str:
        done = self._program(arguments, 60)
        if done.returncode != 0:
            raise AssertionError(f"gitlab-ci-local {arguments}: {done.stdout}{done.stderr}")
        return done.stdout


def _given(variables: Mapping[str, str]) -> list[str]:
    words = [word for name, value in variables.items()
             for word in ("--variable", f"{name}={value}")]  # fmt: skip
    # Else it warns on stdout of each that GitLab sets itself.
    return [*words, "--ignore-predefined-vars", ",".join(variables)] if variables else []


def _plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)
