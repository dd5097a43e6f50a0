"""Reads chat completions, streamed and whole, into events: https://platform.openai.com/docs/api-reference/chat-streaming.

It distrusts what hosts leave out or double: indexes, ids, ``[DONE]``. Called by ``openai_chat``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from torana.core.call import Ask
from torana.core.events import (
    Began,
    Cited,
    Counted,
    Ended,
    Event,
    RefusalPiece,
    TextPiece,
    ThinkingPiece,
    ToolBegan,
    ToolPiece,
)
from torana.core.faults import AnswerMalformed
from torana.dialects import openai_chat
from torana.dialects.codecs.openai_logprobs import listed
from torana.dialects.codecs.sse_reader import SseReader
from torana.dialects.openai_errors import fault_inside
from torana.dialects.openai_usage import usage_of

FINISHES: Mapping[str, str] = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tools",
    "function_call": "tools",
    "content_filter": "filtered",
}
"""``finish_reason`` → our reason; any other is ``stop``."""
_DONE = b"[DONE]"


class _Function(msgspec.Struct, gc=False):
    name: str | None = None
    arguments: str | None = None


class _Google(msgspec.Struct, gc=False):
    thought_signature: str = ""


class _Extra(msgspec.Struct, gc=False):
    """Of Google's endpoint that speaks this dialect: https://ai.google.dev/gemini-api/docs/thought-signatures."""

    google: _Google | None = None


class _Call(msgspec.Struct, gc=False):
    index: int | None = None
    id: str | None = None
    function: _Function | None = None
    extra_content: _Extra | None = None


class _Source(msgspec.Struct, gc=False):
    url: str = ""
    title: str = ""
    start_index: int | None = None
    end_index: int | None = None


class _Annotation(msgspec.Struct, gc=False):
    url_citation: _Source | None = None


class _Thought(msgspec.Struct, gc=False):
    """Of hosts that hand signed thinking through, in the shape of Claude's API."""

    thinking: str | None = None
    signature: str | None = None
    data: str | None = None


class _Said(msgspec.Struct, gc=False):
    """A delta, or a whole message."""

    content: str | None = None
    refusal: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    thinking_blocks: list[_Thought] | None = None
    tool_calls: list[_Call] | None = None
    function_call: _Function | None = None
    annotations: list[_Annotation] | None = None


class _Logprobs(msgspec.Struct, gc=False):
    content: msgspec.Raw = msgspec.Raw(b"")


class _Choice(msgspec.Struct, gc=False):
    delta: _Said | None = None
    message: _Said | None = None
    index: int = 0
    finish_reason: str | None = None
    logprobs: _Logprobs | None = None
    error: object = None


class _Answer(msgspec.Struct, gc=False):
    """An event of a stream, or a whole answer."""

    id: str | None = None
    model: str | None = None
    created: int | float | None = None
    choices: list[_Choice] | None = None
    usage: object = None
    service_tier: object = None
    error: object = None


_decode = msgspec.json.Decoder(_Answer).decode


def read_whole(body: bytes) -> Sequence[Event]:
    """The events of a whole answer. Raises AnswerMalformed, StatusFault for an error inside a 200."""
    openai_chat.read_answer(body, Ask(None))  # errors inside a good answer are judged there
    pieces = _Pieces()
    try:
        events = list(pieces.of(_decode(body)))
    except (ValueError, RecursionError):  # msgspec's errors are ValueErrors
        raise AnswerMalformed("the answer is no chat completion") from None
    ended = {event.candidate for event in events if isinstance(event, Ended)}
    events += (Ended("stop", candidate) for candidate in sorted(pieces.candidates - ended))
    return events


