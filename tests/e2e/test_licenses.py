"""The licence texts that travel with the binary: complete, readable, and of what is really linked."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import unittest
from pathlib import Path

from e2e.test_promote_chroot import chroot_command, skip_unless_static
from host.headway import Headway

k_root = Path(__file__).resolve().parents[2]
k_licences = k_root / "cmake/licences"
k_rule = "=" * 80

k_own_words = {
    "Apache-2.0": "Apache License Version 2.0, January 2004",
    "BSD-3-Clause": "Redistribution and use in source and binary forms",
    "BSL-1.0": "Boost Software License - Version 1.0",
    "curl": "Permission to use, copy, modify, and distribute this software for any purpose with",
    "fmt-exception": "As an exception, if, as a result of your compiling your source code",
    "GCC-exception-2.0": "unlimited permission to link the compiled version of this library",
    "GCC-exception-3.1": "GCC RUNTIME LIBRARY EXCEPTION",
    "GPL-2.0-only": "GNU GENERAL PUBLIC LICENSE Version 2, June 1991",
    "GPL-3.0-or-later": "GNU GENERAL PUBLIC LICENSE Version 3, 29 June 2007",
    "ISC": "Permission to use, copy, modify, and distribute this software for any purpose with",
    "LGPL-2.1-or-later": "GNU LESSER GENERAL PUBLIC LICENSE Version 2.1",
    "LicenseRef-public-domain": "This database is in the public domain",
    "MIT": "Permission is hereby granted, free of charge, to any person obtaining",
    "PCRE2-exception": "EXEMPTION FOR BINARY LIBRARY-LIKE PACKAGES",
    "Zlib": "This software is provided 'as-is', without any express or implied",
}
"""How the text of each licence begins, or what nothing else says."""

k_headers_alone = {"linux-libc-dev"}
"""Packages whose headers state interfaces of the kernel: nothing of them is in a program."""


def components() -> list[dict]:
    entries = tomllib.loads((k_licences / "components.toml").read_text())["component"]
    return [entry for entry in entries if entry.get("linked", True)]


def build_folder() -> Path:
    return Path(os.environ["HEADWAY_BINARY"]).parent


def ninja(*arguments: str) -> str:
    done = subprocess.run(["ninja", "-C", build_folder(), *arguments],
                          check=True, capture_output=True, text=True)  # fmt: skip
    return done.stdout


def flat(text: str) -> str:
    """Without line breaks and indentation."""
    return " ".join(text.split())


def identifiers(expression: str) -> list[str]:
    return [word for word in re.findall(r"[\w.+-]+", expression)
            if word not in ("AND", "OR", "WITH")]  # fmt: skip


class Text(unittest.TestCase):
    """What --licenses prints."""

    maxDiff = None

    def setUp(self) -> None:
        self.headway = self.enterContext(Headway())
        result = self.headway.run(["--licenses"])
        self.assertEqual((result.code, result.stderr), (0, ""))
        self.text = result.stdout

    def sections(self) -> dict[str, str]:
        """Title → text."""
        parts = self.text.split(f"{k_rule}\n")[1:]
        self.assertEqual(len(parts) % 2, 0)
        return {title.strip(): text for title, text in zip(parts[::2], parts[1::2], strict=True)}

    def test_every_component_is_listed_with_its_version(self) -> None:
        table = self.text.split(k_rule)[0]
        self.assertTrue(table.startswith("This program consists of:\n\n  headway "), table)
        rows = [re.split(r"  +", line.strip()) for line in table.splitlines()[2:] if line]
        expected = [(entry["name"], entry["licence"]) for entry in components()]
        expected.sort(key=lambda row: row[0].lower())
        self.assertEqual([(row[0], row[2]) for row in rows], [("headway", "MIT"), *expected])
        for name, version, _ in rows:
            self.assertRegex(version, r"^(\d[\w.:+~-]*|of .+)$", name)
        self.assertEqual(list(self.sections())[: len(rows)],
                         [f"{name} {version}: {licence}" for name, version, licence in rows])

    def test_versions_are_those_of_version(self) -> None:
        said = self.headway.run(["--version"]).stdout
        table = self.text.split(k_rule)[0]
        for name, row in (("libgit2", "libgit2"), ("libcurl", "curl"), ("OpenSSL", "OpenSSL"),
                          ("c-ares", "c-ares"), ("headway", "headway")):  # fmt: skip
            version = re.search(rf"\b{name} ([\d.]+)", said)
            self.assertRegex(table, rf"(?m)^  {row} +{re.escape(version[1])}\b")

    def test_headways_own_licence(self) -> None:
        title, text = next(iter(self.sections().items()))
        self.assertRegex(title, r"^headway \d+\.\d+\.\d+: MIT$")
        self.assertEqual(text.strip(), (k_root / "LICENSE").read_text().strip())

    def test_every_licence_is_there_in_full(self) -> None:
        sections = self.sections()
        for entry in components():
            (text,) = (text for title, text in sections.items()
                       if title.startswith(f"{entry['name']} "))  # fmt: skip
            for name in entry.get("common", []):
                self.assertIn(f"The text of {name} is at the end.", text)
                text += sections[name]
            for identifier in identifiers(entry["licence"]):
                if f"OR {identifier}" in entry["licence"]:
                    continue  # The other one is chosen.
                with self.subTest(component=entry["name"], licence=identifier):
                    self.assertTrue(flat(k_own_words[identifier]) in flat(text), text[:400])
            with self.subTest(component=entry["name"]):
                self.assertTrue("copyright" in text.lower(), text[:400])

    def test_the_pinned_texts_are_whole(self) -> None:
        for entry in components():
            if "pin" in entry:
                text = (k_licences / "texts" / entry["pin"]).read_text().split("\n\n", 1)[1]
                self.assertTrue(text.strip("\n") in self.text, entry["name"])

    def test_beside_other_words(self) -> None:
        for words in (["promote", "--licenses"], ["--output", "json", "--licenses"]):
            result = self.headway.run(words)
            self.assertEqual((result.code, result.stderr), (0, ""))
            self.assertEqual(result.stdout, self.text)

    def test_a_reader_that_has_seen_enough(self) -> None:
        reader, writer = os.pipe()
        with os.fdopen(reader, "rb") as stream:
            process = subprocess.Popen([self.headway.binary, "--licenses"], stdout=writer,
                                       stderr=subprocess.PIPE, env={})  # fmt: skip
            os.close(writer)
            self.assertEqual(stream.read(4), b"This")
        with process:
            self.assertNotIn(b"terminate", process.stderr.read())
        self.assertNotEqual(process.returncode, 0)

    def test_in_an_empty_chroot(self) -> None:
        skip_unless_static()
        command = chroot_command()
        root = Path(self.enterContext(tempfile.TemporaryDirectory()))
        shutil.copy(self.headway.binary, root / "headway")
        done = subprocess.run([*command, root, "/headway", "--licenses"], env={}, check=False,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True)  # fmt: skip
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, self.text, ""))


class Linked(unittest.TestCase):
    """components.toml against the linker and the compiler."""

    maxDiff = None

    def test_every_archive_that_is_linked(self) -> None:
        skip_unless_static()
        command = ninja("-t", "commands", "headway").splitlines()[-1]
        self.assertIn(" -o headway ", command)
        with tempfile.TemporaryDirectory() as folder:
            command = command.replace(" -o headway ", f" -o {folder}/headway -Wl,-Map={folder}/map ")
            subprocess.run(command, shell=True, check=True, cwd=build_folder())
            text = Path(folder, "map").read_text(errors="replace")
        # libm.a is a linker script, which names libm-2.36.a and libmvec.a.
        asked_for = {re.sub(r"^lib(m-[\d.]+|mvec)\.a$", "libm.a", Path(path).name)
                     for path in re.findall(r"(?m)^LOAD (\S+\.a)$", text)}  # fmt: skip
        foreign = {name for name in asked_for if not name.startswith("libheadway_")}
        self.assertEqual(foreign, {name for entry in components() for name in entry.get("archives", [])})

    def test_every_header_that_is_included(self) -> None:
        """What is made of headers alone is on no link line."""
        seen, current = set(), ""
        for line in ninja("-t", "deps").splitlines():
            if not line.startswith(" "):
                current = line
            elif current.startswith("src/") and line.strip().startswith("/"):
                seen.add(os.path.realpath(line.strip()))
        pinned = {entry["pin"] for entry in components() if "pin" in entry}
        cache = re.compile(r"/[0-9a-f]{16}/([^/]+)/include/")
        packages = {match[1] for match in map(cache.search, seen) if match}
        # fmt's, c-ares' and others' are included by one another's archives alone.
        self.assertLessEqual(packages, pinned)
        self.assertGreaterEqual(packages, {"cli11", "nlohmann-json3"})
        if not shutil.which("dpkg-query"):
            self.skipTest("no dpkg knows whose headers these are")
        others = sorted(path for path in seen
                        if not cache.search(path) and not path.startswith(f"{k_root}/"))  # fmt: skip
        done = subprocess.run(["dpkg-query", "-S", *others],
                              capture_output=True, text=True, check=False)  # fmt: skip
        owners = {line.split(":")[0] for line in done.stdout.splitlines()}
        known = {entry["package"].format(gcc=r"\d+") for entry in components() if "package" in entry}
        known |= {r"libgcc-\d+-dev", *k_headers_alone}
        strangers = {owner for owner in owners
                     if not any(re.fullmatch(name, owner) for name in map(plus, known))}  # fmt: skip
        self.assertEqual(strangers, set())
        self.assertIn("libssl-dev", owners)


def plus(name: str) -> str:
    return name.replace("libstdc++", r"libstdc\+\+")


class Build(unittest.TestCase):
    """What stops a build."""

    maxDiff = None

    def setUp(self) -> None:
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        for part in ("cmake/licences", "cmake/deps"):
            shutil.copytree(k_root / part, self.folder / part)
        shutil.copy(k_root / "LICENSE", self.folder)
        self.licences = self.folder / "cmake/licences"
        self.cache = self.folder / "cache"
        self.cache.mkdir()
        (self.cache / "sources").write_text("curl_8.14.1-2+deb13u5.debian.tar.xz\n")

    def embed(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-B", self.licences / "embed.py", "--version", "1.2.3",
             "--deps-root", self.cache, "--compiler", "g++", "--output", self.folder / "data.cpp",
             "--depfile", self.folder / "data.d", "--inventory", self.folder / "data.json",
             *arguments],
            capture_output=True, text=True, check=False)  # fmt: skip

    def assert_refused(self, text: str, *arguments: str) -> None:
        done = self.embed(*arguments)
        said = done.stderr.replace(str(self.folder), "<folder>")
        self.assertEqual((done.returncode, done.stdout, said), (1, "", text))
        self.assertFalse((self.folder / "data.cpp").exists())

    def change(self, path: Path, old: str, new: str) -> None:
        text = path.read_text()
        self.assertIn(old, text)
        path.write_text(text.replace(old, new))

    def test_it_is_made_again_the_same(self) -> None:
        outputs = []
        for _ in range(2):
            done = self.embed()
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            outputs.append((self.folder / "data.cpp").read_bytes())
        self.assertEqual(*outputs)
        self.assertIn(f"{self.licences}/texts/curl ", (self.folder / "data.d").read_text())

    def test_a_new_pin(self) -> None:
        with (self.folder / "cmake/deps/pins").open("a") as file:
            file.write("leftpad 1.0 0000 none\n")
        self.assert_refused("""\
