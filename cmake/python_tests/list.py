"""Writes the CTest script that registers every test method of a folder of unittest files."""

import argparse
import os
import sys
import unittest
from pathlib import Path

RUNNER = Path(__file__).resolve().parent / "run.py"


def tests_of(suite):
    """Yields the dotted name of every test below a suite, with inherited methods, and what its
    method wants of CTest on top: its attribute `ctest_properties`, a mapping."""
    for entry in suite:
        if isinstance(entry, unittest.TestSuite):
            yield from tests_of(entry)
        else:
            method = getattr(entry, entry.id().rpartition(".")[2], None)
            yield entry.id(), getattr(method, "ctest_properties", {})


def quoted(text):
    """A CMake bracket argument: nothing in it is expanded."""
    return f"[==[{text}]==]"


def script(arguments, tests):
    """The CTest script for these tests."""
    environment = [
        f"HEADWAY_BINARY={arguments.binary}",
        f"HEADWAY_SANITIZED={1 if arguments.sanitized.upper() in ('ON', '1', 'TRUE') else 0}",
        f"PYTHONPATH={arguments.tests}",
        "PYTHONDONTWRITEBYTECODE=1",
    ]
    for name, properties in tests:
        command = " ".join(quoted(word) for word in (sys.executable, RUNNER, name))
        yield f"add_test({quoted(name)} {command})"
        wanted = {
            "LABELS": arguments.folder,
            "SKIP_RETURN_CODE": 77,
            "TIMEOUT": arguments.timeout,
            "ENVIRONMENT": ";".join(environment),
            **properties,
        }
        words = " ".join(f"{key} {quoted(value)}" for key, value in wanted.items())
        yield f"set_tests_properties({quoted(name)} PROPERTIES {words})"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for option in ("tests", "folder", "binary", "timeout", "sanitized", "output"):
        parser.add_argument(f"--{option}", required=True)
    arguments = parser.parse_args()

    sys.dont_write_bytecode = True
    sys.path.insert(0, arguments.tests)
    os.environ["HEADWAY_BINARY"] = arguments.binary
    loader = unittest.TestLoader()
    tests = []
    for file in sorted(Path(arguments.tests, arguments.folder).glob("test_*.py")):
        module = f"{arguments.folder}.{file.stem}"
        found = [
            # A file that cannot be imported is one test, which fails by saying why.
            (module if ".loader._FailedTest." in name else name, properties)
            for name, properties in tests_of(loader.loadTestsFromName(module))
        ]
        # So is a file in which no test was found: it would be left out silently.
        tests += found or [(module, {})]

    output = Path(arguments.output)
    scratch = output.with_name(f"{output.name}.{os.getpid()}")
    scratch.write_text("".join(line + "\n" for line in script(arguments, tests)), "utf-8")
    scratch.replace(output)


if __name__ == "__main__":
    main()
