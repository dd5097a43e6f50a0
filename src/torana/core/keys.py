"""Virtual keys: how they look, and the keyed digest they are found by.

It stores nothing and judges nothing. Called by the identify room, the CLI and whoever issues keys.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b, sha512

from torana.core.ids import new_secret_text

KEY_PREFIX = "sk-torana-"
SHOWN_LETTERS = 4
LONGEST_HASH_KEY = 64


def key_digest(hash_key: bytes, key_text: str) -> bytes:
    """Keyed BLAKE2b (RFC 7693 section 2.9) of the key under the installation's key-hash key: 32 bytes.

    Keyed, so that a stolen table cannot be tested against guesses without the key-hash key. BLAKE2b and not HMAC,
    because OpenSSL takes six times as long for one short message, on every request. A key-hash key of more than
    the 64 bytes that BLAKE2b takes is hashed first, as HMAC does.
    """
    return digester(hash_key)(key_text)


def digester(hash_key: bytes) -> Callable[[str], bytes]:
    """``key_digest`` for many keys: the key-hash key is taken in once."""
    short = hash_key if len(hash_key) <= LONGEST_HASH_KEY else sha512(hash_key).digest()
    keyed = blake2b(digest_size=32, key=short)

    def digest(key_text: str) -> bytes:
        state = keyed.copy()
        state.update(key_text.encode("utf-8", "surrogateescape"))
        return state.digest()

    return digest


def new_key_text() -> str:
    """A fresh virtual key, shown to its owner once."""
    return new_secret_text(KEY_PREFIX)


def shown_prefix(key_text: str) -> str:
    """The part of a key that people may see: its prefix and a few letters."""
    head = KEY_PREFIX if key_text.startswith(KEY_PREFIX) else ""
    return head + key_text[len(head) : len(head) + SHOWN_LETTERS] + "…"
