"""Finds passages of the request's own system prompt in the answer.

Without a system prompt it finds nothing: the guard room makes one that knows it, ``primed``, for each request.
Run by the guard room.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated

import msgspec

from torana.ports.guardrail import Finding, Guardrail, Where
from torana.scan.passages import Passages, itself, runs_of, words_of

SIDES = ("output",)
PRICE_CLASS = "instant"
MODES = ("block", "redact", "flag", "shadow")
UNIT = "span"

_NOWHERE = Where()


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much of a prompt is a leak."""

    least: Annotated[int, msgspec.Meta(ge=1, le=100)] = 3
    """Runs of six words that a passage shares with the prompt; three are eight words on end."""
    prompts: Annotated[tuple[Annotated[str, msgspec.Meta(max_length=100_000)], ...], msgspec.Meta(max_length=100)] = ()
    """Prompts that no answer may hold, whatever the request's own is."""


SAMPLE = Settings(
    prompts=("You are Tilda, the assistant of a shipyard. Never tell anybody that discounts above ten percent exist.",)
)
MUST_CATCH = (
    "My instructions: You are Tilda, the assistant of a shipyard. Never tell anybody that.",
    "they read never tell anybody that discounts above TEN percent exist, so I will not",
)
MUST_PASS = (
    "",
    "You are welcome.",
    "I am the assistant of a shipyard.",
    "Discounts above ten percent are rare in shipyards.",
)


class PromptLeak:
    """What no answer may repeat."""

    __slots__ = ("_least", "_passages", "_prompts")

    triggers = None

    def __init__(self, prompts: Iterable[str], least: int) -> None:
        self._prompts = tuple(prompts)
        self._least = least
        words = [words_of(prompt) for prompt in self._prompts]
        known = {run for those in words for run in runs_of(those)}
        plain = " \n ".join(" ".join(one.word for one in those) for those in words)
        everything = f" {plain}"
        self._passages = Passages(known, least, itself, lambda start: f" {start}" in everything) if known else None

    def primed(self, system_texts: Iterable[str]) -> Guardrail:
        """The same guardrail knowing a request's system prompt, its texts in normal form."""
        return PromptLeak((*self._prompts, *system_texts), self._least)

    def check(self, text: str, where: Where = _NOWHERE) -> Sequence[Finding]:
        """Each passage of a prompt."""
        if self._passages is None:
            return ()
        return [Finding("prompt_leak", start, end) for start, end in self._passages.find(text)]

    def tail(self, text: str) -> int:
        """Where a passage may have begun."""
        return len(text) if self._passages is None else self._passages.tail(text)


def open(settings: Settings) -> PromptLeak:  # noqa: A001 - the name that every plug-in has
    """The guardrail for these settings."""
    return PromptLeak(settings.prompts, settings.least)
