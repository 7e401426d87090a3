"""The ways to promote that are measured side by side. Each is timed from the same state to the
moved branch, which is checked."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from bench.measure import Series, note_traffic, replay
from bench.scene import Scene, k_branches, k_token, k_user
from host.repo import Git


class Contender:
    """A way to promote the environments of a scene."""

    def __init__(self, name: str, scene: Scene) -> None:
        self.series = Series(name)
        self.scene = scene

    def run_once(self) -> None:
        """Measures it once more, and restores the scene."""
        self.scene.host.clear_log()
        self.series.seconds.append(self.seconds())
        note_traffic(self.series, self.scene.host)
        self.check()
        self.scene.restore()

    def check(self) -> None:
        """Broken unless what should have moved has."""
        self.scene.check(self.scene.tip)

    def seconds(self) -> float:
        raise NotImplementedError


class Headway(Contender):
    """The binary, from its start to its exit."""

    def seconds(self) -> float:
        return self.scene.runner.time(self.scene.command())


class HeadwayOfOne(Contender):
    """The binary for the first environment of many."""

    def seconds(self) -> float:
        return self.scene.runner.time(self.scene.command(self.scene.environments[0]))

    def check(self) -> None:
        self.scene.check(self.scene.tip, 1)


class Replay(Contender):
    """The bytes that headway sent, from a bare socket: what the server alone needs."""

    def __init__(self, name: str, scene: Scene) -> None:
        super().__init__(name, scene)
        self._exchanges = scene.record()

    def seconds(self) -> float:
        return replay(self.scene.host.port, self._exchanges)


class Clone(Contender):
    """git clone, and what has to follow; for a scene of one environment."""

    def __init__(self, name: str, scene: Scene, folder: Path) -> None:
        super().__init__(name, scene)
        self.folder = folder
        self.branch = f"{k_branches}/{scene.environments[0]}"
        self.source = scene.repository.branch
        self.url = scene.host.url(scene.repository, credentials=f"{k_user}:{k_token}")
        self._git = Git(folder.parent)
        scene.runner.environment.update(self._git.environment)

    def commands(self) -> Sequence[Sequence[str | Path]]:
        raise NotImplementedError

    def seconds(self) -> float:
        try:
            return self.scene.runner.time_all(self.commands())
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)


class FullClone(Clone):
    """As pipelines do: everything, checked out."""

    def commands(self) -> Sequence[Sequence[str | Path]]:
        there = ["git", "-C", str(self.folder)]
        return (
            ["git", "clone", "--quiet", "--branch", self.branch, self.url, self.folder],
            [*there, "merge", "--quiet", "--ff-only", f"origin/{self.source}"],
            [*there, "push", "--quiet", "origin", f"HEAD:refs/heads/{self.branch}"],
        )


class TreelessClone(Clone):
    """As an expert does: commits only, no checkout."""

    def commands(self) -> Sequence[Sequence[str | Path]]:
        there = ["git", "-C", str(self.folder)]
        return (
            ["git", "clone", "--quiet", "--bare", "--filter=tree:0", self.url, self.folder],
            [*there, "merge-base", "--is-ancestor", self.branch, self.source],
            [*there, "push", "--quiet", "origin", f"{self.source}:refs/heads/{self.branch}"],
        )
