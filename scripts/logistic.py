"""Trains the linear models of guardrails: logistic regression over hashed features, in plain Python, always the same."""

from __future__ import annotations

import math
import random
import re
from array import array
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from torana.scan.linear import Linear, bucket, logistic, norm

BITS = 15
EPOCHS = 12
RATE = 0.5
DECAY = 2e-4
SLOT = re.compile(r"\{(\w+)\}")


class Example(NamedTuple):
    """Features of a text, what it is (1: to be flagged), and how much it counts."""

    features: Collection[str]
    label: int
    weight: float = 1.0


def fit(examples: Sequence[Example], bits: int = BITS, seed: int = 7) -> Linear:
    """A model of them: AdaGrad with a pull to zero, the mean of the last epochs' weights, rounded to 8 bits."""
    mask = (1 << bits) - 1
    rows = [
        ([bucket(one) & mask for one in sorted(example.features)], example.label, example.weight)
        for example in examples
    ]
    weights, seen, mean = [0.0] * (mask + 1), [1e-6] * (mask + 1), [0.0] * (mask + 1)
    bias, bias_seen, bias_mean, averaged = 0.0, 1e-6, 0.0, 0
    chance = random.Random(seed)
    for epoch in range(EPOCHS):
        chance.shuffle(rows)
        for places, label, weight in rows:
            share = 1 / norm(len(places))
            off = (logistic(bias + share * sum([weights[at] for at in places])) - label) * weight
            bias_seen += off * off
            bias -= RATE * off / math.sqrt(bias_seen)
            off *= share
            for at in places:
                step = off + DECAY * weights[at]
                seen[at] += step * step
                weights[at] -= RATE * step / math.sqrt(seen[at])
        if epoch >= EPOCHS // 2:
            averaged += 1
            bias_mean += bias
            mean = [old + new for old, new in zip(mean, weights, strict=True)]
    mean = [one / averaged for one in mean]
    scale = max(map(abs, mean)) / 127 or 1.0
    return Linear(array("b", [round(one / scale) for one in mean]), scale, bias_mean / averaged)


def filled(sentences: Iterable[str], slots: Mapping[str, Sequence[str]], times: int, seed: int) -> list[str]:
    """Each sentence so many times with other words in its slots; once where it has none."""
    chance = random.Random(seed)
    made: dict[str, None] = {}
    for sentence in sentences:
        for _ in range(times if SLOT.search(sentence) else 1):
            text = sentence
            while SLOT.search(text):  # What fills a slot may have slots itself.
                text = SLOT.sub(lambda found: chance.choice(slots[found[1]]), text)
            made[text] = None
    return list(made)


def f1(outcomes: Iterable[tuple[int, bool]]) -> dict[str, float]:
    """(label, flagged) of each → F1, precision, recall and false-positive rate."""
    cells = {(label, flagged): 0 for label in (0, 1) for flagged in (False, True)}
    for label, flagged in outcomes:
        cells[label, flagged] += 1
    hits, false, missed, passed = cells[1, True], cells[0, True], cells[1, False], cells[0, False]
    return {
        "f1": 2 * hits / max(1, 2 * hits + false + missed),
        "precision": hits / max(1, hits + false),
        "recall": hits / max(1, hits + missed),
        "fpr": false / max(1, false + passed),
    }
