"""cmake/release and its --check around a build that takes no time: what goes in, both verdicts."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

k_root = Path(__file__).resolve().parents[2]


class Checked(unittest.TestCase):
    """A repository with the scripts of this one, and a program of a few lines."""

    maxDiff = None

    def setUp(self) -> None:
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.repository = self.folder / "headway"
        for name in ("cmake/release", "cmake/packaging", "ci-templates/download.sh", "README.md", "LICENSE"):
            target = self.repository / name
            target.parent.mkdir(parents=True, exist_ok=True)
            (shutil.copytree if (k_root / name).is_dir() else shutil.copy)(k_root / name, target)
        self.write("cmake/setup", "#!/bin/sh\n")
        self.write("program", 'case $1 in --version) echo "headway 1.2.3 (commit abc)" ;; esac\n')
        self.build()
        self.git("init", "--quiet")
        self.commit()

    def write(self, name: str, text: str) -> None:
        path = self.repository / name
        path.write_text(text)
        path.chmod(0o755)

    def build(self, stamp: str = "") -> None:
        """The build: `program` with a stamp, a shell expression, becomes build/headway."""
        self.write("cmake/build", f"""\
#!/bin/sh
set -e
cd "$(dirname "$0")/.."
mkdir -p build/src/cli
echo '[]' >build/src/cli/licence_data.cpp.json
{{ echo '#!/bin/sh'; cat program; echo "# {stamp}"; }} >build/headway
chmod +x build/headway
""")

    def git(self, *arguments: str) -> None:
        subprocess.run(["git", "-C", self.repository, "-c", "user.name=A", "-c", "user.email=a@example.com",
                        *arguments], check=True, capture_output=True)  # fmt: skip

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "A state")

    def release(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        scratch = self.folder / "scratch"
        scratch.mkdir(exist_ok=True)
        done = subprocess.run(
            [self.repository / "cmake/release", "--output", self.folder / "out", *arguments],
            env={**os.environ, "TMPDIR": str(scratch)}, capture_output=True, text=True, check=False)
        self.assertEqual(list(scratch.iterdir()), [], "it leaves folders behind")
        return done

    def program(self) -> str:
        return (self.folder / f"out/headway-1.2.3-linux-{platform.machine()}").read_text()

    def test_the_same_bytes(self) -> None:
        done = self.release("--check")
        self.assertEqual((done.returncode, done.stderr), (
            0, "headway: built twice, in two folders, third-party archives included: identical bytes\n"))
        self.assertEqual(done.stdout, (self.folder / "out/SHA256SUMS").read_text())

    def test_a_folder_in_the_program(self) -> None:
        for stamp in ("$PWD", "$HEADWAY_DEPS"):
            self.build(stamp)
            self.commit()
            done = self.release("--check")
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertTrue(done.stderr.endswith("""\
headway: error: the release cannot be reproduced
  because: built again from the same commit in another folder, these files differ
  try: diffoscope, or cmp -l, on what is in both; cmake/release --output keeps the first
"""), done.stderr)
            self.assertIn(f"headway-1.2.3-linux-{platform.machine()}.tar.gz", done.stderr)

    def test_what_is_committed(self) -> None:
        self.write("program", self.repository.joinpath("program").read_text() + "# changed\n")
        self.assertEqual(self.release().returncode, 0)
        self.assertNotIn("changed", self.program())
        self.assertEqual(self.release("--worktree").returncode, 0)
        self.assertIn("changed", self.program())
        self.commit()
        self.assertEqual(self.release("HEAD~1").returncode, 0)
        self.assertNotIn("changed", self.program())

    def test_what_is_not_tracked_and_what_is_gone(self) -> None:
        self.build("$(echo *)")
        self.commit()
        (self.repository / "new").touch()
        (self.repository / ".gitignore").write_text("/ignored\n")
        (self.repository / "ignored").touch()
        self.write("gone", "")
        self.git("add", "gone")
        (self.repository / "gone").unlink()
        self.assertEqual(self.release("--worktree").returncode, 0)
        (inside,) = re.findall(r"(?m)^# (.+)$", self.program())
        self.assertEqual(inside.split(), ["LICENSE", "README.md", "build", "ci-templates", "cmake", "new",
                                          "program"])  # fmt: skip

    def test_a_commit_that_is_not_there(self) -> None:
        done = self.release("v9")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (1, "", f"""\
headway: error: there is nothing to release
  because: {self.repository} is no git repository that has this commit
  try: git clone, then cmake/release there
"""))

    def test_a_build_that_fails(self) -> None:
        self.write("cmake/build", "#!/bin/sh\necho broken >&2\nexit 1\n")
        self.commit()
        done = self.release()
        self.assertEqual((done.returncode, done.stdout, done.stderr), (1, "", "broken\n"))
        self.assertFalse((self.folder / "out/SHA256SUMS").exists())
