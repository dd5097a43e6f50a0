"""Reads answers of Cohere's v2 chat into events, whole and streamed. Called by ``cohere_chat``.

It distrusts the stream: arguments of a call that never began, an end that never came. Source:
https://docs.cohere.com/reference/chat, https://docs.cohere.com/reference/chat-stream and the OpenAPI file behind them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from torana.core.call import Usage
from torana.core.events import Began, Cited, Counted, Ended, Event, TextPiece, ThinkingPiece, ToolBegan, ToolPiece
from torana.core.faults import AnswerMalformed, ConnectionBroken, StatusFault, UpstreamFault
from torana.core.sse import SseSplitter
from torana.dialects.openai_usage import count_of

ID = "cohere_chat"
STOPS: Mapping[str, str] = {
    "COMPLETE": "stop",
    "STOP_SEQUENCE": "sequence",
    "MAX_TOKENS": "length",
    "TOOL_CALL": "tools",
}
"""``finish_reason`` → our reason; any other but a failure is ``stop``."""
FAILURES: Mapping[str, int] = {"ERROR": 502, "TIMEOUT": 504}
"""A ``finish_reason`` that says that the model failed → the status it stands for."""
_DONE = b"[DONE]"


class _Block(msgspec.Struct, gc=False):
    text: str | None = None
    thinking: str | None = None


class _Function(msgspec.Struct, gc=False):
    name: str | None = None
    arguments: str | None = None


class _Call(msgspec.Struct, gc=False):
    id: str | None = None
    function: _Function | None = None


class _Source(msgspec.Struct, gc=False):
    id: str | None = None
    document: dict[str, object] | None = None
    tool_output: dict[str, object] | None = None


class _Citation(msgspec.Struct, gc=False):
    start: int | None = None
    end: int | None = None
    type: str | None = None
    sources: tuple[_Source, ...] | None = None


class _Said(msgspec.Struct, gc=False):
    """The message of a whole answer."""

    content: str | tuple[_Block, ...] | None = None
    tool_plan: str | None = None
    tool_calls: tuple[_Call, ...] | None = None
    citations: tuple[_Citation, ...] | None = None


class _Piece(msgspec.Struct, gc=False):
    """The message of an event: one piece of one thing; lists stand where nothing has begun yet."""

    content: _Block | list[msgspec.Raw] | None = None
    tool_plan: str | None = None
    tool_calls: _Call | list[msgspec.Raw] | None = None
    citations: _Citation | list[msgspec.Raw] | None = None


class _Delta(msgspec.Struct, gc=False):
    message: _Piece | None = None
    finish_reason: str | None = None
    usage: object = None


class _Event(msgspec.Struct, gc=False):
    type: str = ""
    id: str | None = None
    index: int = 0
    delta: _Delta | None = None
    message: str | None = None
    """Of an error where an event should be."""


class _Answer(msgspec.Struct, gc=False):
    id: str | None = None
    message: _Said | str | None = None
    finish_reason: str | None = None
    usage: object = None


_event = msgspec.json.Decoder(_Event).decode
_answer = msgspec.json.Decoder(_Answer).decode


def usage_of(value: object) -> Usage | None:
    """The Usage: the tokens that are billed; those that went through the model, which are more, where it says no others.

    Tokens read from a cache are part of the input.
    """
    if not isinstance(value, dict):
        return None
    for name in ("billed_units", "tokens"):
        counts = value.get(name)
        if isinstance(counts, dict):
            into, output = count_of(counts.get("input_tokens")), count_of(counts.get("output_tokens"))
            if into is not None or output is not None:
                # Those read from a cache are counted among all that went through, not among those billed.
                cached = min(count_of(value.get("cached_tokens")) or 0, into or 0) if name == "tokens" else 0
                return Usage(uncached=(into or 0) - cached, cache_read=cached, output=output or 0)
    return None


def read_whole(body: bytes) -> Sequence[Event]:
    """The events of a whole answer. Raises AnswerMalformed, StatusFault for an error where an answer should be."""
    try:
        answer = _answer(body)
    except (ValueError, RecursionError):  # msgspec's errors and UnicodeDecodeError are ValueErrors
        raise AnswerMalformed("the answer is none of Cohere's chat") from None
    said = answer.message
    if isinstance(said, str) or answer.finish_reason in FAILURES:
        raise StatusFault(FAILURES.get(answer.finish_reason or "", 502), body, dialect=ID)
    if said is None:
        raise AnswerMalformed("the answer has no message")
    events: list[Event] = [Began(answer.id or "")]
    if said.tool_plan:
        events.append(ThinkingPiece(said.tool_plan))
    for block in (_Block(said.content),) if isinstance(said.content, str) else said.content or ():
        events += _pieces(block)
    for citation in said.citations or ():
        events += _sources(citation)
    calls = said.tool_calls or ()
    for place, call in enumerate(calls):
        function = call.function or _Function()
        events.append(ToolBegan(place, call.id or f"call_{place}", function.name or ""))
        events.append(ToolPiece(place, function.arguments or "{}"))
    events.append(Ended(_reason(answer.finish_reason, bool(calls))))
    usage = usage_of(answer.usage)
    if usage is not None:
        events.append(Counted(usage))
    return events


class CohereReader:
    """Reader of one stream. A fault behind good events is raised by the next call."""

    __slots__ = ("_bare", "_ended", "_places", "_splitter", "fault")

    def __init__(self) -> None:
        self._splitter = SseSplitter()
        self._places: dict[int, int] = {}
        """Index of a call → its number among the calls."""
        self._bare: set[int] = set()
        """Indexes of calls whose arguments have not begun."""
        self._ended = False
        self.fault: UpstreamFault | None = None
        """A fault that stood behind the events given last; the next call raises it."""

    def feed(self, data: bytes) -> Sequence[Event]:
        """The events completed by ``data``. Raises AnswerMalformed, StatusFault for a failure inside the stream.

        What comes behind the end of the answer is nothing to us.
        """
        if self.fault is not None:
            raise self.fault
        events: list[Event] = []
        try:
            for one in self._splitter.feed(data):
                if one.data and one.data != _DONE and not self._ended:
                    events += self._one(one.data)
        except UpstreamFault as fault:
            if not self._ended:
                self.fault = fault
            if not events and self.fault is not None:
                raise
        return events

    def finish(self) -> Sequence[Event]:
        """Nothing is left at the end. Raises ConnectionBroken when the answer did not end before the bytes did."""
        if self.fault is not None:
            raise self.fault
        if not self._ended:
            raise ConnectionBroken("the stream ended before the answer did", sent=True)
        return ()

    def _one(self, data: bytes) -> Iterable[Event]:
        try:
            event = _event(data)
        except (ValueError, RecursionError):  # msgspec's errors and UnicodeDecodeError are ValueErrors
            raise AnswerMalformed("an event of the stream is none of Cohere's chat") from None
        delta = event.delta or _Delta()
        if delta.finish_reason in FAILURES or (not event.type and event.message):
            raise StatusFault(FAILURES.get(delta.finish_reason or "", 502), data, dialect=ID)
        if event.type == "message-end":
            self._ended = True
            usage = usage_of(delta.usage)
            ended = Ended(_reason(delta.finish_reason, bool(self._places)))
            return (ended, Counted(usage)) if usage is not None else (ended,)
        if event.type == "message-start":
            return (Began(event.id or ""),)
        return self._said(event.type, event.index, delta.message or _Piece())

    def _said(self, kind: str, index: int, said: _Piece) -> Iterable[Event]:
        match kind:
            case "content-start" | "content-delta" if isinstance(said.content, _Block):
                return _pieces(said.content)
            case "tool-plan-delta" if said.tool_plan:
                return (ThinkingPiece(said.tool_plan),)
            case "tool-call-start" if isinstance(said.tool_calls, _Call):
                return self._began(index, said.tool_calls)
            case "tool-call-delta" if isinstance(said.tool_calls, _Call):
                return self._argued(index, said.tool_calls)
            case "tool-call-end" if index in self._bare:
                self._bare.discard(index)
                return (ToolPiece(self._places[index], "{}"),)
            case "citation-start" if isinstance(said.citations, _Citation):
                return _sources(said.citations)
        return ()  # an event that came to the API later, or the end of a block, brings nothing we know

    def _began(self, index: int, call: _Call) -> Iterator[Event]:
        place = self._places[index] = len(self._places)
        self._bare.add(index)
        function = call.function or _Function()
        yield ToolBegan(place, call.id or f"call_{place}", function.name or "")
        yield from self._argued(index, call)

    def _argued(self, index: int, call: _Call) -> Iterator[Event]:
        place = self._places.get(index)
        if place is None:
            raise AnswerMalformed("arguments came of a tool call that never began")
        text = call.function.arguments if call.function is not None else None
        if text:
            self._bare.discard(index)
            yield ToolPiece(place, text)


def _reason(said: str | None, called: bool) -> str:
    reason = STOPS.get(said or "", "stop")
    return "tools" if called and reason == "stop" else reason


def _pieces(block: _Block) -> Iterator[Event]:
    if block.thinking:
        yield ThinkingPiece(block.thinking)
    if block.text:
        yield TextPiece(block.text)


def _sources(citation: _Citation) -> Iterator[Event]:
    """One for each source. Where it supports a plan or a thought there is no place in the text for it."""
    if citation.type not in (None, "TEXT_CONTENT"):
        return
    for source in citation.sources or ():
        facts = source.document or source.tool_output or {}
        url, title, quote = (_word(facts, name) for name in ("url", "title", "snippet"))
        yield Cited(url, title or source.id or "", quote, citation.start, citation.end)


def _word(facts: Mapping[str, object], name: str) -> str:
    value = facts.get(name)
    return value if isinstance(value, str) else ""
