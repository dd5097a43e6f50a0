"""Answers of Converse as events: whole, streamed, cut at every byte, broken in every way."""

from __future__ import annotations

import json
import struct
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.core.call import Usage
from torana.core.events import Began, Cited, Counted, Ended, Event, TextPiece, ThinkingPiece, ToolBegan, ToolPiece
from torana.core.faults import AnswerMalformed, ConnectionBroken, StatusFault, UpstreamFault
from torana.dialects.codecs.bedrock_converse_answer import STOPS, ConverseReader, read_whole


def framed(headers: dict[str, str], payload: bytes) -> bytes:
    block = b"".join(
        bytes([len(name)]) + name.encode() + b"\x07" + struct.pack(">H", len(value)) + value.encode()
        for name, value in headers.items()
    )
    prelude = struct.pack(">II", 16 + len(block) + len(payload), len(block))
    body = prelude + struct.pack(">I", crc32(prelude)) + block + payload
    return body + struct.pack(">I", crc32(body))


def event(kind: str, **members: object) -> bytes:
    headers = {":event-type": kind, ":content-type": "application/json", ":message-type": "event"}
    return framed(headers, json.dumps({**members, "p": "abcdefgh"}).encode())


def exception(kind: str, message: str = "no") -> bytes:
    return framed({":exception-type": kind, ":message-type": "exception"}, json.dumps({"message": message}).encode())


def delta(index: int, **members: object) -> bytes:
    return event("contentBlockDelta", contentBlockIndex=index, delta=members)


def call(index: int, name: str, **members: object) -> bytes:
    return event(
        "contentBlockStart",
        contentBlockIndex=index,
        start={"toolUse": {"toolUseId": f"id-{name}", "name": name, **members}},
    )


def stop(index: int) -> bytes:
    return event("contentBlockStop", contentBlockIndex=index)


START = event("messageStart", role="assistant")
END = event("messageStop", stopReason="tool_use")
COUNTS = {
    "inputTokens": 10,
    "outputTokens": 7,
    "totalTokens": 24,
    "cacheReadInputTokens": 4,
    "cacheWriteInputTokens": 3,
}
META = event("metadata", usage=COUNTS, metrics={"latencyMs": 5})
USAGE = Usage(uncached=10, cache_read=4, cache_write=3, output=7)
STREAM = b"".join([
    START, delta(0, reasoningContent={"text": "hm"}), delta(0, reasoningContent={"signature": "sig"}), stop(0),
    delta(1, text="नमस्"), delta(1, text="ते"), stop(1),
    call(2, "look"), delta(2, toolUse={"input": '{"a"'}), delta(2, toolUse={"input": ": 1}"}), stop(2),
    call(3, "wait"), stop(3), END, META,
])  # fmt: skip
EVENTS: list[Event] = [
    Began(), ThinkingPiece("hm"), ThinkingPiece(signature="sig"), TextPiece("नमस्"), TextPiece("ते"),
    ToolBegan(0, "id-look", "look"), ToolPiece(0, '{"a"'), ToolPiece(0, ": 1}"),
    ToolBegan(1, "id-wait", "wait"), ToolPiece(1, "{}"), Ended("tools"), Counted(USAGE),
]  # fmt: skip


def read(*pieces: bytes) -> list[Event]:
    reader = ConverseReader()
    events = [one for piece in pieces for one in reader.feed(piece)]
    return [*events, *reader.finish()]


def test_a_stream_is_read() -> None:
    assert read(STREAM) == EVENTS


def test_a_stream_is_read_byte_by_byte() -> None:
    assert read(*(STREAM[at : at + 1] for at in range(len(STREAM)))) == EVENTS


@given(st.integers(0, len(STREAM)))
def test_a_stream_is_read_however_it_is_cut(at: int) -> None:
    assert read(STREAM[:at], STREAM[at:]) == EVENTS


@given(st.integers(0, len(STREAM) - len(META) - 1))
def test_a_stream_that_was_cut_short_is_broken_and_nothing_is_invented(at: int) -> None:
    reader = ConverseReader()
    events = reader.feed(STREAM[:at])
    assert events == EVENTS[: len(events)]
    with pytest.raises(ConnectionBroken):
        reader.finish()


def test_a_stream_may_end_without_its_usage() -> None:
    assert read(START + END) == [Began(), Ended("tools")]
    assert read(START + END + META[:30]) == [Began(), Ended("tools")]


@pytest.mark.parametrize(("kind", "status"), [
    ("throttlingException", 429), ("validationException", 400), ("internalServerException", 500),
    ("modelStreamErrorException", 502), ("serviceUnavailableException", 503), ("newException", 502),
])  # fmt: skip
def test_an_exception_in_the_stream_is_a_fault_behind_what_came_before(kind: str, status: int) -> None:
    reader = ConverseReader()
    assert reader.feed(START + delta(0, text="a") + exception(kind)) == [Began(), TextPiece("a")]
    assert isinstance(reader.fault, StatusFault)
    for ask in (lambda: reader.feed(b""), reader.finish):
        with pytest.raises(StatusFault) as fault:
            ask()
        assert (fault.value.status, fault.value.dialect, fault.value.body) == (
            status,
            "bedrock_converse",
            b'{"message": "no"}',
        )


def test_an_exception_at_the_very_start_is_raised_at_once() -> None:
    with pytest.raises(StatusFault):
        ConverseReader().feed(exception("throttlingException"))


def test_an_unmodelled_error_is_a_fault_with_its_words() -> None:
    wire = framed({":message-type": "error", ":error-code": "InternalFailure", ":error-message": "oh"}, b"")
    with pytest.raises(StatusFault) as fault:
        ConverseReader().feed(wire)
    assert (fault.value.status, fault.value.body) == (500, b'{"message":"oh"}')


