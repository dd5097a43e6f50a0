"""Events become Messages streams that the official SDK's types accept, with blocks one after another."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from anthropic.types import RawMessageStreamEvent
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from torana.core.call import Usage
from torana.core.events import (
    Began,
    Cited,
    Counted,
    Ended,
    Event,
    Reasoning,
    RefusalPiece,
    Request,
    TextPiece,
    ThinkingPiece,
    ToolBegan,
    ToolPiece,
)
from torana.core.sse import SseSplitter
from torana.dialects.codecs.anthropic_messages_answer import MessageReader
from torana.dialects.codecs.anthropic_messages_writer import MessageWriter

ASKED = Request("claude-asked", (), stream=True)
SDK = TypeAdapter[RawMessageStreamEvent](RawMessageStreamEvent)
BEGAN = Began("msg_1", "claude-x")
USAGE = Usage(10, 20, 3, 40, 5)


def written(events: Sequence[Event], request: Request = ASKED, at_once: bool = True) -> bytes:
    writer = MessageWriter(request)
    wire = writer.write(events) if at_once else b"".join(writer.write((event,)) for event in events)
    return wire + writer.finish()


def told(wire: bytes) -> list[dict[str, Any]]:
    """The events of a stream, each checked: its name is its type, and the SDK's model takes it."""
    events = []
    for _, name, data in SseSplitter().feed(wire):
        assert data is not None
        event = json.loads(data)
        SDK.validate_python(event)
        assert event["type"] == name
        events.append(event)
    return events


def well_ordered(events: Sequence[dict[str, Any]]) -> bool:
    """message_start, then blocks numbered from 0 that never overlap, then message_delta and message_stop."""
    open_at, following = None, 0
    for event in events[1:-2]:
        match event["type"]:
            case "content_block_start":
                if open_at is not None or event["index"] != following:
                    return False
                open_at = following
                following += 1
            case "content_block_delta":
                if event["index"] != open_at:
                    return False
            case "content_block_stop":
                if event["index"] != open_at:
                    return False
                open_at = None
    ends = [event["type"] for event in (events[0], *events[-2:])]
    return open_at is None and ends == ["message_start", "message_delta", "message_stop"]


def arguments(events: Sequence[dict[str, Any]]) -> list[tuple[str, str]]:
    """Id and joined arguments of each tool block, in the order of the blocks."""
    ids = {e["index"]: e["content_block"]["id"] for e in events if e.get("content_block", {}).get("type") == "tool_use"}
    pieces = [e for e in events if e.get("delta", {}).get("type") == "input_json_delta"]
    return [(i, "".join(e["delta"]["partial_json"] for e in pieces if e["index"] == n)) for n, i in ids.items()]


def test_a_plain_text_is_the_sequence_that_the_api_documents() -> None:
    events = told(written((BEGAN, TextPiece("Hel"), TextPiece("lo"), Ended("stop"), Counted(USAGE))))
    assert [event["type"] for event in events] == [
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]
    message = events[0]["message"]
    assert (message["id"], message["model"], message["role"], message["content"]) == (
        "msg_1",
        "claude-x",
        "assistant",
        [],
    )
    assert message["stop_reason"] is None
    assert events[-2] == {
        "type": "message_delta",
        "delta": {"stop_reason": "end_turn", "stop_sequence": None},
        "usage": {
            "input_tokens": 10,
            "cache_creation_input_tokens": 3,
            "cache_read_input_tokens": 20,
            "output_tokens": 40,
            "output_tokens_details": {"thinking_tokens": 5},
        },
    }


def test_usage_known_at_the_beginning_is_told_there() -> None:
    first = told(MessageWriter(ASKED).write((BEGAN, Counted(Usage(7, 1, 2, 1)))))[0]
    assert first["message"]["usage"]["input_tokens"] == 7


