"""The soonest first; what nobody measured before all, so that it is measured."""

from __future__ import annotations

from torana.core.snapshot import Deployment
from torana.ports.strategy import Facts
from torana.strategies.least_latency import order

SECONDS = {"slow": 2.0, "fast": 0.1, "even": 0.1}


def names(*deployments: Deployment) -> list[str]:
    facts = Facts(0.5, 3, {}, latency_s=lambda one: SECONDS.get(one.provider))
    return [one.provider for one in order(deployments, facts)]


def test_the_soonest_comes_first_and_equals_stay_as_written() -> None:
    assert names(*(Deployment(name, "m") for name in ("slow", "even", "fast"))) == ["even", "fast", "slow"]


def test_what_nobody_measured_comes_before_all() -> None:
    assert names(Deployment("fast", "m"), Deployment("new", "m"))[0] == "new"


def test_priority_comes_before_latency() -> None:
    assert names(Deployment("fast", "m", priority=2), Deployment("slow", "m")) == ["slow", "fast"]
