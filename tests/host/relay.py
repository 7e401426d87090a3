"""Proxies between a client and a real server, to hold, cut or alter one chosen exchange."""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from host.git_host import GitHost
from host.http_wire import (
    Head,
    Reader,
    Truncated,
    content_of,
    parse_head,
    read_answer,
    read_request,
)
from host.loopback import Server, finish, reset
from host.repo import Repository
from host.waiting import k_patience

When = int | Callable[[Head], bool]
"""Which request: its number over all connections, from 1, or what its head says."""


def push(head: Head) -> bool:
    """The request that moves refs."""
    return head.method == "POST" and head.path.endswith("/git-receive-pack")


def fetch(head: Head) -> bool:
    """A protocol v2 command or a v0 negotiation."""
    return head.method == "POST" and head.path.endswith("/git-upload-pack")


def any_request(head: Head) -> bool:
    del head
    return True


class Cut(Enum):
    """How a connection is cut."""

    fin = "fin"
    rst = "rst"

    def apply(self, connection: socket.socket) -> None:
        if self is Cut.rst:
            reset(connection)
        else:
            finish(connection)


class Hold:
    """An exchange that waits for the test."""

    def __init__(self) -> None:
        self._arrived = threading.Event()
        self._decided = threading.Event()
        self._limit: int | None = None

    def await_arrival(self, timeout: float = k_patience) -> None:
        """Returns when the exchange has come so far."""
        if not self._arrived.wait(timeout):
            raise TimeoutError(f"waited {timeout:g} s for an exchange to hold")

    def release(self) -> None:
        """It goes on, even if the client is gone by now: the bytes were on their way."""
        self._decided.set()

    def drop(self) -> None:
        """It never arrives; both connections end."""
        self.break_off(0)

    def break_off(self, after: int) -> None:
        """Only `after` bytes of what is held arrive (negative: all but so many); then both
        connections end."""
        self._limit = after
        self._decided.set()

    def passes(self) -> int | None:
        """For the relay: waits, and says how many bytes go on; None: all, and so does the
        exchange."""
        self._arrived.set()
        self._decided.wait()
        return self._limit


@dataclass
class Exchange:
    """A request that came through and its answer, byte by byte; empty until it is known."""

    number: int
    connection: int
    head: Head
    request: bytes
    answer: bytes = b""
    answer_head: Head | None = None


Alter = Callable[[Head, bytes], bytes]
"""From the true answer's head and its body without chunk framing, the new answer as raw bytes."""


@dataclass
class _Rule:
    when: When
    times: int | None
    hold_request: Hold | None = None
    hold_answer: Hold | None = None
    hold_after: int = 0
    cut_request: tuple[int, Cut] | None = None
    cut_answer: tuple[int, Cut] | None = None
    alter: Alter | None = None
    answer: bytes | None = None

    def matches(self, exchange: Exchange) -> bool:
        if self.times == 0:
            return False
        found = (
            exchange.number == self.when if isinstance(self.when, int) else self.when(exchange.head)
        )
        if found and self.times is not None:
            self.times -= 1
        return found


@dataclass
class _Side:
    connection: socket.socket
    reader: Reader = field(init=False)

    def __post_init__(self) -> None:
        self.reader = Reader(self.connection)


