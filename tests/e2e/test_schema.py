"""The JSON Schema of .headway.yml says what the parser says: the same keys, the same documents."""

from __future__ import annotations

import json
import re
import textwrap
import tomllib
import unittest
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from host import npm
from host.headway import Headway, Result

k_source = Path(__file__).resolve().parents[2]
k_schema = k_source / "src/config/headway.schema.json"
k_examples = Path(__file__).with_name("configuration_examples.toml")
k_least_examples = 400
k_repeated = re.compile(r"\{\{(.+?)\*(\d+)\}\}")

k_production = """\
environments:
  staging: {branch: deploy/staging}
  production:
    branch: deploy/production
"""
# What a document of the table stands in, and how far it is indented there.
k_places = {
    "top": ("", 0),
    "environment": (k_production, 4),
    "verify": (k_production + "    verify:\n", 6),
    "probe": (k_production + "    verify:\n      probes:\n        - url: /\n", 10),
}


def unfolded(text: str) -> str:
    """{{TEXT*N}} becomes TEXT so many times, with # the number of each."""
    return k_repeated.sub(
        lambda match: "".join(
            match[1].replace("#", str(number)) for number in range(int(match[2]))
        ),
        text,
    )


class SchemaTest(unittest.TestCase):
    maxDiff = None

    def setUp(self) -> None:
        self.headway = self.enterContext(Headway())
        self.schema = json.loads(k_schema.read_text(encoding="utf-8"))

    def write(self, name: str, text: str) -> Path:
        path: Path = self.headway.work / name
        path.write_text(text, encoding="utf-8")
        return path

    def check(self, path: Path) -> Result:
        return self.headway.run(["config", "--check", "--config", path.name])

    def errors(self, paths: list[Path]) -> list[list[dict[str, Any]]]:
        """What the schema finds wrong with each file."""
        found = npm.schema_errors(k_schema, paths)
        return [found[str(path)] for path in paths]

    def errors_of(self, path: Path) -> list[dict[str, Any]]:
        return self.errors([path])[0]


class Examples(SchemaTest):
    """Every document of the table, shown to both."""

    def table(self, verdict: str) -> Iterator[tuple[dict[str, Any], str, Path]]:
        """The group, the document as written and the file of each example."""
        for group in tomllib.loads(k_examples.read_text(encoding="utf-8"))["examples"]:
            if group["verdict"] == verdict:
                around, depth = k_places[group["where"]]
                for number, document in enumerate(group["documents"]):
                    name = re.sub(r"\W+", "-", f"{group['kind']} {number}") + ".yml"
                    text = around + textwrap.indent(unfolded(document), " " * depth)
                    yield group, document, self.write(name, text)

    def assert_verdicts(self, verdict: str, headway: bool, schema: bool) -> None:
        """Both say of each document whether it is right, and for the reason that is named."""
        table = list(self.table(verdict))
        self.assertTrue(table)
        for (group, document, path), errors in zip(
            table, self.errors([path for _, _, path in table]), strict=True
        ):
            with self.subTest(kind=group["kind"], document=document):
                result = self.check(path)
                self.assertEqual(result.code, 0 if headway else 2, result)
                if not headway:
                    self.assertRegex(result.stderr, rf"\Aheadway: error: {path.name}:\d+:\d+: ")
                    self.assertIn(group["says"], result.stderr)
                rules = {error["rule"].split("/")[-1] for error in errors}
                self.assertEqual(errors == [], schema, errors)
                if "rule" in group:
                    self.assertIn(group["rule"], rules)

    def test_accepted_by_both(self) -> None:
        self.assert_verdicts("accepted", headway=True, schema=True)

    def test_rejected_by_both(self) -> None:
        self.assert_verdicts("rejected", headway=False, schema=False)

    def test_rejected_by_the_parser_alone(self) -> None:
        self.assert_verdicts("parser", headway=False, schema=True)

    def test_rejected_by_the_schema_alone(self) -> None:
        self.assert_verdicts("schema", headway=True, schema=False)

    def test_no_yaml(self) -> None:
        for group, document, path in self.table("yaml"):
            with self.subTest(document=document):
                result = self.check(path)
                self.assertEqual(result.code, 2, result)
                self.assertIn(group["says"], result.stderr)

    def test_the_table_is_whole(self) -> None:
        groups = tomllib.loads(k_examples.read_text(encoding="utf-8"))["examples"]
        count = sum(len(group["documents"]) for group in groups)
        self.assertGreaterEqual(count, k_least_examples)
        for group in groups:
            with self.subTest(group["kind"]):
                self.assertEqual(len(set(group["documents"])), len(group["documents"]))
                alone = group["verdict"] in ("parser", "schema")
                self.assertEqual("because" in group, alone)

    def test_shipped_examples(self) -> None:
        paths = sorted(k_source.glob("examples/**/*headway.yml"))
        self.assertTrue(paths)
        for path, errors in zip(paths, self.errors(paths), strict=True):
            with self.subTest(path.name):
                self.assertEqual(errors, [])
                result = self.headway.run(["config", "--check", "--config", str(path)])
                self.assertEqual(result.code, 0, result)


if __name__ == "__main__":
    unittest.main()
