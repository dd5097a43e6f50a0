"""Sentences judged by a linear model over words and kinds of words: what the guardrails of toxicity and of advice share.

It knows no subject: which sentences are looked at, by what, and what a find is called is given. Called by such guardrails.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from torana.ports.guardrail import Finding, Where
from torana.scan import sentences
from torana.scan.linear import Linear
from torana.scan.word_classes import Word, WordClasses

_NOWHERE = Where()


class Subject(NamedTuple):
    """What is looked for."""

    classes: WordClasses
    is_candidate: Callable[[Sequence[Word]], bool]
    """Whether a sentence is looked at at all."""
    features: Callable[[Sequence[Word]], Collection[str]]
    kind: Callable[[Sequence[Word]], str]
    """What a finding in a sentence of such words is called."""


class JudgedSentences:
    """A guardrail that finds whole sentences. Implements ``ports.guardrail.Guardrail``."""

    __slots__ = ("_model", "_subject", "_threshold")

    triggers = None

    def __init__(self, subject: Subject, model: Linear, threshold: float) -> None:
        """``threshold``: the score, from 0 to 1, at or above which a sentence is found."""
        self._subject = subject
        self._model = model
        self._threshold = threshold

    def check(self, text: str, where: Where = _NOWHERE) -> Sequence[Finding]:
        """Each sentence that is found, whole."""
        subject, found = self._subject, []
        for start, end in sentences.spans(text):
            words = subject.classes.read(text[start:end])
            if subject.is_candidate(words):
                score = self._model.score(subject.features(words))
                if score >= self._threshold:
                    found.append(Finding(subject.kind(words), start, end, score))
        return found

    def tail(self, text: str) -> int:
        """Where the last sentence begins, unless its end is seen."""
        return sentences.last_start(text)