class Relay(Server):
    """An HTTP/1.1 proxy in front of a plain-http GitHost: `url` is the host's, through here.

    Each client connection has its own connection to the host. A message goes on when it is
    complete, byte for byte, unless a rule says otherwise; a client that breaks off in the middle
    of a request breaks off there for the host, too. Rules apply once unless `times` says
    otherwise (None: always); of several that match, all apply. A client on libcurl sends a
    request again by itself when a connection that it had used before ends without a byte of the
    answer: a fault that shall last needs `times=None`.
    """

    def __init__(self, host: GitHost) -> None:
        if host.origin.startswith("https:"):
            raise ValueError("no requests can be told apart inside TLS; take ByteRelay")
        super().__init__()
        self._host = host
        self._rules: list[_Rule] = []
        self._exchanges: list[Exchange] = []
        self.begin()

    def url(self, repository: Repository | str = "group/app", *, credentials: str = "") -> str:
        """As GitHost.url, through the relay."""
        direct = self._host.url(repository, credentials=credentials)
        return direct.replace(f"127.0.0.1:{self._host.port}/", f"{self.address}:{self.port}/")

    # ---- rules

    def hold_request(self, when: When, times: int | None = 1) -> Hold:
        """The request stops here: the host does not know of it yet."""
        return self._add(_Rule(when, times, hold_request=Hold())).hold_request or Hold()

    def hold_answer(self, when: When, times: int | None = 1, *, after: int = 0) -> Hold:
        """The answer stops here, its first `after` bytes (its head included) excepted: the host
        has done its work, the client does not know."""
        rule = _Rule(when, times, hold_answer=Hold(), hold_after=after)
        return self._add(rule).hold_answer or Hold()

    def cut_request(
        self, when: When, after: int, cut: Cut = Cut.fin, times: int | None = 1
    ) -> None:
        """Only `after` bytes of the request (its head included) reach the host; then both sides
        are cut."""
        self._add(_Rule(when, times, cut_request=(after, cut)))

    def cut_answer(self, when: When, after: int, cut: Cut = Cut.fin, times: int | None = 1) -> None:
        """Only `after` bytes of the answer (its head included) reach the client; then it is cut.
        The host has done its work."""
        self._add(_Rule(when, times, cut_answer=(after, cut)))

    def alter_answer(self, when: When, alter: Alter, times: int | None = 1) -> None:
        """The client gets what `alter` makes of the host's answer; see `framed`."""
        self._add(_Rule(when, times, alter=alter))

    def answer(self, when: When, answer: bytes, times: int | None = 1) -> None:
        """The relay answers with these raw bytes; the host never gets the request."""
        self._add(_Rule(when, times, answer=answer))

    def clear(self) -> None:
        """Forgets all rules, after releasing every hold."""
        self.release()
        with self.lock:
            self._rules.clear()

    def release(self) -> None:
        """Releases every hold."""
        with self.lock:
            holds = [h for rule in self._rules for h in (rule.hold_request, rule.hold_answer) if h]
        for hold in holds:
            hold.release()

    # ---- what a test learns

    @property
    def exchanges(self) -> list[Exchange]:
        """All requests so far, in the order of their numbers."""
        with self.lock:
            return list(self._exchanges)

    def await_request(self, count: int, timeout: float = k_patience) -> None:
        """Returns when the count-th request has come in whole, held or not."""
        with self.lock:
            if not self.lock.wait_for(lambda: len(self._exchanges) >= count, timeout):
                raise TimeoutError(f"waited {timeout:g} s for request {count}: {self._exchanges}")

    # ---- inside

    def released(self) -> None:
        self.release()

    def _add(self, rule: _Rule) -> _Rule:
        with self.lock:
            self._rules.append(rule)
        return rule

    def serve(self, connection: socket.socket, number: int) -> None:
        with self.outgoing(self._host.port) as upstream:
            client, server = _Side(connection), _Side(upstream)
            while self._relay(client, server, number):
                pass

    def _relay(self, client: _Side, server: _Side, number: int) -> bool:
        """One exchange; whether the connection goes on."""
        try:
            read = read_request(client.reader, client.connection)
        except Truncated as broken:
            server.connection.sendall(broken.data)
            return False
        if read is None:
            return False
        raw_head, body, head = read
        with self.lock:
            exchange = Exchange(len(self._exchanges) + 1, number, head, raw_head + body)
            self._exchanges.append(exchange)
            rules = [rule for rule in self._rules if rule.matches(exchange)]
            self.lock.notify_all()
        if not self._pass_request(exchange, rules, client, server):
            return False
        own = next((rule.answer for rule in rules if rule.answer is not None), None)
        if own is not None:
            client.connection.sendall(own)
            return exchange.head.persistent and self._go_on_after(own, client)
        return self._pass_answer(exchange, rules, client, server)

    @staticmethod
    def _pass_request(
        exchange: Exchange, rules: list[_Rule], client: _Side, server: _Side
    ) -> bool:
        for rule in rules:
            if rule.hold_request and (limit := rule.hold_request.passes()) is not None:
                server.connection.sendall(exchange.request[:limit])
                return False
            if rule.cut_request:
                after, cut = rule.cut_request
                server.connection.sendall(exchange.request[:after])
                # The host's side first: it must not get the time to answer a client that waits.
                (reset if cut is Cut.rst else socket.socket.close)(server.connection)
                cut.apply(client.connection)
                return False
            if rule.answer is not None:
                return True
        server.connection.sendall(exchange.request)
        return True

    def _pass_answer(
        self, exchange: Exchange, rules: list[_Rule], client: _Side, server: _Side
    ) -> bool:
        try:
            raw_head, body, head = read_answer(server.reader, exchange.head.method)
            while head.status < 200:
                raw_head, body, head = read_answer(server.reader, exchange.head.method)
        except Truncated as broken:
            client.connection.sendall(broken.data)
            return False
        with self.lock:
            exchange.answer, exchange.answer_head = raw_head + body, head
            self.lock.notify_all()
        answer = raw_head + body
        for rule in rules:
            if rule.hold_answer:
                client.connection.sendall(answer[: rule.hold_after])
                answer = answer[rule.hold_after :]
                if (limit := rule.hold_answer.passes()) is not None:
                    client.connection.sendall(answer[:limit])
                    return False
            if rule.alter:
                answer = rule.alter(head, content_of(body, head))
            if rule.cut_answer:
                after, cut = rule.cut_answer
                client.connection.sendall(answer[:after])
                cut.apply(client.connection)
                return False
        client.connection.sendall(answer)
        altered = any(rule.alter for rule in rules)
        if altered and not self._go_on_after(answer, client):
            return False
        return exchange.head.persistent and head.persistent

    @staticmethod
    def _go_on_after(answer: bytes, client: _Side) -> bool:
        """Ends the connection after an answer of the test's that does not tell its true end."""
        raw_head, mark, body = answer.partition(b"\r\n\r\n")
        try:
            length = int(parse_head(raw_head + mark).headers.get("content-length", "-1"))
        except ValueError:
            length = -1
        if length != len(body):
            finish(client.connection)
        return length == len(body)


