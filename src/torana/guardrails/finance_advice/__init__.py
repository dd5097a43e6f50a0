"""Finds personal investment advice, asked for or given: a linear model over words and kinds of words.

How finance works in general, banking, and advice about other things pass. Run by the guard room, sentence by sentence.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from typing import Annotated

import msgspec

from torana.guardrails.finance_advice.features import features, is_candidate, word_classes
from torana.ports.guardrail import Finding, Guardrail, Where
from torana.scan import sentences
from torana.scan.linear import Linear, loads
from torana.scan.word_classes import WordClasses

SIDES = ("input", "output")
PRICE_CLASS = "fast"
MODES = ("block", "redact", "flag", "shadow")
UNIT = "sentence"

_NOWHERE = Where()

KIND = "financial_advice"


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How sure it must be."""

    threshold: Annotated[float, msgspec.Meta(gt=0, lt=1)] = 0.5
    """From 0 to 1: a sentence at or above it is found. Higher: fewer false alarms, more missed."""


SAMPLE = Settings()
MUST_CATCH = (
    "Should I buy Tesla shares now?",
    "Recommend three mutual funds for my retirement.",
    "You should put 60% of your savings into small-cap stocks.",
    "Where should I invest 10 lakh rupees?",
    "Kya mujhe Infosys ke share kharidna chahiye?",
)
MUST_PASS = (
    "How do index funds differ from ETFs?",
    "What is the balance of my savings account?",
    "Which laptop should I buy?",
    "I cannot give personal investment advice.",
    "Tesla shares rose 3% on Monday.",
    "Should I share this document with my team?",
    "",
)


class FinanceAdvice:
    """The model with its words."""

    __slots__ = ("_classes", "_model", "_threshold")

    triggers = None

    def __init__(self, classes: WordClasses, model: Linear, threshold: float) -> None:
        self._classes = classes
        self._model = model
        self._threshold = threshold

    def check(self, text: str, where: Where = _NOWHERE) -> Sequence[Finding]:
        """Each sentence that asks for advice or gives it, whole."""
        found = []
        for start, end in sentences.spans(text):
            words = self._classes.read(text[start:end])
            if is_candidate(words):
                score = self._model.score(features(words))
                if score >= self._threshold:
                    found.append(Finding(KIND, start, end, score))
        return found

    def tail(self, text: str) -> int:
        """Where the last sentence begins, unless its end is seen."""
        return sentences.last_start(text)


def open(settings: Settings) -> Guardrail:  # noqa: A001 - the name that every plug-in has
    """The guardrail for these settings. Raises ValueError when the model's file is broken."""
    model = loads(resources.files(__package__).joinpath("model.bin").read_bytes())
    return FinanceAdvice(word_classes(), model, settings.threshold)
