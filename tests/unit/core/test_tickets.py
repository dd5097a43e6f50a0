"""A Hold is taken once; endings are named once."""

from __future__ import annotations

from tests.line.world import World
from torana.core.tickets import ENDINGS, Hold
from torana.core.trail import Trail


async def test_a_hold_is_taken_by_the_first_asker_only() -> None:
    world = World()
    call = world.call()
    grant = world.rooms.policy.allow(await world.rooms.gate.identify(call), call)
    hold = Hold(grant, Trail("r", "i", 0.0, 0.0), 5, "USD", ())
    assert [hold.take(), hold.take(), hold.take()] == [True, False, False]
    assert hold.closed


def test_endings_are_distinct() -> None:
    assert len(set(ENDINGS)) == len(ENDINGS)
