"""completions: what a body asks for, and streams whose text stands in the choice itself."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.core.call import Ask, Chunk, Usage
from torana.core.errors import GatewayError
from torana.core.faults import AnswerMalformed, ConnectionBroken, StatusFault
from torana.dialects import completions


def body(**members: object) -> bytes:
    return json.dumps({"model": "m", "prompt": "hi", **members}).encode()


def event(text: str, finish: str | None = None, index: int = 0) -> bytes:
    choice = {"text": text, "index": index, "logprobs": None, "finish_reason": finish}
    return b"data: " + json.dumps({"id": "cmpl-1", "object": "text_completion", "choices": [choice]}).encode() + b"\n\n"


DONE = b"data: [DONE]\n\n"
USAGE = b'data: {"id":"cmpl-1","choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7}}\n\n'
STREAM = event("") + event("This") + event(" is", "length") + USAGE + DONE


@pytest.mark.parametrize(("members", "ask"), [
    ({}, Ask("m")),
    ({"max_tokens": 7, "n": 2, "user": "u"}, Ask("m", max_tokens=7, candidates=2, user="u")),
    ({"max_tokens": -1}, Ask("m")),
    ({"max_tokens": 0}, Ask("m", max_tokens=0)),
    ({"stream": True}, Ask("m", True, wants_usage=False)),
    ({"stream": True, "stream_options": {"include_usage": True}}, Ask("m", True)),
    ({"prompt": ["a", "b", "c"], "n": 2}, Ask("m", candidates=6)),
    ({"prompt": [[1, 2], [3]], "best_of": 4}, Ask("m", candidates=8, unread="prompt")),
    ({"prompt": [1, 2, 3]}, Ask("m", unread="prompt")), ({"prompt": []}, Ask("m")), ({"prompt": None}, Ask("m")),
])  # fmt: skip
def test_the_ask_counts_every_answer_that_is_paid_for(members: dict, ask: Ask) -> None:
    assert completions.read(body(**members)) == ask


@pytest.mark.parametrize(("members", "param"), [
    ({"prompt": 1}, "prompt"), ({"n": 0}, "n"), ({"best_of": 129}, "best_of"), ({"max_tokens": "7"}, "max_tokens"),
])  # fmt: skip
def test_a_wrong_member_is_named(members: dict, param: str) -> None:
    with pytest.raises(GatewayError) as caught:
        completions.read(body(**members))
    assert (caught.value.code, caught.value.param) == ("REQUEST_INVALID", param)


def test_the_body_stays_but_for_the_name_and_the_wish_for_usage() -> None:
    raw = b'{"prompt": "hi", "model": "m"}'
    assert completions.retarget(raw, completions.read(raw), "m", True) is raw
    streamed = b'{"prompt": "hi", "model": "m", "stream":true}'
    assert completions.retarget(streamed, completions.read(streamed), "n", True) == (
        b'{"prompt": "hi", "model": "n", "stream":true,"stream_options":{"include_usage":true}}'
    )


def test_an_answer_is_one_chunk_byte_for_byte() -> None:
    raw = b'{"choices": [{"text":"a","finish_reason":"length"}],"usage":{"prompt_tokens":5,"completion_tokens":7}}'
    assert completions.read_answer(raw, Ask("m")) == Chunk(raw, True, Usage(5, output=7), "length")


@pytest.mark.parametrize("raw", [b"{}", b"x", b'{"choices":3}'])
def test_what_is_no_answer_is_malformed(raw: bytes) -> None:
    with pytest.raises(AnswerMalformed):
        completions.read_answer(raw, Ask("m"))


@pytest.mark.parametrize("raw", [b'{"error":{"message":"x"}}', b'{"choices":[{"finish_reason":"error"}]}'])
def test_an_error_inside_is_a_status_fault(raw: bytes) -> None:
    with pytest.raises(StatusFault):
        completions.read_answer(raw, Ask("m"))


def streamed(ask: Ask, *pieces: bytes) -> list[Chunk]:
    decoder = completions.decoder(ask)
    chunks = [chunk for piece in pieces for chunk in decoder.feed(piece)]
    return chunks + list(decoder.finish())


def told(chunks: list[Chunk]) -> tuple[bytes, bool, Usage | None, str | None]:
    usages = [chunk.usage for chunk in chunks if chunk.usage is not None]
    finishes = [chunk.finish for chunk in chunks if chunk.finish is not None]
    return (
        b"".join(chunk.wire for chunk in chunks),
        any(chunk.content for chunk in chunks),
        usages[-1] if usages else None,
        finishes[-1] if finishes else None,
    )


@given(st.integers(0, len(STREAM)))
def test_a_stream_cut_anywhere_says_the_same_byte_for_byte(cut: int) -> None:
    chunks = streamed(Ask("m", True), STREAM[:cut], STREAM[cut:])
    assert told(chunks) == (STREAM, True, Usage(5, output=2), "length")


def test_usage_that_was_not_asked_for_is_kept_back_and_counted() -> None:
    chunks = streamed(Ask("m", True, wants_usage=False), STREAM)
    assert told(chunks) == (STREAM.replace(USAGE, b""), True, Usage(5, output=2), "length")


def test_an_event_without_text_is_no_content_yet() -> None:
    decoder = completions.decoder(Ask("m", True))
    assert [chunk.content for chunk in decoder.feed(event(""))] == [False]
    assert [chunk.content for chunk in decoder.feed(event("a"))] == [True]


def test_a_stream_cut_short_is_broken() -> None:
    with pytest.raises(ConnectionBroken):
        streamed(Ask("m", True), event("a"))


def test_an_error_in_the_stream_is_a_status_fault() -> None:
    with pytest.raises(StatusFault):
        completions.decoder(Ask("m", True)).feed(b'data: {"error":{"message":"x"}}\n\n')
