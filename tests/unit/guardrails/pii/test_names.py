from __future__ import annotations

import pytest

from torana.guardrails.pii.names import Names

NAMES = Names(0.8)


def found(text: str) -> list[str]:
    return [text[one.start : one.end] for one in NAMES.check(text)]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("My name is Asha Venkatesan.", ["Asha Venkatesan"]), ("Hi Thomas, please ask Meera.", ["Thomas", "Meera"]),
        ("Regards,\nRohan Mehta\nAcme Ltd", ["Rohan Mehta"]), ("mera naam suresh kumar hai", ["suresh kumar"]),
        ("Mr. J. Okafor met Maria van Dijk.", ["J. Okafor", "Maria van Dijk"]), ("Priya's order", ["Priya"]),
    ],
)  # fmt: skip
def test_names_are_found_whole(text: str, names: list[str]) -> None:
    assert found(text) == names


@pytest.mark.parametrize(
    "text",
    [
        "The committee meets on Monday in London.", "Dear Customer,", "Google and Microsoft are companies.", "my name is not important",
        "Please open a savings account.", "Step 2: Open Settings", "",
    ],
)  # fmt: skip
def test_prose_without_people_passes(text: str) -> None:
    assert found(text) == []


def test_a_sentence_is_held_until_it_ends() -> None:
    text = "All is well. Then Asha Ra"
    assert NAMES.tail(text) == text.index("Then")
    assert NAMES.tail(text + "o left. ") == len(text) + len("o left. ")
    assert NAMES.tail("") == 0


def test_a_finding_of_a_whole_text_is_known_or_held_at_every_cut() -> None:
    text = "Dear Ms. Rao,\nAsha Venkatesan called Thomas. He is well.\nRegards,\nMeera Iyer"
    whole = NAMES.check(text)
    assert len(whole) == 4
    for cut in range(len(text) + 1):
        tail, known = NAMES.tail(text[:cut]), NAMES.check(text[:cut])
        assert all(one.start >= tail or (one.end <= tail and one in known) for one in whole), text[:cut]


def test_a_word_beside_a_sure_one_needs_less() -> None:
    text = "Please ask Devika Zorblatt about it."
    assert found(text) == ["Devika Zorblatt"]


def test_weights_may_be_given() -> None:
    assert Names(0.8, bytes(1 << 16)).check("My name is Asha Venkatesan.") == []
