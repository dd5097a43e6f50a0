"""Listed phrases are found whole; the gate and the hold-back never lose one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.scan.gate import Gate, utf8
from torana.scan.phrases import LONGEST_TRIGGER, Phrases

WORD = st.text(st.characters(categories=["L", "N", "P", "S", "M"]), min_size=1, max_size=8).filter(str.strip)
SPACE = st.sampled_from([" ", "  ", "\n", "\t", "\u00a0"])


def found(text: str, *phrases: str) -> list[str]:
    return [text[one.start : one.end] for one in Phrases(phrases).find(text)]


def test_the_phrase_is_named_as_it_was_listed() -> None:
    (one,) = Phrases(["Project  Falcon"]).find("the PROJECT\nfalcon.")
    assert one == ("Project Falcon", 4, 18)


@pytest.mark.parametrize("text", ["falcons", "afalcon", "falcon_", "falcon2"])
def test_part_of_a_word_is_not_the_phrase(text: str) -> None:
    assert found(text, "falcon") == []


@pytest.mark.parametrize(
    ("phrase", "text"), [(".net", "we use .NET here"), ("C++", "c++"), ("@ home", "work @ Home"), ("=>", "a => b")]
)
def test_signs_are_part_of_phrases(phrase: str, text: str) -> None:
    assert len(found(text, phrase)) == 1


@given(st.lists(WORD, min_size=1, max_size=4), st.data())
def test_a_phrase_between_spaces_is_found_whatever_the_space_and_the_gate_asks(
    words: list[str], data: st.DataObject
) -> None:
    phrase = " ".join(words)
    text = "x " + "".join(word + data.draw(SPACE) for word in words) + "y"
    phrases = Phrases([phrase])
    if list(phrases.find(text)):
        assert phrases.triggers is not None
        assert Gate([phrases.triggers]).asked(utf8(text))
    if phrase.isalnum():
        assert list(phrases.find(text))


@given(st.lists(WORD, min_size=1, max_size=4), st.data())
def test_no_part_of_a_phrase_is_let_go_before_it_is_whole(words: list[str], data: st.DataObject) -> None:
    phrases = Phrases([" ".join(words)])
    text = "x " + "".join(word + data.draw(SPACE) for word in words) + "y"
    for one in phrases.find(text):
        for cut in range(one.start, one.end):
            assert phrases.tail(text[:cut]) <= one.start


def test_a_word_that_begins_no_phrase_is_not_held() -> None:
    phrases = Phrases(["project falcon", "project"])
    assert phrases.tail("the falcon") == 10
    assert phrases.tail("the proj") == 4
    assert phrases.tail("the project ") == 4
    assert phrases.tail("the project fox") == 15


def test_a_list_too_long_for_the_scan_is_always_asked() -> None:
    assert Phrases(f"word{number:06}" for number in range(LONGEST_TRIGGER // 10 + 1)).triggers is None
    assert Phrases(["word"]).triggers is not None
