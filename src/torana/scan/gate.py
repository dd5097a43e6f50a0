"""Many patterns at once over one text: whose patterns match anywhere in it.

It finds no places; the guardrails whose patterns match look for those. Called by the guard room.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

import re2

from torana.ports.guardrail import Triggers

MAX_MEM = 128 << 20
"""RE2's default is too little for some hundred patterns: a set that runs out of memory says that nothing matched."""
LONG = 2500
"""Signs of a pattern that is scanned for by itself: it has hundreds of alternatives."""
FEW = 16
"""So many patterns of one asker are one automaton: each scan has a price of its own."""

NOBODY: frozenset[int] = frozenset()
MOST_PLANS = 1000
"""Choices of askers for which what is to be scanned is remembered."""

Plan = tuple[frozenset[int], tuple[tuple[Callable[[bytes], Sequence[int] | None], Sequence[int]], ...], tuple[Any, ...]]
"""For a choice of askers: who wants every text, what is scanned with whose patterns, and who is asked."""


class Gate:
    """The patterns of all askers. Safe in threads.

    Each asker has an automaton of its own; one with many has one for words, which ignore case, one for shapes, and one for
    each long pattern. In a single automaton for all, what one pattern counts multiplies with what the others do, and each new text costs milliseconds for
    states that no other text needs again.
    """

    __slots__ = ("_always", "_only", "_plans", "_sets", "_suspect")

    def __init__(self, triggers: Sequence[Triggers], *, together: bool = False) -> None:
        """``triggers``: the RE2 patterns of each asker, or what tells of a text whether the asker wants it; None: it wants
        every text. Raises ValueError for a bad pattern.

        ``together``: one automaton for all after all, where they are few, alike, and read long texts.
        """
        self._always = frozenset(number for number, patterns in enumerate(triggers) if patterns is None)
        self._only: frozenset[int] | None = None
        self._suspect = tuple((number, one) for number, one in enumerate(triggers) if callable(one))
        each = [
            [(number, one) for one in patterns or ()]
            for number, patterns in enumerate(triggers)
            if not callable(patterns)
        ]
        groups = [list(chain(*each))] if together else list(chain.from_iterable(map(_apart, each)))
        self._sets = tuple(
            (
                frozenset(number for number, _ in group),
                [number for number, _ in group],
                _compiled(tuple(one for _, one in group)),
            )
            for group in groups
            if group
        )
        self._plans: dict[frozenset[int] | None, Plan] = {}

    @property
    def always(self) -> frozenset[int]:
        """The askers that want every text."""
        return self._always

    def of(self, askers: frozenset[int]) -> Gate:
        """The gate of these askers alone; they keep their numbers."""
        gate = Gate(())
        gate._only, gate._always = askers, self._always & askers
        gate._sets = tuple(one for one in self._sets if not askers.isdisjoint(one[0]))
        gate._suspect = tuple(one for one in self._suspect if one[0] in askers)
        return gate

    def asked(self, text: bytes, of: frozenset[int] | None = None) -> frozenset[int]:
        """The numbers of the askers with a pattern that matches in the text (UTF-8), and of those that want it, or every text.

        ``of``: the askers that matter; None: all.
        """
        of = self._only if of is None else of
        asked, sets, suspect = self._plans.get(of) or self._planned(of)
        for match, each in sets:
            if matching := match(text):
                asked = asked.union([each[number] for number in matching])
        for number, suspects in suspect:
            if suspects(text):
                asked = asked.union((number,))
        return asked if of is None or not asked else asked & of

    def _planned(self, of: frozenset[int] | None) -> Plan:
        if len(self._plans) >= MOST_PLANS:
            self._plans.clear()
        made = self._plans[of] = (
            self._always if of is None else self._always & of,
            tuple((one.match, each) for owners, each, one in self._sets if of is None or not of.isdisjoint(owners)),
            tuple(one for one in self._suspect if of is None or one[0] in of),
        )
        return made

    def warm(self, texts: Iterable[bytes]) -> None:
        """Read texts for nothing but their automata, once: RE2 builds those as it reads, at a hundred times the price of
        reading what it knows."""
        cold = [patterns for _, _, patterns in self._sets if not patterns.is_warm]
        for text in texts if cold else ():
            for patterns in cold:
                patterns.match(text)
            for _, suspects in self._suspect:
                suspects(text)
        for patterns in cold:
            patterns.is_warm = True


class _Patterns:
    """Patterns that are scanned for together."""

    __slots__ = ("is_warm", "match")

    def __init__(self, made: Any) -> None:
        # What is within the wrapper: that is Python, and only turns texts into bytes.
        self.match: Callable[[bytes], Sequence[int] | None] = getattr(made, "_set", made).Match
        """The numbers of those that match somewhere; empty or None: of none."""
        self.is_warm = False


def utf8(text: str) -> bytes:
    """The text as RE2 reads it; of lone surrogates, which UTF-8 has not, a question mark is left."""
    return text.encode("utf-8", "replace")


def matcher(pattern: str) -> Callable[[bytes], object]:
    """What says, by something that is true, that the pattern matches somewhere in a text: a set of one does not say where."""
    return _compiled((pattern,)).match


def _apart(owned: list[tuple[int, str]]) -> Iterator[list[tuple[int, str]]]:
    """The patterns of one asker in the groups that are scanned for together: words, shapes, and long ones by themselves."""
    short = [one for one in owned if len(one[1]) <= LONG]
    if len(short) <= FEW:
        yield short
    else:
        yield [one for one in short if one[1].startswith("(?i)")]
        yield [one for one in short if not one[1].startswith("(?i)")]
    yield from ([one] for one in owned if len(one[1]) > LONG)


@lru_cache(maxsize=64)
def _compiled(patterns: tuple[str, ...]) -> _Patterns:
    """The set. Kept, for a new Snapshot mostly has the same and making one takes long."""
    options = re2.Options()
    options.log_errors = False
    options.max_mem = MAX_MEM
    made = re2.Set.SearchSet(options)
    for pattern in patterns:
        try:
            made.Add(pattern)
        except re2.error as wrong:
            raise ValueError(f"no pattern of RE2: {pattern}") from wrong
    made.Compile()
    return _Patterns(made)
