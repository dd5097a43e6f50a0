"""Words are read through disguises, phrases as one; what is no disguise stays as it is."""

from __future__ import annotations

import pytest

from torana.scan.word_classes import NUMBER, WordClasses, read_classes

CLASSES = read_classes(
    """
    rude = "idiot fuck arse kill_yourself चूतिया"
    person = "you"
    """,
    {"fuck": "rude"},
)


def read(text: str) -> list[tuple[str, str]]:
    return [(word.text, word.kind) for word in CLASSES.read(text)]


@pytest.mark.parametrize(
    "text",
    ["Idiot", "IDIOTS", "id1ot", "1d1ot", "idi*t", "iiidiot", "idioooot", "i d i o t", "i.d.i.o.t", "i-d-i-o-t", "idiot's", "!diot"],
)  # fmt: skip
def test_a_word_is_found_in_disguise(text: str) -> None:
    assert [kind for _, kind in read(text) if kind != "!"] == ["rude"]


@pytest.mark.parametrize("text", ["patriot", "idyll", "1984", "C++", "r2d2", "i*", "****"])
def test_what_is_no_disguise_is_no_such_word(text: str) -> None:
    assert "rude" not in [kind for _, kind in read(text)]


def test_phrases_inner_parts_and_other_alphabets_are_found() -> None:
    assert read("kill yourself") == [("kill yourself", "rude")]
    assert read("kill your self")[0] == ("kill", "")
    assert read("clusterfuckery") == [("clusterfuckery", "rude")]
    assert read("तू चूतिया है")[1] == ("चूतिया", "rude")


def test_numbers_marks_addresses_and_mentions_are_what_they_are() -> None:
    assert read('pay 1,200.50 to "you"?') == [
        ("pay", ""), ("0", NUMBER), ("to", ""), ('"', '"'), ("you", "person"), ('"', '"'), ("?", "?"),
    ]  # fmt: skip
    assert read("see https://idiot.example/x or @idiot") == [("see", ""), ("or", "")]


def test_the_first_kind_listed_wins() -> None:
    assert WordClasses({"a": ["x"], "b": ["x"]}).kind("x") == "a"


@pytest.mark.parametrize(
    "text", ["*a" * 20_000, "f*ck " * 5_000, "a " * 20_000, "i.d." * 10_000, "a" * 50_000, "kill " * 10_000, "?" * 20_000]
)  # fmt: skip
def test_a_hostile_text_is_read_to_its_end(text: str) -> None:
    assert CLASSES.read(text + " idiot")[-1].kind == "rude"
