"""The way of a Receipt from the hot path to disk: a queue, a thread of its own, the spool, then the sinks.

It decides when to write and what happens when it cannot; it does not know what a sink does with a Receipt. Given to the
ledger and the edge by ``wiring``.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import Literal, NamedTuple, Protocol

import msgspec

from torana.core.clock import Clock
from torana.ports.receipt import Receipt
from torana.ports.recorder import Slotted
from torana.records.feed import Feed, FeedFacts, Log, Seat, told
from torana.records.frames import writable
from torana.records.spool import Spool

BATCH = 1024
"""The most Receipts in one frame."""
SPOOL_PAUSE_S = 0.25

Observer = Callable[[Sequence[Receipt]], None]


class RecorderSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When to write, how much to keep in memory, and what to do when the spool takes no more."""

    flush_s: float = 0.05
    wake_at: int = 512
    max_queued: int = 50_000
    on_full: Literal["refuse", "drop"] = "drop"
    """refuse: ``full`` says so and the edge answers 503 until the spool writes again; requests that run on meanwhile
    are kept in memory, up to twice ``max_queued``. drop: requests are served, their Receipts are lost and counted."""


class Beside(Protocol):
    """Something with a thread of its own that lives as long as the recorder does."""

    def start(self) -> None:
        """Start its threads."""
        ...

    def stop(self, give_up_s: float) -> None:
        """Finish what can be finished until that monotonic second. Does not wait."""
        ...

    def join(self) -> bool:
        """Wait for the end asked for; False when it hangs."""
        ...

    def facts(self) -> Sequence[FeedFacts]:
        """How its feeds are doing."""
        ...


class Outlets(NamedTuple):
    """Where Receipts go once they are in the spool."""

    sinks: Sequence[Seat]
    observers: Sequence[Observer]
    """Called in the writer thread with each spooled batch: metrics, the access log."""
    log: Log
    clean: Callable[[Receipt], Receipt] | None = None
    """Takes out of a Receipt what must not be kept; in the writer thread, before the spool."""
    beside: Sequence[Beside] = ()


class RecorderFacts(NamedTuple):
    """How the recorder is doing, for health and metrics."""

    queued: int
    spooled: int
    dropped: int
    full: bool
    spool_bytes: int
    spool_segments: int
    spool_unreadable: int
    spool_error: str
    sinks: tuple[FeedFacts, ...]


