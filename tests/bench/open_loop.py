"""Open-loop load: requests leave at fixed times whatever the gateway does, and latency counts from the planned time.

So a gateway that stalls pays for every request that should have left meanwhile (no coordinated omission).
A process of its own; times are taken with a select loop, whose timers are not rounded to milliseconds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import selectors
import sys
from collections import deque
from typing import cast

from tests.bench import wire
from tests.bench.answers import AnswerReader
from tests.bench.figures import percentile

POOL = 64
DRAIN_S = 10.0


class Line(asyncio.Protocol):
    """One kept-alive connection; it is either free or waiting for one answer."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._due = 0.0
        self._reader = AnswerReader()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def ask(self, due: float) -> None:
        """Send one request that was due at ``due``."""
        self._due = due
        self._reader = AnswerReader()
        self._transport.write(self._run.request)

    def data_received(self, data: bytes) -> None:
        if self._reader.feed(data):
            self._run.answered(self, self._due, self._reader.status)

    def connection_lost(self, exc: Exception | None) -> None:
        self._run.gone(self)

    def close(self) -> None:
        """Hang up."""
        self._transport.close()


class Run:
    """A schedule of ``total`` requests at ``rate`` a second over a fixed pool of connections."""

    def __init__(self, port: int, rate: float, total: int) -> None:
        self._port = port
        self._rate = rate
        self._total = total
        self._loop = asyncio.get_running_loop()
        self._free: deque[Line] = deque()
        self._waiting: deque[float] = deque()
        self._done = asyncio.Event()
        self._left = total
        body = wire.request(wire.ONCE)
        self.request = wire.head(port, body) + body
        self.times: list[float] = []
        self.refused = 0

    async def go(self) -> None:
        """Send everything and wait for the answers, at most DRAIN_S after the last was due."""
        lines = []
        for _ in range(POOL):
            _, line = await self._loop.create_connection(lambda: Line(self), "127.0.0.1", self._port)
            lines.append(line)
        self._free.extend(lines)
        self._tick(self._loop.time() + 0.1, 0)
        try:
            await asyncio.wait_for(self._done.wait(), self._total / self._rate + DRAIN_S)
        except TimeoutError:
            self.refused += self._left
        for line in lines:
            line.close()

    def _tick(self, began: float, number: int) -> None:
        now = self._loop.time()
        while number < self._total and (due := began + number / self._rate) <= now:
            if self._free:
                self._free.pop().ask(due)
            else:
                self._waiting.append(due)
            number += 1
        if number < self._total:
            self._loop.call_at(began + number / self._rate, self._tick, began, number)

    def gone(self, line: Line) -> None:
        """A connection was closed: one that rested is not used again, for servers close those that rest long. What one was to
        answer is missed at the end."""
        if line in self._free:
            self._free.remove(line)

    def answered(self, line: Line, due: float, status: int) -> None:
        """Note one answer and give its connection the next request."""
        self.times.append(self._loop.time() - due)
        self.refused += status != 200
        self._left -= 1
        if self._left == 0:
            self._done.set()
        elif self._waiting:
            line.ask(self._waiting.popleft())
        else:
            self._free.append(line)


async def main(port: int, rate: float, seconds: float) -> None:
    """Run the schedule and print its figures in microseconds."""
    run = Run(port, rate, round(rate * seconds))
    await run.go()
    ordered = sorted(run.times)
    shape = {
        "answered": len(ordered),
        "refused": run.refused,
        "p50": percentile(ordered, 0.5) * 1e6,
        "p99": percentile(ordered, 0.99) * 1e6,
    }
    sys.stdout.write(f"BENCH {json.dumps(shape)}\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--rate", type=float, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    given = parser.parse_args()
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selectors.SelectSelector())) as runner:
        runner.run(main(given.port, given.rate, given.seconds))
