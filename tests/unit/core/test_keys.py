"""Virtual keys: found by a keyed digest, shown by a few letters."""

from __future__ import annotations

import hashlib
import hmac

from hypothesis import given
from hypothesis import strategies as st
from torana.core.keys import KEY_PREFIX, key_digest, new_key_text, shown_prefix


@given(st.binary(min_size=1, max_size=64), st.text(max_size=60, alphabet=st.characters(codec="utf-8")))
def test_a_digest_is_hmac_sha256_of_the_text(hash_key: bytes, text: str) -> None:
    assert key_digest(hash_key, text) == hmac.new(hash_key, text.encode(), hashlib.sha256).digest()


@given(st.text(max_size=40, alphabet=st.characters(codec="latin-1")))
def test_any_header_value_has_a_digest(text: str) -> None:
    assert len(key_digest(b"k", text)) == 32


def test_a_digest_needs_the_hash_key() -> None:
    assert key_digest(b"a" * 32, "sk") != key_digest(b"b" * 32, "sk")


def test_new_keys_differ_and_have_the_prefix() -> None:
    made = {new_key_text() for _ in range(100)}
    assert len(made) == 100
    assert all(key.startswith(KEY_PREFIX) and len(key) >= len(KEY_PREFIX) + 32 for key in made)


def test_what_is_shown_of_a_key_is_its_prefix_and_four_letters() -> None:
    key = new_key_text()
    assert shown_prefix(key) == key[: len(KEY_PREFIX) + 4] + "…"
    assert shown_prefix("my-own-key-text") == "my-o…"
