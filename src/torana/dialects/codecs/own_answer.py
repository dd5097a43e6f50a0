"""Reads and writes the answers of our own dialects, streamed and whole. Called by the codecs ``complete`` and ``generate``.

One candidate: their requests ask for one. Signatures of reasoning and token odds have no place in them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from torana.core.call import Usage
from torana.core.events import (
    Cited,
    Counted,
    Ended,
    Event,
    RefusalPiece,
    Request,
    TextPiece,
    ThinkingPiece,
    ToolBegan,
    ToolPiece,
)
from torana.core.faults import UpstreamFault
from torana.dialects.own_answer import END, Call, Counts, Happening, Happenings, Source, Whole, whole

_encode = msgspec.json.encode


def read_whole(body: bytes) -> Sequence[Event]:
    """The events of a whole answer. Raises AnswerMalformed."""
    said = whole(body)
    events: list[Event] = []
    if said.reasoning:
        events.append(ThinkingPiece(said.reasoning))
    if said.content:
        events.append(TextPiece(said.content))
    events += (Cited(one.url, one.title, one.quote) for one in said.citations)
    if said.refusal:
        events.append(RefusalPiece(said.refusal))
    for place, call in enumerate(said.tool_calls):
        events.append(ToolBegan(place, call.id, call.name))
        events.append(ToolPiece(place, call.arguments))
    events.append(Ended(said.finish_reason))
    if said.usage is not None:
        events.append(Counted(said.usage.usage()))
    return events


class OwnReader:
    """Reader of one stream."""

    __slots__ = ("_happenings", "fault")

    def __init__(self) -> None:
        self._happenings = Happenings()
        self.fault: UpstreamFault | None = None

    def feed(self, data: bytes) -> Sequence[Event]:
        """The events completed by ``data``. Raises AnswerMalformed."""
        return [event for _, one in self._happenings.feed(data) if one is not None for event in _events_of(one)]

    def finish(self) -> Sequence[Event]:
        """Nothing more. Raises ConnectionBroken when the answer did not end."""
        self._happenings.finish()
        return ()


def _events_of(one: Happening) -> Iterator[Event]:
    match one.type:
        case "text":
            yield TextPiece(one.text)
        case "reasoning":
            yield ThinkingPiece(one.text)
        case "refusal":
            yield RefusalPiece(one.text)
        case "tool_call":
            yield ToolBegan(one.place, one.id, one.name)
        case "tool_arguments":
            yield ToolPiece(one.place, one.text)
        case "citation" if one.source is not None:
            yield Cited(one.source.url, one.source.title, one.source.quote)
        case "end":
            yield Ended(one.finish_reason)
        case "usage" if one.usage is not None:
            yield Counted(one.usage.usage())


class OwnWriter:
    """Writer of one stream: an event as ``data``, whose ``type`` says what it brings."""

    __slots__ = ()

    def __init__(self, request: Request) -> None:
        """Nothing of the request changes how it is answered."""

    def write(self, events: Sequence[Event]) -> bytes:
        """The wire bytes of these events."""
        shown = (_shown(event) for event in events)
        return b"".join(b"data: " + _encode(one) + b"\n\n" for one in shown if one is not None)

    def finish(self) -> bytes:
        """Nothing: ``dress_end`` of the dialect writes the last event."""
        return b""


def _shown(event: Event) -> Happening | None:
    match event:
        case TextPiece(text) if text:
            return Happening("text", text)
        case ThinkingPiece(text) if text:
            return Happening("reasoning", text)
        case RefusalPiece(text) if text:
            return Happening("refusal", text)
        case ToolBegan(place, name_of, name):
            return Happening("tool_call", place=place, id=name_of, name=name)
        case ToolPiece(place, text) if text:
            return Happening("tool_arguments", text, place)
        case Cited(url, title, quote):
            return Happening("citation", source=Source(url, title, quote))
        case Ended(reason):
            return Happening(END, finish_reason=reason)
        case Counted(usage):
            return Happening("usage", usage=_counts(usage))
    return None


def write_whole(events: Sequence[Event], request: Request) -> bytes:
    """A whole plain answer."""
    said = Whole("", "stop", tool_calls=[], citations=[])
    calls: dict[int, Call] = {}
    for event in events:
        match event:
            case TextPiece(text):
                said.content += text
            case ThinkingPiece(text):
                said.reasoning += text
            case RefusalPiece(text):
                said.refusal += text
            case ToolBegan(place, name_of, name):
                calls[place] = Call(name_of, name, "")
            case ToolPiece(place, text) if place in calls:
                calls[place].arguments += text
            case Cited(url, title, quote):
                said.citations.append(Source(url, title, quote))
            case Ended(reason):
                said.finish_reason = reason
            case Counted(usage):
                said.usage = _counts(usage)
    said.tool_calls = [calls[place] for place in sorted(calls)]
    return _encode(said)


def _counts(usage: Usage) -> Counts:
    return Counts(usage.uncached, usage.cache_read, usage.cache_write, usage.output, usage.reasoning)
