"""The manual page: sound roff, and it covers what there is."""

from __future__ import annotations

import re
import shutil
import subprocess
import unittest
from pathlib import Path

from host.headway import Headway

k_told_in_short = ("GITHUB_", "GITEA_", "FORGEJO_", "BUILD_", "SYSTEM_", "BITBUCKET_", "CI_")
"""The beginnings of names that stand in the manual as NAME_*."""
k_sources = Path(__file__).resolve().parents[2] / "src"


class Manual(unittest.TestCase):
    maxDiff = None

    def setUp(self) -> None:
        self.headway = self.enterContext(Headway())
        result = self.headway.run(["man"])
        self.assertEqual((result.code, result.stderr), (0, ""))
        self.page = result.stdout

    def program(self, name: str, *arguments: str) -> str:
        """What a formatter prints of the page; it must have nothing to say against it."""
        path = shutil.which(name)
        if not path:
            self.skipTest(f"no {name}")
        done = subprocess.run(
            [path, *arguments], input=self.page, capture_output=True, text=True, check=False,
            timeout=60,
        )  # fmt: skip
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def rendered(self) -> str:
        """The page as read, in one line, without hyphenation."""
        text = self.program("groff", "-man", "-Tascii", "-P-c", "-rHY=0", "-ww")
        text = re.sub(r".\x08", "", text)
        return re.sub(r"\s+", " ", text)

    def test_groff_has_no_warning(self) -> None:
        self.assertEqual(self.program("groff", "-man", "-ww", "-z", "-Tutf8"), "")

    def test_mandoc_has_no_error(self) -> None:
        self.program("mandoc", "-T", "lint", "-W", "error")

    def test_it_is_ascii(self) -> None:
        self.assertTrue(self.page.isascii())
        self.assertNotIn("\n\n", self.page)

    def test_sections(self) -> None:
        self.assertEqual(
            re.findall(r"(?m)^\.SH (.*)$", self.page),
            ["NAME", "SYNOPSIS", "DESCRIPTION", "COMMANDS", "SETTINGS", "OPTIONS OF ALL COMMANDS",
             "ENVIRONMENT", "FILES", "EXIT STATUS", "EXAMPLES", "SEE ALSO"],
        )  # fmt: skip

    def test_every_command_option_and_example(self) -> None:
        help_of = lambda *words: self.headway.run([*words]).stdout  # noqa: E731
        text = self.rendered()
        commands = re.findall(r"(?m)^  ([a-z]+) +[A-Z]", help_of("--help").split("Options:")[0])
        self.assertGreater(len(commands), 8)
        seen = 0
        for command in commands:
            self.assertIn(f"headway {command} [OPTIONS]", text)
            whole = help_of(command, "--help-all")
            for option in re.findall(r"(?m)^  (?:-\w,)?(--[a-z-]+(?: [A-Z=]+)?)", whole):
                if option != "--help":
                    self.assertRegex(text, rf"(?<!\S){re.escape(option)}(?!\S)", command)
                    seen += 1
            for example in re.findall(r"(?m)^  (headway .*)$", whole):
                self.assertIn(re.sub(r"\s+", " ", example), text)
        self.assertGreater(seen, 200)

    def test_every_exit_code(self) -> None:
        section = self.page.split(".SH EXIT STATUS")[1].split(".SH")[0]
        self.assertEqual(
            re.findall(r"\\fB(\d+)\\fR", section),
            ["0", "1", "2", "3", "4", "5", "6", "7", "8", "130"],
        )

    def test_every_variable_that_is_read(self) -> None:
        """All that the sources ask for by name, but for those that stand for an option."""
        read = set()
        for path in k_sources.rglob("*.cpp"):
            text = path.read_text("utf-8")
            for call in re.findall(r"(?:variables?|from_ci|first_set)\(([^;]*?)\)", text):
                read |= set(re.findall(r'"([A-Z][A-Z0-9_]+)"', call))
        self.assertLess({"NO_COLOR", "CI_JOB_TOKEN", "HEADWAY_BRANCH"}, read)
        table = (k_sources / "config/ci.cpp").read_text("utf-8")
        told = set(re.findall(r"{([A-Z][A-Z0-9_]+)[:=}]", table))
        self.assertLess({"CI_PROJECT_URL", "GITHUB_SHA", "BITBUCKET_COMMIT", "GIT_URL"}, told)
        read = {n for n in read | told if not n.startswith(k_told_in_short)} - {"NAME"}
        options = self.headway.run(["--help-all"]).stdout
        text = self.page.replace("\\-", "-")
        for name in read:
            flag = "--" + name.removeprefix("HEADWAY_").lower().replace("_", "-")
            if name.startswith("HEADWAY_") and f"{flag} " in options:
                continue
            self.assertIn(name, text)

    def test_in_json(self) -> None:
        self.assertEqual(self.headway.run(["man", "--output", "json"]).json()["page"], self.page)


if __name__ == "__main__":
    unittest.main()
