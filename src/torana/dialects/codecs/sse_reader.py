"""What the readers of all event streams share: faults that wait behind good events, and a last event without its end.

It knows no dialect: what an event says, and when an answer is whole, each reader knows itself. Base of the readers of the
codecs.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence

from torana.core.events import Event
from torana.core.faults import AnswerMalformed, ConnectionBroken, UpstreamFault
from torana.core.sse import Event as Split
from torana.core.sse import SseSplitter


class SseReader(ABC):
    """Implements ``ports.codec.EventReader``. Events before a fault are given first; the next call raises the fault."""

    __slots__ = ("_done", "_splitter", "fault")

    def __init__(self) -> None:
        self._splitter = SseSplitter()
        self._done = False
        """Nothing that comes now belongs to the answer."""
        self.fault: UpstreamFault | None = None
        """A fault that stood behind the events given last; the next call raises it."""

    def feed(self, data: bytes) -> Sequence[Event]:
        """The events completed by ``data``. Raises AnswerMalformed, StatusFault (an error inside a good answer)."""
        if self.fault is not None:
            raise self.fault
        return self._read(self._splitter.feed(data))

    def finish(self) -> Sequence[Event]:
        """What is left at the end of the bytes. Raises ConnectionBroken when the answer was cut short."""
        if self.fault is not None:
            raise self.fault
        rest = self._splitter.finish()
        events: Sequence[Event] = ()
        if rest.strip() and not self._done:
            try:
                events = self._read(SseSplitter().feed(rest.rstrip(b"\r\n") + b"\n\n"))
            except AnswerMalformed:
                self.fault = None  # half an event: what came before it says whether the answer was whole
        if self.fault is not None:
            raise self.fault
        if not self._whole():
            raise ConnectionBroken("the stream ended before the answer did", sent=True)
        return (*events, *self._endings())

    def _read(self, splits: Iterable[Split]) -> Sequence[Event]:
        events: list[Event] = []
        for wire, name, data in splits:
            said = self._bare(wire) if data is None else data
            if said is None or self._done:
                continue
            try:
                self._take(said, name, events)
            except UpstreamFault as fault:
                self.fault = fault
                break
        if self.fault is not None and not events:
            raise self.fault
        return events

    @abstractmethod
    def _take(self, data: bytes, name: str, events: list[Event]) -> None:
        """Add what an event says. Raises AnswerMalformed, StatusFault; what was added before is given first."""

    def _whole(self) -> bool:
        """Whether the answer is whole, now that no more bytes come."""
        return self._done

    def _endings(self) -> Iterable[Event]:
        """Events that only the end of the bytes makes known."""
        return ()

    def _bare(self, wire: bytes) -> bytes | None:
        """What bytes without a ``data`` field say; comments and blank lines say nothing."""
        return None
