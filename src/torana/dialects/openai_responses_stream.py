"""Decides what the events of one streamed response mean: content, usage, finish, fault, end.

It changes no byte of an event. Made by ``openai_responses.decoder``; the codec of the dialect reads faults with it.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from torana.core.call import Chunk, Usage
from torana.core.faults import AnswerMalformed, ConnectionBroken, StatusFault, UpstreamFault
from torana.core.sse import Event, SseSplitter
from torana.dialects.openai_errors import DEFAULT_FAULT_STATUS, fault_inside
from torana.dialects.openai_usage import usage_of_response


class Outcome(msgspec.Struct, gc=False):
    """What a response object says of its end."""

    status: object = None
    usage: object = None
    error: object = None
    incomplete_details: object = None


class _Item(msgspec.Struct, gc=False):
    type: object = None


class _Event(msgspec.Struct, gc=False):
    type: str = ""
    response: Outcome | None = None
    item: _Item | None = None
    error: object = None
    code: object = None
    message: object = None


_decode = msgspec.json.Decoder(_Event).decode
_DONE = b"[DONE]"
_ENDS = frozenset({"response.completed", "response.incomplete"})
_EMPTY_AT_FIRST = frozenset({"message", "reasoning"})
"""Items that bring nothing when they are added; a tool call brings its name."""


def fault_of(error: object, data: bytes, dialect: str) -> StatusFault:
    """The fault for an error found in a 200. Its body has the error where OpenAI's error answers have it."""
    if not isinstance(error, dict):
        return fault_inside(error, data, dialect)
    fault = fault_inside(error, msgspec.json.encode({"error": error}), dialect)
    said = error.get("code")
    if isinstance(said, str) and "image" in said and fault.status == DEFAULT_FAULT_STATUS:
        return StatusFault(400, fault.body, dialect=dialect)  # the many ways in which a picture cannot be used
    return fault


def finish_of(outcome: Outcome) -> str | None:
    """The reason it is incomplete, else its status."""
    details = outcome.incomplete_details
    reason = details.get("reason") if isinstance(details, dict) else None
    if isinstance(reason, str) and reason:
        return reason
    return outcome.status if isinstance(outcome.status, str) else None


class ResponseStream:
    """Decoder of one stream (https://platform.openai.com/docs/api-reference/responses-streaming).

    The events of one ``feed`` share a Chunk. A fault behind good events, or one that tells its usage, is raised by the
    next call.
    """

    __slots__ = ("_dialect", "_done", "_splitter", "fault")

    def __init__(self, dialect: str) -> None:
        self._splitter = SseSplitter()
        self._dialect = dialect
        self._done = False
        self.fault: UpstreamFault | None = None
        """A fault that stood behind the chunks given last; the next call raises it."""

    def feed(self, data: bytes) -> Sequence[Chunk]:
        """The chunk, if any, of the events completed by ``data``. Raises AnswerMalformed, StatusFault."""
        self._raise_held()
        events = self._splitter.feed(data)
        return self._chunks(events) if events else ()

    def finish(self) -> Sequence[Chunk]:
        """What is left at the end of the bytes. Raises ConnectionBroken when the response was not said to have ended."""
        self._raise_held()
        rest = self._splitter.finish()
        chunks = self._last(rest) if rest.strip() and not self._done else ()
        self._raise_held()
        if not self._done:
            raise ConnectionBroken("the stream ended before the response did", sent=True)
        return chunks

    def _raise_held(self) -> None:
        if self.fault is not None:
            raise self.fault

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
        for wire, name, data in events:
            if data is not None and not self._done and data != _DONE:
                try:
                    event = self._read(data)
                except UpstreamFault as fault:
                    self.fault = fault
                    break
                kind = event.type or name
                if event.response is not None:
                    usage = usage_of_response(event.response.usage) or usage
                self.fault = self._fault_in(event, kind, data)
                if self.fault is not None:
                    break
                contents += has_content(kind, event.item)
                if kind in _ENDS:
                    self._done = True
                    finish = (finish_of(event.response) if event.response else None) or kind.removeprefix("response.")
            wires.append(wire)
        if not wires and self.fault is not None and usage is None:
            raise self.fault
        return (Chunk(b"".join(wires), contents > 0, usage, finish, contents or 1),)

    def _read(self, data: bytes) -> _Event:
        try:
            return _decode(data)
        except (ValueError, RecursionError):  # msgspec's errors and UnicodeDecodeError are ValueErrors
            raise AnswerMalformed("an event of the stream is no event of a response") from None

    def _fault_in(self, event: _Event, kind: str, data: bytes) -> StatusFault | None:
        if kind == "response.failed":
            return fault_of(event.response.error if event.response else None, data, self._dialect)
        if kind == "error" or event.error:
            said = event.error or {"code": event.code, "message": event.message}
            return fault_of(said, data, self._dialect)
        return None


def has_content(kind: str, item: _Item | None) -> bool:
    """Whether an event brings something the caller asked for, after which no failover is possible."""
    if kind.endswith(".delta") or kind in _ENDS or kind == "response.output_item.done":
        return True
    return kind == "response.output_item.added" and item is not None and item.type not in _EMPTY_AT_FIRST
