"""What a release consists of, and that it can be made again, byte by byte."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import platform
import re
import shutil
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
import unittest
from pathlib import Path
from typing import Any

from e2e.test_licenses import components
from e2e.test_promote_chroot import skip_unless_static
from host.headway import Headway

k_root = Path(__file__).resolve().parents[2]
k_epoch = 1764000000
k_known_licences = {
    "Apache-2.0", "BSD-3-Clause", "CC0-1.0", "curl", "GPL-2.0-only", "GPL-3.0-or-later", "ISC",
    "LGPL-2.1-or-later", "MIT", "Zlib",
}  # fmt: skip
k_known_exceptions = {
    "fmt-exception", "GCC-exception-2.0", "GCC-exception-3.1", "PCRE2-exception",
}  # fmt: skip
"""Of SPDX's list, as far as they are used here."""


def version_of(binary: Path) -> str:
    said = subprocess.run([binary, "--version"], check=True, capture_output=True, text=True).stdout
    return said.split()[1]


def package(output: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Makes the files of a release of the binary under test."""
    build = Path(os.environ["HEADWAY_BINARY"]).parent
    return subprocess.run(
        [sys.executable, "-B", k_root / "cmake/packaging/package.py", build, output],
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True, text=True, check=False)  # fmt: skip


class Packaged(unittest.TestCase):
    """A release of the binary that is there."""

    maxDiff = None

    def setUp(self) -> None:
        skip_unless_static()
        self.output = Path(self.enterContext(tempfile.TemporaryDirectory())) / "release"
        done = package(self.output, SOURCE_DATE_EPOCH=str(k_epoch))
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        self.binary = Path(os.environ["HEADWAY_BINARY"])
        self.version = version_of(self.binary)
        self.name = f"headway-{self.version}-linux-{platform.machine()}"

    def read(self, suffix: str = "") -> bytes:
        return (self.output / f"{self.name}{suffix}").read_bytes()

    def test_the_files(self) -> None:
        self.assertEqual(
            sorted(path.name for path in self.output.iterdir()),
            ["SHA256SUMS", "download.sh", self.name, f"{self.name}.spdx.json", f"{self.name}.tar.gz"])
        self.assertEqual(self.read(), self.binary.read_bytes())
        self.assertTrue(os.access(self.output / self.name, os.X_OK))
        done = subprocess.run(["sha256sum", "--strict", "-c", "SHA256SUMS"], cwd=self.output,
                              capture_output=True, text=True, check=False)  # fmt: skip
        self.assertEqual(done.stdout, f"download.sh: OK\n{self.name}: OK\n{self.name}.spdx.json: OK\n{self.name}.tar.gz: OK\n")

    def test_the_program_is_stripped(self) -> None:
        sections = subprocess.run(["readelf", "-S", "-W", self.output / self.name],
                                  check=True, capture_output=True, text=True).stdout  # fmt: skip
        self.assertIn(".text", sections)
        for name in (".symtab", ".debug_", ".strtab"):
            self.assertNotIn(name, sections)

    def test_the_archive(self) -> None:
        packed = self.read(".tar.gz")
        self.assertEqual(packed[:4], b"\x1f\x8b\x08\x00", "a flag: there is a name in the header")
        self.assertEqual(packed[4:8], bytes(4), "there is a time in the header")
        headway = self.enterContext(Headway())
        commands = headway.run(["--help"]).stdout
        optional = ["headway.1"] if "\n  man " in commands else []
        if "\n  completion " in commands:
            optional += ["completions", "completions/headway.bash", "completions/_headway",
                         "completions/headway.fish"]  # fmt: skip
        with tarfile.open(fileobj=io.BytesIO(gzip.decompress(packed))) as tar:
            members = tar.getmembers()
            content = {member.name.partition("/")[2]: tar.extractfile(member).read()
                       for member in members if member.isfile()}  # fmt: skip
        names = [member.name for member in members]
        files = ["LICENSE", "README.md", "THIRD-PARTY-LICENSES.txt", "headway", "sbom.spdx.json"]
        self.assertEqual(
            names, sorted([self.name, *(f"{self.name}/{file}" for file in files + optional)]))
        for member in members:
            executable = member.isdir() or member.name.endswith("/headway")
            self.assertEqual(
                (member.mode, member.mtime, member.uid, member.gid, member.uname, member.gname),
                (0o755 if executable else 0o644, k_epoch, 0, 0, "root", "root"), member.name)
        self.assertEqual(content["headway"], self.binary.read_bytes())
        self.assertEqual(content["README.md"], (k_root / "README.md").read_bytes())
        self.assertEqual(content["LICENSE"], (k_root / "LICENSE").read_bytes())
        self.assertEqual(content["sbom.spdx.json"], self.read(".spdx.json"))
        self.assertEqual(content["THIRD-PARTY-LICENSES.txt"].decode(), headway.run(["--licenses"]).stdout)

    def test_made_again_by_somebody_else(self) -> None:
        again = self.output.with_name("once") / "more"
        previous = os.umask(0o077)
        try:
            done = package(again, SOURCE_DATE_EPOCH=str(k_epoch), TZ="Asia/Kathmandu",
                           LC_ALL="C", HOME="/nonexistent", USER="somebody")  # fmt: skip
        finally:
            os.umask(previous)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for path in self.output.iterdir():
            self.assertTrue((again / path.name).read_bytes() == path.read_bytes(), path.name)

    def test_it_takes_no_time_from_the_clock(self) -> None:
        done = package(self.output)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (1, "", """\
headway: error: SOURCE_DATE_EPOCH is not set
  because: a release is of its commit's time, not of the clock's
  try: cmake/release, which sets it
"""))

    def bill(self) -> dict[str, Any]:
        return json.loads(self.read(".spdx.json"))

    def test_the_bill_names_everything(self) -> None:
        bill = self.bill()
        rows = self.enterContext(Headway()).run(["--licenses"]).stdout.split("=" * 80)[0]
        expected = [re.split(r"  +", line.strip()) for line in rows.splitlines()[2:] if line]
        self.assertEqual(
            [[item["name"], item["versionInfo"], item["licenseDeclared"]] for item in bill["packages"]],
            expected)
        self.assertEqual(bill["name"], self.name)
        self.assertEqual(bill["creationInfo"]["created"], "2025-11-24T16:00:00Z")

    def test_the_bill_has_the_hash_of_every_source(self) -> None:
        pins = (k_root / "cmake/deps/pins").read_text()
        by_name = {item["name"]: item for item in self.bill()["packages"]}
        files = {item["fileName"][2:]: item for item in self.bill()["files"]}
        own = by_name["headway"]["checksums"]
        self.assertEqual(own, [{"algorithm": "SHA256",
                                "checksumValue": hashlib.sha256(self.read()).hexdigest()}])  # fmt: skip
        self.assertRegex(by_name["headway"]["sourceInfo"], r"commit [0-9a-f]{40};|commit unknown;")
        for entry in components():
            item = by_name[entry["name"]]
            if "pin" in entry:
                (checksum,) = item["checksums"]
                version = re.sub(r"-[^-]*$", "", item["versionInfo"])
                self.assertRegex(pins, rf"(?m)^{re.escape(entry['pin'])} +{re.escape(version)} +"
                                       rf"{checksum['checksumValue']} ")  # fmt: skip
            else:
                for name in entry.get("archives", []):
                    self.assertTrue(name in files or name.replace(".a", "") in str(files), name)
        zlib = subprocess.run(["g++", "-print-file-name=libz.a"],
                              check=True, capture_output=True, text=True).stdout.strip()  # fmt: skip
        digest = hashlib.sha256(Path(zlib).read_bytes()).hexdigest()
        self.assertIn({"algorithm": "SHA256", "checksumValue": digest}, files["libz.a"]["checksums"])

    def test_the_bill_is_spdx(self) -> None:
        """The structure that SPDX 2.3 asks for (https://spdx.github.io/spdx-spec/v2.3/)."""
        bill = self.bill()
        self.assertEqual(
            (bill["spdxVersion"], bill["dataLicense"], bill["SPDXID"]),
            ("SPDX-2.3", "CC0-1.0", "SPDXRef-DOCUMENT"))
        self.assertRegex(bill["documentNamespace"], r"^urn:uuid:[0-9a-f-]{36}$")
        self.assertRegex(bill["creationInfo"]["created"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        for creator in bill["creationInfo"]["creators"]:
            self.assertRegex(creator, r"^(Person|Organization|Tool): \S")
        extracted = {item["licenseId"] for item in bill["hasExtractedLicensingInfos"]}
        for item in bill["hasExtractedLicensingInfos"]:
            self.assertEqual(set(item), {"licenseId", "extractedText"})
            self.assertRegex(item["licenseId"], r"^LicenseRef-[A-Za-z0-9.-]+$")
        elements = bill["packages"] + bill["files"]
        known = [item["SPDXID"] for item in elements] + ["SPDXRef-DOCUMENT"]
        self.assertEqual(len(known), len(set(known)))
        for item in elements:
            with self.subTest(item["SPDXID"]):
                self.assertRegex(item["SPDXID"], r"^SPDXRef-[A-Za-z0-9.-]+$")
                self.check_licence(item["licenseConcluded"], extracted)
                self.check_checksums(item)
        for item in bill["packages"]:
            with self.subTest(item["SPDXID"]):
                self.assertLessEqual({"name", "SPDXID", "downloadLocation"}, set(item))
                self.assertIs(item["filesAnalyzed"], False)
                for link in item.get("externalRefs", []):
                    self.assertEqual((link["referenceCategory"], link["referenceType"]),
                                     ("PACKAGE-MANAGER", "purl"))  # fmt: skip
                    self.assertRegex(link["referenceLocator"],
                                     r"^pkg:deb/[a-z]+/[a-z0-9.%-]+@[\w.~%-]+\?arch=source$")  # fmt: skip
        for item in bill["relationships"]:
            self.assertIn(item["spdxElementId"], known)
            self.assertIn(item["relatedSpdxElement"], known)
            self.assertIn(item["relationshipType"], {"DESCRIBES", "STATIC_LINK", "CONTAINS"})
        related = {item["relatedSpdxElement"] for item in bill["relationships"]}
        self.assertEqual(related, set(known) - {"SPDXRef-DOCUMENT"})

    def check_licence(self, expression: str, extracted: set[str]) -> None:
        for alternative in re.split(r" (?:AND|OR) ", expression):
            licence, _, exception = alternative.partition(" WITH ")
            self.assertIn(licence, k_known_licences | extracted)
            if exception:
                self.assertIn(exception, k_known_exceptions)

    def check_checksums(self, item: dict[str, Any]) -> None:
        sizes = {"SHA1": 40, "SHA256": 64}
        for checksum in item.get("checksums", []):
            self.assertRegex(checksum["checksumValue"],
                             rf"^[0-9a-f]{{{sizes[checksum['algorithm']]}}}$")  # fmt: skip
        if "fileName" in item:
            self.assertIn("SHA1", [checksum["algorithm"] for checksum in item["checksums"]])
            self.assertRegex(item["fileName"], r"^\./")


class Reproduced(unittest.TestCase):
    """The same source gives the same bytes."""

    def setUp(self) -> None:
        skip_unless_static()
        self.binary = Path(os.environ["HEADWAY_BINARY"])

    def test_nothing_of_this_machine_is_inside(self) -> None:
        data = self.binary.read_bytes()
        words = {str(k_root), str(self.binary.parent), str(Path.home() / "."), "/.cache/headway",
                 "__DATE__", time.strftime("%b %e %Y"), time.strftime("%b %d %Y")}  # fmt: skip
        if len(socket.gethostname()) > 5:
            words.add(socket.gethostname())
        for word in words - {"/"}:
            self.assertFalse(word.encode() in data, f"{word!r} is in the program")

    def test_built_again_elsewhere(self) -> None:
        """The whole release once more, compiled anew in another folder by other settings."""
        if not shutil.which("git") or not (k_root / ".git").exists():
            self.skipTest("a release is made from a git repository, and this is none")
        cache = (self.binary.parent / "CMakeCache.txt").read_text()
        if "HEADWAY_COVERAGE:BOOL=ON" in cache or re.search(r"(?m)^CMAKE_CXX_COMPILER:.*clang", cache):
            self.skipTest("this is not the configuration that is released")
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        scratch = folder / "somewhere/else"
        scratch.mkdir(parents=True)
        environment = {key: os.environ[key] for key in ("PATH", "HOME", "HEADWAY_DEPS", "XDG_CACHE_HOME",
                                                        "HEADWAY_TARBALLS") if key in os.environ}
        environment |= {"TMPDIR": str(scratch), "TZ": "Asia/Kathmandu", "LANG": "C", "USER": "somebody",
                        "CXXFLAGS": "-O0", "SOURCE_DATE_EPOCH": "1"}
        done = subprocess.run(
            ["nice", "-n", "10", k_root / "cmake/release", "--worktree", "--output", folder / "release"],
            env=environment, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr[-4000:])
        self.assertEqual(done.stdout, (folder / "release/SHA256SUMS").read_text())
        self.assertEqual(list(scratch.iterdir()), [], "it leaves folders behind")
        (again,) = (path for path in (folder / "release").iterdir()
                    if re.fullmatch(r"headway-[\d.]+-linux-\w+", path.name))  # fmt: skip
        self.assertEqual(again.stat().st_size, self.binary.stat().st_size)
        self.assertTrue(
            again.read_bytes() == self.binary.read_bytes(),
            f"{self.binary} differs (is it of this source? cmake/build default headway)")
        when = subprocess.run(
            ["git", "-c", "safe.directory=*", "-C", k_root, "log", "-1", "--format=%ct"],
            check=True, capture_output=True, text=True).stdout.strip()
        done = package(folder / "here", SOURCE_DATE_EPOCH=when)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual((folder / "here/SHA256SUMS").read_text(),
                         (folder / "release/SHA256SUMS").read_text())

    # Two compilers for minutes, and the first to start, or all others wait for it in the end.
    test_built_again_elsewhere.ctest_properties = {
        "PROCESSORS": 2, "TIMEOUT": 2400, "COST": 1000, "LABELS": "e2e;release"}  # type: ignore[attr-defined]

    def test_no_repository(self) -> None:
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        shutil.copytree(k_root / "cmake", folder / "cmake")
        done = subprocess.run([folder / "cmake/release"], capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (1, "", f"""\
headway: error: there is nothing to release
  because: {folder} is no git repository that has this commit
  try: git clone, then cmake/release there
"""))

    def test_unknown_words(self) -> None:
        for words in (["--chekc"], ["--output"], ["--worktree", "v1"]):
            done = subprocess.run([k_root / "cmake/release", *words],
                                  capture_output=True, text=True, check=False)  # fmt: skip
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertIn("usage: cmake/release [--check]", done.stderr)
