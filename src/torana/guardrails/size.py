"""Finds texts that are longer than allowed, by characters and by a bound on their tokens.

It counts no tokens exactly and reads nothing. Run by the guard room.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec

from torana.ports.guardrail import Finding, Where

SIDES = ("input",)
PRICE_CLASS = "instant"
MODES = ("block", "flag", "shadow")
UNIT = "whole"

_NOWHERE = Where()

BYTES_A_TOKEN = 4
"""Of UTF-8, in English prose; other scripts have fewer bytes a token, so their tokens are bounded more loosely."""

Limit = Annotated[int, msgspec.Meta(ge=1, le=1_000_000_000)]


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The limits; those not given do not apply."""

    characters: Limit | None = None
    """Code points of one text."""
    tokens: Limit | None = None
    """Tokens of one text, taken as a quarter of its bytes."""
    total_characters: Limit | None = None
    """Code points of all texts of a request."""
    total_tokens: Limit | None = None
    """Tokens of all texts of a request, taken as a quarter of their bytes."""
    messages: Limit | None = None
    """Texts of a request that somebody said: of users, of the model, of tools."""

    def __post_init__(self) -> None:
        if not any((self.characters, self.tokens, self.total_characters, self.total_tokens, self.messages)):
            raise ValueError("no limit is given")


SAMPLE = Settings(characters=200, tokens=40, messages=3)
MUST_CATCH = ("many words " * 20, "क" * 70)
MUST_PASS = ("", "short", "x" * 160)

_SAID = frozenset({"", "user", "assistant", "tool"})


class Size:
    """The limits."""

    __slots__ = ("_limits",)

    triggers = None

    def __init__(self, limits: Settings) -> None:
        self._limits = limits

    def check(self, text: str, where: Where = _NOWHERE) -> Sequence[Finding]:
        """The whole text when it is too long."""
        characters, tokens = self._limits.characters, self._limits.tokens
        too_long = characters is not None and len(text) > characters
        if too_long or (tokens is not None and _tokens(text) > tokens):
            return (Finding("too_large", 0, len(text)),)
        return ()

    def check_all(self, texts: Sequence[tuple[str, Where]]) -> Sequence[Sequence[Finding]]:
        """For each text of a request what ``check`` finds, and every text that is not empty when they are too many together."""
        if self._together(texts):
            return [(Finding("too_large", 0, len(text)),) if text else () for text, _ in texts]
        return [self.check(text, where) for text, where in texts]

    def tail(self, text: str) -> int:
        """A text is judged as a whole."""
        return 0

    def _together(self, texts: Sequence[tuple[str, Where]]) -> bool:
        limits = self._limits
        return (
            (limits.total_characters is not None and sum(len(text) for text, _ in texts) > limits.total_characters)
            or (limits.total_tokens is not None and sum(_tokens(text) for text, _ in texts) > limits.total_tokens)
            or (limits.messages is not None and sum(where.role in _SAID for _, where in texts) > limits.messages)
        )


def _tokens(text: str) -> int:
    size = len(text) if text.isascii() else len(text.encode("utf-8", "replace"))
    return -(-size // BYTES_A_TOKEN)


def open(settings: Settings) -> Size:  # noqa: A001 - the name that every plug-in has
    """The guardrail for these settings."""
    return Size(settings)
