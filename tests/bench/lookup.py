"""What the answer cache adds to a request in this process, by part: reading its body, its digest, the look-up, keeping its answer.

Run by hand (``python -m tests.bench.lookup``): no server, no socket, the least of many rounds of the thread's own processor
time, so that a busy machine disturbs it little.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable

from tests.line.caching import PLAIN_SCRIPT, asked, world
from torana.core.call import Prompt, Reply
from torana.core.tickets import Grant
from torana.dialects import replay
from torana.line.cache import CacheRoom
from torana.line.cache_make import Exact

ROUNDS, TIMES = 60, 200
MESSAGES = [
    {"role": "system", "content": "You are a helpful assistant that answers briefly."},
    {"role": "user", "content": "What is the capital of France, and how many people live there? One short sentence."},
]
BODY = {"model": "m", "messages": MESSAGES, "temperature": 0.2, "max_tokens": 256}
COMPACT = json.dumps(BODY, separators=(",", ":")).encode()
SPACED = json.dumps(BODY).encode()


def least(work: Callable[[], object]) -> float:
    """Microseconds of one call."""
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.thread_time()
        for _ in range(TIMES):
            work()
        best = min(best, time.thread_time() - began)
    return best / TIMES * 1e6


async def least_of(work: Callable[[], Awaitable[object]]) -> float:
    """The same of something awaited."""
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.thread_time()
        for _ in range(TIMES):
            await work()
        best = min(best, time.thread_time() - began)
    return best / TIMES * 1e6


async def finding(exact: Exact | None, numbered: bool) -> float:
    """Looking for an answer: of requests that are all different, or all equal to one that was answered."""
    stage = world(PLAIN_SCRIPT, exact=exact)
    await asked(stage, COMPACT)
    caught: list[tuple[Grant, Prompt]] = []

    class Catching(CacheRoom):
        __slots__ = ()

        async def find(self, grant: Grant, prompt: Prompt) -> Reply | None:
            caught.append((grant, prompt))
            return await super().find(grant, prompt)

    stage.rooms = stage.build(cache=Catching(stage.caching, exact))
    await asked(stage, COMPACT)
    grant, prompt = caught[-1]
    room, means = CacheRoom(stage.caching, exact), stage.caching
    assert means is not None
    trail, number = prompt.trail, 0

    async def one() -> object:
        nonlocal number
        number += 1
        trail.record = None
        prompt.body = COMPACT[:-1] + b',"seed":%d}' % number if numbered else COMPACT
        found = await room.find(grant, prompt)
        means.flights.clear()
        return found

    return await least_of(one)


async def main() -> int:
    """Print the figures."""
    canonical = replay.canonical(COMPACT)
    assert canonical is not None
    out = [
        ("reading a body, as the SDKs write it", least(lambda: replay.canonical(COMPACT))),
        ("reading a body with spaces", least(lambda: replay.canonical(SPACED))),
        ("finding nothing, the cache off", await finding(None, numbered=True)),
        ("finding nothing (a miss)", await finding(Exact(), numbered=True)),
        ("finding an answer (a hit)", await finding(Exact(), numbered=False)),
    ]
    for name, microseconds in out:
        sys.stdout.write(f"{name}: {microseconds:.1f} µs\n")
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
