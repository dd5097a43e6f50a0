"""Bearers: a token is judged once, and again when keys or revocations change; the gate makes a Caller of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from tests.line.world import HASH_KEY, KEY, World, snapshot
from torana.core.call import Call
from torana.core.errors import GatewayError
from torana.core.snapshot import IssuerEntry
from torana.core.tokens import BY_ID, BY_SUBJECT, LONGEST_TOKEN, Revocation, Revoked, Token
from torana.line.bearers import MOST_REMEMBERED, Bearers, looks_like_token
from torana.line.identify import Gate

ISSUER = "https://login.test/"
TEXT = "head.body.signature"


class Known:
    """Tokens by their text."""

    def __init__(self, now: float) -> None:
        self.epoch = 0
        self.asked: list[str] = []
        self.claims: Mapping[str, Any] = {"team": "red", "models": ["m"], "lob": "retail", "rate_limit": 5}
        self.now = now
        self.issuer = ISSUER

    async def verify(self, digest: bytes, text: str) -> Token:
        self.asked.append(text)
        if text.startswith("bad"):
            raise GatewayError("TOKEN_INVALID", "no")
        return Token(self.issuer, "ann", "t1", self.now, self.now + 60, self.claims)


class Stand:
    """A world whose gate takes tokens."""

    def __init__(self, own_keys: bool = False) -> None:
        self.world = World(snapshot=replace(snapshot(), issuers={ISSUER: IssuerEntry(ISSUER, "acme")}, teams=TREE))
        self.tokens = Known(self.world.clock.now())
        self.revoked = Revoked()
        seen = self.world.snapshot
        self.bearers = Bearers(seen, self.tokens, self.revoked)
        self.gate = Gate(seen.keys, HASH_KEY, self.world.clock, own_keys, self.bearers)

    def call(self, text: str = TEXT) -> Call:
        return self.world.call(key=text)

    async def refused(self, text: str = TEXT) -> GatewayError:
        with pytest.raises(GatewayError) as caught:
            await self.gate.identify(self.call(text))
        assert text not in caught.value.message
        return caught.value


TREE = {"acme": {"red": "dep"}}


async def test_a_token_makes_a_caller() -> None:
    stand = Stand()
    call = stand.call()
    caller = await stand.gate.identify(call)
    assert (caller.tenant, caller.department, caller.team, caller.user) == ("acme", "dep", "red", "ann")
    assert (caller.lob, caller.rate_limit, caller.key.models) == ("retail", 5, ("m",))
    assert caller.token is not None
    assert caller.token.token_id == "t1"
    assert call.trail.caller is caller


async def test_a_token_is_judged_once() -> None:
    stand = Stand()
    first = await stand.gate.identify(stand.call())
    assert await stand.gate.identify(stand.call()) is first
    assert stand.tokens.asked == [TEXT]


async def test_a_virtual_key_is_none_of_it() -> None:
    stand = Stand()
    assert (await stand.gate.identify(stand.call(KEY))).token is None
    assert stand.tokens.asked == []


async def test_an_expired_token_is_refused_though_it_is_remembered() -> None:
    stand = Stand()
    await stand.gate.identify(stand.call())
    stand.world.clock.advance(60)
    assert (await stand.refused()).code == "TOKEN_EXPIRED"


@pytest.mark.parametrize(
    "row", [Revocation("acme", BY_ID, "t1"), Revocation("acme", BY_SUBJECT, "ann", 2e9)], ids=["id", "subject"]
)
async def test_a_revoked_token_is_refused_though_it_is_remembered_and_its_running_answers_may_not_go_on(
    row: Revocation,
) -> None:
    stand = Stand()
    caller = await stand.gate.identify(stand.call())
    assert stand.gate.stands(caller)
    stand.revoked.take([row])
    assert not stand.gate.stands(caller)
    assert (await stand.refused()).code == "TOKEN_REVOKED"


async def test_another_tokens_revocation_is_none_of_its_business() -> None:
    stand = Stand()
    caller = await stand.gate.identify(stand.call())
    stand.revoked.take([Revocation("acme", BY_ID, "t2"), Revocation("globex", BY_ID, "t1")])
    assert stand.gate.stands(caller)
    assert (await stand.gate.identify(stand.call())).user == "ann"


async def test_a_token_is_judged_again_when_the_issuers_keys_changed() -> None:
    stand = Stand()
    await stand.gate.identify(stand.call())
    stand.tokens.epoch += 1
    await stand.gate.identify(stand.call())
    assert len(stand.tokens.asked) == 2


async def test_answers_for_an_issuer_that_was_taken_out_may_not_go_on() -> None:
    stand = Stand()
    caller = await stand.gate.identify(stand.call())
    assert not Gate({}, HASH_KEY, stand.world.clock).stands(caller)
    without = Bearers(replace(stand.world.snapshot, issuers={}), stand.tokens, stand.revoked)
    assert not Gate({}, HASH_KEY, stand.world.clock, bearers=without).stands(caller)


async def test_what_does_not_look_like_a_token_is_an_unknown_key() -> None:
    stand = Stand()
    for text in ("sk-unknown", "a.b", "a..c", "a.b.c.d.e"):
        assert (await stand.refused(text)).code == "KEY_INVALID"
    assert stand.tokens.asked == []
    assert (await stand.refused("bad.b.c")).code == "TOKEN_INVALID"


async def test_without_issuers_a_token_is_an_unknown_key() -> None:
    world = World()
    with pytest.raises(GatewayError) as caught:
        await world.rooms.gate.identify(world.call(key=TEXT))
    assert caught.value.code == "KEY_INVALID"


async def test_a_token_may_be_longer_than_a_key_and_not_longer_than_the_bound() -> None:
    stand = Stand()
    text = f"{'a' * (LONGEST_TOKEN - 4)}.b.c"
    assert (await stand.gate.identify(stand.call(text))).user == "ann"
    assert (await stand.refused(text + "c")).code == "KEY_INVALID"


async def test_a_token_beside_a_providers_key_is_ours() -> None:
    stand = Stand(own_keys=True)
    call = stand.call()
    call.credentials = [("authorization", f"Bearer {TEXT}"), ("x-api-key", TEXT)]
    await stand.gate.identify(call)
    assert call.own_key is None


async def test_the_oldest_is_forgotten_when_there_are_many() -> None:
    stand = Stand()
    for number in range(MOST_REMEMBERED + 1):
        await stand.gate.identify(stand.call(f"a.b.{number}"))
    asked = len(stand.tokens.asked)
    await stand.gate.identify(stand.call(f"a.b.{MOST_REMEMBERED}"))
    assert len(stand.tokens.asked) == asked
    await stand.gate.identify(stand.call("a.b.0"))
    assert len(stand.tokens.asked) == asked + 1


async def test_a_token_of_an_issuer_that_the_snapshot_does_not_have_is_refused() -> None:
    stand = Stand()
    stand.tokens.issuer = "https://gone.test/"
    assert (await stand.refused()).code == "TOKEN_INVALID"


@pytest.mark.parametrize(("text", "is_one"), [("a.b.c", True), ("a.b.", False), ("a.b", False), ("a.b.c.d", False)])
def test_a_signed_token_has_three_parts(text: str, is_one: bool) -> None:
    assert looks_like_token(text) is is_one
