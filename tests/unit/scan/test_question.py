"""Two readings are equal only for what asks the same: numbers, names, negations, comparatives and their order are in them."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.question_pairs import DIFFERENT, HELD_OUT, different, same
from torana.scan.question import LONGEST, reading


@pytest.mark.parametrize("pair", [*DIFFERENT, *HELD_OUT], ids=" | ".join)
def test_what_looks_alike_and_is_not_has_two_readings(pair: tuple[str, str]) -> None:
    assert reading(pair[0]) != reading(pair[1]) or reading(pair[0]) is None


def test_no_generated_pair_of_different_questions_has_one_reading() -> None:
    assert [pair for pair in different() if reading(pair[0]) == reading(pair[1])] == []


def test_most_of_what_asks_the_same_in_other_words_has_one_reading() -> None:
    pairs = list(dict.fromkeys(same()))
    assert sum(reading(a) == reading(b) for a, b in pairs) / len(pairs) > 0.6


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("What is the capital of France?", "Hi, could you tell me what's France's capital?  Thanks!"),
        ("How do I reset my password?", "please, how can I reset my password"),
        ("List the three biggest lakes", "Can you list the 3 largest lakes?"),
        ("I don\u2019t know", "I do not know."),
        ("What is 1,00,000 INR?", "What's 100000 INR?"),
        ("Can you tell me what the time is?", "What is the time?"),
    ],
)
def test_these_ask_the_same(one: str, other: str) -> None:
    assert reading(one) == reading(other) is not None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "?!",
        "a\nb",
        "x" * (LONGEST + 1),
        "O\u00f9 est Paris?",
        "\u092a\u0947\u0930\u093f\u0938",
        "Thanks!" * 80,
    ],
)
def test_what_is_no_short_english_question_has_none(text: str) -> None:
    assert reading(text) is None


WORDS = st.sampled_from(
    ["pay", "Ann", "Bob", "not", "never", "more", "less", "before", "after", "with", "without", "from", "to", "10", "11",
     "USD", "EUR", "safe", "unsafe", "first", "last", "can", "must", "all", "no", "INV-1", "INV-2", "my", "your"]
)  # fmt: skip


@given(st.lists(WORDS, min_size=2, max_size=8), st.data())
def test_no_word_that_matters_can_be_left_out_exchanged_or_moved(words: list[str], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(words) - 1))
    changed = list(words)
    how = data.draw(st.sampled_from(["out", "other", "moved"]))
    if how == "out":
        del changed[place]
    elif how == "other":
        changed[place] = data.draw(WORDS)
    else:
        changed.insert(data.draw(st.integers(0, len(words) - 1)), changed.pop(place))
    assume(changed != words)
    assert reading("so " + " ".join(words)) != reading("so " + " ".join(changed))


@given(st.text(max_size=500))
def test_any_text_is_read_or_refused(text: str) -> None:
    found = reading(text)
    assert found is None or (found and all(found))


@given(st.integers(0, 10**12), st.integers(0, 10**12))
def test_two_numbers_are_never_one(one: int, other: int) -> None:
    assume(one != other)
    assert reading(f"Pay {one} now") != reading(f"Pay {other} now")
    assert reading(f"Pay {one:,} now") == reading(f"Pay {one} now")
