"""Sends the spans of traced requests to a collector, by OTLP over HTTP in its JSON form, from a thread of its own.

Traces are for looking at, not for proving: they wait in memory, as many as are kept, and what a collector does not take after some
tries is dropped and counted. An observer of the recorder, started and stopped with it.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import msgspec

from torana.core import otlp
from torana.core.clock import Clock
from torana.ports.receipt import Receipt
from torana.ports.sink import Answered, Post
from torana.records.feed import FeedFacts, Log, told
from torana.records.spans import is_traced, spans_of

NAME = "traces"
EVERY_S = 2.0
BATCH = 256
"""Requests of one message."""
MOST_WAITING = 8192
TRIES = 4
FIRST_PAUSE_S = 0.5

_encode = msgspec.json.Encoder().encode


class Collector(NamedTuple):
    """Where spans go."""

    url: str
    headers: Sequence[tuple[str, str]]
    post: Post
    judged: Callable[[Answered], Answered]
    """The answer when it was taken; raises what says that it was not."""
    resource: dict[str, Any]
    version: str


class Traces:
    """One per process. ``take`` runs in the recorder's thread."""

    def __init__(self, collector: Collector, clock: Clock, log: Log) -> None:
        self._collector = collector
        self._clock = clock
        self._log = log
        self._waiting: deque[Receipt] = deque()
        self._come = threading.Event()
        self._stopping = False
        self._give_up_s = float("inf")
        self._sent = self._dropped = self._failures = self._failures_total = 0
        self._away_since_s = 0.0
        self._last_error = ""
        self._thread = threading.Thread(target=self._run, name="torana-traces", daemon=True)

    def take(self, receipts: Sequence[Receipt]) -> None:
        """Keep those that are traced."""
        for receipt in receipts:
            if is_traced(receipt):
                if len(self._waiting) >= MOST_WAITING:
                    self._dropped += 1
                else:
                    self._waiting.append(receipt)
        if len(self._waiting) >= BATCH:
            self._come.set()

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self, give_up_s: float) -> None:
        """Send what waits until that monotonic second. Does not wait."""
        self._give_up_s = give_up_s
        self._stopping = True
        self._come.set()

    def join(self) -> bool:
        """Wait for the end; False when the thread hangs."""
        self._thread.join(max(0.0, self._give_up_s - self._clock.monotonic()))
        return not self._thread.is_alive()

    def facts(self) -> Sequence[FeedFacts]:
        """How it is doing, as of a sink; what was dropped counts as set aside."""
        away = self._clock.monotonic() - self._away_since_s if self._failures else 0.0
        one = FeedFacts(
            NAME, True, self._sent, len(self._waiting), self._failures, self._failures_total, self._last_error,
            self._sent, away, self._dropped,
        )  # fmt: skip
        return (one,)

    def _run(self) -> None:
        while not self._stopping:
            self._come.wait(EVERY_S)
            self._come.clear()
            self._send_all()
        self._send_all()
        self._collector.post.close()

    def _send_all(self) -> None:
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
            if not self._sent_in_time(batch):
                self._dropped += len(batch)

    def _sent_in_time(self, batch: Sequence[Receipt]) -> bool:
        """Whether the collector took it, after some tries."""
        for number in range(TRIES):
            try:
                self._send(batch)
            # A collector is other people's program: whatever it was, traces must not end with it.
            except Exception as fault:
                self._failed(fault)
            else:
                if self._failures:
                    self._log.info("traces.recovered", failures=self._failures)
                self._failures, self._last_error = 0, ""
                self._sent += len(batch)
                return True
            if number + 1 == TRIES or self._clock.monotonic() >= self._give_up_s:
                break
            self._pause(FIRST_PAUSE_S * float(1 << number))
        return False

    def _send(self, batch: Sequence[Receipt]) -> None:
        collector = self._collector
        spans = [span for receipt in batch for span in spans_of(receipt)]
        scope = {"scope": {"name": otlp.SCOPE, "version": collector.version}, "spans": spans}
        body = _encode({"resourceSpans": [{"resource": collector.resource, "scopeSpans": [scope]}]})
        collector.judged(collector.post(collector.url, collector.headers, body, compressed=True))

    def _failed(self, fault: Exception) -> None:
        if not self._failures:
            self._away_since_s = self._clock.monotonic()
            self._log.warning("traces.failed", error=told(fault))
        self._failures += 1
        self._failures_total += 1
        self._last_error = told(fault)

    def _pause(self, seconds: float) -> None:
        if not self._stopping:
            self._come.wait(seconds)
            self._come.clear()
