"""A world with a cache, and requests that are told apart by what is asked in them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from tests.line.world import KEY, Script, ScriptedProvider, World, snapshot
from torana.core.call import Ask, Call, Chunk, Usage
from torana.core.snapshot import Snapshot
from torana.dialects import openai_chat, replay
from torana.line.answer import answer
from torana.line.cache import CacheMeans
from torana.line.cache_make import Exact
from torana.line.settle import Closing
from torana.ports.receipt import Receipt
from torana.stores.memory_entries import MemoryEntries
from torana.stores.memory_once import MemoryOnce
from torana.testing.clock import FakeClock

EXACT = Exact()
USAGE = Usage(uncached=11, output=3)
WHOLE = json.dumps(
    {
        "id": "c-1", "object": "chat.completion", "created": 1, "model": "up-m",
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Paris it is"}}],
        "usage": {"prompt_tokens": 11, "completion_tokens": 3, "total_tokens": 14},
    }
).encode()  # fmt: skip


def event(**members: Any) -> bytes:
    return (
        b"data: "
        + json.dumps({"id": "c-1", "object": "chat.completion.chunk", "created": 1, **members}).encode()
        + b"\n\n"
    )


def piece(text: str) -> bytes:
    return event(choices=[{"index": 0, "delta": {"content": text}, "finish_reason": None}])


END = event(choices=[{"index": 0, "delta": {}, "finish_reason": "stop"}])
STREAM = (
    Chunk(piece("Paris ")),
    Chunk(piece("it is")),
    Chunk(END, finish="stop", usage=USAGE),
    Chunk(b"data: [DONE]\n\n", content=False),
)
PLAIN_SCRIPT = Script([Chunk(WHOLE, finish="stop", usage=USAGE)])
STREAM_SCRIPT = Script(STREAM)


def means(clock: FakeClock, most_bytes: int = 1 << 20) -> CacheMeans:
    return CacheMeans(MemoryEntries(most_bytes, clock), replay, MemoryOnce(1 << 20, clock), clock)


def world(*scripts: Script, exact: Exact | None = EXACT, seen: Snapshot | None = None, **facts: Any) -> World:
    """A world whose provider plays the scripts, with a cache in memory."""
    clock = FakeClock()
    return World(
        seen or snapshot(), {"p": ScriptedProvider(*(scripts or (PLAIN_SCRIPT,)))}, clock=clock, caching=means(clock),
        exact=exact, **facts,
    )  # fmt: skip


def body(question: str = "Capital of France?", **members: Any) -> bytes:
    said = {"model": "m", "messages": [{"role": "user", "content": question}], **members}
    return json.dumps(said, separators=(",", ":"), ensure_ascii=False).encode()


def call(world: World, wire: bytes | None = None, key: str = KEY, said: Sequence[tuple[str, str]] = ()) -> Call:
    """A request as the edge reads it."""
    wire = body() if wire is None else wire
    made = world.call(wire, key=key)
    made._read = openai_chat.read
    made.trail.said = tuple(said)
    return made


async def opened(world: World, wire: bytes | None = None, **facts: Any) -> Closing:
    return await answer(call(world, wire, **facts), world.rooms)


async def read(closing: Closing) -> bytes:
    try:
        return b"".join([chunk.wire async for chunk in closing])
    finally:
        await closing.aclose()


async def asked(world: World, wire: bytes | None = None, **facts: Any) -> tuple[bytes, Receipt]:
    """The answer's bytes and its Receipt."""
    wire = await read(await opened(world, wire, **facts))
    return wire, world.recorder.receipts[-1]


def upstream(world: World) -> int:
    """How often a provider was asked."""
    return sum(len(one.attempts) for one in world.providers.values())


def ask(**facts: Any) -> Ask:
    return Ask("m", **facts)
