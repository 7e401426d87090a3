"""Bare repositories with commits whose ids are the same in every run."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from host.protection import Protection
from host.waiting import await_condition, k_patience

k_null_id = "0" * 40
k_empty_tree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
k_epoch = 1767225600
"""2026-01-01T00:00:00Z, the date of a repository's first commit; each next is a minute later."""
k_author = "Ada Example <ada@example.com>"

Content = str | bytes


class GitError(Exception):
    """A git command failed; the text holds the command and what it said."""


class Git:
    """Runs plain git with an environment of its own: no system, global or user configuration."""

    def __init__(self, home: Path, config: Mapping[str, str] | None = None) -> None:
        settings = {
            "safe.directory": "*",
            "core.fsync": "none",
            "gc.auto": "0",
            "init.defaultBranch": "main",
            "user.name": "Ada Example",
            "user.email": "ada@example.com",
            **(config or {}),
        }
        self.environment: dict[str, str] = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(home),
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_CONFIG_COUNT": str(len(settings)),
        }
        for index, (key, value) in enumerate(settings.items()):
            self.environment[f"GIT_CONFIG_KEY_{index}"] = key
            self.environment[f"GIT_CONFIG_VALUE_{index}"] = value

    def attempt(
        self,
        *arguments: str | Path,
        cwd: Path | None = None,
        stdin: bytes = b"",
        env: Mapping[str, str] | None = None,
        timeout: float = 120,
    ) -> subprocess.CompletedProcess[str]:
        """Runs `git ARGUMENTS…` and returns how it ended, whatever that is."""
        done = subprocess.run(
            ["git", *map(str, arguments)],
            input=stdin,
            capture_output=True,
            cwd=cwd,
            env={**self.environment, **(env or {})},
            timeout=timeout,
            check=False,
        )
        return subprocess.CompletedProcess(
            done.args,
            done.returncode,
            done.stdout.decode("utf-8", "surrogateescape"),
            done.stderr.decode("utf-8", "surrogateescape"),
        )

    def run(
        self,
        *arguments: str | Path,
        cwd: Path | None = None,
        stdin: bytes = b"",
        env: Mapping[str, str] | None = None,
        timeout: float = 120,
    ) -> str:
        """The same, and returns stdout without its last newline. Raises GitError on failure."""
        done = self.attempt(*arguments, cwd=cwd, stdin=stdin, env=env, timeout=timeout)
        if done.returncode != 0:
            command = " ".join(map(str, arguments))
            raise GitError(f"git {command}: exit {done.returncode}: {done.stderr}")
        return done.stdout.removesuffix("\n")


@dataclass(frozen=True)
class Commit:
    """A commit as git log shows it. `trailers` holds the last value of each key."""

    id: str
    tree: str
    parents: list[str]
    author: str
    committer: str
    time: int
    subject: str
    body: str
    trailers: dict[str, str] = field(default_factory=dict)


