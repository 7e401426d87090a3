"""nginx's access log: what went over the wire, as the server saw it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class LoggedRequest:
    """One request and its answer.

    `bytes_sent` is the answer with its headers, `request_length` the request with its own; both
    without TLS. `connection` is different for every connection; `connection_requests` counts a
    connection's requests from 1. `uri` is as the client wrote it, query included.
    `authorized` says that an Authorization header came, valid or not.
    """

    time: float
    method: str
    uri: str
    status: int
    body_bytes_sent: int
    bytes_sent: int
    request_length: int
    connection: str
    connection_requests: int
    user_agent: str
    authorized: bool
    git_protocol: str
    content_type: str
    content_encoding: str
    host: str

    @property
    def path(self) -> str:
        return self.uri.partition("?")[0]


def parse(line: str) -> LoggedRequest:
    entry = json.loads(line)
    numbers = ("status", "body_bytes_sent", "bytes_sent", "request_length", "connection_requests")
    fields = {key: int(value) if key in numbers else value for key, value in entry.items()}
    fields["time"] = float(entry["time"])
    fields["authorized"] = fields.pop("authorization") == "yes"
    return LoggedRequest(**fields)


def read(path: Path) -> list[LoggedRequest]:
    """The log's complete lines; nginx writes each at once, after its answer has been sent."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return []
    return [parse(line) for line in text.split("\n")[:-1]]
