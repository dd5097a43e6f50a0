"""A credential that cannot be printed, logged, pickled or serialised by accident.

It does not encrypt and does not wipe memory: it keeps a value out of every text that people or
machines read. Called by everything that carries a key, a token or a password.
"""

from __future__ import annotations

import hmac
from hashlib import sha256
from typing import NoReturn


class Secret:
    """Holds one secret string; only ``reveal()`` gives it out, and that call is easy to grep."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself: only to put it on the wire or to hash it."""
        return self._value

    def hint(self) -> str:
        """A short keyless hash prefix, for telling two secrets apart in a log."""
        return "sha256:" + sha256(self._value.encode()).hexdigest()[:8]

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash(self._value)

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return "***"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is not pickled: pass it by reference or read it again from its source")
