"""The breaker and the cooldown of one deployment, by a clock that moves when told."""

from __future__ import annotations

import math

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from torana.core.snapshot import Breaker
from torana.core.vitals import HALF_LIFE_S, LONGEST_COOLDOWN_S, Vitals, is_its_fault

BREAKER = Breaker(failures=3, window_s=10.0, open_s=20.0)
COUNTED = [
    "connect",
    "first_token",
    "deadline",
    "idle",
    "total",
    "broken",
    "malformed",
    "408",
    "500",
    "502",
    "503",
    "529",
]
NOT_COUNTED = ["ok", "refused", "cancelled", "parked", "too_large", "400", "401", "403", "404", "413", "422", "429"]


def tried(vitals: Vitals, now: float, outcome: str, breaker: Breaker | None = BREAKER) -> None:
    vitals.begin(now)
    if outcome == "ok":
        vitals.content(now, now)
        vitals.leave()
        vitals.completed()
    else:
        vitals.failed(outcome, now, now, breaker)


def opened(now: float = 100.0) -> Vitals:
    vitals = Vitals()
    for _ in range(3):
        tried(vitals, now, "connect")
    assert vitals.state(now) == "open"
    return vitals


@pytest.mark.parametrize("outcome", COUNTED)
def test_failures_that_are_its_own_open_it(outcome: str) -> None:
    vitals = Vitals()
    for now in (100.0, 101.0):
        tried(vitals, now, outcome)
        assert vitals.state(now) == "closed" and not vitals.troubled
    tried(vitals, 102.0, outcome)
    assert vitals.state(102.0) == "open" and vitals.troubled
    assert vitals.open_until == 122.0


@pytest.mark.parametrize("outcome", NOT_COUNTED)
def test_nothing_else_opens_it(outcome: str) -> None:
    vitals = Vitals()
    for step in range(50):
        tried(vitals, 100.0 + step / 100, outcome)
    assert vitals.state(101.0) == "closed"
    assert not is_its_fault(outcome)


def test_failures_outside_the_window_are_forgotten() -> None:
    vitals = Vitals()
    for step in range(20):
        tried(vitals, 100.0 + 6 * step, "500")
    assert vitals.state(220.0) == "closed"


def test_an_answer_that_ended_well_starts_the_count_again() -> None:
    vitals = Vitals()
    for step in range(20):
        tried(vitals, 100.0 + step / 10, "ok" if step % 3 == 2 else "500")
    assert vitals.state(102.0) == "closed"


def test_content_alone_does_not_start_the_count_again_for_streams_may_break_every_time() -> None:
    vitals = Vitals()
    for now in (100.0, 101.0, 102.0):
        vitals.begin(now)
        vitals.content(now, now)
        vitals.leave()
        vitals.hurt(now, now, BREAKER)
    assert vitals.state(102.0) == "open"


def test_one_probe_at_a_time_goes_through_once_it_was_open_long_enough() -> None:
    vitals = opened()
    assert vitals.state(119.9) == "open"
    assert vitals.state(120.0) == "half_open"
    vitals.begin(120.0)
    assert vitals.open_until == 140.0, "nobody else before the probe has told, or has had its time"
    assert vitals.state(121.0) == "half_open"


@pytest.mark.parametrize("outcome", ["ok", "400", "401", "429"])
def test_a_probe_that_is_answered_closes_it(outcome: str) -> None:
    vitals = opened()
    tried(vitals, 121.0, outcome)
    assert vitals.state(121.0) == "closed" and not vitals.troubled


def test_a_probe_that_fails_opens_it_anew() -> None:
    vitals = opened()
    vitals.begin(121.0)
    vitals.failed("first_token", 121.0, 125.0, BREAKER)
    assert vitals.state(144.9) == "open" and vitals.open_until == 145.0


@pytest.mark.parametrize("outcome", ["cancelled", "refused", "parked"])
def test_a_probe_that_tells_nothing_is_followed_by_another_at_once(outcome: str) -> None:
    vitals = opened()
    vitals.begin(121.0)
    vitals.failed(outcome, 121.0, 122.0, BREAKER)
    assert vitals.state(122.0) == "half_open" and vitals.open_until == 122.0


def test_a_try_begun_before_it_opened_proves_nothing() -> None:
    vitals = Vitals()
    vitals.begin(90.0)
    for _ in range(3):
        tried(vitals, 100.0, "500")
    vitals.content(90.0, 101.0)
    assert vitals.state(101.0) == "open"
    tried(vitals, 105.0, "500")
    assert vitals.open_until == 120.0, "nor does a last resort that fails lengthen it"


def test_without_a_breaker_failures_open_nothing() -> None:
    vitals = Vitals()
    for _ in range(100):
        tried(vitals, 100.0, "connect", None)
    assert vitals.state(100.0) == "closed"


def test_a_breaker_taken_out_of_the_configuration_leaves_no_probe_stuck() -> None:
    vitals = opened()
    vitals.begin(121.0)
    vitals.failed("500", 121.0, 122.0, None)
    assert vitals.state(122.0) == "half_open" and vitals.open_until == 122.0


