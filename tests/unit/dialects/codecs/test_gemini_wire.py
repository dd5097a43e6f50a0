"""Words of the API: objects, code as text, signatures of other providers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.core.events import Thinking
from torana.dialects.codecs.gemini_wire import (
    FINISH_OF,
    FINISHES,
    SPOILT,
    Part,
    code_text,
    is_object,
    unwrapped,
    wrapped,
)


@pytest.mark.parametrize("text", ["{}", ' {"a":[1]} ', b"{}"])
def test_objects(text: str | bytes) -> None:
    assert is_object(text)


@pytest.mark.parametrize("text", ["", "[]", "1", "{", "{} {}", b'{"a":"\xff"}', '{"a":' + "[" * 9999])
def test_what_is_no_object(text: str | bytes) -> None:
    assert not is_object(text)


@given(st.text(max_size=9).filter(bool))
def test_what_another_provider_signed_is_wrapped_and_comes_back(text: str) -> None:
    assert unwrapped("t", wrapped(text)) == Thinking("t", text)
    assert unwrapped("t", wrapped(text, data=True)) == Thinking("t", data=text)


def test_what_gemini_signed_is_marked() -> None:
    assert unwrapped("t", "c2ln", "mark:") == Thinking("t", "mark:c2ln")
    assert unwrapped("t", "") == Thinking("t")


def test_a_plain_part_is_no_code() -> None:
    assert code_text(Part(text="x")) == ""


def test_the_tables_of_reasons_agree() -> None:
    assert {FINISHES[told] for told in FINISH_OF.values()} <= set(FINISH_OF)
    assert not SPOILT & FINISHES.keys()
