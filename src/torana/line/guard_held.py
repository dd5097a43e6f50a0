"""Events of a streamed answer that wait for what guardrails say, and what becomes of their bytes then.

It judges nothing. Used by the guard room's streams.
"""

from __future__ import annotations

from torana.core.call import Chunk
from torana.core.json_places import Number, spliced, without_logprobs
from torana.core.sse import Event

Edit = tuple[int, int, str]
"""From where to where, in letters, and what stands there instead."""


class Item:
    """A chunk that waits."""

    __slots__ = ("chunk", "events", "waiting")

    def __init__(self, chunk: Chunk) -> None:
        self.chunk = chunk
        self.events: list[Held] = []
        self.waiting = 0
        """How many pieces in it must not leave yet."""

    def released(self) -> Chunk:
        """The chunk as it may leave."""
        chunk, events = self.chunk, self.events
        wire = events[0].released() if len(events) == 1 else b"".join([held.released() for held in events])
        return chunk if wire == chunk.wire else chunk.bearing(wire)


class Piece:
    """A piece of a text: where it stands in the text and in its event."""

    __slots__ = ("edits", "end", "item", "number", "start", "text")

    def __init__(self, text: str, start: int, number: Number, item: Item) -> None:
        self.text = text
        self.start, self.end = start, start + len(text)
        self.number = number
        self.item = item
        self.edits: list[Edit] = []

    def edited(self) -> str:
        """Its text with the edits made."""
        parts: list[str] = []
        end = 0
        for first, last, new in sorted(self.edits):
            parts += (self.text[end:first], new)
            end = last
        parts.append(self.text[end:])
        return "".join(parts)


class Held:
    """One event."""

    __slots__ = ("data", "event", "pieces", "wire")

    def __init__(self, event: Event) -> None:
        self.event = event
        self.data = event.data
        """As it is to leave, but for the pieces in it."""
        self.wire: bytes | None = None
        """What leaves instead of an event without data."""
        self.pieces: list[Piece] = []

    def released(self) -> bytes:
        """The bytes of the event as it may leave."""
        event, data = self.event, self.data
        texts = {piece.number: piece.edited() for piece in self.pieces if piece.edits}
        if not texts and data is event.data:
            return event.wire if self.wire is None else self.wire
        if data is None:
            return b""
        if texts:
            data = without_logprobs(spliced(data, texts))
        return event.wire if data == event.data else rewired(event, data)


def rewired(event: Event, data: bytes) -> bytes:
    """The event with other data. ``id`` and ``retry`` fields stay where the data stood in one line."""
    old = event.data or b""
    if b"\n" not in old and b"\n" not in data and event.wire.count(old) == 1:
        return event.wire.replace(old, data)
    name = f"event: {event.event}\n".encode() if event.event else b""
    return name + b"".join(b"data: " + line + b"\n" for line in data.split(b"\n")) + b"\n"
