"""Which price counts: tenant, model, the operator's override, the catalogue; in which currency, and until when."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from torana.core.prices import Prices
from torana.core.snapshot import Snapshot
from torana.wiring.compile import compile_snapshot
from torana.wiring.prices.book import MOST_REMEMBERED, PriceBook, unpriced
from torana.wiring.problems import ConfigError
from torana.wiring.settings import Settings
from torana.wiring.settings_models import Deployment, Model, Provider
from torana.wiring.settings_prices import CurrencyRate, PriceOverride
from torana.wiring.settings_prices import Prices as PriceSettings

NOW = 1_795_000_000.0
PROVIDERS = (Provider(id="o", kind="openai"), Provider(id="own", kind="vllm"))


def cost(dollars: int, currency: str | None = None) -> PriceSettings:
    return PriceSettings(input=Decimal(dollars), output=Decimal(dollars), currency=currency)


def override(dollars: int, model: str = "gpt-4o-mini", **more: Any) -> PriceOverride:
    return PriceOverride(**{"provider": "openai", "model": model, "prices": cost(dollars), **more})


def settings(*overrides: PriceOverride, **more: Any) -> Settings:
    return Settings(**{"providers": PROVIDERS, "price_overrides": overrides, **more})


def price(given: Settings, model: Model | None = None, tenant: str = "") -> Prices:
    one = Deployment(provider="o", model="gpt-4o-mini")
    found = PriceBook(given, NOW).deployed(one, model or Model(name="m", deployments=(one,)), tenant)
    assert found is not None
    return found


def dollars(found: Prices) -> float:
    return found.input_nano / 10**9


def test_without_a_word_the_catalogue_says() -> None:
    found = price(settings())
    assert found.source.startswith("genai-prices@")
    assert 0 < found.input_nano < found.output_nano


def test_the_order_is_tenant_then_model_then_override_then_catalogue() -> None:
    deployment = Deployment(provider="o", model="gpt-4o-mini")
    own = Model(name="m", deployments=(deployment,), prices=cost(30))
    given = settings(override(20), override(40, tenant="acme"))
    assert [dollars(price(given)), dollars(price(given, own)), dollars(price(given, own, "acme"))] == [20, 30, 40]
    assert dollars(price(given, own, "other")) == 30
    assert [price(given).source, price(given, own).source, price(given, own, "acme").source] == [
        "override", "config", "tenant-override",
    ]  # fmt: skip


def test_a_deployments_own_price_comes_before_its_models() -> None:
    one = Deployment(provider="o", model="x", prices=cost(7))
    found = PriceBook(settings(), NOW).deployed(one, Model(name="m", deployments=(one,), prices=cost(8)))
    assert found is not None
    assert dollars(found) == 7


@pytest.mark.parametrize(("overrides", "wanted"), [
    ((override(1, "gpt*"), override(2, "gpt-4o*"), override(3, "*")), 2),
    ((override(1, "gpt-4o-mini"), override(2, "gpt-4o-mini*")), 1),
    ((override(1, provider="*"), override(2)), 2), ((override(1), override(2, provider="*")), 1),
    ((override(1), override(2)), 2), ((override(1, provider="o"), override(9, provider="own")), 1),
    ((override(1, valid_from=NOW - 9), override(2, valid_from=NOW - 99)), 1),
    ((override(1), override(2, valid_from=NOW)), 2), ((override(1), override(2, valid_from=NOW + 1)), 1),
])  # fmt: skip
def test_the_most_exact_name_wins_then_the_latest_day_then_the_last_row(
    overrides: tuple[PriceOverride, ...], wanted: int
) -> None:
    assert dollars(price(settings(*overrides))) == wanted


def test_a_deployment_with_a_name_of_its_own_is_priced_as_the_catalogue_knows_it() -> None:
    one = Deployment(provider="o", model="prod-mini", priced_as="gpt-4o-mini")
    book = PriceBook(settings(), NOW)
    model = Model(name="m", deployments=(one,))
    assert book.deployed(one, model) == book.named("", "o", "gpt-4o-mini") is not None
    assert book.named("", "o", "prod-mini") is None


def test_a_provider_that_is_in_no_catalogue_has_no_price() -> None:
    assert PriceBook(settings(), NOW).named("", "own", "gpt-4o-mini") is None
    assert PriceBook(settings(), NOW).named("", "nobody", "gpt-4o-mini") is None


def test_a_model_named_by_its_provider_has_the_tenants_price_too() -> None:
    book = PriceBook(settings(override(4, "gpt*", tenant="acme")), NOW)
    ours, theirs = book.named("acme", "o", "gpt-4o-mini"), book.named("other", "o", "gpt-4o-mini")
    assert ours is not None
    assert theirs is not None
    assert (dollars(ours), theirs.source[:12]) == (4, "genai-prices")


def test_names_are_looked_up_once_and_remembered_up_to_a_bound() -> None:
    book = PriceBook(settings(), NOW)
    assert book.named("", "o", "gpt-4o-mini") is book.named("any-tenant", "o", "gpt-4o-mini")
    for number in range(MOST_REMEMBERED + 10):
        book.named("", "own", f"made-up-{number}")
    assert len(book._named) <= MOST_REMEMBERED


def rate(text: str, since: float, source: str = "USD") -> CurrencyRate:
    return CurrencyRate(source=source, target="INR", rate=Decimal(text), since=since)


def test_prices_come_in_the_installations_currency_at_the_rate_of_the_day() -> None:
    rates = (rate("90", NOW + 10), rate("80", NOW - 10), rate("70", NOW - 99))
    given = settings(currency="INR", currency_rates=rates)
    ours, dollar = price(given), price(settings())
    assert (ours.currency, ours.input_nano) == ("INR", dollar.input_nano * 80)
    assert ours.source == f"{dollar.source} USDx80.00"
    assert PriceBook(given, NOW).until == NOW + 10


def test_a_price_without_a_rate_is_refused_by_the_name_of_the_rate() -> None:
    with pytest.raises(ConfigError, match="no rate from USD to INR"):
        price(settings(currency="INR"))
    with pytest.raises(ConfigError, match="no rate from USD to INR"):
        price(settings(currency="INR", currency_rates=(rate("90", NOW + 1),)))
    assert PriceBook(settings(currency="INR"), NOW).named("", "o", "gpt-4o-mini") is None


def test_the_next_change_is_the_nearest_of_overrides_and_rates() -> None:
    given = settings(
        override(1, valid_from=NOW + 30), override(2, valid_from=NOW - 1), currency_rates=(rate("1", NOW + 20),)
    )
    assert PriceBook(given, NOW).until == NOW + 20
    assert PriceBook(Settings(), NOW).until is None


def snapshot(given: Settings) -> Snapshot:
    return compile_snapshot(given, (), 1, b"k" * 32, PriceBook(given, NOW))


def two_models(*overrides: PriceOverride, **more: Any) -> Settings:
    known, unknown = Deployment(provider="o", model="gpt-4o-mini"), Deployment(provider="own", model="llama")
    models = (
        Model(name="known", deployments=(known,), fallbacks=("unknown",)),
        Model(name="unknown", deployments=(unknown,)),
    )
    return settings(*overrides, models=models, **more)


def test_a_snapshot_has_the_catalogues_prices_and_says_which_models_have_none() -> None:
    compiled = snapshot(two_models())
    known = compiled.models["known"].shown_prices
    assert known is not None
    assert known.source.startswith("genai-prices@")
    assert list(unpriced(compiled)) == ["unknown"]


def test_a_price_that_is_assumed_is_not_known() -> None:
    compiled = snapshot(two_models(unknown_price="estimate"))
    assert compiled.models["unknown"].prices is compiled.assumed_prices
    assert compiled.models["known"].prices is None
    assert list(unpriced(compiled)) == ["unknown"]


def test_a_tenant_with_prices_of_its_own_has_models_of_its_own() -> None:
    compiled = snapshot(two_models(override(5, "llama", provider="own", tenant="acme")))
    theirs = compiled.models_of("acme")
    assert theirs["unknown"].shown_prices is not None
    assert theirs["known"] is not compiled.models["known"], "the fallback of it costs something else"
    assert compiled.models_of("other") is compiled.models
    assert compiled.models["unknown"].shown_prices is None


def test_the_same_words_at_the_same_prices_give_the_same_digest() -> None:
    one, other = two_models(), two_models()
    assert snapshot(one).digest == snapshot(other).digest != snapshot(two_models(override(5))).digest
