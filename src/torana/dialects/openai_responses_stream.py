"""Decides what the events of one streamed response mean: content, usage, finish, fault, end.

It changes no byte of an event. Made by ``openai_responses.decoder``; the codec of the dialect reads faults with it.
"""

from __future__ import annotations

import msgspec

from torana.core.faults import AnswerMalformed, StatusFault
from torana.core.sse import Event
from torana.dialects.openai_errors import DEFAULT_FAULT_STATUS, fault_inside
from torana.dialects.openai_usage import usage_of_response
from torana.dialects.sealed import NONE, beginnings
from torana.dialects.whole_events import NOTHING, Said, WholeEvents


class Outcome(msgspec.Struct, gc=False):
    """What a response object says of its end."""

    status: object = None
    usage: object = None
    service_tier: object = None
    error: object = None
    incomplete_details: object = None


class _Item(msgspec.Struct, gc=False):
    type: object = None
    encrypted_content: msgspec.Raw = msgspec.Raw()


class _Event(msgspec.Struct, gc=False):
    type: str = ""
    response: Outcome | None = None
    item: _Item | None = None
    error: object = None
    code: object = None
    message: object = None


_decode = msgspec.json.Decoder(_Event).decode
_DONE = b"[DONE]"
_ITEM_DONE = "response.output_item.done"
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


class ResponseStream(WholeEvents):
    """Decoder of one stream (https://platform.openai.com/docs/api-reference/responses-streaming)."""

    __slots__ = ("_dialect",)

    def __init__(self, dialect: str) -> None:
        super().__init__()
        self._dialect = dialect

    def _take(self, event: Event) -> Said:
        _, name, data = event
        if data is None or self._done or data == _DONE:
            return NOTHING
        read = self._read(data)
        kind = read.type or name
        usage = (
            usage_of_response(read.response.usage, read.response.service_tier) if read.response is not None else None
        )
        self.fault = self._fault_in(read, kind, data)
        finish: str | None = None
        if kind in _ENDS:
            self._done = True
            finish = (finish_of(read.response) if read.response else None) or kind.removeprefix("response.")
        sealed = NONE
        if kind == _ITEM_DONE and read.item is not None and bytes(read.item.encrypted_content):
            sealed = beginnings((read.item.encrypted_content,))
        return Said(has_content(kind, read.item), usage, finish, sealed)

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
    if kind.endswith(".delta") or kind in _ENDS or kind == _ITEM_DONE:
        return True
    if kind != "response.output_item.added" or item is None:
        return False
    return not isinstance(item.type, str) or item.type not in _EMPTY_AT_FIRST
