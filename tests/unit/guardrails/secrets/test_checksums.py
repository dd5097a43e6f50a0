"""Checksums are told right from wrong. The tokens are made here from their own sums."""

from __future__ import annotations

import base64
import json
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.guardrails.secrets.checksums import aws_account, crc32_base62, crc32_hex, jwt_header

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
BODY = st.text(st.sampled_from(ALPHABET), min_size=30, max_size=30)


def base62(number: int) -> str:
    return "".join(ALPHABET[number // 62**place % 62] for place in reversed(range(6)))


@given(BODY)
def test_a_token_with_the_sum_of_its_body_is_right_and_with_another_wrong(body: str) -> None:
    right = base62(zlib.crc32(body.encode()))
    assert crc32_base62(f"ghp_{body}{right}")
    assert not crc32_base62(f"ghp_{body}{'0' if right[0] != '0' else '1'}{right[1:]}")


def test_a_sum_in_hexadecimal_is_of_all_before_it() -> None:
    body = "glsa_" + "a1" * 16
    assert crc32_hex(f"{body}_{zlib.crc32(body.encode()):08x}")
    assert not crc32_hex(f"{body}_00000000")


@given(st.integers(1, 10**12 - 1), st.binary(min_size=4, max_size=4))
def test_a_key_id_that_holds_an_account_is_right(account: int, rest: bytes) -> None:
    packed = (account << 7).to_bytes(6, "big")
    body = base64.b32encode(packed + rest).decode()
    assert aws_account(f"AKIA{body}") is (body[0] not in "IJ")


@pytest.mark.parametrize("token", ["AKIA7777777777777777", "AKIAIOSFODNN7EXAMPLE", "AKIA1111111111111111"])
def test_a_key_id_that_holds_none_is_not(token: str) -> None:
    assert not aws_account(token)


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def test_a_jwt_has_two_objects_and_names_an_algorithm_or_a_type() -> None:
    assert jwt_header(f"{part({'alg': 'HS256'})}.{part({'sub': '1'})}.c2ln")
    assert jwt_header(f"{part({'typ': 'JWT'})}.{part({'sub': '1'})}")
    assert not jwt_header(f"{part({'a': 1})}.{part({'sub': '1'})}.c2ln")
    assert not jwt_header(f"{part({'alg': 'HS256'})}.{part([1])}.c2ln")
    assert not jwt_header("eyJhbGciOi.eyJzdWIiOi.x")
    assert not jwt_header(f"{part({'alg': 'HS256'})}é.{part({})}")
