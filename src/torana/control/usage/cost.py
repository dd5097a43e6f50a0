"""How the cost of one request comes about, by kind of token and price.

It changes nothing and settles nothing (``line/settle`` did). Called by the route of a request's details.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from torana.control.metering import Metering, Rated
from torana.control.usage.request_shapes import Explained, Part
from torana.core.call import Usage
from torana.core.money import decimal_text
from torana.core.prices import PER_MILLION, Prices
from torana.line.worth import cost_of

HITS = frozenset({"hit", "semantic-hit"})
CHANGED = (
    "The price has changed since, the request was billed for more than one try, or kinds that are priced apart "
    "(images, sound, tiers) came up; what was recorded counts."
)
UNKNOWN = "Nobody knows a price for this model today."
FROM_CACHE = "Answered by the cache, at the price that the cache's settings had."
UNSENT = "Nothing was sent to a provider."


def usage_of(row: Mapping[str, Any]) -> Usage:
    """What a row says was used, without finer kinds."""
    read, write = row["cache_read_tokens"], row["cache_write_tokens"]
    uncached = max(0, row["input_tokens"] - read - write)
    return Usage(uncached, read, write, row["output_tokens"], row["reasoning_tokens"])


def prices_of(metering: Metering, tenant: str, row: Mapping[str, Any]) -> Prices | None:
    """What the settings in force say that it cost at its moment."""
    return metering.price(Rated(tenant, row["model"], row["provider"], row["upstream_model"], row["at_ms"] / 1000))


def explained(metering: Metering, tenant: str, row: Mapping[str, Any]) -> Explained:
    """The cost of a row, part by part."""
    recorded = row["cost_nano"]
    said = {"price_source": row["price"], "recorded": decimal_text(recorded)}
    if row["cache"] in HITS or not row["provider"]:
        note = FROM_CACHE if row["cache"] in HITS else UNSENT
        return Explained(**said, parts=[], computed=decimal_text(recorded), agrees=True, note=note)
    prices = prices_of(metering, tenant, row)
    if prices is None:
        return Explained(**said, parts=[], computed="0.00", agrees=recorded == 0, note=UNKNOWN)
    usage = usage_of(row)
    computed = cost_of(prices, usage)
    agrees = computed == recorded or (recorded == 0 and usage.input + usage.output == 0)
    return Explained(
        **said,
        parts=parts(prices, usage),
        computed=decimal_text(computed),
        agrees=agrees,
        note="" if agrees else CHANGED,
    )


def parts(prices: Prices, usage: Usage) -> list[Part]:
    """Each kind that was used, exactly."""
    kinds = (
        ("input", usage.uncached, prices.input_nano),
        ("cache_read", usage.cache_read, prices.cache_read_nano),
        ("cache_write", usage.cache_write, prices.cache_write_nano),
        ("output", usage.output, prices.output_nano),
    )
    found = [
        Part(kind=kind, count=count, price=decimal_text(nano), per=PER_MILLION, amount=exact(count * nano))
        for kind, count, nano in kinds
        if count
    ]
    if prices.request_nano:
        price = decimal_text(prices.request_nano)
        found.append(Part(kind="request", count=1, price=price, per=1, amount=price))
    return found


def exact(total: int) -> str:
    """A decimal of count x price, not rounded: nano-units by the million are 10⁻¹⁵."""
    return f"{Decimal(total).scaleb(-15):f}" if total % PER_MILLION else decimal_text(total // PER_MILLION)
