"""Writes the licence texts of all that is linked as one C++ source file.

usage: embed.py --version VERSION --deps-root FOLDER --compiler CXX --output FILE --depfile FILE
                --inventory FILE [--folder FOLDER]

OUTPUT defines what src/cli/licence_data.hpp declares: the text of `headway --licenses`, compressed
by zlib. The inventory is the same without the texts, as JSON, for the SBOM. The same sources and
packages give the same bytes. --folder is HEADWAY_LICENCES: texts that win over the distribution's,
for machines that keep none where Debian does.
"""

import argparse
import json
import sys
import zlib
from pathlib import Path

from components import HERE, PINS, TABLE, Failure, Toolchain, common_texts, components, inventory

RULE = "=" * 80
BYTES_IN_A_LINE = 20
LICENCE = HERE.parents[1] / "LICENSE"


def section(title, text):
    return f"{RULE}\n{title}\n{RULE}\n\n{text.strip(chr(10))}\n"


def whole_text(version, found, common):
    """What --licenses prints: a table, and a section for each component and shared licence."""
    rows = [("headway", version, "MIT")]
    rows += [(entry.component.name, entry.version, entry.component.licence) for entry in found]
    widths = [max(len(row[column]) for row in rows) for column in range(2)]
    table = "".join(f"  {name:{widths[0]}}  {number:{widths[1]}}  {licence}\n"
                    for name, number, licence in rows)
    parts = [f"This program consists of:\n\n{table}"]
    parts.append(section(f"headway {version}: MIT", LICENCE.read_text("utf-8")))
    for entry in found:
        component = entry.component
        note = "".join(f"\n\nThe text of {name} is at the end.\n" for name in component.common)
        parts.append(section(f"{component.name} {entry.version}: {component.licence}",
                             entry.text.rstrip("\n") + note))
    parts += [section(name, path.read_text("utf-8")) for name, path in common.items()]
    return "\n".join(parts)


def source(text):
    """The C++ file."""
    data = zlib.compress(text, 9)
    lines = [
        "// Made by cmake/licences/embed.py.",
        "",
        '#include "cli/licence_data.hpp"',
        "",
        "namespace headway::cli {",
        "",
        "namespace {",
        "",
        "constexpr unsigned char k_data[] = {",
    ]
    for start in range(0, len(data), BYTES_IN_A_LINE):
        lines.append("    " + "".join(f"{byte}," for byte in data[start : start + BYTES_IN_A_LINE]))
    lines += [
        "};",
        "",
        "}  // namespace",
        "",
        "LicenceData licence_data() {",
        f"    return {{k_data, {len(text)}}};",
        "}",
        "",
        "}  // namespace headway::cli",
        "",
    ]
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    for option in ("version", "deps-root", "compiler", "output", "depfile", "inventory"):
        parser.add_argument(f"--{option}", required=True)
    parser.add_argument("--folder", default="")
    arguments = parser.parse_args()
    folder = Path(arguments.folder).resolve() if arguments.folder else None

    found = inventory(Path(arguments.deps_root), Toolchain(arguments.compiler), folder)
    common = common_texts(components(), folder)
    text = whole_text(arguments.version, found, common).encode()
    Path(arguments.output).write_text(source(text), "utf-8")

    described = [entry.described() for entry in found]
    Path(arguments.inventory).write_text(json.dumps(described, indent=1) + "\n", "utf-8")

    read = {LICENCE, TABLE, PINS, *common.values()}
    read.update(path for entry in found for path in entry.files)
    words = " ".join(str(path).replace(" ", "\\ ") for path in sorted(read))
    Path(arguments.depfile).write_text(f"{arguments.output}: {words}\n", "utf-8")


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit(str(failure))
