"""A deployed application that says its version, and the agent that deploys to it.

Alone: `python3 -m host.app --repository PATH --branch B --port-file F` serves what the branch
says until it is told to end or the process that started it is gone; F holds the port.
"""

from __future__ import annotations

import argparse
import threading
from collections.abc import Callable
from pathlib import Path

from host.http_server import HttpServer, Reply, Request
from host.repo import Repository
from host.standalone import serve_until_told
from host.tls import Identity
from host.waiting import await_condition, k_patience


class App(HttpServer):
    """Answers `/health` with {"status":"ok","version":VERSION} and anything else with 404.

    `version` and `status` may be set at any time and hold for the next request; before the first
    deployment there is no version and the status is 503. With another status than 200 the JSON's
    status is "error".
    """

    def __init__(
        self,
        version: str | None = None,
        *,
        address: str = "127.0.0.1",
        port: int = 0,
        identity: Identity | None = None,
    ) -> None:
        self._version = version
        self._status = 200
        super().__init__(address=address, port=port, identity=identity)

    @property
    def version(self) -> str | None:
        with self.lock:
            return self._version

    @version.setter
    def version(self, version: str | None) -> None:
        with self.lock:
            self._version = version
            self.lock.notify_all()

    @property
    def status(self) -> int:
        with self.lock:
            return self._status

    @status.setter
    def status(self, status: int) -> None:
        with self.lock:
            self._status = status

    @property
    def url(self) -> str:
        """The address of /health."""
        return f"{self.origin}/health"

    def await_version(self, version: str, timeout: float = k_patience) -> None:
        """Returns when the app serves this version."""
        with self.lock:
            if not self.lock.wait_for(lambda: self._version == version, timeout):
                raise TimeoutError(f"waited {timeout:g} s for {version}, is {self._version}")

    def health(self) -> Reply:
        """The present answer of /health."""
        with self.lock:
            if self._version is None:
                return Reply(503, {"status": "starting"})
            word = "ok" if self._status == 200 else "error"
            return Reply(self._status, {"status": word, "version": self._version})

    def default_reply(self, request: Request) -> Reply:
        return self.health() if request.path == "/health" else super().default_reply(request)


class Agent:
    """Follows a branch as a GitOps agent does and makes the app serve its tip.

    condition  asked with the new id before it is served, until it returns true: a slow roll-out
    interval   seconds between two looks at the branch
    deployed   the ids served so far, in order
    """

    def __init__(
        self,
        app: App,
        repository: Repository,
        branch: str,
        *,
        condition: Callable[[str], bool] | None = None,
        interval: float = 0.005,
    ) -> None:
        self._app = app
        self._repository = repository
        self._branch = branch
        self._condition = condition
        self._interval = interval
        self._end = threading.Event()
        self.deployed: list[str] = []
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def _follow(self) -> None:
        while not self._end.wait(self._interval):
            tip = self._repository.tip(self._branch)
            if tip is None or tip == self._app.version:
                continue
            if self._condition is None or self._condition(tip):
                self.deployed.append(tip)
                self._app.version = tip

    def await_deployed(self, version: str, timeout: float = k_patience) -> None:
        """Returns when this id has been served, even if another one is by now."""
        await_condition(
            lambda: version in self.deployed, lambda: f"{version} in {self.deployed}", timeout
        )

    def close(self) -> None:
        self._end.set()
        self._thread.join()

    def __enter__(self) -> Agent:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def main() -> None:
    parser = argparse.ArgumentParser(prog="host.app", description="An app that a branch deploys.")
    parser.add_argument("--repository", type=Path, required=True)
    parser.add_argument("--branch", required=True)
    parser.add_argument("--port-file", type=Path, required=True)
    options = parser.parse_args()
    repository = Repository(options.repository)
    with App() as app, Agent(app, repository, options.branch, interval=0.02):
        serve_until_told(options.port_file, str(app.port))


if __name__ == "__main__":
    main()
