"""Tokens of our own carry our claims, whatever was asked for, and verify."""

from __future__ import annotations

import pytest

from tests.issuing import NOW, SECRET
from torana.testing.clock import FakeClock
from torana.tokens.key_source import FixedKeys
from torana.tokens.minting import Minter
from torana.tokens.signatures import shared_key
from torana.tokens.verifier import Issuer, Verifier


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
@pytest.mark.parametrize("audience", [None, "torana"])
async def test_what_is_minted_verifies(algorithm: str, audience: str | None) -> None:
    clock = FakeClock(NOW)
    key = shared_key(SECRET, algorithm)
    minted = Minter("torana", key, 3600.0, audience, clock, lambda: "id-1")(
        {"sub": "ann", "exp": 9e9, "iss": "x", "jti": "mine"}
    )
    verifier = Verifier([Issuer("torana", algorithm, FixedKeys(key), audience)], clock)
    token = await verifier.verify(b"d", minted.text)
    assert token[:5] == ("torana", "ann", "id-1", NOW, NOW + 3600)
    assert minted.expires_in_s == 3600
    assert minted.text not in repr(minted)
