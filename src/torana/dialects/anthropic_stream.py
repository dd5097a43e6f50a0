"""Decides what the events of one streamed message mean: content, usage, stop reason, fault, end.

It changes no byte of an event. Made by ``anthropic_messages.decoder``.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from torana.core.call import Chunk, Usage
from torana.core.faults import AnswerMalformed, ConnectionBroken, UpstreamFault
from torana.core.sse import Event, SseSplitter
from torana.dialects.anthropic_errors import fault_inside


class Counts(msgspec.Struct, gc=False):
    """The API's ``usage``. Its input leaves out what was read from or written to a cache."""

    input_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    output_tokens: int | None = None


class _Message(msgspec.Struct, gc=False):
    usage: Counts | None = None


class _Delta(msgspec.Struct, gc=False):
    stop_reason: str | None = None


class _Block(msgspec.Struct, gc=False):
    type: str = ""


class _Event(msgspec.Struct, gc=False):
    type: str = ""
    message: _Message | None = None
    delta: _Delta | None = None
    content_block: _Block | None = None
    usage: Counts | None = None
    error: object = None


_decode = msgspec.json.Decoder(_Event).decode
_EMPTY_AT_FIRST = frozenset({"text", "thinking", "redacted_thinking"})
"""Blocks that bring nothing when they start; a tool call brings its name."""
MOST_TOKENS = 1 << 40


def usage_of(counts: Counts, before: Usage | None = None) -> Usage:
    """The Usage after these counts; what they leave out stays as it was before.

    The numbers of the last ``message_delta`` are the authoritative ones: https://docs.anthropic.com/en/api/messages-streaming
    """
    known = before or Usage()
    return Usage(
        uncached=_sane(counts.input_tokens, known.uncached),
        cache_read=_sane(counts.cache_read_input_tokens, known.cache_read),
        cache_write=_sane(counts.cache_creation_input_tokens, known.cache_write),
        output=_sane(counts.output_tokens, known.output),
    )


def _sane(count: int | None, before: int) -> int:
    return count if count is not None and 0 <= count <= MOST_TOKENS else before


class MessageStream:
    """Decoder of one stream (https://docs.anthropic.com/en/api/messages-streaming).

    The events of one ``feed`` share a Chunk. A fault behind good events is raised by the next call.
    """

    __slots__ = ("_dialect", "_done", "_splitter", "_usage", "fault")

    def __init__(self, dialect: str) -> None:
        self._splitter = SseSplitter()
        self._dialect = dialect
        self._done = False
        self._usage: Usage | None = None
        self.fault: UpstreamFault | None = None
        """A fault that stood behind the chunks given last; the next call raises it."""

    def feed(self, data: bytes) -> Sequence[Chunk]:
        """The chunk, if any, of the events completed by ``data``. Raises AnswerMalformed, StatusFault."""
        if self.fault is not None:
            raise self.fault
        events = self._splitter.feed(data)
        return self._chunks(events) if events else ()

    def finish(self) -> Sequence[Chunk]:
        """What is left at the end of the bytes. Raises ConnectionBroken when no ``message_stop`` came."""
        if self.fault is not None:
            raise self.fault
        rest = self._splitter.finish()
        chunks: Sequence[Chunk] = ()
        if rest.strip() and not self._done:
            chunks = self._last(rest)
        if not self._done:
            raise ConnectionBroken("the stream ended before the message did", sent=True)
        return chunks

    def _last(self, rest: bytes) -> Sequence[Chunk]:
        """A last event without its blank line is completed and given; half an event is not."""
        try:
            return self._chunks(SseSplitter().feed(rest.rstrip(b"\r\n") + b"\n\n"))
        except AnswerMalformed:
            self.fault = None
            return ()

    def _chunks(self, events: Sequence[Event]) -> Sequence[Chunk]:
        wires: list[bytes] = []
        contents = 0
        usage: Usage | None = None
        finish: str | None = None
        for wire, _, data in events:
            if data is not None and not self._done:
                try:
                    event = self._read(data)
                except UpstreamFault as fault:
                    self.fault = fault
                    break
                contents += has_content(event)
                usage = self._count(event) or usage
                if event.type == "message_delta" and event.delta is not None and event.delta.stop_reason:
                    finish = event.delta.stop_reason
                elif event.type == "message_stop":
                    self._done = True
            wires.append(wire)
        if not wires and self.fault is not None:
            raise self.fault
        return (Chunk(b"".join(wires), contents > 0, usage, finish, contents or 1),)

    def _read(self, data: bytes) -> _Event:
        try:
            event = _decode(data)
        except (ValueError, RecursionError):  # msgspec's errors and UnicodeDecodeError are ValueErrors
            raise AnswerMalformed("an event of the stream is no event of a message") from None
        if event.type == "error" or event.error:
            raise fault_inside(event.error, data, self._dialect)
        return event

    def _count(self, event: _Event) -> Usage | None:
        counts = event.usage if event.message is None else event.message.usage
        if counts is None:
            return None
        self._usage = usage_of(counts, self._usage)
        return self._usage


def has_content(event: _Event) -> bool:
    """Whether the event brings something the caller asked for, after which no failover is possible."""
    match event.type:
        case "content_block_delta":
            return True
        case "content_block_start":
            return event.content_block is not None and event.content_block.type not in _EMPTY_AT_FIRST
        case "message_delta":
            return event.delta is not None and bool(event.delta.stop_reason)
        case _:
            return False
