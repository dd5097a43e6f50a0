"""Answers in memory stay within their bytes, and what was wanted lately stays longest."""

from __future__ import annotations

import tracemalloc

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contract.cache.test_entries import entry
from torana.core.call import Chunk
from torana.stores.memory_entries import MemoryEntries
from torana.testing.clock import FakeClock


def sized(number: int, length: int) -> object:
    return entry(f"{number:064x}", chunks=(Chunk(b"x" * length),))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30_000)), max_size=60), st.integers(0, 120_000))
def test_the_bound_holds_whatever_is_kept(kept: list[tuple[int, int]], most: int) -> None:
    store = MemoryEntries(most, FakeClock())
    for number, length in kept:
        store.keep(sized(number, length))  # type: ignore[arg-type]
        assert store.bytes <= most
        assert store.bytes == sum(one[0].size for one in store._entries.values())


def test_what_was_wanted_lately_stays() -> None:
    one = sized(1, 1000).size  # type: ignore[attr-defined]
    store = MemoryEntries(3 * one, FakeClock())
    for number in (1, 2, 3):
        store.keep(sized(number, 1000))  # type: ignore[arg-type]
    assert store.at_hand("acme", "m", f"{1:064x}") is not None
    store.keep(sized(4, 1000))  # type: ignore[arg-type]
    assert [store.at_hand("acme", "m", f"{number:064x}") is not None for number in (1, 2, 3, 4)] == [
        True,
        False,
        True,
        True,
    ]
    assert store.evicted == 1


def test_the_estimate_is_no_less_than_what_python_takes() -> None:
    store = MemoryEntries(1 << 30, FakeClock())
    tracemalloc.start()
    try:
        for number in range(500):
            chunks = tuple(Chunk(bytes([65 + place]) * 200) for place in range(number % 7 + 1))
            made = entry(f"{number:064x}", chunks=chunks, headers=(("content-type", f"text/{number}"),))
            store.keep(made._replace(provider=f"p{number}", policy=f"default@{number}"))
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert taken <= store.bytes
