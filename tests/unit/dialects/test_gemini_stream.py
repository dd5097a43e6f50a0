"""Gemini's streams: content, usage, reasons and the end are read, every byte stays, wherever it is cut."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.core.call import Usage
from torana.core.faults import AnswerMalformed, ConnectionBroken, StatusFault, UpstreamFault
from torana.dialects.gemini_stream import ContentStream


def event(answer: object, end: str = "\r\n\r\n") -> bytes:
    return f"data: {json.dumps(answer, ensure_ascii=False)}{end}".encode()


def said(text: str, reason: str = "", index: int | None = None, **more: object) -> dict:
    candidate: dict = {"content": {"parts": [{"text": text}], "role": "model"}}
    if reason:
        candidate["finishReason"] = reason
    if index is not None:
        candidate["index"] = index
    return {"candidates": [candidate], **more}


FIRST = event(said("नम", usageMetadata={"promptTokenCount": 5}))
LAST = event(
    said("स्ते", "STOP", usageMetadata={"promptTokenCount": 5, "candidatesTokenCount": 7, "totalTokenCount": 12})
)
WHOLE = FIRST + event(said("🙏", unknown={"a": 1.0})) + LAST
USAGE = Usage(uncached=5, output=7)


def read(*pieces: bytes) -> tuple[bytes, Usage | None, str | None, int]:
    stream = ContentStream()
    wire, usage, finish, contents = b"", None, None, 0
    for piece in pieces:
        for chunk in stream.feed(piece):
            wire, usage, finish = wire + chunk.wire, chunk.usage or usage, chunk.finish or finish
            contents += chunk.events if chunk.content else 0
    for chunk in stream.finish():
        wire, usage, finish = wire + chunk.wire, chunk.usage or usage, chunk.finish or finish
        contents += chunk.events if chunk.content else 0
    return wire, usage, finish, contents


def fault_of(*pieces: bytes) -> UpstreamFault:
    with pytest.raises(UpstreamFault) as caught:
        read(*pieces)
    return caught.value


def test_a_whole_stream_is_its_bytes_its_usage_and_its_reason() -> None:
    assert read(WHOLE) == (WHOLE, USAGE, "STOP", 3)


def test_a_stream_cut_at_every_byte_says_the_same() -> None:
    for at in range(len(WHOLE) + 1):
        assert read(WHOLE[:at], WHOLE[at:]) == (WHOLE, USAGE, "STOP", 3), at


texts = st.lists(st.text(max_size=8), min_size=1, max_size=4)


@given(texts, st.sampled_from(["\n\n", "\r\n\r\n"]), st.lists(st.integers(0, 400), max_size=4))
def test_any_texts_cut_anywhere_keep_their_bytes(given_texts: list[str], end: str, cuts: list[int]) -> None:
    *before, last = given_texts
    wire = b"".join(event(said(text), end) for text in before) + event(said(last, "STOP"), end)
    places = sorted({min(cut, len(wire)) for cut in cuts})
    pieces = [wire[a:b] for a, b in zip([0, *places], [*places, len(wire)], strict=True)]
    assert read(*pieces) == (wire, None, "STOP", len(given_texts))


def test_a_last_event_without_its_blank_line_is_completed() -> None:
    cut = WHOLE.rstrip()
    assert read(cut) == (cut + b"\n\n", USAGE, "STOP", 3)


@pytest.mark.parametrize("wire", [b"", FIRST, WHOLE[:-30], b": nothing\n\n"])
def test_a_stream_that_ends_before_a_reason_came_is_broken(wire: bytes) -> None:
    assert isinstance(fault_of(wire), ConnectionBroken)


def test_every_candidate_that_began_must_end() -> None:
    one, two = event(said("a", "STOP", 0)), event(said("b", index=1))
    assert isinstance(fault_of(one + two), ConnectionBroken)
    assert read(two + one + event(said("", "MAX_TOKENS", 1)))[2] == "MAX_TOKENS"


def test_an_unspecified_reason_is_none() -> None:
    assert isinstance(fault_of(event(said("a", "FINISH_REASON_UNSPECIFIED"))), ConnectionBroken)


def test_a_blocked_prompt_ends_the_stream() -> None:
    wire = event({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}})
    assert read(wire) == (wire, None, "PROHIBITED_CONTENT", 1)


def test_an_event_of_usage_alone_is_no_content() -> None:
    (chunk,) = ContentStream().feed(event({"usageMetadata": {"promptTokenCount": 5}}))
    assert (chunk.content, chunk.usage) == (False, Usage(uncached=5))


@pytest.mark.parametrize("bare", [False, True])
def test_an_error_behind_good_events_is_raised_by_the_next_call(bare: bool) -> None:
    error = {"error": {"code": 503, "status": "UNAVAILABLE", "message": "m"}}
    wire = json.dumps(error).encode() + b"\n\n" if bare else event(error)
    stream = ContentStream()
    (chunk,) = stream.feed(FIRST + wire)
    assert chunk.wire == FIRST
    for call in (lambda: stream.feed(b""), stream.finish):
        with pytest.raises(StatusFault) as caught:
            call()
        assert caught.value.status == 503


def test_an_error_without_its_blank_line_is_found_at_the_end() -> None:
    fault = fault_of(FIRST + b'data: {"error": {"status": "RESOURCE_EXHAUSTED"}}')
    assert isinstance(fault, StatusFault)
    assert fault.status == 429


@pytest.mark.parametrize("data", [b"data: [1]\n\n", b"data: {\n\n", b"data: \xff\n\n", b"data: hello\n\n"])
def test_an_event_that_is_no_answer_is_malformed(data: bytes) -> None:
    assert isinstance(fault_of(data), AnswerMalformed)