def test_a_cooldown_is_kept_until_its_end_and_ended_by_a_later_answer() -> None:
    vitals = Vitals()
    vitals.cool(30.0, 100.0)
    vitals.cool(5.0, 101.0)
    assert vitals.cool_until == 130.0
    vitals.content(99.0, 102.0)
    assert vitals.cool_until == 130.0
    vitals.content(103.0, 104.0)
    assert vitals.cool_until is None


@pytest.mark.parametrize("seconds", [0.0, -1.0, math.inf, math.nan])
def test_a_nonsense_cooldown_is_not_heeded(seconds: float) -> None:
    vitals = Vitals()
    vitals.cool(seconds, 100.0)
    assert vitals.cool_until is None and not vitals.troubled


def test_a_cooldown_has_an_end_in_sight() -> None:
    vitals = Vitals()
    vitals.cool(1e9, 100.0)
    assert vitals.cool_until == 100.0 + LONGEST_COOLDOWN_S


def test_latency_is_a_moving_mean_that_fades() -> None:
    vitals = Vitals()
    assert vitals.latency_s(100.0) is None
    vitals.content(100.0, 101.0)
    assert vitals.latency_s(101.0) == 1.0
    vitals.content(101.0, 103.0)
    assert vitals.latency_s(103.0) == pytest.approx(1.2)
    assert vitals.latency_s(103.0 + HALF_LIFE_S) == pytest.approx(0.6)


class Life(RuleBasedStateMachine):
    """Tries begin and end in any order while time passes and the configuration changes."""

    def __init__(self) -> None:
        super().__init__()
        self.vitals = Vitals()
        self.now = 1000.0
        self.trying: list[tuple[float, bool]] = []
        """When each began, and whether it was let through as a probe."""
        self.answering = 0

    @rule(seconds=st.floats(0.001, 30.0))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def a_try_begins(self) -> None:
        due = self.vitals.open_until is not None and self.now >= self.vitals.open_until
        self.vitals.begin(self.now)
        self.trying.append((self.now, due))
        if due:
            assert self.vitals.open_until == self.now + BREAKER.open_s
        self.now += 0.001

    @precondition(lambda self: self.trying)
    @rule(data=st.data(), outcome=st.sampled_from(COUNTED + NOT_COUNTED[1:]))
    def a_try_fails(self, data: st.DataObject, outcome: str) -> None:
        started, probe = self.trying.pop(data.draw(st.integers(0, len(self.trying) - 1)))
        before = self.vitals.state(self.now)
        self.vitals.failed(outcome, started, self.now, BREAKER)
        after = self.vitals.state(self.now)
        if before == "closed" and after != "closed":
            assert is_its_fault(outcome)
        if before != "closed" and after == "closed":
            assert not is_its_fault(outcome)
        if before == "half_open" and after == "open":
            assert probe and is_its_fault(outcome)

    @precondition(lambda self: self.trying)
    @rule(data=st.data())
    def a_try_gives_content(self, data: st.DataObject) -> None:
        started, _ = self.trying.pop(data.draw(st.integers(0, len(self.trying) - 1)))
        before, since = self.vitals.state(self.now), self.vitals._hurt_at
        self.vitals.content(started, self.now)
        self.answering += 1
        assert self.vitals.state(self.now) == ("closed" if started > since else before)

    @precondition(lambda self: self.answering)
    @rule(well=st.booleans())
    def an_answer_ends(self, well: bool) -> None:
        self.answering -= 1
        self.vitals.leave()
        if well:
            self.vitals.completed()
        else:
            self.vitals.hurt(self.now, self.now, BREAKER)

    @rule(seconds=st.floats(0.1, 100.0))
    def the_provider_asks_for_quiet(self, seconds: float) -> None:
        self.vitals.cool(seconds, self.now)

    @invariant()
    def what_began_and_did_not_end_is_in_flight(self) -> None:
        assert self.vitals.in_flight == len(self.trying) + self.answering

    @invariant()
    def it_is_troubled_when_something_is_the_matter(self) -> None:
        vitals = self.vitals
        assert vitals.troubled == (vitals.open_until is not None or vitals.cool_until is not None)

    @invariant()
    def it_never_rests_for_longer_than_it_was_told(self) -> None:
        if self.vitals.open_until is not None:
            assert self.vitals.open_until <= self.now + BREAKER.open_s

    @invariant()
    def with_nothing_but_time_a_probe_gets_through(self) -> None:
        if self.vitals.open_until is not None:
            assert self.vitals.state(self.now + BREAKER.open_s) == "half_open"


TestLife = Life.TestCase


def test_a_percentile_is_known_once_it_was_asked_for_and_enough_was_seen() -> None:
    vitals = Vitals()
    vitals.begin(0.0)
    vitals.content(0.0, 9.0)
    assert vitals.slow_s(0.95) is None, "what was before is not kept"
    for number in range(1, 20):
        vitals.content(0.0, float(number))
    assert vitals.slow_s(0.95) is None
    vitals.content(0.0, 20.0)
    assert (vitals.slow_s(0.95), vitals.slow_s(0.5), vitals.slow_s(1.0)) == (19.0, 10.0, 20.0)
    vitals.outrun(50.0)
    assert vitals.slow_s(1.0) == 50.0
