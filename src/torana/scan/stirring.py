"""Whether anything may begin to be found in the words of a text that grows: known for most words, looked up for the others.

It finds nothing. Called by the guard room's streams.
"""

from __future__ import annotations

from functools import lru_cache

from torana.ports.guardrail import STIRRED
from torana.scan.gate import matcher, utf8

MOST_WORDS = 8192


class Stirring:
    """One pattern that matches no white space, never more than STIRRED bytes. Safe in threads."""

    __slots__ = ("_calm", "_matches")

    def __init__(self, pattern: str) -> None:
        """Raises ValueError for a bad pattern."""
        self._matches = matcher(pattern)
        self._calm: set[int] = set()
        """Digests of words in which it matches nowhere, and no words: those are somebody's. A look into a set costs a tenth
        of a scan, whose automaton is far away in memory between two pieces of a stream."""

    def __call__(self, before: str, new: str) -> bool:
        """Whether it matches in ``before + new``, where it does not in ``before``."""
        # Of what was there before only the word counts that goes on.
        word = new if new[:1].isspace() else before[1 - STIRRED :].rpartition(" ")[2] + new
        digest = hash(word)
        if digest in self._calm:
            return False
        if self._matches(utf8(word)):
            return True
        if len(self._calm) >= MOST_WORDS:
            self._calm.clear()
        self._calm.add(digest)
        return False

    def anywhere(self, text: str) -> bool:
        """Whether it matches in the text."""
        return bool(self._matches(utf8(text)))


@lru_cache(maxsize=64)
def stirring(pattern: str) -> Stirring:
    """The one of a pattern, for all who look at streams. Raises ValueError for a bad one."""
    return Stirring(pattern)
