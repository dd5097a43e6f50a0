"""Sentences end at stops, line breaks and pictures; what is cut stays cut however the text goes on."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.scan.sentences import LONGEST, MOST, last_start, spans

PIECES = (*"ab .!?\n\"')🤖।—", " word", "end. ", "x" * 150)
TEXTS = st.lists(st.sampled_from(PIECES)).map("".join) | st.text()


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in spans(text)]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("", []),
        (" \n ", []),
        ("one", ["one"]),
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ('He said "no." Then he left.', ['He said "no."', "Then he left."]),
        ("version 3.5 is out", ["version 3.5 is out"]),
        ("first line\n- second\r\nthird", ["first line", "- second", "third"]),
        ("वह गया। वह आया।", ["वह गया।", "वह आया।"]),
        ("good 🤖 bad 🤖", ["good", "bad"]),
        ("wait... what", ["wait...", "what"]),
    ],
)
def test_sentences_are_cut_where_people_end_them(text: str, sentences: list[str]) -> None:
    assert cut(text) == sentences


def test_a_sentence_without_an_end_is_cut_at_a_gap_and_without_a_gap_somewhere() -> None:
    words = "word " * 300
    assert all(len(one) <= MOST for one in cut(words))
    assert " ".join(cut(words)).split() == words.split()
    assert [len(one) for one in cut("a" * 2 * MOST)] == [MOST, MOST]
    assert len(cut("a" * LONGEST)) == 1


@given(TEXTS)
def test_nothing_but_white_space_and_pictures_is_left_out(text: str) -> None:
    places = list(spans(text))
    assert all(0 <= start < end <= len(text) for start, end in places)
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(places))
    kept = {at for start, end in places for at in range(start, end)}
    assert all(not text[at].isalnum() for at in range(len(text)) if at not in kept)


@given(TEXTS, TEXTS)
def test_what_lies_before_the_last_start_does_not_change_with_more_text(text: str, more: str) -> None:
    start = last_start(text)
    before = [one for one in spans(text) if one[1] <= start]
    assert before == [one for one in spans(text + more) if one[0] < start]
