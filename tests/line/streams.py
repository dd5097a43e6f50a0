"""Streamed answers of every dialect made of pieces of a text, and the text read out of them again."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from torana.core.sse import SseSplitter


class Speech(NamedTuple):
    """How a dialect says pieces of one text in a stream."""

    dialect: str
    before: Sequence[Any]
    piece: Callable[[str], Any]
    after: Callable[[str], Sequence[Any]]
    """From the whole text."""
    read: Callable[[dict[str, Any]], str]
    """The piece in an event; empty where there is none."""
    ends: Sequence[str] = ()
    arguments: bool = False
    """Whether the text is JSON that the caller reads."""


def sse(event: Any) -> bytes:
    """An event as it is sent."""
    if isinstance(event, str):
        return f"data: {event}\n\n".encode()
    name = f"event: {event['type']}\n" if "type" in event and "." not in event["type"] else ""
    return f"{name}data: {json.dumps(event)}\n\n".encode()


def chat(delta: dict[str, Any], finish: str | None = None, **more: Any) -> dict[str, Any]:
    return {
        "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "gpt",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish, **more}],
    }  # fmt: skip


def chat_read(event: dict[str, Any]) -> str:
    return "".join(one["delta"].get("content") or "" for one in event["choices"])


def chat_tool_read(event: dict[str, Any]) -> str:
    calls = [call for one in event["choices"] for call in one["delta"].get("tool_calls", ())]
    return "".join(call["function"].get("arguments", "") for call in calls)


def tool(arguments: str, **more: Any) -> dict[str, Any]:
    return chat({"tool_calls": [{"index": 0, "function": {"arguments": arguments, **more}}]})


def gemini(parts: list[Any], **more: Any) -> dict[str, Any]:
    return {"candidates": [{"content": {"role": "model", "parts": parts}, **more}], "modelVersion": "g"}


def block_delta(delta: dict[str, Any]) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": 0, "delta": delta}


def anthropic(start: dict[str, Any]) -> list[dict[str, Any]]:
    message = {"id": "msg_1", "type": "message", "role": "assistant", "content": [], "model": "claude"}
    return [
        {"type": "message_start", "message": message},
        {"type": "content_block_start", "index": 0, "content_block": start},
    ]


STOP = [
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}},
    {"type": "message_stop"},
]


def response(kind: str, **more: Any) -> dict[str, Any]:
    return {"type": f"response.{kind}", "item_id": "item_1", "output_index": 0, **more}


def said(text: str) -> dict[str, Any]:
    return {"id": "item_1", "type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}


def called(text: str) -> dict[str, Any]:
    return {"id": "item_1", "type": "function_call", "call_id": "call_1", "name": "send", "arguments": text}


SPEECHES = [
    Speech(
        "openai_chat", [chat({"role": "assistant", "content": ""})], lambda text: chat({"content": text}),
        lambda _: [chat({}, "stop")], chat_read, ["[DONE]"],
    ),
    Speech(
        "openai_chat_tools",
        [chat({"tool_calls": [{"index": 0, "id": "c", "type": "function", "function": {"name": "f", "arguments": ""}}]})],
        tool, lambda _: [chat({}, "tool_calls")], chat_tool_read, ["[DONE]"], arguments=True,
    ),
    Speech(
        "completions", [], lambda text: {"id": "c", "choices": [{"index": 0, "text": text, "finish_reason": None}]},
        lambda _: [{"id": "c", "choices": [{"index": 0, "text": "", "finish_reason": "stop"}]}],
        lambda event: "".join(one["text"] for one in event["choices"]), ["[DONE]"],
    ),
    Speech(
        "anthropic_messages", anthropic({"type": "text", "text": ""}),
        lambda text: block_delta({"type": "text_delta", "text": text}), lambda _: STOP,
        lambda event: event.get("delta", {}).get("text", ""),
    ),
    Speech(
        "anthropic_messages_tools", anthropic({"type": "tool_use", "id": "toolu_1", "name": "send", "input": {}}),
        lambda text: block_delta({"type": "input_json_delta", "partial_json": text}), lambda _: STOP,
        lambda event: event.get("delta", {}).get("partial_json", ""), arguments=True,
    ),
    Speech(
        "gemini_content", [], lambda text: gemini([{"text": text}]), lambda _: [gemini([{"text": ""}], finishReason="STOP")],
        lambda event: "".join(part["text"] for one in event["candidates"] for part in one["content"]["parts"]),
    ),
    Speech(
        "openai_responses", [{"type": "response.created", "response": {"id": "r", "output": [], "status": "in_progress"}}],
        lambda text: response("output_text.delta", content_index=0, delta=text, sequence_number=len(text), obfuscation="x" * len(text)),
        lambda text: [
            response("output_text.done", content_index=0, text=text),
            response("content_part.done", content_index=0, part={"type": "output_text", "text": text}),
            response("output_item.done", item=said(text)),
            {"type": "response.completed", "response": {"id": "r", "output": [said(text)], "status": "completed"}},
        ],
        lambda event: event["delta"] if event["type"].endswith(".delta") else "",
    ),
    Speech(
        "openai_responses_tools", [response("output_item.added", item=called(""))],
        lambda text: response("function_call_arguments.delta", delta=text),
        lambda text: [
            response("function_call_arguments.done", arguments=text),
            {"type": "response.completed", "response": {"id": "r", "output": [called(text)], "status": "completed"}},
        ],
        lambda event: event["delta"] if event["type"].endswith(".delta") else "", arguments=True,
    ),
    Speech(
        "complete", [], lambda text: {"type": "text", "text": text}, lambda _: [{"type": "end", "finish_reason": "stop"}],
        lambda event: event.get("text", ""),
    ),
    Speech(
        "complete_tools", [{"type": "tool_call", "id": "c", "name": "f"}],
        lambda text: {"type": "tool_arguments", "text": text}, lambda _: [{"type": "end", "finish_reason": "tools"}],
        lambda event: event.get("text", ""), arguments=True,
    ),
]  # fmt: skip


def wires(speech: Speech, pieces: Sequence[str]) -> list[bytes]:
    """The events of a stream that says these pieces."""
    events = [*speech.before, *map(speech.piece, pieces), *speech.after("".join(pieces)), *speech.ends]
    return [sse(event) for event in events]


def heard(speech: Speech, wire: bytes) -> str:
    """What a client makes of what came so far: only whole events count."""
    events = [event.data for event in SseSplitter().feed(wire) if event.data not in (None, b"[DONE]")]
    return "".join(speech.read(json.loads(data or b"{}")) for data in events)
