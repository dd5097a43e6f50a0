"""Keys that callers bring for a provider: by policy only, to one provider only, and nothing of them stays."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest

from tests.line.world import HASH_KEY, KEY, PLAIN, Script, ScriptedProvider, World, model, snapshot, text
from torana.core.errors import GatewayError
from torana.core.faults import ConnectFailed, ConnectionBroken, IdleTimeout, StatusFault, UpstreamFault
from torana.core.secret import Secret
from torana.core.snapshot import Breaker
from torana.line.answer import answer
from torana.line.identify import Gate
from torana.line.own_key import split
from torana.ports.provider import Provider
from torana.ports.receipt import Receipt

THEIRS = "sk-of-the-caller-77c1"
BEARER = ("authorization", f"Bearer {KEY}")


def test_a_named_header_is_always_a_providers_and_x_api_key_only_beside_authorization() -> None:
    def is_ours(text: str) -> bool:
        return text == "ours"

    assert split([BEARER, ("openai-api-key", THEIRS)], None) == ([BEARER], Secret(THEIRS))
    assert split([BEARER, ("x-torana-upstream-key", THEIRS)], is_ours) == ([BEARER], Secret(THEIRS))
    assert split([("x-api-key", THEIRS), BEARER], is_ours) == ([BEARER], Secret(THEIRS))
    assert split([BEARER, ("x-api-key", THEIRS)], None) == ([BEARER, ("x-api-key", THEIRS)], None)
    assert split([("x-api-key", THEIRS)], is_ours) == ([("x-api-key", THEIRS)], None)
    assert split([BEARER, ("x-api-key", "ours")], is_ours) == ([BEARER, ("x-api-key", "ours")], None)
    assert split([BEARER, ("openai-api-key", " ")], is_ours) == ([BEARER], None)


@pytest.mark.parametrize(
    "sent",
    [
        [("openai-api-key", "sk-1"), ("x-torana-upstream-key", "sk-2")],
        [("openai-api-key", "with a space")],
        [("openai-api-key", "ours")],
        [("openai-api-key", "x" * 5000)],
    ],
)
def test_what_is_no_key_for_a_provider_is_refused(sent: list[tuple[str, str]]) -> None:
    with pytest.raises(GatewayError) as caught:
        split([BEARER, *sent], lambda text: text == "ours")
    assert caught.value.code == "REQUEST_INVALID"
    assert not any(value in str(caught.value) for _, value in sent)


class Keyed:
    """Opens providers with callers' keys, and remembers which."""

    def __init__(self, *scripts: Script) -> None:
        self.provider = ScriptedProvider(*scripts)
        self.opened: list[tuple[str, str]] = []

    def __call__(self, provider: str, key: Secret) -> Provider:
        self.opened.append((provider, key.reveal()))
        return self.provider


def world_of(keyed: Keyed, allowed: frozenset[str] = frozenset({"p"}), **facts: Any) -> World:
    providers = {"p": ScriptedProvider(PLAIN), "q": ScriptedProvider(PLAIN)}
    world = World(snapshot(model("m", ("q", "p")), own_keys=allowed, **facts), providers)
    world.rooms = world.build(gate=Gate(world.snapshot.keys, HASH_KEY, world.clock, bool(allowed)))
    world.rooms.walker.with_key = keyed
    return world


async def asked(world: World, header: str = "openai-api-key") -> Receipt:
    call = world.call()
    call.credentials = [BEARER, (header, THEIRS)]
    closing = await answer(call, world.rooms)
    async for _ in closing:
        pass
    return world.recorder.receipts[-1]


@pytest.mark.parametrize("header", ["openai-api-key", "x-torana-upstream-key", "x-api-key"])
async def test_it_goes_to_the_provider_that_the_policy_names_and_to_no_other(header: str) -> None:
    keyed = Keyed()
    world = world_of(keyed)
    receipt = await asked(world, header)
    assert keyed.opened == [("p", THEIRS)]
    assert [(one.provider, one.outcome, one.credential) for one in receipt.attempts] == [("p", "ok", "own")]
    assert [(one.provider, one.reason) for one in receipt.dropped] == [
        ("q", "the key that the caller brought is for another provider")
    ]
    assert all(provider.attempts == [] for provider in world.providers.values()), "ours were not used"
    assert THEIRS not in repr(receipt)


async def test_of_two_providers_that_the_policy_names_one_gets_it() -> None:
    keyed = Keyed(Script(before=[ConnectFailed()]))
    with pytest.raises(GatewayError):
        await asked(world_of(keyed, frozenset({"p", "q"})))
    assert {provider for provider, _ in keyed.opened} == {"q"}


async def test_without_a_policy_it_is_refused_and_nothing_is_sent() -> None:
    keyed = Keyed()
    world = world_of(keyed, frozenset())
    for header, code in (("openai-api-key", "PERMISSION_DENIED"), ("x-api-key", "REQUEST_INVALID")):
        with pytest.raises(GatewayError) as caught:
            await asked(world, header)
        assert caught.value.code == code
    assert keyed.opened == []
    assert all(provider.attempts == [] for provider in world.providers.values())


async def test_a_model_of_other_providers_is_refused() -> None:
    keyed = Keyed()
    with pytest.raises(GatewayError) as caught:
        await asked(world_of(keyed, frozenset({"elsewhere"})))
    assert (caught.value.code, keyed.opened) == ("PERMISSION_DENIED", [])


@pytest.mark.parametrize("status", [401, 402, 403])
async def test_its_refusal_is_the_callers_and_harms_no_deployment(status: int) -> None:
    keyed = Keyed(Script(before=[StatusFault(status, b"no such key")]))
    world = world_of(keyed, breaker=Breaker(failures=1))
    with pytest.raises(GatewayError) as caught:
        await asked(world)
    assert (caught.value.status, caught.value.details) == (403, {"upstream_status": status})
    world.rooms.walker.with_key = Keyed(Script(before=[StatusFault(429, b"", retry_after_s=600.0)]))
    for fault in (StatusFault(429, b"", retry_after_s=600.0), StatusFault(500, b"")):
        world.rooms.walker.with_key = Keyed(Script(before=[fault]))
        with contextlib.suppress(GatewayError):
            await asked(world)
    for one in world.snapshot.models["m"].deployments:
        assert world.health.rest(one) is None
        assert world.health.busy(one) == 0


@pytest.mark.parametrize("fault", [StatusFault(429, b"", retry_after_s=600.0), ConnectionBroken(), IdleTimeout()])
async def test_what_befalls_an_answer_to_it_harms_no_deployment_either(fault: UpstreamFault) -> None:
    world = world_of(Keyed(Script([text("a"), fault])), breaker=Breaker(failures=1))
    with pytest.raises(GatewayError):
        await asked(world)
    for one in world.snapshot.models["m"].deployments:
        assert world.health.rest(one) is None
        assert world.health.busy(one) == 0


async def test_a_model_with_one_deployment_keeps_no_plan_with_it() -> None:
    keyed = Keyed()
    world = World(snapshot(model("m", ("p",)), own_keys=frozenset({"p"})), {"p": ScriptedProvider(PLAIN)})
    world.rooms = world.build(gate=Gate(world.snapshot.keys, HASH_KEY, world.clock, own_keys=True))
    world.rooms.walker.with_key = keyed
    await asked(world)
    plain = await answer(world.call(), world.rooms)
    async for _ in plain:
        pass
    assert len(keyed.opened) == len(world.providers["p"].attempts) == 1
