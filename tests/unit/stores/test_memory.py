from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from torana.ports.store import Charge
from torana.stores.memory import MemoryCounters, Window

NOW = 1_750_000_000.0


@given(steps=st.lists(st.tuples(st.floats(0, 3, allow_nan=False), st.integers(1, 3)), max_size=300))
def test_a_crowded_window_is_never_too_lenient_and_at_most_a_slice_too_strict(steps: list[tuple[float, int]]) -> None:
    window, now = Window(10.0, exact_entries=8), NOW
    taken: list[tuple[float, int]] = []
    slice_s = 10.0 / 8
    for later, amount in steps:
        now += later
        used = window.used(now)
        assert used >= sum(n for at, n in taken if at > now - 10.0)
        assert used <= sum(n for at, n in taken if at > now - 10.0 - slice_s - 1e-6)
        window.take(amount, now)
        taken.append((now, amount))
        assert len(window._entries) <= 17


async def test_counters_that_nobody_uses_any_more_are_forgotten() -> None:
    counters = MemoryCounters()
    for number in range(1000):
        await counters.reserve([Charge("r", f"user-{number}", 1, 5, 60.0)], NOW)
    for _ in range(1000):
        await counters.reserve([Charge("r", "busy", 0, 5, 60.0)], NOW + 61)
    assert len(counters._windows) <= 2


async def test_nothing_is_kept_of_what_was_given_back() -> None:
    counters = MemoryCounters()
    held = Charge("r", "a", 1, 5, 0.0)
    await counters.reserve([held], NOW)
    counters.release([held])
    assert counters._held == {}
