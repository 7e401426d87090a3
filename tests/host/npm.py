"""The Node.js programs that some tests drive: see cmake/npm."""

from __future__ import annotations

import functools
import json
import os
import pathlib
import subprocess
import typing

k_source = pathlib.Path(__file__).resolve().parents[2]


@functools.cache
def folder() -> pathlib.Path:
    """Where the packages of tests/npm/package-lock.json are: node_modules/ and bin/node."""
    found = subprocess.run(
        [k_source / "cmake/npm", "--folder"], capture_output=True, text=True, check=True
    )
    path = pathlib.Path(found.stdout.strip())
    if not (path / "bin/node").exists():
        raise AssertionError("the npm packages of the tests are not installed: run cmake/npm")
    return path


def environment() -> dict[str, str]:
    """This process's, in which `node` is the one to use."""
    return {
        **os.environ,
        "HEADWAY_NPM": str(folder()),
        "PATH": f"{folder() / 'bin'}:{os.environ['PATH']}",
    }


def schema_errors(
    schema: pathlib.Path, files: typing.Sequence[pathlib.Path]
) -> dict[str, list[dict[str, typing.Any]]]:
    """What is wrong with each YAML or JSON file by a JSON Schema: where, what, rule, details."""
    ran = subprocess.run(
        ["node", k_source / "tests/npm/validate.mjs", schema, *files],
        capture_output=True, text=True, check=False, env=environment(), timeout=60,
    )  # fmt: skip
    if ran.returncode != 0:
        raise AssertionError(f"{schema}: {ran.stderr}")
    return dict(json.loads(ran.stdout))
