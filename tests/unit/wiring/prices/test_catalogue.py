"""What the catalogue says: by provider, name and moment, with tiers, variants and the moment of the next change."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest
from genai_prices.data import providers
from genai_prices.types import (
    ClauseStartsWith,
    ConditionalPrice,
    ModelInfo,
    ModelPrice,
    PriceVariant,
    Provider,
    StartDateConstraint,
    Tier,
    TieredPrices,
    TimeOfDateConstraint,
)

from torana.core.call import Usage
from torana.core.prices import Prices
from torana.line.worth import cost_of
from torana.wiring.prices import catalogue


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


NOW = at("2026-11-15T12:00:00")


@pytest.fixture
def listed() -> object:
    """A provider of our own making in the catalogue, whose prices do not change when the package does."""
    cheap = ModelPrice(input_mtok=Decimal(1), output_mtok=Decimal(2))
    dear = ModelPrice(input_mtok=Decimal(10), output_mtok=Decimal(20))
    models = [
        ModelInfo(
            "dated",
            ClauseStartsWith("dated"),
            prices=[
                ConditionalPrice(None, prices=cheap),
                ConditionalPrice(StartDateConstraint(date(2027, 1, 1)), prices=dear),
            ],
        ),
        ModelInfo(
            "nightly",
            ClauseStartsWith("nightly"),
            prices=[
                ConditionalPrice(None, prices=dear),
                ConditionalPrice(TimeOfDateConstraint(time(16, 30, tzinfo=UTC), time(0, 30, tzinfo=UTC)), prices=cheap),
            ],
        ),
        ModelInfo(
            "tiered",
            ClauseStartsWith("tiered"),
            prices=ModelPrice(
                input_mtok=TieredPrices(Decimal(1), [Tier(100, Decimal(2)), Tier(1000, Decimal(3))]), output_mtok=Decimal(5)
            ),
            price_variants=[PriceVariant({"service_tier": "priority"}, ModelPrice(output_mtok=Decimal(50)))],
        ),
        ModelInfo("search", ClauseStartsWith("search"), prices=ModelPrice(web_searches_kcount=Decimal(10))),
        ModelInfo("thirds", ClauseStartsWith("thirds"), prices=ModelPrice(input_mtok=Decimal("0.0833333333333333"))),
        ModelInfo("batched", ClauseStartsWith("batched"), prices=cheap,
                  price_variants=[PriceVariant({"processing": "batch"}, ModelPrice(input_mtok=Decimal("0.5")))]),
    ]  # fmt: skip
    one = Provider("of-the-test", "Test", "https://test", models=models)
    providers.append(one)
    catalogue._by_id.cache_clear()
    yield one
    providers.remove(one)
    catalogue._by_id.cache_clear()


MILLION = Usage(1_000_000)


def nano(name: str, moment: float = NOW, usage: Usage = MILLION) -> int:
    return cost_of(catalogue.quote("of-the-test", name, moment), usage)


@pytest.mark.usefixtures("listed")
def test_a_price_counts_from_its_day_on() -> None:
    before, after = at("2026-12-31T23:59:59"), at("2027-01-01T00:00:00")
    assert (nano("dated", before), nano("dated", after)) == (10**9, 10**10)


@pytest.mark.usefixtures("listed")
@pytest.mark.parametrize(("now", "then"), [
    ("2026-11-15T12:00:00", "2026-11-15T16:30:00"), ("2026-11-15T16:30:00", "2026-11-16T00:30:00"),
    ("2026-11-15T00:10:00", "2026-11-15T00:30:00"), ("2026-12-31T20:00:00", "2027-01-01T00:00:00"),
])  # fmt: skip
def test_the_next_change_is_the_nearest_edge_of_any_model(now: str, then: str) -> None:
    assert catalogue.next_change("of-the-test", at(now)) == at(then)


@pytest.mark.usefixtures("listed")
def test_a_nightly_price_holds_over_midnight() -> None:
    night = [
        nano("nightly", at(text)) for text in ("2026-11-15T16:29:59", "2026-11-15T23:00:00", "2026-11-16T00:30:00")
    ]
    assert night == [10**10, 10**9, 10**10]


@pytest.mark.usefixtures("listed")
@pytest.mark.parametrize(("tokens", "dollars"), [(100, 1), (101, 2), (1000, 2), (1001, 3)])
def test_a_tier_holds_for_the_whole_request_above_its_edge(tokens: int, dollars: int) -> None:
    assert nano("tiered", usage=Usage(tokens)) == tokens * 1000 * dollars


@pytest.mark.usefixtures("listed")
def test_a_variant_that_an_answer_names_has_its_own_prices_and_the_same_tiers() -> None:
    usage = Usage(101, output=10, extra=(("service_tier=priority", 1),))
    assert nano("tiered", usage=usage) == 101 * 2000 + 10 * 50_000


@pytest.mark.usefixtures("listed")
def test_a_batch_is_priced_by_its_context_and_never_by_what_an_answer_says() -> None:
    batch = catalogue.quote("of-the-test", "batched", NOW, {"processing": "batch"})
    plain = catalogue.quote("of-the-test", "batched", NOW)
    assert batch is not None
    assert plain is not None
    assert (batch.input_nano, plain.input_nano, plain.more) == (500_000_000, 10**9, None)


@pytest.mark.usefixtures("listed")
def test_prices_of_searches_alone_are_no_price_of_a_model() -> None:
    assert catalogue.quote("of-the-test", "search", NOW) is None


@pytest.mark.usefixtures("listed")
def test_a_price_finer_than_a_nano_unit_is_taken_to_the_nearest() -> None:
    found = catalogue.quote("of-the-test", "thirds", NOW)
    assert found is not None
    assert found.input_nano == 83_333_333


@pytest.mark.parametrize(
    ("listed_as", "name"), [("nobody", "gpt-4o-mini"), ("openai", "no-such-model"), ("openai", "gpt-4o-mini" * 40)]
)
def test_what_nobody_knows_has_no_price(listed_as: str, name: str) -> None:
    assert catalogue.quote(listed_as, name, NOW) is None


def test_the_source_names_the_catalogue_and_its_version() -> None:
    found = catalogue.quote("openai", "gpt-4o-mini", NOW)
    assert found is not None
    assert found.source.startswith("genai-prices@")
    assert found.currency == "USD"


def test_every_price_in_the_catalogue_can_be_read() -> None:
    found = [catalogue.quote(one.id, model.id, NOW) for one in providers for model in one.models]
    known = [prices for prices in found if isinstance(prices, Prices)]
    assert len(known) > 0.8 * len(found)
    assert all(cost_of(prices, Usage(1000, output=1000)) >= 0 for prices in known)


def test_names_that_callers_make_up_are_not_remembered() -> None:
    from genai_prices.data_snapshot import get_snapshot

    before = len(get_snapshot()._lookup_cache)
    for number in range(50):
        catalogue.quote("openai", f"gpt-4o-mini-{number}", NOW)
    assert len(get_snapshot()._lookup_cache) == before
