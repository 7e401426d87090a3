"""What the tests of examples/ share: an example as a repository on the git host, apps that follow
its deployment branches, and a runner for its GitLab pipeline."""

from __future__ import annotations

import functools
import json
import os
import shlex
import shutil
import signal
import subprocess
import tempfile
import unittest
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from host import npm
from host.app import Agent, App
from host.git_host import GitHost
from host.headway import k_instrumentation
from host.repo import Repository

k_examples = npm.k_source / "examples"
k_token = "glpat-0123456789abcdef"
k_users = dict.fromkeys(("git", "gitlab-ci-token", "x-access-token"), k_token)
k_fast = {"HEADWAY_INTERVAL": "50ms", "HEADWAY_DEADLINE": "60s"}
"""What the examples leave to the servers' pace is quick on loopback."""

_k_load = """
const yaml = require("js-yaml");
process.stdout.write(JSON.stringify(yaml.loadAll(require("fs").readFileSync(0, "utf8"))));
"""

# gitlab-ci-local gives every job a checkout; with GIT_STRATEGY: empty GitLab gives none.
_k_headway = """\
#!/bin/sh
[ "$GIT_STRATEGY" != empty ] || rm -rf .git .gitlab-ci.yml
exec {binary} "$@"
"""

k_docker = """\
#!/bin/sh
case $1 in
    login) cat >/dev/null ;;
    build | push) ;;
    *) echo '[{"Config": {}}]'; exit ;;  # gitlab-ci-local looks after the job's services.
esac
echo "$*" >>"$HOME/docker.log"
"""


def node(script: str, given: str = "") -> str:
    """What a script prints that finds the npm packages of the tests; `given` is its input."""
    ran = subprocess.run(
        ["node", "--eval", script], input=given, capture_output=True, text=True, check=False,
        env={**npm.environment(), "NODE_PATH": str(npm.folder() / "node_modules")}, timeout=60,
    )  # fmt: skip
    if ran.returncode != 0:
        raise AssertionError(ran.stderr)
    return ran.stdout


@functools.cache
def _parsed(text: str) -> str:
    return node(_k_load, text)


def documents(text: str) -> list[Any]:
    """Every document of a YAML text; a fresh copy for each caller."""
    found: list[Any] = json.loads(_parsed(text))
    return found


def read_yaml(path: Path) -> Any:
    """The one document of a YAML file."""
    (document,) = documents(path.read_text(encoding="utf-8"))
    return document


