"""Virtual keys: found by a keyed digest, shown by a few letters."""

from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from torana.core.keys import KEY_PREFIX, key_digest, new_key_text, shown_prefix

BYTES = st.binary(min_size=1, max_size=200)
TEXT = st.text(max_size=60, alphabet=st.characters(codec="utf-8"))


@given(BYTES, TEXT, TEXT)
def test_a_digest_tells_keys_apart_and_is_always_the_same(hash_key: bytes, one: str, other: str) -> None:
    assert key_digest(hash_key, one) == key_digest(hash_key, one)
    assert (key_digest(hash_key, one) == key_digest(hash_key, other)) is (one == other)


@given(st.binary(min_size=32, max_size=200), st.binary(min_size=32, max_size=200))
def test_a_digest_depends_on_the_whole_hash_key(one: bytes, other: bytes) -> None:
    assert (key_digest(one, "sk") == key_digest(other, "sk")) is (one == other)


def test_a_digest_is_not_the_plain_hash_of_the_key() -> None:
    plain = {hashlib.new(name, b"sk").digest()[:32] for name in ("sha256", "sha512", "blake2b", "blake2s")}
    plain.add(hashlib.blake2b(b"sk", digest_size=32).digest())
    assert key_digest(b"k" * 32, "sk") not in plain


@given(st.text(max_size=40, alphabet=st.characters(codec="latin-1")))
def test_any_header_value_has_a_digest(text: str) -> None:
    assert len(key_digest(b"k", text)) == 32


def test_new_keys_differ_and_have_the_prefix() -> None:
    made = {new_key_text() for _ in range(100)}
    assert len(made) == 100
    assert all(key.startswith(KEY_PREFIX) and len(key) >= len(KEY_PREFIX) + 32 for key in made)


def test_what_is_shown_of_a_key_is_its_prefix_and_four_letters() -> None:
    key = new_key_text()
    assert shown_prefix(key) == key[: len(KEY_PREFIX) + 4] + "…"
    assert shown_prefix("my-own-key-text") == "my-o…"
