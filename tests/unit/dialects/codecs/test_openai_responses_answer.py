"""Responses answers become events: a stream as the API documents it, a whole answer, wherever the bytes are cut."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.core.call import Usage
from torana.core.events import Began, Cited, Counted, Ended, Event, RefusalPiece, TextPiece, ThinkingPiece, ToolBegan
from torana.core.events import ToolPiece as Piece
from torana.core.faults import AnswerMalformed, ConnectionBroken, StatusFault, UpstreamFault
from torana.dialects.codecs.openai_responses_answer import ResponseReader, read_whole


def event(kind: str, **members: object) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **members})}\n\n".encode()


USAGE = {"input_tokens": 10, "input_tokens_details": {"cached_tokens": 4}, "output_tokens": 7,
         "output_tokens_details": {"reasoning_tokens": 2}, "total_tokens": 17}  # fmt: skip
NOTE = {"type": "url_citation", "url": "https://x.test", "title": "X", "start_index": 0, "end_index": 5}
LOGPROBS = [{"token": "Hel", "logprob": -0.5, "bytes": [72], "top_logprobs": []}]
THOUGHT = {"id": "rs_1", "type": "reasoning", "summary": [{"type": "summary_text", "text": "a"},
           {"type": "summary_text", "text": "b"}], "encrypted_content": "gAAAA"}  # fmt: skip
MESSAGE = {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed",
           "content": [{"type": "output_text", "text": "Hello", "annotations": [NOTE], "logprobs": LOGPROBS}]}  # fmt: skip
CALL = {"id": "fc_1", "type": "function_call", "call_id": "c1", "name": "look", "arguments": '{"a" :1}'}
RESPONSE = {"id": "resp_1", "object": "response", "created_at": 7, "model": "gpt", "status": "completed", "error": None,
            "incomplete_details": None, "output": [THOUGHT, MESSAGE, CALL], "usage": USAGE}  # fmt: skip

STREAM = b"".join([
    event("response.created", response={**RESPONSE, "status": "in_progress", "output": [], "usage": None}),
    event("response.in_progress", response={**RESPONSE, "status": "in_progress", "output": [], "usage": None}),
    event("response.output_item.added", output_index=0, item={**THOUGHT, "summary": []}),
    event("response.reasoning_summary_text.delta", output_index=0, summary_index=0, delta="a"),
    event("response.reasoning_summary_text.delta", output_index=0, summary_index=1, delta="b"),
    event("response.output_item.done", output_index=0, item=THOUGHT),
    event("response.output_item.added", output_index=1, item={**MESSAGE, "content": []}),
    event("response.content_part.added", output_index=1, part={"type": "output_text", "text": ""}),
    event("response.output_text.delta", output_index=1, delta="Hel", logprobs=LOGPROBS),
    event("response.output_text.delta", output_index=1, delta="lo", logprobs=[]),
    event("response.output_text.annotation.added", output_index=1, annotation_index=0, annotation=NOTE),
    event("response.output_text.done", output_index=1, text="Hello"),
    event("response.output_item.done", output_index=1, item=MESSAGE),
    event("response.output_item.added", output_index=2, item={**CALL, "arguments": ""}),
    event("response.function_call_arguments.delta", output_index=2, delta='{"a"'),
    event("response.function_call_arguments.delta", output_index=2, delta=" :1}"),
    event("response.function_call_arguments.done", output_index=2, arguments='{"a" :1}'),
    event("response.output_item.done", output_index=2, item=CALL),
    event("response.completed", response=RESPONSE),
])  # fmt: skip
SPOKEN: list[Event] = [
    Began("resp_1", "gpt", 7),
    ThinkingPiece("a"),
    ThinkingPiece("\n\nb"),
    ThinkingPiece(data="gAAAA", id="rs_1"),
    TextPiece("Hel", logprobs=json.dumps(LOGPROBS).encode()),
    TextPiece("lo"),
    Cited("https://x.test", "X", start=0, end=5),
    ToolBegan(0, "c1", "look"),
    Piece(0, '{"a"'),
    Piece(0, " :1}"),
    Counted(Usage(6, 4, 0, 7, 2)),
    Ended("tools"),
]


def read(*pieces: bytes) -> list[Event]:
    reader = ResponseReader()
    events: list[Event] = []
    for piece in pieces:
        events += reader.feed(piece)
    return [*events, *reader.finish()]


def test_a_stream_is_its_events() -> None:
    assert read(STREAM) == SPOKEN


@given(st.integers(0, len(STREAM)), st.integers(0, len(STREAM)))
def test_a_stream_cut_anywhere_says_the_same(first: int, second: int) -> None:
    low, high = sorted((first, second))
    assert read(STREAM[:low], STREAM[low:high], STREAM[high:]) == SPOKEN


def test_a_stream_byte_by_byte_says_the_same() -> None:
    assert read(*(STREAM[at : at + 1] for at in range(len(STREAM)))) == SPOKEN


def test_a_whole_answer_says_the_same_in_whole_pieces() -> None:
    assert read_whole(json.dumps(RESPONSE).encode()) == [
        SPOKEN[0],
        ThinkingPiece("a\n\nb", data="gAAAA", id="rs_1"),
        TextPiece("Hello", logprobs=json.dumps(LOGPROBS).encode()),
        SPOKEN[6],
        ToolBegan(0, "c1", "look"),
        Piece(0, '{"a" :1}'),
        *SPOKEN[-2:],
    ]


def test_a_refusal_is_one() -> None:
    item = {"type": "message", "content": [{"type": "refusal", "refusal": "no"}]}
    whole = {"id": "r", "status": "completed", "output": [item]}
    assert read_whole(json.dumps(whole).encode()) == [Began("r"), RefusalPiece("no"), Ended("stop")]
    stream = event("response.refusal.delta", delta="no") + event("response.completed", response=whole)
    assert read(stream) == [RefusalPiece("no"), Began("r"), Ended("stop")]


@pytest.mark.parametrize(
    ("why", "reason"),
    [({"reason": "max_output_tokens"}, "length"), ({"reason": "content_filter"}, "filtered"), (None, "length")],
)
def test_an_incomplete_answer_says_why_and_what_it_cost(why: object, reason: str) -> None:
    ended = {**RESPONSE, "status": "incomplete", "incomplete_details": why}
    assert read_whole(json.dumps(ended).encode())[-2:] == [SPOKEN[-2], Ended(reason)]
    assert read(event("response.incomplete", response={**ended, "output": []}))[-2:] == [SPOKEN[-2], Ended(reason)]


def test_a_host_that_tells_only_whole_items_is_understood() -> None:
    wire = b"".join(
        event("response.output_item.done", output_index=at, item=item)
        for at, item in enumerate([THOUGHT, {"type": "web_search_call", "content": 3}, MESSAGE, CALL])
    )
    told = read(wire + event("response.completed", response=RESPONSE))
    assert [one for one in told if not isinstance(one, Began)] == read_whole(json.dumps(RESPONSE).encode())[1:]


def test_a_host_that_tells_only_the_end_is_understood() -> None:
    assert read(event("response.completed", response=RESPONSE)) == read_whole(json.dumps(RESPONSE).encode())


@pytest.mark.parametrize("left_out", [1, 2, 30])
def test_a_stream_without_its_end_is_broken(left_out: int) -> None:
    with pytest.raises(ConnectionBroken):
        read(STREAM[: STREAM.rindex(b"event:") + left_out])


def test_a_last_event_without_its_blank_line_counts() -> None:
    assert read(STREAM[:-2]) == SPOKEN


@pytest.mark.parametrize(
    ("wire", "status"),
    [
        (event("error", code="rate_limit_exceeded", message="x"), 429),
        (event("response.failed", response={"error": {"code": "server_error"}, "usage": None}), 500),
        (b'data: {"error":{"code":503}}\n\n', 503),
    ],
)
def test_an_error_in_the_stream_is_a_fault_after_what_was_good(wire: bytes, status: int) -> None:
    reader = ResponseReader()
    assert reader.feed(event("response.output_text.delta", delta="x") + wire)[0] == TextPiece("x")
    with pytest.raises(StatusFault) as fault:
        reader.feed(b"")
    assert fault.value.status == status


def test_a_failed_response_tells_its_usage_before_its_fault() -> None:
    reader = ResponseReader()
    assert SPOKEN[-2] in reader.feed(event("response.failed", response={"usage": USAGE}))
    with pytest.raises(StatusFault):
        reader.finish()


@pytest.mark.parametrize(
    "raw", [b"{}", b"[]", b"half", b'{"output":[3]}', b'{"output":[{"type":"message","content":3}]}']
)
def test_what_is_no_response_is_malformed(raw: bytes) -> None:
    with pytest.raises(AnswerMalformed):
        read_whole(raw)


@pytest.mark.parametrize(
    "wire",
    [b"data: half\n\n", event("response.function_call_arguments.delta", output_index=9, delta="{"),
     event("response.output_item.added", item=3)],
)  # fmt: skip
def test_what_is_no_event_is_malformed(wire: bytes) -> None:
    with pytest.raises(AnswerMalformed):
        ResponseReader().feed(wire)


def test_an_error_inside_a_good_answer_is_a_fault() -> None:
    with pytest.raises(StatusFault) as fault:
        read_whole(b'{"status":"failed","error":{"code":"invalid_prompt","message":"x"}}')
    assert fault.value.status == 400


@given(st.binary(max_size=60))
def test_any_bytes_raise_nothing_but_faults(data: bytes) -> None:
    reader = ResponseReader()
    try:
        read_whole(data)
    except UpstreamFault:
        pass
    try:
        reader.feed(b"data: " + data + b"\n\n")
        reader.finish()
    except UpstreamFault:
        pass
