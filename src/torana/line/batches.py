"""Batches under way: what they may cost is held until they are over, and then settled at what they used.

Each has a row, so that a Hold is taken again after a restart, and one Receipt (operation ``batch``) whose id was fixed when
it was made. Run by ``wiring`` beside the requests; asks nobody anything while no batch is open.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from torana.core.call import Ask, Call, Usage
from torana.core.clock import Clock
from torana.core.errors import GatewayError
from torana.core.faults import UpstreamFault
from torana.core.ids import NewId
from torana.core.kept import BATCH, FILE, MAKING, SETTLED, Kept, Made, Pin, Wanted
from torana.core.snapshot import Prices, Snapshot
from torana.core.tickets import Attempted, Grant, Hold
from torana.core.trail import Trail
from torana.line.identify import owner_of
from torana.line.owners import Owners
from torana.line.rooms import Rooms
from torana.line.worth import most_output_tokens

log = logging.getLogger("torana.line")

OPERATION = "batch"
EVERY_S = 30.0
"""How often open batches are asked about."""
LOOK_EVERY_S = 600.0
"""How often it is looked whether a process that is gone left any."""
LEASE_S = 120.0
"""After so long without a look a batch is taken over from the process that watched it."""
UNHEARD_S = 3600.0
"""After so long a batch that may have been made is settled at what was held."""
GIVEN_UP_S = 3 * 86_400.0
"""After so long every batch is: providers give theirs a day."""
BATCH_TIER = ("service_tier=batch", 1)
"""What its usage says of itself: prices may have a variant for it."""


@dataclass
class _Open:
    """A batch that is watched."""

    kept: Kept
    hold: Hold | None = None
    receipted: bool = False
    """Its Receipt is written; only the row does not say so yet."""


@dataclass
class Batches:
    """The open batches of this process. It outlives Snapshots."""

    owners: Owners
    clock: Clock
    new_id: NewId
    """Ids of Receipts."""
    bill: Callable[[bytes], Usage | None]
    """What the file of a batch's answers says that they used."""
    watcher: str = ""
    """The name of this process, the same after a restart."""
    every_s: float = EVERY_S
    open: dict[tuple[str, str], _Open] = field(default_factory=dict)
    """By tenant and id."""
    _late: list[tuple[Kept | None, Kept]] = field(default_factory=list)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    async def hold(self, kept: Kept, grant: Grant, rooms: Rooms, *, again: bool = False) -> Hold:
        """Hold the most that the batch can cost. Raises GatewayError BUDGET_EXCEEDED, PRICE_UNKNOWN, unless ``again``."""
        trail = Trail(kept.id, kept.receipt_id, kept.created_at, self.clock.monotonic())
        trail.started_s -= max(0.0, self.clock.now() - kept.created_at)
        trail.dialect, trail.operation = "batches", OPERATION
        trail.caller, trail.grant = grant.caller, grant
        trail.model = kept.lines.model if kept.lines is not None else ""
        most = most_of(kept, rooms.snapshot)
        trail.counted_bytes, trail.most_output = most.uncached, most.output
        trail.prices = prices_of(kept, rooms.snapshot)
        return await rooms.limits.reserve_batch(grant, trail, kept.created_at if again else None)

    def release(self, hold: Hold, rooms: Rooms) -> None:
        """Give the Hold of a batch back that was not made. There is no Receipt: the request that asked for it has one."""
        if hold.take():
            rooms.limits.settle(hold)

    def watch(self, kept: Kept, hold: Hold, making: Kept | None = None) -> None:
        """Ask about this batch from now on; it may have been known as ``making`` before."""
        if making is not None:
            self.open.pop((making.tenant, making.id), None)
        self.open[kept.tenant, kept.id] = _Open(kept, hold)
        self._wake.set()

    def unmade(self, making: Kept, hold: Hold, rooms: Rooms) -> None:
        """There is no such batch: its Hold is given back."""
        self.open.pop((making.tenant, making.id), None)
        self.release(hold, rooms)

    def unwritten(self, kept: Kept | None, making: Kept) -> None:
        """A row that could not be written, and one that could not be taken out: both are tried again."""
        self._late.append((kept, making))

    async def seen(self, thing: Kept, made: Made, shown: bytes) -> None:
        """Write down what a provider says of a thing now, and whose the files are that a batch wrote."""
        if thing.kind == BATCH and made.over and thing.state not in ("", SETTLED):
            self._wake.set()
        if thing.shown == shown:
            return
        for output in made.outputs:
            file = Kept(
                thing.tenant, FILE, output, thing.key_id, thing.provider, thing.credential, self.clock.now(),
                purpose="batch_output",
            )  # fmt: skip
            try:
                await self.owners.find(thing.tenant, FILE, output)
            except GatewayError as missing:
                if missing.code != "NOT_FOUND":
                    raise
                await self.owners.put(file)
        watched = self.open.get((thing.tenant, thing.id))
        latest = (watched.kept if watched is not None else thing)._replace(shown=shown)
        if watched is not None:
            watched.kept = latest
        await self.owners.put(latest)

    async def run(self, rooms: Callable[[], Rooms]) -> None:
        """Watch until cancelled; then give back what is held, which the next start takes again."""
        try:
            while True:
                self._wake.clear()
                try:
                    await self.look(rooms())
                except GatewayError as error:
                    log.warning("open batches cannot be looked at now: %s", error.message)
                await self._pause()
        finally:
            for one in self.open.values():
                hold, one.hold = one.hold, None
                if hold is not None:
                    self.release(hold, rooms())

    async def _pause(self) -> None:
        """Until the next look."""
        try:
            async with asyncio.timeout(self.every_s if self.open or self._late else LOOK_EVERY_S):
                await self._wake.wait()
        except TimeoutError:
            return
        await asyncio.sleep(min(1.0, self.every_s))  # several that ask at the same time are one look

    async def look(self, rooms: Rooms) -> None:
        """One look at every open batch."""
        while self._late:
            kept, making = self._late[-1]
            if kept is not None:
                await self.owners.put(kept)
            await self.owners.remove(making)
            self._late.pop()
        for kept in await self.owners.unsettled():
            self.open.setdefault((kept.tenant, kept.id), _Open(kept))
        for one in list(self.open.values()):
            try:
                await self._look(one, rooms)
            except GatewayError as error:
                log.warning("a batch cannot be settled yet: %s", error.message, extra={"batch": one.kept.id})

    async def _look(self, one: _Open, rooms: Rooms) -> None:
        if not await self.owners.claim(one.kept, self.watcher, self.clock.now(), LEASE_S):
            # Another process took it over, and holds for it; or its row is gone.
            if one.hold is not None:
                self.release(one.hold, rooms)
            self.open.pop((one.kept.tenant, one.kept.id), None)
            return
        if not one.receipted:
            if one.hold is None:
                grant = rooms.policy.allow(owner_of(one.kept), self._call(one.kept, Wanted(BATCH, "read", one.kept.id)))
                one.hold = await self.hold(one.kept, grant, rooms, again=True)
            ended = await self._ended(one, rooms)
            if ended is None:
                return
            self._settle(one, one.hold, ended, rooms)
        await self.owners.put(one.kept._replace(state=SETTLED))
        self.open.pop((one.kept.tenant, one.kept.id), None)

    async def _ended(self, one: _Open, rooms: Rooms) -> Usage | None:
        """What the batch used; None while it goes on. Estimated, at the most it can be, where nobody can tell any more."""
        kept = one.kept
        age = self.clock.now() - kept.created_at
        if age > (UNHEARD_S if kept.state == MAKING else GIVEN_UP_S):
            return most_of(kept, rooms.snapshot)
        if kept.state == MAKING:
            return None
        status, body, made = await self.asked(kept, Wanted(BATCH, "read", kept.id), rooms)
        if status == 404:
            return most_of(kept, rooms.snapshot)
        if made is None:
            return None
        await self.seen(kept, made, body)
        if not made.over:
            return None
        if made.usage is not None:
            return made.usage
        if not made.outputs:
            return most_of(kept, rooms.snapshot)
        status, body, _ = await self.asked(kept, Wanted(FILE, "content", made.outputs[0]), rooms)
        if status >= 500 or status in (408, 429):
            return None
        told = await asyncio.to_thread(self.bill, body) if 200 <= status < 300 else None
        return told if told is not None else most_of(kept, rooms.snapshot)

    async def asked(self, kept: Kept, wanted: Wanted, rooms: Rooms) -> tuple[int, bytes, Made | None]:
        """Ask the provider in the owner's name; status, body and what it says. Raises GatewayError when it cannot be asked."""
        call = self._call(kept, wanted)
        grant = rooms.policy.allow(owner_of(kept), call)
        prompt = await rooms.guards.inbound(grant, call)
        reply = await rooms.walker.walk(rooms.router.plan(grant, prompt), prompt)
        parts = [chunk.wire for chunk in reply.seen]
        try:
            parts += [chunk.wire async for chunk in reply.source]
        except UpstreamFault as fault:
            raise GatewayError("UPSTREAM_ERROR", "The provider's answer was cut short.") from fault
        finally:
            vitals, call.trail.vitals = call.trail.vitals, None
            if vitals is not None:
                vitals.leave()
                vitals.completed()
            await reply.source.aclose()
        return reply.status, b"".join(parts), prompt.pin.made if prompt.pin is not None else None

    def _call(self, kept: Kept, wanted: Wanted) -> Call:
        trail = Trail(kept.id, "", self.clock.now(), self.clock.monotonic())
        ask = Ask(None, max_tokens=0, counted_bytes=0, texts=(), kept=wanted)
        dialect = "batches" if wanted.kind == BATCH else "files"
        call = Call(dialect, dialect, b"", (), lambda _: ask, trail)
        call.pin = Pin(kept.provider, kept.credential)
        return call

    def _settle(self, one: _Open, hold: Hold, usage: Usage, rooms: Rooms) -> None:
        """Close the Hold at what was used; its Receipt is written."""
        trail, kept = hold.trail, one.kept
        trail.request_id = kept.id
        trail.usage = replace(usage, extra=(*usage.extra, BATCH_TIER)) if usage.input or usage.output else usage
        trail.sent, trail.status = True, 200
        trail.attempted = [Attempted(kept.provider, kept.upstream_model, "ok", 0)]
        trail.first_chunk_s = self.clock.monotonic()
        rooms.ledger.close(hold, "unknown" if usage.estimated else "completed")
        one.receipted = True


def most_of(kept: Kept, snapshot: Snapshot) -> Usage:
    """The most that the batch can use: every byte a token, every answer as long as it may be."""
    lines = kept.lines
    if lines is None:
        return Usage(estimated=True)
    unbounded = most_output_tokens(Ask(None, candidates=lines.unbounded), snapshot.assumed_max_tokens)
    output = lines.output_tokens + (unbounded if lines.unbounded else 0)
    return Usage(uncached=lines.input_bytes, output=output, estimated=True)


def prices_of(kept: Kept, snapshot: Snapshot) -> Prices | None:
    """What the lines of the batch cost: the prices of where they went, with a price by the request for each of them."""
    if kept.lines is None or (model := snapshot.models_of(kept.tenant).get(kept.lines.model)) is None:
        return None
    here = (one for one in model.deployments if (one.provider, one.model) == (kept.provider, kept.upstream_model))
    where = next(here, None)
    prices = (where.prices if where is not None else None) or model.prices
    if prices is None or not prices.request_nano:
        return prices
    return replace(prices, request_nano=prices.request_nano * kept.lines.requests)
