"""A Receipt's form on disk: what older versions wrote is read, and what is written now is the same to the byte."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import msgspec
import pytest

from tests.receipts import a_receipt
from torana.core.tickets import Attempted, Dropped, Found
from torana.core.trace import Timed
from torana.ports.receipt import Receipt, blank
from torana.records.frames import frame_bytes, head_at, payload_of, receipts_in

HERE = Path(__file__).parent
FRAME = HERE / "receipts.spool_frame"
"""A frame of the two at position 77, as the version wrote it whose Receipt was a dataclass."""
LINES = HERE / "receipts.jsonl"
"""The same two in JSON, by the same version."""
WRITTEN = [
    a_receipt(
        7,
        stream=True,
        attempts=[Attempted("a", "m", "503", 5, "2"), Attempted("b", "m", "ok", 40)],
        dropped=[Dropped("c", "m", "breaker open")],
        verdicts=["pii@1:flag"],
        budgets=["0/day/acme"],
        waited_ms=3,
        findings=[Found("pii@1", "email", "input", "messages[0].content", 3, 17, "ab12", "mask")],
        saved_nano=5,
        saved_ms=6,
        trace="00-" + "a" * 32 + "-" + "b" * 16 + "-01",
        timed=[Timed("attempt", "a", 10, 20, "ok", 1)],
        cache="hit",
        snapshot=300,
        cost_nano=1 << 40,
    ),
    a_receipt(8),
]


def test_a_frame_of_an_older_spool_is_read() -> None:
    file = os.open(FRAME, os.O_RDONLY)
    try:
        frame = head_at(file, 0, FRAME.stat().st_size)
        assert frame is not None
        payload = payload_of(file, frame)
    finally:
        os.close(file)
    assert payload is not None
    assert receipts_in(payload) == WRITTEN


def test_a_frame_is_written_as_it_was() -> None:
    assert frame_bytes(77, WRITTEN) == FRAME.read_bytes()


def test_lines_are_written_and_read_as_they_were() -> None:
    lines = LINES.read_bytes()
    assert msgspec.json.Encoder().encode_lines(WRITTEN) == lines
    assert msgspec.json.Decoder(Receipt).decode_lines(lines) == WRITTEN


def test_one_that_knows_nothing_is_empty_in_every_field() -> None:
    receipt = Receipt(**blank())
    assert not any(msgspec.structs.astuple(receipt))
    assert msgspec.convert(msgspec.to_builtins(receipt), Receipt) == receipt


def test_two_share_no_list() -> None:
    one, other = a_receipt(1), a_receipt(1)
    one.findings.append(Found("pii@1", "email", "input", "", 0, 1, "", "flag"))
    assert other.findings == []


def test_the_garbage_collector_does_not_look_at_them() -> None:
    assert not gc.is_tracked(a_receipt(1))


@pytest.mark.parametrize(("held", "over"), [(10, False), (9, True)])
def test_an_overrun_cost_more_than_was_held(held: int, over: bool) -> None:
    assert a_receipt(1, cost_nano=10, held_nano=held).overrun is over
