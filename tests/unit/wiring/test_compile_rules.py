from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.wiring.test_compile import snapshot

TENANTS = "tenants: [{id: acme, teams: [red]}]\n"
MODELS = (
    "providers: [{id: e, kind: echo}]\n"
    "models:\n"
    "  - {name: cheap, prices: {input: 1, output: 2}, deployments: [{provider: e, model: a}]}\n"
    "  - {name: dear, prices: {input: 10, output: 20}, deployments: [{provider: e, model: b}]}\n"
    "  - {name: unknown, deployments: [{provider: e, model: c}]}\n"
)


def test_a_limit_row_becomes_a_rule_of_the_same_meaning(tmp_path: Path) -> None:
    row = "limits: [{scope: team, match: red, also: [model], where: {model: cheap}, tokens: 9, per: 1m, algorithm: token_bucket}]\n"
    (rule,) = snapshot(tmp_path, TENANTS + MODELS + row).limits
    assert (rule.scope, rule.match, rule.counts, rule.limit, rule.window_s) == ("team", "red", "tokens", 9, 60.0)
    assert (rule.also, rule.where, rule.algorithm) == (("model",), (("model", "cheap"),), "token_bucket")
    assert rule.burst == 9  # nobody said another size


def test_a_budget_row_becomes_a_rule_in_nano_units_and_the_installations_time_zone(tmp_path: Path) -> None:
    rows = 'time_zone: Asia/Kolkata\nbudgets: [{scope: team, limit: "10.50", per: day, alerts: [1, 0.5]}]\n'
    (rule,) = snapshot(tmp_path, rows).budgets
    assert (rule.limit_nano, rule.per, rule.zone, rule.hard) == (10_500_000_000, "day", "Asia/Kolkata", True)
    assert (rule.alerts, rule.on_store_failure) == ((0.5, 1.0), "deny")


def test_a_soft_budget_goes_on_counting_by_itself_when_the_store_is_away(tmp_path: Path) -> None:
    (rule,) = snapshot(tmp_path, "budgets: [{scope: key, limit: 1, hard: false, per: 10d}]\n").budgets
    assert (rule.on_store_failure, rule.per) == ("local", "10d")


def test_rules_have_ids_of_their_own_that_stay_while_their_rows_do(tmp_path: Path) -> None:
    rows = (
        "limits: [{scope: key, requests: 5, per: 1m}, {scope: key, requests: 5, per: 1m}, {id: mine, scope: key, concurrency: 2}]\n"
        "budgets: [{scope: key, limit: 1, per: day}, {scope: key, limit: 2, per: day}]\n"
    )
    seen = snapshot(tmp_path, rows)
    assert [one.rule_id for one in seen.limits] == ["key-requests-5-per-60s", "key-requests-5-per-60s#2", "mine"]
    assert [one.rule_id for one in seen.budgets] == ["key-budget-per-day", "key-budget-per-day#2"]


@pytest.mark.parametrize("policy", ["block", "allow"])
def test_a_price_nobody_knows_stays_unknown(tmp_path: Path, policy: str) -> None:
    seen = snapshot(tmp_path, f"unknown_price: {policy}\n" + MODELS)
    assert (seen.models["unknown"].prices, seen.assumed_prices, seen.unknown_price) == (None, None, policy)


def test_estimated_prices_are_the_dearest_known_and_say_so(tmp_path: Path) -> None:
    seen = snapshot(tmp_path, "unknown_price: estimate\n" + MODELS)
    dear = seen.models["dear"].prices
    assert dear is not None
    assert seen.models["unknown"].prices == seen.assumed_prices == replace(dear, source="estimate")
    assert seen.models["cheap"].prices is not None and seen.models["cheap"].prices.source == "config"
