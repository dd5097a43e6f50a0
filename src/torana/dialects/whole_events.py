"""The skeleton of a stream decoder that hands its events on as they are and reads what they mean.

The events of one ``feed`` share a Chunk; a fault behind good events is raised by the next call. What an event says, and
when the answer is whole, its subclass knows: one for each dialect.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from torana.core.call import Chunk, Usage
from torana.core.faults import AnswerMalformed, ConnectionBroken, UpstreamFault
from torana.core.sse import Event, SseSplitter


class Said(NamedTuple):
    """What one event says: pieces of content in it, usage so far, how the answer ended."""

    contents: int = 0
    usage: Usage | None = None
    finish: str | None = None
    sealed: tuple[str, ...] = ()
    """How what is in it begins that only its maker can read."""
    letters: int = 0
    """How much text it brings."""


NOTHING = Said()


class WholeEvents:
    """Implements ``ports.dialect.StreamDecoder`` but for ``_take``."""

    __slots__ = ("_done", "_splitter", "fault")

    def __init__(self) -> None:
        self._splitter = SseSplitter()
        self._done = False
        """Whether an event said that it was the last: nothing is read after it."""
        self.fault: UpstreamFault | None = None
        """A fault that stood behind the chunks given last; the next call raises it."""

    def feed(self, data: bytes) -> Sequence[Chunk]:
        """The chunk, if any, of the events completed by ``data``. Raises AnswerMalformed, StatusFault."""
        if self.fault is not None:
            raise self.fault
        events = self._splitter.feed(data)
        return self._chunks(events) if events else ()

    def finish(self) -> Sequence[Chunk]:
        """What is left at the end of the bytes. Raises ConnectionBroken when the answer is not whole."""
        if self.fault is not None:
            raise self.fault
        rest = self._splitter.finish()
        chunks = self._last(rest) if rest.strip() and not self._done else ()
        if self.fault is not None:
            raise self.fault
        if not self._whole():
            raise ConnectionBroken("the stream ended before the answer did", sent=True)
        return chunks

    def _take(self, event: Event) -> Said:
        """What the event says. Raises UpstreamFault, or leaves one in ``fault`` when the event tells usage as well."""
        raise NotImplementedError

    def _whole(self) -> bool:
        """Whether the answer has come to its end."""
        return self._done

    def _last(self, rest: bytes) -> Sequence[Chunk]:
        """A last event without its blank line is completed and given; half an event is not."""
        try:
            return self._chunks(SseSplitter().feed(rest.rstrip(b"\r\n") + b"\n\n"))
        except AnswerMalformed:
            self.fault = None
            return ()

    def _chunks(self, events: Sequence[Event]) -> Sequence[Chunk]:
        wires: list[bytes] = []
        contents = letters = 0
        usage: Usage | None = None
        finish: str | None = None
        sealed: tuple[str, ...] = ()
        for event in events:
            try:
                said = self._take(event)
            except UpstreamFault as fault:
                self.fault = fault
                break
            usage = said.usage or usage
            if self.fault is not None:
                break
            contents += said.contents
            letters += said.letters
            finish = said.finish or finish
            if said.sealed:
                sealed += said.sealed
            wires.append(event[0])
        if not wires and self.fault is not None and usage is None:
            raise self.fault
        return (Chunk(b"".join(wires), contents > 0, usage, finish, contents or 1, sealed, letters),)
