"""The JSON Schema of .headway.yml says what the parser says: the same keys, the same documents."""

from __future__ import annotations

import json
import re
import textwrap
import tomllib
import unittest
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from host import npm
from host.headway import Headway, Result

k_source = Path(__file__).resolve().parents[2]
k_schema = k_source / "src/config/headway.schema.json"
k_examples = Path(__file__).with_name("configuration_examples.toml")
k_least_examples = 400
k_absent = object()
k_repeated = re.compile(r"\{\{(.+?)\*(\d+)\}\}")

k_production = """\
environments:
  staging: {branch: deploy/staging}
  production:
    branch: deploy/production
"""
# What a document of the table stands in, how far it is indented there, and where that is.
k_places = {
    "top": ("", 0, ""),
    "environment": (k_production, 4, "/environments/production"),
    "verify": (k_production + "    verify:\n", 6, "/environments/production/verify"),
    "probe": (
        k_production + "    verify:\n      probes:\n        - url: /\n",
        10,
        "/environments/production/verify/probes/0",
    ),
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
                around, depth, _ = k_places[group["where"]]
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
                place = k_places[group["where"]][2]
                result = self.check(path)
                self.assertEqual(result.code, 0 if headway else 2, result)
                if not headway:
                    self.assert_refused(group, path, result)
                self.assertEqual(errors == [], schema, errors)
                for error in errors:
                    self.assertTrue(
                        error["where"].startswith(place) or place.startswith(error["where"]), error
                    )
                if "rule" in group:
                    self.assertIn(group["rule"], {one["rule"].split("/")[-1] for one in errors})

    def assert_refused(self, group: dict[str, Any], path: Path, result: Result) -> None:
        """For the reason that is named, and in the document, not in what is around it."""
        found = re.match(rf"headway: error: {path.name}:(\d+):\d+: ", result.stderr)
        assert found, result
        self.assertGreaterEqual(int(found[1]), k_places[group["where"]][0].count("\n"))
        self.assertIn(group["says"], result.stderr)

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


Wrap = Callable[[Any], Any]


class Nodes:
    """The schema's maps and keys, each with a document that leads there."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self.schema = schema

    def resolved(self, node: dict[str, Any]) -> dict[str, Any]:
        if "$ref" in node:
            name = node["$ref"].removeprefix("#/definitions/")
            return self.resolved(self.schema["definitions"][name])
        return node

    def example(self, node: dict[str, Any]) -> Any:
        """The last of its examples."""
        return self.resolved(node)["examples"][-1]

    def beside(self, node: dict[str, Any], key: str) -> dict[str, Any]:
        """What has to stand beside a key."""
        names = set(node.get("required", [])) - {key}
        needs = node.get("dependencies", {}).get(key, [])
        names |= set(needs if isinstance(needs, list) else needs.get("required", []))
        choice = [one["required"] for one in node.get("anyOf", [])]
        if choice and [key] not in choice:
            names |= set(choice[0])
        return {name: self.example(node["properties"][name]) for name in sorted(names)}

    def maps(
        self, node: dict[str, Any] | None = None, wrap: Wrap = lambda value: value
    ) -> Iterator[tuple[dict[str, Any], Wrap]]:
        """Each map whose keys are known, and what a value becomes that stands in its place."""
        node = self.resolved(self.schema if node is None else node)
        if "properties" in node and node.get("additionalProperties") is False:
            yield node, wrap
            for key, below in node["properties"].items():
                beside = self.beside(node, key)
                yield from self.maps(
                    below, lambda value, k=key, b=beside: wrap({**b, k: value})
                )
        for keyword in ("allOf", "anyOf", "oneOf"):
            for below in node.get(keyword, []):
                yield from self.maps(below, wrap)
        for keyword in ("then", "else"):
            if keyword in node:
                yield from self.maps(node[keyword], wrap)
        if "items" in node:
            yield from self.maps(node["items"], lambda value: wrap([value]))
        for name, below in self.named(node):
            example = self.example(node)
            yield from self.maps(
                below, lambda value, n=name, e=example: wrap({**e, n: value})
            )

    def named(self, node: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
        """What stands below the names of a map whose names are free."""
        patterns = node.get("patternProperties", {})
        if isinstance(node.get("additionalProperties"), dict):
            names = list(self.example(node))
            free = [name for name in names if not any(re.search(p, name) for p in patterns)]
            yield free[-1], node["additionalProperties"]
            for pattern, below in patterns.items():
                yield next(name for name in names if re.search(pattern, name)), below

    def keys(self) -> Iterator[tuple[str, dict[str, Any], Wrap]]:
        """Each key of each map: its name, what the schema says, and the way to a document."""
        for node, wrap in self.maps():
            for key, below in node["properties"].items():
                beside = self.beside(node, key)
                yield key, below, lambda value, k=key, b=beside, w=wrap: w({**b, k: value})


class Keys(SchemaTest):
    """The keys that the schema knows are those that the parser knows."""

    def setUp(self) -> None:
        super().setUp()
        self.nodes = Nodes(self.schema)

    def document(self, name: str, value: Any) -> Path:
        """JSON is YAML."""
        return self.write(name, json.dumps(value, ensure_ascii=False) + "\n")

    def test_the_parser_knows_the_same_keys(self) -> None:
        count = 0
        for node, wrap in self.nodes.maps():
            keys = sorted(node["properties"])
            with self.subTest(keys=keys):
                path = self.document("f.yml", wrap({"unknown-key": "x"}))
                result = self.check(path)
                self.assertEqual(result.code, 2, result)
                known = re.search(r"(?m)^  because: known keys here: (.*)$", result.stderr)
                if known:
                    self.assertIn('unknown key "unknown-key"', result.stderr)
                    self.assertEqual(known[1].split(", "), keys)
                else:
                    self.assert_reference(keys, result, wrap)
                count += 1
        self.assertGreaterEqual(count, 12)

    def assert_reference(self, keys: list[str], result: Result, wrap: Wrap) -> None:
        """A map that names a secret, which the parser takes apart by itself."""
        found = re.search(r"(?m)takes \{(\w+): NAME\} or \{(\w+): PATH\}$", result.stderr)
        assert found, result
        known = list(found.groups())
        if self.check(self.document("f.yml", wrap({"env": "NAME", "secret": False}))).code == 0:
            known.append("secret")
        self.assertEqual(keys, sorted(known))

    def test_each_example_of_a_key_is_accepted(self) -> None:
        documents = []
        for key, below, wrap in self.nodes.keys():
            examples = self.nodes.resolved(below).get("examples", [])
            for value in [*examples, *([below["default"]] if "default" in below else [])]:
                documents.append(self.document(f"{len(documents)}.yml", wrap(value)))
            self.assertTrue(examples or "$ref" in json.dumps(below), key)
        for path, errors in zip(documents, self.errors(documents), strict=True):
            with self.subTest(path.read_text(encoding="utf-8")):
                self.assertEqual(errors, [])
                result = self.check(path)
                self.assertEqual(result.code, 0, result)

    def test_no_key_takes_just_anything(self) -> None:
        documents = [
            self.document(f"{number}.yml", wrap({"no-key": {"no-key": [[]]}}))
            for number, (_, _, wrap) in enumerate(self.nodes.keys())
        ]
        self.assertGreaterEqual(len(documents), 50)
        for path, errors in zip(documents, self.errors(documents), strict=True):
            with self.subTest(path.read_text(encoding="utf-8")):
                self.assertNotEqual(errors, [])
                self.assertEqual(self.check(path).code, 2)

    def test_a_default_is_what_holds_without_the_key(self) -> None:
        checked = 0
        for key, below, wrap in self.nodes.keys():
            if "default" not in below:
                continue
            with self.subTest(key):
                without = _without_absent(wrap(k_absent))
                self.assertEqual(self.settings(wrap(below["default"])), self.settings(without))
                checked += 1
        self.assertGreaterEqual(checked, 12)

    def settings(self, document: Any) -> list[Any]:
        """Every value that headway makes of a document, without its origin."""
        path = self.document("f.yml", document)
        report = self.headway.run(["config", "--config", path.name, "--output", "json"]).json()
        self.assertEqual(report["exit_code"], 0, report)
        groups = [report["settings"], *(one["settings"] for one in report["environments"])]
        return [[(one["name"], one["value"]) for one in group] for group in groups]

    def test_every_key_is_explained(self) -> None:
        for key, below, _ in self.nodes.keys():
            with self.subTest(key):
                self.assertRegex(below["title"], r"^[A-Z][^.]*$")
                self.assertRegex(below["description"], r"(?s)^\S.*[.)]$")
                # Editors show the text of what is merged into a key in place of the key's own.
                for merged in map(self.nodes.resolved, below.get("allOf", [])):
                    self.assertFalse({"title", "description"} & set(merged), merged)

    def test_no_map_is_open_by_accident(self) -> None:
        def walk(node: Any, place: str) -> None:
            if isinstance(node, list):
                for index, below in enumerate(node):
                    walk(below, f"{place}/{index}")
            elif isinstance(node, dict):
                # What only adds rules to a map says nothing of its other keys.
                rule = re.search(r"/(?:allOf|if|dependencies)/", place + "/")
                if "properties" in node and not rule:
                    self.assertIs(node.get("additionalProperties"), False, place)
                if node.get("type") == "object" and not rule:
                    self.assertIn("additionalProperties", node, place)
                for key, below in node.items():
                    if key not in ("examples", "default"):
                        walk(below, f"{place}/{key}")

        walk(self.schema, "#")


class Values(SchemaTest):
    """One value at every key: both take it or both refuse it, but for what is explained here."""

    # As it is written in YAML.
    pool = (
        *("''", "' a '", "a", "0", "-1", "200", "1.5", "true", "~", "off", "5m", "0s", "25h"),
        *("/a", "a..b", "'@'", "a@b", "'a:b'", "refs/tags/x", "'https://a/?x'", "https://a:b@c"),
        *("ftp://a", "file://b/a", "$A", "'${A'", "'/${commit}'", "glpat-x", "ghp_x", "ä"),
        *("Fri 16:00", "'24:00'", "2026-12-24 18:00", "Post", "Hold", "2XX", "299-200", "'::1'"),
        *('"a\\tb"', '"a\\u202eb"', "x" * 101, "x" * 1025, "'(a'", "'a|b'", "[]", "{}", "[[a]]"),
        *("{a: b}", "{env: A}", "{env: A, secret: false}", "{/a: b}", "{from: 18:00, to: 08:00}"),
    )
    # Each is a group "parser" of the table, where the reason stands.
    known_to_headway_alone = re.compile(
        "unknown environment|unknown time zone|unknown template|is out of range|can never succeed|"
        "is not a regular expression|is not a range|the freeze ends where it begins"
    )

    def test_both_judge_alike(self) -> None:
        mark = "the-value"
        # A map that is shared, as that of a reference is, is looked at in one place.
        keys = {id(below): (key, wrap) for key, below, wrap in Nodes(self.schema).keys()}
        documents = [
            (key, value, json.dumps(wrap(mark)).replace(f'"{mark}"', value))
            for key, wrap in keys.values()
            for value in self.pool
        ]
        paths = [self.write(f"{number}.yml", text) for number, (*_, text) in enumerate(documents)]
        with ThreadPoolExecutor(2) as pool:
            results = list(pool.map(self.check, paths))
        disagreements = set()
        for (key, value, _), result, errors in zip(
            documents, results, self.errors(paths), strict=True
        ):
            accepted = result.code == 0
            self.assertIn(result.code, (0, 2), result)
            if accepted == (errors == []):
                continue
            explained = (
                value == "true"
                if accepted
                else self.known_to_headway_alone.search(result.stderr)
            )
            if not explained:
                disagreements.add((key, value, result.stderr))
        self.assertEqual(disagreements, set())


class Printed(SchemaTest):
    def test_the_binary_prints_the_file(self) -> None:
        result = self.headway.run(["config", "--schema"])
        self.assertEqual((result.code, result.stderr), (0, ""))
        self.assertEqual(result.stdout, k_schema.read_text(encoding="utf-8"))

    def test_as_a_part_of_the_document(self) -> None:
        result = self.headway.run(["config", "--schema", "--output", "json"])
        self.assertEqual((result.code, result.stderr), (0, ""))
        self.assertEqual(result.json()["schema"], self.schema)

    def test_it_is_a_schema(self) -> None:
        self.assertEqual(self.schema["$schema"], "http://json-schema.org/draft-07/schema#")
        self.assertEqual(self.errors_of(self.write("f.yml", "source: main\n")), [])


def _without_absent(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_absent(one) for key, one in value.items() if one is not k_absent}
    return [_without_absent(one) for one in value] if isinstance(value, list) else value


if __name__ == "__main__":
    unittest.main()
