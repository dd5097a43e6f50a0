"""The stream of a message: content, usage and end are read, every byte stays, wherever it is cut."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.core.call import Usage
from torana.core.faults import AnswerMalformed, ConnectionBroken, StatusFault, UpstreamFault
from torana.dialects.anthropic_stream import MessageStream


def event(kind: str, **members: object) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **members})}\n\n".encode()


START = event(
    "message_start", message={"usage": {"input_tokens": 10, "cache_read_input_tokens": 4, "output_tokens": 1}}
)
PING = event("ping")
TEXT = event("content_block_start", index=0, content_block={"type": "text", "text": ""})
TOOL = event("content_block_start", index=1, content_block={"type": "tool_use", "id": "t", "name": "look", "input": {}})
DELTA = event("content_block_delta", index=0, delta={"type": "text_delta", "text": "नमस्ते"})
STOP = event("content_block_stop", index=0)
END = event(
    "message_delta",
    delta={"stop_reason": "end_turn"},
    usage={"output_tokens": 7, "cache_creation_input_tokens": 3},
)
DONE = event("message_stop")
WHOLE = START + PING + TEXT + DELTA + DELTA + STOP + END + DONE
USAGE = Usage(uncached=10, cache_read=4, cache_write=3, output=7)


def read(*pieces: bytes) -> tuple[bytes, Usage | None, str | None, int]:
    stream = MessageStream("d")
    wire, usage, finish, contents = b"", None, None, 0
    for piece in pieces:
        for chunk in stream.feed(piece):
            wire, usage, finish = wire + chunk.wire, chunk.usage or usage, chunk.finish or finish
            contents += chunk.events if chunk.content else 0
    for chunk in stream.finish():
        wire += chunk.wire
    return wire, usage, finish, contents


def test_a_whole_message_is_its_bytes_its_usage_and_its_reason() -> None:
    assert read(WHOLE) == (WHOLE, USAGE, "end_turn", 3)


@pytest.mark.parametrize(("delta", "letters"), [
    ({"text": "four"}, 4), ({"thinking": "twelve signs"}, 12), ({"partial_json": "{}"}, 2), ({"signature": "s"}, 0),
    ({"text": {"new": 1}}, 0),
])  # fmt: skip
def test_the_text_of_a_delta_is_measured(delta: dict[str, object], letters: int) -> None:
    (chunk,) = MessageStream("d").feed(event("content_block_delta", index=0, delta=delta))
    assert (chunk.letters, chunk.content) == (letters, True)


@given(st.integers(0, len(WHOLE)), st.integers(0, len(WHOLE)))
def test_a_stream_cut_anywhere_says_the_same(first: int, second: int) -> None:
    low, high = sorted((first, second))
    assert read(WHOLE[:low], WHOLE[low:high], WHOLE[high:]) == (WHOLE, USAGE, "end_turn", 3)


@pytest.mark.parametrize(
    ("piece", "content"),
    [(START, False), (PING, False), (TEXT, False), (TOOL, True), (DELTA, True), (STOP, False), (END, True)],
)
def test_only_what_the_caller_asked_for_ends_failover(piece: bytes, content: bool) -> None:
    (chunk,) = MessageStream("d").feed(piece)
    assert chunk.content is content


def test_the_numbers_of_the_last_delta_stand() -> None:
    end = event("message_delta", delta={"stop_reason": "x"}, usage={"input_tokens": 12, "output_tokens": 9})
    assert read(START, DELTA, end, DONE)[1] == Usage(uncached=12, cache_read=4, output=9)


@pytest.mark.parametrize("left_out", [DONE, END + DONE, STOP + END + DONE])
def test_a_message_that_does_not_stop_is_cut(left_out: bytes) -> None:
    with pytest.raises(ConnectionBroken):
        read(WHOLE.removesuffix(left_out))


@pytest.mark.parametrize(("kind", "status"), [("overloaded_error", 529), ("rate_limit_error", 429), ("odd", 502)])
def test_an_error_event_is_the_fault_of_its_type_after_what_was_good(kind: str, status: int) -> None:
    stream = MessageStream("d")
    (chunk,) = stream.feed(START + event("error", error={"type": kind, "message": "no"}))
    assert chunk.wire == START
    with pytest.raises(StatusFault) as fault:
        stream.feed(b"")
    assert fault.value.status == status


def test_a_bad_event_is_malformed() -> None:
    with pytest.raises(AnswerMalformed):
        MessageStream("d").feed(b"data: {half\n\n")


@given(st.lists(st.binary(max_size=60), max_size=6))
def test_any_bytes_raise_faults_and_nothing_else(pieces: list[bytes]) -> None:
    try:
        read(*pieces)
    except UpstreamFault:
        pass
