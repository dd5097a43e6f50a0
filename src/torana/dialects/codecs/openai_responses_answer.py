"""Reads Responses answers into events: https://platform.openai.com/docs/api-reference/responses-streaming.

Items of tools that run at the provider bring no event: nobody who is translated asked for them. Called by the codec
``openai_responses``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from torana.core.events import Counted, Event, RefusalPiece, TextPiece, ThinkingPiece, ToolPiece
from torana.core.faults import AnswerMalformed
from torana.dialects.codecs.openai_logprobs import listed
from torana.dialects.codecs.openai_responses_reading import (
    NO_RAW,
    Note,
    Reading,
    Response,
    cited_of,
    item_of,
)
from torana.dialects.codecs.sse_reader import SseReader
from torana.dialects.openai_responses import ID
from torana.dialects.openai_responses_stream import fault_of
from torana.dialects.openai_usage import usage_of_response


class _Event(msgspec.Struct, gc=False):
    type: str = ""
    response: Response | None = None
    item: msgspec.Raw = NO_RAW
    annotation: Note | None = None
    delta: object = None
    logprobs: msgspec.Raw = NO_RAW
    output_index: int = 0
    summary_index: int = 0
    error: object = None
    code: object = None
    message: object = None


_decode = msgspec.json.Decoder(_Event).decode
_response = msgspec.json.Decoder(Response).decode


def read_whole(body: bytes) -> Sequence[Event]:
    """The events of a whole answer. Raises AnswerMalformed, StatusFault for an error inside a 200."""
    try:
        response = _response(body)
        if response.error or response.status == "failed":
            raise fault_of(response.error, body, ID)
        if response.output is None:
            raise AnswerMalformed("the answer has no output")
        reading = Reading()
        return [*reading.begin(response), *reading.end(response)]
    except (ValueError, RecursionError):  # msgspec's errors and UnicodeDecodeError are ValueErrors
        raise AnswerMalformed("the answer is no response") from None


class ResponseReader(SseReader):
    """Reads one stream, which is whole when the response was said to have ended."""

    __slots__ = ("_reading", "_summary")

    def __init__(self) -> None:
        super().__init__()
        self._reading = Reading()
        self._summary = 0

    def _take(self, data: bytes, name: str, events: list[Event]) -> None:
        if data == b"[DONE]":
            return
        try:
            event = _decode(data)
            events.extend(self._events(event, event.type or name, data))
        except (ValueError, RecursionError):  # msgspec's errors and UnicodeDecodeError are ValueErrors
            raise AnswerMalformed("an event of the stream is no event of a response") from None

    def _events(self, event: _Event, kind: str, data: bytes) -> Iterator[Event]:
        response, index = event.response, event.output_index
        if kind == "error" or event.error:
            raise fault_of(event.error or {"code": event.code, "message": event.message}, data, ID)
        if response is not None:
            yield from self._reading.begin(response)
            if kind == "response.failed":
                usage = usage_of_response(response.usage, response.service_tier)
                if usage is not None:
                    yield Counted(usage)
                raise fault_of(response.error, data, ID)
            if kind in ("response.completed", "response.incomplete"):
                self._done = True
                yield from self._reading.end(response)
        elif kind == "response.output_item.added" and event.item:
            item = item_of(event.item)
            if item.type == "function_call":
                yield from self._reading.call(index, item)
        elif kind == "response.output_item.done" and event.item:
            yield from self._reading.item(index, item_of(event.item))
        elif kind == "response.output_text.annotation.added" and event.annotation is not None:
            yield self._reading.piece(index, cited_of(event.annotation))
        elif isinstance(event.delta, str) and event.delta:
            piece = self._piece(kind, event, event.delta)
            if piece is not None:
                yield self._reading.piece(index, piece)

    def _piece(self, kind: str, event: _Event, text: str) -> Event | None:
        match kind:
            case "response.output_text.delta":
                return TextPiece(text, logprobs=listed(bytes(event.logprobs)))
            case "response.function_call_arguments.delta":
                place = self._reading.place(event.output_index)
                if place is None:
                    raise AnswerMalformed("arguments came for a call that had not begun")
                return ToolPiece(place, text)
            case "response.refusal.delta":
                return RefusalPiece(text)
            case "response.reasoning_summary_text.delta" | "response.reasoning_text.delta":
                if event.summary_index > self._summary:
                    text = "\n\n" + text
                self._summary = event.summary_index
                return ThinkingPiece(text)
        return None
