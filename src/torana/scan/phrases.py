"""Finds listed words and phrases in a text, whole, in any case, across any white space.

It decides nothing about what was found. Called by guardrails that have lists.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

_WORD = re.compile(r"\w+")
LONGEST_TRIGGER = 20_000
"""Signs of a list beyond which it is looked up in every text instead of being part of the one scan."""
_STRETCH = 4096
"""Signs at the end of a text in which an unfinished phrase may begin."""
# Python's IGNORECASE takes these for i and I, RE2's does not.
_TRIGGER_LETTERS = str.maketrans({"i": "[iİı]", "I": "[iİı]", "ı": "[iİı]", "İ": "[iİı]"})


class Found(NamedTuple):
    """A phrase as it was listed, and its place in the text."""

    phrase: str
    start: int
    end: int


class Phrases:
    """The phrases, by the first word of each."""

    __slots__ = ("_begins", "_by_word", "_longest", "_most_words", "_signs", "triggers")

    def __init__(self, phrases: Iterable[str]) -> None:
        longest_first = sorted(
            {" ".join(one.split()) for one in phrases if one.strip()}, key=lambda one: (-len(one), one)
        )
        self._by_word: dict[str, list[tuple[re.Pattern[str], int, str]]] = {}
        self._signs: list[tuple[re.Pattern[str], str]] = []
        for phrase in longest_first:
            # White space in a phrase matches any white space, so that a line break does not hide it. Look-arounds
            # instead of \b: a listed word may end in a sign, as C++ does.
            pattern = re.compile(rf"(?<!\w){_spaced(phrase)}(?!\w)", re.IGNORECASE)
            first = _WORD.search(phrase)
            if first is None or " " in phrase[: first.start()]:
                self._signs.append((pattern, phrase))
            else:
                self._by_word.setdefault(first.group().casefold(), []).append((pattern, first.start(), phrase))
        self._begins = sorted(phrase.casefold() for phrase in longest_first)
        self._longest = max(map(len, longest_first), default=0)
        self._most_words = max((len(_WORD.findall(phrase)) for phrase in longest_first), default=0)
        self.triggers: Sequence[str] | None = _triggers(longest_first)

    def find(self, text: str) -> Iterator[Found]:
        """Places that do not overlap, the longest phrase first at each; from left to right but for phrases of signs alone."""
        reached = 0
        for word in _WORD.finditer(text):
            for pattern, before, phrase in self._by_word.get(word.group().casefold(), ()):
                start = word.start() - before
                match = pattern.match(text, start) if start >= reached else None
                if match:
                    reached = match.end()
                    yield Found(phrase, start, reached)
                    break
        for pattern, phrase in self._signs:
            for match in pattern.finditer(text):
                yield Found(phrase, match.start(), match.end())

    def tail(self, text: str) -> int:
        """The first place from which the rest of the text may be the beginning of a phrase; the length when none is."""
        end = len(text)
        for start in self._candidates(text):
            rest = " ".join(text[start:].split()).casefold() + (" " if text[-1].isspace() else "")
            at = bisect_left(self._begins, rest)
            if at < len(self._begins) and self._begins[at].startswith(rest):
                return start
        return end

    def _candidates(self, text: str) -> list[int]:
        """Places at the end of the text where a phrase may begin: behind no letter, before no space, few words back."""
        place, words, signs, found = len(text), 0, 0, list[int]()
        stop = max(place - _STRETCH, 0)
        while place > stop and words <= self._most_words and signs < self._longest:
            place -= 1
            sign = text[place]
            if sign.isspace():
                continue
            signs += 1
            if place and _is_word(text[place - 1]):
                continue
            found.append(place)
            words += _is_word(sign)
        return found[::-1]


def _is_word(sign: str) -> bool:
    return sign.isalnum() or sign == "_"


def _spaced(phrase: str) -> str:
    return r"\s+".join(re.escape(part) for part in phrase.split())


def _triggers(phrases: Sequence[str]) -> Sequence[str] | None:
    """For each phrase its longest part: what lies between the parts is no matter there."""
    parts = sorted({max(phrase.split(), key=len).lower() for phrase in phrases})
    if sum(map(len, parts)) > LONGEST_TRIGGER:
        return None
    return ["(?i)(?:" + "|".join("".join(_escaped(sign) for sign in part) for part in parts) + ")"] if parts else []


def _escaped(sign: str) -> str:
    if sign in "iIİı\u0307":
        return "\u0307?" if sign == "\u0307" else sign.translate(_TRIGGER_LETTERS)
    if "\ud800" <= sign <= "\udfff":
        return "."  # no UTF-8 for it
    return re.escape(sign) if sign.isascii() else sign