class Repository:
    """A bare repository, created or opened at `path`; one that exists is left as it is.

    The n-th commit made through one object has a fixed author and date, so that the same calls
    give the same ids everywhere. `name` is its path in a URL, without `.git`. `protection` holds
    what its hooks refuse. Branches are given by their short name, refs by their full one.
    """

    def __init__(self, path: Path, name: str = "", branch: str = "main") -> None:
        self.path = path
        self.name = name or path.stem
        self.branch = branch
        self.git = Git(path)
        self.protection = Protection(path)
        self._commits = 0
        if not (path / "HEAD").exists():
            path.mkdir(parents=True, exist_ok=True)
            self.git.run("init", "--bare", "--quiet", "--template=", "-b", branch, path)
            self.protection.set_up()

    # ---- reading

    def run(self, *arguments: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> str:
        """`git ARGUMENTS…` in this repository; stdout without its last newline."""
        return self.git.run(*arguments, cwd=self.path, stdin=stdin, env=env)

    def rev_parse(self, revision: str) -> str:
        """The full id that the revision names; GitError if it names none."""
        return self.run("rev-parse", "--verify", "--quiet", "--end-of-options", revision)

    def ref(self, ref: str) -> str | None:
        """The id that a ref holds (None: no such ref), read from its file without a process.

        `HEAD` works as well: symbolic refs are followed.
        """
        loose = self.path / ref
        try:
            text = loose.read_text(encoding="ascii").strip()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return self._packed_ref(ref)
        return self.ref(text.removeprefix("ref: ")) if text.startswith("ref: ") else text

    def _packed_ref(self, ref: str) -> str | None:
        try:
            packed = (self.path / "packed-refs").read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        for line in packed.splitlines():
            if line.endswith(f" {ref}") and not line.startswith("#"):
                return line.split(" ", 1)[0]
        return None

    def tip(self, branch: str | None = None) -> str | None:
        """The commit at the tip of a branch (default: the source branch); None: no such."""
        return self.ref(f"refs/heads/{branch or self.branch}")

    def refs(self, prefix: str = "refs/") -> dict[str, str]:
        """Every ref below the prefix, by full name."""
        lines = self.run("for-each-ref", "--format=%(refname) %(objectname)", prefix)
        pairs = (line.split(" ") for line in lines.splitlines())
        return {name: id_ for name, id_ in pairs}

    def await_ref(self, ref: str, new: str | None, timeout: float = k_patience) -> None:
        """Returns when the ref holds this id (None: is gone)."""
        await_condition(
            lambda: self.ref(ref) == new, lambda: f"{ref} = {new}, is {self.ref(ref)}", timeout
        )

    def is_ancestor(self, ancestor: str, descendant: str) -> bool:
        done = self.git.attempt(
            "merge-base", "--is-ancestor", ancestor, descendant, cwd=self.path
        )
        if done.returncode > 1:
            raise GitError(done.stderr)
        return done.returncode == 0

    def count(self, revisions: str) -> int:
        """The number of commits in a revision or a range."""
        return int(self.run("rev-list", "--count", revisions))

    def log(self, revisions: str, limit: int | None = None) -> list[Commit]:
        """The commits of a revision or a range, newest first (children before parents)."""
        form = "%x00".join(("%H", "%T", "%P", "%an <%ae>", "%cn <%ce>", "%ct", "%s", "%b",
                            "%(trailers:only,unfold)")) + "%x1e"  # fmt: skip
        bound = [] if limit is None else [f"--max-count={limit}"]
        text = self.run("log", "--topo-order", f"--format={form}", *bound, revisions, "--")
        return [self._commit_of(record) for record in text.split("\x1e") if record.strip()]

    @staticmethod
    def _commit_of(record: str) -> Commit:
        id_, tree, parents, author, committer, time, subject, body, trailers = record.lstrip(
            "\n"
        ).split("\0")
        pairs = (line.partition(": ") for line in trailers.splitlines())
        return Commit(id_, tree, parents.split(), author, committer, int(time), subject, body,
                      {key: value for key, _, value in pairs})  # fmt: skip

    def ledger(self, environment: str, ref: str | None = None) -> list[Commit]:
        """An environment's events, newest first; empty when it has no ledger.

        `ref` is where the ledger is kept (default: refs/headway/ledger/ENVIRONMENT).
        """
        where = ref or f"refs/headway/ledger/{environment}"
        return self.log(where) if self.ref(where) else []

    def fsck(self, *, strict: bool = True) -> None:
        """Raises GitError unless every object that a ref reaches is there and well-formed."""
        options = ["--strict"] if strict else []
        self.run("fsck", "--no-dangling", "--no-progress", *options)

    def received_push_options(self) -> list[list[str]]:
        """As Protection.received_push_options: a list of options for each push."""
        return self.protection.received_push_options()

    # ---- writing

    def set_config(self, key: str, value: str) -> None:
        """The repository's own configuration: it wins over the host's."""
        self.run("config", key, value)

    def update_ref(self, ref: str, new: str, old: str | None = None) -> None:
        """Moves or creates a ref; with `old`, only if it holds that id (k_null_id: is absent)."""
        self.run("update-ref", ref, self.rev_parse(new), *([] if old is None else [old]))

    def delete_ref(self, ref: str) -> None:
        self.run("update-ref", "-d", ref)

    def create_branch(self, name: str, start: str | None = None) -> str:
        """Creates or moves a branch to a revision (default: the source branch's tip)."""
        self.update_ref(f"refs/heads/{name}", start or self.branch)
        return self.rev_parse(f"refs/heads/{name}")

    def tag(self, name: str, target: str | None = None, message: str | None = None) -> str:
        """A lightweight tag, or an annotated one when it has a message. Returns the ref's id."""
        annotated = [] if message is None else ["-a", "-m", message]
        self.run("tag", *annotated, name, target or self.branch, env=self._identity(self._commits))
        return self.rev_parse(f"refs/tags/{name}")

    def commit(
        self,
        message: str | None = None,
        files: Mapping[str, Content] | None = None,
        *,
        branch: str | None = None,
        parents: Sequence[str] | None = None,
        author: str = k_author,
        committer: str | None = None,
        delete: Sequence[str] = (),
    ) -> str:
        """Commits on top of a branch (default: the source branch) and returns the id.

        `files` are the paths that change, with their content (default: app.txt, with a number of
        its own). Other `parents` than the branch's tip rewrite the branch; `parents=[]` makes a
        root. The first parent's files are what the commit starts from.
        """
        ref = f"refs/heads/{branch or self.branch}"
        if parents is None:
            tip = self.ref(ref)
            parents = [tip] if tip else []
        number, self._commits = self._commits, self._commits + 1
        text = message if message is not None else f"Change {number + 1}"
        changes = {"app.txt": f"{number + 1}\n"} if files is None else files
        stream = [
            *self._head(ref, number, text, author, committer or author),
            *(f"from {id_}\n".encode() for id_ in parents[:1]),
            *(f"merge {id_}\n".encode() for id_ in parents[1:]),
            *(f"D {path}\n".encode() for path in delete),
            *(part for path, content in changes.items() for part in self._file(path, content)),
            b"\nget-mark :1\n",
        ]
        if not parents:
            stream.insert(0, f"reset {ref}\n".encode())
        return self._import(stream)

    def commits(self, count: int, branch: str | None = None) -> list[str]:
        """The same `count` times with the defaults; the ids, oldest first."""
        return [self.commit(branch=branch) for _ in range(count)]

    def grow(
        self,
        count: int,
        *,
        branch: str | None = None,
        files: int = 1,
        directories: int = 1,
        subject: str = "Change",
        commit_graph: bool = False,
    ) -> str:
        """Adds a long history to a branch (default: the source branch) and returns its tip.

        The first commit writes `files` files spread over `directories`; each next one changes one
        of them. `files=0` leaves the tree alone, which is the quickest. With `commit_graph` the
        server gets one, as large hosts have.
        """
        ref = f"refs/heads/{branch or self.branch}"
        tip = self.ref(ref)
        first, self._commits = self._commits, self._commits + count
        self._import(self._growth(ref, tip, first, count, files, directories, subject))
        if commit_graph:
            self.run("commit-graph", "write", "--reachable", "--no-progress")
        return self.rev_parse(ref)

    def merge(self, other: str, message: str | None = None, branch: str | None = None) -> str:
        """Merges a revision into a branch by a merge commit, always; GitError on a conflict."""
        ref = f"refs/heads/{branch or self.branch}"
        ours, theirs = self.rev_parse(ref), self.rev_parse(other)
        tree = self.run("merge-tree", "--write-tree", ours, theirs)
        number, self._commits = self._commits, self._commits + 1
        merged = self.run("commit-tree", tree, "-p", ours, "-p", theirs, "-m",
                          message or f"Merge {other}", env=self._identity(number))  # fmt: skip
        self.update_ref(ref, merged, ours)
        return merged

    def clone(self, path: Path, *options: str) -> Git:
        """Clones into a working tree at `path`, without the network; a Git to use it with."""
        git = Git(path.parent)
        git.run("clone", "--quiet", *options, self.path.as_uri(), path)
        return git

    # ---- fast-import

    @staticmethod
    def _date(number: int) -> str:
        return f"{k_epoch + 60 * number} +0000"

    def _identity(self, number: int) -> dict[str, str]:
        date = self._date(number)
        return {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}

    def _head(
        self, ref: str, number: int, message: str, author: str = k_author, committer: str = k_author
    ) -> Iterator[bytes]:
        date, text = self._date(number), message.encode()
        yield f"commit {ref}\nmark :1\nauthor {author} {date}\n".encode()
        yield f"committer {committer} {date}\ndata {len(text)}\n".encode() + text + b"\n"

    @staticmethod
    def _file(path: str, content: Content) -> Iterator[bytes]:
        data = content.encode() if isinstance(content, str) else content
        yield f"M 100644 inline {path}\ndata {len(data)}\n".encode() + data + b"\n"

    def _growth(
        self,
        ref: str,
        tip: str | None,
        first: int,
        count: int,
        files: int,
        directories: int,
        subject: str,
    ) -> Iterator[bytes]:
        for number in range(first, first + count):
            yield from self._head(ref, number, f"{subject} {number + 1}\n")
            if number == first and tip:
                yield f"from {tip}\n".encode()
            changed = range(files) if number == first else [number % files] if files else []
            for index in changed:
                path = f"part-{index % directories:03}/file-{index:05}.txt"
                yield from self._file(path, f"{number + 1}\n")
        yield b"\nget-mark :1\n"

    def _import(self, stream: Sequence[bytes] | Iterator[bytes]) -> str:
        """Runs git fast-import; the stream's last command asks for a mark, which is returned."""
        return self.run("fast-import", "--quiet", "--force", "--date-format=raw",
                        stdin=b"".join(stream))  # fmt: skip
