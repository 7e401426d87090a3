"""Writes the time-zone data of this distribution as one C++ source file.

usage: zone_data.py ZIC TZDATA OUTPUT

ZIC compiles TZDATA (IANA's rules: tzdata.zi) into TZif files (RFC 8536); OUTPUT defines what
src/calendar/zone_data.hpp declares. The same rules give the same bytes: names are sorted, zones
that are links or copies of each other share their data, and no path or time goes in.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

MAGIC = b"TZif"
LITERAL_BYTES = 24


def compiled(zic, rules, folder):
    """Yields (name, TZif bytes) for every zone and link of the rules."""
    result = subprocess.run(
        [zic, "-b", "slim", "-d", folder, rules], capture_output=True, text=True, check=False
    )
    if result.returncode != 0:
        sys.exit(f"{zic} could not compile {rules}:\n{result.stderr}")
    for path in sorted(Path(folder).rglob("*")):
        if path.is_file():
            yield path.relative_to(folder).as_posix(), path.read_bytes()


def literal(data):
    """The bytes as lines of a C++ string literal; octal escapes end after three digits."""
    for start in range(0, len(data), LITERAL_BYTES):
        line = data[start : start + LITERAL_BYTES]
        yield '    "' + "".join(f"\\{byte:03o}" for byte in line) + '"'


def source(zones):
    """The lines of the C++ file."""
    numbers = {}
    yield "// Made by cmake/zone_data.py."
    yield ""
    yield '#include "calendar/zone_data.hpp"'
    yield ""
    yield "namespace headway::calendar {"
    yield ""
    yield "namespace {"
    yield ""
    for _, data in zones:
        if data not in numbers:
            numbers[data] = len(numbers)
            yield f"constexpr char k_data_{numbers[data]}[] ="
            yield from literal(data)
            yield "    ;"
            yield ""
    yield "constexpr ZoneData k_zones[] = {"
    for name, data in zones:
        yield f'    {{"{name}", {{k_data_{numbers[data]}, {len(data)}}}}},'
    yield "};"
    yield ""
    yield "}  // namespace"
    yield ""
    yield "std::span<const ZoneData> zone_data() {"
    yield "    return k_zones;"
    yield "}"
    yield ""
    yield "}  // namespace headway::calendar"


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    zic, rules, output = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        zones = sorted(compiled(zic, rules, folder))
    if not zones or any(not data.startswith(MAGIC) for _, data in zones):
        sys.exit(f"{zic} made no TZif files of {rules}")
    Path(output).write_text("\n".join(source(zones)) + "\n", "utf-8")


if __name__ == "__main__":
    main()
