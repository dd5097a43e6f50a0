"""The answers of our own dialects as translation writes them, before ``dress`` adds what only the line knows.

It writes none (the codec does). Called by ``complete``, ``generate`` and their codecs.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from torana.core.call import Ask, Chunk, Usage
from torana.core.faults import AnswerMalformed, ConnectionBroken, UpstreamFault
from torana.core.sse import SseSplitter
from torana.dialects import plain
from torana.ports.dialect import StreamDecoder

END = "end"


class Call(msgspec.Struct, gc=False):
    """A tool that the model asks for. ``arguments`` is the JSON text as the model wrote it."""

    id: str
    name: str
    arguments: str


class Source(msgspec.Struct, gc=False, omit_defaults=True):
    """A source of the text."""

    url: str = ""
    title: str = ""
    quote: str = ""


class Counts(msgspec.Struct, gc=False):
    """Usage, in the words of ``core.call.Usage``."""

    uncached: int = 0
    cache_read: int = 0
    cache_write: int = 0
    output: int = 0
    reasoning: int = 0

    def usage(self) -> Usage:
        """The Usage."""
        return Usage(self.uncached, self.cache_read, self.cache_write, self.output, self.reasoning)


class Whole(msgspec.Struct, gc=False, omit_defaults=True):
    """A whole answer."""

    content: str
    finish_reason: str
    refusal: str = ""
    reasoning: str = ""
    tool_calls: list[Call] = []
    citations: list[Source] = []
    usage: Counts | None = None


class Happening(msgspec.Struct, gc=False, omit_defaults=True):
    """One event of a stream."""

    type: str
    text: str = ""
    place: int = 0
    id: str = ""
    name: str = ""
    finish_reason: str = ""
    source: Source | None = None
    usage: Counts | None = None


_whole = msgspec.json.Decoder(Whole).decode
_happening = msgspec.json.Decoder(Happening).decode


def whole(body: bytes) -> Whole:
    """A whole answer. Raises AnswerMalformed."""
    return plain.decoded(_whole, body, "answer of this dialect")


def text_of(wire: bytes) -> str:
    """What a whole answer says: its text, else the model's words of refusal."""
    said = whole(wire)
    return said.content or said.refusal


def read_answer(body: bytes, ask: Ask) -> Chunk:
    """A whole answer as one chunk, bytes exact. Raises AnswerMalformed."""
    said = whole(body)
    return Chunk(body, True, said.usage.usage() if said.usage is not None else None, said.finish_reason)


def decoder(ask: Ask) -> StreamDecoder:
    """A decoder for one stream that answers ``ask``."""
    return OwnStream()


class OwnStream:
    """Decoder of one stream."""

    __slots__ = ("_events", "fault")

    def __init__(self) -> None:
        self._events = Happenings()
        self.fault: UpstreamFault | None = None

    def feed(self, data: bytes) -> Sequence[Chunk]:
        """The chunks completed by ``data``. Raises AnswerMalformed."""
        return [self._chunk(wire, event) for wire, event in self._events.feed(data)]

    def finish(self) -> Sequence[Chunk]:
        """Nothing more. Raises ConnectionBroken when the answer did not end."""
        self._events.finish()
        return ()

    def _chunk(self, wire: bytes, event: Happening | None) -> Chunk:
        if event is None:
            return Chunk(wire, content=False)
        usage = event.usage.usage() if event.usage is not None else None
        return Chunk(wire, event.type != "usage", usage, event.finish_reason or None)


class Happenings:
    """Takes a stream apart into its events."""

    __slots__ = ("_ended", "_splitter")

    def __init__(self) -> None:
        self._splitter = SseSplitter()
        self._ended = False

    def feed(self, data: bytes) -> list[tuple[bytes, Happening | None]]:
        """The bytes and the meaning of each event completed; None for a comment. Raises AnswerMalformed."""
        found: list[tuple[bytes, Happening | None]] = []
        for wire, _, text in self._splitter.feed(data):
            event = None if text is None else plain.decoded(_happening, text, "event of this dialect")
            if event is not None and event.type == END:
                self._ended = True
            found.append((wire, event))
        return found

    def finish(self) -> None:
        """Raises ConnectionBroken when the answer did not end, AnswerMalformed for half an event behind it."""
        if not self._ended:
            raise ConnectionBroken("the stream ended before the answer did", sent=True)
        if self._splitter.finish().strip():
            raise AnswerMalformed("the stream ends in half an event")
