"""Whose turn it is: shares of classes, turns of tenants and callers, order of one caller's requests."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.line.turns import Place, Turns

NEARLY = 1e-6


def served(turns: Turns[str], number: int) -> list[str]:
    return [turns.pop() for _ in range(number)]


@given(weights=st.lists(st.integers(1, 30), min_size=1, max_size=5), turns_taken=st.integers(1, 200))
def test_while_the_same_classes_wait_each_has_its_share_to_within_one(weights: list[int], turns_taken: int) -> None:
    named = {f"class-{index}": weight for index, weight in enumerate(weights)}
    turns: Turns[tuple[str, int]] = Turns(named)
    for name in named:
        for number in range(turns_taken):
            turns.add((name, number), Place(name, "t", "c"))
    seen: Counter[str] = Counter()
    for taken in range(1, turns_taken + 1):
        seen[turns.pop()[0]] += 1
        for name, weight in named.items():
            assert abs(seen[name] - taken * weight / sum(weights)) < 1 + NEARLY


@given(data=st.data())
def test_whoever_comes_and_goes_a_class_that_waits_is_served_before_its_share_is_late(data: st.DataObject) -> None:
    weights = {"a": 5, "b": 2, "c": 1}
    turns: Turns[int] = Turns(weights)
    waiting: dict[int, Place] = {}
    since: dict[str, int] = dict.fromkeys(weights, 0)
    for number in range(data.draw(st.integers(1, 120))):
        step = data.draw(st.sampled_from(["add", "add", "pop", "remove"]))
        if step == "add":
            place = Place(data.draw(st.sampled_from("abc")), data.draw(st.sampled_from("tu")), "k")
            turns.add(number, place)
            waiting[number] = place
        elif waiting and step == "remove":
            gone = data.draw(st.sampled_from(sorted(waiting)))
            turns.remove(gone, waiting.pop(gone))
        elif waiting:
            one = waiting.pop(turns.pop())
            for name, weight in weights.items():
                behind = any(place.priority == name for place in waiting.values())
                since[name] = since[name] + 1 if behind and name != one.priority else 0
                # What another class may be ahead by, and one full round: nobody waits longer for a turn of his class.
                assert since[name] <= 2 * sum(weights.values()) / weight
        assert len(turns) == len(waiting)
        assert {name: size for name, size in turns.sizes().items() if size} == Counter(
            place.priority for place in waiting.values()
        )


def test_a_class_is_owed_nothing_for_the_time_when_nobody_waited_in_it() -> None:
    turns: Turns[str] = Turns({"a": 1, "b": 1})
    for number in range(60):
        turns.add(f"a{number}", Place("a", "t", "c"))
    served(turns, 20)
    for number in range(30):
        turns.add(f"b{number}", Place("b", "t", "c"))
    assert Counter(one[0] for one in served(turns, 20)) == {"a": 10, "b": 10}


def test_tenants_of_a_class_take_turns_however_many_they_are_each() -> None:
    turns: Turns[str] = Turns({"a": 1})
    for number in range(10):
        turns.add(f"flood{number}", Place("a", "flood", "c"))
    turns.add("x0", Place("a", "x", "c"))
    turns.add("y0", Place("a", "y", "c"))
    turns.add("x1", Place("a", "x", "c"))
    assert served(turns, 6) == ["flood0", "x0", "y0", "flood1", "x1", "flood2"]


def test_callers_of_a_tenant_take_turns_and_the_requests_of_each_keep_their_order() -> None:
    turns: Turns[str] = Turns({"a": 1})
    for name in ("ann0", "ann1", "ann2", "bob0", "bob1"):
        turns.add(name, Place("a", "t", name[:3]))
    assert served(turns, 5) == ["ann0", "bob0", "ann1", "bob1", "ann2"]


def test_one_that_left_has_no_turn_and_takes_none_from_its_caller() -> None:
    turns: Turns[str] = Turns({"a": 1})
    for name in ("ann0", "ann1", "bob0"):
        turns.add(name, Place("a", "t", name[:3]))
    turns.remove("ann0", Place("a", "t", "ann"))
    assert served(turns, 2) == ["ann1", "bob0"]
    assert len(turns) == 0


def test_the_tenant_with_the_most_gives_way_with_its_newest() -> None:
    turns: Turns[str] = Turns({"a": 1})
    for number in range(3):
        turns.add(f"f{number}", Place("a", "flood", "c"))
    found = turns.crowding(Place("a", "x", "c"))
    assert found is not None
    assert found[0] == "f2"


def test_within_a_tenant_the_caller_with_the_most_gives_way() -> None:
    turns: Turns[str] = Turns({"a": 1})
    for number in range(2):
        turns.add(f"f{number}", Place("a", "t", "flood"))
    turns.add("x0", Place("a", "t", "x"))
    assert turns.crowding(Place("a", "t", "x")) is None, "it would have two, as the other has"
    found = turns.crowding(Place("a", "t", "y"))
    assert found is not None
    assert found[0] == "f1"


@pytest.mark.parametrize("place", [Place("a", "t", "c"), Place("b", "t", "c")])
def test_nobody_gives_way_to_one_who_has_as_many(place: Place) -> None:
    turns: Turns[str] = Turns({"a": 1, "b": 1})
    turns.add("one", Place("a", "t", "c"))
    turns.add("two", Place("a", "u", "c"))
    assert turns.crowding(place) is None


def test_a_class_that_was_taken_out_of_the_configuration_is_served_to_its_end() -> None:
    turns: Turns[str] = Turns({"a": 4, "b": 1})
    turns.add("a0", Place("a", "t", "c"))
    turns.add("b0", Place("b", "t", "c"))
    turns.reweigh({"b": 3})
    assert turns.sizes() == {"a": 1, "b": 1}
    assert turns.weigh("b") == pytest.approx(3 / 4)
    assert sorted(served(turns, 2)) == ["a0", "b0"]
