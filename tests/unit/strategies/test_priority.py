"""The lowest number first; as written among equals."""

from __future__ import annotations

from torana.core.snapshot import Deployment
from torana.ports.strategy import Facts
from torana.strategies.priority import order


def test_lower_numbers_come_first_and_equals_stay_as_written() -> None:
    candidates = [Deployment("a", "x", priority=2), Deployment("b", "x", priority=1), Deployment("c", "x", priority=2)]
    assert [one.provider for one in order(candidates, Facts(0.9, 7, {}))] == ["b", "a", "c"]
