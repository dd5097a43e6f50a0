"""The configuration in force: prices and rates begin to hold at their moment, and only a change makes a new Snapshot."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, cast

from tests.line.world import ListRecorder
from tests.unit.wiring.offer import OFFER, read, written
from torana.stores.memory import MemoryCounters
from torana.testing.clock import FakeClock
from torana.upstream.seam import Upstream
from torana.wiring.build import Parts
from torana.wiring.live import Live, Stored

NEW_YEAR = 1_767_225_600.0
TEXT = """
currency: INR
providers: [{id: a, kind: echo}]
models:
  - {name: m, deployments: [{provider: a, model: x}], prices: {input: 1, output: 2, currency: USD}}
  - {name: unpriced, deployments: [{provider: a, model: y}]}
currency_rates:
  - {from: USD, to: INR, rate: 80, since: 2020-01-01}
  - {from: USD, to: INR, rate: 90, since: 2026-01-01}
  - {from: USD, to: EUR, rate: 1, since: 2026-01-02}
"""


class Lines:
    """Keeps what was logged."""

    def __init__(self) -> None:
        self.said: list[tuple[str, dict[str, object]]] = []

    def info(self, event: str, **fields: object) -> None:
        self.said.append((event, fields))

    warning = info


class NoUpstream:
    """The echo provider calls nobody."""


def live(folder: Path, now: float, text: str = TEXT) -> tuple[Live, FakeClock, Lines]:
    clock, lines = FakeClock(now), Lines()
    parts = Parts(clock, cast(Upstream, NoUpstream()), MemoryCounters(), cast(Any, ListRecorder()), b"k" * 32)
    return Live(read(written(folder, text)), Stored(), parts, lines, OFFER), clock, lines


def input_nano(one: Live) -> int:
    prices = one.rooms.snapshot.models["m"].shown_prices
    assert prices is not None
    return prices.input_nano


async def test_a_rate_holds_from_its_moment_on_and_requests_keep_the_rooms_they_began_with(tmp_path: Path) -> None:
    one, clock, _ = live(tmp_path, NEW_YEAR - 1)
    before = one.rooms
    assert input_nano(one) == 80 * 10**9
    clock.advance(1)
    await one.take_prices()
    assert (input_nano(one), one.rooms.snapshot.version) == (90 * 10**9, 2)
    assert before.snapshot.models["m"].prices != one.rooms.snapshot.models["m"].prices


async def test_a_moment_that_changes_no_price_of_ours_makes_no_snapshot(tmp_path: Path) -> None:
    one, clock, _ = live(tmp_path, NEW_YEAR)
    rooms = one.rooms
    clock.advance(2 * 86_400)
    await one.take_prices()
    assert one.rooms is rooms


async def test_prices_are_followed_without_being_asked(tmp_path: Path) -> None:
    one, clock, _ = live(tmp_path, NEW_YEAR - 0.01)
    published = asyncio.Event()
    one.on_publish(lambda rooms: published.set())
    clock.advance(1)
    following = asyncio.ensure_future(one.follow_prices())
    await asyncio.wait_for(published.wait(), 10)
    following.cancel()
    assert input_nano(one) == 90 * 10**9


async def test_models_without_a_price_are_named_once_for_each_change(tmp_path: Path) -> None:
    one, clock, lines = live(tmp_path, NEW_YEAR - 1)
    clock.advance(1)
    await one.take_prices()
    unknown = [fields for event, fields in lines.said if event == "prices.unknown"]
    assert unknown == [{"models": ("unpriced",), "unknown_price": "block"}]
