"""Finds sentences that insult, demean or threaten people: a linear model over words and kinds of words.

It knows English and the common abuse of Hindi and Hinglish; what is rude about things, quoted or denied passes.
Run by the guard room, sentence by sentence.
"""

from __future__ import annotations

from collections.abc import Collection
from importlib import resources
from typing import Annotated

import msgspec

from torana.guardrails.toxicity.features import features, is_candidate, word_classes
from torana.ports.guardrail import Guardrail
from torana.scan.judged_sentences import JudgedSentences, Subject
from torana.scan.linear import loads
from torana.scan.word_classes import Word

SIDES = ("input", "output")
PRICE_CLASS = "fast"
MODES = ("block", "redact", "flag", "shadow")
UNIT = "sentence"


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
    return JudgedSentences(Subject(word_classes(), is_candidate, features, _kind), model, settings.threshold)
