"""Messages of AWS's event stream: as published, cut anywhere, and never trusted."""

from __future__ import annotations

import struct
import uuid
from itertools import pairwise
from zlib import crc32

import pytest
from botocore.eventstream import EventStreamBuffer
from hypothesis import given
from hypothesis import strategies as st

from torana.core.event_stream import MAX_HEADER_BYTES, HeaderValue, Message, MessageSplitter
from torana.core.faults import AnswerMalformed

BODY = b"{'foo':'bar'}"
# The vectors that AWS's SDKs share.
EMPTY = bytes.fromhex("00000010 00000000 05c248eb 7d98c8ff")
NO_HEADERS = bytes.fromhex("0000001d 00000000 fd528c5a 7b27666f6f273a27626172277d c3653936")
INT_HEADER = bytes.fromhex(
    "0000002d 00000010 41c424b8 0a 6576656e742d74797065 04 0000a00c 7b27666f6f273a27626172277d 36f480a0"
)
TEXT_HEADER = bytes.fromhex(
    "0000003d 00000020 07fd8396 0c 636f6e74656e742d74797065 07 0010 6170706c69636174696f6e2f6a736f6e"
    "7b27666f6f273a27626172277d 8d9c08b1"
)
GOOD = {
    EMPTY: Message({}, b""),
    NO_HEADERS: Message({}, BODY),
    INT_HEADER: Message({"event-type": 0xA00C}, BODY),
    TEXT_HEADER: Message({"content-type": "application/json"}, BODY),
}
BAD = {
    "headers": TEXT_HEADER.replace(b"content-type", b"content+type"),
    "header length": TEXT_HEADER[:6] + b"\x01" + TEXT_HEADER[7:],
    "length": b"\x01" + NO_HEADERS[1:],
    "payload": NO_HEADERS[:-5] + b"\x8d" + NO_HEADERS[-4:],
}


def framed(headers: bytes, payload: bytes = b"") -> bytes:
    """A message with true check sums around any block of headers."""
    prelude = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    body = prelude + struct.pack(">I", crc32(prelude)) + headers + payload
    return body + struct.pack(">I", crc32(body))


def said(name: str, kind: int, value: bytes) -> bytes:
    return bytes([len(name.encode())]) + name.encode() + bytes([kind]) + value


@pytest.mark.parametrize("wire", GOOD)
def test_a_published_message_is_read(wire: bytes) -> None:
    assert MessageSplitter().feed(wire) == [GOOD[wire]]


@pytest.mark.parametrize("wire", BAD.values(), ids=BAD)
def test_a_published_corruption_is_refused(wire: bytes) -> None:
    splitter = MessageSplitter()
    with pytest.raises(AnswerMalformed):
        splitter.feed(wire)
    with pytest.raises(AnswerMalformed):
        splitter.feed(b"")


@pytest.mark.parametrize(("kind", "value", "read"), [
    (0, b"", True), (1, b"", False), (2, b"\xff", -1), (3, b"\x00\x10", 16), (4, b"\xff\xff\xff\xff", -1),
    (5, (1 << 40).to_bytes(8, "big"), 1 << 40), (6, b"\x00\x02\x00\xff", b"\x00\xff"),
    (7, b"\x00\x02\xc3\xa9", "é"), (8, (1_500_000_000_000).to_bytes(8, "big"), 1_500_000_000_000),
    (9, uuid.UUID(int=7).bytes, uuid.UUID(int=7).bytes),
])  # fmt: skip
def test_every_type_of_header_is_read(kind: int, value: bytes, read: HeaderValue) -> None:
    (message,) = MessageSplitter().feed(framed(said("h", kind, value) + said(":event-type", 7, b"\x00\x01x")))
    assert message.headers["h"] == read
    assert message.text(":event-type") == "x"
    assert message.text("missing") == ""


