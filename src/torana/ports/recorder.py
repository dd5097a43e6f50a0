"""What the ledger asks of the recorder: take a Receipt and return at once."""

from __future__ import annotations

from typing import Protocol

from torana.core.tickets import Hold
from torana.ports.receipt import Receipt


class Slotted(Protocol):
    """A Hold, or what is left of one: it may stand in the Journal."""

    slot: int
    """Where it stands; -1: nowhere."""


class Recorder(Protocol):
    """The way from the hot path to the spool."""

    def record(self, receipt: Receipt, hold: Slotted | None) -> None:
        """Queue the Receipt, never await. The Hold leaves the Journal once the Receipt is in the spool."""
        ...


class Journal(Protocol):
    """Where open Holds against hard budgets are written down, for the case that this process dies."""

    def opened(self, hold: Hold, at: float) -> int:
        """Write the Hold down; the slot it stands in. ``at``: epoch seconds. Never awaits."""
        ...

    def priced(self, hold: Hold, cost_nano: int) -> None:
        """Write beside the Hold what its request cost in truth. Never awaits; a Hold without a slot is nothing."""
        ...
