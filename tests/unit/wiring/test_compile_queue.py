"""Capacities and queues to what the line goes by."""

from __future__ import annotations

from pathlib import Path

from tests.unit.wiring.offer import read, written
from torana.core.capacity import Capacity, PriorityRule, QueueRules
from torana.wiring.compile_queue import capacities, queue_rules

TEXT = """
tenants: [{id: acme, teams: [red]}]
keys: [{name: Night Job, key: sk-0123456789-a-key, tenant: acme}]
providers: [{id: a, kind: echo, capacity: {requests_per_minute: 60}}, {id: b, kind: echo}]
models:
  - name: m
    deployments: [{provider: a, model: x}, {provider: b, model: y, capacity: {concurrency: 4, requests_per_minute: 9}}]
    canary: {provider: b, model: z, percent: 5, capacity: {concurrency: 1}}
routing:
  queue:
    classes: {fast: 3, slow: 1}
    default: fast
    most: 7
    priorities:
      - {scope: key, match: Night Job, where: {model: m}, priority: slow}
      - {scope: team, match: red, priority: fast}
"""


def test_capacities_and_rules_are_compiled(tmp_path: Path) -> None:
    settings = read(written(tmp_path, TEXT)).settings
    assert capacities(settings) == {
        ("a", ""): Capacity(None, 60),
        ("b", "y"): Capacity(4, 9),
        ("b", "z"): Capacity(1),
    }
    rules = (
        PriorityRule((("key", "file-night-job"), ("model", "m")), "slow"),
        PriorityRule((("team", "red"),), "fast"),
    )
    found = queue_rules(settings, {"Night Job": "file-night-job"})
    assert found == QueueRules({"fast": 3, "slow": 1}, "fast", 7, rules)


def test_nothing_said_is_no_capacity_and_three_classes() -> None:
    settings = read().settings
    assert capacities(settings) == {}
    assert queue_rules(settings, {}) == QueueRules({"interactive": 8, "normal": 4, "batch": 1})
