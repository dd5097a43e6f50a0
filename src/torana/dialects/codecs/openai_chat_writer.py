"""Writes events as chat completions, streamed and whole. Called by ``openai_chat``.

Thinking goes out as ``reasoning_content``, which is what clients of this dialect have come to read; what its provider
wants to see again stands beside it, in ``thinking_blocks``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from torana.core.call import Usage
from torana.core.events import (
    Began,
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
from torana.dialects import json_text

Json = dict[str, object]
REASONS: Mapping[str, str] = {
    "stop": "stop",
    "sequence": "stop",
    "refused": "content_filter",
    "filtered": "content_filter",
    "length": "length",
    "tools": "tool_calls",
    "paused": "stop",
}
"""Our reason → ``finish_reason``."""
_encode = msgspec.json.encode


class ChatWriter:
    """Writer of one stream."""

    __slots__ = ("_began", "_spoke", "_usage", "_wants_usage")

    def __init__(self, request: Request) -> None:
        self._began = Began(model=request.model)
        self._usage: Usage | None = None
        self._wants_usage = request.wants_usage
        self._spoke: set[int] = set()

    def write(self, events: Sequence[Event]) -> bytes:
        """The wire bytes of these events."""
        parts: list[bytes] = []
        for event in events:
            if isinstance(event, Began):
                self._began = event._replace(model=event.model or self._began.model)
            elif isinstance(event, Counted):
                self._usage = event.usage
            elif isinstance(event, Ended):
                parts.append(self._event(event.candidate, {}, REASONS[event.reason]))
            else:
                delta, odds = _delta(event)
                if delta:
                    parts.append(self._event(event.candidate, delta, odds=odds))
        return b"".join(parts)

    def finish(self) -> bytes:
        """The usage, where it was asked for, and the end."""
        usage = b""
        if self._wants_usage and self._usage is not None:
            usage = _sse({**self._head(), "choices": [], "usage": usage_body(self._usage)})
        return usage + b"data: [DONE]\n\n"

    def _head(self) -> Json:
        began = self._began
        return {
            "id": began.id or "chatcmpl-torana",
            "object": "chat.completion.chunk",
            "created": began.created,
            "model": began.model,
        }

    def _event(self, candidate: int, delta: Json, finish: str | None = None, odds: bytes = b"") -> bytes:
        if candidate not in self._spoke:
            self._spoke.add(candidate)
            delta = {"role": "assistant", **delta}
        choice: Json = {"index": candidate, "delta": delta, "finish_reason": finish}
        if odds:
            choice["logprobs"] = {"content": msgspec.Raw(odds)}
        return _sse({**self._head(), "choices": [choice]})


def _delta(event: Event) -> tuple[Json, bytes]:
    match event:
        case TextPiece(text, _, odds):
            return {"content": text}, odds
        case ThinkingPiece(text):
            delta: Json = {"reasoning_content": text} if text else {}
            return ({**delta, "thinking_blocks": [_sealed("", event)]} if _is_sealed(event) else delta), b""
        case RefusalPiece(text):
            return {"refusal": text}, b""
        case ToolBegan(place):
            return {"tool_calls": [{"index": place, **_call(event, "")}]}, b""
        case ToolPiece(place, text):
            return {"tool_calls": [{"index": place, "function": {"arguments": text}}]}, b""
        case Cited():
            return ({"annotations": [_annotation(event)]} if event.url else {}), b""
        case _:
            return {}, b""


def _is_sealed(piece: ThinkingPiece) -> bool:
    return bool(piece.signature or piece.data)


def _sealed(text: str, piece: ThinkingPiece) -> Json:
    """The end of a piece of reasoning: no member of the API, but of gateways; clients send it back unread."""
    if piece.data:
        return {"type": "redacted_thinking", "data": piece.data}
    return {"type": "thinking", "thinking": text, "signature": piece.signature}


def _call(began: ToolBegan, arguments: str) -> Json:
    """A call. Its signature stands where Google's own endpoint of this dialect has it; clients send it back unread."""
    call: Json = {"id": began.id, "type": "function", "function": {"name": began.name, "arguments": arguments}}
    if began.signature:
        call["extra_content"] = {"google": {"thought_signature": began.signature}}
    return call


