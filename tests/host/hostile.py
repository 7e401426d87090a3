"""Web servers that mean no good, or are beyond good: each a script for a Saboteur.

Every script reads the request first, unless it says otherwise. What is endless ends when the
client has gone; what hangs ends with the server.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Sequence

from host.saboteur import (
    AwaitClientEnd,
    Hang,
    ReadBytes,
    ReadRequest,
    Reset,
    Send,
    SendEndlessly,
    Step,
    response,
)

k_json = "application/json"
k_mebibyte = 1 << 20


def head(*lines: str, status: str = "200 OK") -> bytes:
    """An answer's beginning up to its empty line."""
    return "".join(f"{line}\r\n" for line in (f"HTTP/1.1 {status}", *lines, "")).encode()


def answers(body: bytes, *lines: str) -> list[Step]:
    """An honest answer with this body."""
    return [ReadRequest(), Send(head(*lines, f"Content-Length: {len(body)}") + body)]


# ---- too much


def endless_body() -> list[Step]:
    """A body without a length, as fast as it is read."""
    return [ReadRequest(), Send(head(f"Content-Type: {k_json}")), SendEndlessly(b" " * 65536)]


def endless_chunks() -> list[Step]:
    """A chunked body whose last chunk never comes."""
    piece = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    return [ReadRequest(), Send(head("Transfer-Encoding: chunked")), SendEndlessly(piece)]


def gigabytes(count: int = 8) -> list[Step]:
    """A body that promises so many gigabytes, and has them."""
    promised = f"Content-Length: {count << 30}"
    return [ReadRequest(), Send(head(promised)), SendEndlessly(b'{"a":' * 13107)]


def endless_headers() -> list[Step]:
    """Header lines without end."""
    return [ReadRequest(), Send(b"HTTP/1.1 200 OK\r\n"), SendEndlessly(b"X-More: of this\r\n" * 64)]


def endless_header() -> list[Step]:
    """One header line without end."""
    return [ReadRequest(), Send(b"HTTP/1.1 200 OK\r\nX-Long: "), SendEndlessly(b"x" * 65536)]


def endless_status_line() -> list[Step]:
    return [ReadRequest(), Send(b"HTTP/1.1 200 "), SendEndlessly(b"O" * 65536)]


def endless_interim_answers() -> list[Step]:
    """102 Processing, again and again (RFC 2518, section 10.1)."""
    return [ReadRequest(), SendEndlessly(head(status="102 Processing") * 64)]


def endless_trailers() -> list[Step]:
    """A complete chunked body, and then header lines without end (RFC 9112, section 7.1.2)."""
    start = head("Transfer-Encoding: chunked") + b"2\r\n{}\r\n0\r\n"
    return [ReadRequest(), Send(start), SendEndlessly(b"X-Trailer: of this\r\n" * 64)]


