"""One sink's share of the recorder: opens it, brings it what the spool has beyond it, pauses when it fails.

It never drops a Receipt and, having a thread of its own, holds up neither the spool nor another sink, however
long a database hangs. Started and stopped by the recorder.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import NamedTuple, Protocol

from torana.core.clock import Clock
from torana.ports.sink import Rewound, Sink, Unreachable
from torana.records.cursor import Cursor
from torana.records.spool import Spool

FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 30.0
MANY = 500
"""Records in one batch from which on the next ones are awaited for longer: a larger transaction costs less a record."""
MANY_WAIT = 2.5
LONGEST_ASKED_S = 300.0
"""The longest pause that a far side may ask for."""


class Log(Protocol):
    """What records says about itself: structured lines."""

    def info(self, event: str, **fields: object) -> object: ...

    def warning(self, event: str, **fields: object) -> object: ...

    def error(self, event: str, **fields: object) -> object: ...


class Seat(NamedTuple):
    """A place for a sink. ``open`` runs in the feed's thread, so heavy imports and slow databases belong in it."""

    name: str
    open: Callable[[], Sink]
    every_s: float = 0.2
    """How long Receipts may wait to be written together: fewer, larger transactions. MANY_WAIT times as long under load."""
    batch: int = 1000
    opens_after_s: float = 0.0
    """A wait before the first opening, to leave the start of the process alone."""
    longest_pause_s: float = LONGEST_PAUSE_S
    """The longest wait after a failure."""
    draw: Callable[[], float] | None = None
    """Gives numbers from 0 to 1: a pause is then from half to the whole, so that replicas do not come back all at once."""
    may_lose: bool = False
    """Whether it is passed over when the spool is crowded: it misses the oldest records, which is counted and logged."""
    set_aside: Callable[[], int] | None = None
    """How many records the far side refused for ever; None: it is ours and takes all."""


class FeedFacts(NamedTuple):
    """How a sink is doing, for health and metrics."""

    name: str
    opened: bool
    written: int
    lag: int
    failures: int
    """Failures since the last success."""
    failures_total: int
    last_error: str
    sent: int = 0
    """Records brought since the start."""
    away_s: float = 0.0
    """How long it has been failing; 0: it is not."""
    set_aside: int = 0
    """Records that it refused for ever."""
    missed: int = 0
    """Records that it will never get: it was away until the spool had no room for them."""


