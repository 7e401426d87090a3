"""Brings the licence texts of the pinned sources up to date.

usage: collect.py [--check] [PACKAGE…]

Fetches the pinned sources (cmake/deps/fetch), and writes cmake/licences/texts/PACKAGE for each that
is linked, or for those named: what components.toml lists of the files in the tarball. With --check
nothing is written; exit code 1, and the names, when a text is not what the source has.
"""

import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from components import PINS, TEXTS, Failure, components, sha256_of


def notice(text, name):
    """The comment that a C or C++ file begins with, without its decoration."""
    lines = []
    style = None
    for line in text.splitlines():
        stripped = line.strip()
        if style is None:
            if stripped.startswith("/*"):
                style = "block"
                stripped = stripped.removeprefix("/*")
            elif stripped.startswith("//"):
                style = "line"
            else:
                continue  # in front of it: empty lines, #pragma once
        if style == "line":
            if not stripped.startswith("//"):
                break
            lines.append(stripped.removeprefix("//"))
        else:
            body, end, _ = stripped.partition("*/")
            lines.append(body.removeprefix("*"))
            # The licence may be in the second of two comments.
            if end and "opyright" in "".join(lines):
                break
            if end:
                style = None
    cleaned = "\n".join(line.removeprefix(" ").rstrip() for line in lines).strip("\n")
    if "opyright" not in cleaned:
        raise Failure(f"{name} begins with no notice", "its first comment names no copyright",
                      "name another file in cmake/licences/components.toml")
    return cleaned


class Source:
    """The pinned tarball of one package."""

    def __init__(self, package, folder):
        (path,) = folder.glob(f"{package}_*.orig.tar.*")
        self.version = path.name.split("_", 1)[1].split(".orig.tar.")[0]
        self.sha256 = sha256_of(path)
        self.name = path.name
        with tarfile.open(path) as tar:
            self.files = {
                member.name.partition("/")[2]: tar.extractfile(member).read()
                for member in tar
                if member.isfile()
            }

    def read(self, name):
        if name not in self.files:
            raise Failure(f"{self.name} has no {name}",
                          "cmake/licences/components.toml names it for the licence",
                          "find where the licence is now, and correct that file")
        return self.files[name].decode("utf-8")


def text_of(component, source):
    """The content of texts/PACKAGE: what it is of, and the texts."""
    parts = [f"{component.pin} {source.version} sha256:{source.sha256}\n"]
    for entry in component.texts:
        name, _, part = entry.partition("#")
        text = source.read(name)
        text = "\n".join(line.rstrip() for line in text.splitlines()).strip("\n")
        parts.append(f"{name}:\n\n{notice(text, name)}\n" if part else f"{text}\n")
    return "\n".join(parts)


def main():
    names = [word for word in sys.argv[1:] if word != "--check"]
    check = len(names) != len(sys.argv) - 1
    wanted = [entry for entry in components()
              if entry.pin and entry.linked and (not names or entry.pin in names)]
    unknown = set(names) - {entry.pin for entry in wanted}
    if unknown or any(name.startswith("-") for name in names):
        sys.exit(__doc__)
    stale = 0
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run([PINS.parent / "fetch", scratch], check=True)
        for component in wanted:
            text = text_of(component, Source(component.pin, Path(scratch)))
            path = TEXTS / component.pin
            if path.is_file() and path.read_text("utf-8") == text:
                continue
            stale += 1
            print(f"{path}: {'is not what the source has' if check else 'written'}")
            if not check:
                path.write_text(text, "utf-8")
    return 1 if check and stale else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as failure:
        sys.exit(str(failure))
