from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from torana.core.counting.sliding_window import SlidingWindow

NOW = 1_750_000_000.0


@given(steps=st.lists(st.tuples(st.floats(0, 3, allow_nan=False), st.integers(1, 3)), max_size=300))
def test_a_crowded_window_is_never_too_lenient_and_at_most_a_slice_too_strict(steps: list[tuple[float, int]]) -> None:
    window, now = SlidingWindow(10.0, exact_entries=8), NOW
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


@given(st.lists(st.tuples(st.floats(0, 3, allow_nan=False), st.integers(0, 9), st.integers(0, 9)), max_size=80))
def test_a_correction_in_a_crowded_window_never_makes_it_too_lenient(steps: list[tuple[float, int, int]]) -> None:
    window, now = SlidingWindow(10.0, exact_entries=4), NOW
    taken: list[tuple[float, int]] = []
    for later, amount, actual in steps:
        now += later
        window.used(now)
        window.take(amount, now)
        window.settle(amount, actual, now)
        taken.append((now, actual))
        assert window.used(now) >= sum(n for at, n in taken if at > now - 10.0)


def test_a_correction_of_what_has_left_the_window_changes_nothing() -> None:
    window = SlidingWindow(10.0)
    window.take(5, NOW)
    assert window.used(NOW + 11) == 0
    window.take(1, NOW + 11)
    window.settle(5, 2, NOW)
    assert window.used(NOW + 11) == 1
