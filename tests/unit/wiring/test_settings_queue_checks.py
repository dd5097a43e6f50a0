"""Capacities and queues as they are written: what nobody could queue by is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.wiring.offer import read, written
from torana.wiring.problems import ConfigError

HEAD = "tenants: [{id: acme, teams: [red]}]\n"


def text(queue: str = "", provider: str = "", *deployments: str) -> str:
    rows = ", ".join(f"{{provider: e, model: m{one}}}" for one in deployments or ("",))
    models = f"models: [{{name: m, deployments: [{rows}]}}]\n"
    return f"{HEAD}providers: [{{id: e, kind: echo{provider}}}]\n{models}routing: {{queue: {{{queue}}}}}"


@pytest.mark.parametrize(
    ("queue", "why"),
    [
        ("classes: {a: 0}, default: a", "0 is no weight"),
        ("classes: {a: 1001}, default: a", "1001 is no weight"),
        ("classes: {a: 1}", 'class "normal" does not exist'),
        ("default: batc", 'class "batc" does not exist'),
        ("most: 10001", "10,000"),
        ("priorities: [{scope: team, match: red, priority: urgent}]", 'class "urgent" does not exist'),
        ("priorities: [{scope: team, match: green, priority: batch}]", 'team "green" does not exist'),
        ("priorities: [{scope: team, match: red, where: {region: eu}, priority: batch}]", "no such scope"),
        ("priorities: [{scope: team, match: red, where: {model: x}, priority: batch}]", 'model "x" does not exist'),
        ("priorities: [{scope: team, priority: batch}]", '"match" is missing'),
        ("classes: {" + ", ".join(f"c{number}: 1" for number in range(17)) + "}, default: c0", "17 classes"),
    ],
)
def test_what_cannot_be_queued_by_is_refused(tmp_path: Path, queue: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        read(written(tmp_path, text(queue)))


@pytest.mark.parametrize("capacity", ["{concurrency: 0}", "{requests_per_minute: 0}", "{}"])
def test_a_capacity_of_nothing_is_refused(tmp_path: Path, capacity: str) -> None:
    for wrong in (text("", f", capacity: {capacity}"), text("", "", f", capacity: {capacity}")):
        with pytest.raises(ConfigError):
            read(written(tmp_path, wrong))


def test_two_capacities_of_one_deployment_are_refused_and_the_same_twice_is_not(tmp_path: Path) -> None:
    two = ", capacity: {concurrency: 2}"
    assert read(written(tmp_path, text("", "", two, two, "")))
    with pytest.raises(ConfigError, match="another one is said of e / m already"):
        read(written(tmp_path, text("", "", two, ", capacity: {concurrency: 3}")))
