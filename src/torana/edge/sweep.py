"""Looks over the running requests now and then, for what no request can notice of itself.

Bodies that dawdle, and answers that run on under a key or token that was revoked or removed meanwhile. Run every half second by
``wiring``, so that nothing is paid for it per request.
"""

from __future__ import annotations

import asyncio

from torana.core.trail import Trail
from torana.edge.house import House

EVERY_S = 0.5


def leave(task: asyncio.Task[object], trail: Trail, why: str) -> None:
    """Cancel one request and say why, unless it is leaving already."""
    if trail.leaving is None:
        trail.leaving = why
        task.cancel()


def sweep(house: House) -> None:
    """One look over all running requests."""
    now = house.clock.monotonic()
    gate = house.rooms.gate
    for task, trail in list(house.running.items()):
        if trail.reading and now - trail.started_s > house.bounds.body_timeout_s:
            leave(task, trail, "body_timeout")
        elif trail.caller is not None and not gate.stands(trail.caller):
            leave(task, trail, "revoked")


async def sweep_on(house: House) -> None:
    """Sweep until cancelled."""
    while True:
        await asyncio.sleep(EVERY_S)
        sweep(house)
