"""What tokens stand for is told only once it is written down who looked."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence

import pytest

from tests.line.world import KEY_ENTRY
from torana.control.revealer import Wanted
from torana.core.errors import GatewayError
from torana.core.tickets import Caller
from torana.line.vault import MemoryVault, conversation_key
from torana.ports.vault import Reveal, Vault
from torana.testing.clock import FakeClock
from torana.wiring.revealing import Revealing

TOKEN = "<EMAIL_0123abcd>"
CALLER = Caller("acme", "key-1", KEY_ENTRY, user="ann")
WANTED = Wanted((TOKEN, "<EMAIL_00000000>"), "complaint 7", conversation="c1")


class ListReveals:
    def __init__(self, fault: Exception | None = None) -> None:
        self.rows: list[Reveal] = []
        self.fault = fault
        self.closed = 0

    def add(self, row: Reveal) -> None:
        if self.fault is not None:
            raise self.fault
        self.rows.append(row)

    def newest(self, tenant: str, most: int, before: str = "") -> Sequence[Reveal]:
        if self.fault is not None:
            raise self.fault
        return self.rows[:most]

    def close(self) -> None:
        self.closed += 1


class QuietLog:
    def info(self, event: str, **fields: object) -> None:
        assert "ann@example.org" not in repr(fields)


class LostVault:
    async def keep(self, conversation: str, values: Mapping[str, str]) -> None:
        raise ConnectionError

    async def recall(self, conversation: str) -> Mapping[str, str]:
        raise ConnectionError


async def full_vault() -> MemoryVault:
    vault = MemoryVault(FakeClock())
    await vault.keep(conversation_key("acme", "c1"), {TOKEN: "ann@example.org"})
    await vault.keep(conversation_key("acme", user="c1"), {TOKEN: "of a user"})
    await vault.keep(conversation_key("globex", "c9"), {TOKEN: "of others"})
    return vault


def revealing(vault: Vault | None, rows: ListReveals) -> Revealing:
    return Revealing(lambda: rows, vault, FakeClock(), QuietLog())


async def test_who_looked_at_which_why_and_what_was_told_is_kept_and_no_value() -> None:
    rows = ListReveals()
    assert await revealing(await full_vault(), rows).reveal(CALLER, WANTED) == {TOKEN: "ann@example.org"}
    (row,) = rows.rows
    assert row[1:] == (
        "acme", FakeClock().now(), "key-1 ann", "conversation c1", WANTED.tokens, (TOKEN,), "complaint 7",
    )  # fmt: skip
    assert "ann@example.org" not in repr(row)
    assert rows.closed == 1


async def test_each_way_to_name_a_conversation_is_another_conversation() -> None:
    room = revealing(await full_vault(), ListReveals())
    assert await room.reveal(CALLER, Wanted((TOKEN,), "why", user="c1")) == {TOKEN: "of a user"}
    assert await room.reveal(CALLER, Wanted((TOKEN,), "why", key="c1")) == {}


async def test_another_tenants_tokens_are_not_there_and_that_somebody_looked_is_kept() -> None:
    rows = ListReveals()
    room = revealing(await full_vault(), rows)
    for conversation in ("c9", "/globex/conversation/c9", "\0globex\0conversation\0c9"):
        assert await room.reveal(CALLER, WANTED._replace(conversation=conversation)) == {}
    assert [one.told for one in rows.rows] == [(), (), ()]


async def test_what_cannot_be_written_down_is_not_told() -> None:
    room = revealing(await full_vault(), ListReveals(sqlite3.OperationalError("disk full")))
    with pytest.raises(GatewayError) as caught:
        await room.reveal(CALLER, WANTED)
    assert caught.value.code == "OVERLOADED"
    with pytest.raises(GatewayError):
        await room.revealed("acme", 5, "")


async def test_a_vault_that_is_away_says_so_and_none_at_all_knows_nothing() -> None:
    with pytest.raises(GatewayError) as caught:
        await revealing(LostVault(), ListReveals()).reveal(CALLER, WANTED)
    assert caught.value.code == "OVERLOADED"
    assert await revealing(None, ListReveals()).reveal(CALLER, WANTED) == {}


async def test_the_list_is_that_of_the_tenant() -> None:
    rows = ListReveals()
    room = revealing(await full_vault(), rows)
    await room.reveal(CALLER, WANTED)
    assert await room.revealed("acme", 5, "") == rows.rows
