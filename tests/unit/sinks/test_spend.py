from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.receipts import a_receipt
from torana.ports.sink import Rewound
from torana.sinks import spend


class PaperBooks:
    """Remembers what it is told."""

    def __init__(self) -> None:
        self.there = 0
        self.gone = False
        self.told: list[tuple[str, int, list[tuple[int, str, int]], bool]] = []
        self.caught = 0

    def position(self) -> int:
        return self.there

    def put_position(self, position: int) -> None:
        self.there = position

    def lost(self) -> bool:
        gone, self.gone = self.gone, False
        return gone

    def book(self, tenant: str, position: int, entries: Sequence[tuple[int, str, int]], *, before_us: bool) -> None:
        self.told.append((tenant, position, list(entries), before_us))

    def caught_up(self) -> None:
        self.caught += 1


def test_each_cost_is_booked_under_its_position_tenant_by_tenant_and_what_costs_nothing_is_not() -> None:
    books = PaperBooks()
    batch = [
        a_receipt(1, cost_nano=5, budgets=["a", "b"]),
        a_receipt(2, cost_nano=7, budgets=["z"], tenant="other"),
        a_receipt(3, cost_nano=0, budgets=["a"]),
        a_receipt(4, cost_nano=9),
        a_receipt(5, cost_nano=3, budgets=["!a"]),
    ]
    spend.open(spend.Settings(), books).write(batch, 105)
    assert books.told == [
        ("acme", 105, [(101, "a", 5), (101, "b", 5), (105, "!a", 3)], False),
        ("other", 102, [(102, "z", 7)], False),
    ]
    assert books.there == 105


def test_receipts_of_earlier_starts_are_booked_apart_and_the_books_hear_when_there_are_no_more() -> None:
    books = PaperBooks()
    sink = spend.open(spend.Settings(ours_from=2), books)
    assert sink.written() == 0
    assert not books.caught
    sink.write([a_receipt(number, cost_nano=number, budgets=["a"]) for number in (1, 2, 3)], 3)
    assert books.told == [("acme", 2, [(1, "a", 1), (2, "a", 2)], True), ("acme", 3, [(3, "a", 3)], False)]
    assert (sink.written(), books.caught) == (3, 1)


def test_with_nothing_of_earlier_starts_the_books_hear_so_at_once() -> None:
    books = PaperBooks()
    spend.open(spend.Settings(), books).written()
    assert books.caught == 1


def test_books_that_were_lost_are_written_again_from_the_spool() -> None:
    books = PaperBooks()
    sink = spend.open(spend.Settings(), books)
    books.gone = True
    with pytest.raises(Rewound):
        sink.write([a_receipt(1, cost_nano=5, budgets=["a"])], 1)
    assert not books.told
    sink.write([a_receipt(1, cost_nano=5, budgets=["a"])], 1)
    assert books.told
