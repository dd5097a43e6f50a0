"""Copies of requests to a deployment on trial: asked beside the answer, read to the end, told to nobody.

Each copy has a Hold, a diary and a Receipt of its own (operation ``shadow``), so that the caller's are as without it.
Started by the line once the caller's own answer has begun; ended first when the process stops.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple

from torana.core.call import Prompt
from torana.core.clock import Clock
from torana.core.errors import GatewayError
from torana.core.faults import DeadlinePassed
from torana.core.ids import NewId
from torana.core.snapshot import Shadow
from torana.core.tickets import Grant, Hold, Plan
from torana.core.trail import Trail
from torana.line.attempt import Walker
from torana.line.limits import Limits
from torana.line.settle import Closing, Ledger

log = logging.getLogger("torana.line")

OPERATION = "shadow"


class Pool:
    """The copies under way in this process. It outlives Snapshots."""

    __slots__ = ("_closed", "_running", "_tasks")

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._running: dict[str, int] = {}
        self._closed = False

    def run(self, name: str, at_most: int, work: Callable[[], Coroutine[Any, Any, None]]) -> bool:
        """Start ``work`` unless so many of this name run already, or the process is stopping."""
        running = self._running.get(name, 0)
        if self._closed or running >= at_most:
            return False
        self._running[name] = running + 1
        # The one tracked runner: the pool holds each copy until it has ended.
        task = asyncio.create_task(work())  # noqa: TID251
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _: self._ended(name))
        return True

    def close(self) -> None:
        """End all, and start none from now on."""
        self._closed = True
        for task in self._tasks:
            task.cancel()

    async def ended(self) -> None:
        """Once all are over. Call ``close`` first."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _ended(self, name: str) -> None:
        left = self._running[name] - 1
        if left:
            self._running[name] = left
        else:
            del self._running[name]


class Means(NamedTuple):
    """What copies are made with."""

    clock: Clock
    draw: Callable[[], float]
    """A number in [0, 1)."""
    new_id: NewId
    """Ids of Receipts."""
    pool: Pool


class Shadows:
    """Copies requests by the Plans of one Snapshot."""

    __slots__ = ("_clock", "_draw", "_ledger", "_limits", "_new_id", "_walker", "pool")

    def __init__(self, walker: Walker, limits: Limits, ledger: Ledger, means: Means) -> None:
        """``walker``: one that tries once."""
        self._walker = walker
        self._limits = limits
        self._ledger = ledger
        self._clock, self._draw, self._new_id, self.pool = means

    def cast(self, grant: Grant, plan: Plan, prompt: Prompt) -> None:
        """Copy the request if it is one of the model's share. Never waits; what does not fit into the pool is let go."""
        shadow = grant.model.shadow
        copied = plan.shadow
        if shadow is None or copied is None or self._draw() >= shadow.share:
            return
        other = prompt.on(self._diary(prompt.trail))
        self.pool.run(grant.model.name, shadow.at_once, lambda: self._run(grant, copied, other, shadow))

    def _diary(self, trail: Trail) -> Trail:
        own = trail.branch()
        own.receipt_id = self._new_id()
        own.operation = OPERATION
        own.started_at, own.started_s = self._clock.now(), self._clock.monotonic()
        own.inject = ()
        return own

    async def _run(self, grant: Grant, plan: Plan, prompt: Prompt, shadow: Shadow) -> None:
        try:
            hold = await self._limits.reserve_copy(grant, prompt.trail, plan.attempts[0].prices)
        except GatewayError:
            return  # no money for it: the caller's own requests come first
        closing: list[Closing] = []
        try:
            async with asyncio.timeout(shadow.deadline_s):
                reply = await self._walker.walk(plan, prompt)
                closing.append(self._ledger.close_out(hold, reply))
                async for _ in closing[0]:
                    pass
        except TimeoutError:
            self._late(hold)
        except GatewayError as error:
            self._ledger.abandon(hold, error)
        except asyncio.CancelledError as error:
            prompt.trail.leaving = "shutdown"
            self._ledger.abandon(hold, error)
            raise
        except Exception as error:  # a task runner: a fault of ours in a copy must not stay open, nor unseen
            self._ledger.abandon(hold, error)
            log.exception("a shadow failed inside the gateway", extra={"request_id": prompt.trail.request_id})
        finally:
            for one in closing:
                await one.aclose()

    def _late(self, hold: Hold) -> None:
        """Its time was up; that it was longer than we wanted to wait is no fault of the deployment's."""
        vitals, hold.trail.vitals = hold.trail.vitals, None
        if vitals is not None:
            vitals.leave()
        late = GatewayError("UPSTREAM_TIMEOUT", "The shadow took too long.")
        late.__cause__ = DeadlinePassed()
        self._ledger.abandon(hold, late)
