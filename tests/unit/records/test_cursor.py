from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.receipts import a_receipt, some_receipts
from torana.ports.receipt import Receipt
from torana.records.cursor import Cursor
from torana.records.spool import Spool, SpoolSettings
from torana.testing.clock import FakeClock


@pytest.fixture(params=["from memory", "from files"])
def spool(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Spool]:
    made = Spool(tmp_path, SpoolSettings(), FakeClock())
    for number in range(0, 30, 3):
        made.append(some_receipts(3, since=number))
    if request.param == "from files":
        made.close()
        made = Spool(tmp_path, SpoolSettings(), FakeClock())
    yield made
    made.close()


def test_reading_again_without_advancing_gives_the_same(spool: Spool) -> None:
    cursor = Cursor(spool, 0)
    first = cursor.read(4)
    assert cursor.read(4) == first
    assert list(first[0]) == some_receipts(6)
    cursor.advance(first[1])
    batch, _ = cursor.read(1)
    assert list(batch) == some_receipts(3, since=6)


def test_a_position_inside_a_frame_begins_there(spool: Spool) -> None:
    cursor = Cursor(spool, spool.first + 4)
    batch, position = cursor.read(1)
    assert list(batch) == some_receipts(2, since=4)
    assert position - len(batch) == spool.first + 4


def test_at_the_head_there_is_nothing(spool: Spool) -> None:
    cursor = Cursor(spool, spool.head)
    assert cursor.lag == 0
    assert cursor.read(10) == ((), spool.head)


def test_what_is_appended_meanwhile_is_found(spool: Spool) -> None:
    cursor = Cursor(spool, spool.head)
    spool.append([a_receipt(30)])
    batch, position = cursor.read(10)
    assert list(batch) == [a_receipt(30)]
    assert position == spool.head


def test_a_damaged_frame_is_passed_over_and_counted(tmp_path: Path) -> None:
    spool = Spool(tmp_path, SpoolSettings(segment_mb=0), FakeClock())
    for number in range(3):
        spool.append([a_receipt(number)])
    spool.close()
    path = sorted(tmp_path.glob("*.spool"))[1]
    data = bytearray(path.read_bytes())
    data[-10] ^= 255
    path.write_bytes(bytes(data))
    again = Spool(tmp_path, SpoolSettings(segment_mb=0), FakeClock())
    found, batches = read_all(Cursor(again, 0))
    assert found == [a_receipt(0), a_receipt(2)]
    assert again.unreadable == 1
    assert all(
        position - len(batch) == again.first + batch[0].at - a_receipt(0).at for batch, position in batches if batch
    )
    again.close()


def read_all(cursor: Cursor) -> tuple[list[Receipt], list[tuple[list[Receipt], int]]]:
    found: list[Receipt] = []
    batches: list[tuple[list[Receipt], int]] = []
    while cursor.lag:
        batch, position = cursor.read(100)
        found.extend(batch)
        batches.append((list(batch), position))
        cursor.advance(position)
    return found, batches
