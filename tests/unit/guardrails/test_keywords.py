"""Listed words are found whole, in any case, across any white space, and nothing else is."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.guardrails import keywords
from torana.guardrails.keywords import Settings


def found(text: str, *words: str) -> list[str]:
    return [text[one.start : one.end] for one in keywords.open(Settings(words=words)).check(text)]


@pytest.mark.parametrize("text", ["falcon", "FALCON", "a Falcon.", "(falcon)", "falcon's", "über-falcon", "\nfalcon\n"])
def test_a_whole_word_is_found_in_any_case(text: str) -> None:
    assert [one.lower() for one in found(text, "Falcon")] == ["falcon"]


@pytest.mark.parametrize("text", ["falconry", "afalcon", "falcon_x", "falcon1", "fal con", "faIcon", ""])
def test_part_of_a_word_is_not_the_word(text: str) -> None:
    assert found(text, "falcon") == []


@pytest.mark.parametrize("text", ["project falcon", "PROJECT\nFALCON", "project \t\u00a0 falcon"])
def test_a_phrase_is_found_across_any_white_space(text: str) -> None:
    assert found(text, "project   falcon") == [text]


def test_the_longest_of_overlapping_words_is_found() -> None:
    assert found("project falcon two", "project", "project falcon") == ["project falcon"]


def test_each_place_is_found() -> None:
    assert found("a b a", "a") == ["a", "a"]


@given(st.text(st.characters(categories=["P", "S"], max_codepoint=0x7F), min_size=1, max_size=10))
def test_signs_in_a_word_are_signs_not_patterns(word: str) -> None:
    assert found(f"x {word} y", word) == [word]
    assert found("harmless text", word) == []


WORD = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=12)


@given(WORD, st.text(), st.text())
def test_a_listed_word_between_spaces_is_always_found(word: str, before: str, after: str) -> None:
    assert word in found(f"{before} {word} {after}", word)


@pytest.mark.parametrize("words", [[], [""], [" "], ["ok", "\t\n"], ["x" * 201], ["w"] * 5001])
def test_settings_out_of_bounds_are_refused(words: list[str]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"words": words}, Settings)
