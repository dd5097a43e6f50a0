"""Money in the file: price lists that say enough, rates for every currency, overrides of what exists."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.wiring.offer import read, written
from torana.wiring.problems import ConfigError

BASE = "providers: [{id: a, kind: echo}]\ntenants: [{id: acme}]\n"


def file(prices: str, more: str = "") -> str:
    return f"{BASE}models: [{{name: m, deployments: [{{provider: a, model: x}}], prices: {prices}}}]\n{more}"


@pytest.mark.parametrize(("prices", "what"), [
    ('{input: "1"}', '"output" is missing'), ('{output: "1"}', '"input" is missing'), ("{}", '"input" is missing'),
    ('{input: "1", audio_hour: "0.36"}', '"output" is missing'), ('{cache_read: "1"}', '"input" is missing'),
    ('{input: "1", output: "1", tiers: [{above: 9, input: "2"}]}', '"output" is missing'),
    ('{images: {big: "1"}}', "is no size"), ('{input: "1", output: "1", currency: EUR}', "no rate from EUR to USD"),
    ('{input: "1", output: "1", tiers: [{above: 0, input: "2", output: "2"}]}', "at least 1"),
])  # fmt: skip
def test_prices_that_would_give_something_away_are_refused(tmp_path: Path, prices: str, what: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read(written(tmp_path, file(prices)))
    assert what in str(refused.value.problems[0])
    assert refused.value.problems[0].line == 3


@pytest.mark.parametrize("prices", [
    '{audio_hour: "0.36"}', "{characters: 15}", '{images: {1024x1024: "0.04", 1024x1024/hd: "0.08", auto: "0.04"}}',
    '{request: "0.001"}', '{searches: "2.00"}', '{input: "0", output: "0"}',
    "{input: 1, output: 2, tiers: [{above: 200000, input: 2, output: 4}]}",
])  # fmt: skip
def test_prices_of_things_need_no_prices_of_tokens(tmp_path: Path, prices: str) -> None:
    assert read(written(tmp_path, file(prices))).settings.models[0].prices is not None


def test_another_currency_needs_a_rate_and_models_of_two_may_stand_in_for_each_other(tmp_path: Path) -> None:
    text = BASE + (
        "models:\n"
        "- {name: m, deployments: [{provider: a, model: x}], prices: {input: 1, output: 1, currency: EUR}, fallbacks: [n]}\n"
        "- {name: n, deployments: [{provider: a, model: y}], prices: {input: 1, output: 1}}\n"
        "currency_rates: [{from: EUR, to: USD, rate: '1.08', since: 2026-01-01}]\n"
    )
    (rate,) = read(written(tmp_path, text)).settings.currency_rates
    assert (rate.source, rate.target, str(rate.rate), rate.since) == ("EUR", "USD", "1.08", 1767225600.0)


@pytest.mark.parametrize(("row", "what"), [
    ("price_overrides: [{provider: b, model: x, prices: {input: 1, output: 1}}]", 'provider "b" does not exist'),
    ("price_overrides: [{provider: a, model: x, prices: {input: 1}}]", '"output" is missing'),
    ("price_overrides: [{provider: a, model: x, tenant: acne, prices: {input: 1, output: 1}}]", 'did you mean "acme"'),
    ("currency_rates: [{from: EUR, to: EUR, rate: 1, since: 2026-01-01}]", "to itself"),
    ("currency_rates: [{from: EUR, to: USD, rate: 0, since: 2026-01-01}]", "more than nothing"),
    ("currency_rates: [{from: euro, to: USD, rate: 1, since: 2026-01-01}]", "such as USD"),
    ("currency_rates: [{from: EUR, to: USD, rate: 1}]", '"since" is missing'),
])  # fmt: skip
def test_overrides_and_rates_that_cannot_apply_are_refused(tmp_path: Path, row: str, what: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read(written(tmp_path, BASE + row))
    assert what in str(refused.value.problems[0])


@pytest.mark.parametrize("provider", ["a", "echo", "'*'"])
def test_an_override_names_a_provider_by_id_by_kind_or_any(tmp_path: Path, provider: str) -> None:
    text = (
        f"{BASE}price_overrides: [{{provider: {provider}, model: 'x*', prices: {{input: 1, output: 1}}, tenant: acme}}]"
    )
    (row,) = read(written(tmp_path, text)).settings.price_overrides
    assert row.tenant == "acme"
