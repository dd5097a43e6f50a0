"""A fresh diary says that nothing has happened yet."""

from __future__ import annotations

from torana.core.trail import Trail


def test_a_fresh_trail_was_sent_nowhere_and_costs_nothing() -> None:
    trail = Trail("req", "rcpt", 5.0, 7.0)
    assert not trail.sent
    assert trail.reading
    assert (trail.usage, trail.cost_nano, trail.status, trail.leaving) == (None, 0, 0, None)


def test_trails_share_nothing() -> None:
    one, other = Trail("a", "a", 0.0, 0.0), Trail("b", "b", 0.0, 0.0)
    one.attempted.append(object())  # type: ignore[arg-type]
    one.verdicts.append("x")
    assert other.attempted == [] and other.verdicts == []
