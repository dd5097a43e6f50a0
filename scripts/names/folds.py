"""What the tagger of names reaches on rows that it has not seen, together with the kinds that have a shape.

It trains nothing itself. Called by train.py with ``--folds``.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from torana.guardrails.pii import SCORED, Settings
from torana.guardrails.pii.names import Names
from torana.guardrails.pii.structured import KINDS, Structured, merge
from torana.ports.guardrail import Finding
from torana.scan.normal import Normal, normal
from torana.wiring.quality.rows import Row, Span, read
from torana.wiring.quality.scores import TYPES, Labelled, places

THRESHOLDS = (0.5, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9)
SEED = 5

Trained = Callable[[Callable[[Row], bool]], bytes]
"""Weights learnt from the rows of which this is true, and from everything else."""


def folds(folder: Path, trained: Trained) -> dict[str, Any]:
    """Figures of five random parts and of the sources one by one, each judged by a model of the others, pooled."""
    rows = read(folder)["pii"]
    order = list(range(len(rows)))
    random.Random(SEED).shuffle(order)
    part = {rows[at].id: number % 5 for number, at in enumerate(order)}
    ways: dict[str, Mapping[str, object]] = {
        "five_fold": part,
        "leave_one_source_out": {row.id: source(row) for row in rows},
    }
    return {way: _pooled(rows, of, trained) for way, of in ways.items()}


def source(row: Row) -> str:
    """Who made the row; both files of one maker are one source."""
    return re.split(r"[ /]", row.source.removeprefix("microsoft/"))[0]


def _pooled(rows: Sequence[Row], of: Mapping[str, object], trained: Trained) -> dict[str, Any]:
    shaped = Structured(KINDS, Settings().threshold)
    ours = Settings().names_threshold
    seen: dict[float, list[Labelled]] = {least: [] for least in sorted({*THRESHOLDS, ours})}
    for held in sorted(set(map(str, of.values()))):
        weights = trained(lambda row, held=held: str(of[row.id]) != held)
        parts = [(row, normal(row.text)) for row in rows if str(of[row.id]) == held]
        for least, texts in seen.items():
            names = Names(least, weights)
            texts += [
                _labelled(row, form, merge(shaped.check(form.text), names.check(form.text))) for row, form in parts
            ]
    curve = {f"{least:.2f}": _figures(texts) for least, texts in seen.items()}
    return curve[f"{ours:.2f}"] | {"curve": list(curve.items())}


def _labelled(row: Row, form: Normal, found: Sequence[Finding]) -> Labelled:
    spans = [Span(*form.back(one.start, one.end), SCORED.get(one.kind, one.kind.upper())) for one in found]
    scope = frozenset(TYPES) if row.scope is None else frozenset(TYPES) & frozenset(row.scope)
    return Labelled(row.spans or (), spans, scope)


def _figures(texts: Sequence[Labelled]) -> dict[str, Any]:
    every = places(texts)
    counts = every.counts
    return {
        "f1": counts.f1,
        "precision": counts.precision,
        "recall": counts.recall,
        "leak": every.leaked / max(1, every.labelled),
        "clean_flagged": every.clean_flagged / max(1, every.clean),
    }
