"""Virtual keys: how they look, and the keyed digest they are found by.

It stores nothing and judges nothing. Called by the identify room, the CLI and whoever issues keys.
"""

from __future__ import annotations

import hmac

from torana.core.ids import new_secret_text

KEY_PREFIX = "sk-torana-"
SHOWN_LETTERS = 4


def key_digest(hash_key: bytes, key_text: str) -> bytes:
    """HMAC-SHA256 (RFC 2104) of the key under the installation's key-hash key: 32 bytes.

    Keyed, so that a stolen table cannot be tested against guesses without the key-hash key.
    """
    return hmac.digest(hash_key, key_text.encode("utf-8", "surrogateescape"), "sha256")


def new_key_text() -> str:
    """A fresh virtual key, shown to its owner once."""
    return new_secret_text(KEY_PREFIX)


def shown_prefix(key_text: str) -> str:
    """The part of a key that people may see: its prefix and a few letters."""
    head = KEY_PREFIX if key_text.startswith(KEY_PREFIX) else ""
    return head + key_text[len(head) : len(head) + SHOWN_LETTERS] + "…"
