"""What every Vault promises: the values of one conversation, for as long as each is kept, and of no other."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contract.counters.shared import QuietLog
from torana.core.clock import Clock
from torana.line.vault import LIFE_S, MOST_VALUES, MemoryVault, Tokens
from torana.ports.vault import Vault
from torana.stores.valkey.link import Link
from torana.stores.valkey.vault import ValkeyVault
from torana.testing.clock import FakeClock

KEY = b"k" * 32


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(params=["memory", "valkey"])
async def vault(request: pytest.FixtureRequest, clock: FakeClock) -> AsyncIterator[Vault]:
    if request.param == "memory":
        yield MemoryVault(clock)
        return
    link = Link(request.getfixturevalue("valkey").url, 20.0, 4, QuietLog())
    yield ValkeyVault(link, KEY, clock)
    await link.aclose()


async def test_what_was_kept_is_recalled_and_of_another_conversation_nothing_is(vault: Vault) -> None:
    await vault.keep("acme/conversation/a", {"<EMAIL_00000000>": "a@b.c", "<PERSON_00000001>": "Ann"})
    assert await vault.recall("acme/conversation/a") == {"<EMAIL_00000000>": "a@b.c", "<PERSON_00000001>": "Ann"}
    assert await vault.recall("globex/conversation/a") == {}
    assert await vault.recall("acme/conversation/") == {}


async def test_more_of_a_conversation_joins_what_was_there(vault: Vault) -> None:
    await vault.keep("c", {"<A_00000000>": "a", "<B_00000000>": "old"})
    await vault.keep("c", {"<B_00000000>": "new"})
    await vault.keep("c", {})
    assert await vault.recall("c") == {"<A_00000000>": "a", "<B_00000000>": "new"}


async def test_each_value_expires_by_itself_and_lives_on_when_it_is_kept_again(vault: Vault, clock: FakeClock) -> None:
    await vault.keep("c", {"<A_00000000>": "a", "<B_00000000>": "b"})
    clock.advance(LIFE_S - 1)
    await vault.keep("c", {"<B_00000000>": "b", "<C_00000000>": "c"})
    assert len(await vault.recall("c")) == 3
    clock.advance(2)
    assert await vault.recall("c") == {"<B_00000000>": "b", "<C_00000000>": "c"}
    clock.advance(LIFE_S)
    assert await vault.recall("c") == {}


async def test_of_too_many_values_the_oldest_go(vault: Vault, clock: FakeClock) -> None:
    for batch in range(12):
        await vault.keep("c", {f"<A_{batch * 200 + number:08x}>": str(number) for number in range(200)})
        clock.advance(1)
    kept = await vault.recall("c")
    assert len(kept) == MOST_VALUES
    assert "<A_00000000>" not in kept and f"<A_{12 * 200 - 1:08x}>" in kept


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(conversation=st.text(max_size=40), kind=st.text(max_size=20), value=st.text(max_size=200))
async def test_any_value_comes_back_as_it_was(vault: Vault, conversation: str, kind: str, value: str) -> None:
    tokens = Tokens(conversation, KEY)
    token = tokens.token(kind, value)
    await vault.keep(conversation, tokens.new)
    assert (await vault.recall(conversation))[token] == value


async def test_lone_surrogates_are_values_too(vault: Vault) -> None:
    await vault.keep("c\ud800", {"<A_00000000>": "x\udfff"})
    assert await vault.recall("c\ud800") == {"<A_00000000>": "x\udfff"}


def same(made: Callable[[Clock], MemoryVault], other: ValkeyVault) -> tuple[Vault, Vault]:
    """A type checker holds that each is one."""
    return made(FakeClock()), other
