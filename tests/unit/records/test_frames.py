from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.receipts import a_receipt, some_receipts
from torana.core.tickets import Attempted, Dropped
from torana.records.frames import frame_bytes, head_at, payload_of, receipts_in, writable


def written(path: Path, data: bytes) -> int:
    path.write_bytes(data)
    return os.open(path, os.O_RDONLY)


def test_what_is_framed_is_read_back(tmp_path: Path) -> None:
    receipts = [
        a_receipt(1, attempts=[Attempted("a", "m", "503", 5, "2")], dropped=[Dropped("b", "m", "circuit open")])
    ]
    file = written(tmp_path / "f", frame_bytes(77, receipts))
    frame = head_at(file, 0, os.fstat(file).st_size)
    assert frame is not None
    assert (frame.position, frame.held, frame.end) == (77, 1, 78)
    payload = payload_of(file, frame)
    assert payload is not None
    assert receipts_in(payload) == receipts
    os.close(file)


@given(cut=st.integers(min_value=0, max_value=2000))
def test_a_frame_cut_anywhere_is_no_frame(cut: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    whole = frame_bytes(1, some_receipts(2))
    file = written(tmp_path_factory.mktemp("cut") / "f", whole[: min(cut, len(whole) - 1)])
    assert head_at(file, 0, os.fstat(file).st_size) is None
    os.close(file)


@given(place=st.integers(min_value=0), bit=st.integers(min_value=0, max_value=7))
def test_any_flipped_bit_is_noticed(place: int, bit: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    data = bytearray(frame_bytes(1, some_receipts(2)))
    data[place % len(data)] ^= 1 << bit
    file = written(tmp_path_factory.mktemp("bit") / "f", bytes(data))
    frame = head_at(file, 0, len(data))
    assert frame is None or payload_of(file, frame) is None
    os.close(file)


def test_a_field_that_the_writer_did_not_know_is_empty() -> None:
    row = msgspec.to_builtins(a_receipt(3))
    del row["overhead_us"], row["policy"], row["verdicts"]
    read = receipts_in(msgspec.msgpack.encode([row]))
    assert read == [a_receipt(3, overhead_us=0, policy="", verdicts=[])]


def test_a_field_that_we_do_not_know_is_left_out() -> None:
    row = {**msgspec.to_builtins(a_receipt(3)), "colour": "red"}
    assert receipts_in(msgspec.msgpack.encode([row])) == [a_receipt(3)]


def test_what_is_no_receipt_cannot_be_read() -> None:
    assert receipts_in(b"\xc1") is None
    assert receipts_in(msgspec.msgpack.encode([{"status": "not a number"}])) is None


def test_lone_surrogates_and_huge_integers_are_made_writable() -> None:
    receipt = a_receipt(1, model="gpt\ud800", cost_nano=1 << 70, attempts=[Attempted("p\udfff", "m", "ok", 1)])
    with pytest.raises((ValueError, OverflowError)):
        frame_bytes(1, [receipt])
    clean = writable(receipt)
    assert clean is not None
    assert clean.model == "gpt?"
    assert clean.cost_nano == (1 << 63) - 1
    assert clean.attempts == [Attempted("p?", "m", "ok", 1)]


def test_what_cannot_be_made_writable_is_given_up() -> None:
    assert writable(a_receipt(1, address=object())) is None
