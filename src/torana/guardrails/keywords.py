"""Finds listed words and phrases, whole and in any case.

It knows no patterns and no languages: what is listed is what is found. Run by the guard room.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec

from torana.ports.guardrail import Finding, Guardrail, Where
from torana.scan.phrases import Phrases

SIDES = ("input", "output")
PRICE_CLASS = "instant"
MODES = ("block", "redact", "mask", "tokenise", "flag", "shadow")
UNIT = "span"

_NOWHERE = Where()


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
    """The words, made ready to be found."""

    __slots__ = ("_phrases", "triggers")

    def __init__(self, words: Sequence[str]) -> None:
        self._phrases = Phrases(words)
        self.triggers = self._phrases.triggers

    def check(self, text: str, where: Where = _NOWHERE) -> Sequence[Finding]:
        """Each place where a listed word stands."""
        return [Finding("keyword", start, end) for _, start, end in self._phrases.find(text)]

    def tail(self, text: str) -> int:
        """Where a listed word may have begun."""
        return self._phrases.tail(text)


def open(settings: Settings) -> Guardrail:  # noqa: A001 - the name that every plug-in has
    """The guardrail for these settings."""
    return Keywords(settings.words)
