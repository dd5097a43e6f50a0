"""The fake upstream as a process of its own, which counts the answers it is giving at this moment.

Run as a program with two ports: one speaks the OpenAI protocol by ``torana.testing.fake_upstream``, the
other answers every request with the counts as JSON, and ``/go`` lets a held stream go on. ``Talker`` is the tests' handle on it.
"""

from __future__ import annotations

import asyncio
import json
import sys
import urllib.request
from pathlib import Path

from tests.e2e.process import REPO, Process, answers, bare_environment, free_port
from torana.testing.fake_upstream import FakeUpstream
from torana.testing.plays import DONE, EVENTS, Chat, Exchange, Plain, Play, Stream, chunk, head

MODELS = ("talk", "endless", "brief", "held")
TALK_HEAD_S = 0.1
TALK_EVENTS = 40
TALK_GAP_S = 0.02
NEVER = 1_000_000


class Counted:
    """A play that counts how many of it run now, ran in all, and ended whole."""

    def __init__(self, by_model: dict[str, Play]) -> None:
        self.by_model = by_model
        self.counts = {"talking": 0, "begun": 0, "whole": 0}

    async def __call__(self, exchange: Exchange) -> None:
        self.counts["talking"] += 1
        self.counts["begun"] += 1
        try:
            await self.by_model[exchange.request.json()["model"]](exchange)
            self.counts["whole"] += 1
        finally:
            self.counts["talking"] -= 1


def slowly(head_s: float, then: Play) -> Play:
    """Say nothing for a while, then answer."""

    async def play(exchange: Exchange) -> None:
        await asyncio.sleep(head_s)
        await then(exchange)

    return play


def held(gate: asyncio.Event) -> Play:
    """One event, then silence until the gate opens; then the rest. The gate closes again."""
    whole = Stream(2)

    async def play(exchange: Exchange) -> None:
        await exchange.write(head(200, EVENTS) + whole.first + whole.each)
        await gate.wait()
        gate.clear()
        await exchange.write(whole.each + whole.last + chunk(DONE) + chunk(b""))

    return play


async def serve(port: int, control_port: int) -> None:
    """Serve both ports until killed."""
    gate = asyncio.Event()
    counted = Counted(
        {
            "held": held(gate),
            "talk": slowly(TALK_HEAD_S, Stream(TALK_EVENTS, TALK_GAP_S)),
            "endless": Stream(NEVER, 0.05),
            "brief": Stream(3),
        }
    )
    upstream = FakeUpstream(Chat(Plain(), counted), recording=False)

    async def tell(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if (await reader.readuntil(b"\r\n\r\n")).startswith(b"GET /go "):
            gate.set()
        body = json.dumps({**counted.counts, "open": len(upstream.open), "served": upstream.served}).encode()
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        writer.close()

    await upstream.start(port=port)
    async with await asyncio.start_server(tell, "127.0.0.1", control_port) as control:
        await control.serve_forever()


class Talker:
    """The process, seen from a test."""

    def __init__(self, log: Path) -> None:
        self.port, self.control_port = free_port(), free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        self.process = Process(
            [sys.executable, "-m", "tests.e2e.talker", str(self.port), str(self.control_port)],
            log,
            bare_environment(),
            REPO,
        )
        self.process.wait_ready(lambda: answers(self.control_port, "/"))

    def counts(self) -> dict[str, int]:
        """``talking`` now, ``begun`` and ``whole`` ever, ``open`` connections, requests ``served``."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.control_port}/", timeout=10) as answer:
            found: dict[str, int] = json.load(answer)
        return found

    def go(self) -> None:
        """Let the stream of ``held`` go on."""
        assert answers(self.control_port, "/go")


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2])))
