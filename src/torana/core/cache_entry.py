"""What an answer cache holds: an Entry, what picks entries out, and what is told of all of them.

Plain data; it keeps and finds nothing. Made by the cache room, held by stores.
"""

from __future__ import annotations

from typing import NamedTuple

from torana.core.call import Chunk, Usage

ENTRY_BYTES = 2_048
"""What an entry takes besides its texts, estimated upward: the tuple, its numbers, its place in the order of use."""
CHUNK_BYTES = 320
PAIR_BYTES = 192
"""Of one header."""
PIECE_BYTES = 16 * 1024
"""Events of a stream are kept together up to so much: a hit is sent in few pieces."""


class Entry(NamedTuple):
    """One whole answer as its provider gave it, before any guardrail looked at it."""

    id: str
    """Letters of the digest that it is found by: 64 hexadecimal digits."""
    tenant: str
    model: str
    policy: str
    dialect: str
    stream: bool
    shape: bytes
    """What the caller wanted of the form of a stream (``stream_options``), as JSON; empty: nothing."""
    chunks: tuple[Chunk, ...]
    headers: tuple[tuple[str, str], ...]
    """Those that belong to the answer, not to the exchange."""
    provider: str
    upstream_model: str
    usage: Usage | None
    cost_nano: int
    """What it cost, whose saving a hit is."""
    took_ms: int
    """From the request's beginning to the end of the answer."""
    made_at: float
    """Epoch seconds."""
    expires_at: float

    @property
    def size(self) -> int:
        """Bytes of memory that it takes, estimated upward."""
        total = ENTRY_BYTES + len(self.shape)
        for chunk in self.chunks:
            total += CHUNK_BYTES + len(chunk.wire)
        for name, value in self.headers:
            total += PAIR_BYTES + len(name) + len(value)
        return total


class Where(NamedTuple):
    """Which entries of a tenant are meant: all that every given part says."""

    tenant: str
    model: str = ""
    made_before: float | None = None
    """Epoch seconds."""
    id: str = ""

    def has(self, entry: Entry) -> bool:
        """Whether the entry is one of them."""
        return self.means(entry.tenant, entry.model, entry.id, entry.made_at)

    def means(self, tenant: str, model: str, id_: str, made_at: float) -> bool:
        """The same of an entry that is known by these alone."""
        return (
            tenant == self.tenant
            and self.model in ("", model)
            and self.id in ("", id_)
            and (self.made_before is None or made_at < self.made_before)
        )


class Held(NamedTuple):
    """How much of a tenant is in a store."""

    entries: int = 0
    bytes: int = 0
    complete: bool = True
    """False: there is more than was counted."""


def joined(chunks: tuple[Chunk, ...]) -> tuple[Chunk, ...]:
    """The same stream in fewer pieces, in order and byte for byte."""
    if len(chunks) == 1:
        return chunks
    out: list[Chunk] = []
    run: list[Chunk] = []
    size = 0
    for chunk in chunks:
        if run and size + len(chunk.wire) > PIECE_BYTES:
            out.append(_one(run))
            run, size = [], 0
        run.append(chunk)
        size += len(chunk.wire)
    if run:
        out.append(_one(run))
    return tuple(out)


def _one(run: list[Chunk]) -> Chunk:
    """Chunks as one: events of content are added up, of the rest the last word holds."""
    usage = next((one.usage for one in reversed(run) if one.usage is not None), None)
    finish = next((one.finish for one in run if one.finish is not None), None)
    content = [one.events for one in run if one.content]
    return Chunk(b"".join([one.wire for one in run]), bool(content), usage, finish, sum(content) or 1)
