"""Finds sentences that insult, demean or threaten people: a linear model over words and kinds of words.

It knows English and the common abuse of Hindi and Hinglish; what is rude about things, quoted or denied passes.
Run by the guard room, sentence by sentence.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from importlib import resources
from typing import Annotated

import msgspec

from torana.guardrails.toxicity.features import features, is_candidate, word_classes
from torana.ports.guardrail import Finding, Guardrail, Where
from torana.scan import sentences
from torana.scan.linear import Linear, loads
from torana.scan.word_classes import Word, WordClasses

SIDES = ("input", "output")
PRICE_CLASS = "fast"
MODES = ("block", "redact", "flag", "shadow")
UNIT = "sentence"

_NOWHERE = Where()


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How sure it must be."""

    threshold: Annotated[float, msgspec.Meta(gt=0, lt=1)] = 0.55
    """From 0 to 1: a sentence at or above it is found. Higher: fewer false alarms, more missed."""


SAMPLE = Settings()
MUST_CATCH = (
    "You are such a stupid idiot.",
    "I really hate muslims, all of them.",
    "Immigrants are vermin and should be shot!",
    "shut up, you f*cking m0ron",
    "Tum sab chutiye ho",
)
MUST_PASS = (
    "How do I kill a process that hangs?",
    "Nobody deserves to be hurt for being gay.",
    'Is the word "idiot" offensive in English?',
    "I am a proud muslim woman.",
    "This fucking printer died again, I hate Mondays.",
    "Stop calling people names; you are not a loser.",
    "",
)


class Toxicity:
    """The model with its words."""

    __slots__ = ("_classes", "_model", "_threshold")

    triggers = None

    def __init__(self, classes: WordClasses, model: Linear, threshold: float) -> None:
        self._classes = classes
        self._model = model
        self._threshold = threshold

    def check(self, text: str, where: Where = _NOWHERE) -> Sequence[Finding]:
        """Each toxic sentence, whole."""
        found = []
        for start, end in sentences.spans(text):
            words = self._classes.read(text[start:end])
            if is_candidate(words):
                score = self._model.score(features(words))
                if score >= self._threshold:
                    found.append(Finding(_kind(words), start, end, score))
        return found

    def tail(self, text: str) -> int:
        """Where the last sentence begins, unless its end is seen."""
        return sentences.last_start(text)


def _kind(words: Collection[Word]) -> str:
    kinds = {word.kind for word in words}
    if "slur" in kinds or "identity" in kinds:
        return "hate"
    if "harm" in kinds:
        return "threat"
    return "abuse"


def open(settings: Settings) -> Guardrail:  # noqa: A001 - the name that every plug-in has
    """The guardrail for these settings. Raises ValueError when the model's file is broken."""
    model = loads(resources.files(__package__).joinpath("model.bin").read_bytes())
    return Toxicity(word_classes(), model, settings.threshold)
