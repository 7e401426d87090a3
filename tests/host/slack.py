"""Slack's rules for a message, and how a message looks as plain text."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

k_max_blocks = 50
k_max_fields = 10
k_max_url = 3000
k_max_text = 40000

_k_elements = {"actions": 25, "context": 10}
_k_text_limits = {"header": 150, "section": 3000}
_k_field_limit = 2000
_k_button_limit = 75
_k_known_blocks = {
    "actions", "context", "divider", "file", "header", "image", "input", "markdown", "rich_text",
    "section", "video",
}  # fmt: skip


def violations(payload: Any) -> list[str]:
    """What Slack would refuse in an incoming webhook's payload; empty if nothing."""
    if not isinstance(payload, dict):
        return ["the payload is no JSON object"]
    return list(_payload_violations(payload))


def _payload_violations(payload: dict[str, Any]) -> Iterator[str]:
    text, blocks = payload.get("text"), payload.get("blocks", [])
    if text is not None and not isinstance(text, str):
        yield "text is no string"
    elif len(text or "") > k_max_text:
        yield f"text has {len(text or '')} characters, more than {k_max_text}"
    if not text and not blocks and not payload.get("attachments"):
        yield "no text, blocks or attachments"
    if blocks and not text:
        yield "blocks without text: notifications and screen readers would show nothing"
    yield from _block_list("blocks", blocks)
    attachments = payload.get("attachments", [])
    if not isinstance(attachments, list):
        yield "attachments is no list"
        return
    for index, attachment in enumerate(attachments):
        yield from _block_list(f"attachments[{index}].blocks", attachment.get("blocks", []))


def _block_list(where: str, blocks: Any) -> Iterator[str]:
    if not isinstance(blocks, list):
        yield f"{where} is no list"
        return
    if len(blocks) > k_max_blocks:
        yield f"{where} has {len(blocks)} blocks, more than {k_max_blocks}"
    for index, block in enumerate(blocks):
        for violation in _block(block):
            yield f"{where}[{index}]: {violation}"


def _block(block: Any) -> Iterator[str]:
    kind = block.get("type") if isinstance(block, dict) else None
    if kind not in _k_known_blocks:
        yield f"unknown block type {kind!r}"
        return
    if kind == "header":
        yield from _text("text", block.get("text"), _k_text_limits[kind], plain=True)
    elif kind == "section":
        yield from _section(block)
    elif kind in _k_elements:
        elements = block.get("elements")
        if not isinstance(elements, list) or not elements:
            yield f"{kind} without elements"
            return
        if len(elements) > _k_elements[kind]:
            yield f"{len(elements)} elements, more than {_k_elements[kind]}"
        for index, element in enumerate(elements):
            for violation in _element(element):
                yield f"elements[{index}]: {violation}"
    elif kind == "image":
        yield from _url("image_url", block.get("image_url"))
        if not block.get("alt_text"):
            yield "image without alt_text"


def _section(block: dict[str, Any]) -> Iterator[str]:
    fields = block.get("fields", [])
    if "text" in block:
        yield from _text("text", block["text"], _k_text_limits["section"])
    elif not fields:
        yield "section without text and fields"
    if len(fields) > k_max_fields:
        yield f"{len(fields)} fields, more than {k_max_fields}"
    for index, item in enumerate(fields):
        yield from _text(f"fields[{index}]", item, _k_field_limit)
    if "accessory" in block:
        yield from _element(block["accessory"])


def _element(element: Any) -> Iterator[str]:
    kind = element.get("type") if isinstance(element, dict) else None
    if kind == "button":
        yield from _text("text", element.get("text"), _k_button_limit, plain=True)
        if "url" in element:
            yield from _url("url", element["url"])
    elif kind in ("mrkdwn", "plain_text"):
        yield from _text("text", element, _k_text_limits["section"])
    elif kind == "image":
        yield from _url("image_url", element.get("image_url"))
    elif not isinstance(kind, str):
        yield "an element without a type"


def _text(where: str, value: Any, limit: int, *, plain: bool = False) -> Iterator[str]:
    kinds = ("plain_text",) if plain else ("plain_text", "mrkdwn")
    if not isinstance(value, dict) or value.get("type") not in kinds:
        yield f"{where} is no text object of type {' or '.join(kinds)}"
        return
    text = value.get("text")
    if not isinstance(text, str) or not text:
        yield f"{where} has no text"
    elif len(text) > limit:
        yield f"{where} has {len(text)} characters, more than {limit}"


def _url(where: str, value: Any) -> Iterator[str]:
    if not isinstance(value, str) or not re.match(r"https?://", value):
        yield f"{where} is no URL: {value!r}"
    elif len(value) > k_max_url:
        yield f"{where} has {len(value)} characters, more than {k_max_url}"


def render(payload: dict[str, Any]) -> str:
    """The message as a person would read it, for a terminal: the blocks, or else the text.

    Ends with a newline unless it is empty.
    """
    blocks = list(payload.get("blocks", []))
    for attachment in payload.get("attachments", []):
        blocks += attachment.get("blocks", [])
        blocks += [{"type": "section", "text": {"type": "mrkdwn", "text": attachment[key]}}
                   for key in ("pretext", "text") if attachment.get(key)]  # fmt: skip
    lines = [line for block in blocks for line in _rendered(block)]
    if not payload.get("blocks") and payload.get("text"):
        lines = [*_lines(payload["text"]), *lines]
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _rendered(block: dict[str, Any]) -> Iterator[str]:
    kind = block.get("type")
    if kind == "divider":
        yield "─" * 40
    elif kind == "header":
        lines = list(_lines(block["text"]["text"], plain=True))
        yield from lines
        yield "═" * max(map(len, lines))
    elif kind == "section":
        for item in [block.get("text"), *block.get("fields", []), block.get("accessory")]:
            if item:
                yield from _element_lines(item)
    elif kind == "context":
        yield "  ".join(line for e in block["elements"] for line in _element_lines(e))
    elif kind == "actions":
        yield "  ".join(line for e in block["elements"] for line in _element_lines(e))
    elif kind == "image":
        yield f"[{block.get('alt_text', 'image')}]"
    elif kind == "rich_text":
        for element in block["elements"]:
            yield from _rich_lines(element)


def _rich_lines(element: dict[str, Any]) -> Iterator[str]:
    if element.get("type") == "rich_text_list":
        for item in element["elements"]:
            yield "• " + " ".join(_rich_lines(item))
        return
    text = "".join(
        f"{part.get('text', '')} ({part['url']})" if part["type"] == "link" else part.get("text", "")
        for part in element["elements"]
    )
    yield from text.split("\n")


def _element_lines(element: dict[str, Any]) -> Iterator[str]:
    kind = element.get("type")
    if kind == "button":
        url = f" {element['url']}" if "url" in element else ""
        yield f"[ {element['text']['text']} ]{url}"
    elif kind == "image":
        yield f"[{element.get('alt_text', 'image')}]"
    elif kind in ("mrkdwn", "plain_text"):
        yield from _lines(element["text"], plain=kind == "plain_text")


def _lines(text: str, *, plain: bool = False) -> Iterator[str]:
    if not plain:
        text = re.sub(r"<([^|<>]+)\|([^<>]*)>", r"\2 (\1)", text)
        text = re.sub(r"<((?:https?|mailto):[^<>]*)>", r"\1", text)
        text = html.unescape(text)
    yield from text.split("\n")
