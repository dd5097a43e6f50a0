"""Rooms are replaced whole: a request keeps those it began with."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from tests.line.world import World, model, snapshot
from torana.line.answer import answer


def test_no_room_can_be_exchanged() -> None:
    rooms = World().rooms
    with pytest.raises(FrozenInstanceError):
        rooms.snapshot = snapshot()  # type: ignore[misc]


async def test_a_request_is_settled_by_the_snapshot_it_began_with() -> None:
    world = World()
    began_with = world.rooms
    reply = await answer(world.call(), began_with)
    world.snapshot = snapshot(model(prices=None))
    world.rooms = world.build()
    async for _ in reply:
        pass
    (receipt,) = world.recorder.receipts
    assert receipt.priced
    assert world.tally.holds_open == 0
