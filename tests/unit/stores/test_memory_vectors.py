"""Questions are found by likeness within their partition only, and never take more than they may."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from torana.core.cache_entry import Where
from torana.core.cache_question import Answered, Question
from torana.stores.memory_vectors import PARTITION_BYTES, RECORD_BYTES, MemoryVectors

WIDTH = 4


def answered(place: str, partition: str = "p", tenant: str = "acme", made_at: float = 1.0) -> Answered:
    return Answered(Question(tenant, "m", partition, f"{partition}/{place}", "what?"), f"entry-{place}", made_at)


def towards(*numbers: float) -> Any:
    vector = np.array(numbers, dtype=np.float32)
    return vector / np.linalg.norm(vector)


def test_the_likest_are_found_first_and_only_in_their_partition() -> None:
    index = MemoryVectors(np, 1 << 20)
    index.add(answered("a"), towards(1, 0, 0, 0))
    index.add(answered("b"), towards(1, 0.1, 0, 0))
    index.add(answered("c"), towards(0, 1, 0, 0))
    index.add(answered("a", "other"), towards(1, 0, 0, 0))
    found = index.near("p", towards(1, 0, 0, 0), 0.9, 5)
    assert [one.id for one, _ in found] == ["entry-a", "entry-b"]
    assert abs(found[0][1] - 1) < 1e-6
    assert [one.id for one, _ in index.near("p", towards(1, 0, 0, 0), 0.9, 1)] == ["entry-a"]
    assert index.near("nowhere", towards(1, 0, 0, 0), 0.0, 5) == ()
    assert (index.may_have("p"), index.may_have("nowhere")) == (True, False)


def test_what_was_served_stays_longer_than_what_was_not() -> None:
    one = PARTITION_BYTES + WIDTH * 4 * 4 + RECORD_BYTES + 20
    index = MemoryVectors(np, one + 2 * (RECORD_BYTES + 20))
    for number, place in enumerate("abc"):
        index.add(answered(place), towards(1, number, 0, 0))
    index.near("p", towards(1, 0, 0, 0), 0.99, 1)
    index.add(answered("d"), towards(0, 0, 1, 0))
    assert index.evicted == 1
    kept = {found.id for found, _ in index.near("p", towards(1, 1, 1, 0), -1.0, 9)}
    assert kept == {"entry-a", "entry-c", "entry-d"}


def test_they_are_dropped_by_tenant_model_age_and_id() -> None:
    index = MemoryVectors(np, 1 << 20)
    for number, (place, tenant) in enumerate((("a", "acme"), ("b", "acme"), ("c", "bolt"))):
        index.add(answered(place, tenant, tenant, float(number)), towards(1, number, 0, 0))
    assert index.drop(Where("acme", id="entry-c")) == 0
    assert index.drop(Where("acme", made_before=1.0)) == 1
    assert index.drop(Where("acme", model="other")) == 0
    assert index.drop(Where("acme")) == 1
    assert not index.may_have("acme")
    assert index.drop(Where("bolt", id="entry-c")) == 1
    assert index.sizes() == (0, 0)


step = st.tuples(st.sampled_from(["add", "drop", "near"]), st.integers(0, 30), st.sampled_from(["p", "q"]))


@given(st.lists(step, max_size=120))
@settings(max_examples=60, deadline=None)
def test_whatever_happens_it_finds_what_a_look_at_all_of_them_finds(steps: list[tuple[str, int, str]]) -> None:
    index = MemoryVectors(np, 40 * RECORD_BYTES)
    kept: dict[str, tuple[Answered, Any]] = {}
    for what, number, partition in steps:
        one = answered(str(number), partition, made_at=float(number))
        vector = towards(number + 1, 7 - number % 5, number % 3, 1)
        if what == "add":
            index.add(one, vector)
            kept[one.question.place] = (one, vector)
        elif what == "drop":
            index.drop(Where("acme", id=one.id))
            kept = {place: each for place, each in kept.items() if each[0].id != one.id}
        count, size = index.sizes()
        assert size <= 40 * RECORD_BYTES
        if index.evicted:
            return
        assert count == len(kept)
        expected = {each.id for each, other in kept.values() if each.question.partition == partition}
        assert {each.id for each, _ in index.near(partition, vector, -1.0, 100)} == expected
        best = index.near(partition, vector, -1.0, 1)
        if best:
            likeness = max(float(o @ vector) for e, o in kept.values() if e.question.partition == partition)
            assert abs(best[0][1] - likeness) < 1e-5