def test_each_kind_is_a_block_of_its_own_and_every_delta_has_its_shape() -> None:
    events = told(
        written(
            (
                BEGAN,
                ThinkingPiece("hm"),
                ThinkingPiece(signature="sig"),
                ThinkingPiece("again"),
                ThinkingPiece(data="opaque"),
                TextPiece("a"),
                Cited("https://e.x", "E", "q"),
                TextPiece("b"),
                Cited(title="D", quote="qq", start=1, end=3, document=2),
                ToolBegan(0, "toolu_1", "f"),
                ToolPiece(0, "{}"),
                Ended("tools"),
            ),
        )
    )
    assert well_ordered(events)
    kinds = [event["content_block"]["type"] for event in events if event["type"] == "content_block_start"]
    assert kinds == ["thinking", "thinking", "redacted_thinking", "text", "text", "tool_use"]
    assert [event["delta"]["type"] for event in events if event["type"] == "content_block_delta"] == [
        "thinking_delta",
        "signature_delta",
        "thinking_delta",
        "text_delta",
        "citations_delta",
        "text_delta",
        "citations_delta",
        "input_json_delta",
    ]


def test_a_call_is_streamed_as_it_comes_and_the_next_begins_when_its_json_is_whole() -> None:
    writer = MessageWriter(ASKED)
    assert b'"partial_json":"{\\"a\\":"' in writer.write((BEGAN, ToolBegan(0, "t0", "f"), ToolPiece(0, '{"a":')))
    assert b"1}" in writer.write((ToolPiece(0, "1}"),))
    assert b'"id":"t1"' in writer.write((ToolBegan(1, "t1", "g"),))


def test_calls_that_come_interleaved_are_told_apart_and_lose_nothing() -> None:
    events = told(
        written(
            (
                BEGAN,
                ToolBegan(0, "t0", "f"),
                ToolBegan(1, "t1", "g"),
                ToolPiece(0, '{"a":'),
                ToolPiece(1, '{"b":'),
                TextPiece("between"),
                ToolPiece(0, "{}}"),
                ToolPiece(1, "2}"),
                Ended("tools"),
            )
        )
    )
    assert well_ordered(events)
    assert arguments(events) == [("t0", '{"a":{}}'), ("t1", '{"b":2}')]


def test_a_call_cut_by_the_token_limit_keeps_its_half_json() -> None:
    events = told(written((BEGAN, ToolBegan(0, "t0", "f"), ToolPiece(0, '{"a": "b'), Ended("length"))))
    assert arguments(events) == [("t0", '{"a": "b')]
    assert events[-2]["delta"]["stop_reason"] == "max_tokens"


def test_a_piece_for_a_call_that_was_closed_does_no_harm() -> None:
    late = (BEGAN, ToolBegan(0, "t", "f"), ToolPiece(0, "{}"), Ended("tools"), ToolPiece(0, " "), ToolPiece(9, "{}"))
    assert well_ordered(told(written(late)))


def test_other_candidates_are_not_written() -> None:
    events = told(written((BEGAN, TextPiece("no", 1), TextPiece("yes"), Ended("length", 1), Ended("stop"))))
    assert [event["delta"]["text"] for event in events if event["type"] == "content_block_delta"] == ["yes"]
    assert events[-2]["delta"]["stop_reason"] == "end_turn"


def test_a_refusal_is_text_with_its_stop_reason() -> None:
    events = told(written((BEGAN, RefusalPiece("No."), Ended("refused"))))
    assert events[2]["delta"] == {"type": "text_delta", "text": "No."}
    assert events[-2]["delta"]["stop_reason"] == "refusal"


def test_tool_calls_that_end_with_a_plain_stop_still_say_tool_use() -> None:
    events = told(written((BEGAN, ToolBegan(0, "t", "f"), ToolPiece(0, "{}"), Ended("stop"))))
    assert events[-2]["delta"]["stop_reason"] == "tool_use"


