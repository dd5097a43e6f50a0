"""Places of one capacity against an exact model: never more than it takes, never idle while somebody waits, no leaks."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.core.capacity import Capacity
from torana.line.queue import LONGEST_HINT_S, WINDOW_S, Queue, Slot, Waiting
from torana.line.turns import Place
from torana.testing.clock import FakeClock

WEIGHTS = {"interactive": 4, "batch": 1}


class Stage:
    """Queues over a fake clock whose timers fire as it moves, and everybody who ever came."""

    def __init__(self, *capacities: Capacity, most: int = 100) -> None:
        self.clock = FakeClock()
        self.timers: list[tuple[float, int, Callable[[], None]]] = []
        self._ids = count()
        self.queues = [Queue(("p", f"m{index}"), self.clock, self.later) for index, _ in enumerate(capacities)]
        for queue, capacity in zip(self.queues, capacities, strict=True):
            queue.configure(capacity, most, WEIGHTS)
        self.waiting: dict[int, Waiting] = {}
        self.slots: dict[int, tuple[Queue, Slot]] = {}
        self.sent_away: list[int] = []
        self.served: list[int] = []
        self.starts: list[tuple[Queue, float]] = []

    def later(self, seconds: float, call: Callable[[], None]) -> None:
        self.timers.append((self.clock.monotonic() + seconds, next(self._ids), call))

    def advance(self, seconds: float) -> None:
        until = self.clock.monotonic() + seconds
        while due := sorted(one for one in self.timers if one[0] <= until):
            at, _, call = due[0]
            self.timers.remove(due[0])
            self.clock.advance(max(0.0, at - self.clock.monotonic()))
            call()
        self.clock.advance(max(0.0, until - self.clock.monotonic()))

    def come(self, place: Place, queues: list[Queue] | None = None) -> int:
        """A new request: a free place, else it waits, else it is turned away."""
        number = next(self._ids)
        wanted = queues or self.queues
        for queue in wanted:
            slot = queue.take()
            if slot is not None:
                self._got(number, queue, slot)
                return number

        def told(queue: Queue | None, slot: Slot | None) -> None:
            assert number in self.waiting, "told twice, or after it left"
            del self.waiting[number]
            if queue is None or slot is None:
                self.sent_away.append(number)
            else:
                self.served.append(number)
                self._got(number, queue, slot)

        one = Waiting(place, told)
        self.waiting[number] = one
        if not any([queue.join(one) for queue in wanted]):  # noqa: C419 - it joins all of them
            del self.waiting[number]
            self.sent_away.append(number)
        return number

    def hang_up(self, number: int) -> None:
        self.waiting.pop(number).leave()

    def end(self, number: int) -> None:
        self.slots.pop(number)[1].give_back()

    def _got(self, number: int, queue: Queue, slot: Slot) -> None:
        self.slots[number] = (queue, slot)
        self.starts.append((queue, self.clock.monotonic()))


places = st.builds(Place, st.sampled_from(["interactive", "batch"]), st.sampled_from("tu"), st.sampled_from("xyz"))
limits = st.builds(Capacity, st.none() | st.integers(1, 3), st.none() | st.integers(1, 5))


@given(data=st.data(), capacities=st.lists(limits, min_size=1, max_size=2), most=st.integers(0, 4))
def test_whatever_happens_no_place_is_given_twice_lost_or_left_idle(
    data: st.DataObject, capacities: list[Capacity], most: int
) -> None:
    stage = Stage(*capacities, most=most)
    for _ in range(data.draw(st.integers(0, 60))):
        step = data.draw(st.sampled_from(["come", "come", "come", "end", "hang up", "advance"]))
        if step == "come":
            stage.come(data.draw(places), data.draw(st.sampled_from([stage.queues, stage.queues[:1]])))
        elif step == "end" and stage.slots:
            stage.end(data.draw(st.sampled_from(sorted(stage.slots))))
        elif step == "hang up" and stage.waiting:
            stage.hang_up(data.draw(st.sampled_from(sorted(stage.waiting))))
        elif step == "advance":
            stage.advance(data.draw(st.floats(0.1, 70)))
        for queue, capacity in zip(stage.queues, capacities, strict=True):
            used = sum(1 for where, _ in stage.slots.values() if where is queue)
            began = [at for where, at in stage.starts if where is queue]
            recent = sum(1 for at in began if at + WINDOW_S > stage.clock.monotonic())
            full = used == capacity.concurrency or recent == capacity.per_minute
            assert queue.in_use == used
            assert capacity.concurrency is None or used <= capacity.concurrency
            assert capacity.per_minute is None or recent <= capacity.per_minute
            assert full or not len(queue.turns), "somebody waits beside a free place"
            assert all(size <= most for size in queue.turns.sizes().values())
            assert len(queue.turns) == sum(1 for one in stage.waiting.values() if queue in one.queues)
        assert all(one.queues for one in stage.waiting.values()), "waits, but nowhere"
    while stage.slots or stage.waiting:  # every request that was not turned away gets its turn
        for number in list(stage.slots):
            stage.end(number)
        stage.advance(WINDOW_S)
    assert all(not queue.in_use and not len(queue.turns) for queue in stage.queues)


@given(
    ends=st.lists(st.integers(0, 2), min_size=1, max_size=40),
    weights=st.tuples(st.integers(1, 9), st.integers(1, 9)),
)
def test_classes_share_the_places_that_become_free_to_within_one_request(
    ends: list[int], weights: tuple[int, int]
) -> None:
    stage = Stage(Capacity(3))
    stage.queues[0].configure(Capacity(3), 100, {"interactive": weights[0], "batch": weights[1]})
    for _ in range(3):
        stage.come(Place("batch", "t", "x"))
    classes = {stage.come(Place(name, "t", "x")): name for _ in range(45) for name in ("interactive", "batch")}
    for taken, index in enumerate(ends, 1):
        stage.end(sorted(stage.slots)[index])
        interactive = sum(1 for one in stage.served if classes[one] == "interactive")
        assert abs(interactive - taken * weights[0] / sum(weights)) < 1 + 1e-6


def test_one_who_comes_later_passes_nobody_who_waits() -> None:
    stage = Stage(Capacity(None, 1))
    stage.come(Place("batch", "t", "x"))
    first = stage.come(Place("batch", "t", "x"))
    stage.clock.advance(WINDOW_S)  # there is room again, and its timer has not fired yet
    assert stage.queues[0].take() is None
    stage.advance(0.0)
    assert stage.served == [first]


def test_a_request_that_waits_at_two_goes_to_the_first_that_has_room_and_leaves_the_other() -> None:
    stage = Stage(Capacity(1), Capacity(1))
    one, two = stage.queues
    a, b = stage.come(Place("batch", "t", "x"), [one]), stage.come(Place("batch", "t", "x"), [two])
    waiting = stage.come(Place("batch", "t", "x"))
    stage.end(b)
    assert stage.slots[waiting][0] is two
    stage.end(a)
    assert one.in_use == 0
    assert len(one.turns) == 0


def test_a_slot_given_back_twice_frees_one_place() -> None:
    stage = Stage(Capacity(2))
    number = stage.come(Place("batch", "t", "x"))
    stage.come(Place("batch", "t", "x"))
    slot = stage.slots[number][1]
    slot.give_back()
    slot.give_back()
    assert not slot.taken
    assert stage.queues[0].in_use == 1


def test_a_tenant_that_fills_a_class_gives_way_to_another_and_is_told() -> None:
    stage = Stage(Capacity(1), most=3)
    stage.come(Place("batch", "flood", "x"))
    flood = [stage.come(Place("batch", "flood", "x")) for _ in range(4)]
    assert stage.sent_away == [flood[3]]
    mine = stage.come(Place("batch", "other", "y"))
    assert stage.sent_away == [flood[3], flood[2]]
    assert mine in stage.waiting


def test_where_nobody_may_wait_all_beyond_the_capacity_are_turned_away() -> None:
    stage = Stage(Capacity(1), most=0)
    stage.come(Place("batch", "t", "x"))
    assert stage.come(Place("batch", "u", "y")) in stage.sent_away


def test_a_larger_capacity_is_used_at_once_and_a_smaller_one_as_places_become_free() -> None:
    stage = Stage(Capacity(1))
    queue = stage.queues[0]
    for _ in range(5):
        stage.come(Place("batch", "t", "x"))
    queue.configure(Capacity(3), 100, WEIGHTS)
    assert (queue.in_use, len(queue.turns)) == (3, 2)
    queue.configure(Capacity(1), 100, WEIGHTS)
    stage.end(min(stage.slots))
    assert (queue.in_use, len(queue.turns)) == (2, 2)
    queue.configure(Capacity(), 0, WEIGHTS)
    assert (queue.in_use, len(queue.turns)) == (4, 0)


@pytest.mark.parametrize(
    ("capacity", "held_s", "seconds"),
    [
        (Capacity(1), 4.0, 8.0),
        (Capacity(2), 4.0, 4.0),
        (Capacity(None, 6), 1.0, 20.0),
        (Capacity(1), 1e6, LONGEST_HINT_S),
    ],
)
def test_the_hint_goes_by_how_long_places_are_taken_and_who_is_before(
    capacity: Capacity, held_s: float, seconds: float
) -> None:
    stage = Stage(capacity, most=1)
    queue = stage.queues[0]
    number = stage.come(Place("batch", "t", "x"))
    stage.clock.advance(held_s)
    stage.end(number)
    for _ in range(8):
        stage.come(Place("batch", "t", "x"))
    assert queue.turns.waiting("batch") == 1
    assert queue.hint_s("batch") == seconds
