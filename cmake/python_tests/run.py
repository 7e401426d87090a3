"""Runs one unittest test by its dotted name. Exit code: 0 passed, 77 skipped, 1 otherwise."""

import sys
import unittest

SKIPPED = 77


def main():
    suite = unittest.TestLoader().loadTestsFromName(sys.argv[1])
    if suite.countTestCases() == 0:
        print(f"{sys.argv[1]}: there is no test of this name", file=sys.stderr)
        return 1
    result = unittest.TextTestRunner(verbosity=2, buffer=False).run(suite)
    if not result.wasSuccessful():
        return 1
    return SKIPPED if result.skipped else 0


if __name__ == "__main__":
    sys.exit(main())
