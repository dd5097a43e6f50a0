"""Two tries at the same time: the second begins when the first is slow, the first content wins, the other is given up.

It chooses no deployment and judges no outcome: the walker does. Each try writes a diary of its own; they are folded into
the request's before anybody reads it, so that its Receipt and its Hold know both.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

from torana.core.call import Prompt, Reply
from torana.core.clock import Clock
from torana.core.errors import GatewayError
from torana.core.faults import UpstreamFault
from torana.core.tickets import Attempt, Attempted
from torana.core.trail import Lost, Trail
from torana.line.outcome import ruling
from torana.line.running import Running
from torana.line.worth import estimate

Outcome = Reply | UpstreamFault | GatewayError
Try = Callable[[Attempt, Prompt], Coroutine[Any, Any, Outcome]]


class Leg:
    """One of the two tries, with whatever retries its deployment gets."""

    __slots__ = ("attempt", "began", "task", "trail")

    def __init__(self, attempt: Attempt, trail: Trail, began: float, task: asyncio.Task[Outcome]) -> None:
        self.attempt = attempt
        self.trail = trail
        self.began = began
        self.task = task

    @property
    def ended(self) -> bool:
        """Whether its task came to an end of its own."""
        return self.task.done() and not self.task.cancelled()

    @property
    def bug(self) -> BaseException | None:
        """What it raised: a fault of ours."""
        return self.task.exception() if self.ended else None

    @property
    def reply(self) -> Reply | None:
        """The Reply, if it has given content."""
        if not self.ended or self.bug is not None:
            return None
        outcome = self.task.result()
        return outcome if isinstance(outcome, Reply) else None


class Races:
    """Runs two tries; what is given up is held by ``running`` until it has closed its connection."""

    __slots__ = ("_clock", "_sleep", "running")

    def __init__(self, clock: Clock, sleep: Callable[[float], Awaitable[None]]) -> None:
        self._clock = clock
        self._sleep = sleep
        self.running = Running()
        """The process's own where it has one: then its end waits for what was given up."""

    async def run(self, prompt: Prompt, attempts: Sequence[Attempt], try_: Try, after_s: float) -> tuple[Outcome, bool]:
        """The outcome, and whether the second was tried too. ``try_`` makes a try with the Prompt it is given.

        The second is tried when ``after_s`` has passed and the first has neither given content nor failed. Cancelled,
        it gives up both.
        """
        began = self._clock.monotonic()
        legs = [self._leg(attempts[0], prompt, try_)]
        winner: Leg | None = None
        try:
            if not await self._ends_within(legs[0], after_s):
                legs.append(self._leg(attempts[1], prompt, try_))
                await until_won(legs)
            winner = next((leg for leg in legs if leg.reply is not None), None)
            return outcome_of(legs, winner), len(legs) > 1
        finally:
            self._fold(prompt.trail, legs, winner)
            prompt.trail.upstream_s += self._clock.monotonic() - began

    def _leg(self, attempt: Attempt, prompt: Prompt, try_: Try) -> Leg:
        trail = prompt.trail.branch()
        return Leg(attempt, trail, self._clock.monotonic(), self.running.start(try_(attempt, prompt.on(trail))))

    async def _ends_within(self, leg: Leg, seconds: float) -> bool:
        timer = self.running.start(self._pause(seconds))
        try:
            await asyncio.wait({leg.task, timer}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            timer.cancel()
        return leg.task.done()

    async def _pause(self, seconds: float) -> None:
        await self._sleep(seconds)

    def _fold(self, trail: Trail, legs: Sequence[Leg], winner: Leg | None) -> None:
        """Write what the legs did on the request's diary, the winner's last, and end what still runs."""
        for leg in legs:
            if leg is winner:
                continue
            if leg.reply is not None or not leg.task.done():
                self._give_up(trail, leg, "cancelled" if winner is None else "outrun")
            else:
                if leg.trail.vitals is not None:  # it raised, and told nobody
                    leg.trail.vitals.leave()
                    leg.trail.vitals = None
                fold_failed(trail, leg.trail)
        if winner is not None:
            fold_failed(trail, winner.trail)

    def _give_up(self, trail: Trail, leg: Leg, why: str) -> None:
        """End a leg that may be billed for all that it might have answered, and account it."""
        own = leg.trail
        reply = leg.reply
        took = self._clock.monotonic() - leg.began
        if reply is None:
            leg.task.cancel()
            if own.vitals is None:  # between two tries, or not begun: nothing is under way
                fold_failed(trail, own)
                return
            own.vitals.outrun(took)  # the leg itself tells them that it left
            credential = ""
        else:
            self.running.start(reply.source.aclose())
            own.attempted.pop()
            if own.vitals is not None:
                own.vitals.leave()
            credential = reply.credential
            own.usage = next((chunk.usage for chunk in reversed(reply.seen) if chunk.usage is not None), None)
            own.content_events = sum(chunk.events for chunk in reply.seen if chunk.content)
            own.letters = sum(chunk.letters for chunk in reply.seen if chunk.content)
            own.output_bytes = sum(len(chunk.wire) for chunk in reply.seen)
        where = leg.attempt.deployment
        trail.attempted += own.attempted
        trail.attempted.append(Attempted(where.provider, where.model, why, int(took * 1000), credential))
        trail.lost += own.lost
        trail.lost.append(Lost(own.prices, own.usage or estimate(own)))


def fold_failed(trail: Trail, own: Trail) -> None:
    """Go on with the request's diary where a leg's ends, as if its tries had been made one after the other."""
    trail.attempted += own.attempted
    if not own.attempted and not own.sent:
        return
    if trail.sent:
        trail.lost.append(Lost(trail.prices))
    trail.lost += own.lost
    trail.sent, trail.prices, trail.vitals = own.sent, own.prices, own.vitals


async def until_won(legs: Sequence[Leg]) -> None:
    """Wait until one has given content or met a fault of ours, or none is left."""
    while all(leg.reply is None and leg.bug is None for leg in legs):
        running = {leg.task for leg in legs if not leg.task.done()}
        if not running:
            return
        await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)


def outcome_of(legs: Sequence[Leg], winner: Leg | None) -> Outcome:
    """The winner's Reply; else the failure that decides: one after which nobody else is tried, else the last.

    Raises what a leg raised.
    """
    if winner is not None:
        return winner.task.result()
    for leg in legs:
        if leg.bug is not None:
            raise leg.bug
    outcomes = [leg.task.result() for leg in legs]
    for one in outcomes:
        if isinstance(one, UpstreamFault) and not ruling(one).fail_over:
            return one
    return outcomes[-1]
