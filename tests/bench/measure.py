"""How things are measured: wall times of processes, and of requests on a bare socket."""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from host.git_host import GitHost
from host.http_wire import Head, Reader, content_of, read_answer
from host.processes import k_pr_set_child_subreaper, prctl
from host.relay import Exchange


class Broken(Exception):
    """Something that is measured does not work; the text says what it said."""


@dataclass
class Series:
    """Wall times in seconds, and the traffic of the last run as nginx logged it."""

    name: str
    seconds: list[float] = field(default_factory=list)
    requests: int = 0
    connections: int = 0
    received: int = 0
    received_with_headers: int = 0

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    def ratio(self, other: Series) -> float:
        """How many times as long as the other one this takes."""
        return self.median / other.median


@dataclass(frozen=True)
class Usage:
    """The most bytes of a process that were resident at once, and its processor time in seconds,
    which tells more than wall time on a machine that is busy."""

    memory: int
    processor: float


class Runner:
    """Runs programs with little overhead: nothing between the clock and the process but spawning.

    Their output goes to a file in `folder`, which is their working directory as well.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._output = folder / "output"
        self.environment = dict(environment)
        # posix_spawn knows no working directory. Nothing of where this was started is wanted.
        os.chdir(folder)
        # Orphans become children of this process, for usage().
        prctl(k_pr_set_child_subreaper, 1)

    def time(self, argv: Sequence[str | Path]) -> float:
        """Runs it to the end; seconds. Broken if its exit code is not 0."""
        words = [str(word) for word in argv]
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        actions = [
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(self._output), flags, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ]
        start = time.perf_counter()
        process = os.posix_spawnp(words[0], words, self.environment, file_actions=actions)
        _, status = os.waitpid(process, 0)
        seconds = time.perf_counter() - start
        self._check(words, os.waitstatus_to_exitcode(status))
        return seconds

    def time_all(self, commands: Sequence[Sequence[str | Path]]) -> float:
        """One after the other; the sum."""
        return sum(self.time(argv) for argv in commands)

    def usage(self, argv: Sequence[str | Path]) -> Usage:
        """Runs it to the end; what it took."""
        words = [str(word) for word in argv]
        # The kernel counts what was resident before exec, so it must not be a child of this
        # process, which is larger than what is measured: a small shell starts it and ends.
        shell = subprocess.run(
            ["/bin/sh", "-c", '"$@" >"$0" 2>&1 & echo $!', str(self._output), *words],
            env=self.environment, stdout=subprocess.PIPE, text=True, check=True,
        )  # fmt: skip
        _, status, usage = os.wait4(int(shell.stdout), 0)
        self._check(words, os.waitstatus_to_exitcode(status))
        return Usage(1024 * int(usage.ru_maxrss), usage.ru_utime + usage.ru_stime)

    def _check(self, words: list[str], code: int) -> None:
        if code != 0:
            said = self._output.read_text(errors="replace")
            raise Broken(f"{' '.join(words)}: exit code {code}\n{said}")


def note_traffic(series: Series, host: GitHost) -> None:
    """Notes what nginx logged since its log was cleared."""
    log = host.requests()
    series.requests = len(log)
    series.connections = len({entry.connection for entry in log})
    series.received = sum(entry.body_bytes_sent for entry in log)
    series.received_with_headers = sum(entry.bytes_sent for entry in log)


def replay(port: int, exchanges: Sequence[Exchange]) -> float:
    """Sends recorded requests over one new connection, each when the last is answered; seconds.

    Broken unless every status is the recorded one and the last answer, the push report, is as
    well.
    """
    answers = []
    start = time.perf_counter()
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        reader = Reader(connection)
        for exchange in exchanges:
            connection.sendall(exchange.request)
            answers.append(read_answer(reader, exchange.head.method))
    seconds = time.perf_counter() - start
    for exchange, (raw_head, body, head) in zip(exchanges, answers, strict=True):
        recorded = exchange.answer_head
        if recorded is None or head.status != recorded.status:
            raise Broken(f"replay of {exchange.head.start}: {raw_head!r} {body!r}")
    _, body, head = answers[-1]
    last = exchanges[-1]
    recorded_body = last.answer.partition(b"\r\n\r\n")[2]
    if not last.answer_head or _report(body, head) != _report(recorded_body, last.answer_head):
        raise Broken(f"replay of the push: {body!r}")
    return seconds


def _report(answer: bytes, head: Head) -> bytes:
    """The push report in an answer, without side-band framing, which depends on timing."""
    data, report = content_of(answer, head), b""
    while data:
        size = int(data[:4], 16)
        if data[4:5] == b"\x01":
            report += data[5:size]
        data = data[max(size, 4) :]
    return report


def load() -> float:
    """Processes that ran or wanted to run, on average over the last minute."""
    return os.getloadavg()[0]


def cores() -> int:
    return len(os.sched_getaffinity(0))
