"""Answers of our own dialects: what is written is read again, streamed and whole."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
from torana.core.faults import AnswerMalformed, ConnectionBroken
from torana.dialects.codecs.own_answer import OwnReader, OwnWriter, read_whole, write_whole

REQUEST = Request("m", ())
USAGE = Usage(5, 2, 1, 4, 2)
SAID: tuple[Event, ...] = (
    ThinkingPiece("hm"),
    TextPiece("Hi "),
    TextPiece("you"),
    Cited("https://example.com", "A page", "quoted"),
    ToolBegan(0, "call_1", "get"),
    ToolPiece(0, '{"a":'),
    ToolPiece(0, " 1.50}"),
    ToolBegan(1, "call_2", "put"),
    Ended("tools"),
    Counted(USAGE),
)


def streamed(events: tuple[Event, ...]) -> bytes:
    writer = OwnWriter(REQUEST)
    return b"".join(writer.write((event,)) for event in events) + writer.finish()


def test_a_stream_says_the_events_that_were_written() -> None:
    reader = OwnReader()
    assert [*reader.feed(streamed(SAID)), *reader.finish()] == list(SAID)


def test_a_whole_answer_joins_the_pieces() -> None:
    wire = write_whole(SAID, REQUEST)
    assert json.loads(wire) == {
        "content": "Hi you",
        "finish_reason": "tools",
        "reasoning": "hm",
        "tool_calls": [
            {"id": "call_1", "name": "get", "arguments": '{"a": 1.50}'},
            {"id": "call_2", "name": "put", "arguments": ""},
        ],
        "citations": [{"url": "https://example.com", "title": "A page", "quote": "quoted"}],
        "usage": {"uncached": 5, "cache_read": 2, "cache_write": 1, "output": 4, "reasoning": 2},
    }
    assert write_whole(read_whole(wire), REQUEST) == wire


def test_a_refusal_has_a_member_of_its_own() -> None:
    wire = write_whole((RefusalPiece("no"), Ended("refused")), REQUEST)
    assert json.loads(wire) == {"content": "", "finish_reason": "refused", "refusal": "no"}


def test_what_has_no_place_here_is_not_written() -> None:
    assert OwnWriter(REQUEST).write((Began("id", "m"), ThinkingPiece(signature="sealed"))) == b""


def test_a_stream_cut_before_its_end_is_broken() -> None:
    reader = OwnReader()
    reader.feed(streamed(SAID[:3]))
    with pytest.raises(ConnectionBroken):
        reader.finish()


def test_a_bad_event_is_malformed() -> None:
    with pytest.raises(AnswerMalformed):
        OwnReader().feed(b"data: nonsense\n\n")


pieces = st.lists(
    st.one_of(
        st.text(min_size=1).map(TextPiece),
        st.text(min_size=1).map(ThinkingPiece),
        st.text(min_size=1).map(RefusalPiece),
    )
)


@given(events=pieces, cut=st.integers(0, 10_000))
def test_whatever_is_said_arrives_wherever_the_bytes_are_cut(events: list[Event], cut: int) -> None:
    said = (*events, Ended("stop"))
    wire = streamed(said)
    reader = OwnReader()
    assert [*reader.feed(wire[:cut]), *reader.feed(wire[cut:]), *reader.finish()] == list(said)
