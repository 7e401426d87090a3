"""Runs clang-tidy on the project's own translation units of a finished build folder, in parallel.

A file that was clean is looked at again only when it, a header it includes, or the configuration
changed: the build has recorded what it includes. Exit code 1 when there is any finding.
"""

import hashlib
import json
import os
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OWN = ("src", "tests", "cmake")


def recorded_includes(build):
    """Object file → the files that it was made from, as ninja recorded them."""
    text = subprocess.run(
        ["ninja", "-C", build, "-t", "deps"], check=True, capture_output=True, text=True
    ).stdout
    result, current = {}, None
    for line in text.splitlines():
        if line.startswith("    "):
            result[current].append(os.path.normpath(os.path.join(build, line.strip())))
        elif ":" in line:
            current = line.split(":", 1)[0]
            result[current] = []
    return result


class Checker:
    """Remembers clean files in a folder of stamps, one for each source file."""

    def __init__(self, build):
        self.build = build
        self.stamps = build / "clang-tidy"
        self.stamps.mkdir(exist_ok=True)
        self.includes = recorded_includes(build)
        self.digests = {}
        version = subprocess.run(["clang-tidy", "--version"], check=True, capture_output=True)
        self.base = version.stdout + b"".join(
            path.read_bytes() for path in sorted(ROOT.rglob(".clang-tidy"))
        )

    def digest(self, path):
        """Hash of one file of ours; of others the name says the version well enough."""
        if path not in self.digests:
            content = path.encode()
            if path.startswith(f"{ROOT}{os.sep}") and os.path.exists(path):
                content = hashlib.sha256(Path(path).read_bytes()).digest()
            self.digests[path] = content
        return self.digests[path]

    def key(self, entry):
        """Changes whenever the outcome for this entry might."""
        words = shlex.split(entry["command"])
        output = words[words.index("-o") + 1]
        inputs = {entry["file"], *self.includes.get(output, [])}
        hasher = hashlib.sha256(self.base + entry["command"].encode())
        for path in sorted(inputs):
            hasher.update(self.digest(path))
        return hasher.hexdigest()

    def check(self, entry):
        """The findings in one translation unit, as text; empty when it is clean."""
        name = os.path.relpath(entry["file"], ROOT)
        stamp = self.stamps / name.replace(os.sep, "+")
        key = self.key(entry)
        if stamp.exists() and stamp.read_text() == key:
            return ""
        run = subprocess.run(
            # The flags may be those of GCC, which has warnings of its own.
            [
                "clang-tidy", "--quiet", "--extra-arg=-Wno-unknown-warning-option",
                "-p", self.build, entry["file"],
            ],  # fmt: skip
            capture_output=True,
            text=True,
        )
        if run.returncode == 0 and not run.stdout.strip():
            stamp.write_text(key)
            return ""
        return f"{name}:\n{run.stdout}" + (run.stderr if run.returncode and not run.stdout else "")


def main():
    build = (ROOT / sys.argv[1]).resolve()
    entries = [
        entry
        for entry in json.loads((build / "compile_commands.json").read_text())
        if Path(entry["file"]).is_relative_to(ROOT)
        and Path(entry["file"]).relative_to(ROOT).parts[0] in OWN
    ]
    if not entries:
        print(f"{build}: no translation unit of ours is in compile_commands.json")
        return 1
    checker = Checker(build)
    failed = 0
    jobs = int(os.environ.get("HEADWAY_JOBS") or len(os.sched_getaffinity(0)))
    with ThreadPoolExecutor(jobs) as pool:
        for text in pool.map(checker.check, entries):
            if text:
                failed += 1
                print(text, flush=True)
    print(f"{len(entries)} translation units, {failed} with findings")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
