"""What goes wrong during a stress run: gateways are killed and come back, services are restarted."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from contextlib import suppress

from tests.e2e.gateway import Gateway
from tests.stress.callers import Callers


class Chaos:
    """Kills one of the gateways every few seconds, and starts it again on the same data folder."""

    def __init__(self, gateways: Sequence[Gateway], callers: Callers, every_s: float, seed: int) -> None:
        self._gateways = gateways
        self._callers = callers
        self._every_s = every_s
        self._chance = random.Random(seed)
        self.kills = 0
        self._over = asyncio.Event()

    def end(self) -> None:
        """What was killed is started again; then no more."""
        self._over.set()

    async def run(self, also: Sequence[Callable[[], None]] = ()) -> None:
        """Until ``end``. ``also``: once each, one after every third kill: a service that is restarted."""
        waiting = list(also)
        while not self._over.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._over.wait(), self._every_s * (0.5 + self._chance.random()))
                return
            place = self._chance.randrange(len(self._gateways))
            gateway = self._gateways[place]
            gateway.process.kill()
            self.kills += 1
            if waiting and self.kills % 3 == 0:
                waiting.pop(0)()  # not in a thread: what a service starts may end with the thread that started it
            await asyncio.to_thread(gateway.start)
            self._callers.origins[place] = gateway.origin
