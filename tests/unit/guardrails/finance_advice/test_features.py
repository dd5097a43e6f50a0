"""The word list of the financial advice guardrail tells what is worth a closer look."""

from __future__ import annotations

import pytest

from torana.guardrails.finance_advice.features import MONEY, PARTS, features, is_candidate, word_classes

CLASSES = word_classes()


@pytest.mark.parametrize(
    "text", ["buy Tesla", "my portfolio", "reinvesting", "mutual funds", "where do I put my savings"]
)
def test_words_of_investing_ask_for_a_closer_look(text: str) -> None:
    assert is_candidate(CLASSES.read(text))


@pytest.mark.parametrize("text", ["Good morning, Asha.", "write a poem about rain", "which route is the shortest"])
def test_other_words_do_not(text: str) -> None:
    assert not is_candidate(CLASSES.read(text))


def test_features_tell_what_is_asked_about_what() -> None:
    assert set(PARTS.values()) <= MONEY
    assert "ask..asset" in features(CLASSES.read("should I sell my index funds"))
