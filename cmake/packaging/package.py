"""Makes the files of a release from a finished build folder.

usage: package.py BUILD OUTPUT

Writes to the folder OUTPUT, NAME being headway-VERSION-linux-ARCH:
  NAME              the program
  NAME.tar.gz       the program, README, LICENSE, third-party licences, SBOM, and what the program
                    writes itself, if it does: man page, completions
  NAME.spdx.json    the SBOM
  download.sh       ci-templates/download.sh with this version and this program's hash filled in
  SHA256SUMS        of these, for sha256sum -c
SOURCE_DATE_EPOCH is the time of everything in there. The same build gives the same bytes.
"""

import gzip
import hashlib
import io
import json
import os
import platform
import re
import subprocess
import sys
import tarfile
from pathlib import Path

import sbom

ROOT = Path(__file__).resolve().parents[2]
COMPLETIONS = {"bash": "headway.bash", "zsh": "_headway", "fish": "headway.fish"}


class Program:
    """The finished program, which knows most of what goes beside it."""

    def __init__(self, path):
        self.path = path
        self.bytes = path.read_bytes()
        match = re.match(r"headway (\d+\.\d+\.\d+) \(commit (\w+)\)\n", self.run("--version"))
        if not match:
            sys.exit(f"headway: error: {path} does not say its version")
        self.version, self.commit = match.groups()
        self.commands = set(re.findall(r"(?m)^  (\w+)  ", self.run("--help")))

    def run(self, *arguments):
        done = subprocess.run([self.path, *arguments], env={}, stdin=subprocess.DEVNULL,
                              capture_output=True, check=False)
        if done.returncode != 0:
            sys.exit(f"headway: error: {self.path} {' '.join(arguments)} failed\n"
                     f"  because: it ended with {done.returncode}: {done.stderr.decode()}")
        return done.stdout.decode()


def contents(program, bill):
    """Name → (bytes, mode) of all that is in the archive."""
    plain = {
        "README.md": (ROOT / "README.md").read_bytes(),
        "LICENSE": (ROOT / "LICENSE").read_bytes(),
        "THIRD-PARTY-LICENSES.txt": program.run("--licenses").encode(),
        "sbom.spdx.json": bill,
    }
    if "man" in program.commands:
        plain["headway.1"] = program.run("man").encode()
    if "completion" in program.commands:
        for shell, name in COMPLETIONS.items():
            plain[f"completions/{name}"] = program.run("completion", shell).encode()
    files = {name: (data, 0o644) for name, data in plain.items()}
    files["headway"] = (program.bytes, 0o755)
    return files


def archive(name, files, epoch):
    """The bytes of a .tar.gz with one folder, `name`; nothing of this machine goes in."""
    names = sorted({f"{name}/{file}" for file in files})
    folders = {parent for entry in names for parent in map(str, Path(entry).parents) if parent != "."}
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for entry in sorted(folders | set(names)):
            info = tarfile.TarInfo(entry)
            info.mtime = epoch
            info.uname = info.gname = "root"
            if entry in folders:
                info.type, info.mode = tarfile.DIRTYPE, 0o755
                tar.addfile(info)
            else:
                data, info.mode = files[entry.removeprefix(f"{name}/")]
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
    # No name and no time in its header, as gzip -n.
    packed = io.BytesIO()
    with gzip.GzipFile(filename="", fileobj=packed, mode="wb", compresslevel=9, mtime=0) as file:
        file.write(stream.getvalue())
    return packed.getvalue()


def pinned_download(version, machine, digest):
    """ci-templates/download.sh for this release alone."""
    text = (ROOT / "ci-templates/download.sh").read_text("utf-8")
    for key, value in (("version", version), (f"sha256_{machine}", digest)):
        text, count = re.subn(rf"(?m)^{key}=$", f"{key}={value}", text)
        if count != 1:
            sys.exit(f"headway: error: ci-templates/download.sh has no place for {key}")
    return text.encode()


def main():
    if len(sys.argv) != 3 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    build, output = map(Path, sys.argv[1:])
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not epoch.isdigit():
        sys.exit("headway: error: SOURCE_DATE_EPOCH is not set\n"
                 "  because: a release is of its commit's time, not of the clock's\n"
                 "  try: cmake/release, which sets it")
    epoch = int(epoch)
    program = Program((build / "headway").resolve())
    inventory = json.loads((build / "src/cli/licence_data.cpp.json").read_text("utf-8"))

    machine = platform.machine()
    name = f"headway-{program.version}-linux-{machine}"
    bill = sbom.document(name, program.version, program.commit, program.bytes, inventory, epoch)
    digest = hashlib.sha256(program.bytes).hexdigest()
    files = {
        "download.sh": pinned_download(program.version, machine, digest),
        name: program.bytes,
        f"{name}.spdx.json": bill,
        f"{name}.tar.gz": archive(name, contents(program, bill), epoch),
    }
    sums = "".join(f"{hashlib.sha256(data).hexdigest()}  {file}\n"
                   for file, data in sorted(files.items()))
    output.mkdir(parents=True, exist_ok=True)
    for file, data in {**files, "SHA256SUMS": sums.encode()}.items():
        (output / file).write_bytes(data)
        (output / file).chmod(0o755 if file in (name, "download.sh") else 0o644)


if __name__ == "__main__":
    main()
