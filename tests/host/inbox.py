"""An incoming webhook shaped like Slack's.

Alone: `python3 -m host.inbox --url-file F --messages M` writes its address to F and every
message that it accepts to M, one JSON object a line, until it is told to end or the process that
started it is gone. `python3 -m host.inbox --show M` prints such a file as plain text.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from host import slack
from host.http_server import HttpServer, Reply, Request
from host.standalone import serve_until_told
from host.tls import Identity
from host.waiting import k_patience

k_token = "inboxTokenThatNobodyMaySee"


def invalid_blocks() -> Reply:
    """400: a block is malformed or over a limit."""
    return Reply(400, "invalid_blocks")


def no_service() -> Reply:
    """404: the webhook has been removed or is disabled."""
    return Reply(404, "no_service")


def channel_archived() -> Reply:
    """410: the channel that it posted to is archived."""
    return Reply(410, "channel_is_archived")


def rate_limited(retry_after: int) -> Reply:
    """429: too many messages; again after so many seconds."""
    return Reply(429, "rate_limited", {"Retry-After": str(retry_after)})


def server_error() -> Reply:
    """500."""
    return Reply(500, "rollup_error")


@dataclass(frozen=True)
class Message:
    """A payload that was posted, and the headers (lower-case names) that it came with."""

    payload: dict[str, Any]
    headers: dict[str, str]

    def text(self) -> str:
        """The message as plain text."""
        return slack.render(self.payload)


class Inbox(HttpServer):
    """Accepts POSTs to `url` as Slack does: 200 `ok`, or the refusal that Slack would give.

    Scripted replies (see HttpServer) take the place of Slack's; a message is stored only when it
    was answered with 200. With `messages_file`, stored payloads are appended to that file too.
    """

    def __init__(
        self,
        *,
        token: str = k_token,
        messages_file: Path | None = None,
        identity: Identity | None = None,
    ) -> None:
        self._path = f"/services/T00000000/B00000000/{token}"
        self._messages: list[Message] = []
        self._messages_file = messages_file
        super().__init__(identity=identity)

    @property
    def url(self) -> str:
        """The webhook's address, which is a secret of its channel."""
        return self.origin + self._path

    @property
    def messages(self) -> list[Message]:
        with self.lock:
            return list(self._messages)

    def await_messages(self, count: int, timeout: float = k_patience) -> list[Message]:
        """Returns the stored messages when there are at least `count`."""
        with self.lock:
            if not self.lock.wait_for(lambda: len(self._messages) >= count, timeout):
                raise TimeoutError(f"waited {timeout:g} s for {count} messages: {self._messages}")
            return list(self._messages)

    def assert_valid(self) -> None:
        """AssertionError if Slack would refuse any request so far, accepted here or not."""
        found = [
            f"request {request.number}: {violation}"
            for request in self.requests
            for violation in self._violations(request)
        ]
        if found:
            raise AssertionError("\n".join(found))

    def default_reply(self, request: Request) -> Reply:
        if request.path != self._path:
            return no_service()
        payload = self._payload(request)
        if request.method != "POST" or not isinstance(payload, dict):
            return Reply(400, "invalid_payload")
        if not (payload.get("text") or payload.get("blocks") or payload.get("attachments")):
            return Reply(400, "no_text")
        return invalid_blocks() if slack.violations(payload) else Reply(200, "ok")

    def answered(self, request: Request, reply: Reply) -> None:
        payload = self._payload(request)
        if reply.status != 200 or reply.silent or not isinstance(payload, dict):
            return
        if self._messages_file:
            with self._messages_file.open("a", encoding="utf-8") as file:
                file.write(json.dumps(payload, ensure_ascii=False) + "\n")
        self._messages.append(Message(payload, request.headers))

    @staticmethod
    def _payload(request: Request) -> Any:
        try:
            return request.json()
        except ValueError:
            return None

    def _violations(self, request: Request) -> list[str]:
        found = []
        if (request.method, request.path) != ("POST", self._path):
            found.append(f"{request.method} {request.path} is not what the webhook takes")
        kind = request.headers.get("content-type", "")
        if kind.partition(";")[0].strip().lower() != "application/json":
            found.append(f"Content-Type is {kind!r}, not application/json")
        payload = self._payload(request)
        return found + (slack.violations(payload) if payload is not None else ["no JSON"])


def main() -> None:
    parser = argparse.ArgumentParser(prog="host.inbox", description="A Slack-shaped inbox.")
    parser.add_argument("--url-file", type=Path)
    parser.add_argument("--messages", type=Path)
    parser.add_argument("--show", type=Path, metavar="MESSAGES", help="print as plain text")
    options = parser.parse_args()
    if options.show:
        for line in options.show.read_text(encoding="utf-8").splitlines():
            sys.stdout.write(slack.render(json.loads(line)))
    elif options.url_file and options.messages:
        options.messages.touch()
        with Inbox(messages_file=options.messages) as inbox:
            serve_until_told(options.url_file, inbox.url)
    else:
        parser.error("--url-file and --messages, or --show")


if __name__ == "__main__":
    main()
