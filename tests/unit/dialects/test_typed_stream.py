"""typed_stream: an answer is whole after its last event, wherever its bytes were cut."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.core.call import Chunk, Usage
from torana.core.faults import AnswerMalformed, ConnectionBroken, StatusFault, UpstreamFault
from torana.dialects.typed_stream import TypedStream


def event(kind: str, **members: object) -> bytes:
    return f"event: {kind}\ndata: ".encode() + json.dumps({"type": kind, **members}).encode() + b"\n\n"


USAGE = {"input_tokens": 9, "output_tokens": 4, "total_tokens": 13, "input_token_details": {"text_tokens": 9}}
STREAM = event("a.delta", delta="é") + b": quiet\n\n" + event("a.delta", delta="b") + event("a.done", usage=USAGE)


def streamed(*pieces: bytes) -> list[Chunk]:
    decoder = TypedStream("a.done", "speech")
    chunks = [chunk for piece in pieces for chunk in decoder.feed(piece)]
    return chunks + list(decoder.finish())


@given(st.integers(0, len(STREAM)))
def test_a_stream_cut_anywhere_gives_the_same_events(cut: int) -> None:
    whole, parted = streamed(STREAM), streamed(STREAM[:cut], STREAM[cut:])
    assert parted == whole
    assert b"".join(chunk.wire for chunk in whole) == STREAM
    assert [chunk.content for chunk in whole].count(True) == 3
    assert (whole[-1].usage, whole[-1].finish) == (Usage(9, output=4), "stop")


def test_a_last_event_without_its_blank_line_is_completed() -> None:
    assert streamed(STREAM[:-1]) == streamed(STREAM)


def test_usages_of_several_last_events_are_added_up() -> None:
    assert streamed(STREAM, STREAM)[-1].usage == Usage(18, output=8)


@pytest.mark.parametrize("raw", [b"", event("a.delta"), event("a.delta") + b"event: a.done\ndata: {"])
def test_a_stream_without_its_last_event_is_broken(raw: bytes) -> None:
    with pytest.raises(ConnectionBroken):
        streamed(raw)


def test_a_closing_done_is_kept_but_ends_nothing() -> None:
    assert streamed(STREAM + b"data: [DONE]\n\n")[-1] == Chunk(b"data: [DONE]\n\n", False)
    with pytest.raises(ConnectionBroken):
        streamed(b"data: [DONE]\n\n")


@pytest.mark.parametrize(("raw", "kind"), [
    (b"data: x\n\n", AnswerMalformed), (b"data: {}\n\n", AnswerMalformed), (b'data: {"type":1}\n\n', AnswerMalformed),
    (event("error", code="x"), StatusFault), (b'data: {"type":"a","error":{"message":"x"}}\n\n', StatusFault),
])  # fmt: skip
def test_a_fault_behind_good_events_comes_after_them(raw: bytes, kind: type[UpstreamFault]) -> None:
    decoder = TypedStream("a.done", "speech")
    good = event("a.delta")
    assert [chunk.wire for chunk in decoder.feed(good + raw)] == [good]
    assert isinstance(decoder.fault, kind)
    with pytest.raises(kind):
        decoder.feed(b"")
    with pytest.raises(kind):
        TypedStream("a.done", "speech").feed(raw)
