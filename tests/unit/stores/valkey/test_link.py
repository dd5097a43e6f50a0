from __future__ import annotations

import asyncio
import contextlib
import re
from typing import Any

import pytest

from tests.contract.counters.shared import QuietLog
from tests.valkey import Server, free_port
from torana.stores.valkey import patience
from torana.stores.valkey.link import Link, Script, StoreAway, client_of

DECLARE = Script("declare")
SAID = {"proc": "p", "rows": [], "money": True}
KEYS = ["torana:{a}:alive", "torana:{a}:of:p"]


@pytest.mark.parametrize("url", ["http://cache:6379", "memcached://cache", "cache:6379", ""])
def test_a_url_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="shared counters are at"):
        client_of(url, 1)


async def test_every_kind_of_url_gives_a_client() -> None:
    for url in ("redis://h:1/0", "valkey://h", "rediss://u:p@h", "valkeys://h", "cluster+redis://h:7000"):
        await client_of(url, 1).aclose()


async def test_a_script_that_the_store_has_forgotten_is_sent_again(valkey: Server) -> None:
    link = Link(valkey.url, 5.0, 4, QuietLog())
    first = await link.run(DECLARE, KEYS, SAID)
    valkey.ask("SCRIPT", "FLUSH")
    again = await link.run(DECLARE, KEYS, SAID)
    assert (first[0], again[0], first[2]) == (0, 0, again[2])
    await link.aclose()


async def test_a_store_that_is_not_there_is_away_once_and_until_a_probe_was_answered() -> None:
    port, log = free_port(), QuietLog()
    link = Link(f"redis://127.0.0.1:{port}", 5.0, 4, log)
    troubles: list[int] = []
    link.on_trouble(lambda: troubles.append(1))
    for _ in range(3):
        with pytest.raises(StoreAway):
            await link.run(DECLARE, KEYS, SAID)
    assert not await link.probe()
    assert (link.away, link.failures, troubles, log.events) == (True, 4, [1], ["counters.store_is_away"])
    await link.aclose()


async def test_many_decisions_at_once_share_a_bounded_number_of_connections(valkey: Server) -> None:
    link = Link(valkey.url, 20.0, 3, QuietLog())
    await asyncio.gather(*(link.run(DECLARE, KEYS, SAID) for _ in range(200)))
    clients = valkey.ask("CLIENT", "LIST").decode().count("\n") - 1
    assert clients <= 3 + 2
    await link.aclose()


async def test_who_waits_long_for_a_connection_waits_until_its_own_deadline(valkey: Server) -> None:
    log = QuietLog()
    link = Link(valkey.url, 10.0, 1, log)
    client: Any = link._client
    holding = asyncio.ensure_future(link._tried(lambda: client.blpop("nothing-comes", 1.5), 10.0))
    await asyncio.sleep(0.1)
    await link.run(DECLARE, KEYS, SAID)
    assert await holding is None
    assert (link.away, log.events) == (False, [])
    await link.aclose()


async def test_a_task_that_is_cancelled_ends_though_the_client_swallows_that(valkey: Server) -> None:
    link = Link(valkey.url, 5.0, 4, QuietLog())

    async def swallowing() -> int:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(10)
        return 1

    asked = asyncio.ensure_future(link._tried(swallowing, 5.0))
    await asyncio.sleep(0.01)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    await link.aclose()


async def test_a_store_that_answers_others_meanwhile_is_not_away(valkey: Server) -> None:
    link = Link(valkey.url, 0.3, 4, QuietLog())

    async def slow() -> int:
        await asyncio.sleep(0.7)  # as with many turns of a loop that has much to do
        return 1

    asked = asyncio.ensure_future(link._tried(slow, 0.3))
    while not asked.done():
        await link.number("torana:{a}:n")
    assert (await asked, link.away, link.failures) == (1, False, 0)
    await link.aclose()


async def test_a_call_that_the_store_forgets_ends_though_others_are_answered(
    valkey: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "RECOVERY_DEADLINE_S", 0.1)
    link = Link(valkey.url, 0.1, 4, QuietLog())
    asked = asyncio.ensure_future(link._tried(lambda: asyncio.sleep(60), 0.1))
    while not asked.done():
        with contextlib.suppress(StoreAway):
            await link.number("torana:{a}:n")
    with pytest.raises(StoreAway):
        await asked
    await link.aclose()


async def test_of_many_first_calls_one_sends_the_script(valkey: Server) -> None:
    valkey.ask("SCRIPT", "FLUSH")
    before = _calls(valkey, "eval")
    link = Link(valkey.url, 20.0, 8, QuietLog())
    await asyncio.gather(*(link.run(DECLARE, KEYS, SAID) for _ in range(40)))
    assert _calls(valkey, "eval") - before == 1
    await link.aclose()


def _calls(valkey: Server, command: str) -> int:
    """How often a command was called, in total."""
    told = valkey.ask("INFO", "commandstats").decode()
    found = re.search(rf"cmdstat_{command}:calls=(\d+)", told)
    return int(found[1]) if found else 0
