"""Prices as the configuration writes them to Prices in nano-units, and from one currency to another.

It looks nothing up. Called by ``book``.
"""

from __future__ import annotations

from dataclasses import replace

from torana.core.money import converted, nano_from_decimal
from torana.core.prices import Prices, with_finer
from torana.wiring.settings_forms import Amount
from torana.wiring.settings_prices import PriceList
from torana.wiring.settings_prices import Prices as PriceSettings

KINDS = {
    **{
        name: name
        for name in (
            "cache_write_1h", "reasoning", "input_audio", "input_image", "input_video", "cache_read_audio",
            "cache_read_image", "cache_read_video", "output_audio", "output_image", "output_video", "characters",
            "image", "searches", "web_searches", "file_searches", "pages",
        )
    },
    "audio_hour": "audio_ms",
}  # fmt: skip
"""Setting → kind of ``core.prices``, in the order in which they are written."""


def prices(given: PriceSettings, currency: str, source: str = "config") -> Prices:
    """The prices. What is not said of cached input costs as input does. ``currency``: where it names none."""
    named = given.currency or currency
    plain, kinds = _listed(given, named, source)
    tiers = [(one.above, with_finer(*_listed(one, named, source))) for one in given.tiers]
    return with_finer(plain, kinds, tuple(tiers))


def _listed(given: PriceList, currency: str, source: str) -> tuple[Prices, tuple[tuple[str, int], ...]]:
    plain = _nano(given.input)
    said = ((kind, getattr(given, name)) for name, kind in KINDS.items())
    kinds = [(kind, nano_from_decimal(amount)) for kind, amount in said if amount is not None]
    kinds += [(f"image/{size}", nano_from_decimal(amount)) for size, amount in given.images.items()]
    return Prices(
        currency=currency,
        input_nano=plain,
        cache_read_nano=plain if given.cache_read is None else nano_from_decimal(given.cache_read),
        cache_write_nano=plain if given.cache_write is None else nano_from_decimal(given.cache_write),
        output_nano=_nano(given.output),
        request_nano=_nano(given.request),
        source=source,
    ), tuple(kinds)


def _nano(amount: Amount | None) -> int:
    return 0 if amount is None else nano_from_decimal(amount)


def exchanged(given: Prices, currency: str, rate_nano: int, source: str) -> Prices:
    """The prices in another currency, each rounded once. ``rate_nano``: nano-units of it for one unit of theirs."""

    def other(nano: int) -> int:
        return converted(nano, rate_nano)

    def within(one: Prices) -> Prices:
        return exchanged(one, currency, rate_nano, source)

    plain = replace(
        given,
        currency=currency,
        input_nano=other(given.input_nano),
        cache_read_nano=other(given.cache_read_nano),
        cache_write_nano=other(given.cache_write_nano),
        output_nano=other(given.output_nano),
        request_nano=other(given.request_nano),
        source=source,
        more=None,
    )
    if given.more is None:
        return plain
    return with_finer(
        plain,
        tuple((name, other(nano)) for name, nano in given.more.kinds),
        tuple((above, within(one)) for above, one in given.more.tiers),
        tuple((name, within(one)) for name, one in given.more.variants),
    )
