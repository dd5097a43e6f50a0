"""Server-Sent Events (WHATWG HTML, section 9.2.6): bytes cut anywhere become whole events, no byte lost.

It knows no dialect, keeps no last event id and never reconnects. Decoders of ``dialects`` call it.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from torana.core.faults import AnswerMalformed

MAX_EVENT_BYTES = 8 * 1024 * 1024
_BOM = b"\xef\xbb\xbf"

# The end of an event: a line end followed by a blank line. A CR after a LF waits for the byte that tells
# CR from CRLF; a CR after a CR does not, so that streams with bare CRs are not held back an event.
_END = re.compile(rb"\n\n|\n\r\n|\n\r(?=[^\n])|\r\r")
# A blank line where an event should begin: a keep-alive, handed on as it is.
_BLANK = re.compile(rb"\n|\r\n|\r(?=[^\n])")
_LINE_END = re.compile(rb"\r\n|\n|\r")


class Event(NamedTuple):
    """One event. ``id`` and ``retry`` fields are only in ``wire``."""

    wire: bytes
    """The exact bytes, the ending blank line included."""
    event: str = ""
    """The last ``event`` field; empty when there is none."""
    data: bytes | None = None
    """The ``data`` lines joined by LF; None when there is none (comments, blank lines, other fields)."""


class SseSplitter:
    """Splits one stream. The wires of all events and ``finish()`` together are the input, byte for byte."""

    __slots__ = ("_buffer", "_fault", "_fresh", "_max", "_seen")

    def __init__(self, max_event_bytes: int = MAX_EVENT_BYTES) -> None:
        self._max = max_event_bytes
        self._buffer = bytearray()
        self._seen = 0
        """Bytes of the buffer in which no event's end begins."""
        self._fresh = True
        """No event was completed yet: a byte order mark may stand before the first."""
        self._fault: AnswerMalformed | None = None

    def feed(self, data: bytes) -> list[Event]:
        """The events completed by ``data``, in order; how the bytes are cut changes no event.

        Raises AnswerMalformed when an event is over the bound; events completed before it are returned
        first, then the next call raises.
        """
        if not self._buffer and self._fault is None:
            if data[-2:] == b"\n\n" and b"\r" not in data:
                events = self._whole(data)
                if events is not None:
                    return events
            elif not data:
                return []
        return self._search(data)

    def finish(self) -> bytes:
        """The unfinished rest at the end of the stream: empty when it ended after an event.

        By the standard an unfinished event is never dispatched. Raises a fault not yet raised.
        """
        if self._fault is not None:
            raise self._fault
        rest = bytes(self._buffer)
        self._buffer.clear()
        self._seen = 0
        return rest

    def _whole(self, data: bytes) -> list[Event] | None:
        """The common case: whole events with LF line ends. None when it is not that after all."""
        # tuple.__new__ spares the NamedTuple's own constructor: a third of the cost of an event.
        new = tuple.__new__
        if len(data) > self._max or (self._fresh and data[:1] == b"\xef"):
            return None
        if data.find(b"\n") == len(data) - 2:
            if data[:6] == b"data: ":
                self._fresh = False
                return [new(Event, (data, "", data[6:-2]))]
            return None
        if data[-3:-2] == b"\n":
            return None  # a blank line behind the last event is an event of its own
        events: list[Event] = []
        for block in data[:-2].split(b"\n\n"):
            if block[:6] == b"data: " and b"\n" not in block:
                events.append(new(Event, (block + b"\n\n", "", block[6:])))
            elif block and block[:1] != b"\n":
                events.append(new(Event, (block + b"\n\n", *_fields(block.split(b"\n")))))
            else:
                return None
        self._fresh = False
        return events

    def _search(self, data: bytes) -> list[Event]:
        """Any case: look for events' ends in what is buffered and new."""
        if self._fault is not None:
            raise self._fault
        buffer = self._buffer
        buffer += data
        events: list[Event] = []
        start, seen = 0, self._seen
        while start < len(buffer):
            found = _BLANK.match(buffer, start) if buffer[start] in b"\r\n" else _END.search(buffer, max(start, seen))
            stop = found.end() if found else len(buffer)
            if stop - start > self._max:
                self._fault = AnswerMalformed(f"an event is larger than {self._max} bytes")
                break
            if found is None:
                break
            wire = bytes(buffer[start:stop])
            events.append(self._decode(wire))
            start = seen = stop
        del buffer[:start]
        self._seen = max(0, len(buffer) - 2)
        if self._fault is not None and not events:
            raise self._fault
        return events

    def _decode(self, wire: bytes) -> Event:
        text = wire
        if self._fresh:
            self._fresh = False
            text = wire.removeprefix(_BOM)
        return Event(wire, *_fields(_LINE_END.split(text)))


def _fields(lines: list[bytes]) -> tuple[str, bytes | None]:
    """The event's name and data from its lines."""
    name = ""
    data: bytes | None = None
    for line in lines:
        field, _, value = line.partition(b":")
        if field == b"data":
            if value[:1] == b" ":
                value = value[1:]
            data = value if data is None else data + b"\n" + value
        elif field == b"event":
            name = value.removeprefix(b" ").decode("utf-8", "replace")
    return name, data
