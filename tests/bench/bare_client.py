"""Asks URLs over bare sockets, so many at a time: what the server alone needs for that.

`python3 -m bench.bare_client FILE AT-ONCE`: FILE has one URL of an IPv4 address a line. Prints the
seconds from the first connection to the last answer; exit code 1 when one is not 200.
"""

from __future__ import annotations

import resource
import select
import socket
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

k_spare_files = 50


def raise_file_limit(wanted: int) -> None:
    """Lets this process have so many files open, as far as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def ask(urls: Sequence[str], at_once: int) -> float:
    """Seconds that it took; RuntimeError for an answer that is not 200."""
    targets = [urlsplit(url) for url in reversed(urls)]
    poll = select.epoll()
    open_: dict[int, tuple[socket.socket, bytes, bytearray]] = {}
    start = time.perf_counter()
    while targets or open_:
        while targets and len(open_) < at_once:
            target = targets.pop()
            connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            connection.setblocking(False)
            connection.connect_ex((target.hostname, target.port))
            request = f"GET {target.path} HTTP/1.1\r\nHost: {target.netloc}\r\n\r\n"
            open_[connection.fileno()] = (connection, request.encode(), bytearray())
            poll.register(connection.fileno(), select.EPOLLOUT)
        for descriptor, event in poll.poll():
            connection, request_bytes, answer = open_[descriptor]
            if event & select.EPOLLOUT:
                connection.send(request_bytes)
                poll.modify(descriptor, select.EPOLLIN)
            elif data := connection.recv(65536):
                answer += data
            else:
                if not answer.startswith(b"HTTP/1.1 200 "):
                    raise RuntimeError(f"an answer is {bytes(answer)!r}")
                del open_[descriptor]
                connection.close()
    return time.perf_counter() - start


def main() -> None:
    urls = Path(sys.argv[1]).read_text().split()
    at_once = int(sys.argv[2])
    raise_file_limit(at_once + k_spare_files)
    print(ask(urls, at_once))


if __name__ == "__main__":
    main()
