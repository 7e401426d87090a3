"""Many HTTP endpoints at once, each of which takes its time: for what asks a thousand of them.

Alone: `python3 -m host.crowd --ready-file F --count N [--delay SECONDS]` serves until it is told to
end or the process that started it is gone. F then holds the endpoints' URLs as a JSON list.

One thread over one epoll, with as little as possible between the sockets and the answers, so that
a thousand clients at once find a server that is not what they wait for.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import select
import socket
import threading
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from host.standalone import serve_until_told

k_hosts = 250
"""Of one network of 256 addresses so many are endpoints."""
k_backlog = 128


def addresses_of(count: int) -> list[str]:
    """127.1.0.1, 127.1.0.2, …"""
    return [f"127.1.{number // k_hosts}.{number % k_hosts + 1}" for number in range(count)]


def listen(addresses: Sequence[str]) -> list[socket.socket]:
    """One port at all of them."""
    for _ in range(100):
        port = 0
        listeners: list[socket.socket] = []
        try:
            for address in addresses:
                listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
                listeners.append(listener)
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                listener.bind((address, port))
                listener.listen(k_backlog)
                listener.setblocking(False)
                port = listener.getsockname()[1]
            return listeners
        except OSError:  # Taken at one of them: take the next port.
            for listener in listeners:
                listener.close()
    raise OSError(f"no port is free at all of {len(addresses)} addresses")


class Crowd:
    """`count` endpoints, each an address of its own on one port, that answer
    {"status":"ok","version":VERSION} `delay` seconds after a request came, and then close.

    Runs in a thread of its own from the constructor on; `close()` ends it. What is in `silent`
    gets no answer, what is in `broken` a 500; both hold for what comes from then on.
    """

    def __init__(self, count: int, *, delay: float = 0, version: str = "1.0") -> None:
        self.addresses = addresses_of(count)
        self.delay, self.version = delay, version
        self.silent: set[str] = set()
        self.broken: set[str] = set()
        self.requests: dict[str, int] = dict.fromkeys(self.addresses, 0)
        self.most_at_once = 0
        """The most requests that waited for their answers at the same time."""
        self._listeners = {listener.fileno(): listener for listener in listen(self.addresses)}
        self.port = int(next(iter(self._listeners.values())).getsockname()[1])
        self._poll = select.epoll()
        for descriptor in self._listeners:
            self._poll.register(descriptor, select.EPOLLIN)
        self._ended, self._end = os.pipe()
        self._poll.register(self._ended, select.EPOLLIN)
        self._open: dict[int, tuple[socket.socket, str]] = {}
        self._waiting: deque[tuple[float, int]] = deque()
        self._unanswered: set[int] = set()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def urls(self) -> list[str]:
        return [f"http://{address}:{self.port}/health" for address in self.addresses]

    def flags(self) -> list[str]:
        """What makes headway ask all of them."""
        return [word for url in self.urls for word in ("--url", url)]

    # ---- inside

    def _answer_of(self, address: str) -> bytes:
        status = "500 Internal Server Error" if address in self.broken else "200 OK"
        body = json.dumps({"status": "ok", "version": self.version})
        return (f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nConnection: close\r\n"
                f"Content-Length: {len(body)}\r\n\r\n{body}").encode()  # fmt: skip

    def _serve(self) -> None:
        while True:
            wait = max(0.0, self._waiting[0][0] - time.monotonic()) if self._waiting else -1
            for descriptor, _ in self._poll.poll(wait):
                if descriptor == self._ended:
                    return
                if descriptor in self._listeners:
                    self._accept(self._listeners[descriptor])
                else:
                    self._read(descriptor)
            now = time.monotonic()
            while self._waiting and self._waiting[0][0] <= now:
                self._answer(self._waiting.popleft()[1])

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(BlockingIOError):
            while True:
                connection, _ = listener.accept()
                connection.setblocking(False)
                descriptor = connection.fileno()
                self._open[descriptor] = (connection, listener.getsockname()[0])
                self._poll.register(descriptor, select.EPOLLIN)

    def _read(self, descriptor: int) -> None:
        """A request comes in one piece; what comes after it is the client's end."""
        connection, address = self._open[descriptor]
        try:
            data = connection.recv(65536)
        except OSError:
            data = b""
        if not data or descriptor in self._unanswered:
            self._drop(descriptor)
            return
        self.requests[address] += 1
        self._unanswered.add(descriptor)
        self.most_at_once = max(self.most_at_once, len(self._unanswered))
        if address not in self.silent:
            self._waiting.append((time.monotonic() + self.delay, descriptor))

    def _answer(self, descriptor: int) -> None:
        # The client may have gone, and its descriptor may be another connection's by now.
        if descriptor in self._unanswered:
            connection, address = self._open[descriptor]
            with contextlib.suppress(OSError):
                connection.send(self._answer_of(address))
            self._drop(descriptor)

    def _drop(self, descriptor: int) -> None:
        self._unanswered.discard(descriptor)
        self._open.pop(descriptor)[0].close()

    def close(self) -> None:
        """Ends every connection and the thread."""
        os.write(self._end, b"x")
        self._thread.join()
        for listener in self._listeners.values():
            listener.close()
        for connection, _ in self._open.values():
            connection.close()
        self._poll.close()
        os.close(self._end)
        os.close(self._ended)

    def __enter__(self) -> Crowd:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def main() -> None:
    parser = argparse.ArgumentParser(prog="host.crowd", description="Many slow endpoints.")
    parser.add_argument("--ready-file", type=Path, required=True)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--delay", type=float, default=0.2)
    options = parser.parse_args()
    with Crowd(options.count, delay=options.delay) as crowd:
        serve_until_told(options.ready_file, json.dumps(crowd.urls))


if __name__ == "__main__":
    main()
