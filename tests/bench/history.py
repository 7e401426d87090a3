"""A generated repository with the shape of a team's: many files, topic branches, merges."""

from __future__ import annotations

import random
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from host.repo import Git, k_epoch

k_shape = 1
"""Counted up when the generator changes: what an earlier one has cached is not used then."""
k_people = ("Ada", "Barbara", "Edsger", "Grace", "Hedy", "Katherine", "Ken", "Margaret")
k_files_in_directory = 40
k_lines = 60
k_topic = "topic"
k_repack_timeout = 1800


class History:
    """The fast-import stream of a branch `main`, the same for the same sizes.

    Of eight commits one is a merge of a topic branch with two commits; every other commit changes
    some lines of one file. `stream()` yields the stream piece by piece, once. The branch of the
    topics is left behind.
    """

    def __init__(self, commits: int, files: int) -> None:
        self._commits = commits
        self._random = random.Random(commits * 1_000_003 + files)
        self._words = [self._word() for _ in range(2000)]
        self._files = [[self._line() for _ in range(k_lines)] for _ in range(files)]
        self._mark = 0

    def stream(self) -> Iterator[bytes]:
        tip = self._mark + 1
        yield self._commit("main", 0, (), list(range(len(self._files))))
        made = 1
        while made < self._commits:
            topic: list[int] = []
            start = tip
            if self._commits - made >= 8:
                base = start
                for _ in range(2):
                    topic.append(self._edit())
                    yield self._commit(k_topic, made, (base,), topic[-1:])
                    base, made = self._mark, made + 1
            for _ in range(5):
                if made < self._commits - bool(topic):
                    yield self._commit("main", made, (tip,), [self._edit(topic)])
                    tip, made = self._mark, made + 1
            if topic:
                yield self._commit("main", made, (tip, base), topic)
                tip, made = self._mark, made + 1

    def _word(self) -> str:
        letters = "abcdefghijklmnopqrstuvwxyz"
        return "".join(self._random.choices(letters, k=self._random.randint(2, 9)))

    def _line(self) -> str:
        return " ".join(self._random.choices(self._words, k=8))

    def _edit(self, avoid: list[int] | None = None) -> int:
        """Changes three lines of some file that is not in `avoid`; which one."""
        number = self._random.randrange(len(self._files))
        while avoid and number in avoid:
            number = self._random.randrange(len(self._files))
        for _ in range(3):
            self._files[number][self._random.randrange(k_lines)] = self._line()
        return number

    def _commit(
        self, branch: str, number: int, parents: tuple[int, ...], files: list[int]
    ) -> bytes:
        self._mark += 1
        person = k_people[number % len(k_people)]
        who = f"{person} Example <{person.lower()}@example.com> {k_epoch + 60 * number} +0000"
        message = f"{self._line()}\n\n{self._line()}\n{self._line()}\n"
        head = f"commit refs/heads/{branch}\nmark :{self._mark}\nauthor {who}\ncommitter {who}\n"
        lines = [head, f"data {len(message)}\n{message}"]
        lines += [f"{word} :{id_}\n" for word, id_ in zip(("from", "merge"), parents)]
        for file in files:
            text = "\n".join(self._files[file]) + "\n"
            directory = file // k_files_in_directory
            path = f"area-{directory % 8}/part-{directory:03}/file-{file:05}.txt"
            lines.append(f"M 100644 inline {path}\ndata {len(text)}\n{text}")
        return "".join(lines).encode()


def generate(path: Path, commits: int, files: int) -> None:
    """Makes a bare, well-packed repository at `path`, which appears there complete or not at all.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
    try:
        git = Git(folder)
        git.run("init", "--bare", "--quiet", "--template=", "-b", "main", folder)
        command = ["git", "fast-import", "--quiet", "--date-format=raw"]
        with subprocess.Popen(command, cwd=folder, env=git.environment, stdin=subprocess.PIPE) as p:
            assert p.stdin
            for piece in History(commits, files).stream():
                p.stdin.write(piece)
        if p.returncode != 0:
            raise RuntimeError(f"git fast-import: exit {p.returncode}")
        git.run("update-ref", "-d", f"refs/heads/{k_topic}", cwd=folder)
        git.run("repack", "-adfq", cwd=folder, timeout=k_repack_timeout)
        folder.rename(path)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def cached(folder: Path, commits: int, files: int) -> Path:
    """The generated repository of these sizes in a cache folder; made when it is not there."""
    path = folder / f"shape-{k_shape}-commits-{commits}-files-{files}.git"
    if not path.exists():
        generate(path, commits, files)
    return path
