from __future__ import annotations

import asyncio
import contextlib

import pytest

from tests.contract.counters.shared import QuietLog
from tests.valkey import Server, free_port
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
