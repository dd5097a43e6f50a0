"""Counts hits, misses and false alarms: of texts that are flagged or not, and of labelled places.

It runs no guardrail and knows none. Called by ``measure``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from torana.wiring.quality.rows import Span

TYPES = (
    "PERSON", "EMAIL", "PHONE", "CREDIT_CARD", "IBAN", "BANK_ACCOUNT", "IFSC", "UPI", "US_SSN", "AADHAAR", "PAN", "GSTIN", "IP",
)  # fmt: skip
"""The types of places that are scored; others only count as cover."""

OVERLAP = 0.5
"""Intersection over union from which a found place is a labelled one."""

COVERED = 0.9
"""Share of a labelled place that must be covered, by anything found, or else it leaked."""


class Counts(NamedTuple):
    """Hits, false alarms, misses."""

    hits: int = 0
    false: int = 0
    missed: int = 0

    def plus(self, other: Counts) -> Counts:
        """Both together."""
        return Counts(self.hits + other.hits, self.false + other.false, self.missed + other.missed)

    @property
    def precision(self) -> float | None:
        """Share of what was found that is there; None: nothing was found."""
        return share(self.hits, self.hits + self.false)

    @property
    def recall(self) -> float | None:
        """Share of what is there that was found; None: nothing is there."""
        return share(self.hits, self.hits + self.missed)

    @property
    def f1(self) -> float | None:
        """The harmonic mean of both."""
        return share(2 * self.hits, 2 * self.hits + self.false + self.missed)


class Labelled(NamedTuple):
    """A text's labelled places and what was found in it, types in the words of ``TYPES``."""

    gold: Sequence[Span]
    found: Sequence[Span]
    scope: frozenset[str]
    """The types to score."""


class Places(NamedTuple):
    """The score of a text, or of many, with labelled places."""

    by_type: dict[str, Counts]
    labelled: int = 0
    leaked: int = 0
    clean: int = 0
    """Texts without a labelled place …"""
    clean_flagged: int = 0
    """… and those of them in which something was found."""

    @property
    def counts(self) -> Counts:
        """All types together."""
        total = Counts()
        for one in self.by_type.values():
            total = total.plus(one)
        return total


def share(part: int, whole: int) -> float | None:
    """``part / whole``; None: of nothing."""
    return part / whole if whole else None


def flags(outcomes: Iterable[tuple[bool, bool]]) -> tuple[Counts, int]:
    """(should be flagged, is flagged) of each text → counts, and how many texts should pass."""
    hits = false = missed = innocent = 0
    for wanted, flagged in outcomes:
        hits += wanted and flagged
        missed += wanted and not flagged
        false += flagged and not wanted
        innocent += not wanted
    return Counts(hits, false, missed), innocent


def places(texts: Iterable[Labelled]) -> Places:
    """The score of all texts: one labelled place is one found place of its type, best overlap first."""
    by_type: dict[str, Counts] = {}
    labelled = leaked = clean = clean_flagged = 0
    for text in texts:
        gold = [span for span in text.gold if span.type in text.scope]
        found = list(dict.fromkeys(span for span in text.found if span.type in text.scope))
        matched_gold, matched_found = _matched(gold, found)
        for i, span in enumerate(gold):
            one = Counts(hits=1) if i in matched_gold else Counts(missed=1)
            by_type[span.type] = by_type.get(span.type, Counts()).plus(one)
            leaked += not _covered(span, text.found)
        for i, span in enumerate(found):
            if i not in matched_found:
                by_type[span.type] = by_type.get(span.type, Counts()).plus(Counts(false=1))
        labelled += len(gold)
        clean += not gold
        clean_flagged += bool(found and not gold)
    ordered = {name: by_type[name] for name in TYPES if name in by_type}
    return Places(ordered, labelled, leaked, clean, clean_flagged)


def _matched(gold: Sequence[Span], found: Sequence[Span]) -> tuple[set[int], set[int]]:
    pairs = sorted(
        (
            (overlap, i, j)
            for i, wanted in enumerate(gold)
            for j, span in enumerate(found)
            if wanted.type == span.type and (overlap := _overlap(wanted, span)) >= OVERLAP
        ),
        reverse=True,
    )
    taken_gold: set[int] = set()
    taken_found: set[int] = set()
    for _, i, j in pairs:
        if i not in taken_gold and j not in taken_found:
            taken_gold.add(i)
            taken_found.add(j)
    return taken_gold, taken_found


def _overlap(one: Span, other: Span) -> float:
    both = min(one.end, other.end) - max(one.start, other.start)
    return both / (max(one.end, other.end) - min(one.start, other.start)) if both > 0 else 0.0


def _covered(wanted: Span, found: Iterable[Span]) -> bool:
    cover: set[int] = set()
    for span in found:
        cover |= set(range(max(span.start, wanted.start), min(span.end, wanted.end)))
    return len(cover) >= COVERED * (wanted.end - wanted.start)
