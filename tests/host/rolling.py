"""An application on several addresses of loopback and one port, behind a real nginx, that rolls
from an old version to a new one: address by address, by a reload, or by an upstream switch."""

from __future__ import annotations

import contextlib
import json
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

from host.backend import environment, program
from host.nginx import user_directive
from host.processes import ProcessGroup
from host.repo import Repository
from host.waiting import await_condition, k_patience

k_addresses = ("127.0.0.2", "127.0.0.3", "127.0.0.4")
k_name = "app.test"
"""What the tests call the application. No name server knows it; headway is told its addresses."""

_k_template = """\
{user}daemon off;
worker_processes 1;
pid nginx.pid;
error_log error.log warn;
events {{ worker_connections 1024; }}
http {{
    log_format fleet '$server_addr $connection $status';
    access_log off;
    client_body_temp_path temp/body;
    fastcgi_temp_path temp/fastcgi;
    proxy_temp_path temp/proxy;
    scgi_temp_path temp/scgi;
    uwsgi_temp_path temp/uwsgi;
    proxy_cache_path cache keys_zone=answers:1m inactive=1h;
    server_tokens off;
    etag off;
    if_modified_since off;
    server {{
        listen 127.0.0.1:{control_port};
        location = /generation {{ return 200 "{generation}"; }}
    }}
{servers}}}
"""

_k_pod = """\
    server {{
        listen unix:{name}.sock;
        root pods;
        location = /health {{
            types {{ }}
            default_type application/json;
            try_files /{name}.json =503;
        }}
    }}
"""

_k_front = """\
    upstream {upstream} {{
{pods}    }}
    server {{
        listen {address}:{port};
        access_log access.log fleet;
        location / {{
            proxy_pass http://{upstream};
            proxy_set_header Host app;
            proxy_next_upstream off;
{cache}        }}
    }}
"""

_k_cache = """\
            proxy_cache answers;
            proxy_cache_key "$server_addr$uri";
            proxy_cache_valid 200 1h;
"""
_k_obedient = "            proxy_cache_bypass $http_cache_control;\n"


@dataclass(frozen=True)
class Front:
    """What stands at one address.

    pods    answer in turn, in the ratio of their weights
    cache   answers of 200 are kept and given again, whatever the pods say by now
    obeys   the cache asks the pods when the client says `Cache-Control: no-cache`
    """

    pods: Mapping[str, int]
    cache: bool = False
    obeys: bool = False


class Held:
    """A request whose second half is not sent yet. The worker that accepted it lives on for it
    through a reload, and answers by what it knew before."""

    def __init__(self, address: str, port: int) -> None:
        self._connection = socket.create_connection((address, port), timeout=k_patience)
        self._connection.sendall(b"GET /health HTTP/1.0\r\nHost: app\r\n")

    def finish(self) -> str:
        """Sends the rest; the whole answer."""
        self._connection.sendall(b"\r\n")
        answer = b""
        with self._connection:
            while piece := self._connection.recv(65536):
                answer += piece
        return answer.decode()

    def close(self) -> None:
        self._connection.close()


