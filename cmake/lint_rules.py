"""Checks what a compiler does not: the direction of dependencies, and rules about text.

Prints one line per finding, as path:line: text; exit code 1 when there is any.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# What the folders below src/ may include of each other, besides the contracts in include/.
LAYERS = {
    "contracts": set(),
    "calendar": set(),
    "pattern": set(),
    "core": set(),
    "config": set(),
    "git": set(),
    "http": set(),
    "notify": set(),
    "forge": set(),
    "cli": {"core", "config", "git", "http", "notify", "forge"},
}
# Which folder may include a third party's header. The contracts may include none of them.
THIRD_PARTY = {
    "git2": {"git"},
    "curl": {"http"},
    "yaml-cpp": {"config"},
    "cctz": {"calendar"},
    "pcre2": {"pattern"},
    "CLI": {"cli"},
}
# --version prints the version of what is linked, libgit2's header has it as a constant.
EXEMPT = {Path("src/cli/version.cpp")}
CPP = (".hpp", ".cpp")
MAX_LINES = 400

INCLUDE = re.compile(r'^\s*#\s*include\s+[<"]([^>"]+)[>"]')
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b|for n" r"ow\b|not implem" r"ented", re.I)
PRINTS = re.compile(r"std::(cout|cerr|clog|puts|printf|fputs)\b|fmt::print\b|\bfprintf\s*\(")


def files():
    """The project's own C++ files and the folder of src/ each belongs to ("" for none)."""
    for top in ("include", "src", "tests"):
        for path in sorted((ROOT / top).rglob("*")):
            if path.suffix in CPP and path.is_file():
                relative = path.relative_to(ROOT)
                layer = relative.parts[1] if top == "src" and len(relative.parts) > 2 else ""
                yield path, relative, top, layer


def include_findings(name, top, layer):
    """What is wrong with including this name from there."""
    first = name.split("/")[0].removesuffix(".h")
    if top == "include":
        if first in THIRD_PARTY or first in ("fmt", "nlohmann", "openssl"):
            yield f"a contract includes {name}: contracts use the standard library only"
        elif first in LAYERS:
            yield f"a contract includes {name}, which is an implementation"
    elif top == "src" and layer:
        if layer not in LAYERS:
            yield f"src/{layer} is unknown: give it its place in {Path(__file__).name}"
        elif first in LAYERS and first != layer and first not in LAYERS[layer]:
            yield f"src/{layer} includes {name}: dependencies point cli → core → contracts only"
        elif first in THIRD_PARTY and layer not in THIRD_PARTY[first]:
            yield f"src/{layer} includes {name}, which belongs to {sorted(THIRD_PARTY[first])}"


def findings(path, relative, top, layer):
    """Yields (line number, text) for one file."""
    lines = path.read_text("utf-8").splitlines()
    if path.suffix == ".hpp" and not any(line.strip() == "#pragma once" for line in lines):
        yield 1, "a header without #pragma once"
    if top != "tests" and len(lines) > MAX_LINES:
        yield MAX_LINES, f"{len(lines)} lines: more than {MAX_LINES}, split it by concern"
    for number, line in enumerate(lines, 1):
        if match := INCLUDE.match(line):
            for text in include_findings(match[1], top, layer):
                if relative not in EXEMPT:
                    yield number, text
        if match := UNFINISHED.search(line):
            yield number, f"unfinished work: {match[0]}"
        if top == "src" and layer not in ("cli", "") and PRINTS.search(line):
            yield number, "prints: only src/cli does"


def main():
    count = 0
    for path, relative, top, layer in files():
        for number, text in findings(path, relative, top, layer):
            print(f"{relative}:{number}: {text}")
            count += 1
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
