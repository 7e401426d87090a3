"""Processes that end with the object that started them, or with the process that made it."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

k_pr_set_pdeathsig = 1
k_pr_set_child_subreaper = 36

k_watchdog = 'read -r _; /bin/rm -rf -- "$1"; kill -KILL 0'
"""Blocks on a pipe whose other end is held by this process alone. The kernel closes that end
however this process dies, the read ends, and the watchdog removes their folder and kills its
whole group. (The parent death signal would not do: it follows the *thread* that forked, and
grandchildren lose it.)"""


def prctl(option: int, value: int) -> None:
    """Sets a property of this process (or, where the option says so, of this thread)."""
    if ctypes.CDLL(None).prctl(option, value, 0, 0, 0) != 0:
        raise OSError(f"prctl({option}, {value}) failed")


class ProcessGroup:
    """A process group led by a watchdog. `close()` kills every member and waits for it.

    Descendants are members too unless they leave the group themselves. Not for programs that
    need a controlling terminal. `folder` is removed if this process dies without close().
    """

    def __init__(self, folder: Path) -> None:
        # Members whose parent dies become children of this process: so it can wait for all of
        # them, and leaves no zombies to an init that may not reap.
        prctl(k_pr_set_child_subreaper, 1)
        nothing: dict[str, str] = {}
        read_end, self._lifeline = os.pipe()
        try:
            self._watchdog = subprocess.Popen(
                ["/bin/sh", "-c", k_watchdog, "watchdog", str(folder)],
                stdin=read_end,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=nothing,
                process_group=0,
            )
        except BaseException:
            os.close(self._lifeline)
            raise
        finally:
            os.close(read_end)
        self._members: list[subprocess.Popen[bytes]] = []
        self._closed = False

    @property
    def id(self) -> int:
        """The process group's id."""
        return self._watchdog.pid

    def start(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path,
        log: Path,
        stdin: int = subprocess.DEVNULL,
        pass_fds: Sequence[int] = (),
    ) -> subprocess.Popen[bytes]:
        """Starts a member with exactly `env`; its stdout and stderr are appended to `log`."""
        with log.open("ab") as output:
            process = subprocess.Popen(
                argv,
                stdin=stdin,
                stdout=output,
                stderr=output,
                env=dict(env),
                cwd=cwd,
                pass_fds=pass_fds,
                process_group=self.id,
            )
        self._members.append(process)
        return process

    def stop(self, process: subprocess.Popen[bytes]) -> None:
        """Asks one member to end (SIGTERM), with the processes that it manages, and waits."""
        process.terminate()
        process.wait()
        self._members.remove(process)

    def living(self) -> list[int]:
        """The ids of the members that still run; a dead one that nobody reaped is none."""
        found = []
        for entry in os.listdir("/proc"):
            if not entry.isdigit():
                continue
            try:
                stat = Path("/proc", entry, "stat").read_text(encoding="latin-1")
            except (FileNotFoundError, ProcessLookupError):
                continue
            state, _parent, group = stat.rpartition(")")[2].split()[:3]
            if int(group) == self.id and state not in "ZX":
                found.append(int(entry))
        return found

    def names(self) -> list[str]:
        """What the living members are called."""
        found = []
        for id_ in self.living():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                found.append(Path("/proc", str(id_), "comm").read_text().strip())
        return found

    def close(self) -> None:
        """Kills the group and returns when none of it runs any more. May be called again."""
        if self._closed:
            return
        self._closed = True
        # The watchdog is not reaped before this call, so the id cannot be anyone else's yet.
        os.killpg(self.id, signal.SIGKILL)
        for process in self._members:
            process.wait()
        while True:
            try:
                os.waitpid(-self.id, 0)
            except ChildProcessError:
                break
        self._watchdog.wait()
        os.close(self._lifeline)
