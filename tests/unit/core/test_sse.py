"""The SSE splitter against a plain reading of the standard, over every way to cut the bytes."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.core.faults import AnswerMalformed
from torana.core.sse import Event, SseSplitter

Seen = list[tuple[str, bytes]]


def split(*pieces: bytes, max_event_bytes: int = 10_000) -> tuple[list[Event], bytes]:
    splitter = SseSplitter(max_event_bytes)
    events = [event for piece in pieces for event in splitter.feed(piece)]
    return events, splitter.finish()


def dispatched(events: list[Event]) -> Seen:
    return [(event.event, event.data) for event in events if event.data is not None]


def by_the_standard(stream: bytes) -> Seen:
    """WHATWG HTML 9.2.6, 'interpreting an event stream', read line by line; slow and plain."""
    stream = stream.removeprefix(b"\xef\xbb\xbf")
    lines: list[bytes] = []
    line = bytearray()
    position = 0
    while position < len(stream):
        byte = stream[position : position + 1]
        position += 1
        if byte == b"\r" and stream[position : position + 1] == b"\n":
            position += 1
        if byte in (b"\r", b"\n"):
            lines.append(bytes(line))
            line.clear()
        else:
            line += byte
    seen: Seen = []
    name, data = "", b""
    for text in lines:
        if text == b"":
            if data:
                seen.append((name, data[:-1]))
            name, data = "", b""
            continue
        if text.startswith(b":"):
            continue
        field, value = text, b""
        if b":" in text:
            field, value = text.split(b":", 1)
            if value.startswith(b" "):
                value = value[1:]
        if field == b"data":
            data += value + b"\n"
        elif field == b"event":
            name = value.decode("utf-8", "replace")
    return seen


LINES = st.sampled_from(
    [
        b"",
        b"",
        b":",
        b": keep-alive",
        b"data",
        b"data:",
        b"data: ",
        b"data:  two spaces",
        b"data: {}",
        b'data: {"a":1}',
        b"data:no space",
        b"data: colons: here: too",
        b"dat: another field",
        b" data: not a field",
        b"event: message_start",
        b"event:",
        b"event: \xff\xfe",
        b"id: 7",
        b"retry: 100",
        "data: नमस्ते ✓ 🙏".encode(),
        b"data: cut \xe0\xa4 here",
        b"data: [DONE]",
        b"\xef\xbb\xbfdata: marked",
    ]
)
ENDS = st.sampled_from([b"\n", b"\n", b"\n", b"\r\n", b"\r"])
STREAMS = st.lists(st.tuples(LINES, ENDS), max_size=14).map(lambda lines: b"".join(a + b for a, b in lines))
NOISE = st.lists(st.sampled_from([b"\n", b"\r", b"data", b":", b" ", b"x", b"\xef\xbb\xbf"]), max_size=24).map(b"".join)
TAILS = st.sampled_from([b"", b"", b"data: cut", b"\xef\xbb", b": half"])


def held_back(stream: bytes) -> bytes:
    """A stream that ends in CR is ambiguous until its next byte; a field line settles it."""
    return stream + b"data: last" if stream.endswith(b"\r") else stream


@given(st.one_of(STREAMS, NOISE, st.binary(max_size=60)), TAILS)
def test_events_are_those_of_the_standard(stream: bytes, tail: bytes) -> None:
    stream = held_back(stream + tail)
    events, _ = split(stream)
    assert dispatched(events) == by_the_standard(stream)


@given(st.one_of(STREAMS, NOISE, st.binary(max_size=60)), TAILS)
def test_no_byte_is_lost_or_changed(stream: bytes, tail: bytes) -> None:
    stream += tail
    events, rest = split(stream)
    assert b"".join(event.wire for event in events) + rest == stream


@given(st.one_of(STREAMS, NOISE), TAILS)
def test_a_cut_at_any_offset_changes_no_event(stream: bytes, tail: bytes) -> None:
    stream += tail
    whole = split(stream)
    for offset in range(len(stream) + 1):
        assert split(stream[:offset], stream[offset:]) == whole


@given(st.one_of(STREAMS, NOISE, st.binary(max_size=60)), TAILS, st.integers())
def test_many_cuts_change_no_event(stream: bytes, tail: bytes, seed: int) -> None:
    stream += tail
    whole = split(stream)
    assert split(*(stream[i : i + 1] for i in range(len(stream)))) == whole
    dice = random.Random(seed)
    cuts = sorted(dice.randrange(len(stream) + 1) for _ in range(5))
    assert split(*(stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True))) == whole


@given(st.one_of(STREAMS, NOISE), st.integers(min_value=1, max_value=40))
def test_the_bound_strikes_the_same_event_however_the_bytes_are_cut(stream: bytes, bound: int) -> None:
    def outcome(pieces: list[bytes]) -> tuple[list[Event], bool]:
        splitter = SseSplitter(bound)
        events: list[Event] = []
        try:
            for piece in pieces:
                events += splitter.feed(piece)
            splitter.finish()
        except AnswerMalformed:
            return events, True
        return events, False

    whole = outcome([stream])
    assert all(len(event.wire) <= bound for event in whole[0])
    assert outcome([stream[i : i + 1] for i in range(len(stream))]) == whole


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (b"data: a\n\n", [("", b"a")]),
        (b"data:a\r\n\r\n", [("", b"a")]),
        (b"data: a\r\r", [("", b"a")]),
        (b"data: a\r\n\n", [("", b"a")]),
        (b"data: a\ndata: b\n\n", [("", b"a\nb")]),
        (b"data\n\n", [("", b"")]),
        (b"data\ndata\n\n", [("", b"\n")]),
        (b"event: x\nid: 3\nretry: 9\ndata: a\n\n", [("x", b"a")]),
        (b"event: x\n\ndata: a\n\n", [("", b"a")]),
        (b": ping\n\ndata: a\n\n", [("", b"a")]),
        (b"\xef\xbb\xbfdata: a\n\ndata: b\n\n", [("", b"a"), ("", b"b")]),
        (b"data: a\n\n\xef\xbb\xbfdata: b\n\n", [("", b"a")]),
        (b"data: a\n\n\n\ndata: b\n\n", [("", b"a"), ("", b"b")]),
        (b"data: a\n", []),
    ],
)
def test_examples(stream: bytes, expected: Seen) -> None:
    events, rest = split(stream)
    assert dispatched(events) == expected == by_the_standard(stream)
    assert b"".join(event.wire for event in events) + rest == stream


def test_an_event_is_handed_on_with_its_last_byte() -> None:
    for end in (b"\n\n", b"\r\n\r\n", b"\r\r"):
        splitter = SseSplitter(100)
        stream = b"data: a" + end
        assert splitter.feed(stream[:-1]) == []
        assert splitter.feed(stream[-1:]) == [Event(stream, "", b"a")]


def test_a_keep_alive_is_handed_on_at_once() -> None:
    splitter = SseSplitter(100)
    assert splitter.feed(b": ping\n\n") == [Event(b": ping\n\n")]
    assert splitter.feed(b"\n") == [Event(b"\n")]


def test_events_before_one_over_the_bound_are_still_given() -> None:
    splitter = SseSplitter(12)
    assert splitter.feed(b"data: a\n\ndata: far too long\n\n") == [Event(b"data: a\n\n", "", b"a")]
    with pytest.raises(AnswerMalformed):
        splitter.feed(b"")
    with pytest.raises(AnswerMalformed):
        splitter.finish()


def test_an_endless_event_is_refused_before_it_ends() -> None:
    splitter = SseSplitter(1000)
    with pytest.raises(AnswerMalformed):
        for _ in range(200):
            splitter.feed(b"data: xxxx")


@pytest.mark.parametrize("stream", [b"data: a\n\n\n", b"data: a\n\ndata: b\n\n\n\ndata: c\n\n", b": c\n\n\n"])
def test_a_blank_line_behind_an_event_never_becomes_part_of_it(stream: bytes) -> None:
    wires = [event.wire for event in split(*[stream[at : at + 1] for at in range(len(stream))])[0]]
    for at in range(len(stream) + 1):
        assert [event.wire for event in split(stream[:at], stream[at:])[0]] == wires
