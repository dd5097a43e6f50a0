"""Finds passages of known documents in a text, by the runs of words that both share.

What a run is remembered as (itself, a keyed hash of it) is the caller's. Called by guardrails that know documents.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import NamedTuple

_WORD = re.compile(r"\w+")
RUN = 6
"""Words that make a run."""
HASH_BYTES = 6
_REACH = RUN + 1  # one word changed hides RUN runs; the passage goes on behind it
_TAIL = 1024


class Word(NamedTuple):
    """A word without case, and its place."""

    word: str
    start: int
    end: int


def words_of(text: str) -> list[Word]:
    """The words of a text; what stands between them does not count."""
    return [Word(match.group().casefold(), match.start(), match.end()) for match in _WORD.finditer(text)]


def runs_of(words: Sequence[Word]) -> list[str]:
    """Each run of ``RUN`` words, the runs overlapping; none of a text that has fewer."""
    plain = [one.word for one in words]
    return [" ".join(plain[at : at + RUN]) for at in range(len(plain) - RUN + 1)]


def keyed(key: bytes) -> Callable[[str], bytes]:
    """The hash of a run: keyed BLAKE2b of ``HASH_BYTES`` bytes. ``key``: at most 64 bytes."""

    def hashed(run: str) -> bytes:
        return hashlib.blake2b(run.encode("utf-8", "replace"), digest_size=HASH_BYTES, key=key).digest()

    return hashed


def itself(run: str) -> str:
    """A run as it is, where the document is at hand."""
    return run


class Passages:
    """Runs of documents, and how many of them close together make a passage."""

    __slots__ = ("_as", "_begins", "_known", "_least")

    def __init__(
        self,
        known: Collection[object],
        least: int,
        remembered_as: Callable[[str], object],
        begins: Callable[[str], bool] | None = None,
    ) -> None:
        """``known``: the runs, each as ``remembered_as`` gives it. ``least``: shared runs that make a passage.

        ``begins``: whether words, the last perhaps unfinished, stand in a document like this; None: it cannot be told.
        """
        self._known = known
        self._least = least
        self._as = remembered_as
        self._begins = begins

    def find(self, text: str) -> Iterator[tuple[int, int]]:
        """Start and end of each passage, from its first shared word to its last."""
        words = words_of(text)
        for first, last, shared in self._shared(words):
            if shared >= self._least:
                yield words[first].start, words[last + RUN - 1].end

    def tail(self, text: str) -> int:
        """The start of a passage that is going on at the end, else of the last words that may begin a run."""
        begin = max(len(text) - _TAIL, 0)
        words = words_of(text[begin:])
        if not words:
            return len(text)
        held = self._unfinished(words)
        for first, last, _ in self._shared(words):
            if len(words) - RUN - last <= _REACH:
                held = min(held, first)
        return begin + words[held].start

    def _shared(self, words: Sequence[Word]) -> Iterator[tuple[int, int, int]]:
        """Stretches of shared runs: the first run, the last, how many."""
        first, last, shared = 0, 0, 0
        for at, run in enumerate(runs_of(words)):
            if self._as(run) not in self._known:
                continue
            if shared and at - last > _REACH:
                yield first, last, shared
                shared = 0
            first = first if shared else at
            last = at
            shared += 1
        if shared:
            yield first, last, shared

    def _unfinished(self, words: Sequence[Word]) -> int:
        """The first of the last words that may begin a run with what follows; the last word may be half of one."""
        first = max(len(words) - RUN, 0)
        if self._begins is None:
            return first
        plain = [one.word for one in words]
        return next((at for at in range(first, len(words)) if self._begins(" ".join(plain[at:]))), len(words) - 1)
