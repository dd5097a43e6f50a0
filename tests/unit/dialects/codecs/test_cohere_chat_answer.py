"""Answers of Cohere's v2 chat as events: whole, streamed, cut at every byte, broken in every way.

The cases follow the examples of docs.cohere.com: "Chat", "Streaming", "Tool use streaming", "RAG streaming", "Reasoning".
"""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.core.call import Usage
from torana.core.events import Began, Cited, Counted, Ended, Event, TextPiece, ThinkingPiece, ToolBegan, ToolPiece
from torana.core.faults import AnswerMalformed, ConnectionBroken, StatusFault, UpstreamFault
from torana.dialects.codecs.cohere_chat_answer import FAILURES, STOPS, CohereReader, read_whole, usage_of

COUNTS = {
    "billed_units": {"input_tokens": 17, "output_tokens": 12},
    "tokens": {"input_tokens": 83, "output_tokens": 20},
}
USAGE = Usage(uncached=17, output=12)
SOURCE = {
    "type": "document",
    "id": "doc:1",
    "document": {"id": "1", "title": "Bands", "snippet": "Nsync", "url": "http://b"},
}
CITATION = {"start": 5, "end": 10, "text": "Nsync", "sources": [SOURCE], "type": "TEXT_CONTENT"}


def event(kind: str, **members: object) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **members})}\n\n".encode()


def piece(kind: str, index: int, **message: object) -> bytes:
    return event(kind, index=index, delta={"message": message})


def call(index: int, name: str, arguments: str = "") -> bytes:
    function = {"name": name, "arguments": arguments}
    return piece("tool-call-start", index, tool_calls={"id": f"id-{name}", "type": "function", "function": function})


def argument(index: int, text: str) -> bytes:
    return piece("tool-call-delta", index, tool_calls={"function": {"arguments": text}})


START = event("message-start", id="m1", delta={"message": {"role": "assistant", "content": [], "tool_calls": []}})
END = event("message-end", delta={"finish_reason": "COMPLETE", "usage": COUNTS})
CALLED = event("message-end", delta={"finish_reason": "TOOL_CALL", "usage": COUNTS})
TEXT = b"".join([
    START, piece("content-start", 0, content={"type": "thinking", "thinking": ""}),
    piece("content-delta", 0, content={"thinking": "hm"}), event("content-end", index=0),
    piece("content-start", 1, content={"type": "text", "text": ""}),
    piece("content-delta", 1, content={"text": "Both "}), piece("content-delta", 1, content={"text": "नमस्ते"}),
    piece("citation-start", 0, citations=CITATION), event("citation-end", index=0), event("content-end", index=1), END,
])  # fmt: skip
TEXT_EVENTS: list[Event] = [
    Began("m1"), ThinkingPiece("hm"), TextPiece("Both "), TextPiece("नमस्ते"),
    Cited("http://b", "Bands", "Nsync", 5, 10), Ended("stop"), Counted(USAGE),
]  # fmt: skip
TOOLS = b"".join([
    START, event("tool-plan-delta", delta={"message": {"tool_plan": "I will "}}),
    event("tool-plan-delta", delta={"message": {"tool_plan": "look."}}),
    call(0, "look"), argument(0, '{"a"'), argument(0, ": 1}"), event("tool-call-end", index=0),
    call(1, "wait"), event("tool-call-end", index=1), CALLED,
])  # fmt: skip
TOOL_EVENTS: list[Event] = [
    Began("m1"), ThinkingPiece("I will "), ThinkingPiece("look."), ToolBegan(0, "id-look", "look"), ToolPiece(0, '{"a"'),
    ToolPiece(0, ": 1}"), ToolBegan(1, "id-wait", "wait"), ToolPiece(1, "{}"), Ended("tools"), Counted(USAGE),
]  # fmt: skip


def read(*pieces: bytes) -> list[Event]:
    reader = CohereReader()
    events = [one for piece in pieces for one in reader.feed(piece)]
    return [*events, *reader.finish()]


def whole(**changes: object) -> bytes:
    message = {"role": "assistant", "content": [{"type": "text", "text": "hi"}]}
    return json.dumps(
        {"id": "m1", "finish_reason": "COMPLETE", "message": message, "usage": COUNTS, **changes}
    ).encode()


@pytest.mark.parametrize(("stream", "events"), [(TEXT, TEXT_EVENTS), (TOOLS, TOOL_EVENTS)], ids=["text", "tools"])
def test_a_stream_is_read_whole_and_byte_by_byte(stream: bytes, events: list[Event]) -> None:
    assert read(stream) == events
    assert read(*(stream[at : at + 1] for at in range(len(stream)))) == events


@given(st.data())
def test_a_stream_cut_anywhere_gives_the_same_events(data: st.DataObject) -> None:
    stream, events = data.draw(st.sampled_from([(TEXT, TEXT_EVENTS), (TOOLS, TOOL_EVENTS)]))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    edges = [0, *cuts, len(stream)]
    assert read(*(stream[a:b] for a, b in pairwise(edges))) == events


@given(st.binary(max_size=200))
def test_whatever_comes_is_read_or_is_a_fault(noise: bytes) -> None:
    for one in (lambda: read(START, b"data: " + noise + b"\n\n", END), lambda: read_whole(noise)):
        try:
            one()
        except UpstreamFault:
            pass