headway: error: leftpad has no licence text
  because: cmake/deps/pins has it, cmake/licences/components.toml does not
  try: add it to cmake/licences/components.toml, then run python3 cmake/licences/collect.py leftpad
""")

    def test_a_pin_that_is_gone(self) -> None:
        self.change(self.folder / "cmake/deps/pins", "\ncctz ", "\n# cctz ")
        self.assert_refused("""\
headway: error: cctz is in cmake/licences/components.toml, and not in cmake/deps/pins
  because: a licence text without its component is false
  try: remove it from cmake/licences/components.toml, and cmake/licences/texts/cctz
""")

    def test_another_version(self) -> None:
        self.change(self.folder / "cmake/deps/pins", "6766ada7101d", "000000000000")
        self.assert_refused("""\
headway: error: the licence text of curl is not of the pinned source
  because: <folder>/cmake/licences/texts/curl is of: curl 8.14.1 sha256:6766ada7101d292b42b8b15681120acd68effa4a9660935853cf6d61f0d984d4
  try: python3 cmake/licences/collect.py curl
""")

    def test_no_text(self) -> None:
        (self.licences / "texts/curl").unlink()
        self.assert_refused("""\
headway: error: curl has no licence text
  because: there is no <folder>/cmake/licences/texts/curl
  try: python3 cmake/licences/collect.py curl
