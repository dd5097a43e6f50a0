"""Reads Messages answers, whole and streamed, as events: https://platform.claude.com/docs/en/build-with-claude/streaming.

It decides neither on retries nor on usage that was never told. Called by ``anthropic_messages``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import msgspec

from torana.core.call import Usage
from torana.core.events import Began, Cited, Counted, Ended, Event, TextPiece, ThinkingPiece, ToolBegan, ToolPiece
from torana.core.faults import AnswerMalformed
from torana.dialects import anthropic_messages
from torana.dialects.anthropic_errors import fault_inside
from torana.dialects.anthropic_stream import MOST_TOKENS, Counts, usage_of
from torana.dialects.codecs.sse_reader import SseReader

REASONS: Mapping[str, str] = MappingProxyType(
    {
        "end_turn": "stop",
        "max_tokens": "length",
        "model_context_window_exceeded": "length",
        "stop_sequence": "sequence",
        "tool_use": "tools",
        "pause_turn": "paused",
        "refusal": "refused",
    }
)
"""``stop_reason`` → ``Ended.reason``; one that is not here ends an answer like ``end_turn``."""


class _Details(msgspec.Struct, gc=False):
    thinking_tokens: int | None = None


class _Counts(Counts, gc=False):
    output_tokens_details: _Details | None = None


class _Citation(msgspec.Struct, gc=False):
    cited_text: str | None = None
    url: str | None = None
    source: str | None = None
    title: str | None = None
    document_title: str | None = None
    document_index: int | None = None
    start_char_index: int | None = None
    end_char_index: int | None = None


class _Block(msgspec.Struct, gc=False):
    type: str = ""
    text: str | None = None
    thinking: str | None = None
    signature: str | None = None
    data: str | None = None
    id: str | None = None
    name: str | None = None
    input: msgspec.Raw = msgspec.Raw(b"")
    citations: list[_Citation] | None = None


class _Delta(msgspec.Struct, gc=False):
    type: str = ""
    text: str | None = None
    partial_json: str | None = None
    thinking: str | None = None
    signature: str | None = None
    citation: _Citation | None = None
    stop_reason: str | None = None
    stop_sequence: str | None = None


class _Message(msgspec.Struct, gc=False):
    id: str | None = None
    model: str | None = None
    type: str = ""
    content: list[_Block] | None = None
    stop_reason: str | None = None
    stop_sequence: str | None = None
    usage: _Counts | None = None
    error: object = None


class _Event(msgspec.Struct, gc=False):
    type: str = ""
    index: int = 0
    message: _Message | None = None
    content_block: _Block | None = None
    delta: _Delta | None = None
    usage: _Counts | None = None
    error: object = None


_event = msgspec.json.Decoder(_Event).decode
_message = msgspec.json.Decoder(_Message).decode


def read_whole(body: bytes) -> Sequence[Event]:
    """The events of a whole answer. Raises AnswerMalformed, StatusFault for an error inside a 200."""
    try:
        if not body.isascii():
            str(body, "utf-8")
        message = _message(body)
    except (ValueError, RecursionError):  # msgspec's errors and UnicodeDecodeError are ValueErrors
        raise AnswerMalformed("the answer is no message") from None
    if message.type == "error" or message.error:
        raise fault_inside(message.error, body, anthropic_messages.ID)
    if message.content is None:
        raise AnswerMalformed("the answer has no content")
    events: list[Event] = [Began(message.id or "", message.model or "")]
    place = 0
    for block in message.content:
        if block.type == "tool_use":
            events.append(ToolBegan(place, block.id or "", block.name or ""))
            events.append(ToolPiece(place, bytes(block.input).decode() or "{}"))
            place += 1
        else:
            events += _said(block)
            events += (_cited(citation) for citation in block.citations or ())
    usage = _usage(message.usage, None) if message.usage is not None else None
    if usage is not None:
        events.append(Counted(usage))
    events.append(_ended(message.stop_reason, message.stop_sequence))
    return events


def _said(block: _Block) -> Iterable[Event]:
    """What a block that is no tool call says. Blocks of tools that ran at the provider say nothing."""
    match block.type:
        case "text":
            return (TextPiece(block.text),) if block.text else ()
        case "thinking":
            return (
                (ThinkingPiece(block.thinking or "", block.signature or ""),)
                if block.thinking or block.signature
                else ()
            )
        case "redacted_thinking":
            return (ThinkingPiece(data=block.data),) if block.data else ()
        case _:
            return ()


def _cited(citation: _Citation) -> Cited:
    return Cited(
        url=citation.url or citation.source or "",
        title=citation.title or citation.document_title or "",
        quote=citation.cited_text or "",
        start=citation.start_char_index,
        end=citation.end_char_index,
        document=citation.document_index,
    )


def _usage(counts: _Counts, before: Usage | None) -> Usage | None:
    usage = usage_of(counts, before)
    if usage is None:
        return None
    details = counts.output_tokens_details
    reasoning = before.reasoning if before is not None else 0
    if details is not None and details.thinking_tokens is not None and 0 <= details.thinking_tokens <= MOST_TOKENS:
        reasoning = details.thinking_tokens
    return replace(usage, reasoning=min(reasoning, usage.output))


def _ended(reason: str | None, sequence: str | None) -> Ended:
    return Ended(REASONS.get(reason or "", "stop"), sequence=sequence or "")


class _OpenTool:
    """A tool call whose block has not ended: its place, what its start said of the input, whether more came."""

    __slots__ = ("any", "at_start", "place")

    def __init__(self, place: int, at_start: str) -> None:
        self.place = place
        self.at_start = at_start
        self.any = False


class MessageReader(SseReader):
    """Reads one stream, which is whole after ``message_stop``."""

    __slots__ = ("_citations", "_ended", "_tools", "_tools_seen", "_usage")

    def __init__(self) -> None:
        super().__init__()
        self._usage: Usage | None = None
        self._tools: dict[int, _OpenTool] = {}
        self._tools_seen = 0
        self._citations: list[Event] = []
        """Citations of the open block: they may come before its text, but stand for it."""
        self._ended = False

    def _take(self, data: bytes, name: str, events: list[Event]) -> None:
        event = _decoded(data)
        match event.type:
            case "content_block_delta":
                if event.delta is not None:
                    self._more(event.index, event.delta, events)
            case "content_block_start":
                if event.content_block is not None:
                    self._start(event.index, event.content_block, events)
            case "content_block_stop":
                self._stop(event.index, events)
            case "message_start":
                message = event.message or _Message()
                events.append(Began(message.id or "", message.model or ""))
                self._count(message.usage, events)
            case "message_delta":
                self._count(event.usage, events)
                if event.delta is not None and event.delta.stop_reason:
                    self._end(_ended(event.delta.stop_reason, event.delta.stop_sequence), events)
            case "message_stop":
                self._end(Ended("stop"), events)
                self._done = True

    def _start(self, index: int, block: _Block, events: list[Event]) -> None:
        if block.type == "tool_use":
            events.append(ToolBegan(self._tools_seen, block.id or "", block.name or ""))
            self._tools[index] = _OpenTool(self._tools_seen, bytes(block.input).decode())
            self._tools_seen += 1
            return
        events += _said(block)
        self._citations += (_cited(citation) for citation in block.citations or ())

    def _more(self, index: int, delta: _Delta, events: list[Event]) -> None:
        match delta.type:
            case "text_delta" if delta.text:
                events.append(TextPiece(delta.text))
            case "input_json_delta" if delta.partial_json:
                tool = self._tools.get(index)
                if tool is not None:  # else the input of a tool that runs at the provider
                    tool.any = True
                    events.append(ToolPiece(tool.place, delta.partial_json))
            case "thinking_delta" if delta.thinking:
                events.append(ThinkingPiece(delta.thinking))
            case "signature_delta" if delta.signature:
                events.append(ThinkingPiece(signature=delta.signature))
            case "citations_delta" if delta.citation is not None:
                self._citations.append(_cited(delta.citation))

    def _stop(self, index: int, events: list[Event]) -> None:
        """A call whose arguments never came has what its start said, or none: ``{}``, so that readers find JSON."""
        tool = self._tools.pop(index, None)
        if tool is not None and not tool.any:
            events.append(ToolPiece(tool.place, tool.at_start or "{}"))
        events += self._citations
        self._citations.clear()

    def _end(self, ended: Ended, events: list[Event]) -> None:
        if self._ended:
            return
        self._ended = True
        for index in list(self._tools):
            self._stop(index, events)
        events += self._citations
        self._citations.clear()
        events.append(ended)

    def _count(self, counts: _Counts | None, events: list[Event]) -> None:
        if counts is not None:
            self._usage = _usage(counts, self._usage)
            if self._usage is not None:
                events.append(Counted(self._usage))


def _decoded(data: bytes) -> _Event:
    try:
        event = _event(data)
    except (ValueError, RecursionError):  # msgspec's errors and UnicodeDecodeError are ValueErrors
        raise AnswerMalformed("an event of the stream is no event of a message") from None
    if event.type == "error" or event.error:
        raise fault_inside(event.error, data, anthropic_messages.ID)
    return event