def files_of(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, by its path in there."""
    found = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


@dataclass(frozen=True)
class Pipeline:
    """How a run of gitlab-ci-local ended."""

    code: int
    output: str

    def __str__(self) -> str:
        return f"exit code {self.code}\n{self.output}"


class ExampleHost:
    """The example's files as the first commit of a project on a git host. Its deployment branches
    are protected: only the holder of the token may push there, and force as well. `replaced` are
    texts of its .headway.yml that must be others here."""

    def __init__(
        self,
        example: str,
        protected: str = "_gitlab/agents/*",
        replaced: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="headway-example-"))
        self._end = ExitStack()
        self._end.callback(shutil.rmtree, self.folder, ignore_errors=True)
        try:
            self.host = self._end.enter_context(GitHost(users=k_users))
            self.repo = self.host.create_repository("group/app")
            self.repo.protection.protect(protected, list(k_users), force=True)
            files = files_of(k_examples / example)
            for text, other in (replaced or {}).items():
                if text.encode() not in files[".headway.yml"]:
                    raise AssertionError(f"{text} is not in {example}/.headway.yml")
                files[".headway.yml"] = files[".headway.yml"].replace(
                    text.encode(), other.encode()
                )
            self.first = self.repo.commit("Start", files)
            self.programs = self.folder / "bin"
            self.home = self.folder / "home"
            for folder in (self.programs, self.home):
                folder.mkdir()
            binary = shlex.quote(os.environ["HEADWAY_BINARY"])
            self.program("headway", _k_headway.format(binary=binary))
        except BaseException:
            self.close()
            raise

    def program(self, name: str, script: str) -> None:
        """Puts a shell script into the PATH of the pipeline's jobs."""
        path = self.programs / name
        path.write_text(script, encoding="utf-8")
        path.chmod(0o755)

    def follow(self, branch: str, deploy: Callable[[str], str], app: App | None = None) -> App:
        """An app whose agent calls `deploy` with each new tip of the branch until the version that
        it returns, and the app then says, is the tip."""
        app = app or self._end.enter_context(App())

        def served(tip: str) -> bool:
            app.version = deploy(tip)
            return False

        self._end.enter_context(Agent(app, self.repo, branch, condition=served))
        return app

    def show(self, commit: str, path: str) -> str:
        """A file's text at a commit."""
        return self.repo.run("show", f"{commit}:{path}")

    def environment(self) -> dict[str, str]:
        """What a job's shell sees besides the pipeline's variables."""
        return {
            "PATH": f"{self.programs}:{npm.environment()['PATH']}",
            "HOME": str(self.home),
            "NO_COLOR": "1",
            "LC_ALL": "C.UTF-8",
            **{key: os.environ[key] for key in k_instrumentation if key in os.environ},
        }

    def pipeline(
        self,
        *jobs: str,
        branch: str = "main",
        variables: Mapping[str, Any],
        checkout: bool = False,
        options: tuple[str, ...] = (),
    ) -> Pipeline:
        """Runs jobs (default: the pipeline) for the tip of a branch in gitlab-ci-local.

        `variables` are the project's: a value, or environment → value. Without `checkout` the jobs
        find no file of the repository, as GIT_STRATEGY: empty has it; gitlab-ci-local knows none.
        """
        place = Path(tempfile.mkdtemp(dir=self.folder))
        git = self.repo.clone(place / "work", "--branch", branch)
        work = place / "work"
        git.run("remote", "set-url", "origin", self.host.url(self.repo), cwd=work)
        if not checkout:
            _remove_all_but(work, {".git", ".gitlab-ci.yml"})
        scoped = {name: value if isinstance(value, dict) else {"*": value}
                  for name, value in variables.items()}  # fmt: skip
        (place / "variables.yml").write_text(
            json.dumps({name: {"values": values} for name, values in scoped.items()}),
            encoding="utf-8",
        )
        program = npm.folder() / "node_modules/.bin/gitlab-ci-local"
        # GitLab's schema is looked at once, with the whole pipeline: it takes a second.
        options = (*options, *(["--no-json-schema-validation"] if jobs else []))
        running = subprocess.Popen(
            ["node", program, "--force-shell-executor", "--shell-isolation", "--state-dir",
             "../state", "--no-artifacts-to-source", "--variables-file", "../variables.yml",
             *options, *jobs],
            cwd=work, env=self.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, process_group=0,
        )  # fmt: skip
        try:
            output, _ = running.communicate(timeout=100)
        except subprocess.TimeoutExpired:
            os.killpg(running.pid, signal.SIGKILL)  # Its jobs as well.
            raise
        return Pipeline(running.returncode, output)

    def close(self) -> None:
        self._end.close()

    def __enter__(self) -> ExampleHost:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _remove_all_but(folder: Path, kept: set[str]) -> None:
    for path in folder.iterdir():
        if path.name in kept:
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


class ExampleTest(unittest.TestCase):
    """Opens an example's host for as long as the test runs, and asks what happened there."""

    maxDiff = None

    def open(self, example: str, **options: Any) -> ExampleHost:
        self.example = self.enterContext(ExampleHost(example, **options))
        return self.example

    @property
    def repo(self) -> Repository:
        return self.example.repo

    def assert_passed(self, pipeline: Pipeline, *texts: str) -> None:
        self.assertEqual(pipeline.code, 0, pipeline)
        for text in texts:
            self.assertIn(text, pipeline.output)

    def assert_events(self, environment: str, *events: str) -> None:
        """The ledger's events, newest first."""
        found = [event.trailers["Headway-Event"] for event in self.repo.ledger(environment)]
        self.assertEqual(found, list(events))


class ClusterTest(ExampleTest):
    """An example with a build job, whose two environments a cluster's agent deploys."""

    def deployed_version(self, environment: str, tip: str) -> str:
        """What runs after the agent has deployed this commit, by the example's manifests."""
        raise NotImplementedError

    def open_cluster(self, example: str) -> None:
        self.open(example)
        self.example.program("docker", k_docker)
        self.apps = {}
        for environment in ("staging", "production"):
            def deploy(tip: str, environment: str = environment) -> str:
                return self.deployed_version(environment, tip)

            self.apps[environment] = self.example.follow(f"_gitlab/agents/{environment}", deploy)

    def variables(self, **more: Any) -> dict[str, Any]:
        """The project's CI variables."""
        return {
            **k_fast,
            "CI_JOB_TOKEN": k_token,
            "CI_REGISTRY_USER": "ci",
            "CI_REGISTRY_PASSWORD": "registry-password",
            "HEADWAY_IMAGE": "registry.example.com/headway",
            "STAGING_PUSH_TOKEN": {"staging": k_token},
            "PRODUCTION_PUSH_TOKEN": {"production": k_token},
            "HEADWAY_URL": {name: app.origin for name, app in self.apps.items()},
            **more,
        }

    def run_pipeline(self) -> None:
        """The whole pipeline: builds an image of the commit, and promotes to staging alone."""
        first = self.example.first
        self.assert_passed(
            self.example.pipeline(variables=self.variables()),
            f"staging: created _gitlab/agents/staging at {first[:8]}",
            f"staging: healthy 3 times in a row, version {first[:8]}",
        )
        self.assertEqual(self.repo.tip("_gitlab/agents/staging"), first)
        self.assertIsNone(self.repo.tip("_gitlab/agents/production"))
        self.assertEqual(self.apps["staging"].version, first)
        docker = (self.example.home / "docker.log").read_text(encoding="utf-8").splitlines()
        self.assertEqual(
            [(line.split()[0], first in line) for line in docker],
            [("login", False), ("build", True), ("push", True)],
        )

    def run_to_production_and_back(self) -> None:
        """By jobs alone: refused before staging has verified and soaked, then there, then back."""
        first, at_once = self.example.first, self.variables(HEADWAY_SOAK={"production": "1s"})
        early = self.example.pipeline("promote-production", variables=at_once)
        self.assertEqual(early.code, 1, early)
        self.assertIn("headway: error: ", early.output)
        self.assertIsNone(self.repo.tip("_gitlab/agents/production"))
        self.assert_passed(self.example.pipeline("promote-staging", variables=at_once))
        soaking = self.example.pipeline("promote-production", variables=self.variables())
        self.assertEqual(soaking.code, 1, soaking)
        self.assertIn("30 min", soaking.output)
        self.assertIsNone(self.repo.tip("_gitlab/agents/production"))
        self.assert_passed(self.example.pipeline("promote-production", variables=at_once))

        second = self.repo.commit("Say more", {"more.txt": "more\n"})
        for environment in self.apps:
            self.assert_passed(
                self.example.pipeline(f"promote-{environment}", variables=at_once)
            )
            self.assertEqual(self.apps[environment].version, second)
        self.assert_passed(
            self.example.pipeline("rollback-production", variables=at_once),
            f"production: {second[:8]} → {first[:8]}, rolled back and held (reset)",
        )
        self.assertEqual(self.apps["production"].version, first)
        self.assert_events("production", "verified", "rolled-back", "verified", "promoted",
                           "verified", "promoted")  # fmt: skip


def branches(configuration: Any) -> Iterator[tuple[str, str]]:
    """Environment and deployment branch of a parsed .headway.yml."""
    for name, environment in configuration["environments"].items():
        yield name, environment["branch"]

