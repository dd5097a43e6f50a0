"""Admin traffic at full speed: kept-alive connections, each sending the next request of a fixed round when the answer is in.

A process of its own; it runs until it is ended, and then says how many were answered.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import count
from typing import cast

from tests.bench import wire
from tests.bench.answers import AnswerReader

CONNECTIONS = 4
ADMIN = "/api/v1/admin"
READS = (
    "usage/dashboard", "usage/requests?limit=50", "usage/by/model", "api-keys?limit=50", "audit/logs?limit=50",
    "users?limit=50", "budgets/status", "features/status", "policies",
)  # fmt: skip


def asked(connection: int) -> Iterator[bytes]:
    """Requests without end: what a console reads, page after page, then a change, which every process takes up."""
    for number in count():
        for path in READS:
            yield spoken("GET", path)
        yield spoken(
            "POST", "departments", {"id": f"bench-{os.getpid()}-{connection}-{number}", "name": "made by the bench"}
        )
        yield spoken("DELETE", f"departments/bench-{os.getpid()}-{connection}-{number}")


def spoken(method: str, path: str, body: object = None) -> bytes:
    """One request on the wire."""
    sent = b"" if body is None else json.dumps(body).encode()
    head = (
        f"{method} {ADMIN}/{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {wire.ADMIN_KEY}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(sent)}\r\n\r\n"
    )
    return head.encode() + sent


class Tally:
    """What came back."""

    def __init__(self) -> None:
        self.answered = 0
        self.refused: dict[str, int] = {}
        self.lost = 0


class Line(asyncio.Protocol):
    """One connection, always waiting for one answer."""

    def __init__(self, requests: Iterator[bytes], tally: Tally) -> None:
        self._requests = requests
        self._tally = tally
        self._said = b""
        self._reader = AnswerReader()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._next()

    def _next(self) -> None:
        self._said = next(self._requests)
        self._reader = AnswerReader()
        self._transport.write(self._said)

    def data_received(self, data: bytes) -> None:
        # An answer without a body has no length either.
        if not self._reader.feed(data) and self._reader.status != 204:
            return
        self._tally.answered += 1
        if not 200 <= self._reader.status < 300:
            which = f"{self._said.split(b' HTTP', 1)[0].decode().rstrip('0123456789')} {self._reader.status}"
            self._tally.refused[which] = self._tally.refused.get(which, 0) + 1
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        self._tally.lost += 1


async def send_on(connections: Sequence[Iterator[bytes]]) -> None:
    """Send on each connection what its iterator gives, until told to stop; then say how it went. The port is an argument."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    port = parser.parse_args().port
    loop, tally, over = asyncio.get_running_loop(), Tally(), asyncio.Event()
    loop.add_signal_handler(signal.SIGINT, over.set)
    began = loop.time()
    for requests in connections:
        await loop.create_connection(partial(Line, requests, tally), "127.0.0.1", port)
    sys.stdout.write("running\n")
    sys.stdout.flush()
    await over.wait()
    seen = {"a_second": tally.answered / (loop.time() - began), "refused": tally.refused, "lost": tally.lost}
    sys.stdout.write(f"BENCH {json.dumps(seen)}\n")


if __name__ == "__main__":
    asyncio.run(send_on([asked(number) for number in range(CONNECTIONS)]))
