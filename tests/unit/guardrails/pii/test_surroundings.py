from __future__ import annotations

import pytest

from torana.guardrails.pii import surroundings, tagger


def of_no_person(text: str, name: str) -> bool:
    tokens = tagger.tokens(text)
    words = name.split()
    first = next(place for place, token in enumerate(tokens) if token.text == words[0])
    return surroundings.of_no_person(tokens, first, first + len(words) - 1)


@pytest.mark.parametrize(
    "text",
    [
        "12 Asha Street",
        "Asha Hospital",
        "Asha and Sons",
        "Rua Asha 7",
        "12 Main Road, Asha 4",
        "98 Apt. 4, Asha",
        "12 Asha Rd",
    ],
)
def test_streets_and_firms_are_nobody(text: str) -> None:
    assert of_no_person(text, "Asha")


@pytest.mark.parametrize(
    "text", ["Asha called", "Asha. Street food is good", "Dr Asha Rao", "order 12 for Asha", "Asha and Rohan"]
)
def test_people_stay_people(text: str) -> None:
    assert not of_no_person(text, "Asha")
