"""A real git host on loopback: nginx + fcgiwrap + `git http-backend`.

Alone: `python3 -m host.git_host --ready-file F --repository group/app [--users-file U]
[--protect PATTERN=USER,…]` serves until it is told to end (SIGTERM, SIGINT) or the process that
started it is gone. F then holds a JSON object: `url` and `repository` (its path), `access_log`.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from pathlib import Path
from urllib.parse import quote

from host import access_log, nginx
from host.access_log import LoggedRequest
from host.answer import Answer
from host.backend import (
    cgi_program,
    environment,
    program,
    start_fcgiwrap,
    write_git_config,
)
from host.processes import ProcessGroup
from host.protection import Refusal
from host.repo import Git, Repository
from host.standalone import serve_until_told
from host.tls import CertificateAuthority, Identity
from host.waiting import await_condition, k_patience


class Certificate(Enum):
    """What a TLS host shows."""

    valid = "valid"
    expired = "expired"
    wrong_host = "wrong-host"


def _listening_socket() -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind(("127.0.0.1", 0))
    listener.listen(511)
    return listener


class GitHost:
    """Starts in the constructor and is ready when that returns; `close()` ends all of it.

    users           name → token; without them everybody is let in
    anonymous_read  with users: fetching needs no token, as in a public project
    tls             a Certificate from `authority` (made when first needed); None: plain http
    protocol_v2     False: GIT_PROTOCOL is dropped, so the server speaks v0 only
    allow_filter, any_sha1, atomic, push_options, deny_non_fast_forwards
                    what git's own configuration offers to clients
    config          further git configuration of the server, for all repositories
    backend_env     further environment of `git http-backend` and what it starts
    backend_file_size_limit
                    no file that git writes may grow beyond so many bytes: writing fails as on a
                    full disk, with the words "File too large"
    workers         requests that git serves at the same time; others wait
    snippet         further nginx directives inside the server's block

    The ports are bound here and handed to nginx, so nobody can take them and they stay the same
    over every change. All of it runs as the present user, below one temporary folder.
    """

    def __init__(
        self,
        *,
        users: Mapping[str, str] | None = None,
        anonymous_read: bool = False,
        tls: Certificate | None = None,
        authority: CertificateAuthority | None = None,
        protocol_v2: bool = True,
        allow_filter: bool = True,
        any_sha1: bool = True,
        atomic: bool = True,
        push_options: bool = True,
        deny_non_fast_forwards: bool = False,
        config: Mapping[str, str] | None = None,
        backend_env: Mapping[str, str] | None = None,
        backend_file_size_limit: int | None = None,
        workers: int = 8,
        snippet: str = "",
    ) -> None:
        self.state = Path(tempfile.mkdtemp(prefix="headway-host-"))
        self._group: ProcessGroup | None = None
        self._listener, self._control = _listening_socket(), _listening_socket()
        self._nginx: subprocess.Popen[bytes] | None = None
        self._authority = authority
        self._file_size_limit = backend_file_size_limit
        self._answers: list[tuple[str, Answer]] = []
        self.repositories: list[Repository] = []
        try:
            for name in ("repositories", "temp", "answers"):
                (self.state / name).mkdir()
            (self.state / "answers/denied").write_text(Refusal.access_denied + "\n")
            self._settings = nginx.Settings(
                port=self._listener.getsockname()[1],
                control_port=self._control.getsockname()[1],
                state=self.state,
                backend=self.state / "backend",
                identity=self._identity(tls) if tls else None,
                password_file=self._write_users(users) if users else None,
                anonymous_read=anonymous_read,
                protocol_v2=protocol_v2,
                snippet=snippet,
                parameters={
                    "GIT_PROJECT_ROOT": str(self.state / "repositories"),
                    "GIT_HTTP_EXPORT_ALL": "1",
                    "GIT_CONFIG_NOSYSTEM": "1",
                    "GIT_CONFIG_GLOBAL": str(self.state / "gitconfig"),
                    "HOME": str(self.state),
                },
            )
            switches = {
                "uploadpack.allowFilter": allow_filter,
                "uploadpack.allowAnySHA1InWant": any_sha1,
                "receive.advertiseAtomic": atomic,
                "receive.advertisePushOptions": push_options,
                "receive.denyNonFastForwards": deny_non_fast_forwards,
            }
            write_git_config(
                self.state / "gitconfig",
                {key: str(on).lower() for key, on in switches.items()} | dict(config or {}),
            )
            self._group = ProcessGroup(self.state)
            start_fcgiwrap(self._group, self.state, workers, backend_env or {})
            self._restart_nginx()
        except BaseException:
            self.close()
            raise

    # ---- addresses

    @property
    def port(self) -> int:
        return self._settings.port

    @property
    def origin(self) -> str:
        """Scheme, host and port, without a slash at the end."""
        return f"http{'s' if self._settings.identity else ''}://127.0.0.1:{self.port}"

    def url(self, repository: Repository | str = "group/app", *, credentials: str = "") -> str:
        """A repository's URL; `credentials` (`user:token`, percent-encoded here) go into it."""
        name = repository if isinstance(repository, str) else repository.name
        origin = self.origin
        if credentials:
            user, _, token = credentials.partition(":")
            userinfo = f"{quote(user, safe='')}:{quote(token, safe='')}@"
            origin = origin.replace("://", f"://{userinfo}")
        return f"{origin}/{name}.git"

    @property
    def authority(self) -> CertificateAuthority:
        """The authority of the host's certificates."""
        if self._authority is None:
            self._authority = CertificateAuthority(self.state / "authority")
        return self._authority

    @property
    def ca_file(self) -> Path:
        """What a client has to trust."""
        return self.authority.certificate

    # ---- repositories

    def create_repository(self, name: str = "group/app", branch: str = "main") -> Repository:
        """An empty bare repository, served as `url(name)`."""
        repository = Repository(self.state / "repositories" / f"{name}.git", name, branch)
        self.repositories.append(repository)
        return repository

    def copy_repository(
        self, source: Path, name: str = "group/app", branch: str = "main"
    ) -> Repository:
        """Serves a copy of an existing repository, all refs included. Its objects are borrowed,
        not copied, and the source is never written to."""
        path = self.state / "repositories" / f"{name}.git"
        path.parent.mkdir(parents=True, exist_ok=True)
        Git(self.state).run("clone", "--quiet", "--mirror", "--shared", source, path, timeout=600)
        repository = Repository(path, name, branch)
        repository.run("remote", "remove", "origin")
        repository.protection.set_up()
        self.repositories.append(repository)
        return repository

    def refuse_with(self, text: str, refs: str = "*", *, prefix: str = "GitLab: ") -> None:
        """Every repository made so far refuses pushes to these refs (a pattern) in these words."""
        for repository in self.repositories:
            repository.protection.refuse_with(text, refs, prefix=prefix)

    # ---- changes while it runs; each ends the connections that are open

    def answer(
        self,
        answer: Answer,
        path: str = "*",
        *,
        service: str | None = None,
        method: str | None = None,
    ) -> None:
        """Requests to `path` get this answer instead of git's, before any authentication.

        `path` is exact (any query matches) or a prefix when it ends in `*`. With `service`
        (upload-pack or receive-pack) the path is a repository's (`/group/app.git`), and both the
        service's advertisement and the service itself answer so. The latest match wins.
        """
        path = path if path.startswith("/") else f"/{path}"
        self._answers.insert(0, (nginx.request_pattern(path, service, method), answer))
        self._restart_nginx()

    def clear_answers(self) -> None:
        """Git answers everything again."""
        self._answers.clear()
        self._restart_nginx()

    def limit_file_size(self, limit: int | None) -> None:
        """Sets `backend_file_size_limit` for the requests that start from now on."""
        self._file_size_limit = limit
        self._restart_nginx()

    # ---- the access log

    def requests(self) -> list[LoggedRequest]:
        """What was answered so far: every request whose answer this process has seen the end of.

        nginx's one worker writes a line in the same turn of its event loop in which it sends the
        answer's last byte; when it answers the request made here, that turn is over. Exception:
        a request whose body nginx had not read by then is logged only when its connection ends;
        wait for such with `await_requests`.
        """
        self._pass_barrier()
        return access_log.read(self.state / "access.log")

    def await_requests(self, count: int, timeout: float = k_patience) -> list[LoggedRequest]:
        """Returns the log when it has at least `count` entries."""
        return self.await_log(lambda entries: len(entries) >= count, timeout)

    def await_log(
        self, condition: Callable[[list[LoggedRequest]], bool], timeout: float = k_patience
    ) -> list[LoggedRequest]:
        """Returns the log when it fulfils the condition."""
        entries: list[LoggedRequest] = []

        def fulfilled() -> bool:
            entries[:] = access_log.read(self.state / "access.log")
            return condition(entries)

        await_condition(fulfilled, lambda: f"the access log, which has {entries}", timeout)
        return entries

    def await_quiet(self, timeout: float = k_patience) -> None:
        """Returns when no process of git's and no hook runs, whoever still waits for an answer or
        does not. A request that nginx has not handed on by then is not seen."""
        assert self._group
        group, servers = self._group, {"nginx", "fcgiwrap", "sh"}  # sh is the group's watchdog.
        await_condition(lambda: set(group.names()) <= servers, lambda: f"{group.names()}", timeout)

    def clear_log(self) -> None:
        """Forgets the requests so far."""
        self._pass_barrier()
        os.truncate(self.state / "access.log", 0)

    def error_log(self) -> str:
        """What nginx, fcgiwrap and git had to say; for the message of a test that fails."""
        texts = []
        for name in ("error.log", "output.log"):
            path = self.state / name
            texts.append(path.read_text(errors="replace") if path.exists() else "")
        return "".join(texts)

    # ---- its end

    def close(self) -> None:
        """Ends every process, closes the ports, removes the folder. May be called again."""
        if self._group:
            self._group.close()
        self._listener.close()
        self._control.close()
        shutil.rmtree(self.state, ignore_errors=True)

    def __enter__(self) -> GitHost:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ---- inside

    def _identity(self, certificate: Certificate) -> Identity:
        names = ("git.example.com",) if certificate is Certificate.wrong_host else None
        expired = certificate is Certificate.expired
        if names:
            return self.authority.issue(certificate.value, names)
        return self.authority.issue(certificate.value, expired=expired)

    def _write_users(self, users: Mapping[str, str]) -> str:
        tokens = "".join(f"{token}\n" for token in users.values())
        done = subprocess.run(["openssl", "passwd", "-apr1", "-stdin"], input=tokens, text=True,
                              capture_output=True, check=True)  # fmt: skip
        hashes = done.stdout.split()
        lines = (f"{name}:{hash_}\n" for name, hash_ in zip(users, hashes, strict=True))
        (self.state / "users").write_text("".join(lines))
        return "users"

    def _restart_nginx(self) -> None:
        """(Re)starts nginx with the present settings; clients meanwhile wait in the backlog."""
        assert self._group
        if self._nginx:
            self._group.stop(self._nginx)
        for number, (_, answer) in enumerate(self._answers, 1):
            (self.state / "answers" / str(number)).write_bytes(answer.content)
        self._settings.answers = self._answers
        self._settings.backend = cgi_program(self.state, self._file_size_limit)
        text = nginx.configuration(self._settings)
        (self.state / "nginx.conf").write_text(text, encoding="utf-8")
        sockets = (self._listener.fileno(), self._control.fileno())
        self._nginx = self._group.start(
            [program("nginx"), "-p", f"{self.state}/", "-e", "error.log", "-c", "nginx.conf"],
            # By this variable nginx takes over sockets that are already bound.
            env=environment() | {"NGINX": "".join(f"{fd};" for fd in sockets)},
            cwd=self.state,
            log=self.state / "output.log",
            pass_fds=sockets,
        )
        self._pass_barrier()

    def _pass_barrier(self) -> None:
        """Returns when nginx has answered a request of ours on its second port."""
        assert self._nginx
        with socket.create_connection(self._control.getsockname(), timeout=k_patience) as probe:
            probe.sendall(b"GET /ready HTTP/1.0\r\n\r\n")
            probe.settimeout(0.2)
            for _ in range(int(k_patience / 0.2)):
                try:
                    if probe.recv(1024).startswith(b"HTTP/1.1 204"):
                        return
                except TimeoutError:
                    pass
                if self._nginx.poll() is not None:
                    break
        raise RuntimeError(f"nginx does not answer:\n{self.error_log()}")


