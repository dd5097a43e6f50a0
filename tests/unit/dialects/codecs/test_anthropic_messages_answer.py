"""Messages answers become events: whole, streamed, cut anywhere, with errors inside."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.core.call import Usage
from torana.core.events import Began, Cited, Counted, Ended, Event, TextPiece, ThinkingPiece, ToolBegan, ToolPiece
from torana.core.faults import AnswerMalformed, ConnectionBroken, StatusFault
from torana.dialects.codecs import anthropic_messages as codec
from torana.dialects.codecs.anthropic_messages_answer import REASONS, MessageReader


def sse(*events: dict[str, object]) -> bytes:
    return b"".join(b"event: %b\ndata: %b\n\n" % (str(e["type"]).encode(), json.dumps(e).encode()) for e in events)


def delta(index: int, **members: object) -> dict[str, object]:
    return {"type": "content_block_delta", "index": index, "delta": members}


def start(index: int, **block: object) -> dict[str, object]:
    return {"type": "content_block_start", "index": index, "content_block": block}


def stop(index: int) -> dict[str, object]:
    return {"type": "content_block_stop", "index": index}


def ends(reason: str = "end_turn", **usage: int) -> tuple[dict[str, object], dict[str, object]]:
    said = {"stop_reason": reason, "stop_sequence": None}
    return {"type": "message_delta", "delta": said, "usage": {"output_tokens": 9, **usage}}, {"type": "message_stop"}


BEGINS: dict[str, object] = {
    "type": "message_start",
    "message": {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "content": [],
        "model": "claude-sonnet-4-5",
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {
            "input_tokens": 25,
            "cache_read_input_tokens": 100,
            "cache_creation_input_tokens": 7,
            "output_tokens": 1,
        },
    },
}
EVERYTHING = sse(
    BEGINS,
    {"type": "ping"},
    start(0, type="thinking", thinking="", signature=""),
    delta(0, type="thinking_delta", thinking="Let me see: "),
    delta(0, type="thinking_delta", thinking="27."),
    delta(0, type="signature_delta", signature="EqQB"),
    stop(0),
    start(1, type="redacted_thinking", data="Emw="),
    stop(1),
    start(2, type="text", text=""),
    delta(2, type="citations_delta", citation={"type": "char_location", "cited_text": "grün", "document_index": 0,
          "document_title": "Farben", "start_char_index": 3, "end_char_index": 7}),
    delta(2, type="text_delta", text="Straße "),
    delta(2, type="text_delta", text="🌍"),
    stop(2),
    start(3, type="server_tool_use", id="srv_1", name="web_search", input={}),
    delta(3, type="input_json_delta", partial_json='{"query": "x"}'),
    stop(3),
    start(4, type="tool_use", id="toolu_1", name="get_weather", input={}),
    delta(4, type="input_json_delta", partial_json=""),
    delta(4, type="input_json_delta", partial_json='{"location":'),
    delta(4, type="input_json_delta", partial_json=' "San Francisco"}'),
    stop(4),
    start(5, type="tool_use", id="toolu_2", name="now", input={}),
    delta(5, type="input_json_delta", partial_json=""),
    stop(5),
    *ends("tool_use", input_tokens=26),
)  # fmt: skip
MEANT: Sequence[Event] = (
    Began("msg_1", "claude-sonnet-4-5"),
    Counted(Usage(25, 100, 7, 1)),
    ThinkingPiece("Let me see: "),
    ThinkingPiece("27."),
    ThinkingPiece(signature="EqQB"),
    ThinkingPiece(data="Emw="),
    TextPiece("Straße "),
    TextPiece("🌍"),
    Cited(title="Farben", quote="grün", start=3, end=7, document=0),
    ToolBegan(0, "toolu_1", "get_weather"),
    ToolPiece(0, '{"location":'),
    ToolPiece(0, ' "San Francisco"}'),
    ToolBegan(1, "toolu_2", "now"),
    ToolPiece(1, "{}"),
    Counted(Usage(26, 100, 7, 9)),
    Ended("tools"),
)


def read(*pieces: bytes) -> list[Event]:
    reader = MessageReader()
    return [event for piece in pieces for event in reader.feed(piece)] + list(reader.finish())


def test_a_stream_with_everything_becomes_its_events() -> None:
    assert read(EVERYTHING) == list(MEANT)


def test_a_stream_cut_in_two_at_any_byte_gives_the_same_events() -> None:
    for at in range(len(EVERYTHING) + 1):
        assert read(EVERYTHING[:at], EVERYTHING[at:]) == list(MEANT)


@given(st.lists(st.integers(0, len(EVERYTHING)), max_size=12))
def test_a_stream_cut_anywhere_gives_the_same_events(places: list[int]) -> None:
    cuts = [0, *sorted(places), len(EVERYTHING)]
    assert read(*(EVERYTHING[a:b] for a, b in pairwise(cuts))) == list(MEANT)


def test_a_stream_with_crlf_and_comments_gives_the_same_events() -> None:
    assert read(b": keep-alive\r\n\r\n" + EVERYTHING.replace(b"\n", b"\r\n")) == list(MEANT)


def test_the_last_event_counts_without_its_blank_line() -> None:
    assert read(EVERYTHING[:-2])[-1] == Ended("tools")


@pytest.mark.parametrize("end", range(0, len(EVERYTHING) - 4, 97))
def test_a_stream_that_is_cut_short_is_broken(end: int) -> None:
    with pytest.raises(ConnectionBroken):
        read(EVERYTHING[:end])


def test_an_error_event_is_a_fault_of_its_status_and_what_stood_before_it_is_given() -> None:
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    reader = MessageReader()
    given_first = reader.feed(sse(BEGINS, start(0, type="text", text=""), delta(0, type="text_delta", text="a"), error))
    assert given_first[-1] == TextPiece("a")
    assert isinstance(reader.fault, StatusFault)
    with pytest.raises(StatusFault) as raised:
        reader.feed(b"")
    assert (raised.value.status, raised.value.dialect) == (529, "anthropic_messages")


@pytest.mark.parametrize(
    "data", [b"data: {\n\n", b"data: []\n\n", b'data: {"type":"content_block_delta","index":"a"}\n\n']
)
def test_an_event_that_is_none_is_malformed(data: bytes) -> None:
    with pytest.raises(AnswerMalformed):
        MessageReader().feed(data)


def test_arguments_told_at_the_start_of_a_block_are_not_lost() -> None:
    events = read(sse(BEGINS, start(0, type="tool_use", id="t", name="f", input={"a": 1}), stop(0), *ends("tool_use")))
    assert ToolPiece(0, '{"a": 1}') in events


def test_a_tool_block_that_is_never_stopped_has_its_arguments_before_the_end() -> None:
    events = read(sse(BEGINS, start(0, type="tool_use", id="t", name="f", input={}), *ends("tool_use")))
    assert events[-3:] == [Counted(Usage(25, 100, 7, 9)), ToolPiece(0, "{}"), Ended("tools")]


def test_a_stream_without_a_stop_reason_ends_plainly_once() -> None:
    assert [e for e in read(sse(BEGINS, {"type": "message_stop"})) if isinstance(e, Ended)] == [Ended("stop")]


@pytest.mark.parametrize(("said", "meant"), REASONS.items())
def test_every_stop_reason_has_its_meaning_streamed_and_whole(said: str, meant: str) -> None:
    whole = {"type": "message", "content": [], "stop_reason": said, "stop_sequence": "END"}
    assert read(sse(BEGINS, *ends(said)))[-1] == Ended(meant)
    assert codec.read_whole(json.dumps(whole).encode())[-1] == Ended(meant, sequence="END")


def test_thinking_tokens_are_part_of_the_output() -> None:
    message = {
        "content": [],
        "usage": {"input_tokens": 3, "output_tokens": 50, "output_tokens_details": {"thinking_tokens": 40}},
    }
    assert Counted(Usage(3, 0, 0, 50, 40)) in codec.read_whole(json.dumps(message).encode())


def test_a_whole_answer_becomes_its_events_and_arguments_stay_byte_for_byte() -> None:
    body = (
        b'{"id":"msg_2","type":"message","role":"assistant","model":"claude-x","content":['
        b'{"type":"thinking","thinking":"hm","signature":"sig"},{"type":"redacted_thinking","data":"d"},'
        b'{"type":"text","text":"see","citations":[{"type":"web_search_result_location","url":"https://e.x","title":"E",'
        b'"cited_text":"q","encrypted_index":"i"}]},'
        b'{"type":"tool_use","id":"toolu_3","name":"f","input":{ "n" : 1.0, "s":"\\u00e9" }}],'
        b'"stop_reason":"stop_sequence","stop_sequence":"END","usage":{"input_tokens":2,"output_tokens":4}}'
    )
    assert codec.read_whole(body) == [
        Began("msg_2", "claude-x"),
        ThinkingPiece("hm", "sig"),
        ThinkingPiece(data="d"),
        TextPiece("see"),
        Cited("https://e.x", "E", "q"),
        ToolBegan(0, "toolu_3", "f"),
        ToolPiece(0, '{ "n" : 1.0, "s":"\\u00e9" }'),
        Counted(Usage(2, 0, 0, 4)),
        Ended("sequence", sequence="END"),
    ]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b'{"content":null}', b'{"content":[1]}', b"\xff"])
def test_an_answer_that_is_no_message_is_malformed(body: bytes) -> None:
    with pytest.raises(AnswerMalformed):
        codec.read_whole(body)


def test_an_error_inside_a_good_answer_is_a_fault_of_its_status() -> None:
    with pytest.raises(StatusFault) as raised:
        codec.read_whole(b'{"type":"error","error":{"type":"rate_limit_error","message":"slow down"}}')
    assert raised.value.status == 429
