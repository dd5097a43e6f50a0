"""Opens many streams at once, counts their events and times the first one and the gaps. A process of its own.

With ``--hold`` it says when all are open and keeps them until its stdin closes.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from typing import cast

import uvloop

from tests.bench import wire
from tests.bench.figures import percentile

_EVENT = b"data:"
_END = b"0\r\n\r\n"


class Tally:
    """What all streams together saw."""

    def __init__(self) -> None:
        self.events = 0
        self.complete = 0
        self.faults: list[str] = []
        self.first: list[float] = []
        self.gaps: list[float] = []


class Reader(asyncio.Protocol):
    """One connection; it asks for a stream as often as it is told to."""

    def __init__(self, tally: Tally, request: bytes) -> None:
        self._tally = tally
        self._request = request
        self._loop = asyncio.get_running_loop()
        self._tail = b""
        self._asked = 0.0
        self._last: float | None = None
        self._welcome = False
        self._ended: asyncio.Future[None] | None = None
        self.began: asyncio.Future[None] = self._loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def ask(self) -> asyncio.Future[None]:
        """Ask for a stream; done when its last chunk is in or the connection breaks."""
        self._ended = self._loop.create_future()
        self._asked, self._last, self._tail, self._welcome = time.perf_counter(), None, b"", False
        self.transport.write(self._request)
        return self._ended

    def data_received(self, data: bytes) -> None:
        if not self._welcome and not data.startswith(b"HTTP/1.1 200"):
            self._end(data[:300].decode(errors="replace"))
            return
        self._welcome = True
        seen = self._tail + data
        # The four bytes kept cannot hold a whole mark, so none is counted twice.
        found = seen.count(_EVENT)
        if found:
            self._note(found, time.perf_counter())
        if seen.endswith(_END):
            self._tally.complete += 1
            self._end(None)
        self._tail = seen[-4:]

    def _note(self, found: int, now: float) -> None:
        self._tally.events += found
        if self._last is None:
            self._tally.first.append(now - self._asked)
            if not self.began.done():
                self.began.set_result(None)
        else:
            self._tally.gaps.append(now - self._last)
        self._last = now

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(f"connection lost: {exc}")

    def _end(self, fault: str | None) -> None:
        if self._ended is None or self._ended.done():
            return
        if fault is not None:
            self._tally.faults.append(fault)
        self._ended.set_result(None)
        if not self.began.done():
            self.began.set_result(None)


async def connect(port: int, streams: int, model: str, ask: wire.Ask, tally: Tally) -> list[Reader]:
    """Open the connections, a hundred at a time."""
    loop = asyncio.get_running_loop()
    body = ask.body(model, stream=True)
    request = wire.head(port, body, ask.path) + body
    readers = []
    for number in range(streams):
        _, reader = await loop.create_connection(lambda: Reader(tally, request), "127.0.0.1", port)
        readers.append(reader)
        if number % 100 == 99:
            await asyncio.sleep(0.02)
    return readers


async def repeat(readers: list[Reader], times: int, patience_s: float) -> None:
    """All streams at once, ``times`` over; starts are spread over 20 ms so that events do not come in step."""

    async def one(reader: Reader, wait_s: float) -> None:
        await asyncio.sleep(wait_s)
        for _ in range(times):
            await reader.ask()
            if reader.transport.is_closing():
                return

    spread = 0.020 / len(readers)
    everything = (one(reader, number * spread) for number, reader in enumerate(readers))
    await asyncio.wait_for(asyncio.gather(*everything), patience_s)


async def hold(readers: list[Reader], tally: Tally, patience_s: float) -> None:
    """Ask on every connection, tell when each has had its first event, then wait for stdin to close."""
    for number, reader in enumerate(readers):
        reader.ask()
        if number % 50 == 49:
            await asyncio.sleep(0.05)
    await asyncio.wait([reader.began for reader in readers], timeout=patience_s)
    sys.stdout.write(f"OPEN {len(tally.first)}\n")
    sys.stdout.flush()
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


async def main(given: argparse.Namespace) -> None:
    """Do what was asked and print the figures, times in milliseconds."""
    tally = Tally()
    readers = await connect(given.port, given.streams, given.model, wire.ASKS[given.ask], tally)
    if given.hold:
        await hold(readers, tally, given.patience)
    else:
        await repeat(readers, given.repeat, given.patience)
    first, gaps = sorted(tally.first), sorted(tally.gaps)
    shape = {
        "events": tally.events,
        "complete": tally.complete,
        "faults": len(tally.faults),
        "fault": tally.faults[0] if tally.faults else "",
        "first_p50_ms": percentile(first, 0.5) * 1e3,
        "gap_p99_ms": percentile(gaps, 0.99) * 1e3,
    }
    for reader in readers:
        reader.transport.abort()
    sys.stdout.write(f"BENCH {json.dumps(shape)}\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--streams", type=int, required=True)
    parser.add_argument("--model", default=wire.STREAM)
    parser.add_argument("--ask", choices=wire.ASKS, default=wire.CHAT)
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--hold", action="store_true")
    parser.add_argument("--patience", type=float, default=60.0)
    uvloop.run(main(parser.parse_args()))