def _annotation(cited: Cited) -> Json:
    source: Json = {"url": cited.url, "title": cited.title}
    if cited.start is not None and cited.end is not None:
        source |= {"start_index": cited.start, "end_index": cited.end}
    else:
        source |= {"start_index": 0, "end_index": 0}  # the shape wants both; SDK types refuse their absence
    return {"type": "url_citation", "url_citation": source}


def _sse(event: Json) -> bytes:
    return b"data: " + json_text.one_line(_encode(event)) + b"\n\n"


def usage_body(usage: Usage) -> Json:
    """The ``usage`` object: https://platform.openai.com/docs/api-reference/chat/object."""
    body: Json = {
        "prompt_tokens": usage.input,
        "completion_tokens": usage.output,
        "total_tokens": usage.input + usage.output,
        "prompt_tokens_details": {"cached_tokens": usage.cache_read},
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning},
    }
    return body


class _Candidate:
    """One choice in the making."""

    def __init__(self) -> None:
        self.text: list[str] = []
        self.thought: list[str] = []
        self.since_sealed = 0
        """How many pieces of the thought stand in blocks already."""
        self.blocks: list[Json] = []
        self.refusal: list[str] = []
        self.odds: list[bytes] = []
        self.calls: dict[int, tuple[ToolBegan, list[str]]] = {}
        self.sources: list[Json] = []
        self.finish = "stop"

    def add(self, event: Event) -> None:
        match event:
            case TextPiece(text, _, odds):
                self.text.append(text)
                if odds:
                    self.odds.append(odds.strip()[1:-1])
            case ThinkingPiece(text):
                self.thought.append(text)
                if _is_sealed(event):
                    self.blocks.append(_sealed("".join(self.thought[self.since_sealed :]), event))
                    self.since_sealed = len(self.thought)
            case RefusalPiece(text):
                self.refusal.append(text)
            case ToolBegan(place):
                self.calls[place] = (event, [])
            case ToolPiece(place, text):
                self.calls[place][1].append(text)
            case Cited() if event.url:
                self.sources.append(_annotation(event))
            case Ended(reason):
                self.finish = REASONS[reason]

    def choice(self, index: int) -> Json:
        message: Json = {
            "role": "assistant",
            "content": "".join(self.text) if self.text or not (self.calls or self.refusal) else None,
            "refusal": "".join(self.refusal) or None,
        }
        if any(self.thought):
            message["reasoning_content"] = "".join(self.thought)
        if self.blocks:
            message["thinking_blocks"] = self.blocks
        if self.sources:
            message["annotations"] = self.sources
        if self.calls:
            message["tool_calls"] = [_call(call, "".join(pieces)) for call, pieces in self.calls.values()]
        odds = {"content": msgspec.Raw(b"[" + b",".join(self.odds) + b"]")} if self.odds else None
        return {"index": index, "message": message, "logprobs": odds, "finish_reason": self.finish}


def write_whole(events: Sequence[Event], request: Request) -> bytes:
    """A whole chat completion."""
    began = Began(model=request.model)
    candidates: dict[int, _Candidate] = {0: _Candidate()}
    usage: Usage | None = None
    for event in events:
        if isinstance(event, Began):
            began = event
        elif isinstance(event, Counted):
            usage = event.usage
        else:
            candidates.setdefault(event.candidate, _Candidate()).add(event)
    body: Json = {
        "id": began.id or "chatcmpl-torana",
        "object": "chat.completion",
        "created": began.created,
        "model": began.model or request.model,
        "choices": [candidates[index].choice(index) for index in sorted(candidates)],
    }
    if usage is not None:
        body["usage"] = usage_body(usage)
    return _encode(body)
