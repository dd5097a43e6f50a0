from __future__ import annotations

import asyncio
import contextlib

from tests.contract.counters.shared import QuietLog
from tests.unit.stores.valkey.test_counters import AT_ONCE, RATE
from tests.valkey import Server
from torana.stores.valkey.asking import Asking, Settings, place_in
from torana.stores.valkey.link import Link, StoreAway
from torana.stores.valkey.share import Share, row_of


async def nothing_begins(share: Share, name: str) -> None:
    raise AssertionError(name)


def an_asking(link: Link) -> Asking:
    return Asking(Settings("valkey://unused", "one"), link, nothing_begins, lambda share, since: None)


def test_a_counter_that_is_named_twice_is_one_key() -> None:
    keys, places = ["alive", "mine"], dict[str, int]()
    assert [place_in(keys, places, one) for one in ("a", "b", "a")] == [3, 4, 3]
    assert keys == ["alive", "mine", "a", "b"]


async def test_what_waits_to_be_told_is_told_first_and_once(valkey: Server) -> None:
    link, share = Link(valkey.url, 5.0, 4, QuietLog()), Share("acme")
    asking = an_asking(link)
    await asking.answer(share, [RATE], [row_of(RATE, 0, 50)], 0.0)
    at = (await asking.once(share, (), [], 0.0)).now_ms
    share.back.append({"to": share.place(RATE).key, **row_of(RATE, 0, 50), "actual": 20, "at": at})
    answer = await asking.answer(share, [RATE], [row_of(RATE, 0, 1)], 0.0)
    assert answer.numbers[3:] == [21, 1]
    assert not share.back
    answer = await asking.answer(share, [RATE], [row_of(RATE, 0, 1)], 0.0)
    assert answer.numbers[3:] == [22, 1]
    await link.aclose()


async def test_it_asks_nothing_while_it_is_declared_what_is_held_and_declares_again_what_was_taken_meanwhile(
    valkey: Server,
) -> None:
    link, share = Link(valkey.url, 5.0, 4, QuietLog()), Share("acme")
    gate = share.gate = asyncio.Event()
    asked = asyncio.ensure_future(an_asking(link).once(share, [AT_ONCE], [row_of(AT_ONCE, 0, 1)], 0.0))
    await asyncio.sleep(0.05)
    assert not asked.done()
    assert not share.in_flight
    share.gate = None
    gate.set()
    assert (await asked).numbers[0] == 0
    assert share.dirty
    await link.aclose()


async def test_a_call_that_failed_leaves_what_is_held_in_doubt() -> None:
    link, share = Link("valkey://127.0.0.1:1", 5.0, 4, QuietLog()), Share("acme")
    with contextlib.suppress(StoreAway):
        await an_asking(link).once(share, (), [], 0.0)
    assert share.dirty
    assert not share.in_flight
    await link.aclose()
