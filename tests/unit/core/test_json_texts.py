"""Every string of a JSON text is found, and nothing else."""

from __future__ import annotations

import pytest

from torana.core.json_texts import texts_of


def test_keys_and_values_at_any_depth_are_found() -> None:
    assert sorted(texts_of(b'{"a":["b",{"c":"\\u0064"}],"e":1.5,"f":null}')) == ["a", "b", "c", "d", "e", "f"]


def test_a_member_that_is_there_twice_is_found_twice() -> None:
    assert sorted(texts_of(b'{"a":"x","a":"y"}')) == ["a", "a", "x", "y"]


def test_numbers_of_any_length_are_passed_over() -> None:
    assert list(texts_of(b"[" + b"9" * 10_000 + b"]")) == []


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(ValueError):
        list(texts_of(b"{"))
