"""The stream of a response: content, usage and end are read, every byte stays, wherever it is cut."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.core.call import Usage
from torana.core.faults import AnswerMalformed, ConnectionBroken, StatusFault, UpstreamFault
from torana.dialects.openai_responses_stream import ResponseStream


def event(kind: str, **members: object) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **members})}\n\n".encode()


COUNTS = {"input_tokens": 10, "input_tokens_details": {"cached_tokens": 4}, "output_tokens": 7}
CREATED = event("response.created", response={"id": "r", "status": "in_progress", "usage": None})
MESSAGE = event("response.output_item.added", item={"type": "message"})
CALL = event("response.output_item.added", item={"type": "function_call", "name": "look"})
PART = event("response.content_part.added", part={"type": "output_text", "text": ""})
DELTA = event("response.output_text.delta", delta="नमस्ते")
ARGUMENTS = event("response.function_call_arguments.delta", delta="{")
TEXT_DONE = event("response.output_text.done", text="नमस्ते")
ITEM_DONE = event("response.output_item.done", item={"type": "message"})
END = event("response.completed", response={"status": "completed", "usage": COUNTS})
CUT_SHORT = event(
    "response.incomplete",
    response={"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}, "usage": COUNTS},
)
WHOLE = CREATED + MESSAGE + PART + DELTA + DELTA + TEXT_DONE + ITEM_DONE + END
USAGE = Usage(uncached=6, cache_read=4, output=7)


def read(*pieces: bytes) -> tuple[bytes, Usage | None, str | None, int]:
    stream = ResponseStream("d")
    wire, usage, finish, contents = b"", None, None, 0
    for piece in pieces:
        for chunk in stream.feed(piece):
            wire, usage, finish = wire + chunk.wire, chunk.usage or usage, chunk.finish or finish
            contents += chunk.events if chunk.content else 0
    for chunk in stream.finish():
        wire, usage, finish = wire + chunk.wire, chunk.usage or usage, chunk.finish or finish
    return wire, usage, finish, contents


def test_a_whole_response_is_its_bytes_its_usage_and_its_status() -> None:
    assert read(WHOLE) == (WHOLE, USAGE, "completed", 4)


@given(st.integers(0, len(WHOLE)), st.integers(0, len(WHOLE)))
def test_a_stream_cut_anywhere_says_the_same(first: int, second: int) -> None:
    low, high = sorted((first, second))
    assert read(WHOLE[:low], WHOLE[low:high], WHOLE[high:]) == (WHOLE, USAGE, "completed", 4)


def test_an_incomplete_response_tells_its_usage_and_why() -> None:
    assert read(CREATED, DELTA, CUT_SHORT)[1:3] == (USAGE, "max_output_tokens")


def test_what_comes_after_the_end_is_handed_on() -> None:
    assert read(WHOLE + b"data: [DONE]\n\n")[0] == WHOLE + b"data: [DONE]\n\n"


def test_a_last_event_without_its_blank_line_counts() -> None:
    assert read(WHOLE[:-2])[1:3] == (USAGE, "completed")


@pytest.mark.parametrize(
    ("piece", "content"),
    [
        (CREATED, False), (MESSAGE, False), (CALL, True), (PART, False), (DELTA, True), (ARGUMENTS, True),
        (TEXT_DONE, False), (ITEM_DONE, True), (END, True), (CUT_SHORT, True), (b": ping\n\n", False),
    ],
)  # fmt: skip
def test_only_what_the_caller_asked_for_ends_failover(piece: bytes, content: bool) -> None:
    (chunk,) = ResponseStream("d").feed(piece)
    assert chunk.content is content


@pytest.mark.parametrize("left_out", [END, ITEM_DONE + END, END[-20:]])
def test_a_response_that_does_not_end_is_cut(left_out: bytes) -> None:
    with pytest.raises(ConnectionBroken):
        read(WHOLE.removesuffix(left_out))


@pytest.mark.parametrize(
    ("piece", "status"),
    [
        (event("error", code="rate_limit_exceeded", message="x", sequence_number=3), 429),
        (event("error", error={"type": "invalid_request_error", "message": "x"}), 400),
        (b'data: {"error":{"code":503}}\n\n', 503),
        (event("response.failed", response={"status": "failed", "error": {"code": "server_error"}}), 500),
        (event("response.failed"), 502),
    ],
)
def test_an_error_in_the_stream_is_a_fault_after_what_was_good(piece: bytes, status: int) -> None:
    stream = ResponseStream("d")
    (chunk,) = stream.feed(DELTA + piece)
    assert chunk.wire == DELTA
    with pytest.raises(StatusFault) as fault:
        stream.feed(b"")
    assert fault.value.status == status


def test_a_failed_response_still_tells_its_usage() -> None:
    stream = ResponseStream("d")
    failed = event("response.failed", response={"error": {"code": "server_error", "message": "x"}, "usage": COUNTS})
    (chunk,) = stream.feed(failed)
    assert (chunk.wire, chunk.content, chunk.usage) == (b"", False, USAGE)
    with pytest.raises(StatusFault) as fault:
        stream.finish()
    assert json.loads(fault.value.body) == {"error": {"code": "server_error", "message": "x"}}


@pytest.mark.parametrize("data", [b"half", b"[]", b'{"type":3}', b'{"response":"x"}', b"\xff"])
def test_what_is_no_event_is_malformed(data: bytes) -> None:
    with pytest.raises(AnswerMalformed):
        ResponseStream("d").feed(b"data: " + data + b"\n\n")


@pytest.mark.parametrize("kind", [None, 1, {"a": 1}, ["message"]])
def test_an_item_of_no_kind_is_content(kind: object) -> None:
    (chunk,) = ResponseStream("d").feed(event("response.output_item.added", item={"type": kind}))
    assert chunk.content


@given(st.binary(max_size=60))
def test_any_bytes_raise_nothing_but_faults(data: bytes) -> None:
    stream = ResponseStream("d")
    try:
        stream.feed(b"data: " + data + b"\n\n")
        stream.finish()
    except UpstreamFault:
        pass
