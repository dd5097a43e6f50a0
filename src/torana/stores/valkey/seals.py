"""Seals what a store shared by gateways must not be able to read or to move, with a key derived from the installation's.

It keeps nothing. Called by the stores of answers, of questions and of the values behind tokens.
"""

from __future__ import annotations

import hashlib
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12
"""96 random bits for each thing: far from 2³² things under one key (NIST SP 800-38D, 8.3) in the time that any is kept."""


def derived(key: bytes, use: bytes) -> bytes:
    """32 bytes for one use of the installation's key, which tell nothing of it or of those for another use."""
    return hashlib.blake2b(use, key=key[:64], digest_size=32).digest()


class Seals:
    """AES-256-GCM under a key of its own for each use; the name of a thing is authenticated with it."""

    def __init__(self, key: bytes, use: bytes) -> None:
        """``key``: of the installation, the same on all gateways."""
        self._aead = AESGCM(derived(key, use))

    def sealed(self, name: str, plain: bytes) -> bytes:
        """The thing, to be opened under this name only."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._aead.encrypt(nonce, plain, name.encode())

    def opened(self, name: str, wire: bytes) -> bytes | None:
        """What was sealed; None for what was sealed with another key, for another use or under another name."""
        try:
            return self._aead.decrypt(wire[:NONCE_BYTES], wire[NONCE_BYTES:], name.encode())
        except (InvalidTag, ValueError):
            return None
