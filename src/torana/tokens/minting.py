"""Signs tokens of our own, for development. Implements ``ports.tokens.Mint``.

It decides nothing on who may ask (the edge has the routes, with ``--dev`` only). Opened by ``wiring``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from torana.core.clock import Clock
from torana.core.ids import NewId
from torana.ports.tokens import Minted
from torana.tokens.signatures import VerifyKey, encoded, sign


class Minter(NamedTuple):
    """Signs for one issuer."""

    issuer: str
    key: VerifyKey
    life_s: float
    audience: str | None
    clock: Clock
    new_id: NewId

    def __call__(self, claims: Mapping[str, object]) -> Minted:
        """A token with these claims and ours over them."""
        now = int(self.clock.now())
        ours: dict[str, object] = {
            "iss": self.issuer, "iat": now, "exp": now + int(self.life_s), "jti": self.new_id(),
        }  # fmt: skip
        if self.audience is not None:
            ours["aud"] = self.audience
        head = encoded(msgspec.json.encode({"alg": self.key.algorithm, "typ": "JWT"}))
        message = f"{head}.{encoded(msgspec.json.encode({**claims, **ours}))}"
        return Minted(f"{message}.{encoded(sign(self.key, message.encode()))}", int(self.life_s))
