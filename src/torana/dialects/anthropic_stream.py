"""Decides what the events of one streamed message mean: content, usage, stop reason, fault, end.

It changes no byte of an event. Made by ``anthropic_messages.decoder``.
"""

from __future__ import annotations

import msgspec

from torana.core.call import Usage
from torana.core.faults import AnswerMalformed
from torana.core.sse import Event
from torana.dialects.anthropic_errors import fault_inside
from torana.dialects.usage_parts import Parts, variant, within
from torana.dialects.whole_events import NOTHING, Said, WholeEvents


class Written(msgspec.Struct, gc=False):
    """``cache_creation``: what was written to a cache, by how long it is kept."""

    ephemeral_1h_input_tokens: int | None = None


class Tools(msgspec.Struct, gc=False):
    """``server_tool_use``."""

    web_search_requests: int | None = None


class Counts(msgspec.Struct, gc=False):
    """The API's ``usage``. Its input leaves out what was read from or written to a cache."""

    input_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    output_tokens: int | None = None
    cache_creation: Written | None = None
    server_tool_use: Tools | None = None
    speed: str | None = None


class _Message(msgspec.Struct, gc=False):
    usage: Counts | None = None


class _Delta(msgspec.Struct, gc=False):
    stop_reason: str | None = None
    text: object = None
    thinking: object = None
    partial_json: object = None


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


def usage_of(counts: Counts, before: Usage | None = None) -> Usage | None:
    """The Usage after these counts; what they leave out stays as it was before. None while nothing was ever told.

    The numbers of the last ``message_delta`` are the authoritative ones: https://docs.anthropic.com/en/api/messages-streaming
    """
    if before is None and all(_sane(count, -1) < 0 for count in (
        counts.input_tokens, counts.output_tokens, counts.cache_read_input_tokens, counts.cache_creation_input_tokens,
    )):  # fmt: skip
        return None
    known = before or Usage()
    cache_write = _sane(counts.cache_creation_input_tokens, known.cache_write)
    extra = known.extra
    if counts.cache_creation is not None or counts.server_tool_use is not None or counts.speed is not None:
        extra = _finer(counts, cache_write, dict(known.extra))
    return Usage(
        uncached=_sane(counts.input_tokens, known.uncached),
        cache_read=_sane(counts.cache_read_input_tokens, known.cache_read),
        cache_write=cache_write,
        output=_sane(counts.output_tokens, known.output),
        extra=extra,
    )


def _finer(counts: Counts, cache_write: int, known: dict[str, int]) -> Parts:
    """What the counts tell apart: caches kept for an hour, searches of the web, fast mode; what they leave out stays."""
    if counts.cache_creation is not None:
        known["cache_write_1h"] = _sane(counts.cache_creation.ephemeral_1h_input_tokens, 0)
    if counts.server_tool_use is not None:
        known["web_searches"] = _sane(counts.server_tool_use.web_search_requests, 0)
    kept = within(cache_write, [("cache_write_1h", known.pop("cache_write_1h", 0))])
    known.update(variant("speed", counts.speed))
    return (*kept, *((kind, count) for kind, count in known.items() if count))


def _sane(count: int | None, before: int) -> int:
    return count if count is not None and 0 <= count <= MOST_TOKENS else before


class MessageStream(WholeEvents):
    """Decoder of one stream (https://docs.anthropic.com/en/api/messages-streaming)."""

    __slots__ = ("_dialect", "_usage")

    def __init__(self, dialect: str) -> None:
        super().__init__()
        self._dialect = dialect
        self._usage: Usage | None = None

    def _take(self, event: Event) -> Said:
        data = event[2]
        if data is None or self._done:
            return NOTHING
        read = self._read(data)
        finish: str | None = None
        if read.type == "message_delta" and read.delta is not None:
            finish = read.delta.stop_reason
        elif read.type == "message_stop":
            self._done = True
        delta = read.delta
        text = (delta.text or delta.thinking or delta.partial_json) if delta is not None else None
        letters = len(text) if isinstance(text, str) else 0
        return Said(has_content(read), self._count(read), finish, letters=letters)

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
