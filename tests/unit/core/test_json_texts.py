"""Every string of a JSON text is found, and nothing else; reading its escapes at once says what a parser says, or nothing."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.core.json_texts import as_read, texts_of, without_form


def test_keys_and_values_at_any_depth_are_found() -> None:
    assert sorted(texts_of(b'{"a":["b",{"c":"\\u0064"}],"e":1.5,"f":null}')) == ["a", "b", "c", "d", "e", "f"]


def test_a_member_that_is_there_twice_is_found_twice() -> None:
    assert sorted(texts_of(b'{"a":"x","a":"y"}')) == ["a", "a", "x", "y"]


def test_numbers_of_any_length_are_passed_over() -> None:
    assert list(texts_of(b"[" + b"9" * 10_000 + b"]")) == []


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(ValueError):
        list(texts_of(b"{"))


@given(st.text(), st.booleans())
def test_every_string_stands_in_it_as_a_parser_reads_it(text: str, as_ascii: bool) -> None:
    body = json.dumps({"content": text}, ensure_ascii=as_ascii).encode("utf-8", "surrogatepass")
    read = as_read(body)
    if read is not None:
        assert text.encode("utf-8", "surrogatepass") in read


def test_what_needs_a_parser_is_left_to_one() -> None:
    assert as_read(rb'{"a":"\u0041"}') is None
    assert as_read(rb'{"a":"\\n"}') is None
    assert as_read(rb'{"a":"x\ny\"\/"}') == b'{"a":"x\ny"/"}'
    assert as_read(b"{}") == b"{}"


def test_the_form_of_a_body_is_left_out_and_no_letter_of_a_text() -> None:
    body = (
        b'{"id":"chatcmpl-9x","model":"m","max_tokens":256,"messages":[{"role":"user","content":"Say \\"model\\": x"}]}'
    )
    assert without_form(body) == b', "m", 256, [{ "user", "Say \\"model\\": x"}]}'


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":{"id":"sk-1"}}',
        b'{"access_tokens":"x","password":"y"}',
        b'{"x\\"content":1}',
        b'{"content\\":":1}',
        b'["text"]',
    ],
)
def test_what_may_be_somebodys_own_is_no_form(body: bytes) -> None:
    assert without_form(body) == body
