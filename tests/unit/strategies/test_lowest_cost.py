"""The cheapest first; an unknown price is no low price."""

from __future__ import annotations

from torana.core.snapshot import Deployment
from torana.ports.strategy import Facts
from torana.strategies.lowest_cost import order

PRICES = {"dear": 900, "cheap": 5, "free": 0}


def names(*deployments: Deployment) -> list[str]:
    facts = Facts(0.5, 3, {}, price_nano=lambda one: PRICES.get(one.provider))
    return [one.provider for one in order(deployments, facts)]


def test_the_cheapest_comes_first_and_an_unknown_price_last() -> None:
    given = [Deployment(name, "m") for name in ("unknown", "dear", "free", "cheap")]
    assert names(*given) == ["free", "cheap", "dear", "unknown"]


def test_priority_comes_before_price() -> None:
    assert names(Deployment("cheap", "m", priority=2), Deployment("dear", "m")) == ["dear", "cheap"]
