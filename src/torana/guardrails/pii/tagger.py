"""Tells for each word of a text how sure it is that it names a person: a linear model over the word and its neighbours.

It joins no words to names and judges no places. Called by the finder of names, and by the script that trains its weights.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple
from zlib import crc32

from torana.guardrails.pii import lexicon

SIZE: Final = 1 << 16
"""How many weights there are; features share them by hash."""

_TOKEN: Final = re.compile(
    r"[^\W\d_\u0900-\u097f]+(?:['\u2019-](?!s\b)[^\W\d_\u0900-\u097f]+)*|[\u0900-\u0963\u0970-\u097f]+|\d+|\n|[^\s\w]|_"
)
_TITLES_TEXT: Final = """
mr mrs ms dr prof sir shri smt sri st jr sr hon rev col gen capt lt sgt pres gov sen rep adv mx messrs kum
kumari no vs v
"""
_TITLES: Final = frozenset(_TITLES_TEXT.split())
_CUES_TEXT: Final = """
name names named naam called call hi hello hey dear thanks thank regards sincerely cheers mr mrs ms miss dr prof
sir shri smt sri kumari am im i'm is this main nominee patient customer client beneficiary contact ask tell told
met with by from to for and नाम श्री श्रीमती
"""
_CUES: Final = frozenset(_CUES_TEXT.split())
_FAR: Final = 2
_SHORT: Final = 3
_EDGE: Final = "<>"
_NAME: Final = lexicon.GIVEN | lexicon.FAMILY
_PLAIN: Final = lexicon.COMMON | lexicon.WORD


class Token(NamedTuple):
    """A word or a sign of the text."""

    text: str
    start: int
    end: int
    segment: int
    """The sentence or line that it stands in; what lies behind its end is not looked at."""


def tokens(text: str) -> list[Token]:
    """The words and signs. A segment ends with a line, or with a sentence that white space follows."""
    found: list[Token] = []
    segment = 0
    for match in _TOKEN.finditer(text):
        word = match.group()
        found.append(Token(word, match.start(), match.end(), segment))
        segment += ends(found, text)
    return found


def ends(found: Sequence[Token], text: str) -> bool:
    """Whether the last of the tokens ends its segment: a line's end, or a sentence's with white space behind it."""
    word, end = found[-1].text, found[-1].end
    return word == "\n" or (word in ".!?।" and end < len(text) and text[end].isspace() and not _abbreviated(found))


def _abbreviated(found: Sequence[Token]) -> bool:
    """Whether the point at the end belongs to a title or an initial."""
    if len(found) < _FAR or found[-1].text != ".":
        return False
    before = found[-2].text
    return (len(before) == 1 and before.isalpha()) or before.lower() in _TITLES


def _shape(word: str) -> str:
    if word.isalpha():
        if word.islower():
            return "x"
        if word.isupper():
            return "X" if len(word) > 1 else "I"
        return "Xx" if word[1:].islower() else "xX" if word[0].islower() else "XxX"
    return "9" if word.isdigit() else word if len(word) == 1 else "Xx" if word[0].isupper() else "x"


class _View:
    """What the features read of a text: keys, shapes and flags of the tokens."""

    __slots__ = ("flags", "keys", "segments", "shapes", "tokens", "upper")

    def __init__(self, found: Sequence[Token], listed: Mapping[str, int]) -> None:
        self.tokens = found
        self.keys = [lexicon.key(token.text) for token in found]
        self.flags = [listed.get(word, 0) for word in self.keys]
        self.shapes = [_shape(token.text) for token in found]
        self.segments = [token.segment for token in found]
        self.upper: dict[int, list[int]] = {}
        for shape, segment in zip(self.shapes, self.segments, strict=True):
            counts = self.upper.setdefault(segment, [0, 0, 0])
            counts[0] += shape == "x"
            counts[1] += shape == "X"
            counts[2] += shape in {"Xx", "XxX", "I"}

    def style(self, segment: int) -> str:
        """Whether a segment is in small letters, in capitals, or in Title Case."""
        small, capital, title = self.upper[segment]
        if not capital + title:
            return "small"
        if capital > max(1, 2 * (small + title)):
            return "capitals"
        return "title" if title + capital > small and title > _FAR else "text"

    def ahead(self, place: int, far: int) -> int:
        """The place ``far`` tokens on, or -1 behind the end of the segment."""
        there = place + far
        return there if there < len(self.keys) and self.segments[there] == self.segments[place] else -1


def _is_candidate(view: _View, place: int) -> bool:
    word = view.tokens[place].text
    if not word[0].isalpha() or (len(word) == 1 and not word.isupper()):
        return False
    if word[0].isupper():
        # Initialisms stand in capitals where other words do not.
        initials = len(word) > 1 and word.isupper() and not view.flags[place] & _NAME
        return not initials or view.style(view.segments[place]) == "capitals"
    flag = view.flags[place]
    if flag & lexicon.COMMON:
        return False
    small = view.style(view.segments[place]) == "small"
    if flag & _NAME and (small or (len(word) > _SHORT and not flag & lexicon.WORD)):
        return True
    if small and place and not flag & _PLAIN and view.flags[place - 1] & lexicon.GIVEN:
        return True
    return any(view.keys[near] in _CUES for near in range(max(0, place - _FAR), place))


def _run(view: _View, place: int) -> tuple[int, int]:
    """Where the run of capitalised words around a place begins and ends (exclusive), six words at most each way."""
    first = place
    while first > 0 and place - first < 6 and view.shapes[first - 1] in {"Xx", "X", "XxX", "I"}:
        first -= 1
    last = place + 1
    while last - place < 6 and view.ahead(place, last - place) > 0 and view.shapes[last] in {"Xx", "X", "XxX", "I"}:
        last += 1
    return first, last


def features(view: _View, place: int, before: bool) -> list[int]:
    """The places of the weights that speak for the token; ``before``: the token before it was taken for a name."""
    keys, flags, shapes = view.keys, view.flags, view.shapes
    word, flag, shape = keys[place], flags[place], shapes[place]
    one, two = view.ahead(place, 1), view.ahead(place, 2)
    next_key, next_flag, next_shape = (keys[one], flags[one], shapes[one]) if one > 0 else (_EDGE, 0, _EDGE)
    far_key, far_shape = (keys[two], shapes[two]) if two > 0 else (_EDGE, _EDGE)
    last_key, last_flag, last_shape = (
        (keys[place - 1], flags[place - 1], shapes[place - 1]) if place else (_EDGE, 0, _EDGE)
    )
    past_key = keys[place - 2] if place > 1 else _EDGE
    first = place == 0 or view.segments[place - 1] != view.segments[place]
    style = view.style(view.segments[place])
    begin, end = _run(view, place)
    lead = keys[begin - 1] if begin else _EDGE
    follow = keys[end] if view.ahead(place, end - place) > 0 else _EDGE
    me = f"{flag}{shape}"
    named = "N" if before else "-"
    said = [
        f"a{me}", f"b{me}{style}{first}", f"c{me}{named}", f"d{last_key}", f"e{next_key}", f"f{past_key} {last_key}",
        f"g{next_key} {far_key}", f"h{last_key}|{me}", f"i{next_key}|{me}", f"j{last_key}|{next_key}",
        f"k{me}|{next_flag}{next_shape}", f"l{me}|{last_flag}{last_shape}{named}", f"m{last_shape}|{shape}|{next_shape}",
        f"n{word[-3:]}|{shape}", f"o{word[-2:]}|{flag}", f"p{word[:3]}|{shape}", f"q{lead}|{end - begin}", f"r{follow}|{shape}",
        f"s{end - begin}|{place - begin}|{me}", f"t{keys[end - 1]}", f"u{style}|{shape}|{named}", f"v{next_shape}{far_shape}|{flag}",
        f"w{past_key}|{flag}", f"x{min(len(word), 8)}|{flag}", f"y{keys[begin]}|{place - begin}", f"z{lead}|{flag}",
    ]  # fmt: skip
    # Only plain words are known by themselves: names are learnt by where they stand and how they look.
    said.append(f"A{word}|{shape}" if flag & _PLAIN else f"A|{shape}")
    return [crc32(one.encode("utf-8", "replace")) & (SIZE - 1) for one in said]


def view(text: str, listed: Mapping[str, int]) -> tuple[_View, list[int]]:
    """What the features read, and the places of the words that may be names."""
    seen = _View(tokens(text), listed)
    return seen, [place for place in range(len(seen.keys)) if _is_candidate(seen, place)]
