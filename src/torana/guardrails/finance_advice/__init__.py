"""Finds personal investment advice, asked for or given: a linear model over words and kinds of words.

How finance works in general, banking, and advice about other things pass. Run by the guard room, sentence by sentence.
"""

from __future__ import annotations

from importlib import resources
from typing import Annotated

import msgspec

from torana.guardrails.finance_advice.features import features, is_candidate, word_classes
from torana.ports.guardrail import Guardrail
from torana.scan.judged_sentences import JudgedSentences, Subject
from torana.scan.linear import loads

SIDES = ("input", "output")
PRICE_CLASS = "fast"
MODES = ("block", "redact", "flag", "shadow")
UNIT = "sentence"

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


def open(settings: Settings) -> Guardrail:  # noqa: A001 - the name that every plug-in has
    """The guardrail for these settings. Raises ValueError when the model's file is broken."""
    model = loads(resources.files(__package__).joinpath("model.bin").read_bytes())
    return JudgedSentences(Subject(word_classes(), is_candidate, features, lambda _: KIND), model, settings.threshold)
