"""The most particular deployment is first."""

from __future__ import annotations

from torana.core.snapshot import Deployment
from torana.ports.strategy import Facts
from torana.strategies.condition import order

EU = (("header.x-region", "eu"),)
PAID_EU = (*EU, ("metadata.plan", "paid"))


def names(*candidates: Deployment) -> list[str]:
    return [one.model for one in order(candidates, Facts(0.0, 0, {}))]


def test_more_conditions_go_first_then_priority_then_the_place_in_the_file() -> None:
    assert names(
        Deployment("p", "any"),
        Deployment("p", "eu-2", priority=2, when=EU),
        Deployment("p", "eu-1", priority=1, when=EU),
        Deployment("p", "paid-eu", priority=9, when=PAID_EU),
        Deployment("p", "eu-1b", priority=1, when=EU),
    ) == ["paid-eu", "eu-1", "eu-1b", "eu-2", "any"]
