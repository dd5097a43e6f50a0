"""Reads the queries of Portkey's conditional routing into conditions of deployments: all of one, or one of several.

It carries what can be said with ``when``: equal to a text, one of several, and, or. Called by ``portkey.py``.
Format: https://portkey.ai/docs/product/ai-gateway/conditional-routing
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from types import MappingProxyType

from torana.line.conditions import METADATA
from torana.wiring.imports.draft import why_no_name
from torana.wiring.imports.source import Source

MOST = 16
"""Alternatives of one query: each is a deployment of its own."""

When = Mapping[str, str]
NONE: When = MappingProxyType({})


class CannotBeSaid(Exception):
    """A query asks for something that ``when`` has no words for; the message says what, for the report."""


def alternatives(query: Source) -> list[When]:
    """The conditions of which one set must hold; none when they contradict themselves. Raises CannotBeSaid."""
    if not query.is_mapping:
        raise CannotBeSaid("it is no query")
    found: list[When] = [{}]
    for key, wanted in query.entries():
        found = _both(found, _of_key(key, wanted))
    if found == [{}]:
        raise CannotBeSaid("it asks for nothing")
    return found


def _of_key(key: str, wanted: Source) -> list[When]:
    if key in ("$and", "$or"):
        parts = [alternatives(one) for one in wanted.items()]
        if not parts:
            raise CannotBeSaid(f"its {key} is empty")
        if key == "$or":
            return _few([one for part in parts for one in part])
        found = parts[0]
        for part in parts[1:]:
            found = _both(found, part)
        return found
    name = key.removeprefix(METADATA)
    if name == key or not name or why_no_name(key):
        raise CannotBeSaid(f"it looks at {key}, and only metadata can be looked at")
    return [{f"{METADATA}{name}": value} for value in _values(wanted)]


def _values(wanted: Source) -> list[str]:
    if not wanted.is_mapping:
        return [_plain(wanted)]
    found: list[str] | None = None
    for operator, value in wanted.entries():
        if operator not in ("$eq", "$in") or found is not None:
            raise CannotBeSaid(f"{operator} has no equal here")
        found = [_plain(one) for one in value.items()] if operator == "$in" else [_plain(value)]
    if not found:
        raise CannotBeSaid("it compares with nothing")
    return list(dict.fromkeys(found))


def _plain(value: Source) -> str:
    text = value.text()
    if not text or text.endswith("*") or not text.isprintable() or why_no_name(text):
        raise CannotBeSaid("it compares with what is no plain text")
    return "true" if text == "True" else "false" if text == "False" else text


def joined(one: When, other: When) -> When | None:
    """Both sets of conditions in one; None when they contradict each other."""
    agree = all(one.get(key, value) == value for key, value in other.items())
    return {**one, **other} if agree else None


def _both(one: list[When], other: list[When]) -> list[When]:
    return _few([both for pair in product(one, other) if (both := joined(*pair)) is not None])


def _few(found: list[When]) -> list[When]:
    if len(found) > MOST:
        raise CannotBeSaid(f"it has more than {MOST} alternatives")
    return found
