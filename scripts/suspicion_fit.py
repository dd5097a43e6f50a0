"""Fits the injection guardrail's suspicion: weights that are never below zero, most of them zero, in little time.

Features that people wrote are pulled to what their rarity in ordinary texts says, learnt ones to zero. Called by
train_injection.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import suspicion_features

from torana.guardrails.injection.suspicion import CLOSE, CLOSE_ENOUGH, NEAR, made
from torana.scan.gate import utf8

LEARNT = 2500
"""Candidates that texts give."""
PULL = 0.5
SPARE = 0.2
"""How strongly learnt weights are drawn to zero."""
PRIOR = 0.7
COMMON = 3.5
"""A written feature is expected to weigh PRIOR for each e-fold that it is rarer than once in e to the COMMON pieces."""
ATTACKS = 6.0
HARMLESS = 0.5
"""What one piece counts."""
STEPS = 500
LEAST = 0.03
RARE = 0.0008
"""Words of other languages are enough by themselves when fewer pieces have them."""
SHARE = 0.08
"""Of ordinary texts of each kind, which may be suspected."""

Features = list[tuple[float, list[bytes]]]


def pieces(text: str) -> list[bytes]:
    """The text in pieces that overlap."""
    raw = utf8(text)
    if len(raw) <= NEAR * 1.25:
        return [raw]
    return [raw[at : at + NEAR] for at in range(0, len(raw) - NEAR // 4, NEAR // 2)]


def around(text: str, places: Sequence[tuple[int, int]]) -> list[bytes]:
    """A few pieces of the text around places that tell; the text itself when it is short."""
    raw = utf8(text)
    if len(raw) <= NEAR * 1.25:
        return [raw]
    middles = [(start + end) // 2 for start, end in places]
    return [utf8(text[max(0, one - NEAR // 2) : one + NEAR // 2]) for one in middles[:: max(1, len(middles) // 4)][:5]]


def fit(
    attacks: Sequence[tuple[bytes, str]], harmless: Sequence[bytes], ordinary: Sequence[Sequence[str]], cues: Path
) -> Features:
    """The features, scaled so that SHARE of the ordinary texts are suspected.

    ``attacks``: pieces with their sources. ``harmless``: pieces. ``ordinary``: for each kind texts of some length.
    """
    some = [piece for kind in ordinary for text in kind for piece in pieces(text)[::2]]
    enough = [*suspicion_features.strong(), *suspicion_features.foreign(cues)]
    written = [*enough, *suspicion_features.of_cues(cues)]
    learnt = suspicion_features.of_texts(attacks, [*harmless, *some], LEARNT)
    kinds, groups = _distinct([(0, enough), (1, written[len(enough) :]), (2, learnt)])
    reader = made([(1.0, group) for group in groups])
    texts = [*(piece for piece, _ in attacks), *harmless, *some]
    shown = [(row, feature) for row, text in enumerate(texts) for feature in reader.shown(text)]
    rows, columns = (np.array(one) for one in zip(*shown, strict=True))
    often = np.bincount(columns[rows >= len(texts) - len(some)], minlength=len(groups)) / len(some)
    prior = np.where(kinds < 2, PRIOR * np.clip(-np.log(often + 1 / 4000) - COMMON, 0, 4), 0)
    labels = np.r_[np.ones(len(attacks)), np.zeros(len(texts) - len(attacks))]
    weights = _weights(rows, columns, labels, prior, np.where(kinds < 2, 0.0, SPARE))
    weights[(kinds == 0) & (often < RARE)] = 99.0
    return scaled([(float(one), group) for one, group in zip(weights, groups, strict=True) if one > LEAST], ordinary)


def _distinct(given: Sequence[tuple[int, list[list[bytes]]]]) -> tuple[Any, list[list[bytes]]]:
    """Groups with their kinds; each phrase is of the first that has it."""
    seen: set[bytes] = set()
    kinds, groups = [], []
    for kind, some in given:
        for group in some:
            new = [phrase for phrase in dict.fromkeys(group) if phrase not in seen]
            seen.update(new)
            if new:
                kinds.append(kind)
                groups.append(new)
    return np.array(kinds), groups


def _weights(rows: Any, columns: Any, labels: Any, prior: Any, spare: Any) -> Any:
    """Logistic regression by accelerated steps, each followed by what keeps weights sparse and not below zero."""
    counts = np.where(labels > 0, ATTACKS, HARMLESS)

    def sums(weights: Any) -> Any:
        return np.bincount(rows, weights=weights[columns], minlength=len(labels))

    def back(off: Any) -> Any:
        return np.bincount(columns, weights=off[rows], minlength=len(prior))

    steep = np.ones(len(prior))
    for _ in range(20):
        steep = back(counts * sums(steep))
        length = float(np.linalg.norm(steep))
        steep /= length
    step, bias_step = 1 / (2 * (length * 0.275 + PULL + 1)), 1 / (counts.sum() * 0.5)
    last, last_bias, speed = prior.copy(), -4.0, 1.0
    weights, bias = last.copy(), last_bias
    for _ in range(STEPS):
        off = counts * (1 / (1 + np.exp(-np.clip(sums(weights) + bias, -30, 30))) - labels)
        new = np.maximum(0, weights - step * (back(off) + PULL * (weights - prior) + spare))
        new_bias = bias - bias_step * float(off.sum())
        faster = (1 + (1 + 4 * speed * speed) ** 0.5) / 2
        weights = new + (speed - 1) / faster * (new - last)
        bias = new_bias + (speed - 1) / faster * (new_bias - last_bias)
        last, last_bias, speed = new, new_bias, faster
    return last


def scaled(features: Features, ordinary: Sequence[Sequence[str]]) -> Features:
    """The features with weights of which 1 is enough."""
    reader = made(features)
    heavy = []
    for kind in ordinary:
        found = [reader.found(utf8(text)) for text in kind]
        weighs = [max(reader.most(one, NEAR), reader.most(one, CLOSE) / CLOSE_ENOUGH) for one in found]
        heavy.append(float(np.quantile(weighs, 1 - SHARE)))
    enough = max(heavy)
    return [(min(1.0, round(weight / enough, 3)), phrases) for weight, phrases in features]


def lines(features: Features) -> str:
    """The features as suspicion.read takes them."""
    return "".join(
        "\t".join([f"{weight:g}", *(phrase.decode().replace(" ", "~") for phrase in phrases)]) + "\n"
        for weight, phrases in features
    )