def gzip_bomb(mebibytes: int = 16 << 10) -> list[Step]:
    """A gzip body of a thousandth of its size: by default of 16 GiB."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    start = packer.compress(b"") + packer.flush(zlib.Z_FULL_FLUSH)
    # After a full flush each block stands for itself, so one does for all of them.
    block = packer.compress(b" " * k_mebibyte) + packer.flush(zlib.Z_FULL_FLUSH)
    lines = ("Content-Encoding: gzip", f"Content-Length: {len(start) + mebibytes * len(block)}")
    return [ReadRequest(), Send(head(*lines) + start), SendEndlessly(block * 16)]


def gzipped(body: bytes) -> list[Step]:
    """An honest body in gzip."""
    return answers(gzip.compress(body), f"Content-Type: {k_json}", "Content-Encoding: gzip")


def broken_gzip() -> list[Step]:
    return answers(b"\x1f\x8b\x08\x00 this is no gzip", "Content-Encoding: gzip")


# ---- too slow


def slow_status_line(interval: float = 0.05) -> list[Step]:
    """A byte at a time, from the very first on."""
    return [ReadRequest(), Send(response(b"{}"), piece=1, interval=interval), Hang()]


def slow_headers(interval: float = 0.05) -> list[Step]:
    """One short header line after the other, for minutes."""
    lines = b"".join(b"X-Slow-%05d: yes\r\n" % number for number in range(10_000))
    return [ReadRequest(), Send(b"HTTP/1.1 200 OK\r\n"), Send(lines, piece=19, interval=interval)]


def slow_body(interval: float = 0.05) -> list[Step]:
    """A promise of a kilobyte, kept byte by byte."""
    start = head(f"Content-Type: {k_json}", "Content-Length: 100000")
    return [ReadRequest(), Send(start), Send(b" " * 100_000, piece=1, interval=interval)]


def silent_after_accepting() -> list[Step]:
    """Takes the connection and reads nothing."""
    return [Hang()]


def silent_after_the_headers() -> list[Step]:
    return [ReadRequest(), Send(head("Content-Length: 2")), Hang()]


# ---- not what it says it is


def nested(levels: int = 10_000, opening: bytes = b"[", closing: bytes = b"]") -> bytes:
    """JSON so many levels deep."""
    return opening * levels + closing * levels


def nested_objects(levels: int = 10_000) -> bytes:
    return b'{"a":' * levels + b"1" + b"}" * levels


def many_keys(count: int = 100_000) -> bytes:
    """One flat object, of more than a megabyte from 100,000 keys on."""
    return json.dumps({f"key{number}": number for number in range(count)}).encode()


k_bad_bodies: dict[str, bytes] = {
    "empty": b"",
    "a web page": b"<html>\n<body>Welcome</body>\n</html>\n",
    "cut off": b'{"version": "1.',
    "two values": b'{"version": "1.0"} {"version": "2.0"}',
    "a trailing comma": b'{"version": "1.0",}',
    "a comment": b'{"version": /* yes */ "1.0"}',
    "not a number": b'{"version": NaN}',
    "UTF-8 cut off": b'{"version": "1.0\xe2\x82"}',
    "UTF-8 too long": b'{"version": "\xc0\xaf"}',
    "a lone surrogate": b'{"version": "\xed\xa0\x80"}',
    "an escaped lone surrogate": b'{"version": "\\ud800"}',
    "Latin-1": b'{"version": "1.0 \xfcber"}',
    "UTF-16": '{"version": "1.0"}'.encode("utf-16"),
    "a NUL": b'{"version": "1.0\x00"}',
    "nothing but NULs": b"\0" * 4096,
    "10,000 levels of lists": nested(),
    "10,000 levels of objects": nested_objects(),
    "10,000 levels unclosed": b"[" * 10_000,
    "control characters": b'\x1b]0;owned\x07\x1b[2J{"version"',
}
"""Bodies that are no JSON or none that can be trusted; none names a version 1.0 in a valid way."""


def not_http() -> list[Step]:
    """Another protocol altogether."""
    return [ReadRequest(), Send(b"SSH-2.0-OpenSSH_9.2p1\r\n"), AwaitClientEnd()]


def old_http() -> list[Step]:
    """HTTP/0.9: a body without any head."""
    return [ReadRequest(), Send(b'{"version": "1.0"}')]


def bad_length() -> list[Step]:
    return [ReadRequest(), Send(head("Content-Length: many") + b"{}")]


def bad_chunk() -> list[Step]:
    return [ReadRequest(), Send(head("Transfer-Encoding: chunked") + b"zz\r\n{}\r\n0\r\n\r\n")]


# ---- broken off


def resets() -> dict[str, list[Step]]:
    """A connection that is reset (RST), at each stage of an exchange."""
    start = b"HTTP/1.1 200 OK\r\nContent-Le"
    body = head("Content-Length: 100") + b"half"
    chunk = head("Transfer-Encoding: chunked") + b"10\r\nhalf"
    return {
        "at once": [Reset()],
        "within the request": [ReadBytes(10), Reset()],
        "after the request": [ReadRequest(), Reset()],
        "within the headers": [ReadRequest(), Send(start), Reset()],
        "after the headers": [ReadRequest(), Send(head("Content-Length: 100")), Reset()],
        "within the body": [ReadRequest(), Send(body), Reset()],
        "within a chunk": [ReadRequest(), Send(chunk), Reset()],
    }


def halves() -> dict[str, list[Step]]:
    """Answers that end (FIN) before they are complete."""
    return {
        "no answer": [ReadRequest()],
        "half a status line": [ReadRequest(), Send(b"HTTP/1.1 2")],
        "half the headers": [ReadRequest(), Send(b"HTTP/1.1 200 OK\r\nContent-Type: text/pl")],
        "half the body": [ReadRequest(), Send(response(b'{"version": "1.0"}', k_json)[:-9])],
        "half a chunk": [ReadRequest(), Send(head("Transfer-Encoding: chunked") + b"12\r\n{}")],
        "no last chunk": [
            ReadRequest(), Send(head("Transfer-Encoding: chunked") + b"2\r\n{}\r\n")
        ],
    }  # fmt: skip


# ---- redirects


def redirect(location: str, status: str = "302 Found") -> Sequence[Step]:
    return [ReadRequest(), Send(head(f"Location: {location}", "Content-Length: 0", status=status))]
