"""The download snippet for any image: it installs what was pinned, and nothing else. Real downloads
from a real server; the tools that an image has are those that a test names."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from e2e.test_promote_chroot import skip_unless_static
from e2e.test_release import package, version_of
from host.http_server import End, HttpServer, Reply, closed, connection_reset
from host.loopback import ClosedPort

k_snippet = Path(__file__).resolve().parents[2] / "ci-templates/download.sh"
k_program = b"#!/bin/sh\necho headway 1.2.3\n"
k_hash = hashlib.sha256(k_program).hexdigest()
k_name = f"headway-1.2.3-linux-{platform.machine()}"
k_shells = ("dash", "bash", "busybox")
k_base = ("cat", "chmod", "cut", "grep", "id", "mkdir", "mv", "rm", "tail", "tr", "uname")
"""What every image has that has a shell; `sleep` is a test's own, which only says that it was."""


class Download(unittest.TestCase):
    maxDiff = None

    def setUp(self) -> None:
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.to = self.folder / "bin"
        self.server = self.enterContext(HttpServer())
        self.addCleanup(self.server.raise_failures)
        self.tools = self.folder / "tools"
        self.tools.mkdir()
        self.provide("sh", *k_base)
        (self.tools / "sleep").write_text(f'#!/bin/sh\necho "$1" >>{self.folder}/slept\n')
        (self.tools / "sleep").chmod(0o755)

    def provide(self, *names: str) -> None:
        for name in names:
            found = shutil.which(name)
            self.assertTrue(found, f"{name} is not on this machine")
            (self.tools / name).symlink_to(found)

    def forget(self) -> None:
        """As if nothing had been done yet."""
        shutil.rmtree(self.to, ignore_errors=True)
        (self.folder / "slept").unlink(missing_ok=True)

    def serve(self, *replies: Reply) -> None:
        self.server.script(replies)

    def run_snippet(self, *arguments: str, shell: str = "sh", sha256: str = k_hash,
                    options: tuple[str, ...] | None = None, snippet: Path = k_snippet,
                    home: Path | None = None) -> subprocess.CompletedProcess[str]:  # fmt: skip
        if options is None:
            options = ("--from", f"{self.server.origin}/releases", "--version", "1.2.3",
                       "--sha256", sha256, "--to", str(self.to))  # fmt: skip
        words = [shutil.which(shell), *(["sh"] if shell == "busybox" else [])]
        return subprocess.run(
            [*words, snippet, *options, *arguments], stdin=subprocess.DEVNULL,
            env={"PATH": str(self.tools), "HOME": str(home or self.folder)},
            capture_output=True, text=True, timeout=60, check=False)  # fmt: skip

    def assert_told(self, done: subprocess.CompletedProcess[str], code: int, text: str) -> None:
        said = done.stderr.replace(str(self.server.port), "<port>").replace(str(self.folder), "<folder>")
        self.assertEqual((done.returncode, done.stdout, said), (code, "", text))

    def assert_nothing_installed(self) -> None:
        inside = list(self.to.iterdir()) if self.to.exists() else []
        self.assertEqual(inside, [])

    def targets(self) -> list[str]:
        return [request.target for request in self.server.requests]

    def slept(self) -> list[str]:
        path = self.folder / "slept"
        return path.read_text().split() if path.exists() else []


