"""The ways to ask many endpoints whether they are well, side by side; and how soon a change is
noticed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from bench.measure import Broken, Runner, Series, Usage
from host.crowd import Crowd
from host.waiting import await_condition

k_at_once = 256
"""What headway has under way at a time; the others get as many."""


class Way:
    """A way to ask each endpoint once; `command` must fail when one of them is not well."""

    name = ""

    def __init__(self, runner: Runner, crowd: Crowd, folder: Path) -> None:
        self.runner, self.crowd = runner, crowd
        self.series = Series(self.name)
        self.usage = Usage(0, 0)
        self.folder = folder

    def command(self) -> Sequence[str | Path]:
        raise NotImplementedError

    @property
    def available(self) -> bool:
        return shutil.which(str(self.command()[0])) is not None

    def prepare(self) -> None:
        """Writes the files that the command reads."""

    def run_once(self) -> None:
        """Measures it once more; Broken unless every endpoint was asked exactly once."""
        before = dict(self.crowd.requests)
        self.series.seconds.append(self.seconds())
        asked = [count - before[address] for address, count in self.crowd.requests.items()]
        if asked != [1] * len(asked):
            raise Broken(f"{self.name}: {sum(asked)} requests to {len(asked)} endpoints")

    def seconds(self) -> float:
        return self.runner.time(self.command())

    def measure_usage(self) -> None:
        self.usage = self.runner.usage(self.command())


class HeadwayVerify(Way):
    name = "headway verify"

    def __init__(self, runner: Runner, crowd: Crowd, folder: Path, binary: Path) -> None:
        super().__init__(runner, crowd, folder)
        self._binary = binary

    def command(self) -> Sequence[str | Path]:
        return [self._binary, "verify", *self.crowd.flags(), "--consecutive", "1",
                "--deadline", "5m"]  # fmt: skip


class Bare(Way):
    """The answers' own time and what the server adds to it."""

    def __init__(self, runner: Runner, crowd: Crowd, folder: Path, at_once: int) -> None:
        self.name = f"bare sockets, {at_once:,} at a time"
        super().__init__(runner, crowd, folder)
        self._at_once = at_once

    def command(self) -> Sequence[str | Path]:
        return [sys.executable, "-m", "bench.bare_client", self.folder / "urls",
                str(self._at_once)]  # fmt: skip

    def seconds(self) -> float:
        done = subprocess.run(
            self.command(), capture_output=True, text=True, check=False,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        )  # fmt: skip
        if done.returncode != 0:
            raise Broken(f"{self.name}: {done.stderr}")
        return float(done.stdout)

    def measure_usage(self) -> None:
        """Python's own; of no interest."""


class XargsCurl(Way):
    """As pipelines do: a process for each request."""

    name = f"xargs -P {k_at_once} curl"

    def command(self) -> Sequence[str | Path]:
        return ["xargs", "-a", self.folder / "urls", "-P", str(k_at_once), "-n", "1",
                "curl", "-sf", "-o", "/dev/null", "--max-time", "60"]  # fmt: skip


class ParallelCurl(Way):
    """As an expert does: one process."""

    name = "curl --parallel"

    def command(self) -> Sequence[str | Path]:
        return ["curl", "-sf", "--parallel", "--parallel-immediate", "--parallel-max",
                str(k_at_once), "--max-time", "60", "-K", self.folder / "curlrc"]  # fmt: skip

    def prepare(self) -> None:
        lines = (f'url = "{url}"\noutput = /dev/null\n' for url in self.crowd.urls)
        (self.folder / "curlrc").write_text("".join(lines))


class Goss(Way):
    name = "goss validate"

    def command(self) -> Sequence[str | Path]:
        return ["goss", "-g", self.folder / "goss.yaml", "validate", "--no-color",
                "--max-concurrent", str(k_at_once)]  # fmt: skip

    def prepare(self) -> None:
        entries = (f'  "{url}": {{status: 200, timeout: 60000}}\n' for url in self.crowd.urls)
        (self.folder / "goss.yaml").write_text("http:\n" + "".join(entries))


class Hurl(Way):
    name = "hurl --parallel"

    def command(self) -> Sequence[str | Path]:
        return ["hurl", "--test", "--parallel", "--jobs", str(k_at_once), "--glob",
                self.folder / "hurl" / "*.hurl"]  # fmt: skip

    def prepare(self) -> None:
        (self.folder / "hurl").mkdir()
        for number, url in enumerate(self.crowd.urls):
            (self.folder / f"hurl/{number:04}.hurl").write_text(f"GET {url}\nHTTP 200\n")


class Detection:
    """How long it takes from the moment when the new version answers until a program says so."""

    def __init__(self, runner: Runner, binary: Path, interval: float) -> None:
        self._runner, self._interval = runner, interval
        self._binary = binary
        self._crowd = Crowd(1, version="old")

    def headway(self) -> list[str]:
        return [str(self._binary), "verify", *self._crowd.flags(), "--expect", "/version=new",
                "--consecutive", "1",
                "--interval", f"{round(self._interval * 1000)}ms"]  # fmt: skip

    def shell_loop(self) -> list[str]:
        """As pipelines do."""
        url = self._crowd.urls[0]
        return ["/bin/sh", "-c",
                f"until curl -sf {url} | grep -q new; do sleep {self._interval}; done"]  # fmt: skip

    def lag(self, command: Sequence[str], phase: float) -> float:
        """Seconds; the version changes `phase` of an interval after some request."""
        crowd, address = self._crowd, self._crowd.addresses[0]
        crowd.version = "old"
        before = crowd.requests[address]
        with subprocess.Popen(
            command, env=self._runner.environment | {"PATH": os.environ.get("PATH", "")},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        ) as process:  # fmt: skip
            try:
                await_condition(lambda: crowd.requests[address] >= before + 2, "two requests")
                time.sleep(phase * self._interval)
                crowd.version = "new"
                start = time.perf_counter()
                if process.wait(60) != 0:
                    raise Broken(f"{command[0]}: exit code {process.returncode}")
                return time.perf_counter() - start
            except BaseException:
                process.kill()
                raise

    def close(self) -> None:
        self._crowd.close()

    def __enter__(self) -> Detection:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
