"""Runs RE2 over a text as one byte a code point, so that offsets need no translation and no text can make it fail.

For patterns of ASCII signs: what is not ASCII matches only negated classes and the dot. Called by guardrails.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Protocol

import re2  # type: ignore[import-untyped,unused-ignore]

_WIDE = re.compile("[^\x00-\x7f]+")


class Match(Protocol):
    """One match of a pattern over bytes."""

    def span(self, group: int = ...) -> tuple[int, int]:
        """Start and end of a group; (-1, -1) where it took no part."""
        ...


class Pattern(Protocol):
    """A compiled pattern over bytes: linear in the text's length whatever the text."""

    def finditer(self, data: bytes) -> Iterator[Match]:
        """Matches that do not overlap, from left to right."""
        ...

    def search(self, data: bytes) -> Match | None:
        """The leftmost match."""
        ...


def options() -> re2.Options:
    """Options under which a pattern of bytes sees one byte a code point."""
    found = re2.Options()
    found.encoding = re2.Options.Encoding.LATIN1
    found.log_errors = False
    found.max_mem = 64 << 20
    return found


def compiled(pattern: str) -> Pattern:
    """The pattern for ``one_byte`` texts. Raises ``re2.error`` for what RE2 does not take."""
    made: Pattern = re2.compile(pattern.encode("ascii"), options())
    return made


def one_byte(text: str) -> bytes:
    """The text with every sign outside ASCII as the byte 0x80: as many bytes as the text has code points."""
    if text.isascii():
        return text.encode("ascii")
    return _WIDE.sub(lambda run: "\x80" * (run.end() - run.start()), text).encode("latin-1")
