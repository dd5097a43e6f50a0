"""Rows of one tenant: other tenants may use the same names, and nothing of them is counted or found for others."""

from __future__ import annotations

from pathlib import Path

import pytest

from torana.testing.clock import FakeClock
from torana.wiring.compile import compile_snapshot
from torana.wiring.find import available
from torana.wiring.options import Overrides
from torana.wiring.prices.book import PriceBook
from torana.wiring.problems import ConfigError
from torana.wiring.settings import Settings, load
from torana.wiring.settings_owned import marked, owned, written

FILE = """
tenants: [{id: acme}, {id: globex}]
providers:
- {id: echo, kind: echo}
- {id: mine, kind: echo, tenant: acme}
- {id: mine, kind: echo, tenant: globex}
- {id: echo, kind: echo, tenant: acme}
models:
- {name: m, deployments: [{provider: echo, model: general}]}
- {name: m, tenant: acme, deployments: [{provider: mine, model: theirs}, {provider: echo, model: own-echo}]}
- {name: n, tenant: globex, deployments: [{provider: mine, model: x}, {provider: echo, model: y}]}
limits: [{id: rate, tenant: acme, scope: user, requests: 5, per: 1m}, {id: rate, tenant: globex, scope: user, requests: 6, per: 1m}]
budgets: [{id: cap, tenant: acme, scope: tenant, limit: "5"}]
price_overrides: [{tenant: acme, provider: mine, model: theirs, prices: {input: "1", output: "2"}}]
"""

ONE = "tenants: [{id: a}, {id: b}]\nproviders: [{id: p, kind: echo, tenant: a}]"


def read(text: str, folder: Path) -> Settings:
    (folder / "torana.yaml").write_text(text)
    return load(folder / "torana.yaml", {}, Overrides(), available()).settings


def test_each_tenants_models_are_where_it_said_and_prices_are_its_own(tmp_path: Path) -> None:
    settings = read(FILE, tmp_path)
    snapshot = compile_snapshot(settings, [], 1, b"k" * 32, PriceBook(settings, FakeClock(1_790_000_000.0).now()))
    where = {
        tenant: {
            name: [one.provider for one in model.deployments] for name, model in snapshot.models_of(tenant).items()
        }
        for tenant in ("acme", "globex", "default")
    }
    assert where == {
        "acme": {"m": ["mine@acme", "echo@acme"]},
        "globex": {"m": ["echo"], "n": ["mine@globex", "echo"]},
        "default": {"m": ["echo"]},
    }
    assert set(snapshot.kinds_for("acme")) == {"mine@acme", "echo@acme", "echo"}
    assert set(snapshot.kinds_for("default")) == {"echo"}
    assert snapshot.provider_meant("acme", "echo") == "echo@acme"
    assert snapshot.provider_meant("globex", "echo") == "echo"
    priced = snapshot.models_of("acme")["m"].deployments[0].prices
    assert priced is not None and priced.source == "tenant-override"
    assert {(one.rule_id, one.where) for one in snapshot.limits} == {
        ("rate@acme", (("tenant", "acme"),)), ("rate@globex", (("tenant", "globex"),)),
    }  # fmt: skip
    assert [(one.rule_id, one.match) for one in snapshot.budgets] == [("cap@acme", "acme")]


def test_marking_twice_is_as_good_as_once(tmp_path: Path) -> None:
    settings = read(FILE, tmp_path)
    assert owned(settings) == settings
    assert written(marked("mine", "acme"), "acme") == "mine"
    assert marked("mine", "") == "mine"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("providers: [{id: a, kind: echo, tenant: gone}]", 'providers[0].tenant: tenant "gone" does not exist'),
        (
            f"{ONE}\nmodels: [{{name: m, tenant: b, deployments: [{{provider: p, model: x}}]}}]",
            'models[0].deployments[0].provider: provider "p" does not exist',
        ),
        (
            f"{ONE}\nmodels: [{{name: m, deployments: [{{provider: p, model: x}}]}}]",
            'models[0].deployments[0].provider: provider "p" does not exist',
        ),
        (
            "tenants: [{id: a}]\nproviders: [{id: p, kind: echo, tenant: a}, {id: p, kind: echo, tenant: a}]",
            'providers[1].id: provider "p@a" is there twice',
        ),
    ],
)
def test_one_tenant_cannot_point_to_what_is_another_s(row: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        read(row, tmp_path)
    assert any(said in str(one) for one in refused.value.problems), refused.value.problems
    assert "p@a" not in said or "twice" in said
