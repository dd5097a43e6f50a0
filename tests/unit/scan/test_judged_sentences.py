from __future__ import annotations

from torana.ports.guardrail import Finding
from torana.scan.judged_sentences import JudgedSentences, Subject
from torana.scan.linear import Linear
from torana.scan.word_classes import read_classes

CLASSES = read_classes('bad = "awful"\nfine = "lovely"', {})


class Said:
    """A model that is as sure as the features say."""

    def score(self, features: object) -> float:
        return 0.9 if "bad" in str(features) else 0.4


def a_guardrail(threshold: float) -> JudgedSentences:
    subject = Subject(
        CLASSES,
        lambda words: any(word.kind for word in words),
        lambda words: {word.kind for word in words},
        lambda words: f"{len(words)} words",
    )
    model: Linear = Said()  # type: ignore[assignment]
    return JudgedSentences(subject, model, threshold)


def test_each_sentence_that_scores_enough_is_found_whole_with_its_kind() -> None:
    text = "That is awful. Nothing here. So lovely."
    found = a_guardrail(0.5).check(text)
    assert [(one.kind, text[one.start : one.end].strip()) for one in found] == [("3 words", "That is awful.")]
    assert all(isinstance(one, Finding) and one.score == 0.9 for one in found)
    assert len(a_guardrail(0.3).check(text)) == 2


def test_a_sentence_without_an_end_may_go_on() -> None:
    text = "That is awful. And what co"
    assert text[a_guardrail(0.5).tail(text) :].strip() == "And what co"
