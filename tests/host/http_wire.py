"""HTTP/1.1 messages as bytes: read whole, parsed, and kept exactly as they came."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from urllib.parse import parse_qs

_k_limit = 1 << 30


class Truncated(Exception):
    """The peer ended in the middle of a message; `data` is what came of it."""

    def __init__(self, data: bytes) -> None:
        super().__init__(f"the connection ended after {len(data)} bytes of a message")
        self.data = data


@dataclass(frozen=True)
class Head:
    """A start line and the headers, with lower-case names; of equal names the last counts."""

    start: str
    headers: dict[str, str]

    @property
    def method(self) -> str:
        return self.start.split(" ")[0]

    @property
    def target(self) -> str:
        """A request's path and query."""
        return self.start.split(" ")[1]

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> dict[str, list[str]]:
        return parse_qs(self.target.partition("?")[2], keep_blank_values=True)

    @property
    def status(self) -> int:
        """An answer's status."""
        return int(self.start.split(" ")[1])

    @property
    def persistent(self) -> bool:
        """Whether the connection stays open after this message."""
        option = self.headers.get("connection", "").lower()
        return option == "keep-alive" if self.start.endswith("HTTP/1.0") else option != "close"


def parse_head(raw: bytes) -> Head:
    """Parses all up to the empty line. Raises ValueError on what is no HTTP."""
    start, *lines = raw.decode("latin-1").rstrip("\r\n").split("\r\n")
    if start.count(" ") < 2 and not start.startswith("HTTP/"):
        raise ValueError(f"not an HTTP message: {start!r}")
    pairs = (line.partition(":") for line in lines)
    return Head(start, {name.strip().lower(): value.strip() for name, _, value in pairs})


class Reader:
    """Reads messages from one side of a connection."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._buffer = bytearray()

    def _fill(self) -> bool:
        data = self._connection.recv(65536)
        self._buffer += data
        return bool(data)

    def _take(self, count: int) -> bytes:
        data = bytes(self._buffer[:count])
        del self._buffer[:count]
        return data

    def _until(self, mark: bytes, so_far: bytes = b"") -> bytes:
        while (end := self._buffer.find(mark)) < 0:
            if not self._fill() or len(self._buffer) > _k_limit:
                raise Truncated(so_far + self._take(len(self._buffer)))
        return self._take(end + len(mark))

    def exactly(self, count: int, so_far: bytes = b"") -> bytes:
        """The next `count` bytes; Truncated holds `so_far` and what came of them."""
        while len(self._buffer) < count:
            if not self._fill():
                raise Truncated(so_far + self._take(len(self._buffer)))
        return self._take(count)

    def head(self) -> bytes | None:
        """The next message's head with its empty line; None if the peer ended before it."""
        if not self._buffer and not self._fill():
            return None
        return self._until(b"\r\n\r\n")

    def body(self, raw_head: bytes, head: Head, *, ends_with_connection: bool) -> bytes:
        """The body that follows, framing included. Truncated holds the head as well.

        `ends_with_connection`: a message without a length goes on to the end, as answers do.
        """
        if head.headers.get("transfer-encoding", "").lower() == "chunked":
            return self._chunks(raw_head)
        if "content-length" in head.headers:
            return self.exactly(int(head.headers["content-length"]), raw_head)
        if ends_with_connection:
            while self._fill():
                pass
            return self._take(len(self._buffer))
        return b""

    def _chunks(self, raw_head: bytes) -> bytes:
        raw = bytearray()
        while True:
            line = self._until(b"\r\n", raw_head + raw)
            raw += line
            size = int(line.split(b";")[0], 16)
            if size == 0:
                # Trailers, if any, end with an empty line as well.
                while line != b"\r\n":
                    line = self._until(b"\r\n", raw_head + raw)
                    raw += line
                return bytes(raw)
            raw += self.exactly(size + 2, raw_head + raw)


def content_of(body: bytes, head: Head) -> bytes:
    """A body without its chunk framing."""
    if head.headers.get("transfer-encoding", "").lower() != "chunked":
        return body
    content, position = bytearray(), 0
    while True:
        end = body.index(b"\r\n", position)
        size = int(body[position:end].split(b";")[0], 16)
        if size == 0:
            return bytes(content)
        content += body[end + 2 : end + 2 + size]
        position = end + 2 + size + 2


def read_request(reader: Reader, connection: socket.socket) -> tuple[bytes, bytes, Head] | None:
    """The next request: raw head, raw body, parsed head. None at the end of the connection.

    A client that asks whether to send its body is told to.
    """
    raw = reader.head()
    if raw is None:
        return None
    head = parse_head(raw)
    if head.headers.get("expect", "").lower() == "100-continue":
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    return raw, reader.body(raw, head, ends_with_connection=False), head


def read_answer(reader: Reader, method: str) -> tuple[bytes, bytes, Head]:
    """The answer to a request of that method: raw head, raw body, parsed head."""
    raw = reader.head()
    if raw is None:
        raise Truncated(b"")
    head = parse_head(raw)
    if method == "HEAD" or head.status in (204, 304):
        return raw, b"", head
    return raw, reader.body(raw, head, ends_with_connection=True), head
