"""What every sink promises the recorder: each Receipt is there once, whatever came between."""

from __future__ import annotations

import pytest

from tests.contract.sink.conftest import Harness
from tests.receipts import a_receipt, some_receipts


def ids(count: int, since: int = 0) -> list[str]:
    return [receipt.receipt_id for receipt in some_receipts(count, since)]


def test_a_new_sink_has_written_nothing(harness: Harness) -> None:
    sink = harness.open()
    assert sink.written() == 0
    sink.close()


def test_the_position_is_remembered_with_the_receipts(harness: Harness) -> None:
    sink = harness.open()
    sink.write(some_receipts(3), 1003)
    sink.write(some_receipts(2, since=3), 1005)
    assert sink.written() == 1005
    sink.close()
    again = harness.open()
    assert again.written() == 1005
    again.close()
    assert harness.receipt_ids() == ids(5)


def test_a_sink_that_is_not_closed_has_lost_nothing(harness: Harness) -> None:
    abandoned = harness.open()
    abandoned.write(some_receipts(3), 3)
    again = harness.open()
    assert again.written() == 3
    again.write(some_receipts(1, since=3), 4)
    assert harness.receipt_ids() == ids(4)
    again.close()
    abandoned.close()


def test_a_replay_from_the_remembered_position_writes_nothing_twice(harness: Harness) -> None:
    stream = some_receipts(20)
    for stop in (3, 9, 10, 20):
        sink = harness.open()
        done = sink.written()
        sink.write(stream[done:stop], stop)
        sink.close()
    assert harness.receipt_ids() == ids(20)


def test_positions_may_have_gaps(harness: Harness) -> None:
    sink = harness.open()
    sink.write(some_receipts(2), 1_750_000_000_000_002)
    sink.write(some_receipts(2, since=2), 1_750_000_009_000_000)
    assert sink.written() == 1_750_000_009_000_000
    sink.close()
    assert harness.receipt_ids() == ids(4)


def test_many_batches_of_every_size_arrive_whole(harness: Harness) -> None:
    sink = harness.open()
    position = 0
    for size in (1, 2, 3, 5, 15, 16, 17, 63, 64, 65, 255, 256, 257, 1000):
        sink.write(some_receipts(size, since=position), position + size)
        position += size
    sink.close()
    assert harness.receipt_ids() == ids(position)


@pytest.mark.parametrize("name", ["", "हिन्दी", 'quo"te\n', "x" * 128, "?%s:name"])
def test_any_text_is_taken(harness: Harness, name: str) -> None:
    sink = harness.open()
    sink.write([a_receipt(1, model=name, user=name, request_id=name)], 1)
    sink.close()
    assert harness.receipt_ids() == ids(1, since=1)


def test_closing_twice_is_harmless(harness: Harness) -> None:
    sink = harness.open()
    sink.close()
    sink.close()
