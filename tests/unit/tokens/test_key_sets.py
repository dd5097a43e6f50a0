"""A JWK Set is read for one algorithm; tokens find their key by its name."""

from __future__ import annotations

import pytest

from tests.issuing import key_set, published
from torana.tokens.key_sets import MOST_KEYS, MOST_OF_ONE_NAME, read_key_set


def test_keys_for_something_else_are_left_out() -> None:
    body = key_set(published("RS256"), published("ES256", "k2"), {"kty": "oct", "k": "AAAA"}, {"kty": "unheard of"}, {})
    assert [one.kid for one in read_key_set(body, "RS256").keys] == ["k1"]
    assert [one.kid for one in read_key_set(body, "ES256").keys] == ["k2"]
    assert read_key_set(body, "PS512").keys == ()


def test_a_token_without_a_name_fits_the_only_key_and_none_of_several() -> None:
    one = read_key_set(key_set(published("RS256")), "RS256")
    two = read_key_set(key_set(published("RS256"), published("RS256", "k2", 1)), "RS256")
    assert len(one.fitting("")) == 1
    assert two.fitting("") == ()
    assert [key.kid for key in two.fitting("k2")] == ["k2"]
    assert two.fitting("k3") == []


def test_of_one_name_only_so_many_are_tried() -> None:
    found = read_key_set(key_set(*[published("ES256")] * 9), "ES256")
    assert len(found.fitting("k1")) == MOST_OF_ONE_NAME


def test_two_sets_of_the_same_keys_have_the_same_prints() -> None:
    a, b = published("RS256"), published("RS256", "k2", 1)
    assert read_key_set(key_set(a, b), "RS256").prints == read_key_set(key_set(b, a), "RS256").prints
    assert read_key_set(key_set(a), "RS256").prints != read_key_set(key_set({**b, "kid": "k1"}), "RS256").prints


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"keys":{}}', b'{"keys":[1]}', b"<html>", b'{"keys":' + b"[" * 5000]
)
def test_what_is_no_set_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError):
        read_key_set(body, "RS256")


def test_a_set_of_too_many_keys_is_refused() -> None:
    with pytest.raises(ValueError):
        read_key_set(key_set(*[published("ES256")] * (MOST_KEYS + 1)), "ES256")
