"""The codec of chat completions: requests there and back, streams and whole answers there and back, cut anywhere."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.core.call import Usage
from torana.core.errors import GatewayError
from torana.core.events import (
    Began,
    Choice,
    Cited,
    Counted,
    Ended,
    Event,
    Format,
    Media,
    Reasoning,
    Refusal,
    RefusalPiece,
    Request,
    Sampling,
    Text,
    TextPiece,
    Thinking,
    ThinkingPiece,
    Tool,
    ToolBegan,
    ToolCall,
    ToolPiece,
    ToolResult,
    Turn,
)
from torana.core.faults import AnswerMalformed, ConnectionBroken, StatusFault
from torana.dialects.codecs import openai_chat as codec

WHOLE = Request(
    model="m",
    system=(Text("be brief"),),
    turns=(
        Turn("user", (Text("look"), Media("image", "image/png", data="aGk=", detail="low")), "ann"),
        Turn("assistant", (Text("so"), ToolCall("c1", "get", '{"a": 1.0}'), ToolCall("c2", "get", '{"a":2}'))),
        Turn("user", (ToolResult("c1", (Text("one"),)), ToolResult("c2", (Text("two"),)))),
        Turn("user", (Media("audio", "audio/wav", data="UklG"), Media("document", file_id="file-1", name="a.pdf"))),
        Turn("assistant", (Refusal("no"),)),
    ),
    tools=(Tool("get", "gets", b'{"type":"object","x":1.10}', True), Tool("put")),
    choice=Choice("tool", "get"),
    parallel_tools=False,
    sampling=Sampling(9, 0.5, 0.25, None, ("x", "y"), 7, 0.5, -0.5, 2, 3),
    format=Format("schema", "answer", b'{"type":"object"}', True, "d"),
    reasoning=Reasoning("low"),
    stream=True,
    user="u-1",
    tier="flex",
    metadata=(("k", "v"),),
)


def sent(request: Request) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(codec.write_request(request, request.model).body)
    return body


def test_a_request_that_the_dialect_can_say_comes_back_as_it_was() -> None:
    body, dropped = codec.write_request(WHOLE, "m")
    assert codec.read_request(body) == WHOLE
    assert dropped == ()


text = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=12)
parts = st.lists(text.map(Text), min_size=1, max_size=3).map(tuple)
calls = st.lists(st.tuples(text, text, text).map(lambda said: ToolCall(*said)), min_size=1, max_size=3).map(tuple)
results = st.lists(st.tuples(text, parts).map(lambda said: ToolResult(*said)), min_size=1, max_size=3).map(tuple)
turn = st.one_of(
    parts.map(lambda said: Turn("user", said)),
    parts.map(lambda said: Turn("assistant", said)),
    calls.map(lambda made: Turn("assistant", made)),
)


@given(st.lists(st.one_of(turn, results.map(lambda made: Turn("user", made))), min_size=1, max_size=5))
def test_turns_come_back_as_they_were(turns: list[Turn]) -> None:
    merged = [one for at, one in enumerate(turns) if not (at and is_results(one) and is_results(turns[at - 1]))]
    request = Request("m", tuple(merged), wants_usage=False)
    assert codec.read_request(codec.write_request(request, "m").body) == request


def is_results(turn: Turn) -> bool:
    return isinstance(turn.parts[0], ToolResult)


def test_what_is_not_given_is_left_out_and_nothing_is_null() -> None:
    assert sent(Request("m", (Turn("user", (Text("hi"),)),))) == {
        "model": "m",
        "messages": [{"role": "user", "content": "hi"}],
    }


def test_members_nobody_else_knows_are_named() -> None:
    body = {"messages": [{"role": "user", "content": "x"}], "logit_bias": {"1": 2}, "store": True, "audio": None}
    assert codec.read_request(json.dumps(body).encode()).dropped == ("logit_bias", "store")


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"messages": [{"role": "robot"}]}, "messages[0].role"),
        ({"messages": [{"role": "user", "content": [{"type": "hologram"}]}]}, "messages[0].content[0]"),
        ({"messages": [{"role": "user", "content": "x"}], "tool_choice": "maybe"}, "tool_choice"),
        ({"messages": [{"role": "user", "content": "x"}], "response_format": {"type": "xml"}}, "response_format"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:x"}}]}]},
         "messages[0].content[0]"),
    ],
)  # fmt: skip
def test_what_cannot_be_understood_is_refused_with_its_place(body: dict[str, Any], param: str) -> None:
    with pytest.raises(GatewayError) as caught:
        codec.read_request(json.dumps(body).encode())
    assert (caught.value.code, caught.value.param) == ("REQUEST_INVALID", param)


def test_sealed_thinking_goes_back_to_its_host_in_blocks_and_is_read_from_them() -> None:
    parts = (Thinking("hm", "sig"), Thinking(data="dd"), Text("so"))
    body, dropped = codec.write_request(Request("m", (Turn("assistant", parts),)), "m")
    assert dropped == ()
    assert b"reasoning_content" not in body
    assert codec.read_request(body).turns[0].parts == parts


def test_streamed_reasoning_and_its_signature_are_one_thinking_again() -> None:
    answer = {"role": "assistant", "content": "so", "reasoning_content": "hm"}
    signed = {**answer, "thinking_blocks": [{"type": "thinking", "thinking": "", "signature": "sig"}]}
    redacted = {**answer, "thinking_blocks": [{"type": "redacted_thinking", "data": "dd"}]}
    for said, parts in (
        (answer, (Thinking("hm"), Text("so"))),
        (signed, (Thinking("hm", "sig"), Text("so"))),
        (redacted, (Thinking("hm"), Thinking(data="dd"), Text("so"))),
    ):
        assert codec.read_request(json.dumps({"messages": [said]}).encode()).turns[0].parts == parts


def test_hosts_that_tell_reasoning_twice_are_heard_once() -> None:
    block = {"type": "thinking", "thinking": "hm", "signature": "sig"}
    message = {"content": "so", "reasoning_content": "hm", "thinking_blocks": [block]}
    body = json.dumps({"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}).encode()
    thoughts = [event for event in codec.read_whole(body) if isinstance(event, ThinkingPiece)]
    assert "".join(event.text for event in thoughts) == "hm"
    assert [event.signature for event in thoughts if event.signature] == ["sig"]


@pytest.mark.parametrize(
    ("reasoning", "effort"),
    [(Reasoning(budget=1024), "low"), (Reasoning(budget=8192), "medium"), (Reasoning(budget=9000), "high"),
     (Reasoning("high"), "high"), (Reasoning("off"), None), (Reasoning(), None)],
)  # fmt: skip
def test_a_budget_of_thinking_becomes_an_effort(reasoning: Reasoning, effort: str | None) -> None:
    assert sent(Request("m", (), reasoning=reasoning)).get("reasoning_effort") == effort


ODDS = b'[{"token":"Hi","logprob":-0.25,"bytes":null,"top_logprobs":[]}]'
ROW: tuple[Event, ...] = (
    Began("c-1", "gpt", 7),
    ThinkingPiece("hm"),
    TextPiece("Hi", 0, ODDS),
    TextPiece(" you"),
    Cited("https://a.example", "A", start=0, end=2),
    RefusalPiece("no", 1),
    ToolBegan(0, "call_1", "get"),
    ToolPiece(0, '{"a":'),
    ToolBegan(1, "call_2", "put"),
    ToolPiece(1, "{}"),
    ToolPiece(0, " 1.0}"),
    Ended("tools"),
    Ended("length", 1),
    Counted(Usage(uncached=5, cache_read=3, output=4, reasoning=2)),
)


def streamed(row: tuple[Event, ...], wants_usage: bool = True) -> bytes:
    writer = codec.writer(Request("m", (), wants_usage=wants_usage))
    return b"".join(writer.write((event,)) for event in row) + writer.finish()


def test_a_stream_comes_back_as_it_was_wherever_it_is_cut() -> None:
    wire = streamed(ROW)
    for cut in range(len(wire) + 1):
        reader = codec.reader()
        events = [*reader.feed(wire[:cut]), *reader.feed(wire[cut:]), *reader.finish()]
        assert tuple(events) == ROW


def test_usage_nobody_asked_for_is_not_streamed() -> None:
    assert b"usage" not in streamed(ROW, wants_usage=False)


def test_a_whole_answer_comes_back_with_its_pieces_joined() -> None:
    events = codec.read_whole(codec.write_whole(ROW, Request("m", ())))
    assert [event for event in events if isinstance(event, ToolPiece)] == [
        ToolPiece(0, '{"a": 1.0}'),
        ToolPiece(1, "{}"),
    ]
    assert TextPiece("Hi you", 0, ODDS) in events
    assert {event for event in events if isinstance(event, Ended | Counted | Began)} == {
        event for event in ROW if isinstance(event, Ended | Counted | Began)
    }


@given(st.lists(text, min_size=1, max_size=6))
def test_tool_arguments_leave_as_the_bytes_that_came(pieces: list[str]) -> None:
    row = (Began("i", "m", 1), ToolBegan(0, "c", "f"), *(ToolPiece(0, piece) for piece in pieces), Ended("tools"))
    message = json.loads(codec.write_whole(row, Request("m", ())))["choices"][0]["message"]
    assert message["tool_calls"][0]["function"]["arguments"] == "".join(pieces)
    reader = codec.reader()
    events = [*reader.feed(streamed(row)), *reader.finish()]
    assert "".join(event.text for event in events if isinstance(event, ToolPiece)) == "".join(pieces)


def chunk(**choice: object) -> bytes:
    return b"data: " + json.dumps({"id": "i", "choices": [{"index": 0, **choice}]}).encode() + b"\n\n"


def test_calls_of_hosts_that_number_none_of_them_are_told_apart_by_their_ids() -> None:
    one = {"id": "a", "function": {"name": "f", "arguments": "{}"}}
    two = {"id": "b", "function": {"name": "g", "arguments": "[]"}}
    reader = codec.reader()
    events = reader.feed(chunk(delta={"tool_calls": [one]}) + chunk(delta={"tool_calls": [two]}))
    assert [event for event in events if isinstance(event, ToolBegan)] == [
        ToolBegan(0, "a", "f"),
        ToolBegan(1, "b", "g"),
    ]


def test_calls_of_hosts_that_number_all_of_them_0_are_told_apart_by_their_ids() -> None:
    calls = [{"index": 0, "id": name, "function": {"name": name, "arguments": "{}"}} for name in "ab"]
    events = codec.reader().feed(b"".join(chunk(delta={"tool_calls": [call]}) for call in calls))
    assert [event.id for event in events if isinstance(event, ToolBegan)] == ["a", "b"]


def test_stop_after_tool_calls_means_tools_and_a_repeated_finish_counts_once() -> None:
    call = {"index": 0, "id": "a", "function": {"name": "f", "arguments": "{}"}}
    wire = chunk(delta={"tool_calls": [call]}) + chunk(delta={}, finish_reason="stop") + chunk(finish_reason="stop")
    reader = codec.reader()
    events = [*reader.feed(wire), *reader.finish()]
    assert [event for event in events if isinstance(event, Ended)] == [Ended("tools")]


def test_an_error_behind_good_events_is_raised_by_the_next_call() -> None:
    reader = codec.reader()
    events = reader.feed(chunk(delta={"content": "Hi"}) + b'data: {"error":{"code":429}}\n\n')
    assert TextPiece("Hi") in events
    with pytest.raises(StatusFault) as caught:
        reader.feed(b"")
    assert caught.value.status == 429


def test_a_stream_that_was_cut_short_is_broken_and_one_without_done_is_not() -> None:
    reader = codec.reader()
    reader.feed(chunk(delta={"content": "Hi"}))
    with pytest.raises(ConnectionBroken):
        reader.finish()
    whole = codec.reader()
    whole.feed(chunk(delta={"content": "Hi"}) + chunk(finish_reason="stop"))
    assert not whole.finish()


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"choices":[{"index":"x"}]}', b"\xff"])
def test_a_body_that_is_no_answer_is_malformed(body: bytes) -> None:
    with pytest.raises(AnswerMalformed):
        codec.read_whole(body)
