"""reach: time-outs as people write them, turns by weight, and credentials that are parked or rest."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.core.faults import ConnectFailed, CredentialsParked, StatusFault
from torana.core.snapshot import Deadlines
from torana.testing.clock import FakeClock
from torana.upstream.reach import LONGEST_PARK_S, PARK_S, PROBE_S, REST_S, Rotation, Timeouts


def test_without_first_token_a_stream_has_a_minute_and_a_plain_answer_the_total() -> None:
    assert Timeouts().deadlines(stream=True) == Deadlines(5, 60, 30, 600)
    assert Timeouts().deadlines(stream=False) == Deadlines(5, 600, 30, 600)
    assert Timeouts(total=20).deadlines(stream=True).first_token_s == 20
    assert Timeouts(first_token=7).deadlines(stream=False).first_token_s == 7


@pytest.mark.parametrize("given", [{"connect": 0}, {"total": -1}, {"idle": "3"}, {"first": 3}])
def test_wrong_time_outs_are_refused(given: dict) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(given, Timeouts)


@given(st.lists(st.integers(1, 9), min_size=1, max_size=5))
def test_everyone_gets_turns_by_weight_and_nobody_waits_longer_than_a_round(weights: list[int]) -> None:
    rotation = Rotation(list("abcde"[: len(weights)]), weights)
    round_ = sum(weights)
    taken = [rotation.take() for _ in range(2 * round_)]
    assert all("abcde"[position] == thing for position, thing in taken)
    assert taken[:round_] == taken[round_:]
    assert [sum(position == one for position, _ in taken[:round_]) for one in range(len(weights))] == weights


def test_turns_are_spread() -> None:
    rotation = Rotation("ab", [3, 3])
    assert "".join(rotation.take()[1] for _ in range(6)) == "ababab"


def test_turns_among_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="nothing"):
        Rotation([], [])


# --- parked and resting


class Lines:
    """A log that is a list."""

    def __init__(self) -> None:
        self.written: list[dict[str, object]] = []

    def info(self, event: str, **fields: object) -> None:
        self.written.append({"level": "info", "event": event, **fields})

    def warning(self, event: str, **fields: object) -> None:
        self.written.append({"level": "warning", "event": event, **fields})


class Pool:
    """A Rotation with a clock and a log of its own."""

    def __init__(self, *weights: int) -> None:
        self.clock = FakeClock()
        self.lines = Lines()
        letters = list("abcdef"[: len(weights)])
        self.rotation = Rotation(letters, weights, self.clock.monotonic, self.lines)

    def take(self) -> int:
        return self.rotation.take()[0]

    def fail(self, position: int, status: int, hint: float | None = None) -> StatusFault:
        fault = StatusFault(status, b"", retry_after_s=hint)
        self.rotation.failed(position, "p", fault)
        return fault

    def accept(self, position: int) -> None:
        self.rotation.accepted(position, "p")

    def parked_for(self) -> float:
        """How long until a pool that has nobody to ask has somebody again."""
        with pytest.raises(CredentialsParked) as caught:
            self.take()
        return caught.value.retry_after_s


REFUSALS = [401, 402, 403]


@pytest.mark.parametrize("status", REFUSALS)
def test_a_refused_credential_is_left_out_until_its_time_is_up(status: int) -> None:
    pool = Pool(1, 1, 1)
    assert pool.take() == 0
    fault = pool.fail(0, status)
    assert (fault.credential, fault.another) == ("0", True)
    assert [pool.take() for _ in range(4)] == [1, 2, 1, 2]
    pool.clock.advance(PARK_S)
    assert sorted(pool.take() for _ in range(3)) == [0, 1, 2]


def test_only_one_request_at_a_time_finds_out_whether_a_parked_one_is_back() -> None:
    pool = Pool(1, 1)
    pool.fail(pool.take(), 401)
    pool.clock.advance(PARK_S)
    assert sorted(pool.take() for _ in range(6)) == [0, 1, 1, 1, 1, 1]
    pool.clock.advance(PROBE_S)
    assert 0 in {pool.take(), pool.take()}, "the probe came to nothing, and the next may try"


def test_a_success_brings_a_parked_one_back_and_the_next_parking_is_short_again() -> None:
    pool = Pool(1)
    for _ in range(3):
        pool.fail(pool.take(), 401)
        pool.clock.advance(pool.parked_for())
    pool.accept(pool.take())
    assert [pool.take(), pool.take()] == [0, 0]
    pool.fail(0, 401)
    assert pool.parked_for() == PARK_S


def test_parking_doubles_up_to_a_bound_while_it_keeps_failing() -> None:
    pool = Pool(1)
    waits = []
    for _ in range(30):
        pool.fail(pool.take(), 403)
        waits.append(pool.parked_for())
        pool.clock.advance(waits[-1])
    assert waits[:5] == [60, 120, 240, 480, LONGEST_PARK_S]
    assert set(waits[5:]) == {LONGEST_PARK_S}


def test_answers_to_requests_from_before_the_parking_change_nothing() -> None:
    pool = Pool(1)
    pool.fail(0, 401)
    pool.fail(0, 401)
    pool.fail(0, 429, 1.0)
    pool.accept(0)
    assert pool.parked_for() == PARK_S
    assert len(pool.lines.written) == 1


def test_a_limited_one_rests_as_long_as_the_provider_says_and_others_are_used() -> None:
    pool = Pool(1, 1)
    assert pool.fail(pool.take(), 429, 7.0).another
    assert [pool.take() for _ in range(3)] == [1, 1, 1]
    pool.clock.advance(7.0)
    assert sorted([pool.take(), pool.take()]) == [0, 1]


@pytest.mark.parametrize(("hint", "rest"), [(None, REST_S), (0.0, 0.0), (1e9, LONGEST_PARK_S)])
def test_a_rest_has_a_default_and_a_bound(hint: float | None, rest: float) -> None:
    pool = Pool(1, 1)
    pool.fail(0, 429, hint)
    pool.fail(1, 401)
    assert pool.fail(1, 401).another is (rest == 0)
    pool.clock.advance(rest)
    assert pool.fail(1, 401).another


def test_when_all_rest_the_one_whose_time_is_up_first_is_asked() -> None:
    pool = Pool(1, 1, 1)
    for position, hint in ((0, 30.0), (1, 5.0), (2, 60.0)):
        fault = pool.fail(position, 429, hint)
    assert not fault.another
    assert [pool.take(), pool.take()] == [1, 1]


def test_the_hint_of_a_pool_is_that_of_its_first_credential() -> None:
    pool = Pool(1, 1)
    assert pool.fail(0, 429, 5.0).retry_after_s == 5.0
    pool.clock.advance(1.0)
    assert pool.fail(1, 429, 60.0).retry_after_s == 4.0
    assert Pool(1).fail(0, 429, 4000.0).retry_after_s == 4000.0, "one alone: the provider's own words"
    assert Pool(1).fail(0, 429).retry_after_s is None


def test_one_that_rests_is_asked_rather_than_one_that_is_parked() -> None:
    pool = Pool(1, 1)
    pool.fail(0, 401)
    assert not pool.fail(1, 429, 600.0).another
    assert pool.take() == 1


def test_a_credential_alone_is_asked_however_often_it_is_limited() -> None:
    pool = Pool(1)
    for _ in range(5):
        assert pool.take() == 0
        assert not pool.fail(0, 429, 60.0).another


def test_a_probe_that_is_limited_rests_and_its_refusals_are_not_forgotten_before_it_succeeds() -> None:
    pool = Pool(1)
    pool.fail(0, 401)
    pool.clock.advance(PARK_S)
    pool.fail(pool.take(), 429, 1.0)
    pool.fail(pool.take(), 401)
    assert pool.parked_for() == 2 * PARK_S


def test_a_probe_that_is_limited_rests_for_as_long_as_it_is_told_and_no_longer() -> None:
    pool = Pool(1, 1)
    pool.fail(0, 401)
    pool.clock.advance(PARK_S)
    while pool.take() != 0:
        pass
    pool.fail(0, 429, 1.0)
    pool.clock.advance(1.0)
    assert pool.fail(1, 401).another


def test_a_later_429_with_a_shorter_hint_does_not_shorten_the_rest() -> None:
    pool = Pool(1, 1)
    pool.fail(0, 429, 60.0)
    pool.fail(0, 429, 1.0)
    pool.clock.advance(2.0)
    assert [pool.take(), pool.take()] == [1, 1]


def test_one_that_is_asked_while_it_rests_and_is_taken_is_free_again() -> None:
    pool = Pool(1, 1)
    pool.fail(0, 429, 600.0)
    pool.fail(1, 429, 500.0)
    pool.accept(pool.take())
    assert pool.fail(0, 401).another


def test_one_that_came_back_is_no_probe_while_another_is_away() -> None:
    pool = Pool(1, 1)
    pool.fail(0, 401)
    pool.clock.advance(PARK_S)
    while pool.take() != 0:
        pass
    pool.accept(0)
    pool.fail(1, 401)
    assert [pool.take() for _ in range(3)] == [0, 0, 0]


def test_a_pool_that_is_whole_does_not_look_at_the_clock() -> None:
    clock = FakeClock()
    looks: list[float] = []

    def now() -> float:
        looks.append(clock.monotonic())
        return looks[-1]

    rotation = Rotation("ab", [1, 1], now, Lines())
    for _ in range(2):  # twice: what went away twice must come back whole too
        rotation.failed(0, "p", StatusFault(429, b"", retry_after_s=0.0))
        rotation.failed(0, "p", StatusFault(429, b"", retry_after_s=0.0))
        while rotation.take()[0] != 0:
            pass
        rotation.accepted(0, "p")
        looks.clear()
        assert [rotation.take()[0] for _ in range(2)] in ([0, 1], [1, 0])
        assert looks == []


@pytest.mark.parametrize("fault", [ConnectFailed(), *(StatusFault(status, b"") for status in (400, 404, 500))], ids=str)
def test_what_is_not_the_credentials_fault_parks_nothing(fault: Any) -> None:
    pool = Pool(1, 1)
    pool.rotation.failed(pool.take(), "p", fault)
    assert (fault.credential, fault.another) == ("0", False)
    assert sorted([pool.take(), pool.take()]) == [0, 1]
    assert pool.lines.written == []


def test_each_parking_and_each_return_is_one_line_with_the_position_only() -> None:
    pool = Pool(1, 1)
    pool.fail(0, 401)
    pool.clock.advance(PARK_S)
    while pool.take() != 0:
        pass
    pool.fail(0, 402)
    pool.clock.advance(2 * PARK_S)
    while pool.take() != 0:
        pass
    pool.accept(0)
    pool.accept(0)
    parked = {"level": "warning", "event": "credential.parked", "provider": "p", "position": 0}
    assert pool.lines.written == [
        {**parked, "status": 401, "refusals": 1, "probed_in_s": 60},
        {**parked, "status": 402, "refusals": 2, "probed_in_s": 120},
        {"level": "info", "event": "credential.accepted", "provider": "p", "position": 0},
    ]


STEPS = st.one_of(
    st.tuples(st.just("take"), st.sampled_from([0, 200, 401, 403, 429])),
    st.tuples(st.just("wait"), st.sampled_from([0.5, 5, 61, 901])),
)


@given(st.lists(st.integers(1, 4), min_size=1, max_size=4), st.lists(STEPS, max_size=60))
def test_no_one_that_is_away_is_taken_while_another_is_free(weights: list[int], steps: list[tuple[str, Any]]) -> None:
    """Against a model that knows only until when each one is away; status 0 is a request that never ends."""
    pool = Pool(*weights)
    until = [0.0] * len(weights)
    parked = [False] * len(weights)
    refusals = [0] * len(weights)
    for what, value in steps:
        now = pool.clock.monotonic()
        if what == "wait":
            pool.clock.advance(value)
            continue
        free = [position for position, one in enumerate(until) if one <= now]
        if not free and all(parked):
            assert pool.parked_for() == pytest.approx(min(until) - now)
            continue
        position = pool.take()
        assert position in free or (not free and not parked[position])
        if value == 0 and parked[position]:
            until[position] = now + PROBE_S
        elif value == 200:
            pool.accept(position)
            until[position], parked[position], refusals[position] = 0.0, False, 0
        elif value == 429:
            pool.fail(position, 429)
            until[position], parked[position] = now + REST_S, False
        elif value:
            pool.fail(position, value)
            refusals[position] += 1
            until[position] = now + min(PARK_S * 2 ** (refusals[position] - 1), LONGEST_PARK_S)
            parked[position] = True


@given(st.lists(st.integers(1, 5), min_size=2, max_size=5))
def test_those_that_are_left_keep_their_shares(weights: list[int]) -> None:
    pool = Pool(*weights)
    pool.fail(0, 401)
    left = sum(weights[1:])
    taken = [pool.take() for _ in range(left)]
    assert [taken.count(position) for position in range(len(weights))] == [0, *weights[1:]]


def test_parked_ones_are_counted_until_they_are_accepted() -> None:
    clock = FakeClock()
    rotation = Rotation("abc", [1, 1, 1], clock.monotonic)
    for status in (401, 403, 429):
        position, _ = rotation.take()
        rotation.failed(position, "p", StatusFault(status, b""))
    assert rotation.parked == 2
    clock.advance(PARK_S)
    position, _ = rotation.take()
    assert rotation.parked == 2
    rotation.accepted(position, "p")
    assert rotation.parked == (1 if position != 2 else 2)


class _Answer:
    failed: Any = None


def test_a_refusal_inside_an_accepted_answer_parks() -> None:
    clock = FakeClock()
    rotation = Rotation("ab", [1, 1], clock.monotonic)
    position, _ = rotation.take()
    answer = _Answer()
    rotation.accepted(position, "p", answer)
    fault = StatusFault(401, b"")
    answer.failed(fault)
    assert (rotation.parked, fault.credential, fault.another) == (1, str(position), True)


def test_what_is_at_hand_takes_nobodys_turn_and_is_neither_parked_nor_resting() -> None:
    clock = FakeClock()
    rotation = Rotation("ab", [1, 1], clock.monotonic)
    assert [rotation.at_hand() for _ in range(3)] == ["a", "a", "a"]
    assert rotation.take() == (0, "a")
    rotation.failed(0, "p", StatusFault(401, b""))
    assert rotation.at_hand() == "b"
    rotation.failed(1, "p", StatusFault(429, b""))
    assert rotation.at_hand() is None
    clock.advance(LONGEST_PARK_S)
    assert rotation.at_hand() is None
    assert rotation.take() == (1, "b")
    rotation.accepted(1, "p")
    assert rotation.at_hand() == "b"


def test_a_preferred_one_is_taken_while_it_is_well_and_nobody_loses_a_turn() -> None:
    rotation = Rotation("abc", [1, 1, 1], FakeClock().monotonic)
    assert [rotation.take("2"), rotation.take(), rotation.take("2"), rotation.take()] == [
        (2, "c"), (0, "a"), (2, "c"), (1, "b"),
    ]  # fmt: skip
    rotation.failed(2, "p", StatusFault(401, b""))
    assert rotation.take("2") == (0, "a")


@pytest.mark.parametrize("preferred", ["", "3", "-1", "own", "²"])
def test_what_is_no_position_is_not_preferred(preferred: str) -> None:
    assert Rotation("abc", [1, 1, 1], FakeClock().monotonic).take(preferred) == (0, "a")


# --- the one that made something


def test_one_is_found_again_by_its_mark_wherever_it_stands_now() -> None:
    rotation = Rotation("ab", [1, 1], now=lambda: 0.0)
    rotation.marks = ("m1", "m2")
    assert rotation.again("m2") == (1, "b")
    rotation.marks = ("m2", "m1")
    assert rotation.again("m2") == (0, "a")
    assert rotation.again("m3") is None


def test_an_only_one_stands_for_the_one_that_it_was_exchanged_for() -> None:
    rotation = Rotation("a", [1], now=lambda: 0.0)
    assert rotation.again("an older mark") == (0, "a")


@pytest.mark.parametrize("status", [401, 402, 403])
def test_while_it_is_parked_it_is_not_asked_and_then_it_is(status: int) -> None:
    now = [0.0]
    rotation = Rotation("ab", [1, 1], now=lambda: now[0])
    rotation.marks = ("m1", "m2")
    rotation.failed(1, "p", StatusFault(status, b""))
    with pytest.raises(CredentialsParked) as parked:
        rotation.again("m2")
    now[0] += parked.value.retry_after_s
    assert rotation.again("m2") == (1, "b")
    rotation.accepted(1, "p")
    assert rotation.parked == 0
