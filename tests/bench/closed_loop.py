"""Our own closed-loop load generator, for machines without wrk. A process of its own."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from typing import cast

import uvloop

from tests.bench import wire
from tests.bench.answers import AnswerReader


class Counts:
    """What all connections together saw."""

    def __init__(self) -> None:
        self.answered = 0
        self.refused = 0
        self.broken = 0


class Asker(asyncio.Protocol):
    """One connection that asks, reads the answer and asks again."""

    def __init__(self, ask: bytes, counts: Counts) -> None:
        self._ask = ask
        self._counts = counts
        self._reader = AnswerReader()
        self.done = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.write(self._ask)

    def data_received(self, data: bytes) -> None:
        if not self._reader.feed(data):
            return
        if self._reader.status == 200:
            self._counts.answered += 1
        else:
            self._counts.refused += 1
        self._reader = AnswerReader()
        if not self.done:
            self.transport.write(self._ask)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done:
            self._counts.broken += 1


async def run(port: int, seconds: float, connections: int, asked: wire.Ask, model: str) -> Counts:
    """Keep ``connections`` busy for ``seconds``."""
    loop = asyncio.get_running_loop()
    counts = Counts()
    body = asked.body(model)
    ask = wire.head(port, body, asked.path) + body
    askers = []
    for _ in range(connections):
        _, asker = await loop.create_connection(lambda: Asker(ask, counts), "127.0.0.1", port)
        askers.append(asker)
    began = loop.time()
    await asyncio.sleep(seconds)
    for asker in askers:
        asker.done = True
        asker.transport.close()
    took = loop.time() - began
    shape = {"answered": counts.answered, "refused": counts.refused, "broken": counts.broken}
    sys.stdout.write(f"BENCH {json.dumps(shape | {'microseconds': round(took * 1e6)})}\n")
    return counts


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--connections", type=int, required=True)
    parser.add_argument("--ask", choices=wire.ASKS, default=wire.CHAT)
    parser.add_argument("--model", default=wire.ONCE)
    given = parser.parse_args()
    uvloop.run(run(given.port, given.seconds, given.connections, wire.ASKS[given.ask], given.model))
