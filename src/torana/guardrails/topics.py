"""Finds denied topics, and texts of users that are about none of the allowed ones, by listed words.

It understands nothing: a topic is the words that are listed for it. Run by the guard room.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec

from torana.ports.guardrail import Finding, Guardrail, Where
from torana.scan.phrases import Phrases

SIDES = ("input", "output")
PRICE_CLASS = "instant"
MODES = ("block", "flag", "shadow")
UNIT = "span"

_NOWHERE = Where()

Words = Annotated[
    tuple[Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"\S")], ...],
    msgspec.Meta(min_length=1, max_length=2000),
]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=40, pattern=r"^[a-z0-9_]+$")]
Topics = Annotated[dict[Name, Words], msgspec.Meta(max_length=100)]


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Topics by name, each with the words that speak of it."""

    deny: Topics = msgspec.field(default_factory=dict)
    """Found wherever enough different words of one topic stand in a text; the kind is ``topic_`` and the name."""
    allow: Topics = msgspec.field(default_factory=dict)
    """Where there are any, a user's text with no word of any of them is found whole, as ``off_topic``. Input only."""
    least: Annotated[int, msgspec.Meta(ge=1, le=20)] = 1
    """Different words of a denied topic that must stand in one text."""
    shortest: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 20
    """Signs below which a text is about nothing yet, such as a greeting: never ``off_topic``."""


SAMPLE = Settings(deny={"politics": ("election", "prime minister"), "gambling": ("betting odds", "casino")})
MUST_CATCH = ("Who will win the election?", "Is the Prime  Minister right?", "best CASINO near me")
MUST_PASS = ("", "The electorate of a monastery.", "Selection of tyres", "prime numbers for a minister")


class TopicWords:
    """The words of all topics, made ready to be found."""

    __slots__ = ("_allowed", "_denied", "_least", "_shortest", "_topics", "triggers")

    def __init__(self, settings: Settings) -> None:
        self._topics: dict[str, list[str]] = {}
        for name, words in settings.deny.items():
            for word in words:
                self._topics.setdefault(" ".join(word.split()), []).append(name)
        self._denied = Phrases(self._topics)
        self._allowed = Phrases(word for words in settings.allow.values() for word in words) if settings.allow else None
        self._least = settings.least
        self._shortest = settings.shortest
        self.triggers = None if self._allowed else self._denied.triggers

    def check(self, text: str, where: Where = _NOWHERE) -> Sequence[Finding]:
        """The words of denied topics with enough of them; the whole text when it is off every allowed one."""
        places: dict[str, list[tuple[str, int, int]]] = {}
        for phrase, start, end in self._denied.find(text):
            for topic in self._topics[phrase]:
                places.setdefault(topic, []).append((phrase, start, end))
        found = [
            Finding(f"topic_{topic}", start, end)
            for topic, those in places.items()
            if len({phrase for phrase, _, _ in those}) >= self._least
            for _, start, end in those
        ]
        if self._off_topic(text, where):
            found.append(Finding("off_topic", 0, len(text)))
        return found

    def tail(self, text: str) -> int:
        """Where a denied topic's word may have begun."""
        return self._denied.tail(text)

    def _off_topic(self, text: str, where: Where) -> bool:
        if self._allowed is None or where.side != "input" or where.role not in {"", "user"}:
            return False
        return len(text.strip()) >= max(self._shortest, 1) and next(self._allowed.find(text), None) is None


def open(settings: Settings) -> Guardrail:  # noqa: A001 - the name that every plug-in has
    """The guardrail for these settings."""
    return TopicWords(settings)
