"""How many tokens a request has, by its letters: for providers that do not count.

An estimate, rather too high than too low; the vocabularies of providers differ, and none is read here. Called by the
dialects that count, for the line.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from torana.core.errors import GatewayError

LETTERS, TOKENS = 7, 2
"""So many ASCII letters are so many tokens: prose has four to a token, code and JSON about three. Other letters count as one each."""
A_MESSAGE = 4
"""Tokens that say who speaks."""
A_PICTURE = 1600
"""The most that a picture comes to which is not made smaller first (docs.anthropic.com, "Vision")."""
BYTES_A_TOKEN = {"audio": 500, "video": 500}
"""Of files, by how their types begin."""
BYTES_A_TOKEN_OTHERWISE = 20
"""Of PDF and the like: a page has about 40 kB and 2,000 tokens."""
_TYPES = ("media_type", "mimeType", "mime_type")

_decode = msgspec.json.Decoder().decode


def members(body: bytes) -> dict[str, Any]:
    """The body's members. Raises GatewayError REQUEST_INVALID for one that cannot be read to its end."""
    try:
        found = _decode(body)
    except (ValueError, RecursionError):
        raise GatewayError(
            "REQUEST_INVALID", "The body cannot be counted: it is no JSON, or nested too deep."
        ) from None
    return found if isinstance(found, dict) else {}


def tokens_of(said: Iterable[object]) -> int:
    """The tokens of these values: what people and models say, tools, pictures, files."""
    total = 0
    stack = list(said)
    while stack:
        one = stack.pop()
        if isinstance(one, str):
            total += tokens_of_text(one)
        elif isinstance(one, list):
            stack += one
        elif isinstance(one, dict):
            if "role" in one:
                total += A_MESSAGE
            media = _media(one)
            total += media
            for name, value in one.items():
                if name not in _SILENT and not (media and name in ("data", "source")):
                    total += _name(name)
                    stack.append(value)
        elif one is not None:
            total += 1
    return total


def tokens_of_text(text: str) -> int:
    """The tokens of a text."""
    plain = len(text) if text.isascii() else len(text.encode("ascii", "ignore"))
    return -(-plain * TOKENS // LETTERS) + len(text) - plain


_SILENT = frozenset({"role", "type", "id", "tool_use_id", "cache_control", "signature", "thoughtSignature", *_TYPES})
"""Members that say how the rest is to be taken."""
_FRAME = frozenset({"content", "text", "parts", "source", "input", "args", "inlineData", "inline_data", "data"})
"""Members that are no words of their own."""


def _name(name: str) -> int:
    return 0 if name in _FRAME else tokens_of_text(name)


def _media(one: dict[str, Any]) -> int:
    """The tokens of a file that is in this object; 0: there is none."""
    kind = next((str(one[name]) for name in _TYPES if name in one), "")
    if not kind:
        source = one.get("source")
        elsewhere = isinstance(source, dict) and source.get("type") in ("url", "file")
        return A_PICTURE if elsewhere and one.get("type") == "image" else 0
    data = one.get("data")
    if kind.startswith("image/"):
        return A_PICTURE
    if kind.startswith("text/") or not isinstance(data, str):
        return 0
    per = BYTES_A_TOKEN.get(kind.partition("/")[0], BYTES_A_TOKEN_OTHERWISE)
    return len(data) * 3 // 4 // per + 1
