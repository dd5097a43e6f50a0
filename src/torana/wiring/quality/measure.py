"""Runs a guardrail over labelled texts and says how good it is and what it costs.

It opens no guardrail and prints nothing. Called by ``torana guardrails eval`` and by what writes the quality report.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import NamedTuple

from torana.core.clock import Clock
from torana.ports.guardrail import Finding
from torana.wiring.quality.opened import Opened
from torana.wiring.quality.rows import Row, Span
from torana.wiring.quality.scores import TYPES, Counts, Labelled, Places, flags, places, share

Figures = dict[str, float | None]
"""Fractions and milliseconds by name; None: of nothing."""


class Looked(NamedTuple):
    """A text, what was found in it, and the seconds it took."""

    row: Row
    found: Sequence[Finding]
    took: float


def look(opened: Opened, rows: Sequence[Row], clock: Clock) -> list[Looked]:
    """Each text, one after another. ``clock``: a fine one, for the time each takes."""
    opened.look(rows[0].text)  # What is loaded at the first look belongs to no text.
    looked = []
    for row in rows:
        began = clock.monotonic()
        found = opened.look(row.text)
        looked.append(Looked(row, found, clock.monotonic() - began))
    return looked


def flag_figures(looked: Sequence[Looked]) -> Figures:
    """Texts that should be flagged, and those that should not."""
    counts, innocent = flags((bool(one.row.label), bool(one.found)) for one in looked)
    return {**_shares(counts), "fpr": share(counts.false, innocent), "p50_ms": _median_ms(looked)}


def place_figures(looked: Sequence[Looked], opened: Opened) -> Figures:
    """Labelled places; ``structured_f1`` leaves names of people out."""
    every = scored(looked, opened)
    return {
        **_shares(every.counts),
        "leak": share(every.leaked, every.labelled),
        "clean_flagged": share(every.clean_flagged, every.clean),
        "structured_f1": scored(looked, opened, without=("PERSON",)).counts.f1,
        "p50_ms": _median_ms(looked),
    }


def scored(looked: Sequence[Looked], opened: Opened, without: Sequence[str] = ()) -> Places:
    """The places of all texts, types in ``without`` neither asked for nor charged."""
    types = frozenset(TYPES) - frozenset(without)
    return places(
        Labelled(
            one.row.spans or (),
            [Span(found.start, found.end, opened.types.get(found.kind, found.kind.upper())) for found in one.found],
            types if one.row.scope is None else types & frozenset(one.row.scope),
        )
        for one in looked
    )


def _shares(counts: Counts) -> Figures:
    return {"f1": counts.f1, "precision": counts.precision, "recall": counts.recall}


def _median_ms(looked: Sequence[Looked]) -> float:
    return statistics.median(one.took for one in looked) * 1000
