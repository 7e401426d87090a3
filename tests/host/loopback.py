"""A TCP server on loopback: a thread per connection, and an end that is certain."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import struct
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Self

from host.tls import Identity
from host.waiting import k_patience


def reset(connection: socket.socket) -> None:
    """Closes with RST instead of FIN: the peer sees `Connection reset`."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def finish(connection: socket.socket) -> None:
    """Sends FIN and takes what the peer still sends, until it has closed as well: with unread
    input, close() alone would reset the connection."""
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65536):
            pass


class ClosedPort:
    """A port of loopback where connections are refused for as long as this object lives."""

    def __init__(self) -> None:
        # Bound and not listening: nobody else gets the port, and nobody answers on it.
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]

    def close(self) -> None:
        self._socket.close()

    def __enter__(self) -> ClosedPort:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Server(ABC):
    """Listens from the constructor on; `close()` ends all connections and threads.

    Subclasses serve one connection in `serve`, in a thread of its own. `address` may be any of
    127.0.0.0/8, so that one name can have several, or ::1. With an `identity` it speaks TLS. `lock`
    guards the state that tests read; its notifications wake who awaits a change.
    """

    def __init__(
        self, *, address: str = "127.0.0.1", port: int = 0, identity: Identity | None = None
    ) -> None:
        self._identity = identity
        self._context = identity.server_context() if identity else None
        self._open: set[socket.socket] = set()
        self._threads: set[threading.Thread] = set()
        self._ended = False
        self.lock = threading.Condition()
        self.connections = 0
        """Connections accepted so far."""
        self.handshake_errors: list[str] = []
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self._listener = socket.socket(family, socket.SOCK_STREAM)
        try:
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._listener.bind((address, port))
            self._listener.listen(4096)
        except OSError:
            self._listener.close()
            raise
        self.address = address
        self.port: int = self._listener.getsockname()[1]

    def begin(self) -> None:
        """Starts to accept; for the end of a subclass's constructor."""
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()

    @property
    def origin(self) -> str:
        """Scheme, host and port, without a slash at the end."""
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"http{'s' if self._identity else ''}://{host}:{self.port}"

    @abstractmethod
    def serve(self, connection: socket.socket, number: int) -> None:
        """Serves one connection; `number` counts them from 1. OSError ends it quietly."""

    def released(self) -> None:
        """Called by close(): lets go whatever `serve` waits for."""

    def close(self) -> None:
        """Ends everything and waits for it. May be called again."""
        with self.lock:
            if self._ended:
                return
            self._ended = True
            self.lock.notify_all()
        self.released()
        # close() alone would leave accept() and recv() asleep in their threads.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._acceptor.join()
        with self.lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            threads = list(self._threads)
        for thread in threads:
            thread.join()

    @contextlib.contextmanager
    def outgoing(self, port: int) -> Iterator[socket.socket]:
        """A connection of the server's own to a port of loopback, which close() ends as well."""
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.lock:
                self._open.add(connection)
                if self._ended:
                    raise ConnectionAbortedError
            try:
                yield connection
            finally:
                with self.lock:
                    self._open.discard(connection)

    def await_idle(self, timeout: float = k_patience) -> None:
        """Returns when every connection that was made before this call has been served to its
        end. Makes a connection of its own, which counts."""
        # Connections are accepted in their order: when this one has been, all others have.
        with socket.create_connection((self.address, self.port), timeout) as last:
            last.shutdown(socket.SHUT_WR)
            with contextlib.suppress(ConnectionResetError):
                last.recv(1)
        with self.lock:
            if not self.lock.wait_for(lambda: not self._threads, timeout):
                raise TimeoutError(f"waited {timeout:g} s for {len(self._threads)} connections")

    @property
    def ended(self) -> bool:
        return self._ended

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.lock:
                self.connections += 1
                number = self.connections
                self._open.add(connection)
                thread = threading.Thread(target=self._run, args=(connection, number), daemon=True)
                self._threads.add(thread)
                thread.start()
                self.lock.notify_all()

    def _run(self, accepted: socket.socket, number: int) -> None:
        connection = accepted
        try:
            if self._context:
                connection = self._context.wrap_socket(
                    accepted, server_side=True, do_handshake_on_connect=False
                )
                with self.lock:
                    self._open.discard(accepted)
                    self._open.add(connection)
                    if self._ended:
                        return
                connection.do_handshake()
            self.serve(connection, number)
        except ssl.SSLError as error:
            with self.lock:
                self.handshake_errors.append(str(error))
                self.lock.notify_all()
            # The client may be sending already (TLS 1.3), and is to read why it is not let in.
            with contextlib.suppress(OSError):
                with socket.socket(fileno=os.dup(connection.fileno())) as raw:
                    finish(raw)
        except OSError:
            pass
        finally:
            with self.lock:
                self._open.discard(accepted)
                self._open.discard(connection)
                self._threads.discard(threading.current_thread())
                self.lock.notify_all()
            connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
