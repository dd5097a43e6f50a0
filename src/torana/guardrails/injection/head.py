"""Judges by meaning: a trained head on MiniLM's vectors of a text's parts, together with the cues of its wording.

It decides nothing. Called by the guardrail when its settings ask for the full engine.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from torana.guardrails.injection import model
from torana.guardrails.injection.reading import Reading
from torana.scan import sentences
from torana.scan.linear import Linear, loads, logistic
from torana.scan.minilm import WIDTH, MiniLM, minilm

PART = 600
"""Signs of a part: whole sentences, within what the model reads at once."""
PARTS = 8
"""Parts that are read; of longer texts, evenly chosen ones, the first and the last among them."""


class Head:
    """The head with its model. Safe in threads."""

    __slots__ = ("_meaning", "_minilm", "_wording")

    def __init__(self, wording: Linear, meaning: Linear, loaded: MiniLM) -> None:
        self._wording = wording
        self._meaning = meaning
        self._minilm: Any = loaded

    @classmethod
    def load(cls) -> Head:
        """Raises what ``scan.minilm.minilm`` raises."""
        room = files("torana.guardrails.injection")
        wording, meaning = (loads(room.joinpath(f"full_{name}.bin").read_bytes()) for name in ("wording", "meaning"))
        return cls(wording, meaning, minilm())

    def score(self, text: str, reading: Reading) -> float:
        """How likely the text is an attack."""
        spans = parts(text)
        if not spans:
            return 0.0
        mean = self._minilm.embed([text[start:end] for start, end in spans]).mean(axis=0)
        weighs = sum(float(value) * one for value, one in zip(mean, self._meaning.weights[:WIDTH], strict=True))
        return logistic(model.weight(self._wording, reading) + self._meaning.bias + self._meaning.scale * weighs)


def parts(text: str) -> list[tuple[int, int]]:
    """Start and end of each part of the text that is read."""
    found: list[tuple[int, int]] = []
    for start, end in sentences.spans(text):
        if found and end - found[-1][0] <= PART:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    if len(found) > PARTS:
        found = [found[round(place * (len(found) - 1) / (PARTS - 1))] for place in range(PARTS)]
    return found
