"""What translation asks of a dialect: its requests and answers to ``core.events`` words and back, purely.

A codec is a module in ``dialects/codecs/`` named like its dialect (``ID``), with these names. It does no I/O, and
neither knows nor names another dialect. Used by ``dialects.translation``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from torana.core.events import Event, Request
from torana.core.faults import UpstreamFault


class Written(NamedTuple):
    """A request in a dialect, and what of it the dialect cannot say (names of members, for a header)."""

    body: bytes
    dropped: tuple[str, ...] = ()


class EventReader(Protocol):
    """Turns the bytes of one upstream stream, cut anywhere, into events."""

    @property
    def fault(self) -> UpstreamFault | None:
        """A fault that stood behind the events given last; the next call raises it."""
        ...

    def feed(self, data: bytes) -> Sequence[Event]:
        """The events completed by ``data``. Raises AnswerMalformed, StatusFault (an error inside a good answer)."""
        ...

    def finish(self) -> Sequence[Event]:
        """What is left at the end of the bytes. Raises ConnectionBroken when the stream was cut short."""
        ...


class EventWriter(Protocol):
    """Turns events into the bytes of one stream of the client's dialect."""

    def write(self, events: Sequence[Event]) -> bytes:
        """The wire bytes of these events; empty when nothing is due yet."""
        ...

    def finish(self) -> bytes:
        """The wire bytes that end the stream."""
        ...


class Codec(Protocol):
    """The names a codec module has."""

    ID: str

    def read_request(self, body: bytes) -> Request:
        """The request. Raises GatewayError REQUEST_INVALID for what cannot be understood; never loses a part silently."""
        ...

    def write_request(self, request: Request, model: str) -> Written:
        """The body for a provider of this dialect. Members without a value are left out, never null.

        Raises GatewayError CAPABILITY_MISSING for a part that the dialect cannot carry and that must not be lost.
        """
        ...

    def reader(self) -> EventReader:
        """A reader of one upstream stream in this dialect."""
        ...

    def read_whole(self, body: bytes) -> Sequence[Event]:
        """The events of a whole plain answer. Raises AnswerMalformed, StatusFault for an error inside a 200."""
        ...

    def writer(self, request: Request) -> EventWriter:
        """A writer of one stream that answers ``request``."""
        ...

    def write_whole(self, events: Sequence[Event], request: Request) -> bytes:
        """A whole plain answer."""
        ...