class Recorder:
    """Implements ``ports.recorder.Recorder``."""

    def __init__(
        self,
        spool: Spool,
        outlets: Outlets,
        settled: Callable[[Slotted], None] | None,
        clock: Clock,
        settings: RecorderSettings,
    ) -> None:
        """``settled`` is told of each Hold whose Receipt is in the spool, in the writer thread."""
        self._spool = spool
        self._outlets = outlets
        self._settled = settled
        self._clock = clock
        self._settings = settings
        self._queue: deque[tuple[Receipt, Slotted | None]] = deque()
        self._waiting: deque[tuple[Receipt, Slotted | None]] = deque()
        """Taken from the queue, refused by the spool, tried again."""
        self._feeds = tuple(Feed(seat, spool, clock, outlets.log) for seat in outlets.sinks)
        self._nudges: SimpleQueue[None] = SimpleQueue()
        self._idle = False
        self._stopping = False
        self._give_up_s = float("inf")
        self._thread = threading.Thread(target=self._run, name="torana-recorder", daemon=True)
        self._retry_at_s = 0.0
        self._spool_error = ""
        self._bound = settings.max_queued * (2 if settings.on_full == "refuse" else 1)
        self._spooled = 0
        self._dropped = 0
        self._overflowed = 0
        self._lost = False

    def record(self, receipt: Receipt, hold: Slotted | None) -> None:
        """Queue the Receipt. Costs a fraction of a microsecond, never blocks, never raises."""
        queue = self._queue
        if len(queue) >= self._bound:
            self._overflow(hold)
            return
        queue.append((receipt, hold))
        if self._idle or len(queue) == self._settings.wake_at:
            self._idle = False
            self._nudges.put(None)

    @property
    def full(self) -> bool:
        """Whether new requests must be refused, because their Receipts could not be kept."""
        if self._settings.on_full != "refuse":
            return False
        return bool(self._spool_error) or len(self._queue) + len(self._waiting) >= self._settings.max_queued

    def facts(self) -> RecorderFacts:
        """A picture of this moment. May be called from any thread."""
        return RecorderFacts(
            queued=len(self._queue) + len(self._waiting),
            spooled=self._spooled,
            dropped=self._dropped + self._overflowed,
            full=self.full,
            spool_bytes=self._spool.size,
            spool_segments=len(self._spool.segments),
            spool_unreadable=self._spool.unreadable,
            spool_error=self._spool_error,
            sinks=(
                *(feed.facts() for feed in self._feeds),
                *(facts for one in self._outlets.beside for facts in one.facts()),
            ),
        )

    def start(self) -> None:
        """Start the threads."""
        self._thread.start()
        for feed in self._feeds:
            feed.start()
        for beside in self._outlets.beside:
            beside.start()

    async def drain(self, timeout_s: float) -> bool:
        """Write everything to the spool and the sinks, then stop. False when a Receipt was lost or a thread hangs.

        What a sink could not take stays in the spool for the next start. Holds are settled when this returns.
        """
        return await asyncio.to_thread(self.stop, timeout_s)

    def stop(self, timeout_s: float) -> bool:
        """The same, blocking; not for the event loop's thread."""
        self._give_up_s = self._clock.monotonic() + timeout_s
        self._stopping = True
        self._nudges.put(None)
        self._thread.join(timeout_s + 1.0)
        return not self._thread.is_alive() and not self._lost

    def _run(self) -> None:
        log = self._outlets.log
        if self._spool.torn_bytes:
            log.warning("spool.torn_tail_cut", bytes=self._spool.torn_bytes)
        while not self._stopping:
            try:
                self._wait()
                self._spool_all()
                self._release()
            # The thread must outlive a fault of its own: a gateway without records is worse than one bad turn.
            except Exception as fault:
                log.error("recorder.turn_failed", error=told(fault))
        self._finish()

    def _wait(self) -> None:
        """Sleep until there is something to do, then for ``flush_s``, so that Receipts gather into a batch."""
        if not self._queue:
            self._idle = True
            # Looked at again: a Receipt may have come between the look and the sign.
            if not self._queue and not self._stopping:
                self._pause(SPOOL_PAUSE_S if self._waiting else None)
            self._idle = False
        if self._queue and not self._stopping and len(self._queue) < self._settings.wake_at:
            self._pause(self._settings.flush_s)

    def _pause(self, seconds: float | None) -> None:
        try:
            self._nudges.get(timeout=seconds)
        except Empty:
            return

    def _release(self) -> None:
        positions = [feed.position for feed in self._feeds]
        known = [position for position in positions if position is not None]
        if len(known) == len(positions):
            self._spool.release(min(known, default=self._spool.head))
        if self._spool.crowded:
            self._make_room()

    def _make_room(self) -> None:
        """Forget the oldest segments that only sinks have not which may lose some."""
        awaited = [feed.position for feed in self._feeds if not feed.may_lose]
        if not all(position is not None for position in awaited):
            return
        until = min((position for position in awaited if position is not None), default=self._spool.head)
        while self._spool.crowded and self._spool.segments[0].end <= until:
            self._spool.release(self._spool.segments[0].end)

    def _spool_all(self) -> None:
        """Everything queued goes into the spool, then its Holds are settled, then it is observed."""
        if self._waiting and self._clock.monotonic() < self._retry_at_s and not self._stopping:
            return
        for source in (self._waiting, self._queue):
            while source:
                taken = [source.popleft() for _ in range(min(len(source), BATCH))]
                if not self._spool_batch(taken):
                    return

    def _spool_batch(self, taken: list[tuple[Receipt, Slotted | None]]) -> bool:
        clean = self._outlets.clean
        batch: Sequence[Receipt] = [clean(receipt) if clean else receipt for receipt, _ in taken]
        try:
            try:
                self._spool.append(batch)
            except (ValueError, TypeError, OverflowError):
                batch = self._cleaned(batch)
                if batch:
                    self._spool.append(batch)
        except OSError as fault:
            self._refused(taken, fault)
            return False
        if self._spool_error:
            self._outlets.log.info("spool.writes_again")
            self._spool_error = ""
        self._spooled += len(batch)
        for feed in self._feeds:
            feed.nudge()
        self._settle([hold for _, hold in taken if hold is not None])
        self._observe(batch)
        return True

    def _cleaned(self, batch: Sequence[Receipt]) -> list[Receipt]:
        cleaned = [receipt for each in batch if (receipt := writable(each)) is not None]
        lost = len(batch) - len(cleaned)
        if lost:
            self._dropped += lost
            self._outlets.log.error("receipts.unwritable", receipts=lost)
        return cleaned

    def _refused(self, taken: list[tuple[Receipt, Slotted | None]], fault: OSError) -> None:
        """The spool took nothing of this batch: keep it for another try, or drop it, as the policy says."""
        if not self._spool_error:
            self._outlets.log.error("spool.refuses", error=str(fault)[:200], policy=self._settings.on_full)
        self._spool_error = str(fault)[:200]
        self._retry_at_s = self._clock.monotonic() + SPOOL_PAUSE_S
        if self._settings.on_full == "refuse":
            self._waiting.extendleft(reversed(taken))
            return
        self._drop(taken)

    def _overflow(self, hold: Slotted | None) -> None:
        """Memory comes first: the Receipt is lost. On the event loop, unlike all else that counts."""
        self._overflowed += 1
        if hold is not None:
            self._settle([hold])

    def _drop(self, taken: list[tuple[Receipt, Slotted | None]]) -> None:
        self._dropped += len(taken)
        self._settle([hold for _, hold in taken if hold is not None])
        # Metrics and the access log still tell of them: they are all that will.
        clean = self._outlets.clean
        self._observe([clean(receipt) if clean else receipt for receipt, _ in taken])

    def _settle(self, holds: list[Slotted]) -> None:
        settled = self._settled
        if settled is None:
            return
        for hold in holds:
            try:
                settled(hold)
            # One Hold that cannot be settled must not keep the others of its batch open.
            except Exception as fault:
                self._outlets.log.error("hold.settle_failed", error=told(fault))

    def _observe(self, batch: Sequence[Receipt]) -> None:
        for observer in self._outlets.observers:
            try:
                observer(batch)
            # A full log disk or a fault in a counter must not stop the recording.
            except Exception as fault:
                self._outlets.log.error("receipts.observer_failed", error=told(fault))

    def _finish(self) -> None:
        """The last turn: everything to the spool, then to every sink that takes it, until time is up."""
        while True:
            self._spool_all()
            if not (self._queue or self._waiting) or self._clock.monotonic() >= self._give_up_s:
                break
            self._pause(self._settings.flush_s)
        left = [*self._waiting, *self._queue]
        if left:
            self._lost = True
            self._outlets.log.error("receipts.lost_at_shutdown", receipts=len(left))
            self._drop(left)
        for feed in self._feeds:
            feed.stop(self._give_up_s)
        for beside in self._outlets.beside:
            beside.stop(self._give_up_s)
        for beside in self._outlets.beside:
            beside.join()
        for feed in self._feeds:
            if not feed.join():
                self._outlets.log.warning("sink.hangs_at_shutdown", sink=feed.facts().name)
        self._release()
        self._spool.close()