def _read_users(lines: Iterable[str]) -> dict[str, str]:
    """`name:token`, one a line."""
    pairs = (line.strip().partition(":") for line in lines if line.strip())
    return {name: token for name, _, token in pairs}


def main() -> None:
    parser = argparse.ArgumentParser(prog="host.git_host", description="A git host on loopback.")
    parser.add_argument("--ready-file", type=Path, required=True)
    parser.add_argument("--repository", default="group/app", help="its path in the URL")
    parser.add_argument("--users-file", type=Path, help="name:token, one a line")
    parser.add_argument("--anonymous-read", action="store_true")
    parser.add_argument("--protect", action="append", default=[], metavar="PATTERN=USER,...")
    options = parser.parse_args()
    users = _read_users(options.users_file.read_text().splitlines()) if options.users_file else None
    with GitHost(users=users, anonymous_read=options.anonymous_read) as host:
        repository = host.create_repository(options.repository)
        for rule in options.protect:
            pattern, _, pushers = rule.partition("=")
            repository.protection.protect(pattern, pushers.split(","))
        facts = {
            "url": host.url(repository),
            "repository": str(repository.path),
            "access_log": str(host.state / "access.log"),
        }
        serve_until_told(options.ready_file, json.dumps(facts))


if __name__ == "__main__":
    main()
