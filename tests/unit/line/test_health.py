"""What is known of deployments, said for those who would try one."""

from __future__ import annotations

from torana.core.snapshot import Breaker, Deployment
from torana.line.health import Condition, Health, moment
from torana.testing.clock import FakeClock

HERE = Deployment("p", "m")
BREAKER = Breaker(2, 30.0, 60.0)


def failing(health: Health, clock: FakeClock, times: int = 2) -> None:
    for _ in range(times):
        now = clock.monotonic()
        health.begin(HERE, now).failed("500", now, now, BREAKER)


def test_of_what_was_never_tried_nothing_is_known() -> None:
    health = Health(FakeClock())
    assert (health.rest(HERE), health.latency_s(HERE), health.busy(HERE)) == (None, None, 0)
    assert health.condition(HERE) == Condition("closed", None, None, 0, None)


def test_weight_and_region_do_not_make_another_deployment() -> None:
    health = Health(FakeClock())
    assert health.of(HERE) is health.of(Deployment("p", "m", weight=3, region="eu"))
    assert health.of(HERE) is not health.of(Deployment("q", "m"))


def test_an_open_breaker_says_until_when_by_the_wall_clock() -> None:
    clock = FakeClock(now=1_750_000_000.0)
    health = Health(clock)
    failing(health, clock)
    rest = health.rest(HERE)
    assert rest is not None
    assert rest.reason == "breaker open until 2025-06-15T15:07:40Z"
    assert health.condition(HERE) == Condition("open", 1_750_000_060.0, None, 0, None)
    clock.advance(60.0)
    assert health.rest(HERE) is None
    assert health.condition(HERE).breaker == "half_open"


def test_while_a_probe_is_under_way_nobody_else_should_try() -> None:
    clock = FakeClock()
    health = Health(clock)
    failing(health, clock)
    clock.advance(61.0)
    vitals = health.begin(HERE, clock.monotonic())
    rest = health.rest(HERE)
    assert rest is not None and "probe is under way" in rest.reason
    assert health.busy(HERE) == 1
    started = clock.monotonic()
    clock.advance(0.5)
    vitals.content(started, clock.monotonic())
    assert health.rest(HERE) is None
    assert health.latency_s(HERE) == 0.5


def test_a_cooldown_says_until_when() -> None:
    clock = FakeClock(now=1_750_000_000.0)
    health = Health(clock)
    health.of(HERE).cool(20.0, clock.monotonic())
    rest = health.rest(HERE)
    assert rest is not None and rest.reason == "cooling down until 2025-06-15T15:07:00Z"
    assert health.condition(HERE).cooling_until == 1_750_000_020.0
    clock.advance(20.0)
    assert health.rest(HERE) is None
    assert health.condition(HERE).cooling_until is None


def test_of_breaker_and_cooldown_the_longer_is_told() -> None:
    clock = FakeClock()
    health = Health(clock)
    failing(health, clock)
    health.of(HERE).cool(100.0, clock.monotonic())
    rest = health.rest(HERE)
    assert rest is not None and rest.reason.startswith("cooling down") and rest.until == clock.monotonic() + 100.0


def test_the_number_remembered_is_bounded_and_troubles_are_not_forgotten() -> None:
    clock = FakeClock()
    health = Health(clock, most=10)
    failing(health, clock)
    busy = health.begin(Deployment("p", "busy"), clock.monotonic())
    for number in range(100):
        health.of(Deployment("p", f"made-up-{number}"))
        assert len(health._vitals) <= 10
    assert health.rest(HERE) is not None
    assert health.of(Deployment("p", "busy")) is busy


def test_when_all_are_in_trouble_a_new_one_is_served_and_not_remembered() -> None:
    clock = FakeClock()
    health = Health(clock, most=1)
    failing(health, clock)
    other = Deployment("q", "m")
    health.begin(other, clock.monotonic()).leave()
    assert health.busy(other) == 0
    assert list(health._vitals) == [("p", "m")]


def test_moments_are_rfc_3339() -> None:
    assert moment(0.4) == "1970-01-01T00:00:00Z"


def test_all_that_were_tried_are_told_with_how_often_their_breaker_opened() -> None:
    clock = FakeClock()
    health = Health(clock)
    health.of(Deployment("q", "m"))
    for _ in range(2):
        failing(health, clock)
        clock.advance(61.0)
        failing(health, clock, times=1)
    told = {(provider, model): (now.breaker, opened) for provider, model, now, opened in health.survey()}
    assert told == {("q", "m"): ("closed", 0), ("p", "m"): ("open", 3)}
