from __future__ import annotations

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
        ("\U000e0061hidden tag", "hidden tag"),
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
