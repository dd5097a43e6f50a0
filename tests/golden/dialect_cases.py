"""Golden cases of a dialect, each a folder: request → sent, upstream → out, and what was learned on the way.

Bytes are compared as they are, and streams are played whole and cut at every byte.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from torana.core.call import Chunk, Usage
from torana.core.faults import StatusFault, UpstreamFault


class Decoder(Protocol):
    """What reads a stream."""

    def feed(self, data: bytes) -> Iterator[Chunk]: ...

    def finish(self) -> Iterator[Chunk]: ...


def learned(chunks: Iterator[Chunk]) -> tuple[bytes, dict[str, object]]:
    """The wire, and what ``usage.json`` says of it."""
    out, usage, finish, fault = [], Usage(), None, None
    try:
        for chunk in chunks:
            out.append(chunk.wire)
            usage = chunk.usage or usage
            finish = chunk.finish or finish
    except UpstreamFault as raised:
        fault = raised
    said: dict[str, object] = {
        "uncached": usage.uncached, "cache_read": usage.cache_read, "output": usage.output, "reasoning": usage.reasoning,
        "finish": finish, "fault": type(fault).__name__ if fault else None,
    }  # fmt: skip
    if isinstance(fault, StatusFault):
        said["status"] = fault.status
    return b"".join(out), said


def expected(case: Path) -> dict[str, object]:
    said: dict[str, object] = json.loads((case / "usage.json").read_bytes())
    return said


def holds_wherever_it_is_cut(case: Path, decoder: Callable[[], Decoder]) -> None:
    """The stream of the case comes out as its files say, in one piece, byte by byte and in any two pieces."""
    stream = (case / "upstream.sse").read_bytes()

    def play(*pieces: bytes) -> Iterator[Chunk]:
        reading = decoder()
        for piece in pieces:
            yield from reading.feed(piece)
        yield from reading.finish()

    wanted = (case / "out.sse").read_bytes(), expected(case)
    assert learned(play(stream)) == wanted
    assert learned(play(*[stream[at : at + 1] for at in range(len(stream))])) == wanted
    for at in range(1, len(stream)):
        assert learned(play(stream[:at], stream[at:])) == wanted, at
