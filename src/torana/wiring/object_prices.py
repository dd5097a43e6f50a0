"""Prices as people read them: what each deployment costs somebody now, and what the catalogue lists.

It computes no cost. Called by the book of objects.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from torana.core.money import decimal_text
from torana.core.prices import Prices
from torana.core.snapshot import Snapshot
from torana.wiring import find
from torana.wiring.prices.book import CATALOGUE

PER_MILLION = {
    "input": "input_nano",
    "cache_read": "cache_read_nano",
    "cache_write": "cache_write_nano",
    "output": "output_nano",
}


def prices_of(snapshot: Snapshot, tenant: str) -> Iterator[tuple[str, str, str, Mapping[str, Any] | None]]:
    """Model, provider, name there and prices of every deployment of the tenant's models."""
    for name, model in sorted(snapshot.models_of(tenant).items()):
        for one in model.everywhere:
            costs = one.prices or model.prices
            yield name, one.provider, one.model, None if costs is None else shown_prices(costs)


def shown_prices(prices: Prices) -> Mapping[str, Any]:
    """Decimal texts of the currency: per million tokens, and per so many of finer kinds as the configuration says."""
    said: dict[str, Any] = {"currency": prices.currency, "source": prices.source}
    said |= {name: decimal_text(getattr(prices, field)) for name, field in PER_MILLION.items()}
    if prices.request_nano:
        said["request"] = decimal_text(prices.request_nano)
    if prices.more is not None:
        said |= {kind: decimal_text(nano) for kind, nano in prices.more.kinds}
        said["tiers"] = [{"above": above, **shown_prices(one)} for above, one in prices.more.tiers]
    return said


def catalogue(provider: str, at: float) -> Sequence[Mapping[str, Any]]:
    """What the catalogue says of a kind of provider at ``at`` (epoch seconds), by model, and until when; of none, nothing."""
    listed = find.priced_as(provider) or provider
    book = find.tool(CATALOGUE)
    until = book.next_change(listed, at)
    moment = None if until is None else datetime.fromtimestamp(until, UTC).isoformat()
    found = []
    for name in book.names(listed):
        prices = book.quote(listed, name, at)
        if prices is not None:
            found.append({"provider": listed, "model": name, "valid_until": moment, **shown_prices(prices)})
    return found