def test_a_whole_answer_has_the_same_words() -> None:
    message = {
        "role": "assistant", "tool_plan": "I will look.", "citations": [CITATION],
        "content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "Both "}],
        "tool_calls": [{"id": "t", "type": "function", "function": {"name": "look", "arguments": '{"a" : 1}'}}],
    }  # fmt: skip
    assert read_whole(whole(message=message, finish_reason="TOOL_CALL")) == [
        Began("m1"), ThinkingPiece("I will look."), ThinkingPiece("hm"), TextPiece("Both "),
        Cited("http://b", "Bands", "Nsync", 5, 10), ToolBegan(0, "t", "look"), ToolPiece(0, '{"a" : 1}'), Ended("tools"),
        Counted(USAGE),
    ]  # fmt: skip


def test_nulls_and_plain_strings_are_read_too() -> None:
    assert read_whole(whole(message={"content": "hi", "tool_calls": None, "citations": None}, usage=None)) == [
        Began("m1"), TextPiece("hi"), Ended("stop"),
    ]  # fmt: skip


@pytest.mark.parametrize(("said", "meant"), [*STOPS.items(), ("SOMETHING_NEW", "stop"), (None, "stop")])
def test_every_ending_has_its_word(said: str | None, meant: str) -> None:
    assert Ended(meant) in read_whole(whole(finish_reason=said))
    assert Ended(meant) in read(START, event("message-end", delta={"finish_reason": said}))


def test_a_call_ends_in_tools_whatever_the_ending_says() -> None:
    assert Ended("tools") in read(START, call(0, "look", "{}"), END)


@pytest.mark.parametrize("said", FAILURES)
def test_an_ending_that_says_that_it_failed_is_a_fault(said: str) -> None:
    with pytest.raises(StatusFault) as caught:
        read_whole(whole(finish_reason=said))
    assert caught.value.status == FAILURES[said]
    reader = CohereReader()
    assert reader.feed(START + piece("content-delta", 0, content={"text": "a"}))
    with pytest.raises(StatusFault) as caught:
        reader.feed(event("message-end", delta={"finish_reason": said, "error": "no"}))
    assert (caught.value.status, caught.value.dialect) == (FAILURES[said], "cohere_chat")


def test_a_fault_behind_good_events_comes_with_the_next_call() -> None:
    reader = CohereReader()
    text = piece("content-delta", 0, content={"text": "a"})
    assert reader.feed(text + b"data: {broken\n\n") == [TextPiece("a")]
    for again in (lambda: reader.feed(b""), reader.finish):
        with pytest.raises(AnswerMalformed):
            again()


@pytest.mark.parametrize("stream", [START, START + piece("content-delta", 0, content={"text": "a"}), TEXT[:-20], b""])
def test_a_stream_without_its_end_was_cut_short(stream: bytes) -> None:
    with pytest.raises(ConnectionBroken):
        read(stream)


def test_arguments_of_a_call_that_never_began_are_refused() -> None:
    with pytest.raises(AnswerMalformed):
        read(START + argument(3, "{}"))


@pytest.mark.parametrize("more", [b"data: [DONE]\n\n", b": ping\n\n", event("news-of-later", index=1), b"data: {x\n\n"])
def test_what_comes_behind_the_end_is_nothing(more: bytes) -> None:
    assert read(TEXT, more) == TEXT_EVENTS


@pytest.mark.parametrize("more", [b": ping\n\n", event("news-of-later", index=1, delta={"message": {"content": []}})])
def test_an_event_we_do_not_know_brings_nothing(more: bytes) -> None:
    assert read(START, more, END) == [Began("m1"), Ended("stop"), Counted(USAGE)]


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"message":{"content":5}}', b"\xff"])
def test_a_body_that_is_no_answer_is_malformed(body: bytes) -> None:
    with pytest.raises(AnswerMalformed):
        read_whole(body)


def test_an_error_where_an_answer_should_be_is_a_fault() -> None:
    with pytest.raises(StatusFault):
        read_whole(b'{"id":"e","message":"internal server error"}')
    with pytest.raises(StatusFault):
        read(START + b'data: {"message":"internal server error"}\n\n')


@pytest.mark.parametrize(("said", "usage"), [
    (COUNTS, USAGE),
    ({**COUNTS, "cached_tokens": 80}, USAGE),
    ({"tokens": COUNTS["tokens"], "cached_tokens": 80}, Usage(uncached=3, cache_read=80, output=20)),
    ({"tokens": {"input_tokens": 3.0, "output_tokens": 2.0}}, Usage(uncached=3, output=2)),
    ({"tokens": {}, "billed_units": {"output_tokens": 2}}, Usage(output=2)),
    ({"billed_units": {"search_units": 1}}, None), ({}, None), (None, None), ({"tokens": {"input_tokens": -1}}, None),
])  # fmt: skip
def test_tokens_that_are_billed_are_counted_before_all_that_went_through(said: object, usage: Usage | None) -> None:
    assert usage_of(said) == usage


@pytest.mark.parametrize("kind", ["PLAN", "THINKING_CONTENT"])
def test_a_source_of_a_thought_has_no_place_in_the_text(kind: str) -> None:
    assert read(START, piece("citation-start", 0, citations={**CITATION, "type": kind}), END)[1] == Ended("stop")
