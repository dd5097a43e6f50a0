"""Weighs what a text shows: a score from 0 to 1, and the sentences that carry it.

It reads no text and decides nothing. Called by the guardrail and by the script that trains the weights.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

from torana.guardrails.injection.reading import Place, Reading
from torana.scan.linear import Linear, bucket, loads, logistic, norm

CARRIES = 0.3
"""A sentence carries the score when its cues weigh at least this share of the heaviest sentence's."""
WORDING = 1.0
"""What all words together weigh beside one cue."""


def features(reading: Reading) -> dict[str, float]:
    """Each feature with its value: cues count fully, words in proportion, so that many words say no more than few."""
    share = WORDING / norm(len(reading.grams))
    found = {f"gram {one}": share for one in reading.grams} | {f"cue {one}": 1.0 for one in reading.cues}
    return found | {"shown": 1.0} if reading.places else found


def weight(model: Linear, reading: Reading) -> float:
    """The sum of the weights, of any size."""
    mask = len(model.weights) - 1
    weights = model.weights
    total = sum([value * weights[bucket(name) & mask] for name, value in features(reading).items()])
    return model.bias + model.scale * total


def score(model: Linear, reading: Reading) -> float:
    """How likely the text is an attack; 0 when nothing telling stands in it."""
    return logistic(weight(model, reading)) if reading.places else 0.0


def carriers(model: Linear, places: tuple[Place, ...]) -> list[tuple[int, int]]:
    """The sentences that carry the score, from left to right, without overlaps."""
    mask = len(model.weights) - 1
    heavy = [sum(model.weights[bucket(f"cue {cue}") & mask] for cue in place.cues) for place in places]
    least = CARRIES * max(heavy)
    chosen = [place for place, weighs in zip(places, heavy, strict=True) if weighs >= least or weighs == max(heavy)]
    spans: list[tuple[int, int]] = []
    for place in sorted(chosen):
        if spans and place.start < spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], place.end))
        else:
            spans.append((place.start, place.end))
    return spans


@lru_cache(maxsize=1)
def weights() -> Linear:
    """The weights of this release, read at the first call."""
    return loads(files("torana.guardrails.injection").joinpath("fast.bin").read_bytes())