class ChatReader(SseReader):
    """Reads one stream."""

    __slots__ = ("_ended", "_pieces")

    def __init__(self) -> None:
        super().__init__()
        self._pieces = _Pieces()
        self._ended: set[int] = set()

    def _whole(self) -> bool:
        """``[DONE]`` came, or every candidate ended: some hosts leave ``[DONE]`` out."""
        return self._done or bool(self._ended and self._ended >= self._pieces.candidates)

    def _take(self, data: bytes, name: str, events: list[Event]) -> None:
        if data == _DONE:
            self._done = True
            return
        try:
            answer = _decode(data)
        except (ValueError, RecursionError):  # msgspec's errors and UnicodeDecodeError are ValueErrors
            raise AnswerMalformed("an event of the stream is no chat completion chunk") from None
        error = answer.error
        broken = bool(error) or name == "error"
        for choice in answer.choices or ():
            if choice.error or choice.finish_reason == "error":
                broken, error = True, choice.error
        if broken:
            raise fault_inside(error, data, openai_chat.ID)
        for event in self._pieces.of(answer):
            if isinstance(event, Ended):
                if event.candidate in self._ended:
                    continue  # some hosts repeat it on the event with the usage
                self._ended.add(event.candidate)
            events.append(event)


class _Pieces:
    """What an answer has said so far, as far as the next event's meaning hangs on it."""

    __slots__ = ("_began", "_calls", "candidates")

    def __init__(self) -> None:
        self._began = False
        self._calls: dict[int, list[tuple[int | None, str]]] = {}
        """By candidate: the index and the id of each call, in the order of their places."""
        self.candidates: set[int] = set()

    def of(self, answer: _Answer) -> Iterable[Event]:
        """The events of a decoded piece."""
        choices = answer.choices or ()
        if not self._began and (choices or answer.id):
            self._began = True
            yield Began(answer.id or "", answer.model or "", int(answer.created or 0))
        for choice in choices:
            self.candidates.add(choice.index)
            said = choice.delta or choice.message
            if said is not None:
                yield from self._said(said, choice)
            if choice.finish_reason:
                reason = FINISHES.get(choice.finish_reason, "stop")
                if reason == "stop" and self._calls.get(choice.index):
                    reason = "tools"  # some hosts say stop after tool calls
                yield Ended(reason, choice.index)
        usage = usage_of(answer.usage, answer.service_tier)
        if usage is not None:
            yield Counted(usage)

    def _said(self, said: _Said, choice: _Choice) -> Iterable[Event]:
        at = choice.index
        thought = said.reasoning_content or said.reasoning
        if thought:
            yield ThinkingPiece(thought, candidate=at)
        for block in said.thinking_blocks or ():
            text = "" if thought else block.thinking or ""  # told twice: once for clients that know no blocks
            if text or block.signature or block.data:
                yield ThinkingPiece(text, block.signature or "", block.data or "", at)
        if said.content:
            yield TextPiece(
                said.content, at, b"" if choice.logprobs is None else listed(bytes(choice.logprobs.content))
            )
        if said.refusal:
            yield RefusalPiece(said.refusal, at)
        for annotation in said.annotations or ():
            source = annotation.url_citation
            if source is not None:
                yield Cited(source.url, source.title, start=source.start_index, end=source.end_index, candidate=at)
        for call in said.tool_calls or ():
            yield from self._call(call, at)
        if said.function_call is not None:
            yield from self._call(_Call(0, None, said.function_call), at)

    def _call(self, call: _Call, candidate: int) -> Iterable[Event]:
        calls = self._calls.setdefault(candidate, [])
        place = _place(calls, call)
        function = call.function or _Function()
        if place is None:
            place = len(calls)
            made = call.id or f"call_{candidate}_{place}"
            calls.append((call.index, call.id or ""))
            google = call.extra_content.google if call.extra_content is not None else None
            signature = google.thought_signature if google is not None else ""
            yield ToolBegan(place, made, function.name or "", candidate, signature)
        if function.arguments:
            yield ToolPiece(place, function.arguments, candidate)


def _place(calls: list[tuple[int | None, str]], call: _Call) -> int | None:
    """The place of the call it continues; None for a new one. Hosts leave out the index, or give all calls 0."""
    for place in range(len(calls) - 1, -1, -1):
        index, name = calls[place]
        if call.index is not None and index == call.index:
            return place if not call.id or call.id == name else None
        if call.index is None and call.id and call.id == name:
            return place
    if call.index is None and not call.id and calls:
        return len(calls) - 1
    return None
