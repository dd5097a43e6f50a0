"""Compiles capacities, and the rules by which requests wait for them.

It checks nothing: the settings were checked when they were loaded. Called by ``compile``.
"""

from __future__ import annotations

from collections.abc import Mapping

from torana.core.capacity import Capacity, PriorityRule, QueueRules
from torana.wiring.settings import Settings
from torana.wiring.settings_queue import Capacity as CapacitySettings
from torana.wiring.settings_queue import Priority
from torana.wiring.settings_queue_checks import deployments_of


def capacities(settings: Settings) -> dict[tuple[str, str], Capacity]:
    """By provider and model there; by provider and nothing for all of it."""
    found = {(one.id, ""): capacity(one.capacity) for one in settings.providers if one.capacity is not None}
    for one in deployments_of(settings).values():
        if one.capacity is not None:
            found[one.provider, one.model] = capacity(one.capacity)
    return found


def queue_rules(settings: Settings, key_ids: Mapping[str, str]) -> QueueRules:
    """How requests wait. ``key_ids``: by key name."""
    queue = settings.routing.queue
    rules = tuple(PriorityRule(_scopes(one, key_ids), one.priority) for one in queue.priorities)
    return QueueRules(queue.weights, queue.default, queue.most, rules)


def capacity(given: CapacitySettings) -> Capacity:
    """A capacity as the line knows it."""
    return Capacity(given.concurrency, given.requests_per_minute)


def _scopes(one: Priority, key_ids: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    pairs = ((one.scope, one.match), *one.where.items())
    return tuple((scope, key_ids.get(value, value) if scope == "key" else value) for scope, value in pairs)
