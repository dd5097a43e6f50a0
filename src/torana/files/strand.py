"""A text that lies in several places of a document, such as the runs of a paragraph; and other texts put into it.

It knows no format. Used by the modules that read formats.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple


class Leaf(NamedTuple):
    """One of the places: what stands there, and how something else is put there."""

    text: str
    put: Callable[[str], None] | None
    """None: a sign that stands for something without a text of its own (a tab, a line break)."""


class Strand:
    """The text of some leaves, one after the other. Several pieces may be the same strand."""

    __slots__ = ("_edits", "leaves", "text")

    def __init__(self, leaves: Iterable[Leaf]) -> None:
        self.leaves = tuple(leaves)
        self.text = "".join(leaf.text for leaf in self.leaves)
        self._edits: dict[tuple[int, int], str] = {}

    def edit(self, start: int, end: int, text: str) -> None:
        """Note that this stands from ``start`` to ``end`` from now on; done by ``apply``."""
        self._edits[start, end] = text

    def apply(self) -> bool:
        """Put the edits where they belong; False when there were none. Of two that overlap, the first stands."""
        if not self._edits:
            return False
        at = 0
        spans = _apart(self._edits)
        for leaf in self.leaves:
            new = _changed(leaf.text, at, spans)
            if new != leaf.text and leaf.put is not None:
                leaf.put(new)
            at += len(leaf.text)
        self._edits.clear()
        return True

    def edited(self) -> str:
        """The text with its edits."""
        return _changed(self.text, 0, _apart(self._edits))


def _apart(edits: dict[tuple[int, int], str]) -> list[tuple[int, int, str]]:
    spans: list[tuple[int, int, str]] = []
    for (start, end), text in sorted(edits.items()):
        if spans and start < spans[-1][1]:
            first, last, said = spans[-1]
            spans[-1] = (first, max(last, end), said)
        else:
            spans.append((start, end, text))
    return spans


def _changed(text: str, at: int, spans: list[tuple[int, int, str]]) -> str:
    """A leaf's text, which begins at ``at``, with the spans: what is put stands where a span begins."""
    parts: list[str] = []
    done = at
    stop = at + len(text)
    for start, end, new in spans:
        if end <= at or start >= stop:
            continue
        parts.append(text[done - at : max(start, at) - at])
        if start >= at:
            parts.append(new)
        done = min(end, stop)
    parts.append(text[done - at :])
    return "".join(parts)
