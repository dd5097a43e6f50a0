"""A text becomes as many bytes as it has code points, and patterns over it find what they find in the text."""

from __future__ import annotations

import pytest
import re2
from hypothesis import given
from hypothesis import strategies as st

from torana.scan.one_byte import compiled, one_byte


@given(st.text())
def test_each_code_point_is_one_byte_and_ascii_is_itself(text: str) -> None:
    data = one_byte(text)
    assert len(data) == len(text)
    assert all((byte < 0x80) == sign.isascii() for byte, sign in zip(data, text, strict=True))
    assert [chr(byte) for byte in data if byte < 0x80] == [sign for sign in text if sign.isascii()]


@given(st.text(), st.text())
def test_places_are_those_of_the_text(before: str, after: str) -> None:
    text = f"{before} key=value1 {after}"
    spans = [match.span(1) for match in compiled(r"key=([a-z]+\d)").finditer(one_byte(text))]
    assert "value1" in [text[start:end] for start, end in spans]


def test_what_is_not_ascii_is_no_letter_and_no_sign_that_a_class_lists() -> None:
    assert compiled(r"[!-~]").search(one_byte("é🤖\ud800")) is None
    assert compiled(r"[^\s\"]").search(one_byte("é")) is not None


def test_what_re2_does_not_take_is_refused() -> None:
    with pytest.raises(re2.error):
        compiled("(?=x)")
