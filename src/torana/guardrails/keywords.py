"""Finds listed words and phrases, whole and in any case.

It knows no patterns and no languages: what is listed is what is found. Run by the guard room.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated

import msgspec

from torana.ports.guardrail import Finding, Guardrail

SIDES = ("input",)
PRICE_CLASS = "instant"
MODES = ("block", "flag")


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to look for."""

    words: Annotated[
        tuple[Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"\S")], ...],
        msgspec.Meta(min_length=1, max_length=5000),
    ]
    """Words or phrases; found between word boundaries, whatever their case."""


SAMPLE = Settings(words=("project falcon", "नीलकमल", "C++"))
MUST_CATCH = ("Tell me about Project Falcon.", "what is नीलकमल?", "PROJECT  FALCON is late", "we wrote it in c++")
MUST_PASS = ("Tell me about the falcon project.", "projectfalconry", "", "C is not that language")


class Keywords:
    """The words as one pattern."""

    __slots__ = ("_pattern",)

    def __init__(self, words: Sequence[str]) -> None:
        longest_first = sorted({" ".join(word.split()) for word in words if word.strip()}, key=len, reverse=True)
        # White space in a phrase matches any white space, so that a line break does not hide it.
        choices = "|".join(r"\s+".join(re.escape(part) for part in word.split()) for word in longest_first)
        # Look-arounds instead of \b: a listed word may end in a sign, as C++ does.
        self._pattern = re.compile(rf"(?<!\w)(?:{choices})(?!\w)", re.IGNORECASE)

    def check(self, text: str) -> Sequence[Finding]:
        """Each place where a listed word stands."""
        return [Finding("keyword", match.start(), match.end()) for match in self._pattern.finditer(text)]


def open(settings: Settings) -> Guardrail:  # noqa: A001 - the name that every plug-in has
    """The guardrail for these settings."""
    return Keywords(settings.words)
