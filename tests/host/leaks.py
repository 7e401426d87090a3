"""Finds a secret in a text, however it was encoded on its way there."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import quote, quote_plus

k_shortest = 8
"""Shorter secrets would be found by chance in encoded forms."""


def forms(secret: str) -> dict[str, str]:
    """Every form to look for, by form; maps to a name for the failure's message."""
    if len(secret) < k_shortest:
        raise ValueError(f"a secret for tests has at least {k_shortest} characters")
    return {form: name for name, form in _named_forms(secret)}


def _named_forms(secret: str) -> Iterator[tuple[str, str]]:
    data = secret.encode()
    yield "reversed", secret[::-1]
    yield "hexadecimal", data.hex()
    yield "hexadecimal", data.hex().upper()
    yield from _percent_forms(secret)
    yield from _base64_forms(data)
    yield from _quoted_forms(secret)
    yield "as it is", secret


def _percent_forms(secret: str) -> Iterator[tuple[str, str]]:
    every_byte = "".join(f"%{byte:02X}" for byte in secret.encode())
    for encoded in (quote(secret, safe=""), quote(secret), quote_plus(secret), every_byte):
        # Twice: a URL that is a parameter of a URL.
        for form in (encoded, quote(encoded, safe="")):
            yield "percent-encoded", form
            yield "percent-encoded", re.sub(
                r"%[0-9A-F]{2}", lambda match: match.group().lower(), form
            )


def _base64_forms(data: bytes) -> Iterator[tuple[str, str]]:
    """The characters that depend on the secret alone, for each of its three alignments.

    A secret inside a longer text, as in `user:token`, begins at any of the three bytes that four
    base64 characters stand for; the characters at its edges depend on its neighbours as well.
    """
    encoders: tuple[Callable[[bytes], bytes], ...] = (base64.b64encode, base64.urlsafe_b64encode)
    for offset in range(3):
        padded = bytes(offset) + data
        first = -(-offset * 8 // 6)
        last = len(padded) * 8 // 6
        for encode in encoders:
            fragment = encode(padded).decode()[first:last]
            yield f"base64 at offset {offset}", fragment
            yield f"base64 at offset {offset}, percent-encoded", quote(fragment, safe="")
    yield "base32", base64.b32encode(data).decode().rstrip("=")


def _quoted_forms(secret: str) -> Iterator[tuple[str, str]]:
    ascii_only = json.dumps(secret)[1:-1]
    unicode = json.dumps(secret, ensure_ascii=False)[1:-1]
    for quoted in (ascii_only, unicode, ascii_only.replace("/", "\\/")):
        yield "JSON", quoted
        # JSON inside a JSON string, and such a string with its quotes reversed.
        yield "JSON in JSON", json.dumps(quoted)[1:-1]
        yield "JSON reversed", quoted[::-1]
    yield "HTML", html.escape(secret)
    yield "shell", secret.replace("'", "'\\''")


def find(text: str, secrets: Iterable[str]) -> list[str]:
    """One line for each form found in the text; the text is also read without its white space,
    as encoders break lines. The lines do not hold the secret itself."""
    joined = re.sub(r"\s+", "", text)
    found = []
    for number, secret in enumerate(secrets, 1):
        for form, name in forms(secret).items():
            for candidate in (text, joined):
                position = candidate.find(form)
                if position >= 0:
                    before = candidate[max(0, position - 60) : position]
                    found.append(f"secret {number}, {name}, after {before!r}")
                    break
    return found
