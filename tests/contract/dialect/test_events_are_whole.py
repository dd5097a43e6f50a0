"""A stream that we write: every event's data is one line, whatever line breaks a provider or a caller has between tokens."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from torana.core.errors import UpstreamAnswered
from torana.core.events import Began, Ended, TextPiece, ToolBegan, ToolPiece
from torana.core.sse import SseSplitter
from torana.dialects import translation
from torana.wiring import find

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOL = {"name": "weather", "description": "of a city", "parameters": SCHEMA}
CHAT: Mapping[str, object] = {"model": "m", "stream": True, "messages": [{"role": "user", "content": "hello"}]}
ASKED: Mapping[str, Mapping[str, object]] = {
    "openai_chat": {**CHAT, "tools": [{"type": "function", "function": TOOL}], "logprobs": True},
    "openai_responses": {
        "model": "m",
        "stream": True,
        "input": "hello",
        "tools": [{"type": "function", **TOOL}],
        "text": {"format": {"type": "json_schema", "name": "x", "schema": SCHEMA}},
        "metadata": {"a": "b"},
    },
    "anthropic_messages": {**CHAT, "max_tokens": 9, "tools": [{"name": "weather", "input_schema": SCHEMA}]},
    "gemini_content": {"contents": [{"role": "user", "parts": [{"text": "hello"}]}]},
    "complete": {**CHAT},
    "generate": {"prompt": "hello", "stream": True},
}
SPACED = b'[\r\n {"token":"h\\n",\n "logprob":-0.5, "bytes":null, "top_logprobs":[]}\n\n]'


def is_whole(wire: bytes) -> None:
    """Every event of the wire is JSON, and no line of it is anything but a field."""
    assert all(not line or line.startswith((b"data: ", b"event: ")) for line in wire.splitlines())
    for event in SseSplitter().feed(wire):
        assert event.data is not None
        if event.data != b"[DONE]":
            json.loads(event.data)


@pytest.mark.parametrize("dialect", sorted(translation.CLIENTS))
def test_line_breaks_between_tokens_do_not_end_an_event(dialect: str) -> None:
    codec = translation.CLIENTS[dialect]
    writer = codec.writer(codec.read_request(json.dumps(ASKED[dialect], indent=2).encode()))
    wire = writer.write([Began("id", "m"), TextPiece("two\nlines", 0, SPACED)])
    wire += writer.write(
        [ToolBegan(0, "call_1", "weather"), ToolPiece(0, '{\n  "city": "Paris\\n"'), ToolPiece(0, "\r\n}")]
    )
    wire += writer.write([Ended("tools")])
    is_whole(wire + writer.finish())


SPEAKING = [one for one in find.dialect_modules() if hasattr(one, "refuse_event")]


@pytest.mark.parametrize("module", SPEAKING, ids=[one.ID for one in SPEAKING])
def test_a_providers_own_words_do_not_end_the_last_event(module: Any) -> None:
    for own in ("openai_chat", "anthropic_messages", "gemini_content", module.ID):
        for error in ({"message": "no", "type": "x", "code": 400, "status": "INVALID"}, {"type": "x", "message": "no"}):
            body = json.dumps({"type": "error", "error": error}, indent=2).encode()
            refused = UpstreamAnswered(
                "REQUEST_INVALID", "no", upstream_status=400, body=body, dialect=own, passed_on=True
            )
            is_whole(module.refuse_event(refused, "req-1"))
