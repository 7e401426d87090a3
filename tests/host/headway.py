"""Runs the binary under test, in an environment of its own."""

from __future__ import annotations

import json
import os
import pty
import re
import shutil
import subprocess
import tempfile
import termios
import threading
import time
import unittest
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from signal import Signals
from typing import IO, Any

from host import leaks
from host.waiting import k_patience

k_instrumentation = (
    "ASAN_OPTIONS",
    "ASAN_SYMBOLIZER_PATH",
    "LSAN_OPTIONS",
    "UBSAN_OPTIONS",
    "TSAN_OPTIONS",
    "LLVM_PROFILE_FILE",
    "GCOV_PREFIX",
    "GCOV_PREFIX_STRIP",
)
"""Variables that instrumented builds read; all others of the test's environment are dropped."""

k_duration = re.compile(r"\b\d+(?:\.\d+)?\s?(?:ns|µs|us|ms|s|min|m|h)\b")


@dataclass(frozen=True)
class Result:
    """How a run ended. `code` is negative if a signal ended it, as -15. With a terminal both
    streams are in `stdout`."""

    arguments: list[str]
    code: int
    stdout: str
    stderr: str
    duration: float

    def json(self) -> Any:
        """stdout as one JSON document; AssertionError if it is not."""
        try:
            return json.loads(self.stdout)
        except ValueError as error:
            raise AssertionError(f"stdout is not JSON ({error}):\n{self}") from error

    def __str__(self) -> str:
        return (
            f"headway {' '.join(self.arguments)}\nexit code {self.code}\n"
            f"--- stdout\n{self.stdout}--- stderr\n{self.stderr}---"
        )


class Running:
    """A run in the background. Leaving its context kills it if it still runs."""

    def __init__(
        self, process: subprocess.Popen[bytes], arguments: list[str], terminal: int | None = None
    ) -> None:
        self._process = process
        self._arguments = arguments
        self._started = time.monotonic()
        self._duration = 0.0
        self._changed = threading.Condition()
        self._output = {"stdout": b"", "stderr": b""}
        streams: dict[str, IO[bytes] | None] = {"stdout": process.stdout, "stderr": process.stderr}
        if terminal is not None:
            streams = {"stdout": os.fdopen(terminal, "rb", buffering=0)}
        self._readers = [
            threading.Thread(target=self._read, args=(name, stream), daemon=True)
            for name, stream in streams.items()
            if stream
        ]
        self._open = len(self._readers)
        for reader in self._readers:
            reader.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def stdout(self) -> str:
        """What has been written so far."""
        return self._text("stdout")

    @property
    def stderr(self) -> str:
        return self._text("stderr")

    def _text(self, name: str) -> str:
        with self._changed:
            return self._output[name].decode("utf-8", "replace")

    def _read(self, name: str, stream: IO[bytes]) -> None:
        with stream:
            while True:
                try:
                    data = os.read(stream.fileno(), 65536)
                except OSError:  # a terminal whose last user has closed it
                    data = b""
                with self._changed:
                    self._output[name] += data
                    self._open -= not data
                    self._changed.notify_all()
                if not data:
                    return

    def await_output(self, expression: str, timeout: float = k_patience) -> re.Match[str]:
        """Returns the first match of a regular expression in stdout or stderr so far; `^` and `$`
        match at lines.

        TimeoutError when it does not come, or when the run has ended without it.
        """

        pattern = re.compile(expression, re.MULTILINE)

        def match() -> re.Match[str] | None:
            return pattern.search(self.stdout) or pattern.search(self.stderr)

        with self._changed:
            self._changed.wait_for(lambda: match() or self._open == 0, timeout)
            found = match()
        if not found:
            raise TimeoutError(f"no {expression!r} in:\n{self.stdout}{self.stderr}")
        return found

    def signal(self, number: Signals) -> None:
        """Sends a signal to the process alone."""
        self._process.send_signal(number)

    def running(self) -> bool:
        return self._process.poll() is None

    def wait(self, timeout: float = 60) -> Result:
        """Returns how it ended; AssertionError with its output so far (and killed) if it has not
        after `timeout` seconds."""
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"still running after {timeout:g} s: {self._result()}") from None
        if not self._duration:
            self._duration = time.monotonic() - self._started
        for reader in self._readers:
            reader.join()
        return self._result()

    def _result(self) -> Result:
        return Result(self._arguments, self._process.returncode, self.stdout, self.stderr,
                      self._duration)  # fmt: skip

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def __enter__(self) -> Running:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()