@pytest.mark.parametrize("late", [exception("throttlingException"), b"\0" * 40], ids=["exception", "rubbish"])
def test_what_goes_wrong_behind_the_end_is_no_fault(late: bytes) -> None:
    assert read(START + END + late) == [Began(), Ended("tools")]
    assert read(START + END, late, late) == [Began(), Ended("tools")]


@pytest.mark.parametrize("wire", [
    delta(5, toolUse={"input": "{}"}), event("contentBlockDelta", delta=3), b"\0" * 40,
    framed({":message-type": "event", ":event-type": "messageStop"}, b"{"),
    framed({":message-type": "event", ":event-type": "messageStop"}, b'{"stopReason": "\xff"}'),
    call(0, "x") + delta(0, toolUse={"input": {}}),
])  # fmt: skip
def test_a_bad_event_is_malformed(wire: bytes) -> None:
    reader = ConverseReader()
    with pytest.raises(AnswerMalformed):
        reader.feed(wire)
        reader.feed(b"")


def test_events_and_blocks_of_a_later_api_are_passed_over() -> None:
    wire = START + event("somethingNew", x=1) + delta(0, hologram={"x": 1}) + delta(0, text="") + stop(9) + END
    assert read(wire) == [Began(), Ended("tools")]


def test_a_tool_that_the_provider_runs_is_none_of_the_callers() -> None:
    wire = START + call(0, "search", type="server_tool_use") + delta(0, toolUse={"input": "{}"}) + stop(0)
    wire += call(1, "look") + delta(1, toolUse={"input": ""}) + stop(1) + END
    assert read(wire) == [Began(), ToolBegan(0, "id-look", "look"), ToolPiece(0, "{}"), Ended("tools")]


def test_redacted_reasoning_and_sources_are_read() -> None:
    source = {
        "title": "T",
        "sourceContent": [{"text": "q"}],
        "location": {"documentChar": {"documentIndex": 1, "start": 2, "end": 3}},
    }
    web = {"title": "W", "location": {"web": {"url": "https://w", "domain": "w"}}}
    page = {"location": {"documentPage": {"documentIndex": 0, "start": 1, "end": 2}}}
    wire = START + delta(0, reasoningContent={"redactedContent": "AAAA"})
    wire += delta(1, citation=source) + delta(1, citation=web) + delta(1, citation=page) + END
    assert read(wire)[1:-1] == [
        ThinkingPiece(data="AAAA"), Cited("", "T", "q", 2, 3, 1), Cited("https://w", "W"), Cited(document=0),
    ]  # fmt: skip


@given(st.binary(max_size=120))
def test_any_bytes_are_events_or_a_fault(data: bytes) -> None:
    try:
        read(START, data)
    except UpstreamFault:
        return


def test_a_whole_answer_is_read() -> None:
    content = [
        {"reasoningContent": {"reasoningText": {"text": "hm", "signature": "sig"}}},
        {"reasoningContent": {"redactedContent": "AAAA"}},
        {"text": "hello"},
        {"citationsContent": {"content": [{"text": "said"}], "citations": [{"title": "T", "source": "s"}]}},
        {"toolUse": {"toolUseId": "s", "name": "search", "input": {}, "type": "server_tool_use"}},
        {"toolUse": {"toolUseId": "t", "name": "look", "input": {"a": 1}}},
        {"toolUse": {"toolUseId": "u", "name": "wait"}},
    ]
    body = json.dumps({
        "metrics": {"latencyMs": 9}, "output": {"message": {"role": "assistant", "content": content}},
        "stopReason": "tool_use", "usage": COUNTS,
    })  # fmt: skip
    assert read_whole(body.encode()) == [
        Began(), ThinkingPiece("hm", "sig"), ThinkingPiece(data="AAAA"), TextPiece("hello"), TextPiece("said"),
        Cited("s", "T"), ToolBegan(0, "t", "look"), ToolPiece(0, '{"a": 1}'), ToolBegan(1, "u", "wait"),
        ToolPiece(1, "{}"), Ended("tools"), Counted(USAGE),
    ]  # fmt: skip


def test_the_arguments_of_a_whole_answer_stay_byte_for_byte() -> None:
    arguments = '{"a" : [1.0, "\\u00e9",  {}]}'
    body = '{"output":{"message":{"content":[{"toolUse":{"toolUseId":"t","name":"n","input":%s}}]}},"stopReason":"tool_use"}'
    assert ToolPiece(0, arguments) in read_whole((body % arguments).encode())


@pytest.mark.parametrize(("told", "reason"), [*STOPS.items(), ("something_new", "stop")])
def test_every_reason_to_stop_is_known(told: str, reason: str) -> None:
    assert Ended(reason) in read_whole(
        json.dumps({"output": {"message": {"content": []}}, "stopReason": told}).encode()
    )
    assert read(START + event("messageStop", stopReason=told))[-1] == Ended(reason)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"output":{}}', b"\xff", b'{"message":"x"}', b"[" * 5000])
def test_what_is_no_answer_is_malformed(body: bytes) -> None:
    with pytest.raises(AnswerMalformed):
        read_whole(body)


def test_an_error_where_an_answer_should_be_is_that_error() -> None:
    with pytest.raises(StatusFault) as fault:
        read_whole(b'{"__type":"ThrottlingException","message":"slow"}')
    assert fault.value.status == 429


def test_counts_that_cannot_be_are_none() -> None:
    wire = START + END + event("metadata", usage={"inputTokens": -5, "outputTokens": 1 << 50})
    assert not any(isinstance(one, Counted) for one in read(wire))  # what nobody told is estimated
    half = START + END + event("metadata", usage={"inputTokens": -5, "outputTokens": 7})
    assert read(half)[-1] == Counted(Usage(output=7))