def test_thinking_that_the_caller_does_not_want_to_read_leaves_only_its_signature() -> None:
    hidden = ASKED._replace(reasoning=Reasoning("high", shown=False))
    events = told(written((BEGAN, ThinkingPiece("secret"), ThinkingPiece(signature="sig"), TextPiece("a")), hidden))
    assert [e["delta"]["type"] for e in events if e["type"] == "content_block_delta"] == [
        "signature_delta",
        "text_delta",
    ]


@pytest.mark.parametrize("events", [(), (BEGAN,), (Ended("stop"),), (Counted(USAGE),), (TextPiece(""),)])
def test_an_answer_without_content_is_a_whole_message(events: Sequence[Event]) -> None:
    assert [event["type"] for event in told(written(events))] == ["message_start", "message_delta", "message_stop"]


def test_an_answer_whose_provider_tells_no_name_has_the_name_that_was_asked_for() -> None:
    assert told(written((TextPiece("a"),)))[0]["message"]["model"] == "claude-asked"


texts = st.text(min_size=1, max_size=8)
steps = st.one_of(
    texts.map(TextPiece),
    texts.map(ThinkingPiece),
    texts.map(lambda text: ThinkingPiece(signature=text)),
    texts.map(lambda text: ThinkingPiece(data=text)),
    st.just(Cited(title="D", quote="q", start=1, end=2, document=3)),
    st.just(Cited("https://e.x", "E", "q")),
    st.just("tool"),
    st.tuples(st.integers(0, 3), st.sampled_from(['{"a":', "1", "}", "{}", '"é"', " "])),
)


def row(drawn: Sequence[object]) -> list[Event]:
    """Events in an order that may come: a call begins before its pieces do."""
    events: list[Event] = [BEGAN]
    places = 0
    for step in drawn:
        if step == "tool":
            events.append(ToolBegan(places, f"t{places}", "f"))
            places += 1
        elif isinstance(step, tuple) and len(step) == 2 and isinstance(step[0], int):
            if step[0] < places:
                events.append(ToolPiece(step[0], step[1]))
        else:
            events.append(step)  # type: ignore[arg-type]
    return events


@given(st.lists(steps, max_size=20), st.booleans())
def test_whatever_comes_blocks_are_well_ordered(drawn: list[object], at_once: bool) -> None:
    assert well_ordered(told(written((*row(drawn), Ended("stop"), Counted(USAGE)), at_once=at_once)))


values = st.recursive(
    st.none() | st.booleans() | st.integers() | texts, lambda inner: st.lists(inner, max_size=3), max_leaves=5
)


@given(st.lists(st.dictionaries(texts, values, max_size=3), min_size=1, max_size=4), st.data())
def test_arguments_of_parallel_calls_come_out_byte_for_byte_however_they_interleave(
    calls: list[dict[str, object]], data: st.DataObject
) -> None:
    left = [json.dumps(call, ensure_ascii=False) for call in calls]
    whole = list(left)
    events: list[Event] = [BEGAN, *(ToolBegan(at, f"t{at}", "f") for at in range(len(left)))]
    while any(left):
        at = data.draw(st.sampled_from([at for at, text in enumerate(left) if text]))
        cut = data.draw(st.integers(1, len(left[at])))
        events.append(ToolPiece(at, left[at][:cut]))
        left[at] = left[at][cut:]
    out = told(written((*events, Ended("tools")), at_once=False))
    assert well_ordered(out)
    assert arguments(out) == [(f"t{at}", text) for at, text in enumerate(whole)]


@given(st.lists(st.one_of(texts.map(TextPiece), texts.map(ThinkingPiece), st.just("signed")), max_size=12))
def test_what_is_written_is_read_as_the_same_events(drawn: list[Any]) -> None:
    events: list[Event] = [BEGAN, Counted(USAGE)]
    for step in drawn:
        events.append(ThinkingPiece(signature="sig") if step == "signed" else step)
    events += (ToolBegan(0, "t", "f"), ToolPiece(0, '{"a": 1}'), Counted(USAGE), Ended("tools"))
    reader = MessageReader()
    assert [*reader.feed(written(events)), *reader.finish()] == events
