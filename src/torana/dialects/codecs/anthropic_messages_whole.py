"""Writes events as whole Messages answers, and the objects that streams have too.

Source: https://platform.claude.com/docs/en/api/messages/create. Called by ``anthropic_messages``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

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
from torana.dialects.codecs.anthropic_messages_body import CALL_SIGNED, input_of

Json = dict[str, object]

STOPS: Mapping[str, str] = MappingProxyType(
    {
        "stop": "end_turn",
        "length": "max_tokens",
        "tools": "tool_use",
        "sequence": "stop_sequence",
        "paused": "pause_turn",
        "refused": "refusal",
        "filtered": "refusal",
    }
)
"""``Ended.reason`` → ``stop_reason``."""
NO_ID = "msg_without_id"
"""The id of an answer whose provider tells none: clients take any text, but no missing one."""

_encode = msgspec.json.encode


def usage_json(usage: Usage) -> Json:
    """The API's ``usage``: its input leaves out what a cache read or wrote."""
    said: Json = {
        "input_tokens": usage.uncached,
        "cache_creation_input_tokens": usage.cache_write,
        "cache_read_input_tokens": usage.cache_read,
        "output_tokens": usage.output,
    }
    if usage.reasoning:
        said["output_tokens_details"] = {"thinking_tokens": usage.reasoning}
    return said


def stop_of(ended: Ended | None, tools: bool) -> Json:
    """``stop_reason`` and ``stop_sequence``. Some hosts end tool calls with a plain stop: clients would not run them."""
    reason = STOPS.get(ended.reason, "end_turn") if ended is not None else "end_turn"
    if tools and reason == "end_turn":
        reason = "tool_use"
    return {"stop_reason": reason, "stop_sequence": ended.sequence or None if ended is not None else None}


def citation_of(cited: Cited) -> Json:
    """A citation, as one of a web page when it has an address, else of a place in a document."""
    titled: Json = {"title": cited.title} if cited.title else {}
    if cited.url:
        place = {"type": "web_search_result_location", "url": cited.url, "encrypted_index": ""}
        return {**place, **titled, "cited_text": cited.quote}
    return {
        "type": "char_location",
        "cited_text": cited.quote,
        "document_index": cited.document or 0,
        "document_title": cited.title or None,
        "start_char_index": cited.start or 0,
        "end_char_index": cited.end if cited.end is not None else len(cited.quote),
    }


def head(began: Began, request: Request, usage: Usage, content: Sequence[Json], stop: Json) -> Json:
    """A message object, with the members the API writes as null while they are not known."""
    return {
        "id": began.id or NO_ID,
        "type": "message",
        "role": "assistant",
        "model": began.model or request.model,
        "content": content,
        **stop,
        "usage": usage_json(usage),
    }


def signed_call(began: ToolBegan) -> Json:
    """The block before a tool call that holds its signature."""
    return {"type": "redacted_thinking", "data": CALL_SIGNED + began.signature}


def shows(request: Request) -> bool:
    """Whether the caller reads the model's thinking."""
    return request.reasoning is None or request.reasoning.shown


def write_whole(events: Sequence[Event], request: Request) -> bytes:
    """A whole answer; candidates but the first are left out."""
    began, usage, ended = Began(), Usage(), None
    blocks: list[Json] = []
    tools: dict[int, Json] = {}
    arguments: dict[int, str] = {}
    shown = shows(request)
    for event in events:
        match event:
            case Began():
                began = event
            case Counted():
                usage = event.usage
            case _ if event.candidate != 0:
                continue
            case Ended():
                ended = event
            case ToolBegan():
                if event.signature:
                    blocks.append(signed_call(event))
                call: Json = {"type": "tool_use", "id": event.id or f"toolu_{event.place}", "name": event.name}
                tools[event.place] = call
                blocks.append(call)
            case ToolPiece():
                arguments[event.place] = arguments.get(event.place, "") + event.text
            case _:
                _join(event, blocks, shown)
    for place, call in tools.items():
        call["input"] = input_of(arguments.get(place, ""))
    return _encode(head(began, request, usage, blocks, stop_of(ended, bool(tools))))


def _join(event: Event, blocks: list[Json], shown: bool) -> None:
    """Add text, reasoning or a citation to the last block, or as a new one."""
    last = blocks[-1] if blocks else {}
    match event:
        case TextPiece() | RefusalPiece():
            if last.get("type") == "text" and "citations" not in last:
                last["text"] = f"{last['text']}{event.text}"
            elif event.text:
                blocks.append({"type": "text", "text": event.text})
        case Cited():
            if last.get("type") != "text":
                last = {"type": "text", "text": ""}
                blocks.append(last)
            listed = last.setdefault("citations", [])
            if isinstance(listed, list):
                listed.append(citation_of(event))
        case ThinkingPiece(data=data) if data:
            blocks.append({"type": "redacted_thinking", "data": data})
        case ThinkingPiece():
            text = event.text if shown else ""
            if not text and not event.signature:
                return
            if last.get("type") != "thinking" or last["signature"]:
                last = {"type": "thinking", "thinking": "", "signature": ""}
                blocks.append(last)
            last["thinking"] = f"{last['thinking']}{text}"
            last["signature"] = event.signature
