"""Every Queue of this process, and how a request gets a Slot of one: at once, or by waiting within its deadline.

It orders nobody and tries nothing. Called by the walker around a try, only where some deployment has a capacity.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import NamedTuple

from torana.core.call import Chunk, ChunkSource, Reply
from torana.core.capacity import Capacity, QueueRules
from torana.core.clock import Clock
from torana.core.errors import GatewayError
from torana.core.snapshot import Deployment, Snapshot
from torana.core.tickets import Grant
from torana.core.trail import Trail
from torana.line.charges import scope_value
from torana.line.queue import Later, Queue, Slot, Waiting
from torana.line.turns import Place

MOST_CLASSES = 64
"""Classes whose waiting is counted: configurations come and go."""


class Waited(NamedTuple):
    """How requests of one class have waited."""

    requests: int = 0
    seconds: float = 0.0
    refused: int = 0
    """That got no place: the queue was full, or their time was up."""


class QueueFacts(NamedTuple):
    """One capacity now."""

    provider: str
    model: str
    """Empty: of all deployments there together."""
    in_use: int
    waiting: dict[str, int]
    """By class."""


class Queues:
    """The Queue of each deployment or provider that has a capacity."""

    __slots__ = ("_clock", "_later", "_queues", "_rules", "waited")

    def __init__(self, clock: Clock, later: Later | None = None) -> None:
        """``later``: None: the event loop's."""
        self._clock = clock
        self._later = later or by_the_loop
        self._queues: dict[tuple[str, str], Queue] = {}
        self._rules = QueueRules()
        self.waited: dict[str, Waited] = {}
        """By class."""

    def adopt(self, snapshot: Snapshot) -> None:
        """Go by this Snapshot from now on. Those that wait for what has no capacity any more go on at once."""
        self._rules = rules = snapshot.queue
        gone = self._queues
        self._queues = {}
        for name, capacity in snapshot.capacities.items():
            queue = gone.pop(name, None) or Queue(name, self._clock, self._later)
            queue.configure(capacity, rules.most, rules.classes)
            self._queues[name] = queue
        for queue in gone.values():
            queue.configure(Capacity(), 0, rules.classes)

    def of(self, deployment: Deployment) -> Queue | None:
        """Its own Queue, else its provider's; None: it takes what comes."""
        queues = self._queues
        return queues.get((deployment.provider, deployment.model)) or queues.get((deployment.provider, ""))

    async def enter(self, wanted: Sequence[Deployment], trail: Trail, left_s: float) -> tuple[int, Slot | None]:
        """Which of the deployments, in order of preference, the request may use now, and its place there.

        When none is free it waits for all of them, ``left_s`` seconds at most. A Slot is None where there is no
        capacity. Raises GatewayError OVERLOADED, naming the queue, when it is full or the time is up.
        """
        queues: dict[Queue, int] = {}
        for index, where in enumerate(wanted):
            queue = self.of(where)
            if queue is None:
                return index, None
            if queue not in queues:
                slot = queue.take()
                if slot is not None:
                    return index, slot
                queues[queue] = index
        place = self.place_of(trail)
        if left_s <= 0:
            raise self._refusal(next(iter(queues)), place, "was not joined: this request does not wait")
        return await self._wait(queues, place, trail, left_s)

    def place_of(self, trail: Trail) -> Place:
        """Where this request waits: in the class of the first rule that is about it."""
        grant, rules = trail.grant, self._rules
        if grant is None:
            return Place(rules.default, "", "")
        caller = grant.caller
        found = next((one.priority for one in rules.rules if is_about(one.scopes, grant)), rules.default)
        return Place(found, caller.tenant, caller.user or f"key\0{caller.key_id}")

    def survey(self) -> list[QueueFacts]:
        """Every capacity now."""
        return [QueueFacts(*one.name, one.in_use, one.turns.sizes()) for one in self._queues.values()]

    async def _wait(
        self, queues: dict[Queue, int], place: Place, trail: Trail, left_s: float
    ) -> tuple[int, Slot | None]:
        got: asyncio.Future[tuple[Queue, Slot] | None] = asyncio.get_running_loop().create_future()
        waiting = Waiting(place, teller(got))
        began = self._clock.monotonic()
        first = next(iter(queues))
        served = False
        try:
            joined = [queue.join(waiting) for queue in queues]
            if not any(joined):
                raise self._refusal(first, place, "is full")
            async with asyncio.timeout(left_s):
                found = await got
            if found is None:
                raise self._refusal(first, place, "is full, and others had less in it")
            served = True
            return queues[found[0]], found[1]
        except TimeoutError:
            raise self._refusal(first, place, "did not come to this request in time") from None
        finally:
            waiting.leave()
            if not served:
                give_back(got)
            self._note(place.priority, self._clock.monotonic() - began, served, trail)

    def _note(self, priority: str, seconds: float, served: bool, trail: Trail) -> None:
        trail.waited_s += seconds
        old = self.waited.get(priority) or Waited()
        if len(self.waited) < MOST_CLASSES or priority in self.waited:
            refused = old.refused + (not served)
            self.waited[priority] = Waited(old.requests + 1, old.seconds + seconds, refused)

    def _refusal(self, queue: Queue, place: Place, what: str) -> GatewayError:
        where = " / ".join(filter(None, queue.name))
        return GatewayError(
            "OVERLOADED",
            f"{where} is at its capacity, and the queue of the class {place.priority} {what}.",
            details={"queue": place.priority, "at": where, "waiting": queue.turns.waiting(place.priority)},
            retry_after_s=queue.hint_s(place.priority),
        )