""")

    def test_a_package_that_is_not_here(self) -> None:
        self.change(self.licences / "components.toml", '"libssl-dev"', '"libssl-elsewhere-dev"')
        self.assert_refused("""\
headway: error: the licence text of OpenSSL was not found
  because: none of these is a file: /usr/share/doc/libssl-elsewhere-dev/copyright
  try: install Debian's package, or put the text into FOLDER/OpenSSL and configure with -D HEADWAY_LICENCES=FOLDER
""")

    def test_a_folder_of_ones_own(self) -> None:
        self.change(self.licences / "components.toml", '"libssl-dev"', '"libssl-elsewhere-dev"')
        (self.folder / "OpenSSL").write_text("Apache, of this distribution\n")
        done = self.embed("--folder", str(self.folder))
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_a_compiler_without_static_archives(self) -> None:
        compiler = self.folder / "c++"
        compiler.write_text("#!/bin/sh\necho \"${1#-print-file-name=}\"\n")
        compiler.chmod(0o755)
        self.assert_refused("""\
headway: error: libstdc++.a was not found
  because: <folder>/c++ knows no file of this name
  try: cmake/setup build
""", "--compiler", str(compiler))

    def test_a_compiler_with_another_library(self) -> None:
        compiler = self.folder / "c++"
        compiler.write_text(f"#!/bin/sh\necho {self.folder}/llvm/libstdc++.a\n")
        compiler.chmod(0o755)
        (self.folder / "llvm").mkdir()
        (self.folder / "llvm/libstdc++.a").touch()
        self.assert_refused("""\
headway: error: <folder>/c++ does not use GCC's libstdc++
  because: the archive is in llvm
  try: cmake/setup build
""", "--compiler", str(compiler))
