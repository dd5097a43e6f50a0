"""What the product asks of a place where Receipts go.

A sink runs in the recorder's own thread, never on the hot path, and may block. It gets each batch at
least once, in spool order, and remembers how far it came, so that a replay after a crash writes
nothing twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from torana.core.tickets import Receipt


class Rewound(Exception):
    """A sink lost what it had: it is to be asked anew how far it came, and gets the rest again."""


class Sink(Protocol):
    """One place for Receipts."""

    name: str

    def written(self) -> int:
        """The spool position up to which this sink has durably written; 0 at first."""
        ...

    def write(self, batch: Sequence[Receipt], position: int) -> None:
        """Write the batch durably and remember ``position``, the spool position after it.

        Raises any exception when it could not: the batch comes again, after a growing pause.
        """
        ...

    def close(self) -> None:
        """Give up files and connections."""
        ...
