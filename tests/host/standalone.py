"""What the counterparts share when each runs as a process of its own."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from host.processes import k_pr_set_pdeathsig, prctl


def serve_until_told(ready_file: Path, ready: str) -> None:
    """Writes `ready` to the file, whole at once, and returns when this process shall end.

    That is at SIGTERM, SIGINT or SIGHUP, or when the process (strictly: the thread) that started
    this one is gone. To be called from the main thread.
    """
    told, tell = os.pipe()
    os.set_blocking(tell, False)
    # The byte waits in the pipe, so a signal that comes before the read is not lost.
    signal.set_wakeup_fd(tell)
    for end in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(end, lambda *_: None)
    parent = os.getppid()
    prctl(k_pr_set_pdeathsig, signal.SIGTERM)
    if os.getppid() != parent:
        return
    new = ready_file.with_name(ready_file.name + ".new")
    new.write_text(ready + "\n", encoding="utf-8")
    new.replace(ready_file)
    os.read(told, 1)
