"""Keys fit one algorithm, weak ones none; base64url has one spelling."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.issuing import PUBLIC, SECRET, SHARED, published, signer
from torana.tokens.signatures import decoded, encoded, is_signed_by, public_key, shared_key, sign

MESSAGE = b"head.body"


@pytest.mark.parametrize("algorithm", SHARED)
def test_a_shared_secret_signs_and_verifies(algorithm: str) -> None:
    key = shared_key(SECRET, algorithm)
    signature = sign(key, MESSAGE)
    assert is_signed_by(key, MESSAGE, signature)
    assert not is_signed_by(key, MESSAGE + b"x", signature)
    assert not is_signed_by(shared_key(SECRET + "x", algorithm), MESSAGE, signature)
    assert not is_signed_by(key, MESSAGE, signature[:-1])
    assert SECRET not in repr(key)


@pytest.mark.parametrize("algorithm", PUBLIC)
def test_a_published_key_serves_its_algorithm_alone(algorithm: str) -> None:
    fits = {other for other in (*PUBLIC, *SHARED) if public_key(published(algorithm), other) is not None}
    assert fits == {algorithm}
    with pytest.raises(ValueError):
        shared_key(SECRET, algorithm)
    key = public_key(published(algorithm), algorithm)
    assert key is not None
    with pytest.raises(ValueError):
        sign(key, MESSAGE)


def test_a_key_that_names_no_algorithm_serves_by_its_kind() -> None:
    row = published("RS256")
    del row["alg"]
    fits = {other for other in (*PUBLIC, *SHARED) if public_key(row, other) is not None}
    assert fits == {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}


def test_a_key_may_name_its_curve_as_its_algorithm() -> None:
    assert public_key(published("EdDSA", alg="Ed25519"), "EdDSA") is not None  # RFC 9864


@pytest.mark.parametrize(
    "more",
    [
        {"use": "enc"},
        {"alg": "RSA-OAEP"},
        {"key_ops": ["encrypt"]},
        {"kid": 7},
        {"n": "AQAB"},
        {"n": "!"},
        {"e": "Ag"},
        {"e": "AQ"},
        {"e": "A" * 40 + "E"},
        {"kty": "oct", "k": "AAAA"},
        {"n": None},
    ],
)
def test_a_key_for_something_else_or_too_weak_is_left_out(more: dict[str, object]) -> None:
    assert public_key({**published("RS256"), **more}, "RS256") is None


def test_a_private_part_that_is_published_by_mistake_is_not_taken_over() -> None:
    key = public_key({**signer("RS256").as_dict(private=True), "alg": "RS256"}, "RS256")
    assert key is not None
    assert not key.key.is_private


def test_a_key_off_its_curve_is_left_out() -> None:
    assert public_key(published("ES256", x="A" * 43), "ES256") is None
    assert public_key(published("ES256", crv="P-384"), "ES256") is None


@given(st.binary(max_size=70))
def test_what_is_encoded_is_decoded(raw: bytes) -> None:
    assert decoded(encoded(raw)) == raw


@pytest.mark.parametrize("text", ["A", "AB", "AAB", "AA==", "A-_", "+A", "/w", "AA\n", " AA", "é", "A A"])
def test_another_spelling_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        decoded(text)
