"""Reads a text for turns of phrase that attacks use: which stand in it, in which sentences, said openly or encoded.

It judges nothing: the weights do. Called by the guardrail and by the script that trains the weights.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files
from typing import Any, NamedTuple

import re2

from torana.scan import decode, sentences
from torana.scan.gate import Gate, utf8

MAX_MEM = 32 << 20
MOST = 40
"""Telling sentences that are read; more say no more."""
CHUNK = 2_000
"""Signs of sentences that are asked together whether any of them is telling."""
_WORD = re.compile(r"[^\W\d_]+|\d+|[^\w\s]")
_FEW_WORDS = 120


class Place(NamedTuple):
    """A telling sentence: where it stands and the cues in it."""

    start: int
    end: int
    cues: frozenset[str]


class Reading(NamedTuple):
    """What a text shows."""

    cues: frozenset[str]
    """Names of cues in telling sentences; ``encoded`` and ``encoded_KIND`` when one is told in an encoding."""
    grams: frozenset[str]
    """Words, pairs and beginnings of words of the telling sentences."""
    places: tuple[Place, ...]


NOTHING = Reading(frozenset(), frozenset(), ())


class Cues:
    """The patterns of ``cues.toml``, compiled. Safe in threads."""

    __slots__ = ("_filter", "_gate", "_names", "_opens")

    def __init__(self, text: str) -> None:
        """Raises ValueError for what is no list of cues."""
        listed = tomllib.loads(text)
        words = listed["words"]
        # A pattern for each cue, not a set of all: gaps multiply in a set's automaton, which grows with every new text.
        # The filter looks for letters that each of them needs, and runs only those that may match.
        self._names = tuple(listed["cue"])
        self._filter = re2.Filter()
        for found in listed["cue"].values():
            self._filter.Add(_pattern("|".join(found), words), _options())
        self._filter.Compile()
        self._opens = frozenset(listed["opens"]["cues"])
        # One pattern of all: which of them matches is nobody's question, and a set answers it at a price.
        own = f"(?i){'|'.join(f'(?:{one})' for one in listed['opens']['triggers'])}"
        self._gate = Gate(((own,),))

    def read(self, text: str) -> Reading:
        """What the text, in normal form, shows."""
        found = list(self._telling(text))
        said = [(place.cues, text[place.start : place.end]) for place in found]
        for one in decode.decoded(text):
            inner = list(self._telling(one.text))
            if inner:
                cues = frozenset().union(*(place.cues for place in inner))
                found.append(Place(one.start, one.end, cues | {"encoded", f"encoded_{one.kind}"}))
                said += [(place.cues, one.text[place.start : place.end]) for place in inner]
        if not found:
            return NOTHING
        cues = frozenset().union(*(place.cues for place in found))
        return Reading(cues, frozenset(gram for _, words in said for gram in grams(words)), tuple(found))

    def _telling(self, text: str) -> Iterator[Place]:
        """The sentences with an opening cue, first come, at most MOST."""
        left = MOST
        for chunk in _chunks(text):
            if not self._gate.asked(utf8(text[chunk[0][0] : chunk[-1][1]])):
                continue
            for start, end in chunk:
                cues = self._in(text[start:end])
                if cues & self._opens:
                    yield Place(start, end, cues)
                    left -= 1
                    if not left:
                        return

    def _in(self, sentence: str) -> frozenset[str]:
        """The cues of a sentence; none when no trigger is in it, so that the gate never hides what would be found."""
        raw = utf8(sentence)
        if not self._gate.asked(raw):
            return frozenset()
        return frozenset([self._names[number] for number in self._filter.Match(raw) or ()])


def grams(sentence: str) -> Iterator[str]:
    """The features of a sentence's wording."""
    words = _WORD.findall(sentence.lower())[:_FEW_WORDS]
    last = "^"
    for word in words:
        yield word
        yield f"{last} {word}"
        last = word


@lru_cache(maxsize=1)
def cues() -> Cues:
    """The cues of this release, compiled at the first call."""
    return Cues(files("torana.guardrails.injection").joinpath("cues.toml").read_text("utf-8"))


def _chunks(text: str) -> Iterator[list[tuple[int, int]]]:
    chunk: list[tuple[int, int]] = []
    for span in sentences.spans(text):
        chunk.append(span)
        if span[1] - chunk[0][0] > CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _pattern(pattern: str, words: dict[str, str]) -> bytes:
    """The pattern with each {name} replaced by its list; lists name no others. For UTF-8."""
    return f"(?i)(?:{re.sub(r'{([a-z]+)}', lambda found: words[found[1]], pattern)})".encode()


def _options() -> Any:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = MAX_MEM
    return options