def framed(head: Head, body: bytes, *, length: int | None = None) -> bytes:
    """An answer with the given head's status and type, and another body.

    `length` is the Content-Length to promise (default: the true one).
    """
    kind = head.headers.get("content-type", "text/plain")
    promised = len(body) if length is None else length
    lines = f"{head.start}\r\nContent-Type: {kind}\r\nContent-Length: {promised}\r\n\r\n"
    return lines.encode("latin-1") + body


class ByteRelay(Server):
    """A TCP proxy that knows nothing of what passes, so it fits in front of TLS as well.

    Bytes go on as they come. A connection is cut when one direction has carried its limit.
    """

    def __init__(
        self,
        port: int,
        *,
        to_client: int | None = None,
        to_server: int | None = None,
        cut: Cut = Cut.fin,
    ) -> None:
        super().__init__()
        self._target = port
        self._limits = {"client": to_client, "server": to_server}
        self._cut = cut
        self.carried = {"client": 0, "server": 0}
        """Bytes that went to each side, over all connections."""
        self.begin()

    def serve(self, connection: socket.socket, number: int) -> None:
        del number
        with self.outgoing(self._target) as upstream:
            # One thread for both directions: a socket that another thread reads is not closed
            # by close().
            routes = {
                connection: _Route("server", upstream, self._limits["server"]),
                upstream: _Route("client", connection, self._limits["client"]),
            }
            while routes:
                for source in select.select(list(routes), [], [])[0]:
                    route = routes[source]
                    if not self._carry(source, route):
                        del routes[source]
                    if route.left == 0:
                        (reset if self._cut is Cut.rst else socket.socket.close)(upstream)
                        self._cut.apply(connection)
                        return

    def _carry(self, source: socket.socket, route: _Route) -> bool:
        """Whether more can come this way."""
        data = source.recv(65536 if route.left is None else min(route.left, 65536))
        if not data:
            route.sink.shutdown(socket.SHUT_WR)
            return False
        route.sink.sendall(data)
        with self.lock:
            self.carried[route.side] += len(data)
        if route.left is not None:
            route.left -= len(data)
        return True


@dataclass
class _Route:
    """One direction: where it leads, and how many bytes it may still carry."""

    side: str
    sink: socket.socket
    left: int | None
