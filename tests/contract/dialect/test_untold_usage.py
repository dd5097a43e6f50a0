"""A usage that tells nothing is none: what nobody counted is estimated, never free of charge."""

from __future__ import annotations

import json
from typing import Any

import pytest

from torana.core.call import Ask, Usage
from torana.core.events import Counted
from torana.dialects import anthropic_messages, gemini_content
from torana.dialects.codecs import anthropic_messages as anthropic_codec
from torana.dialects.codecs import bedrock_converse
from torana.dialects.codecs import gemini as gemini_codec

TEXT = [{"type": "text", "text": "x"}]
MESSAGE = {"id": "m", "type": "message", "role": "assistant", "model": "m", "content": TEXT, "stop_reason": "end_turn"}
CONTENT = {"candidates": [{"content": {"parts": [{"text": "x"}]}, "finishReason": "STOP"}]}
WHOLE: Any = pytest.mark.parametrize(
    ("dialect", "codec", "body", "name"),
    [(anthropic_messages, anthropic_codec, MESSAGE, "usage"), (gemini_content, gemini_codec, CONTENT, "usageMetadata")],
)


@WHOLE
@pytest.mark.parametrize(
    "usage",
    [
        {},
        {"trafficType": "ON_DEMAND"},
        {"input_tokens": None, "output_tokens": None},
        {"input_tokens": -1, "promptTokenCount": -1},
        {"output_tokens": 1 << 50, "candidatesTokenCount": 1 << 50},
    ],
)
def test_a_whole_answer_that_tells_no_count_has_no_usage(
    dialect: Any, codec: Any, body: Any, name: str, usage: Any
) -> None:
    wire = json.dumps({**body, name: usage}).encode()
    assert dialect.read_answer(wire, Ask("m")).usage is None
    assert not any(isinstance(event, Counted) for event in codec.read_whole(wire))


@WHOLE
def test_a_count_of_nothing_is_a_count(dialect: Any, codec: Any, body: Any, name: str) -> None:
    wire = json.dumps({**body, name: {"input_tokens": 0, "promptTokenCount": 0}}).encode()
    assert dialect.read_answer(wire, Ask("m")).usage == Usage()


@pytest.mark.parametrize(
    ("usage", "counted"), [({}, 0), ({"inputTokens": -1, "outputTokens": 1 << 50}, 0), ({"inputTokens": 0}, 1)]
)
def test_converse_tells_no_usage_either_where_it_has_no_count(usage: Any, counted: int) -> None:
    answer = {"output": {"message": {"role": "assistant", "content": [{"text": "x"}]}}, "stopReason": "end_turn"}
    events = bedrock_converse.read_whole(json.dumps({**answer, "usage": usage}).encode())
    assert sum(isinstance(event, Counted) for event in events) == counted


def test_pieces_that_say_only_how_they_are_billed_tell_no_usage_until_the_last() -> None:
    decoder = gemini_content.decoder(Ask("m", stream=True))
    piece = {"candidates": [{"content": {"parts": [{"text": "x"}]}}], "usageMetadata": {"trafficType": "ON_DEMAND"}}
    (first,) = decoder.feed(b"data: " + json.dumps(piece).encode() + b"\r\n\r\n")
    assert first.content and first.usage is None
    last = {**CONTENT, "usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 2}}
    (end,) = decoder.feed(b"data: " + json.dumps(last).encode() + b"\r\n\r\n")
    assert end.usage == Usage(uncached=9, output=2)


def test_a_stream_of_messages_tells_its_usage_when_it_has_one() -> None:
    decoder = anthropic_messages.decoder(Ask("m", stream=True))
    begin = {"type": "message_start", "message": {**MESSAGE, "content": [], "usage": {}}}
    (first,) = decoder.feed(b"event: message_start\ndata: " + json.dumps(begin).encode() + b"\n\n")
    assert first.usage is None
    delta = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 3}}
    (end,) = decoder.feed(b"event: message_delta\ndata: " + json.dumps(delta).encode() + b"\n\n")
    assert end.usage == Usage(output=3)
