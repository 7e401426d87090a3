"""An HTTP/1.1 server whose every answer a test decides."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from http import HTTPStatus
from typing import Any

from host.http_wire import Reader, Truncated, content_of, read_request
from host.loopback import Server, reset
from host.tls import Identity
from host.waiting import k_patience


@dataclass(frozen=True)
class Request:
    """A request as it came. `number` counts a server's requests from 1, over all connections."""

    number: int
    connection: int
    method: str
    target: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes
    time: float
    """When it was complete, by time.monotonic()."""

    def json(self) -> Any:
        return json.loads(self.body)


class End(Enum):
    """What happens to the connection after (or instead of) a reply."""

    keep = "keep"
    close = "close"
    reset = "reset"
    hang = "hang"
    """Silence until the server's `release()` or the end of the test, then closed."""


@dataclass(frozen=True)
class Reply:
    """An answer. A `body` that is neither text nor bytes is sent as JSON.

    delay    seconds before the first byte, as a slow server takes them
    repeat   the body is sent so many times in a row, under one Content-Length
    cut      only so many bytes of the body are sent, although Content-Length promises all
    end      what comes then. With `silent` nothing at all is sent before it
    """

    status: int = 200
    body: Any = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0
    repeat: int = 1
    cut: int | None = None
    end: End = End.keep
    silent: bool = False

    @property
    def content(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        if isinstance(self.body, str):
            return self.body.encode()
        return json.dumps(self.body).encode()

    def head(self) -> bytes:
        structured = not isinstance(self.body, (bytes, str))
        headers = {
            "Content-Type": "application/json" if structured else "text/plain; charset=utf-8",
            "Content-Length": str(len(self.content) * self.repeat),
            **({} if self.end is End.keep else {"Connection": "close"}),
            **self.headers,
        }
        try:
            phrase = HTTPStatus(self.status).phrase
        except ValueError:
            phrase = "Unassigned"
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items() if value != "")
        return f"HTTP/1.1 {self.status} {phrase}\r\n{lines}\r\n".encode("latin-1")


def closed() -> Reply:
    """The connection ends (FIN) where an answer was due."""
    return Reply(silent=True, end=End.close)


def connection_reset() -> Reply:
    """The connection is reset (RST) where an answer was due."""
    return Reply(silent=True, end=End.reset)


def hanging() -> Reply:
    """No answer, ever."""
    return Reply(silent=True, end=End.hang)


Behaviour = Callable[[Request], Reply | None]


class HttpServer(Server):
    """Answers, in this order: the script's next reply, what the behaviour returns, the default.

    `default_reply` is the subclass's. An exception in a behaviour fails the test through
    `raise_failures`, and the client gets a 500.
    """

    def __init__(
        self, *, address: str = "127.0.0.1", port: int = 0, identity: Identity | None = None
    ) -> None:
        super().__init__(address=address, port=port, identity=identity)
        self._requests: list[Request] = []
        self._script: deque[Reply] = deque()
        self._behaviour: Behaviour | None = None
        self._failures: list[str] = []
        self._release = threading.Event()
        self._end_event = threading.Event()
        self.begin()

    def default_reply(self, request: Request) -> Reply:
        del request
        return Reply(404, "not found\n")

    def answered(self, request: Request, reply: Reply) -> None:
        """Called with the lock held, before the reply is sent."""

    # ---- what a test says

    def script(self, replies: Iterable[Reply]) -> None:
        """The next requests get these replies, one each; adds to what is left of earlier ones."""
        with self.lock:
            self._script.extend(replies)

    def behave(self, behaviour: Behaviour | None) -> None:
        """From now on the behaviour is asked; where it returns None, the default answers."""
        with self.lock:
            self._behaviour = behaviour

    def release(self) -> None:
        """Ends the connections that hang now, and those that would from now on."""
        self._release.set()

    # ---- what a test learns

    @property
    def requests(self) -> list[Request]:
        with self.lock:
            return list(self._requests)

    def await_requests(self, count: int, timeout: float = k_patience) -> list[Request]:
        """Returns all requests when at least `count` have come (not: been answered)."""
        with self.lock:
            if not self.lock.wait_for(lambda: len(self._requests) >= count, timeout):
                raise TimeoutError(f"waited {timeout:g} s for {count} requests: {self._requests}")
            return list(self._requests)

    def raise_failures(self) -> None:
        """Raises AssertionError if a behaviour failed or the script was not used up."""
        with self.lock:
            failures = list(self._failures)
            if self._script:
                failures.append(f"{len(self._script)} replies of the script were never asked for")
        if failures:
            raise AssertionError("; ".join(failures))

    # ---- inside

    def released(self) -> None:
        self._release.set()
        self._end_event.set()

    def serve(self, connection: socket.socket, number: int) -> None:
        reader = Reader(connection)
        while True:
            try:
                read = read_request(reader, connection)
            except (Truncated, ValueError):
                return
            if read is None:
                return
            _, body, head = read
            with self.lock:
                request = Request(len(self._requests) + 1, number, head.method, head.target,
                                  head.path, head.query, head.headers, content_of(body, head),
                                  time.monotonic())  # fmt: skip
                self._requests.append(request)
                reply = self._script.popleft() if self._script else None
                behaviour = self._behaviour
                self.lock.notify_all()
            if reply is None:
                reply = self._decide(behaviour, request)
            with self.lock:
                self.answered(request, reply)
                self.lock.notify_all()
            if not self._send(connection, reply, head_only=request.method == "HEAD"):
                return
            if not head.persistent:
                return

    def _decide(self, behaviour: Behaviour | None, request: Request) -> Reply:
        try:
            reply = behaviour(request) if behaviour else None
        except Exception as error:  # noqa: BLE001 - reported to the test
            with self.lock:
                self._failures.append(f"behaviour: {error!r}")
            return Reply(500, f"the test's behaviour failed: {error!r}\n")
        return reply if reply is not None else self.default_reply(request)

    def _send(self, connection: socket.socket, reply: Reply, *, head_only: bool) -> bool:
        """Whether the connection goes on."""
        if reply.delay:
            self._end_event.wait(reply.delay)
        if not reply.silent:
            connection.sendall(reply.head())
            if not head_only:
                self._send_body(connection, reply)
        if reply.end is End.keep:
            return reply.cut is None
        if reply.end is End.hang:
            self._release.wait()
        if reply.end is End.reset:
            reset(connection)
        return False

    @staticmethod
    def _send_body(connection: socket.socket, reply: Reply) -> None:
        content = reply.content
        left = len(content) * reply.repeat if reply.cut is None else reply.cut
        # Small bodies are repeated in larger pieces, or a huge one takes a huge number of calls.
        piece = content * max(1, min(reply.repeat, 65536 // max(1, len(content))))
        with contextlib.suppress(BrokenPipeError):
            while left > 0 and piece:
                connection.sendall(piece[:left])
                left -= len(piece)
