"""openai_stream: content, usage, finish and faults of a stream, wherever its bytes are cut."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.core.call import Ask, Chunk
from torana.core.faults import AnswerMalformed, ConnectionBroken, StatusFault, UpstreamFault
from torana.dialects import openai_chat

WANTS = Ask("m", True, wants_usage=True)
SILENT = Ask("m", True, wants_usage=False)
DONE = b"data: [DONE]\n\n"
USAGE = b'data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}\n\n'
ROLE = (
    b'data: {"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}],"usage":null}\n\n'
)
FINISH = b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
ERROR = b'data: {"error":{"message":"busy","code":529}}\n\n'


def event(delta: object, finish: object = None, index: int = 0) -> bytes:
    return (
        b"data: "
        + json.dumps({"choices": [{"index": index, "delta": delta, "finish_reason": finish}]}).encode()
        + b"\n\n"
    )


HI = event({"content": "hi"})


def play(pieces: Iterable[bytes], ask: Ask = WANTS) -> tuple[list[Chunk], UpstreamFault | None]:
    """What a source would give: chunks, and the fault that ended them."""
    decoder = openai_chat.decoder(ask)
    chunks: list[Chunk] = []
    try:
        for piece in pieces:
            chunks += decoder.feed(piece)
            chunks += decoder.feed(b"")
        chunks += decoder.finish()
    except UpstreamFault as fault:
        return chunks, fault
    return chunks, None


def summary(chunks: list[Chunk], fault: UpstreamFault | None) -> tuple:
    usage = [chunk.usage for chunk in chunks if chunk.usage]
    finish = [chunk.finish for chunk in chunks if chunk.finish]
    return (
        b"".join(chunk.wire for chunk in chunks), any(chunk.content for chunk in chunks),
        sum(chunk.events for chunk in chunks if chunk.content), usage[-1:], finish[-1:], type(fault),
        getattr(fault, "status", None), getattr(fault, "body", None),
    )  # fmt: skip


@pytest.mark.parametrize(("wire", "content"), [
    (ROLE, False), (b": keep-alive\n\n", False), (b"\n", False), (b"event: ping\n\n", False),
    (b'data: {"choices":[],"prompt_filter_results":[]}\n\n', False), (b"data: {}\n\n", False), (DONE, False),
    (event({"content": None}), False), (event({"tool_calls": []}), False), (event(None), False),
    (HI, True), (FINISH, True), (event({"tool_calls": [{"index": 0, "id": "a"}]}), True), (event({"refusal": "no"}), True),
    (event({"reasoning_content": "hm"}), True), (event({"reasoning": "hm"}), True), (event({"audio": {"id": "a"}}), True),
    (event({"function_call": {"name": "f"}}), True), (event({"content": [{"type": "text"}]}), True),
    (ROLE + HI, True), (b": c\n\n" + ROLE, False),
])  # fmt: skip
def test_what_counts_as_content(wire: bytes, content: bool) -> None:
    (chunk,) = openai_chat.decoder(WANTS).feed(wire)
    assert (chunk.wire, chunk.content) == (wire, content)


def test_events_of_content_are_counted() -> None:
    (chunk,) = openai_chat.decoder(WANTS).feed(ROLE + HI + HI + FINISH + USAGE)
    assert chunk.events == 3


@pytest.mark.parametrize(("delta", "letters"), [
    ({"content": "twelve signs"}, 12), ({"reasoning_content": "four"}, 4), ({"role": "assistant", "content": ""}, 0),
    ({"tool_calls": [{"index": 0, "function": {"arguments": "123"}}, {"function": {"arguments": "45"}}]}, 5),
    ({"tool_calls": [{"index": 0, "id": "c", "function": {"name": "f", "arguments": ""}}]}, 1), ({"new": {"a": 1}}, 1),
    ({"tool_calls": [None, {"function": 5}, {"function": {"arguments": 5}}]}, 1),
])  # fmt: skip
def test_the_text_of_an_event_is_measured(delta: object, letters: int) -> None:
    chunks, _ = play([event(delta), event(delta) + event(delta, "stop")])
    assert [chunk.letters for chunk in chunks] == [letters, 2 * letters]


def test_usage_that_the_caller_did_not_ask_for_is_learned_and_withheld() -> None:
    chunks, fault = play([ROLE + HI, FINISH, USAGE, DONE], SILENT)
    assert fault is None
    assert b"".join(chunk.wire for chunk in chunks) == ROLE + HI + FINISH + DONE
    assert [chunk.usage.output for chunk in chunks if chunk.usage] == [2]


def test_usage_beside_a_choice_stays() -> None:
    both = (
        b'data: {"choices":[{"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1}}\n\n'
    )
    chunks, _ = play([both, DONE], SILENT)
    assert b"".join(chunk.wire for chunk in chunks) == both + DONE


def test_a_stream_that_ends_after_its_finish_is_whole() -> None:
    assert play([HI, FINISH])[1] is None


def test_a_stream_that_ends_before_its_finish_is_broken() -> None:
    chunks, fault = play([ROLE, HI])
    assert len(chunks) == 2
    assert isinstance(fault, ConnectionBroken)
    assert fault.sent is True


def test_every_choice_must_finish() -> None:
    two = replace(WANTS, candidates=2)
    both = [event({"content": "a"}, index=0), event({"content": "b"}, index=1), event({}, "stop", 0)]
    assert isinstance(play(both, two)[1], ConnectionBroken)
    assert play([*both, event({}, "length", 1)], two)[1] is None


def test_a_last_event_without_its_blank_line_is_completed() -> None:
    chunks, fault = play([HI, b"data: [DONE]"])
    assert fault is None
    assert chunks[-1].wire == DONE


def test_half_an_event_at_the_end_is_dropped() -> None:
    chunks, fault = play([HI, b'data: {"choices":[{"del'])
    assert isinstance(fault, ConnectionBroken)
    assert b"".join(chunk.wire for chunk in chunks) == HI


@pytest.mark.parametrize(("wire", "status"), [
    (ERROR, 529), (b'data: {"error":"busy"}\n\n', 502), (b'event: error\ndata: {"message":"busy"}\n\n', 502),
    (b'data: {"choices":[{"delta":{},"finish_reason":"error","error":{"code":502}}]}\n\n', 502),
    (b'data: {"error":{"code":"429"}}\n\n', 429), (b'data: {"error":{"code":200}}\n\n', 502),
])  # fmt: skip
def test_an_error_event_is_a_status_fault_with_its_data(wire: bytes, status: int) -> None:
    chunks, fault = play([HI + wire])
    assert [chunk.wire for chunk in chunks] == [HI]
    assert isinstance(fault, StatusFault)
    assert fault.status == status
    assert fault.body in wire


def test_an_error_after_the_finish_is_told_too() -> None:
    assert isinstance(play([HI + FINISH, ERROR])[1], StatusFault)


@pytest.mark.parametrize(
    "data", [b"{", b"hello", b"[1]", b'{"choices":1}', b'{"choices":[{"delta":{"content":"\xff"}}]}', b"[" * 9999]
)
def test_an_event_that_is_no_chunk_is_malformed(data: bytes) -> None:
    assert isinstance(play([b"data: " + data + b"\n\n"])[1], AnswerMalformed)


@given(st.lists(st.binary(max_size=60) | st.sampled_from([HI, ROLE, FINISH, USAGE, DONE, ERROR]), max_size=8))
def test_any_bytes_are_chunks_or_a_fault(pieces: list[bytes]) -> None:
    play(pieces)


ends = st.sampled_from([b"\n", b"\r\n", b"\r"])
texts = st.text(alphabet='aé🙂\\"\n', max_size=5)
kinds = st.one_of(
    texts.map(lambda text: {"content": text}),
    texts.map(lambda text: {"tool_calls": [{"index": 0, "function": {"arguments": text}}]}),
    st.just({"role": "assistant", "content": ""}),
)


@st.composite
def streams(draw: st.DrawFn) -> bytes:
    wires = [
        b"data: "
        + json.dumps({"choices": [{"index": 0, "delta": delta, "finish_reason": None}]}, ensure_ascii=False).encode()
        + b"\n\n"
        for delta in draw(st.lists(kinds, max_size=4))
    ]
    wires += draw(
        st.sampled_from([[FINISH, USAGE, DONE], [FINISH, USAGE], [FINISH], [DONE], [ERROR], [FINISH, ERROR], []])
    )
    for _ in range(draw(st.integers(0, 2))):
        wires.insert(draw(st.integers(0, len(wires))), draw(st.sampled_from([b": ping\n\n", b"\n", b"event: x\n\n"])))
    bom = draw(st.sampled_from([b"", b"\xef\xbb\xbf"]))
    return bom + b"".join(wires).replace(b"\n", draw(ends))


@given(streams(), st.sampled_from([WANTS, SILENT]))
def test_where_the_bytes_are_cut_changes_nothing(wire: bytes, ask: Ask) -> None:
    whole = summary(*play([wire], ask))
    assert summary(*play([wire[at : at + 1] for at in range(len(wire))], ask)) == whole
    for at in range(len(wire) + 1):
        assert summary(*play([wire[:at], wire[at:]], ask)) == whole
