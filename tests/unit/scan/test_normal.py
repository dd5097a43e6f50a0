from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.scan.normal import normal


@given(st.text(st.characters(max_codepoint=127)))
def test_ascii_stays_as_it_is(text: str) -> None:
    assert normal(text) == (text, None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\u200bb\u200cc\ufeffd\u00ade", "abcde"),
        ("\u202ereversed\u2066", "reversed"),
        ("vary\ufe0f it \ufe00\U000e0100", "vary it "),
        ("４１１１ ＠ｅｘａｍｐｌｅ．ｃｏｍ", "4111 @example.com"),
        ("९८७६५ ٤٢ ৭", "98765 42 7"),
        ("ﬁle ① \u00a0x", "file 1  x"),
        ("987\u2011654\u20133", "987-654-3"),
        ("don\u2019t \u201cgo\u201d", 'don\'t "go"'),
        ("Aé क Ж", "Aé क Ж"),
        ("\ud800x", "\ufffdx"),
    ],
)
def test_other_forms_become_plain_ones(text: str, expected: str) -> None:
    assert normal(text).text == expected


def tags(text: str) -> str:
    return "".join(chr(0xE0000 + ord(letter)) for letter in text)


def selectors(text: str) -> str:
    return "".join(chr((0xFE00 if byte < 16 else 0xE0100 - 16) + byte) for byte in text.encode())


SEEN = "".join(map(chr, range(0x20, 0x7F)))


@pytest.mark.parametrize("hide", [tags, selectors])
def test_text_hidden_in_signs_that_nobody_sees_is_read(hide: Callable[[str], str]) -> None:
    assert normal(f"\u263a{hide(SEEN)}!").text == f"\u263a{SEEN}!"


@pytest.mark.parametrize("hide", [tags, selectors])
def test_a_hidden_value_is_found_where_it_stands(hide: Callable[[str], str]) -> None:
    text = f"a \u263a{hide('ask')} b"
    form = normal(text)
    start = form.text.index("ask")
    assert text[slice(*form.back(start, start + 3))] == hide("ask")


def test_where_tags_begin_and_end_words_do() -> None:
    assert normal(f"x\U000e0001{tags('y')}\U000e007fz").text == "x y z"


def test_a_span_is_found_again_with_what_was_left_out_inside_it() -> None:
    text = "to 98\u200b76\u200b5\u200b."
    form = normal(text)
    start = form.text.index("98765")
    assert form.back(start, start + 5) == (3, 10)


def test_a_sign_that_became_several_is_covered_whole() -> None:
    form = normal("x ﬁ y")
    assert form.text == "x fi y"
    assert form.back(2, 3) == (2, 3)
    assert form.back(3, 4) == (2, 3)
    assert form.back(5, 6) == (4, 5)


def test_the_end_is_a_place_too() -> None:
    form = normal("a\u200bb\u200b")
    assert form.back(2, 2) == (4, 4)
    assert normal("\u200b").back(0, 0) == (1, 1)


@given(st.text(), st.text())
def test_the_form_of_a_beginning_is_the_beginning_of_the_form(first: str, second: str) -> None:
    assert normal(first + second).text == normal(first).text + normal(second).text


@given(st.text())
def test_all_text_stands_between_its_ends_and_is_stable(text: str) -> None:
    form = normal(text)
    assert normal(form.text).text == form.text
    form.text.encode()
    if form.text:
        start, end = form.back(0, len(form.text))
        assert 0 <= start < end <= len(text)
