"""A server that follows a script of bytes: what broken, hostile and dying servers send."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from host.http_wire import Head, Reader, Truncated, content_of, read_request
from host.loopback import Server, finish, reset
from host.tls import Identity
from host.waiting import k_patience


@dataclass(frozen=True)
class ReadRequest:
    """Reads one whole HTTP request; it is then in the saboteur's `requests`."""


@dataclass(frozen=True)
class ReadBytes:
    """Reads so many bytes, whatever they are, and no more."""

    count: int


@dataclass(frozen=True)
class Send:
    """Sends bytes, all at once, or in `piece`s with `interval` seconds between them."""

    data: bytes
    piece: int = 0
    interval: float = 0.0


@dataclass(frozen=True)
class SendEndlessly:
    """Sends the bytes again and again until the client has gone."""

    data: bytes


@dataclass(frozen=True)
class Hang:
    """Goes on when `release()` is called."""


@dataclass(frozen=True)
class AwaitClientEnd:
    """Goes on when the client has closed its side; what it still sends is dropped."""


@dataclass(frozen=True)
class FinishSending:
    """Closes the sending side only; the client may go on to send."""


@dataclass(frozen=True)
class Close:
    """Closes the connection with FIN, which the end of a script does as well."""


@dataclass(frozen=True)
class Reset:
    """Closes the connection with RST."""


Step = (
    ReadRequest | ReadBytes | Send | SendEndlessly | Hang | AwaitClientEnd | FinishSending | Close
    | Reset
)  # fmt: skip


def response(
    body: bytes,
    content_type: str = "text/plain",
    status: str = "200 OK",
    *,
    length: int | None = -1,
) -> bytes:
    """A whole HTTP answer. `length` is the promised Content-Length (-1: the true one; None: none,
    the body ends with the connection)."""
    promised = len(body) if length == -1 else length
    line = "" if promised is None else f"Content-Length: {promised}\r\n"
    head = f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\n{line}\r\n"
    return head.encode() + body


def pkt_line(text: str | bytes) -> bytes:
    """A pkt-line; git's special ones are b"0000" (flush), b"0001" (delimiter)."""
    data = text.encode() if isinstance(text, str) else text
    return f"{len(data) + 4:04x}".encode() + data


def advertisement(service: str = "upload-pack", lines: Sequence[str | bytes] = ()) -> bytes:
    """The body of `info/refs`: by default protocol v2's capabilities."""
    default = ("version 2\n", "agent=git/saboteur\n", "ls-refs=unborn\n",
               "fetch=shallow wait-for-done filter\n", "object-format=sha1\n")  # fmt: skip
    body = b"".join(pkt_line(line) for line in lines or default)
    return pkt_line(f"# service=git-{service}\n") + b"0000" + body + b"0000"


def advertised(service: str = "upload-pack", lines: Sequence[str | bytes] = ()) -> bytes:
    """The whole answer to `GET info/refs?service=git-SERVICE`."""
    kind = f"application/x-git-{service}-advertisement"
    return response(advertisement(service, lines), kind)


@dataclass
class Received:
    """A request that ReadRequest took: its head, and its body without chunk framing."""

    head: Head
    body: bytes


class Saboteur(Server):
    """The n-th connection follows the n-th script; later ones follow the last again.

    A script is a list of steps. With `per_request` instead, every connection serves requests one
    after the other, and the function gives the steps that answer each (the request has then been
    read); `finished` counts the scripts that came to their end.
    """

    def __init__(
        self,
        scripts: Sequence[Sequence[Step]] = (),
        *,
        per_request: Callable[[Received], Sequence[Step]] | None = None,
        identity: Identity | None = None,
    ) -> None:
        super().__init__(identity=identity)
        if bool(scripts) == bool(per_request):
            raise ValueError("either scripts or per_request")
        self._scripts = [list(script) for script in scripts]
        self._per_request = per_request
        self._release = threading.Event()
        self._end = threading.Event()
        self.requests: list[Received] = []
        self.finished = 0
        self.begin()

    def url(self, path: str = "/group/app.git") -> str:
        return self.origin + path

    def release(self) -> None:
        """Every Hang goes on, also those that come later."""
        self._release.set()

    def await_requests(self, count: int, timeout: float = k_patience) -> list[Received]:
        """Returns the requests when at least `count` have been read."""
        with self.lock:
            if not self.lock.wait_for(lambda: len(self.requests) >= count, timeout):
                raise TimeoutError(f"waited {timeout:g} s for {count} requests: {self.requests}")
            return list(self.requests)

    def await_finished(self, count: int, timeout: float = k_patience) -> None:
        """Returns when `count` scripts have come to their end, broken off by the client or not."""
        with self.lock:
            if not self.lock.wait_for(lambda: self.finished >= count, timeout):
                raise TimeoutError(f"waited {timeout:g} s for the end of {count} scripts")

    def released(self) -> None:
        self._release.set()
        self._end.set()

    def serve(self, connection: socket.socket, number: int) -> None:
        reader = Reader(connection)
        try:
            if self._per_request is None:
                script = self._scripts[min(number, len(self._scripts)) - 1]
                if self._perform(connection, reader, script):
                    finish(connection)
                return
            while (received := self._read_request(connection, reader)) is not None:
                if not self._perform(connection, reader, self._per_request(received)):
                    return
        except Truncated:
            pass
        finally:
            with self.lock:
                self.finished += 1
                self.lock.notify_all()

    def _read_request(self, connection: socket.socket, reader: Reader) -> Received | None:
        read = read_request(reader, connection)
        if read is None:
            return None
        received = Received(read[2], content_of(read[1], read[2]))
        with self.lock:
            self.requests.append(received)
            self.lock.notify_all()
        return received

    def _perform(self, connection: socket.socket, reader: Reader, steps: Sequence[Step]) -> bool:
        """Whether the connection is still open."""
        for step in steps:
            match step:
                case ReadRequest():
                    if self._read_request(connection, reader) is None:
                        return False
                case ReadBytes(count):
                    reader.exactly(count)
                case Send(data, piece, interval):
                    self._send(connection, data, piece, interval)
                case SendEndlessly(data):
                    while not self.ended:
                        connection.sendall(data)
                case Hang():
                    self._release.wait()
                case AwaitClientEnd():
                    while connection.recv(65536):
                        pass
                case FinishSending():
                    connection.shutdown(socket.SHUT_WR)
                case Reset():
                    reset(connection)
                    return False
                case Close():
                    finish(connection)
                    return False
        return True

    def _send(self, connection: socket.socket, data: bytes, piece: int, interval: float) -> None:
        for start in range(0, len(data), piece or max(1, len(data))):
            connection.sendall(data[start : start + (piece or len(data))])
            if interval and self._end.wait(interval):
                return
