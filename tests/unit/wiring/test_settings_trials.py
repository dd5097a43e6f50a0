"""Canary, shadow and hedge as they are written: what cannot be meant is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.wiring.offer import read, written
from torana.core.snapshot import Canary, Hedge, Shadow
from torana.wiring.compile import hedge, model_entry
from torana.wiring.prices.book import PriceBook
from torana.wiring.problems import ConfigError

HEAD = "providers: [{id: e, kind: echo}]\n"
GOOD = "provider: e, model: other, percent: 5"


def with_trial(field: str, row: str) -> str:
    return f"{HEAD}models: [{{name: m, deployments: [{{provider: e, model: m}}], {field}: {{{row}}}}}]"


def test_a_canary_and_a_shadow_become_shares(tmp_path: Path) -> None:
    settings = read(written(tmp_path, with_trial("canary", GOOD))).settings
    canary = model_entry(settings.models[0], settings, PriceBook(settings, 0.0)).canary
    assert canary == Canary(canary.deployment, 0.05, sticky=True) if canary else False
    assert canary is not None and (canary.deployment.provider, canary.deployment.model) == ("e", "other")
    settings = read(written(tmp_path, with_trial("shadow", f"{GOOD}, deadline_s: 9, at_once: 2"))).settings
    shadow = model_entry(settings.models[0], settings, PriceBook(settings, 0.0)).shadow
    assert shadow is not None and shadow == Shadow(shadow.deployment, 0.05, 9.0, 2)


@pytest.mark.parametrize("field", ["canary", "shadow"])
@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("provider: f, model: other, percent: 5", 'provider "f" does not exist'),
        ("provider: e, model: m, percent: 5", "one of the model's deployments already"),
        ("provider: e, model: other, percent: 101", "100"),
        ("provider: e, model: other", '"percent" is missing'),
        (GOOD + ", when: {region: eu}", "looks at nothing"),
        (GOOD + ", prices: {input: 1, output: 1, currency: EUR}", "no rate from EUR to USD"),
    ],
)
def test_what_cannot_be_tried_is_refused(tmp_path: Path, field: str, row: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        read(written(tmp_path, with_trial(field, row)))


@pytest.mark.parametrize(
    ("row", "found"), [("{after_ms: 800}", Hedge(0.8)), ("{after_p95: true}", Hedge(None)), ("null", None)]
)
def test_a_hedge_is_after_a_time_or_a_percentile(tmp_path: Path, row: str, found: Hedge | None) -> None:
    settings = read(written(tmp_path, f"{HEAD}routing: {{hedge: {row}}}")).settings
    assert hedge(settings.routing.hedge) == found


@pytest.mark.parametrize("row", ["{}", "{after_p95: false}", "{after_p95: true, after_ms: 5}"])
def test_a_hedge_after_nothing_or_after_both_is_refused(tmp_path: Path, row: str) -> None:
    with pytest.raises(ConfigError, match="needs one of after_p95 and after_ms"):
        read(written(tmp_path, f"{HEAD}routing: {{hedge: {row}}}"))
