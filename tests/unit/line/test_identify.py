"""Who is calling: one key in any of four headers, and every reason why a key does not count."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.line.world import KEY, KEY_ENTRY, World, snapshot
from torana.core.call import Ask, Call
from torana.core.errors import GatewayError
from torana.line.identify import CREDENTIAL_HEADERS, LONGEST_KEY, allowed_address, bearer_text, one_key

OTHERS = [name for name in CREDENTIAL_HEADERS if name != "authorization"]


def call_with(world: World, *credentials: tuple[str, str], address: str = "") -> Call:
    trail = world.trail()
    trail.address = address
    return Call("openai_chat", "chat", b"", credentials, lambda body: Ask("m"), trail)


async def refused(world: World, call: Call) -> GatewayError:
    with pytest.raises(GatewayError) as caught:
        await world.rooms.gate.identify(call)
    assert KEY not in caught.value.message
    return caught.value


@pytest.mark.parametrize("header", CREDENTIAL_HEADERS)
async def test_a_key_is_found_in_each_header(header: str) -> None:
    world = World()
    value = f"Bearer {KEY}" if header == "authorization" else KEY
    call = call_with(world, (header, value))
    caller = await world.rooms.gate.identify(call)
    assert (caller.tenant, caller.key_id, caller.department, caller.team, caller.user) == (
        "acme", "key-1", "dep", "red", "ann",
    )  # fmt: skip
    assert call.trail.caller is caller


@pytest.mark.parametrize("value", [f"Bearer {KEY}", f"bearer {KEY}", f"BEARER   {KEY}  ", f"  Bearer {KEY}"])
def test_the_scheme_is_read_in_any_case_and_white_space_around_a_key_is_not_of_it(value: str) -> None:
    assert bearer_text(value) == KEY


@pytest.mark.parametrize("value", ["Basic dXNlcjpwdw==", KEY, "Bearer: x", "Token x", f"Bearer\t{KEY}"])
def test_another_scheme_is_no_key(value: str) -> None:
    with pytest.raises(GatewayError) as caught:
        bearer_text(value)
    assert caught.value.code == "KEY_INVALID"
    assert value not in caught.value.message


@pytest.mark.parametrize("empty", ["", "   ", "Bearer", "Bearer   "])
async def test_an_empty_authorization_does_not_hide_the_key_in_another_header(empty: str) -> None:
    world = World()
    caller = await world.rooms.gate.identify(call_with(world, ("authorization", empty), ("x-api-key", KEY)))
    assert caller.key_id == "key-1"


@pytest.mark.parametrize("header", OTHERS)
async def test_the_same_key_twice_is_one_key(header: str) -> None:
    world = World()
    call = call_with(world, ("authorization", f"Bearer {KEY}"), (header, KEY), (header, f" {KEY} "))
    assert (await world.rooms.gate.identify(call)).key_id == "key-1"


@pytest.mark.parametrize("other", ["sk-unknown", f"{KEY}x", KEY.upper()])
@pytest.mark.parametrize("header", OTHERS)
async def test_two_different_keys_are_refused_whether_or_not_one_is_known(header: str, other: str) -> None:
    world = World()
    error = await refused(world, call_with(world, ("authorization", f"Bearer {KEY}"), (header, other)))
    assert (error.code, error.param) == ("REQUEST_INVALID", header)
    assert other not in error.message


@pytest.mark.parametrize(
    "credentials", [(), (("x-api-key", ""),), (("authorization", "Bearer "),), (("api-key", "  "),)]
)
async def test_no_key_is_refused_and_says_where_to_put_it(credentials: tuple[tuple[str, str], ...]) -> None:
    world = World()
    error = await refused(world, call_with(world, *credentials))
    assert error.code == "KEY_INVALID"
    assert "Authorization: Bearer" in error.message


@pytest.mark.parametrize("text", ["sk-unknown", KEY[:-1], KEY + " x", "schlüssel-ÿ", "\x00", "k" * LONGEST_KEY])
async def test_a_key_nobody_issued_is_refused_and_not_repeated(text: str) -> None:
    world = World()
    call = call_with(world, ("x-api-key", text))
    error = await refused(world, call)
    assert error.code == "KEY_INVALID"
    assert text not in error.message
    assert call.trail.caller is None


def test_a_key_over_the_bound_is_refused_before_it_is_hashed() -> None:
    assert one_key([("x-api-key", "k" * LONGEST_KEY)])
    with pytest.raises(GatewayError) as caught:
        one_key([("x-api-key", "k" * (LONGEST_KEY + 1))])
    assert caught.value.code == "KEY_INVALID"


@given(st.lists(st.tuples(st.sampled_from(CREDENTIAL_HEADERS), st.text(st.characters(codec="latin-1"))), max_size=4))
async def test_any_header_text_leads_to_a_refusal_not_to_a_fault(credentials: list[tuple[str, str]]) -> None:
    world = World()
    with pytest.raises(GatewayError) as caught:
        await world.rooms.gate.identify(call_with(world, *credentials))
    assert caught.value.code in {"KEY_INVALID", "REQUEST_INVALID"}


async def test_a_key_expires_at_its_moment_and_the_receipt_still_names_it() -> None:
    world = World()
    expiry = world.clock.now() + 10
    world = World(snapshot(key=replace(KEY_ENTRY, expires_at=expiry)), clock=world.clock)
    call = call_with(world, ("x-api-key", KEY))
    world.clock.advance(9.99)
    await world.rooms.gate.identify(call)
    world.clock.advance(0.01)
    error = await refused(world, call)
    assert error.code == "KEY_EXPIRED"
    assert call.trail.caller is not None and call.trail.caller.key_id == "key-1"


async def test_a_revoked_key_is_told_so_before_its_expiry_is() -> None:
    world = World(snapshot(key=replace(KEY_ENTRY, revoked=True, expires_at=0.0)))
    error = await refused(world, call_with(world, ("x-api-key", KEY)))
    assert error.code == "TOKEN_REVOKED"
    assert KEY_ENTRY.prefix in error.message


@pytest.mark.parametrize(
    ("address", "networks", "allowed"),
    [
        ("10.1.2.3", ("10.0.0.0/8",), True),
        ("11.1.2.3", ("10.0.0.0/8",), False),
        ("11.1.2.3", ("10.0.0.0/8", "11.1.2.3"), True),
        ("10.1.2.3", ("10.1.2.3/8",), True),
        ("::ffff:10.1.2.3", ("10.0.0.0/8",), True),
        ("::ffff:11.1.2.3", ("10.0.0.0/8",), False),
        ("2001:db8::1", ("2001:db8::/32",), True),
        ("2001:db9::1", ("2001:db8::/32",), False),
        ("10.1.2.3", ("2001:db8::/32",), False),
        ("2001:db8::1", ("10.0.0.0/8",), False),
        ("", ("0.0.0.0/0", "::/0"), False),
        ("unix:", ("0.0.0.0/0",), False),
        ("10.1.2.3:443", ("10.0.0.0/8",), False),
        ("010.1.2.3", ("10.0.0.0/8",), False),
    ],
)
def test_an_address_lies_in_one_of_the_networks_or_not(address: str, networks: tuple[str, ...], allowed: bool) -> None:
    assert allowed_address(address, networks) is allowed


@pytest.mark.parametrize(
    ("address", "code"), [("10.9.9.9", None), ("8.8.8.8", "PERMISSION_DENIED"), ("", "PERMISSION_DENIED")]
)
async def test_a_key_bound_to_networks_counts_only_from_there(address: str, code: str | None) -> None:
    world = World(snapshot(key=replace(KEY_ENTRY, ip_allow=("10.0.0.0/8",))))
    call = call_with(world, ("x-api-key", KEY), address=address)
    if code is None:
        assert (await world.rooms.gate.identify(call)).key_id == "key-1"
    else:
        assert (await refused(world, call)).code == code
