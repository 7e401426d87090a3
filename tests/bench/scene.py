"""What is measured on: a served copy of a repository, deployment branches, and headway."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench.measure import Broken, Runner
from host.git_host import GitHost
from host.relay import Exchange, Relay
from host.repo import Git, Repository

k_user = "git"
k_token = "glpat-bench-0123456789"
k_variable = "PUSH_TOKEN"
k_branches = "_gitlab/agents"
k_repack_timeout = 1800


def source_branch(repository: Path) -> str:
    """The branch that a repository's HEAD names."""
    return Git(repository).run("symbolic-ref", "--short", "HEAD", cwd=repository)


class Scene:
    """A copy of `source` on a host, with deployment branches `behind` commits behind its main
    branch and ledgers of `events` promotions, all made by headway itself.

    `restore()` brings back exactly that, so that every contender finds the same repository.
    """

    def __init__(
        self,
        host: GitHost,
        headway: Path,
        folder: Path,
        source: Path,
        *,
        name: str,
        environments: int,
        behind: int,
        events: int,
        commit_graph: bool,
    ) -> None:
        self.host, self._headway, self._folder, self._events = host, headway, folder, events
        folder.mkdir()
        self.repository: Repository = host.copy_repository(source, name, source_branch(source))
        self._keep_house(commit_graph)
        self.environments = [f"edge-{number:04}" for number in range(environments)]
        self.runner = Runner(folder, {"HOME": str(folder), k_variable: k_token})
        self.tip = self.repository.rev_parse(self.repository.branch)
        self.start = self.commit_behind(behind)
        self._prepare()

    def _keep_house(self, commit_graph: bool) -> None:
        """Makes the copy what a host has: objects of its own, packed; no hook of the tests."""
        path = self.repository.path
        self.repository.git.run("repack", "-adbq", cwd=path, timeout=k_repack_timeout)
        (path / "objects/info/alternates").unlink()
        (path / "hooks/pre-receive").unlink()
        self.repository.set_config("core.commitGraph", str(commit_graph).lower())
        if commit_graph:
            self.repository.run("commit-graph", "write", "--reachable", "--no-progress")

    # ---- headway

    def command(self, *names: str, port: int | None = None, commit: str = "") -> list[str]:
        """`headway promote`, with a configuration of these environments (default: all)."""
        names = names or tuple(self.environments)
        file = self._folder / f"{len(names)}-{port or self.host.port}.yml"
        if not file.exists():
            file.write_text(self._configuration(names, port or self.host.port))
        words = [str(self._headway), "--config", str(file), "promote", "edge-*", "--no-verify"]
        return words + (["--commit", commit] if commit else [])

    def _configuration(self, names: Sequence[str], port: int) -> str:
        lines = [
            f"remote: http://127.0.0.1:{port}/{self.repository.name}.git",
            f"source: {self.repository.branch}",
            "environments:",
        ]
        for name in names:
            lines += [
                f"  {name}:",
                f"    branch: {k_branches}/{name}",
                f"    token: {{env: {k_variable}}}",
            ]
        return "".join(f"{line}\n" for line in lines)

    def record(self) -> list[Exchange]:
        """The exact requests of a promotion from the restored state, and their answers."""
        with Relay(self.host) as relay:
            self.runner.time(self.command(port=relay.port))
            exchanges = relay.exchanges
        self.restore()
        return exchanges

    # ---- the repository

    def commit_behind(self, count: int) -> str:
        """The first commit, from the tip along first parents, that lacks at least `count` commits
        of the source branch; the oldest when the branch is not as long."""
        chain = self.repository.run("rev-list", "--first-parent", self.tip).split()
        low, high = 0, len(chain) - 1
        while low < high:
            middle = (low + high) // 2
            if self.repository.count(f"{chain[middle]}..{self.tip}") >= count:
                high = middle
            else:
                low = middle + 1
        return chain[low]

    def behind(self) -> int:
        return self.repository.count(f"{self.start}..{self.tip}")

    def place(self, commit: str) -> None:
        """Deploys `commit` to every environment instead, as if nothing had been there before."""
        self.restore()
        own = [self.branch_ref(name) for name in self.environments]
        own += [f"refs/headway/ledger/{name}" for name in self.environments]
        deletions = "".join(f"delete {ref}\n" for ref in own)
        self.repository.run("update-ref", "--stdin", stdin=deletions.encode())
        self.start = commit
        self._prepare()

    @staticmethod
    def branch_ref(environment: str) -> str:
        return f"refs/heads/{k_branches}/{environment}"

    def _prepare(self) -> None:
        """Promotes a few times, at last to `start`; from now on this state is restored."""
        earlier = self.repository.run(
            "rev-list", "--first-parent", f"--max-count={self._events}", self.start
        ).split()
        for commit in reversed(earlier):
            self.runner.time(self.command(commit=commit))
        self.check(self.start)
        self.repository.run("pack-refs", "--all")
        self._packed_refs = (self.repository.path / "packed-refs").read_bytes()
        self._objects = _files(self.repository.path / "objects")

    def check(self, commit: str, count: int | None = None) -> None:
        """Broken unless the branches of the first `count` environments (default: of all) are at
        this commit, and the others where they were."""
        for index, name in enumerate(self.environments):
            wanted = commit if count is None or index < count else self.start
            found = self.repository.ref(self.branch_ref(name))
            if found != wanted:
                raise Broken(f"{name} is at {found}, not at {wanted}")

    def restore(self) -> None:
        """Every ref packed and as it was, and no object more: what a contender left is gone."""
        path = self.repository.path
        for loose in _files(path / "refs"):
            loose.unlink()
        (path / "packed-refs").write_bytes(self._packed_refs)
        for added in _files(path / "objects") - self._objects:
            added.unlink()


def _files(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}