class Installs(Download):
    def assert_installs(self, **options: str) -> None:
        self.forget()
        self.serve(Reply(body=k_program))
        self.assert_told(self.run_snippet(**options), 0, """\
headway: version 1.2.3 is in <folder>/bin/headway
headway: it is not in PATH: export PATH="<folder>/bin:$PATH"
""")
        self.assertEqual([path.name for path in self.to.iterdir()], ["headway"])
        self.assertEqual((self.to / "headway").read_bytes(), k_program)
        self.assertEqual((self.to / "headway").stat().st_mode & 0o777, 0o755)

    def test_with_either_program(self) -> None:
        for downloader in ("curl", "wget"):
            for hasher in ("sha256sum", "shasum", "openssl"):
                with self.subTest(downloader=downloader, hasher=hasher):
                    if not shutil.which(hasher):
                        continue
                    self.provide(downloader, hasher)
                    self.assert_installs()
                    for name in (downloader, hasher):
                        (self.tools / name).unlink()
        self.assertEqual(set(self.targets()), {f"/releases/{k_name}"})

    def test_in_every_shell(self) -> None:
        self.provide("curl", "sha256sum")
        shells = [shell for shell in k_shells if shutil.which(shell)]
        self.assertIn("dash", shells)
        for shell in shells:
            with self.subTest(shell):
                self.assert_installs(shell=shell)

    def test_with_busybox_alone(self) -> None:
        busybox = shutil.which("busybox")
        if not busybox:
            self.skipTest("no busybox is here")
        for tool in self.tools.iterdir():
            if tool.name != "sleep":
                tool.unlink()
        for name in ("sh", "wget", "sha256sum", *k_base):
            (self.tools / name).symlink_to(busybox)
        self.assert_installs(shell="busybox")
        (self.tools / "timeout").symlink_to(busybox)
        self.assert_installs(shell="busybox")
        self.forget()
        done = self.run_snippet(shell="busybox")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"because: .*404.* \(attempt 1 of 3\)")

    def test_it_is_there_already(self) -> None:
        self.provide("curl", "sha256sum")
        self.assert_installs()
        self.assert_told(self.run_snippet(), 0, "headway: <folder>/bin/headway is version 1.2.3 already\n")
        self.assertEqual(len(self.targets()), 1)

    def test_an_older_one_is_replaced(self) -> None:
        self.provide("curl", "sha256sum")
        self.to.mkdir()
        (self.to / "headway").write_text("#!/bin/sh\necho headway 1.0.0\n")
        self.serve(Reply(body=k_program))
        self.assertEqual(self.run_snippet().returncode, 0)
        self.assertEqual((self.to / "headway").read_bytes(), k_program)

    def test_a_folder_in_path(self) -> None:
        self.provide("curl", "sha256sum")
        self.serve(Reply(body=k_program))
        done = self.run_snippet("--to", str(self.tools))
        self.assert_told(done, 0, "headway: version 1.2.3 is in <folder>/tools/headway\n")

    def test_redirects_and_a_hash_in_capitals(self) -> None:
        for name in ("curl", "wget"):
            self.forget()
            self.provide(name, *(["sha256sum"] if name == "curl" else []))
            self.serve(Reply(302, headers={"Location": "/elsewhere"}), Reply(body=k_program))
            self.assertEqual(self.run_snippet(sha256=k_hash.upper()).returncode, 0)
            (self.tools / name).unlink()
        self.assertEqual(self.targets(), [f"/releases/{k_name}", "/elsewhere"] * 2)

    def test_a_default_folder(self) -> None:
        self.provide("curl", "sha256sum")
        if os.access("/usr/local/bin", os.W_OK):
            self.skipTest("this user may write to /usr/local/bin, which is no test's")
        self.serve(Reply(body=k_program))
        options = ("--from", self.server.origin, "--version", "1.2.3", "--sha256", k_hash)
        self.assertEqual(self.run_snippet(options=options).returncode, 0)
        self.assertTrue((self.folder / ".local/bin/headway").exists())

    def test_as_nobody_in_particular(self) -> None:
        if os.geteuid() != 0:
            self.skipTest("every other test runs without root already")
        self.provide("curl", "sha256sum")
        home = self.folder / "home"
        home.mkdir()
        self.folder.chmod(0o755)
        os.chown(home, 12345, 12345)
        self.serve(Reply(body=k_program))
        options = ("--from", self.server.origin, "--version", "1.2.3", "--sha256", k_hash)
        snippet = shutil.copy(k_snippet, self.folder / "download.sh")
        done = subprocess.run(
            [shutil.which("sh"), snippet, *options], user=12345, group=12345, extra_groups=[],
            env={"PATH": str(self.tools), "HOME": str(home)},
            capture_output=True, text=True, check=False)  # fmt: skip
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual((home / ".local/bin/headway").stat().st_uid, 12345)

    def test_the_copy_that_comes_with_a_release(self) -> None:
        skip_unless_static()
        self.provide("curl", "sha256sum")
        release = self.folder / "release"
        self.assertEqual(package(release, SOURCE_DATE_EPOCH="1").returncode, 0)
        binary = Path(os.environ["HEADWAY_BINARY"]).read_bytes()
        self.serve(Reply(body=binary))
        version = version_of(Path(os.environ["HEADWAY_BINARY"]))
        done = self.run_snippet(options=("--from", f"{self.server.origin}/r/", "--to", str(self.to)),
                                snippet=release / "download.sh")  # fmt: skip
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f"headway: version {version} is in ", done.stderr)
        self.assertEqual(self.targets(), [f"/r/headway-{version}-linux-{platform.machine()}"])
        self.assertEqual((self.to / "headway").read_bytes(), binary)


