"""Facts about capacities and those that wait for them, as metric samples. Called by the metrics page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from torana.records.gauges import Family


class CapacityFacts(NamedTuple):
    """One capacity now."""

    provider: str
    model: str
    """Empty: of all deployments there together."""
    in_use: int
    waiting: Mapping[str, int]
    """By class."""


class WaitedFacts(NamedTuple):
    """How requests of one class have waited."""

    requests: int
    seconds: float
    refused: int


class QueueFacts(NamedTuple):
    """Everything about queues."""

    capacities: Sequence[CapacityFacts] = ()
    waited: Mapping[str, WaitedFacts] = {}


def queue_families(facts: QueueFacts) -> Iterator[Family]:
    """How full deployments are, who waits, and how long that took. Nothing where nothing has a capacity."""
    rows = [({"provider": one.provider, "model": one.model}, one) for one in facts.capacities]
    if not rows:
        return
    in_use = tuple((labels, float(one.in_use)) for labels, one in rows)
    yield Family("ai_gateway_capacity_in_use", "gauge", "Requests that take a place of a capacity.", in_use)
    waiting = tuple(
        ({**labels, "class": name}, float(number)) for labels, one in rows for name, number in one.waiting.items()
    )
    yield Family("ai_gateway_queue_waiting", "gauge", "Requests that wait for a place, by class.", waiting)
    classes = [({"class": name}, one) for name, one in facts.waited.items()]
    waited = tuple((labels, float(one.requests)) for labels, one in classes)
    yield Family("ai_gateway_queued_total", "counter", "Requests that found no place free.", waited)
    seconds = tuple((labels, one.seconds) for labels, one in classes)
    yield Family("ai_gateway_queue_waited_seconds_total", "counter", "Seconds that requests have waited.", seconds)
    left = tuple((labels, float(one.refused)) for labels, one in classes)
    about = "Requests that got no place: the queue was full, their time was up, or their caller left."
    yield Family("ai_gateway_queue_left_total", "counter", about, left)
