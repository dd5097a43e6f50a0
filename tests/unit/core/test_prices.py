"""Prices: kinds, what is priced apart, and the dearest of all worked out."""

from __future__ import annotations

import pytest

from torana.core.prices import KINDS, Prices, kind_of, with_finer

PLAIN = Prices("USD", 10, 1, 12, 40, 5)


def test_prices_without_finer_kinds_stay_as_they_are() -> None:
    assert with_finer(PLAIN) is PLAIN


def test_the_dearest_token_is_of_any_kind_tier_and_variant() -> None:
    tier = with_finer(Prices("USD", 20, output_nano=60), (("input_audio", 300),))
    variant = with_finer(Prices("USD", 30, output_nano=70, request_nano=9), (), ((5, Prices("USD", output_nano=900)),))
    more = with_finer(
        PLAIN, (("cache_write_1h", 100), ("characters", 10**9)), ((7, tier),), (("speed=fast", variant),)
    ).more
    assert more is not None
    assert (more.most_input_nano, more.most_output_nano, more.most_request_nano) == (300, 900, 9)


def test_the_highest_tier_is_looked_at_first() -> None:
    more = with_finer(PLAIN, (), ((5, PLAIN), (50, PLAIN), (7, PLAIN))).more
    assert more is not None
    assert [above for above, _ in more.tiers] == [50, 7, 5]
    assert more.plain_up_to == 5


def test_reasoning_at_its_own_price_leaves_no_plain_way() -> None:
    more = with_finer(PLAIN, (("reasoning", 90),)).more
    assert more is not None
    assert more.plain_up_to == -1


@pytest.mark.parametrize("name", ["image/1024x1024/hd", "image/1024x1024", "image"])
def test_a_narrowed_kind_is_counted_as_the_wide_one(name: str) -> None:
    assert kind_of(name) is KINDS["image"]


def test_a_kind_that_is_none_is_refused() -> None:
    with pytest.raises(KeyError):
        kind_of("smell")
