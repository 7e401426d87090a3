"""Azure Pipelines' expressions and the expansion of its templates, as far as the templates go.

No package does that, so this is a second reading of the documentation; what it does not know is an
error. Types are YAML's: text, number, boolean, list, mapping.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from host.ci_machine import read_yaml

k_token = re.compile(r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>\d+)|(?P<name>[A-Za-z_][\w.]*)"
                     r"|(?P<sign>[(),\[\]]))")  # fmt: skip
k_whole = re.compile(r"\$\{\{((?:[^}']|'[^']*')*)\}\}")
k_types = {"string": str, "boolean": bool, "number": (int, float), "object": object}


def _text(value: Any) -> str:
    if value is None:
        return ""
    return str(value) if not isinstance(value, bool) else str(value)


def _equal(left: Any, right: Any) -> bool:
    """Text without regard to case; the right side is converted to the left one's type."""
    return _text(left).lower() == _text(right).lower()


def _coalesce(*values: Any) -> Any:
    return next((value for value in values if value not in (None, "")), "")


k_functions: dict[str, Callable[..., Any]] = {
    "eq": _equal,
    "ne": lambda left, right: not _equal(left, right),
    "in": lambda value, *among: any(_equal(value, one) for one in among),
    "and": lambda *values: all(values),
    "or": lambda *values: any(values),
    "not": lambda value: not value,
    "coalesce": _coalesce,
    "length": lambda value: len(value),
    "replace": lambda text, old, new: _text(text).replace(old, new),
    "trim": lambda text: _text(text).strip(),
}


def evaluate(
    expression: str, names: Mapping[str, Any], functions: Mapping[str, Callable[..., Any]] = {}
) -> Any:
    """The value of an expression; `names` are its contexts, as parameters and variables."""
    tokens: list[tuple[str, str]] = []
    at = 0
    while at < len(expression.rstrip()):
        found = k_token.match(expression, at)
        if not found:
            raise AssertionError(f"not an expression: {expression}")
        tokens.append((found.lastgroup or "", found[found.lastgroup or 0]))
        at = found.end()

    def value() -> Any:
        kind, text = tokens.pop(0)
        if kind == "text":
            return text[1:-1].replace("''", "'")
        if kind == "number":
            return int(text)
        if kind != "name":
            raise AssertionError(f"unexpected {text!r} in: {expression}")
        if tokens and tokens[0][1] == "(":
            return call(text)
        return member(text)

    def call(name: str) -> Any:
        arguments = []
        tokens.pop(0)
        while tokens[0][1] != ")":
            arguments.append(value())
            if tokens[0][1] == ",":
                tokens.pop(0)
        tokens.pop(0)
        known = {**k_functions, **functions}
        if name not in known:
            raise AssertionError(f"unknown function {name} in: {expression}")
        return known[name](*arguments)

    def member(path: str) -> Any:
        if path in ("true", "false"):
            return path == "true"
        head, *keys = path.split(".")
        if head not in names:
            raise AssertionError(f"unknown name {head} in: {expression}")
        found = names[head]
        for key in keys:
            if head == "parameters" and key not in found:
                raise AssertionError(f"there is no parameter {key}: {expression}")
            found = found.get(key, "")
        return found

    result = value()
    if tokens:
        raise AssertionError(f"more than an expression: {expression}")
    return result


def _expand_text(text: str, names: Mapping[str, Any]) -> Any:
    whole = k_whole.fullmatch(text.strip())
    if whole:
        return evaluate(whole[1], names)
    return k_whole.sub(lambda found: _text(evaluate(found[1], names)), text)


def _directive(key: Any) -> tuple[str, str] | None:
    """("if", condition), ("each", "x in y"), ("insert", "")."""
    whole = k_whole.fullmatch(key.strip()) if isinstance(key, str) else None
    word, _, rest = whole[1].strip().partition(" ") if whole else ("", "", "")
    return (word, rest) if word in ("if", "each", "insert") else None


def expand(node: Any, names: Mapping[str, Any]) -> Any:
    """A node with its directives carried out and its expressions evaluated. A value is put in as a
    node: it is never parsed as YAML or looked at for expressions again."""
    if isinstance(node, str):
        return _expand_text(node, names)
    if isinstance(node, Mapping):
        return _expand_mapping(node, names)
    if isinstance(node, Sequence):
        items: list[Any] = []
        for item in node:
            directive = _directive(next(iter(item))) if isinstance(item, Mapping) and item else None
            if directive is None:
                items.append(expand(item, names))
            elif directive[0] == "if" and evaluate(directive[1], names):
                items += expand(next(iter(item.values())), names)
        return items
    return node


def _expand_mapping(node: Mapping[str, Any], names: Mapping[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in node.items():
        directive = _directive(key)
        if directive is None:
            new = {_text(_expand_text(key, names)): expand(value, names)}
        elif directive[0] == "insert":
            new = expand(value, names)
        elif directive[0] == "if":
            new = expand(value, names) if evaluate(directive[1], names) else {}
        else:
            name, _, collection = directive[1].partition(" in ")
            new = {}
            for one, other in evaluate(collection, names).items():
                new |= expand(value, {**names, name: {"key": one, "value": other}})
        if doubled := result.keys() & new.keys():
            raise AssertionError(f"'{doubled}' is already defined")
        result |= new
    return result


def given_parameters(file: Path, known: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """What a template takes for what it was given, as Azure Pipelines checks it."""
    known = {one["name"]: one for one in known or []}
    if unknown := given.keys() - known.keys():
        raise AssertionError(f"{file.name}: Unexpected parameter {sorted(unknown)}")
    values = {}
    for name, one in known.items():
        if name not in given and "default" not in one:
            raise AssertionError(f"{file.name}: A value for the '{name}' parameter must be provided")
        value = given.get(name, one.get("default"))
        if isinstance(value, str) and one["type"] == "number":
            value = int(value)
        if not isinstance(value, k_types[one["type"]]):
            raise AssertionError(f"{file.name}: The '{name}' parameter is not a valid {one['type']}")
        if "values" in one and value not in one["values"]:
            raise AssertionError(f"{file.name}: The value '{value}' of '{name}' is not allowed")
        values[name] = value
    return values


def expand_file(
    file: Path, given: Mapping[str, Any], variables: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """A pipeline or template with all templates in it put in their places, without parameters."""
    content = dict(read_yaml(file))
    values = given_parameters(file, content.pop("parameters", None), given)
    if variables is None:
        variables = content.get("variables", {})
    expanded = expand(content, {"parameters": values, "variables": variables})
    included: dict[str, Any] = _include(expanded, file, variables)
    return included


def _include(node: Any, file: Path, variables: Mapping[str, str]) -> Any:
    """References to templates, replaced by what these hold for the same list."""
    if isinstance(node, dict):
        return {key: _include_list(value, key, file, variables) if isinstance(value, list)
                else _include(value, file, variables) for key, value in node.items()}  # fmt: skip
    return node


def _include_list(items: list[Any], key: str, file: Path, variables: Mapping[str, str]) -> list[Any]:
    result: list[Any] = []
    for item in items:
        if isinstance(item, dict) and "template" in item:
            template = (file.parent / item["template"]).resolve()
            result += expand_file(template, item.get("parameters", {}), variables)[key]
        else:
            result.append(_include(item, file, variables))
    return result
