"""What stands behind nginx: fcgiwrap and git's http-backend, and their configuration."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path

from host.processes import ProcessGroup

_k_sbin = ":/usr/local/sbin:/usr/sbin:/sbin"
"""Where Debian puts nginx and fcgiwrap; not in every user's PATH."""


def search_path() -> str:
    """The PATH in which the host's programs are found."""
    return os.environ.get("PATH", os.defpath) + _k_sbin


def program(name: str) -> str:
    """The path of a program; FileNotFoundError that says what to install."""
    found = shutil.which(name, path=search_path())
    if not found:
        raise FileNotFoundError(f"{name} is not installed: apt-get install nginx fcgiwrap git")
    return found


def write_git_config(path: Path, config: Mapping[str, str]) -> None:
    """Git's configuration for all repositories: `config` on top of what every host needs."""
    settings = {
        "safe.directory": "*",
        "http.receivepack": "true",
        "receive.fsckObjects": "true",
        "receive.autogc": "false",
        "gc.auto": "0",
        "core.fsync": "none",
        **config,
    }
    text = ""
    for key, value in settings.items():
        section, _, name = key.rpartition(".")
        section, _, subsection = section.partition(".")
        head = f'[{section} "{subsection}"]' if subsection else f"[{section}]"
        escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        text += f'{head}\n\t{name} = "{escaped}"\n'
    path.write_text(text, encoding="utf-8")


def cgi_program(state: Path, file_size_limit: int | None) -> Path:
    """http-backend itself, or a script that limits the size of the files it may write."""
    git = subprocess.run(["git", "--exec-path"], capture_output=True, text=True, check=True)
    backend = Path(git.stdout.strip(), "git-http-backend")
    if file_size_limit is None:
        return backend
    script = state / "backend"
    # The signal would kill git before it could say what failed; ignored, the write fails.
    script.write_text(
        f"#!/bin/sh\ntrap '' XFSZ\nexec prlimit --fsize={file_size_limit} '{backend}'\n"
    )
    script.chmod(0o755)
    return script


def start_fcgiwrap(group: ProcessGroup, state: Path, workers: int, env: Mapping[str, str]) -> None:
    """Starts fcgiwrap on `fcgi.sock` in the state folder, which it takes as standard input.

    The socket's path is bound through the folder's descriptor: a path may be longer than the
    108 bytes that an address holds.
    """
    folder = os.open(state, os.O_PATH)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        try:
            listener.bind(f"/proc/self/fd/{folder}/fcgi.sock")
        finally:
            os.close(folder)
        listener.listen(511)
        group.start(
            [program("fcgiwrap"), "-f", "-c", str(workers)],
            env=environment() | dict(env),
            cwd=state,
            log=state / "output.log",
            stdin=listener.fileno(),
        )


def environment() -> dict[str, str]:
    """The environment of the host's programs; nothing of the test's own gets through."""
    return {"PATH": search_path(), "LC_ALL": "C.UTF-8"}
