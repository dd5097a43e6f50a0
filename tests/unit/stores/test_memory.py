from __future__ import annotations

import pytest

from torana.core.counting.held import Held
from torana.core.counting.sliding_window import SlidingWindow
from torana.ports.store import Charge, Overrun
from torana.stores.memory import MemoryCounters

NOW = 1_750_000_000.0


def rate(subject: str) -> Charge:
    return Charge("r", subject, 60.0, "sliding_window", 5)


async def test_counters_that_nobody_uses_any_more_are_forgotten() -> None:
    counters = MemoryCounters()
    for number in range(1000):
        await counters.reserve([rate(f"user-{number}")], [1], NOW)
    for _ in range(1000):
        await counters.reserve([rate("busy")], [0], NOW + 61)
    assert len(counters._seats) <= 2


async def test_few_counters_in_use_are_not_looked_at_by_every_decision(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[float] = []
    idle = SlidingWindow.idle

    def looked_at(self: SlidingWindow, now: float) -> bool:
        looks.append(now)
        return idle(self, now)

    monkeypatch.setattr(SlidingWindow, "idle", looked_at)
    counters = MemoryCounters()
    busy = rate("busy")._replace(limit=10_000)
    for _ in range(1000):
        await counters.reserve([busy], [1], NOW)
    assert 1 <= len(looks) <= 4
    for number in range(60):
        await counters.reserve([busy], [1], NOW + number)
    assert len(looks) >= 30


async def test_what_is_held_now_and_then_is_not_looked_at_by_every_decision(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[float] = []
    monkeypatch.setattr(Held, "idle", lambda self, now: looks.append(now) or not self.used(now))  # type: ignore[func-returns-value]
    counters = MemoryCounters()
    charges = (
        rate("busy")._replace(limit=10_000),
        rate("team")._replace(limit=10_000),
        Charge("c", "busy", 0.0, "held", 5, "concurrency"),
    )
    for _ in range(1000):
        await counters.reserve(charges, (1, 1, 1), NOW)
        counters.settle(charges, (1, 1, 1), (1, 1, 1), NOW, NOW)
    assert 1 <= len(looks) <= 4
    for _ in range(3):  # two looks each: all three were seen, then all three are looked at once more
        await counters.reserve((), (), NOW + 2)
    assert len(counters._seats) == 2, "given back, and not taken again: it is forgotten"


async def test_one_that_is_used_no_more_is_forgotten_beside_one_in_use() -> None:
    counters = MemoryCounters()
    await counters.reserve([rate("once")], [1], NOW)
    for number in range(100):
        await counters.reserve([rate("busy")], [0], NOW + number)
    assert [subject for _, subject, *_ in counters._seats] == ["busy"]


async def test_a_clock_that_is_turned_back_does_not_keep_counters_for_ever() -> None:
    counters = MemoryCounters()
    await counters.reserve([rate("once")], [1], NOW)
    for number in range(100):
        await counters.reserve([rate("busy")], [0], NOW - 3600 + number)
    for number in range(100):
        await counters.reserve([rate("busy")], [0], NOW - 3000 + number)
    assert [subject for _, subject, *_ in counters._seats] == ["busy"]


async def test_nothing_is_kept_of_what_was_given_back() -> None:
    counters = MemoryCounters()
    held = Charge("r", "a", 0.0, "held", 5, "concurrency")
    await counters.reserve([held], [1], NOW)
    counters.settle([held], [1], [1], NOW, NOW)
    await counters.reserve([], [], NOW)
    assert counters._seats == {}


async def test_a_budget_is_kept_to_the_end_of_its_window_and_forgotten_after_it() -> None:
    counters = MemoryCounters()
    budget = Charge("b", "acme\0acme\0day\x002026-11-21", 0.0, "spend", 100, "money", ends_at=NOW + 60)
    await counters.reserve([budget], [10], NOW)
    counters.settle([budget], [10], [7], NOW, NOW)
    await counters.reserve([], [], NOW + 59)
    assert await counters.used([budget], NOW + 59) == [(7, 0)]
    await counters.reserve([], [], NOW + 60)
    assert counters._seats == {}


async def test_a_bucket_with_another_rate_or_burst_begins_anew() -> None:
    counters = MemoryCounters()
    bucket = Charge("r", "a", 60.0, "token_bucket", 5, burst=5)
    assert await counters.reserve([bucket], [5], NOW) == [5]
    assert isinstance(await counters.reserve([bucket], [1], NOW), Overrun)
    assert await counters.reserve([bucket._replace(limit=50, burst=10)], [10], NOW) == [10]


async def test_an_algorithm_nobody_knows_is_a_fault_not_a_pass() -> None:
    with pytest.raises(ValueError, match="counts by"):
        await MemoryCounters().reserve([Charge("r", "a", 60.0, "guessing", 5)], [1], NOW)


async def test_what_is_outstanding_is_told_by_kind() -> None:
    counters = MemoryCounters()
    held = Charge("c", "a", 0.0, "held", 5, "concurrency")
    budget = Charge("b", "a", 0.0, "spend", 100, "money")
    await counters.reserve([held, budget], [2, 40], NOW)
    assert (counters.outstanding("held"), counters.outstanding("spend")) == (2, 40)
    counters.settle([held, budget], [2, 40], [2, 3], NOW, NOW)
    assert (counters.outstanding("held"), counters.outstanding("spend")) == (0, 0)
