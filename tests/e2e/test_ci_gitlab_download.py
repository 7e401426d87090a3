"""How a GitLab job comes by headway: the image's, else a download with a checksum; in the shells and
with the tools that images have."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import subprocess
import tarfile
import tempfile
import unittest
from pathlib import Path

from e2e.gitlab_ci_support import CiTest, k_template
from host.gitlab_ci import documents
from host.http_server import HttpServer, Reply, Request

k_headway = b"#!/bin/sh\necho the downloaded one\n"
k_tools = ("chmod", "cut", "gzip", "mkdir", "mv", "rm", "sha256sum", "tar")
k_name = "headway-1.0.0-linux-x86_64"
k_url = "/releases/"


def archive(program: bytes) -> bytes:
    """As a release's: one folder, whose completions are no program."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, data in {"completions/headway.bash": b"exit 9\n", "headway": program}.items():
            info = tarfile.TarInfo(f"{k_name}/{name}")
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return packed.getvalue()


class Shop(HttpServer):
    """Has the files of a release."""

    def __init__(self, program: bytes) -> None:
        self.files = {k_name: program, f"{k_name}.tar.gz": archive(program)}
        super().__init__()

    def default_reply(self, request: Request) -> Reply:
        found = self.files.get(request.path.removeprefix(k_url))
        return Reply(200, found) if found else Reply(404, "not found\n")

    def variables(self, file: str, content: bytes | None = None) -> dict[str, str]:
        data = self.files.get(file, b"") if content is None else content
        return {
            "HEADWAY_BINARY_URL": f"{self.origin}{k_url}{file}",
            "HEADWAY_BINARY_SHA256": hashlib.sha256(data).hexdigest(),
        }


class Job(CiTest):
    def test_without_headway_in_the_image(self) -> None:
        self.open(headway=False)
        shop = self.enterContext(Shop(self.headway.binary.read_bytes()))
        pipeline = self.run_jobs(variables=shop.variables(f"{k_name}.tar.gz"))
        self.assert_codes(pipeline, {"promote-staging": 0})
        self.assertEqual(self.apps["staging"].version, self.first)
        self.assertEqual(len(shop.requests), 1)
        wrong = shop.variables(f"{k_name}.tar.gz", b"another one")
        self.assert_codes(self.run_jobs(variables=wrong), {"promote-staging": 3})


class SnippetTest(unittest.TestCase):
    """The script before the jobs', in a shell that has nothing but the tools named."""

    def setUp(self) -> None:
        self.shop = self.enterContext(Shop(k_headway))
        self.work = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.programs = Path(self.enterContext(tempfile.TemporaryDirectory()))
        ((document,),) = documents(k_template)
        self.script = "set -e\n" + "\n".join(document[".headway"]["before_script"]) + "\nheadway\n"

    def link(self, *names: str) -> None:
        for name in names:
            found = shutil.which(name)
            if not found:
                self.skipTest(f"no {name}")
            (self.programs / name).symlink_to(found)

    def run_it(self, shell: str, variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
        shutil.rmtree(self.work / ".headway-bin", ignore_errors=True)
        program = shutil.which(shell)
        assert program
        return subprocess.run(
            [program, *(["sh"] if shell == "busybox" else []), "-c", self.script],
            env={"PATH": str(self.programs), **variables}, cwd=self.work, timeout=60,
            capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def assert_all_ways(self, shell: str) -> None:
        for file in (k_name, f"{k_name}.tar.gz"):
            done = self.run_it(shell, self.shop.variables(file))
            self.assertEqual((done.returncode, done.stdout, done.stderr),
                             (0, "the downloaded one\n", ""), file)  # fmt: skip
        variables = self.shop.variables(k_name, b"what was released")
        done = self.run_it(shell, variables)
        self.assertEqual((done.returncode, done.stdout), (3, ""))
        self.assertEqual(done.stderr, f"""\
headway: error: what was downloaded is not the headway that was asked for
  because: its SHA-256 is {hashlib.sha256(k_headway).hexdigest()}
  try: compare HEADWAY_BINARY_SHA256 with SHA256SUMS of the release, and find out who changed the file
""")  # fmt: skip
        self.assertFalse((self.work / ".headway-bin/headway").exists())
        done = self.run_it(shell, self.shop.variables("headway-9.9.9"))
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertTrue(done.stderr.endswith("""\
headway: error: the download of headway failed
  try: look at HEADWAY_BINARY_URL, and whether this runner reaches it
"""), done.stderr)  # fmt: skip


class Snippet(SnippetTest):
    def test_by_curl(self) -> None:
        self.link(*k_tools, "curl")
        self.assert_all_ways("sh")

    def test_by_wget(self) -> None:
        self.link(*k_tools, "wget")
        self.assert_all_ways("sh")

    def test_by_busybox_alone(self) -> None:
        busybox = shutil.which("busybox")
        if not busybox:
            self.skipTest("no busybox")
        for name in (*k_tools, "wget"):
            (self.programs / name).symlink_to(busybox)
        self.assert_all_ways("busybox")

    def test_the_images_own_is_taken_first(self) -> None:
        own = self.programs / "headway"
        own.write_text("#!/bin/sh\necho the own one\n", encoding="utf-8")
        own.chmod(0o755)
        done = self.run_it("sh", self.shop.variables(k_name))
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "the own one\n", ""))
        self.assertEqual(self.shop.requests, [])
        self.assertEqual(os.listdir(self.work), [])

    def test_nothing_is_taken_without_a_checksum(self) -> None:
        for left_out in ("HEADWAY_BINARY_URL", "HEADWAY_BINARY_SHA256"):
            variables = self.shop.variables(k_name)
            del variables[left_out]
            done = self.run_it("sh", variables)
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertEqual(done.stderr, """\
headway: error: there is no headway in this image
  because: HEADWAY_BINARY_URL and HEADWAY_BINARY_SHA256 do not say where to get it
  try: set both of them, or HEADWAY_IMAGE to an image that holds it
""")  # fmt: skip
        self.assertEqual(self.shop.requests, [])


if __name__ == "__main__":
    unittest.main()