class Stay:
    """One request at one deployment: it has a Slot there while a try is under way, and while its answer is."""

    __slots__ = ("_deployment", "_left_s", "_queues", "slot")

    def __init__(self, queues: Queues, deployment: Deployment, left_s: Callable[[], float]) -> None:
        """``left_s``: how many seconds it may wait from now on; nought and less: not at all."""
        self._queues = queues
        self._deployment = deployment
        self._left_s = left_s
        self.slot: Slot | None = None
        """None: it has none, or needs none."""

    async def begin(self, trail: Trail) -> None:
        """Get a Slot. Raises GatewayError OVERLOADED."""
        _, self.slot = await self._queues.enter((self._deployment,), trail, self._left_s())

    def pause(self) -> None:
        """Give the Slot back, until the next ``begin`` or for good."""
        slot, self.slot = self.slot, None
        if slot is not None:
            slot.give_back()

    def answered(self, reply: Reply) -> Reply:
        """The Reply; the Slot is its own from now on, until its end."""
        slot, self.slot = self.slot, None
        return reply if slot is None else reply.through(Kept(reply.source, slot), reply.seen)


class Kept:
    """The rest of an answer, and the Slot that it takes until its end."""

    __slots__ = ("_slot", "_source")

    def __init__(self, source: ChunkSource, slot: Slot) -> None:
        self._source = source
        self._slot = slot

    def __aiter__(self) -> Kept:
        return self

    async def __anext__(self) -> Chunk:
        """The next chunk; see ChunkSource."""
        try:
            return await self._source.__anext__()
        except Exception:  # its end, or a fault: nothing comes after it
            self._slot.give_back()
            raise

    async def aclose(self) -> None:
        """Stop."""
        try:
            await self._source.aclose()
        finally:
            self._slot.give_back()


def is_about(scopes: Sequence[tuple[str, str]], grant: Grant) -> bool:
    """Whether a request has every one of these scopes' values."""
    return all(scope_value(scope, grant) == wanted for scope, wanted in scopes)


def teller(
    got: asyncio.Future[tuple[Queue, Slot] | None],
) -> Callable[[Queue | None, Slot | None], None]:
    """What a Waiting calls: it tells the future. Whoever waits may have left at the same moment."""

    def told(queue: Queue | None, slot: Slot | None) -> None:
        if not got.done():
            got.set_result(None if queue is None or slot is None else (queue, slot))
        elif slot is not None:
            slot.give_back()

    return told


def give_back(got: asyncio.Future[tuple[Queue, Slot] | None]) -> None:
    """Give back a place that came at the moment when nobody waited for it any more."""
    if got.done() and not got.cancelled():
        found = got.result()
        if found is not None:
            found[1].give_back()


def by_the_loop(seconds: float, call: Callable[[], None]) -> object:
    """Call later, by the running event loop."""
    return asyncio.get_running_loop().call_later(seconds, call)
