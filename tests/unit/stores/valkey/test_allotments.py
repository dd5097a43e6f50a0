from __future__ import annotations

from tests.unit.stores.valkey.test_counters import KEY, budget
from torana.stores.valkey.allotments import Allotment
from torana.stores.valkey.leases import MOST_TIMES


def an_allotment(granted: int) -> Allotment:
    found = Allotment(KEY, "cap", budget(1000))
    found.granted = granted
    return found


def test_what_a_request_did_not_need_is_free_at_once_and_what_it_cost_is_not_until_it_is_booked() -> None:
    mine = an_allotment(100)
    mine.in_use += 80
    mine.settle(80, 30)
    assert (mine.free, mine.pending) == (70, 30)
    mine.booked(30, 30)
    assert (mine.free, mine.pending, mine.granted) == (70, 0, 70)


def test_what_was_spent_beyond_the_grant_leaves_nothing_free_and_nothing_owed() -> None:
    mine = an_allotment(10)
    mine.in_use += 10
    mine.settle(10, 25)
    assert mine.free == 0
    mine.booked(25, 10)
    assert (mine.granted, mine.in_use, mine.free) == (0, 0, 0)
    assert mine.idle


def test_only_what_is_free_is_given_back() -> None:
    mine = an_allotment(100)
    mine.in_use += 60
    assert mine.give_back() == 40
    assert (mine.granted, mine.free, mine.give_back()) == (60, 0, 0)


def test_what_is_used_up_at_once_is_asked_for_twice_as_large_the_next_time_and_smaller_when_it_lasted() -> None:
    mine = an_allotment(0)
    assert mine.wish(10, 16, 100.0) == 160
    assert [mine.wish(10, 16, 100.0 + turn / 10) for turn in range(1, 4)] == [320, 640, 1280]
    assert [mine.wish(10, 16, 110.0 + turn) for turn in range(4)] == [640, 320, 160, 160]
    for turn in range(20):
        most = mine.wish(10, 16, 200.0 + turn / 100)
    assert most == 10 * MOST_TIMES