class Fleet:
    """Answers `/health` with {"status":"ok","version":VERSION} at every one of `addresses`.

    Each address begins with one pod of its own, named like it, that runs `version` (None: it
    starts up, and answers 503). The ports are bound here and handed to nginx. `close()` ends it.
    """

    def __init__(
        self, version: str | None = None, addresses: Sequence[str] = k_addresses
    ) -> None:
        self.addresses = tuple(addresses)
        self.state = Path(tempfile.mkdtemp(prefix="headway-fleet-"))
        self._sockets: list[socket.socket] = []
        self._group: ProcessGroup | None = None
        self._pods: list[str] = []
        self._fronts: dict[str, Front] = {}
        self._generation = 0
        try:
            for name in ("pods", "temp", "cache"):
                (self.state / name).mkdir()
            self.port = self._bind()
            for address in self.addresses:
                self.add_pod(address, version)
                self._fronts[address] = Front({address: 1})
            self._group = ProcessGroup(self.state)
            self._start()
        except BaseException:
            self.close()
            raise

    @property
    def origin(self) -> str:
        return f"http://{k_name}:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.origin}/health"

    def resolve(self) -> list[str]:
        """The flags that tell headway the addresses of the name."""
        return [word for address in self.addresses for word in ("--resolve", address)]

    # ---- pods: changed at once, between two requests

    def add_pod(self, name: str, version: str | None) -> None:
        """A pod that a Front may name; after the next reload it can be asked."""
        self._pods.append(name)
        self.run(name, version)

    def run(self, pod: str, version: str | None) -> None:
        """From now on the pod answers with this version; None: with 503."""
        path = self.state / "pods" / f"{pod}.json"
        if version is None:
            path.unlink(missing_ok=True)
            return
        new = path.with_suffix(".new")
        new.write_text(json.dumps({"status": "ok", "version": version}))
        new.replace(path)

    def run_everywhere(self, version: str | None) -> None:
        for address in self.addresses:
            self.run(address, version)

    def socket(self, pod: str) -> Path:
        """Where the pod listens itself."""
        return self.state / f"{pod}.sock"

    # ---- upstreams: changed by a reload, as a real nginx is

    def route(self, fronts: Mapping[str, Front]) -> None:
        """Puts other fronts at these addresses and reloads nginx. When this returns, no new
        connection gets to what was there before; a Held one still does."""
        self._fronts |= fronts
        before = self._workers()
        self._write()
        assert self._nginx
        self._nginx.send_signal(signal.SIGHUP)
        await_condition(
            lambda: self._answered_generation() == self._generation
            and all(self._ends(worker) for worker in before),
            lambda: f"nginx to reload:\n{self.error_log()}",
        )

    # ---- what came

    def asked(self, address: str) -> int:
        """Requests to this address that nginx has answered so far."""
        return len(self._log(address))

    def connections(self, address: str) -> int:
        """How many connections they took."""
        return len(set(self._log(address)))

    def ask(self, address: str) -> str:
        """The version that a client of our own is told there now."""
        connection = HTTPConnection(address, self.port, timeout=k_patience)
        with contextlib.closing(connection):
            connection.request("GET", "/health")
            return str(json.loads(connection.getresponse().read())["version"])

    def hold(self, address: str) -> Held:
        """A request there that nginx has begun to read and that is not complete."""
        held = Held(address, self.port)
        # The one worker takes up connections in their order, and what came on them.
        for _ in range(2):
            self.ask(address)
        return held

    def error_log(self) -> str:
        texts = (self.state / name for name in ("error.log", "output.log"))
        return "".join(path.read_text(errors="replace") for path in texts if path.exists())

    # ---- inside

    def _log(self, address: str) -> list[str]:
        """The connections of the requests to one address."""
        try:
            lines = (self.state / "access.log").read_text().split("\n")[:-1]
        except FileNotFoundError:
            return []
        entries = (line.split(" ") for line in lines)
        return [connection for at, connection, _ in entries if at == address]

    def _bind(self) -> int:
        """Binds one port at every address, and the control port."""
        for _ in range(100):
            port, bound = 0, []
            try:
                for address in self.addresses:
                    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
                    bound.append(listener)
                    listener.bind((address, port))
                    listener.listen(511)
                    port = listener.getsockname()[1]
            except OSError:  # Taken at another address: take the next one.
                for listener in bound:
                    listener.close()
                continue
            control = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            control.bind(("127.0.0.1", 0))
            control.listen(511)
            self._sockets = [*bound, control]
            self._control_port = int(control.getsockname()[1])
            return int(port)
        raise OSError(f"no port is free at all of {self.addresses}")

    def _write(self) -> None:
        self._generation += 1
        servers = "".join(_k_pod.format(name=name) for name in self._pods)
        for number, (address, front) in enumerate(self._fronts.items()):
            pods = "".join(
                f"        server unix:{name}.sock weight={weight} max_fails=0;\n"
                for name, weight in front.pods.items()
            )
            cache = (_k_cache if front.cache else "") + (_k_obedient if front.obeys else "")
            servers += _k_front.format(
                upstream=f"front{number}", pods=pods, address=address, port=self.port, cache=cache
            )
        text = _k_template.format(
            user=user_directive(), control_port=self._control_port,
            generation=self._generation, servers=servers,
        )  # fmt: skip
        (self.state / "nginx.conf").write_text(text, encoding="utf-8")

    def _start(self) -> None:
        assert self._group
        self._write()
        descriptors = tuple(listener.fileno() for listener in self._sockets)
        self._nginx: subprocess.Popen[bytes] = self._group.start(
            [program("nginx"), "-p", f"{self.state}/", "-e", "error.log", "-c", "nginx.conf"],
            env=environment() | {"NGINX": "".join(f"{fd};" for fd in descriptors)},
            cwd=self.state,
            log=self.state / "output.log",
            pass_fds=descriptors,
        )
        await_condition(
            lambda: self._answered_generation() == self._generation or self._nginx.poll(),
            lambda: f"nginx to start:\n{self.error_log()}",
        )
        if self._nginx.poll() is not None:
            raise RuntimeError(f"nginx does not start:\n{self.error_log()}")

    def _answered_generation(self) -> int:
        try:
            connection = HTTPConnection("127.0.0.1", self._control_port, timeout=0.2)
            with contextlib.closing(connection):
                connection.request("GET", "/generation")
                return int(connection.getresponse().read())
        except (OSError, ValueError):
            return 0

    def _workers(self) -> list[int]:
        master = self._nginx.pid
        return [int(word) for word in
                Path(f"/proc/{master}/task/{master}/children").read_text().split()]  # fmt: skip

    @staticmethod
    def _ends(worker: int) -> bool:
        """Whether it accepts no connection any more."""
        try:
            title = Path(f"/proc/{worker}/cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            return True
        return b"worker process" not in title or b"shutting down" in title

    def close(self) -> None:
        """Ends every process, closes the ports, removes the folder. May be called again."""
        if self._group:
            self._group.close()
        for listener in self._sockets:
            listener.close()
        shutil.rmtree(self.state, ignore_errors=True)

    def __enter__(self) -> Fleet:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class RollingAgent:
    """Follows a branch as a GitOps agent does, and rolls its tip out: one address after the other.

    `ready` is asked with the address that comes next and its version, until it returns true;
    `rolled` are the pairs so far, and `asked` says how often each address had been asked when it
    was rolled last.
    """

    def __init__(
        self,
        fleet: Fleet,
        repository: Repository,
        branch: str,
        *,
        ready: Callable[[str, str], bool] | None = None,
        interval: float = 0.005,
    ) -> None:
        self._fleet, self._repository, self._branch = fleet, repository, branch
        self._ready = ready or (lambda _address, _version: True)
        self._interval = interval
        self._end = threading.Event()
        self.rolled: list[tuple[str, str]] = []
        self.asked: dict[str, int] = {}
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def _follow(self) -> None:
        runs: dict[str, str] = {}
        while not self._end.wait(self._interval):
            tip = self._repository.tip(self._branch)
            behind = [a for a in self._fleet.addresses if tip and runs.get(a) != tip]
            if tip and behind and self._ready(behind[0], tip):
                self.asked[behind[0]] = self._fleet.asked(behind[0])
                self._fleet.run(behind[0], tip)
                runs[behind[0]] = tip
                self.rolled.append((behind[0], tip))

    def close(self) -> None:
        self._end.set()
        self._thread.join()

    def __enter__(self) -> RollingAgent:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