class Refuses(Download):
    def setUp(self) -> None:
        super().setUp()
        self.provide("sha256sum")

    def both(self):
        """With curl, then with wget."""
        for name in ("curl", "wget"):
            with self.subTest(name):
                self.forget()
                self.provide(name)
                yield name
                (self.tools / name).unlink()

    def test_another_file(self) -> None:
        other = b"#!/bin/sh\necho pwned\n"
        for _ in self.both():
            self.serve(Reply(body=other))
            self.assert_told(self.run_snippet(), 3, f"""\
headway: error: headway was not installed: http://127.0.0.1:<port>/releases/{k_name} is not what was pinned
  because: its SHA-256 is {hashlib.sha256(other).hexdigest()}, and not {k_hash}
  try: compare with SHA256SUMS of the release, and find out who has changed the file before you pin it
""")
            self.assert_nothing_installed()
        self.assertEqual(len(self.targets()), 2)

    def test_another_file_leaves_the_old_program(self) -> None:
        self.provide("curl")
        self.to.mkdir()
        (self.to / "headway").write_text("old")
        self.serve(Reply(body=b"new"))
        self.assertEqual(self.run_snippet().returncode, 3)
        self.assertEqual([path.name for path in self.to.iterdir()], ["headway"])
        self.assertEqual((self.to / "headway").read_text(), "old")

    def test_cut_short(self) -> None:
        for _ in self.both():
            before = len(self.targets())
            self.serve(*[Reply(body=k_program, cut=10, end=End.close)] * 3)
            done = self.run_snippet()
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertRegex(done.stderr, rf"(?s)headway: attempt 1 of 3: .+; again in 2 s\n.*"
                             rf"headway: attempt 2 of 3: .+; again in 4 s\n.*"
                             rf"headway: error: http://\S+/{k_name} cannot be downloaded\n"
                             r"  because: [^\n]+ \(attempt 3 of 3\)\n"
                             r"  try: check --from and --version, and whether this job may reach that server\n$")
            self.assertEqual(len(self.targets()) - before, 3)
            self.assertEqual(self.slept(), ["2", "4"])
            self.assert_nothing_installed()

    def test_cut_once(self) -> None:
        for _ in self.both():
            self.serve(Reply(body=k_program, cut=10, end=End.close), Reply(503, "later\n"),
                       Reply(body=k_program))  # fmt: skip
            done = self.run_snippet()
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual((self.to / "headway").read_bytes(), k_program)
            self.assertEqual(self.slept(), ["2", "4"])

    def test_not_found(self) -> None:
        for _ in self.both():
            before = len(self.targets())
            done = self.run_snippet()
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stderr, rf"\Aheadway: error: http://\S+/{k_name} cannot be downloaded\n"
                             r"  because: .*404.* \(attempt 1 of 3\)\n  try: check --from and --version")
            self.assertEqual((len(self.targets()) - before, self.slept()), (1, []))
            self.assert_nothing_installed()

    def test_too_busy_is_asked_again(self) -> None:
        for _ in self.both():
            self.serve(Reply(429, "slowly\n"), Reply(body=k_program))
            self.assertEqual(self.run_snippet().returncode, 0)
            self.assertEqual(self.slept(), ["2"])

    def test_a_server_that_hangs_up(self) -> None:
        for _ in self.both():
            self.serve(closed(), connection_reset(), closed())
            done = self.run_snippet()
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stderr, r"\(attempt 3 of 3\)\n  try: ")
            self.assert_nothing_installed()

    def test_no_server(self) -> None:
        self.provide("curl")
        closed_port = self.enterContext(ClosedPort())
        options = ("--from", f"http://127.0.0.1:{closed_port.port}", "--version", "1.2.3",
                   "--sha256", k_hash, "--to", str(self.to))  # fmt: skip
        done = self.run_snippet(options=options)
        self.assertEqual(done.returncode, 1)
        self.assertIn("(attempt 3 of 3)", done.stderr)
        self.assert_nothing_installed()

    def test_neither_curl_nor_wget(self) -> None:
        self.assert_told(self.run_snippet(), 1, """\
headway: error: headway was not installed
  because: there is no curl and no wget here
  try: install one of them, or use an image that has it
""")
        self.assert_nothing_installed()

    def test_nothing_that_hashes(self) -> None:
        self.provide("curl")
        (self.tools / "sha256sum").unlink()
        self.assert_told(self.run_snippet(), 1, """\
headway: error: headway was not installed
  because: its hash cannot be checked: there is no sha256sum, shasum or openssl here
  try: install coreutils, or use an image that has one of them
""")
        self.assertEqual(self.targets(), [])

    def test_a_hasher_that_is_broken(self) -> None:
        self.provide("curl")
        (self.tools / "sha256sum").unlink()
        (self.tools / "sha256sum").write_text("#!/bin/sh\nexit 1\n")
        (self.tools / "sha256sum").chmod(0o755)
        self.serve(Reply(body=k_program))
        self.assertEqual(self.run_snippet().returncode, 3)
        self.assert_nothing_installed()

    def test_a_folder_that_is_not_writable(self) -> None:
        self.provide("curl")
        (self.folder / "file").touch()
        done = self.run_snippet("--to", str(self.folder / "file/bin"))
        user = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
        self.assert_told(done, 1, f"""\
headway: error: headway was not installed
  because: <folder>/file/bin is not writable for {user}
  try: --to FOLDER, with a folder of your own
""")
        self.assertEqual(self.targets(), [])

    def test_what_does_not_run(self) -> None:
        self.provide("curl")
        program = b"#!/nonexistent/interpreter\n"
        self.serve(Reply(body=program))
        done = self.run_snippet(sha256=hashlib.sha256(program).hexdigest())
        self.assert_told(done, 1, """\
headway: error: <folder>/bin/headway does not run here
  because: it has the pinned hash; the folder may be mounted noexec
  try: --to FOLDER, with another folder
""")

    def test_usage(self) -> None:
        full = {"--from": "http://127.0.0.1:9", "--version": "1.2.3", "--sha256": k_hash}
        cases = {
            "--from is missing": {**full, "--from": None},
            "--version is missing": {**full, "--version": None},
            "--sha256 is missing": {**full, "--sha256": None},
            "--sha256 abc is no SHA-256": {**full, "--sha256": "abc"},
            f"--sha256 {'z' * 64} is no SHA-256": {**full, "--sha256": "z" * 64},
            "--version 1/../2 is no version": {**full, "--version": "1/../2"},
            "--to has no value": {**full, "--to": ""},
            "unknown option --token": {**full, "--token": "x"},
        }
        for text, options in cases.items():
            with self.subTest(text):
                words = [word for pair in options.items() if pair[1] is not None for word in pair]
                self.assert_told(self.run_snippet(options=tuple(words)), 2, f"""\
headway: error: {text}
  because: download.sh --from URL [--version VERSION] [--sha256 HASH] [--to FOLDER]
  try: take both values from SHA256SUMS of the release
""")

    def test_the_template_pins_nothing_by_itself(self) -> None:
        text = k_snippet.read_text()
        for key in ("version", "sha256_x86_64", "sha256_aarch64"):
            self.assertRegex(text, rf"(?m)^{key}=$")
        self.assertNotRegex(re.sub(r"#.*", "", text), r"https?://")
