from __future__ import annotations

from pathlib import Path

import pytest

from tests.receipts import a_receipt, some_receipts
from torana.ports.receipt import Receipt
from torana.records.cursor import Cursor
from torana.records.spool import Spool, SpoolFull, SpoolSettings, SpoolTaken
from torana.testing.clock import FakeClock

TINY = SpoolSettings(segment_mb=0)
"""Every batch begins a new segment."""


def everything(spool: Spool) -> list[Receipt]:
    cursor = Cursor(spool, 0)
    found: list[Receipt] = []
    while cursor.lag:
        batch, position = cursor.read(100)
        found.extend(batch)
        cursor.advance(position)
    return found


def segments(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.spool"))


def test_what_was_appended_is_there_after_a_restart(tmp_path: Path) -> None:
    clock = FakeClock()
    spool = Spool(tmp_path, SpoolSettings(), clock)
    spool.append(some_receipts(3))
    head = spool.append(some_receipts(2, since=3))
    spool.close()
    again = Spool(tmp_path, SpoolSettings(), clock)
    assert again.head == head
    assert everything(again) == some_receipts(5)
    again.close()


def test_a_second_writer_is_refused(tmp_path: Path) -> None:
    first = Spool(tmp_path, SpoolSettings(), FakeClock())
    with pytest.raises(SpoolTaken):
        Spool(tmp_path, SpoolSettings(), FakeClock())
    first.close()
    Spool(tmp_path, SpoolSettings(), FakeClock()).close()


@pytest.mark.parametrize("left", [1, 19, 30, 400])
def test_a_torn_tail_is_cut_and_the_rest_is_kept(tmp_path: Path, left: int) -> None:
    spool = Spool(tmp_path, SpoolSettings(), FakeClock())
    kept = spool.append(some_receipts(3))
    whole = spool.size
    spool.append([a_receipt(9)])
    spool.close()
    (path,) = segments(tmp_path)
    path.write_bytes(path.read_bytes()[: whole + left])
    again = Spool(tmp_path, SpoolSettings(), FakeClock())
    assert again.torn_bytes == left
    assert path.stat().st_size == whole
    assert again.head == kept
    again.append([a_receipt(3)])
    assert everything(again) == some_receipts(4)
    again.close()


def test_a_segment_torn_in_its_first_bytes_is_empty(tmp_path: Path) -> None:
    spool = Spool(tmp_path, TINY, FakeClock())
    spool.append(some_receipts(2))
    head = spool.append([a_receipt(2)])
    spool.close()
    segments(tmp_path)[-1].write_bytes(b"TOR")
    again = Spool(tmp_path, TINY, FakeClock())
    assert again.head == head - 1
    again.append([a_receipt(2)])
    assert everything(again) == some_receipts(3)
    again.close()


def test_segments_that_everybody_passed_are_deleted_and_the_head_is_not_forgotten(tmp_path: Path) -> None:
    spool = Spool(tmp_path, TINY, FakeClock())
    first = spool.head
    for number in range(5):
        spool.append([a_receipt(number)])
    spool.release(first + 3)
    assert len(segments(tmp_path)) == 2
    spool.release(spool.head)
    assert len(segments(tmp_path)) == 1
    head = spool.head
    spool.close()
    again = Spool(tmp_path, TINY, FakeClock(now=1.0))
    assert again.head == head
    again.close()


def test_positions_of_a_new_spool_lie_beyond_those_of_an_older_one(tmp_path: Path) -> None:
    clock = FakeClock()
    old = Spool(tmp_path / "old", SpoolSettings(), clock)
    head = old.append(some_receipts(1000))
    old.close()
    clock.advance(1)
    new = Spool(tmp_path / "new", SpoolSettings(), clock)
    assert new.head > head
    new.close()


def test_a_full_spool_refuses_and_takes_again_once_there_is_room(tmp_path: Path) -> None:
    spool = Spool(tmp_path, SpoolSettings(max_mb=1, segment_mb=0), FakeClock())
    batch = some_receipts(400)
    with pytest.raises(SpoolFull):
        for _ in range(10):
            spool.append(batch)
    assert spool.size <= 1024 * 1024
    head = spool.head
    spool.release(head)
    assert spool.append(batch) == head + 400
    spool.close()


def test_a_receipt_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    spool = Spool(tmp_path, SpoolSettings(), FakeClock())
    with pytest.raises(ValueError):
        spool.append([a_receipt(0), a_receipt(1, model="\ud800")])
    spool.append([a_receipt(2)])
    assert everything(spool) == [a_receipt(2)]
    spool.close()


def test_memory_holds_the_newest_receipts_only(tmp_path: Path) -> None:
    spool = Spool(tmp_path, SpoolSettings(recent=10), FakeClock())
    for number in range(0, 100, 5):
        spool.append(some_receipts(5, since=number))
    assert sum(len(receipts) for _, receipts in spool.recent) == 10
    assert everything(spool) == some_receipts(100)
    spool.close()


def test_with_fsync_per_batch_receipts_are_kept_all_the_same(tmp_path: Path) -> None:
    spool = Spool(tmp_path, SpoolSettings(fsync="batch"), FakeClock())
    spool.append(some_receipts(2))
    assert everything(spool) == some_receipts(2)
    spool.close()


def test_the_head_leaps_over_positions_that_a_sink_already_knows(tmp_path: Path) -> None:
    spool = Spool(tmp_path, SpoolSettings(), FakeClock())
    spool.append([a_receipt(0)])
    spool.leap(spool.head + 1000)
    spool.append([a_receipt(1)])
    spool.close()
    again = Spool(tmp_path, SpoolSettings(), FakeClock())
    assert everything(again) == some_receipts(2)
    again.close()
