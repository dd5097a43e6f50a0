"""The keys of an issuer as it publishes them: a JWK Set (RFC 7517, section 5), read for one algorithm.

It fetches nothing. Called by ``key_source``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from torana.tokens.signatures import VerifyKey, public_key

MOST_KEYS = 100
MOST_OF_ONE_NAME = 4
"""Keys of one ``kid`` that are tried; more would let an issuer's mistake make every request slow."""


class _Set(msgspec.Struct):
    keys: list[dict[str, Any]]


_decode = msgspec.json.Decoder(_Set).decode


class KeySet(NamedTuple):
    """The keys that fit the algorithm of an issuer."""

    keys: tuple[VerifyKey, ...]

    def fitting(self, kid: str) -> Sequence[VerifyKey]:
        """The keys of this name; for a token that names none, the only key there is."""
        if not kid:
            return self.keys if len(self.keys) == 1 else ()
        return [one for one in self.keys if one.kid == kid][:MOST_OF_ONE_NAME]

    @property
    def prints(self) -> frozenset[tuple[str, str]]:
        """Name and thumbprint of each: equal for two sets of the same keys."""
        return frozenset((one.kid, one.print) for one in self.keys)


def read_key_set(body: bytes, algorithm: str) -> KeySet:
    """The set. Keys for something else are left out. Raises ValueError for what is no set."""
    try:
        rows = _decode(body).keys
    except (msgspec.MsgspecError, RecursionError) as fault:
        raise ValueError("no JWK Set") from fault
    if len(rows) > MOST_KEYS:
        raise ValueError(f"more than {MOST_KEYS} keys")
    found = (public_key(row, algorithm) for row in rows)
    return KeySet(tuple(one for one in found if one is not None))
