"""The binary needs nothing but itself: it promotes out of a chroot that holds only the binary and
what the user names."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import textwrap
import unittest
from pathlib import Path

from e2e.support import StageTest, k_branch, k_token
from host.git_host import Certificate

k_program_interpreter = 3
"""PT_INTERP of elf(5): names the dynamic loader."""
k_dynamic = 2
"""PT_DYNAMIC: what a dynamic loader would read."""


def skip_unless_static() -> None:
    if os.environ.get("HEADWAY_SANITIZED") == "1":
        raise unittest.SkipTest("a sanitized binary is linked dynamically")


def chroot_command() -> list[str]:
    """What puts `FOLDER PROGRAM ARGUMENTS…` into a chroot here, or skips the test."""
    path = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin", "/usr/bin"))
    chroot, unshare = (shutil.which(name, path=path) for name in ("chroot", "unshare"))
    for words in ([chroot], [unshare, "-r", chroot]):
        found = [word for word in words if word]
        if len(found) == len(words):
            done = subprocess.run([*found, "/", "/bin/true"], capture_output=True, check=False)
            if done.returncode == 0:
                return found
    raise unittest.SkipTest("neither root nor a user namespace: no chroot")


class Static(unittest.TestCase):
    def test_no_loader_and_no_library_is_asked_for(self) -> None:
        skip_unless_static()
        binary = Path(os.environ["HEADWAY_BINARY"]).read_bytes()
        self.assertEqual(binary[:5], b"\x7fELF\x02", "no 64-bit ELF file")
        (offset,) = struct.unpack_from("<Q", binary, 32)
        size, count = struct.unpack_from("<HH", binary, 54)
        kinds = [struct.unpack_from("<I", binary, offset + size * n)[0] for n in range(count)]
        self.assertGreater(count, 2)
        self.assertNotIn(k_program_interpreter, kinds)
        self.assertNotIn(k_dynamic, kinds)

    def test_no_path_of_the_machine_that_built_it(self) -> None:
        skip_unless_static()
        binary = Path(os.environ["HEADWAY_BINARY"]).read_bytes()
        source = str(Path(__file__).resolve().parents[2]).encode()
        self.assertNotIn(source + b"/", binary)


class Chroot(StageTest):
    def setUp(self) -> None:
        skip_unless_static()
        self.command = chroot_command()

    def furnish(self, **options: Certificate) -> None:
        """The empty folder gets the binary, the configuration and the token, and that is all."""
        self.open(**options)
        self.root = self.stage.headway.work / "root"
        self.root.mkdir()
        shutil.copy(self.stage.headway.binary, self.root / "headway")
        (self.root / "token").write_text(f"{k_token}\n")
        (self.root / "headway.yml").write_text(
            textwrap.dedent(f"""\
                remote: {self.stage.host.url()}
                source: main
                environments:
                  staging:
                    branch: {k_branch}
                    token: {{file: /token}}
                """)
        )

    def run_inside(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """headway with no environment variable and with nothing but three streams."""
        return subprocess.run(
            [*self.command, str(self.root), "/headway", *arguments],
            env={},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def assert_promotes(self, *arguments: str) -> None:
        inside = sorted(path.name for path in self.root.iterdir())
        first, between, last = self.stage.commits
        for commit, text in (
            (first, f"staging: created {k_branch} at 9318c89e\n"),
            (last, "staging: 9318c89e → f7eef0d4, fast-forward\n"),
            (between, "staging: nothing moved, f7eef0d4 is newer than cc352607\n"),
        ):
            done = self.run_inside("promote", "staging", "--config", "/headway.yml", "--no-verify",
                                   "--commit", commit, *arguments)  # fmt: skip
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, text, ""))
        self.assert_moved(last, 2)
        # It left nothing behind either.
        self.assertEqual(sorted(path.name for path in self.root.iterdir()), inside)

    def test_over_http(self) -> None:
        self.furnish()
        self.assertEqual(sorted(path.name for path in self.root.iterdir()),
                         ["headway", "headway.yml", "token"])  # fmt: skip
        self.assert_promotes()

    def test_a_freeze_in_a_time_zone(self) -> None:
        # No zone data is to be found here but what the program brings along.
        self.furnish()
        with (self.root / "headway.yml").open("a") as file:
            file.write('    freeze: {from: "2026-01-01", to: "2199-01-01", timezone: Asia/Kathmandu}\n')
        done = self.run_inside("promote", "staging", "--config", "/headway.yml")
        self.assertEqual((done.returncode, done.stdout), (3, ""), done.stderr)
        self.assertIn("it does not open: change freeze of staging in .headway.yml", done.stderr)
        done = self.run_inside("promote", "staging", "--config", "/headway.yml",
                               "--freeze", "2026-01-01 to 2032-07-01 Asia/Kathmandu")  # fmt: skip
        self.assertIn("it opens at Thu 2032-07-01 00:00 Asia/Kathmandu (2032-06-30T18:15:00Z), in ",
                      done.stderr)  # fmt: skip

    def test_over_https_with_a_named_authority(self) -> None:
        self.furnish(tls=Certificate.valid)
        shutil.copy(self.stage.host.ca_file, self.root / "ca.pem")
        self.assert_promotes("--ca-file", "/ca.pem")

    def test_over_https_without_any_authority(self) -> None:
        self.furnish(tls=Certificate.valid)
        done = self.run_inside("promote", "staging", "--config", "/headway.yml")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (2, "", """\
headway: error: no certificates to check https servers against
  because: --ca-file, SSL_CERT_FILE and CI_SERVER_TLS_CA_FILE are not set, and none of the system's bundles can be read: /etc/ssl/certs/ca-certificates.crt, /etc/pki/tls/certs/ca-bundle.crt, /etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem, /etc/ssl/ca-bundle.pem, /etc/pki/tls/cacert.pem, /etc/ssl/cert.pem, /var/lib/ca-certificates/ca-bundle.pem
  try: install the package ca-certificates
  try: headway --ca-file FILE …, with the authority's certificate in PEM form
"""))  # fmt: skip
        self.assert_untouched(None, 0)

    def test_local_repository(self) -> None:
        self.furnish()
        shutil.copytree(self.stage.repo.path, self.root / "app.git", symlinks=True)
        (self.root / "app.git/hooks/pre-receive").unlink()
        done = self.run_inside("promote", "staging", "--config", "/headway.yml", "--no-verify",
                               "--remote", "/app.git")  # fmt: skip
        self.assertEqual((done.returncode, done.stdout, done.stderr),
                         (0, f"staging: created {k_branch} at f7eef0d4\n", ""))  # fmt: skip

    def test_the_version(self) -> None:
        self.furnish()
        done = self.run_inside("--version")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertRegex(done.stdout, r"\Aheadway \d+\.\d+\.\d+")


if __name__ == "__main__":
    unittest.main()
