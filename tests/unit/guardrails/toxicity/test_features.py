"""The word list of the toxicity guardrail is whole, and tells what is worth a closer look."""

from __future__ import annotations

import pytest

from torana.guardrails.toxicity.features import PARTS, RUDE, features, is_candidate, word_classes

CLASSES = word_classes()


@pytest.mark.parametrize("text", ["you idiot", "F*CK", "sh!t", "मादरचोद", "bhenchod", "sand nigger", "clusterfuck"])
def test_rude_words_ask_for_a_closer_look(text: str) -> None:
    assert is_candidate(CLASSES.read(text))


@pytest.mark.parametrize(
    "text", ["Good morning, Asha.", "assess the class", "Scunthorpe United", "cocktail", "the muslim woman"]
)
def test_other_words_do_not(text: str) -> None:
    assert not is_candidate(CLASSES.read(text))


def test_parts_are_of_kinds_that_are_rude() -> None:
    assert set(PARTS.values()) <= RUDE


def test_features_tell_who_is_called_what() -> None:
    assert "you..insult" in features(CLASSES.read("you are such an idiot"))
    assert "identity..insult" in features(CLASSES.read("those women are vermin"))
