"""What the ledger asks of the recorder: take a Receipt and return at once."""

from __future__ import annotations

from typing import Protocol

from torana.core.tickets import Hold, Receipt


class Recorder(Protocol):
    """The way from the hot path to the spool."""

    def record(self, receipt: Receipt, hold: Hold | None) -> None:
        """Queue the Receipt, never await. The Hold is settled once the Receipt is in the spool."""
        ...
