"""Books what Receipts cost in the counters that all gateways share: each Receipt once, whatever crashes.

It decides neither limits nor prices. Its books are given by ``wiring``, which opens it only where counters are shared;
called by the recorder in a thread of the sink's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter
from typing import Protocol

import msgspec

from torana.ports.receipt import Receipt
from torana.ports.sink import Rewound


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``ours_from``: the spool position from which on Receipts are of this start of the process; before it, of earlier ones."""

    ours_from: int = 0


class Books(Protocol):
    """Where spending is booked. Blocking; each raises OSError when the books cannot be reached."""

    def position(self) -> int:
        """The position put there last; 0 when none was, or when the books were lost."""
        ...

    def put_position(self, position: int) -> None:
        """Everything before this position is booked."""
        ...

    def lost(self) -> bool:
        """Whether the books were lost since it was asked last: they must be written again from the spool."""
        ...

    def book(self, tenant: str, position: int, entries: Sequence[tuple[int, str, int]], *, before_us: bool) -> None:
        """Book what a tenant's Receipts up to ``position`` cost: position, budget's name, nano-units of each."""
        ...

    def caught_up(self) -> None:
        """Everything of earlier starts is booked."""
        ...


def open(settings: Settings, books: Books) -> SpendSink:  # noqa: A001 - every plug-in is opened by this name
    """The sink. Raises OSError when the books cannot be reached."""
    return SpendSink(settings, books)


class SpendSink:
    """Implements ``ports.sink.Sink``."""

    name = "spend"

    def __init__(self, settings: Settings, books: Books) -> None:
        self._ours_from = settings.ours_from
        self._books = books
        self._behind = True
        books.lost()

    def written(self) -> int:
        """The position that the books were told last."""
        position = self._books.position()
        self._look(position)
        return position

    def write(self, batch: Sequence[Receipt], position: int) -> None:
        """Book the batch. Raises OSError, Rewound."""
        if self._books.lost():
            raise Rewound("the shared counters lost what was booked")
        first = position - len(batch) + 1
        rows = [
            (receipt.tenant, number <= self._ours_from, (number, name, receipt.cost_nano))
            for number, receipt in enumerate(batch, first)
            if receipt.cost_nano
            for name in receipt.budgets
        ]
        # Those of before come first in a spool, so that booking up to a position leaves none of them out.
        rows.sort(key=lambda row: (row[0], row[2][0]))
        for (tenant, before_us), group in groupby(rows, key=itemgetter(0, 1)):
            entries = [row[2] for row in group]
            self._books.book(tenant, entries[-1][0], entries, before_us=before_us)
        self._books.put_position(position)
        self._look(position)

    def close(self) -> None:
        """The books are their owner's to close."""

    def _look(self, position: int) -> None:
        if self._behind and position >= self._ours_from:
            self._behind = False
            self._books.caught_up()