class Headway:
    """Runs `binary` (default: HEADWAY_BINARY) with a cleared environment.

    A run sees HOME (private, `home`), a PATH without any program, `env`, and what instrumented
    builds need; it starts in `work`, a private empty folder, unless told otherwise. `close()`
    removes both.
    """

    def __init__(self, binary: str | Path | None = None) -> None:
        self.binary = Path(binary or os.environ["HEADWAY_BINARY"])
        self._folder = Path(tempfile.mkdtemp(prefix="headway-run-"))
        self.home = self._folder / "home"
        self.work = self._folder / "work"
        self._programs = self._folder / "programs"
        for folder in (self.home, self.work, self._programs):
            folder.mkdir()

    def run(
        self,
        arguments: Sequence[str | Path],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        stdin: bytes | str | None = None,
        timeout: float = 60,
        terminal: bool = False,
        stdout_file: Path | None = None,
    ) -> Result:
        """Runs to the end. See start(); `timeout` as for Running.wait()."""
        with self.start(
            arguments, env=env, cwd=cwd, stdin=stdin, terminal=terminal, stdout_file=stdout_file
        ) as running:
            return running.wait(timeout)

    def start(
        self,
        arguments: Sequence[str | Path],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        stdin: bytes | str | None = None,
        terminal: bool = False,
        stdout_file: Path | None = None,
    ) -> Running:
        """Starts it in the background.

        stdin        its whole standard input; None: an empty one
        terminal     stdout and stderr are a terminal of 100 columns; they end up in `stdout`
        stdout_file  stdout goes there instead, as to /dev/full
        """
        words = [str(argument) for argument in arguments]
        with tempfile.TemporaryFile() as given, open(stdout_file or os.devnull, "wb") as file:
            given.write(stdin.encode() if isinstance(stdin, str) else stdin or b"")
            given.seek(0)
            out: int | IO[bytes] = file if stdout_file else subprocess.PIPE
            error: int = subprocess.PIPE
            ours = theirs = None
            if terminal:
                ours, theirs = _open_terminal()
                out = error = theirs
            try:
                process = subprocess.Popen(
                    [str(self.binary), *words],
                    env=self.environment(env),
                    cwd=cwd or self.work,
                    stdin=given,
                    stdout=out,
                    stderr=error,
                )
            finally:
                if theirs is not None:
                    os.close(theirs)
        return Running(process, words, ours)

    def environment(self, env: Mapping[str, str] | None = None) -> dict[str, str]:
        """All variables that a run sees, `env` among them."""
        variables = {"HOME": str(self.home), "PATH": str(self._programs)}
        variables |= {k: os.environ[k] for k in k_instrumentation if k in os.environ}
        return variables | dict(env or {})

    def close(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> Headway:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _open_terminal() -> tuple[int, int]:
    """Both ends of a terminal of 100 columns and 40 rows, which writes \\n as it is.

    Skips the test where there are no terminals to be had, as in a chroot without /dev/pts.
    """
    try:
        ours, terminal = pty.openpty()
    except OSError as error:
        raise unittest.SkipTest(f"no pseudo-terminal: {error}") from error
    termios.tcsetwinsize(terminal, (40, 100))
    attributes = termios.tcgetattr(terminal)
    attributes[1] &= ~termios.OPOST
    termios.tcsetattr(terminal, termios.TCSANOW, attributes)
    return ours, terminal


def normalise(text: str, known: Mapping[object, str], *, durations: bool = True) -> str:
    """Replaces what differs from run to run: each key of `known` (a port, a path, an id; longest
    first) by its placeholder, then durations (`12 ms`, `1.5s`) by `<duration>`.

    A key that begins or ends with a letter or digit is not replaced inside a longer word.
    """
    placeholders = {str(value): placeholder for value, placeholder in known.items()}
    for value in sorted(placeholders, key=len, reverse=True):
        start = r"(?<!\w)" if value[:1].isalnum() else ""
        end = r"(?!\w)" if value[-1:].isalnum() else ""
        literal = placeholders[value].replace("\\", "\\\\")
        text = re.sub(f"{start}{re.escape(value)}{end}", literal, text)
    return k_duration.sub("<duration>", text) if durations else text


def assert_no_secret(result: Result | str, secrets: Iterable[str]) -> None:
    """AssertionError if any form of any secret is in the result's output (or in the text)."""
    texts = {"text": result} if isinstance(result, str) else {
        "stdout": result.stdout,
        "stderr": result.stderr,
    }  # fmt: skip
    secrets = list(secrets)
    found = [
        f"{name}: {line}" for name, text in texts.items() for line in leaks.find(text, secrets)
    ]
    if found:
        raise AssertionError("secrets in the output:\n" + "\n".join(found))
