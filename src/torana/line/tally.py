"""How many requests and Holds are open right now: two numbers that must come back to zero.

It limits nothing. Written by the limits room, the ledger and the edge; read by metrics and draining.
"""

from __future__ import annotations


class Tally:
    """Live counts of one process, shared by all Snapshots."""

    __slots__ = ("holds_open", "in_flight")

    def __init__(self) -> None:
        self.holds_open = 0
        self.in_flight = 0
