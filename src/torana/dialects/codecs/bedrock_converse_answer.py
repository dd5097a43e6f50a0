"""Reads answers of Converse and ConverseStream into events. Called by ``bedrock_converse``.

It distrusts the stream: a delta of a block that never began, an end that never came. Source:
https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from torana.core.call import Usage
from torana.core.event_stream import Message, MessageSplitter
from torana.core.events import Began, Cited, Counted, Ended, Event, TextPiece, ThinkingPiece, ToolBegan, ToolPiece
from torana.core.faults import AnswerMalformed, ConnectionBroken, UpstreamFault
from torana.dialects.codecs.bedrock_converse_errors import fault_of
from torana.dialects.usage_parts import within

ID = "bedrock_converse"
STOPS: Mapping[str, str] = {
    "end_turn": "stop",
    "tool_use": "tools",
    "max_tokens": "length",
    "stop_sequence": "sequence",
    "guardrail_intervened": "filtered",
    "content_filtered": "filtered",
    "malformed_model_output": "stop",
    "malformed_tool_use": "stop",
    "model_context_window_exceeded": "length",
}
"""``stopReason`` → our reason; any other is ``stop``."""
MOST_TOKENS = 1 << 40
_SERVER_TOOL = "server_tool_use"


class _ToolUse(msgspec.Struct, gc=False):
    id: str = msgspec.field(name="toolUseId", default="")
    name: str = ""
    input: msgspec.Raw = msgspec.Raw(b"")
    type: str = ""


class _ReasoningText(msgspec.Struct, gc=False):
    text: str = ""
    signature: str = ""


class _Reasoning(msgspec.Struct, gc=False, rename="camel"):
    """Of a delta (its members are here) or of a whole answer (``reasoningText``)."""

    text: str = ""
    signature: str = ""
    redacted_content: str = ""
    reasoning_text: _ReasoningText | None = None


class _Place(msgspec.Struct, gc=False, rename="camel"):
    url: str = ""
    document_index: int | None = None
    start: int | None = None
    end: int | None = None


class _Words(msgspec.Struct, gc=False):
    text: str = ""


class _Citation(msgspec.Struct, gc=False, rename="camel"):
    title: str = ""
    source: str = ""
    source_content: tuple[_Words, ...] = ()
    location: dict[str, _Place] = {}


class _Cited(msgspec.Struct, gc=False):
    content: tuple[_Words, ...] = ()
    citations: tuple[_Citation, ...] = ()


class _Delta(msgspec.Struct, gc=False, rename="camel"):
    text: str | None = None
    tool_use: _ToolUse | None = None
    reasoning_content: _Reasoning | None = None
    citation: _Citation | None = None


class _Start(msgspec.Struct, gc=False, rename="camel"):
    tool_use: _ToolUse | None = None


class _Block(_Delta, gc=False, rename="camel"):
    citations_content: _Cited | None = None


class _Kept(msgspec.Struct, gc=False, rename="camel"):
    ttl: str = ""
    input_tokens: int = 0


class _Usage(msgspec.Struct, gc=False, rename="camel"):
    input_tokens: int = -1
    output_tokens: int = -1
    """Below zero: not told."""
    cache_read_input_tokens: int = 0
    cache_write_input_tokens: int = 0
    cache_details: tuple[_Kept, ...] = ()


class _Piece(msgspec.Struct, gc=False, rename="camel"):
    """The payload of any event of the stream."""

    content_block_index: int = 0
    start: _Start | None = None
    delta: _Delta | None = None
    stop_reason: str | None = None
    usage: _Usage | None = None


class _Said(msgspec.Struct, gc=False):
    content: tuple[_Block, ...] = ()


class _Output(msgspec.Struct, gc=False):
    message: _Said | None = None


class _Answer(msgspec.Struct, gc=False, rename="camel"):
    output: _Output | None = None
    stop_reason: str = ""
    usage: _Usage | None = None
    kind: str = msgspec.field(name="__type", default="")


_piece = msgspec.json.Decoder(_Piece).decode
_answer = msgspec.json.Decoder(_Answer).decode


def counted(counts: _Usage | None) -> tuple[Counted, ...]:
    """The Usage as an event; none where nothing is told of it."""
    told = counts is not None and any(0 <= one <= MOST_TOKENS for one in (counts.input_tokens, counts.output_tokens))
    return (Counted(usage_of(counts)),) if told and counts is not None else ()


def usage_of(counts: _Usage) -> Usage:
    """The Usage. ``inputTokens`` leaves out what was read from or written to a cache."""
    return Usage(
        uncached=_sane(counts.input_tokens),
        cache_read=_sane(counts.cache_read_input_tokens),
        cache_write=_sane(counts.cache_write_input_tokens),
        output=_sane(counts.output_tokens),
        extra=within(
            _sane(counts.cache_write_input_tokens),
            [("cache_write_1h", _sane(one.input_tokens)) for one in counts.cache_details if one.ttl == "1h"],
        ),
    )


def _sane(count: int) -> int:
    return count if 0 <= count <= MOST_TOKENS else 0


def read_whole(body: bytes) -> Sequence[Event]:
    """The events of a whole answer. Raises AnswerMalformed, StatusFault for an error where an answer should be."""
    try:
        answer = _answer(body)
    except (ValueError, RecursionError):  # msgspec's errors and UnicodeDecodeError are ValueErrors
        raise AnswerMalformed("the answer is none of Converse") from None
    if answer.output is None or answer.output.message is None:
        if answer.kind:
            raise fault_of(answer.kind, body, ID)
        raise AnswerMalformed("the answer has no message")
    events: list[Event] = [Began()]
    place = 0
    for block in answer.output.message.content:
        call = block.tool_use
        if call is None:
            events += _said(block)
        elif call.type != _SERVER_TOOL:
            events += (ToolBegan(place, call.id, call.name), ToolPiece(place, (bytes(call.input) or b"{}").decode()))
            place += 1
    events.append(Ended(STOPS.get(answer.stop_reason, "stop")))
    events += counted(answer.usage)
    return events


class ConverseReader:
    """Reader of one stream: raw bytes of the event stream in, events out. A fault behind events comes with the next call."""

    __slots__ = ("_bare", "_calls", "_count", "_ended", "_splitter", "fault")

    def __init__(self) -> None:
        self._splitter = MessageSplitter()
        self._calls: dict[int, int] = {}
        """Index of a block → number among the tool calls; -1 for a tool that the provider runs itself."""
        self._bare: set[int] = set()
        """Blocks of tool calls whose arguments have not begun."""
        self._count = 0
        self._ended = False
        self.fault: UpstreamFault | None = None
        """A fault that stood behind the events given last; the next call raises it."""

    def feed(self, data: bytes) -> Sequence[Event]:
        """The events completed by ``data``. Raises AnswerMalformed, StatusFault for an exception inside the stream.

        What goes wrong behind the end of the answer is no fault: only its usage may be missing.
        """
        if self.fault is not None:
            raise self.fault
        events: list[Event] = []
        try:
            for message in self._splitter.feed(data):
                events += self._events(message)
        except UpstreamFault as fault:
            self.fault = fault
        self.fault = None if self._ended else self.fault or self._splitter.fault
        if self.fault is not None and not events:
            raise self.fault
        return events

    def finish(self) -> Sequence[Event]:
        """Nothing is left at the end. Raises ConnectionBroken when the answer did not end before the bytes did."""
        if self.fault is not None:
            raise self.fault
        if not self._ended:
            raise ConnectionBroken("the stream ended before the answer did", sent=True)
        return ()

    def _events(self, message: Message) -> Iterator[Event]:
        kind = message.text(":message-type")
        if kind == "exception":
            raise fault_of(message.text(":exception-type") or "unnamed", message.payload, ID)
        if kind == "error":
            body = msgspec.json.encode({"message": message.text(":error-message")})
            raise fault_of(message.text(":error-code") or "unnamed", body, ID)
        try:
            piece = _piece(message.payload or b"{}")
        except (ValueError, RecursionError):  # msgspec's errors and UnicodeDecodeError are ValueErrors
            raise AnswerMalformed("an event of the stream is none of Converse") from None
        yield from self._read(message.text(":event-type"), piece)

    def _read(self, kind: str, piece: _Piece) -> Iterable[Event]:
        match kind:
            case "messageStart":
                return (Began(),)
            case "contentBlockStart" if piece.start is not None and piece.start.tool_use is not None:
                return self._call(piece.content_block_index, piece.start.tool_use)
            case "contentBlockDelta" if piece.delta is not None:
                return self._delta(piece.content_block_index, piece.delta)
            case "contentBlockStop" if piece.content_block_index in self._bare:
                self._bare.discard(piece.content_block_index)
                return (ToolPiece(self._calls[piece.content_block_index], "{}"),)
            case "messageStop":
                self._ended = True
                return (Ended(STOPS.get(piece.stop_reason or "", "stop")),)
            case "metadata":
                return counted(piece.usage)
        return ()  # an event or a block that came to the API later brings nothing we know

    def _call(self, index: int, call: _ToolUse) -> Iterable[Event]:
        if call.type == _SERVER_TOOL:
            self._calls[index] = -1
            return ()
        place = self._calls[index] = self._count
        self._count += 1
        self._bare.add(index)
        return (ToolBegan(place, call.id, call.name),)

    def _delta(self, index: int, delta: _Delta) -> Iterable[Event]:
        if delta.tool_use is None:
            return _said(delta)
        place = self._calls.get(index)
        if place is None:
            raise AnswerMalformed("arguments came of a tool call that never began")
        text = _text(delta.tool_use.input)
        if place < 0 or not text:
            return ()
        self._bare.discard(index)
        return (ToolPiece(place, text),)


def _text(value: msgspec.Raw) -> str:
    """A piece of arguments: a string whose text is a piece of JSON."""
    try:
        return msgspec.json.decode(value, type=str) if value else ""
    except (ValueError, RecursionError):  # msgspec's errors are ValueErrors
        raise AnswerMalformed("a piece of arguments is no text") from None


def _said(block: _Delta) -> Iterator[Event]:
    """Text, reasoning and sources, of a delta or a whole block."""
    if block.text:
        yield TextPiece(block.text)
    thought = block.reasoning_content
    if thought is not None:
        whole = thought.reasoning_text
        text, signature = (whole.text, whole.signature) if whole else (thought.text, thought.signature)
        if text or signature or thought.redacted_content:
            yield ThinkingPiece(text, signature, thought.redacted_content)
    if block.citation is not None:
        yield _source(block.citation)
    if isinstance(block, _Block) and block.citations_content is not None:
        for words in block.citations_content.content:
            if words.text:
                yield TextPiece(words.text)
        for citation in block.citations_content.citations:
            yield _source(citation)


def _source(citation: _Citation) -> Cited:
    kind, place = next(iter(citation.location.items()), ("", _Place()))
    start, end = (place.start, place.end) if kind == "documentChar" else (None, None)  # else pages or chunks
    quote = "".join(words.text for words in citation.source_content)
    return Cited(place.url or citation.source, citation.title, quote, start, end, place.document_index)