class Feed:
    """Brings one sink forward, a batch at a time."""

    def __init__(self, seat: Seat, spool: Spool, clock: Clock, log: Log) -> None:
        self._seat = seat
        self._spool = spool
        self._clock = clock
        self._log = log
        self._sink: Sink | None = None
        self._cursor: Cursor | None = None
        self._failures = 0
        self._failures_total = 0
        self._last_error = ""
        self._sent = self._missed = self._latest = 0
        self._away_since_s = 0.0
        self._nudges: SimpleQueue[None] = SimpleQueue()
        self._idle = False
        self._stopping = False
        self._give_up_s = float("inf")
        self._thread = threading.Thread(target=self._run, name=f"torana-sink-{seat.name}", daemon=True)

    @property
    def position(self) -> int | None:
        """Up to where the sink has everything; None while that is not known."""
        return self._cursor.position if self._cursor is not None else None

    def facts(self) -> FeedFacts:
        """A picture of this moment. May be called from any thread."""
        cursor = self._cursor
        return FeedFacts(
            name=self._seat.name,
            opened=cursor is not None,
            written=cursor.position if cursor is not None else 0,
            lag=cursor.lag if cursor is not None else self._spool.head - self._spool.first,
            failures=self._failures,
            failures_total=self._failures_total,
            last_error=self._last_error,
            sent=self._sent,
            away_s=self._away_s(),
            set_aside=self._seat.set_aside() if self._seat.set_aside is not None else 0,
            missed=self._missed,
        )

    def _away_s(self) -> float:
        return self._clock.monotonic() - self._away_since_s if self._failures else 0.0

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def nudge(self) -> None:
        """There is something new in the spool. Cheap; from any thread."""
        if self._idle:
            self._idle = False
            self._nudges.put(None)

    def stop(self, give_up_s: float) -> None:
        """Bring what there is, until the first failure or the given monotonic second, then close the sink."""
        self._give_up_s = give_up_s
        self._stopping = True
        self._nudges.put(None)

    def join(self) -> bool:
        """Wait for the end asked for by ``stop``; False when the sink still hangs then."""
        self._thread.join(max(0.0, self._give_up_s - self._clock.monotonic()))
        return not self._thread.is_alive()

    def _run(self) -> None:
        self._pause(self._seat.opens_after_s)
        while not self._stopping:
            pause_s = self._step()
            if pause_s is None and not self._behind():
                self._idle = True
                # Looked at again: a batch may have come between the look and the sign.
                if not self._behind() and not self._stopping:
                    self._nudges.get()
                self._idle = False
            if not self._stopping:
                wait_s = self._seat.every_s * (MANY_WAIT if self._latest >= MANY else 1.0)
                self._pause(wait_s if pause_s is None else pause_s)
        while (self._cursor is None or self._behind()) and self._clock.monotonic() < self._give_up_s:
            if self._step() is not None:
                break  # the spool keeps the rest for the next start
        self._close()

    def _pause(self, seconds: float) -> None:
        if seconds <= 0:
            return
        try:
            self._nudges.get(timeout=seconds)
        except Empty:
            return

    def _behind(self) -> bool:
        return self._cursor is not None and self._cursor.lag > 0

    def _step(self) -> float | None:
        """Open the sink if need be and write one batch; the pause to make after a failure. Never raises."""
        try:
            self._bring(*self._opened())
        # Sinks are other people's code and other people's databases: whatever it was, pause and try again.
        except Exception as fault:
            return self._failed(fault)
        if self._failures:
            self._log.info(
                "sink.recovered", sink=self._seat.name, failures=self._failures, away_s=round(self._away_s(), 1)
            )
        self._failures = 0
        self._last_error = ""
        return None

    def _opened(self) -> tuple[Sink, Cursor]:
        if self._sink is None:
            self._sink = self._seat.open()
        if self._cursor is None:
            written = self._sink.written()
            head = self._spool.head
            if written > head:
                self._log.error("sink.ahead_of_spool", sink=self._seat.name, written=written, spool=head)
                self._spool.leap(written)
                written = 0
            self._cursor = Cursor(self._spool, written)
        return self._sink, self._cursor

    @property
    def may_lose(self) -> bool:
        """See ``Seat``."""
        return self._seat.may_lose

    def _bring(self, sink: Sink, cursor: Cursor) -> None:
        gone = self._spool.first - cursor.position
        if gone > 0 and self._seat.may_lose:
            self._missed += gone
            self._log.error("sink.missed", sink=self._seat.name, records=gone)
            cursor.advance(self._spool.first)
        batch, position = cursor.read(self._seat.batch)
        self._latest = len(batch)
        if batch:
            sink.write(batch, position)
            self._sent += len(batch)
        elif position != cursor.position:
            self._log.error("spool.unreadable", sink=self._seat.name, receipts=position - cursor.position)
        cursor.advance(position)

    def _failed(self, fault: Exception) -> float:
        if isinstance(fault, Rewound):
            self._cursor = None
        pause_s = min(FIRST_PAUSE_S * float(1 << min(self._failures, 16)), self._seat.longest_pause_s)
        if self._seat.draw is not None:
            pause_s *= 0.5 + self._seat.draw() / 2
        if isinstance(fault, Unreachable):
            pause_s = max(pause_s, min(fault.retry_after_s, LONGEST_ASKED_S))
        if not self._failures:
            self._away_since_s = self._clock.monotonic()
        self._failures += 1
        self._failures_total += 1
        self._last_error = told(fault)
        self._log.warning(
            "sink.failed", sink=self._seat.name, error=self._last_error, failures=self._failures, pause_s=pause_s
        )
        return pause_s

    def _close(self) -> None:
        if self._sink is None:
            return
        try:
            self._sink.close()
        # The process is ending and the spool has what the sink has not: only the log must know.
        except Exception as fault:
            self._log.warning("sink.close_failed", sink=self._seat.name, error=told(fault))
        self._sink = None


def told(fault: Exception) -> str:
    """A fault in one line: its kind and its first words."""
    return f"{type(fault).__name__}: {fault}"[:200]