@pytest.mark.parametrize("block", [
    b"\x05ab", said("h", 10, b""), said("h", 7, b"\x00\x09ab"), said("h", 7, b"\x00"), said("h", 4, b"\x00"),
    said("h", 9, b"short"), said("h", 7, b"\x00\x01\xff"), b"\x01\xff\x00", b"\x01h",
])  # fmt: skip
def test_headers_that_cannot_be_read_are_refused_whatever_the_check_sum_says(block: bytes) -> None:
    with pytest.raises(AnswerMalformed):
        MessageSplitter().feed(framed(block))


@pytest.mark.parametrize(("total", "headers"), [(0xFFFFFFFF, 0), (15, 0), (16, 1), (64 << 20, 0), (2 << 20, 1 << 20)])
def test_a_hostile_length_is_refused_before_anything_is_kept_for_it(total: int, headers: int) -> None:
    prelude = struct.pack(">II", total, headers)
    splitter = MessageSplitter()
    assert splitter.feed(prelude) == ()
    with pytest.raises(AnswerMalformed):
        splitter.feed(struct.pack(">I", crc32(prelude)))


def test_the_bounds_are_inclusive() -> None:
    assert len(MessageSplitter(100).feed(framed(b"", b"x" * 84))) == 1
    with pytest.raises(AnswerMalformed):
        MessageSplitter(100).feed(framed(b"", b"x" * 85))
    full = said("h", 6, b"\xff\xff" + b"x" * 65535)
    block = full + said(
        "i", 6, (MAX_HEADER_BYTES - len(full) - 5).to_bytes(2, "big") + b"y" * (MAX_HEADER_BYTES - len(full) - 5)
    )
    assert len(block) == MAX_HEADER_BYTES
    assert len(MessageSplitter().feed(framed(block))) == 1


def test_messages_before_a_bad_one_are_given_first() -> None:
    splitter = MessageSplitter()
    assert splitter.feed(EMPTY + NO_HEADERS + BAD["payload"]) == [GOOD[EMPTY], GOOD[NO_HEADERS]]
    assert splitter.fault is not None
    with pytest.raises(AnswerMalformed):
        splitter.feed(EMPTY)


def test_half_a_message_is_kept_and_counted() -> None:
    splitter = MessageSplitter()
    assert splitter.feed(EMPTY + INT_HEADER[:20]) == [GOOD[EMPTY]]
    assert splitter.rest == 20
    assert splitter.feed(INT_HEADER[20:]) == [GOOD[INT_HEADER]]
    assert splitter.rest == 0


@given(st.lists(st.sampled_from(sorted(GOOD)), max_size=6), st.lists(st.integers(0, 300), max_size=8))
def test_how_the_bytes_are_cut_changes_nothing(wires: list[bytes], cuts: list[int]) -> None:
    whole = b"".join(wires)
    splitter = MessageSplitter()
    got: list[Message] = []
    edges = [0, *sorted(min(cut, len(whole)) for cut in cuts), len(whole)]
    for start, end in pairwise(edges):
        got += splitter.feed(whole[start:end])
    assert got == [GOOD[wire] for wire in wires]


def test_a_stream_is_read_byte_by_byte() -> None:
    splitter = MessageSplitter()
    got = [message for byte in b"".join(GOOD) for message in splitter.feed(bytes([byte]))]
    assert got == list(GOOD.values())


@given(st.binary(max_size=200))
def test_any_bytes_are_messages_or_a_fault(data: bytes) -> None:
    splitter = MessageSplitter()
    try:
        messages = splitter.feed(data)
    except AnswerMalformed:
        return
    assert splitter.rest + sum(16 + len(message.payload) for message in messages) <= len(data) or splitter.fault


@given(
    st.dictionaries(st.text("abc:-", min_size=1, max_size=9), st.text(max_size=20), max_size=5), st.binary(max_size=90)
)
def test_aws_own_library_reads_the_same(headers: dict[str, str], payload: bytes) -> None:
    block = b"".join(said(name, 7, struct.pack(">H", len(v.encode())) + v.encode()) for name, v in headers.items())
    wire = framed(block, payload)
    theirs = EventStreamBuffer()
    theirs.add_data(wire)
    their = theirs.next()
    assert MessageSplitter().feed(wire) == [Message(their.headers, their.payload)]
