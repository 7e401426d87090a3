"""What a run of headway takes of the machine."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from host.headway import Headway, Result
from host.processes import k_pr_set_child_subreaper, prctl
from host.waiting import await_condition

k_mebibyte = 1 << 20

k_script = """\
exec 3<&0
{ read -r _ <&3 && exec "$@" 3<&- </dev/null >"$OUT" 2>"$ERROR"; } >/dev/null &
echo $!
"""
"""Starts a program that becomes a child of the process that started the shell. The kernel counts
what was resident before exec, and this process is large: so the program comes from a small shell,
which has ended before it begins, or the shell might be the one to hear of its end."""


@dataclass(frozen=True)
class Measured:
    """A run, the most bytes of it that were resident at once, and its processor time in seconds."""

    result: Result
    memory: int
    processor: float


def is_sanitized() -> bool:
    """Whether the binary was built with sanitizers, which take memory of their own."""
    return os.environ.get("HEADWAY_SANITIZED") == "1"


def measure(
    headway: Headway,
    arguments: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    timeout: float = 60,
) -> Measured:
    """Runs headway to its end, as Headway.run does."""
    prctl(k_pr_set_child_subreaper, 1)
    words = [str(argument) for argument in arguments]
    out, error = headway.work / ".stdout", headway.work / ".stderr"
    environment = headway.environment(env) | {"OUT": str(out), "ERROR": str(error)}
    gate, opener = os.pipe()
    try:
        shell = subprocess.run(
            ["/bin/sh", "-c", k_script, "sh", str(headway.binary), *words],
            env=environment, cwd=headway.work, stdin=gate, stdout=subprocess.PIPE, text=True,
            check=True,
        )  # fmt: skip
        child = int(shell.stdout)
        start = time.monotonic()
        os.write(opener, b"\n")
    finally:
        os.close(gate)
        os.close(opener)
    try:
        await_condition(
            lambda: _has_ended(child), f"the end of headway {' '.join(words)}", timeout
        )
    except BaseException:
        # It has not been waited for, so its id is still its own.
        os.kill(child, signal.SIGKILL)
        os.wait4(child, 0)
        raise
    _, status, usage = os.wait4(child, 0)
    result = Result(words, os.waitstatus_to_exitcode(status), out.read_text(errors="replace"),
                    error.read_text(errors="replace"), time.monotonic() - start)  # fmt: skip
    out.unlink()
    error.unlink()
    return Measured(result, 1024 * usage.ru_maxrss, usage.ru_utime + usage.ru_stime)


def _has_ended(child: int) -> bool:
    return os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None
