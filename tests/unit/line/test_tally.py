"""The tally begins at zero."""

from __future__ import annotations

from torana.line.tally import Tally


def test_nothing_is_open_at_first() -> None:
    tally = Tally()
    assert (tally.holds_open, tally.in_flight) == (0, 0)
