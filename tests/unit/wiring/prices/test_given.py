"""Prices of the configuration in nano-units, and in another currency."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from torana.core.call import Usage
from torana.core.money import NANO
from torana.core.prices import KINDS, Prices, with_finer
from torana.line.worth import cost_of
from torana.wiring.prices.given import KINDS as NAMED
from torana.wiring.prices.given import exchanged, prices
from torana.wiring.settings_prices import PriceList, Tier
from torana.wiring.settings_prices import Prices as PriceSettings

ONE = Decimal(1)


def test_what_is_not_said_of_cached_input_costs_as_input() -> None:
    found = prices(PriceSettings(input=Decimal("0.15"), output=Decimal("0.6")), "EUR")
    assert found == Prices("EUR", 150_000_000, 150_000_000, 150_000_000, 600_000_000)


def test_every_setting_is_a_price_and_every_kind_can_be_given() -> None:
    plain = {"input", "output", "cache_read", "cache_write", "request", "images"}
    assert set(NAMED) | plain == set(PriceList.__struct_fields__)
    assert set(NAMED.values()) == set(KINDS)


def test_kinds_sizes_and_tiers_are_kept() -> None:
    settings = PriceSettings(
        input=ONE, output=ONE, cache_write_1h=2 * ONE, audio_hour=Decimal("0.36"), images={"1024x1024/hd": Decimal("0.08")},
        tiers=(Tier(above=200_000, input=3 * ONE, output=4 * ONE, cache_write_1h=Decimal(0)),), currency="INR",
    )  # fmt: skip
    found = prices(settings, "USD")
    assert found.more is not None
    assert dict(found.more.kinds) == {
        "cache_write_1h": 2 * NANO,
        "audio_ms": 360_000_000,
        "image/1024x1024/hd": 80_000_000,
    }
    ((above, tier),) = found.more.tiers
    assert (above, tier.input_nano, tier.currency) == (200_000, 3 * NANO, "INR")
    assert cost_of(found, Usage(cache_write=200_001, extra=(("cache_write_1h", 200_001),))) == 0


NANOS = st.integers(0, 10**13)
FINE = st.builds(
    lambda plain, kind, tier: with_finer(plain, (("input_audio", kind),), ((10, tier),), (("speed=fast", tier),)),
    st.builds(Prices, st.just("USD"), NANOS, NANOS, NANOS, NANOS, NANOS), NANOS, st.builds(Prices, st.just("USD"), NANOS),
)  # fmt: skip


@given(FINE)
def test_at_a_rate_of_one_nothing_changes_but_the_name(found: Prices) -> None:
    assert exchanged(exchanged(found, "INR", NANO, "x"), "USD", NANO, "config") == exchanged(
        found, "USD", NANO, "config"
    )
    assert exchanged(found, "INR", NANO, "x").input_nano == found.input_nano


def test_each_price_is_rounded_once_half_to_even() -> None:
    found = exchanged(Prices("USD", 1, 3, 5, 2), "INR", NANO // 2, "there")
    assert (found.input_nano, found.cache_read_nano, found.cache_write_nano, found.output_nano) == (0, 2, 2, 1)
    assert (found.currency, found.source) == ("INR", "there")


@given(FINE, st.integers(1, 10**12))
def test_tiers_and_variants_are_exchanged_too(found: Prices, rate: int) -> None:
    other = exchanged(found, "INR", rate, "x")
    assert other.more is not None
    assert {one.currency for _, one in (*other.more.tiers, *other.more.variants)} == {"INR"}
    assert other.more.tiers[0][1] == other.more.variants[0][1]
