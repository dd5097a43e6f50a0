"""The catalogue: what ``genai-prices`` says a model of a provider costs at a moment, as Prices in US dollars.

It fetches nothing: the data came with the package, and their version is the package's. Imported by ``book`` when a
provider of the configuration is in it, for it brings 1.6 MB of data; never asked for the same name twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from functools import cache

import genai_prices
from genai_prices.data import providers
from genai_prices.types import (
    ConditionalPrice,
    ModelInfo,
    ModelPrice,
    PriceVariant,
    Provider,
    StartDateConstraint,
    TieredPrices,
    TimeOfDateConstraint,
)

from torana.core.money import nearest_nano
from torana.core.prices import Prices, with_finer

SOURCE = f"genai-prices@{genai_prices.__version__}"
CURRENCY = "USD"
LONGEST_NAME = 200
"""Names come from callers; a longer one is no model's."""

KINDS = {
    "cache_write_1h_mtok": "cache_write_1h",
    "input_audio_mtok": "input_audio",
    "input_image_mtok": "input_image",
    "input_video_mtok": "input_video",
    "cache_audio_read_mtok": "cache_read_audio",
    "cache_image_read_mtok": "cache_read_image",
    "cache_video_read_mtok": "cache_read_video",
    "output_reasoning_mtok": "reasoning",
    "output_audio_mtok": "output_audio",
    "output_image_mtok": "output_image",
    "output_video_mtok": "output_video",
    "input_mchars": "characters",
    "audio_hours": "audio_ms",
    "input_audio_hours": "audio_ms",
    "rerank_searches_kcount": "searches",
    "web_searches_kcount": "web_searches",
    "storage_searches_kcount": "file_searches",
    "input_document_kpages": "pages",
}
"""The catalogue's word → kind of ``core.prices``; each is priced there by the same number."""

PLAIN = {"input_mtok", "output_mtok", "cache_read_mtok", "cache_write_mtok", "requests_kcount"}
BESIDE = {"web_searches_kcount", "storage_searches_kcount"}
"""Prices of what a model may do beside answering: they alone are no price of the model."""
VARIANTS = frozenset({"service_tier", "speed"})
"""What an answer says of itself that changes its price. Batches are asked for by their own price (``context``)."""
STANDARD = frozenset({"default", "standard", "auto"})

Money = Decimal | TieredPrices


def quote(listed: str, name: str, at: float, context: Mapping[str, str] | None = None) -> Prices | None:
    """What the model ``name`` of the catalogue's provider ``listed`` costs at ``at`` (epoch seconds); None: nobody knows.

    ``context``: what is known of the request beforehand, such as ``{"processing": "batch"}``.
    """
    provider = _by_id().get(listed)
    # Its own look-up remembers every name that it found; callers' names would fill the memory.
    model = provider.find_model(name, all_providers=providers) if provider and len(name) <= LONGEST_NAME else None
    if provider is None or model is None:
        return None
    when = datetime.fromtimestamp(at, UTC)
    own = any(model is one for one in provider.models)
    standard = model.get_prices(when, context if own else None)
    variants = []
    for key, value in _variants(model) if own and not context else ():
        other = _tiered(model.get_prices(when, {key: value}))
        if other is not None and other != _tiered(standard):
            variants.append((f"{key}={value}", other))
    return _tiered(standard, tuple(variants))


def next_change(listed: str, at: float) -> float | None:
    """When prices of the catalogue's provider change next after ``at`` (epoch seconds); None: never, as far as it knows."""
    provider = _by_id().get(listed)
    if provider is None:
        return None
    names = {provider.id, *(provider.fallback_model_providers or ())}
    conditions = (one for each in providers if each.id in names for model in each.models for one in _conditions(model))
    moments = (moment for one in conditions for moment in _moments(one, datetime.fromtimestamp(at, UTC)))
    return min((moment for moment in moments if moment > at), default=None)


def names(listed: str) -> tuple[str, ...]:
    """The models of the catalogue's provider, sorted; none for one that it does not have."""
    provider = _by_id().get(listed)
    return tuple(sorted(one.id for one in provider.models)) if provider is not None else ()


@cache
def _by_id() -> Mapping[str, Provider]:
    return {one.id: one for one in providers}


def _variants(model: ModelInfo) -> list[tuple[str, str]]:
    """The conditions that an answer may name, each once."""
    wanted = (tuple(one.when.items()) for one in model.price_variants or () if len(one.when) == 1)
    return list(dict.fromkeys(pair for (pair,) in wanted if pair[0] in VARIANTS and pair[1] not in STANDARD))


def _conditions(model: ModelInfo) -> Iterator[StartDateConstraint | TimeOfDateConstraint]:
    listed: Iterable[ConditionalPrice | PriceVariant] = model.prices if isinstance(model.prices, list) else ()
    for one in (*listed, *(model.price_variants or ())):
        if one.constraint is not None:
            yield one.constraint


def _moments(one: StartDateConstraint | TimeOfDateConstraint, now: datetime) -> Iterator[float]:
    """The moments, in epoch seconds, at which the condition may come or cease to hold; of a daily one the next two days'."""
    if isinstance(one, StartDateConstraint):
        yield datetime.combine(one.start_date, time(), UTC).timestamp()
        return
    for edge in (one.start_time, one.end_time):
        for days in range(3):
            day = now.date() + timedelta(days=days - 1)
            yield datetime.combine(day, edge, edge.tzinfo or UTC).timestamp()


def _tiered(listed: ModelPrice, variants: tuple[tuple[str, Prices], ...] = ()) -> Prices | None:
    values: dict[str, Money] = {key: value for key, value in vars(listed).items() if value is not None}
    if not values.keys() - BESIDE & (PLAIN | KINDS.keys()):
        return None
    starts = {tier.start for value in values.values() if isinstance(value, TieredPrices) for tier in value.tiers}
    tiers = tuple((start, with_finer(*_flat(values, start))) for start in starts)
    plain, kinds = _flat(values, -1)
    return with_finer(plain, kinds, tiers, variants)


def _flat(values: Mapping[str, Money], above: int) -> tuple[Prices, tuple[tuple[str, int], ...]]:
    """The prices for a request with more than ``above`` input tokens."""

    def at(value: Money) -> Decimal:
        if not isinstance(value, TieredPrices):
            return value
        return next((tier.price for tier in reversed(value.tiers) if tier.start <= above), value.base)

    def nano(key: str, otherwise: int = 0) -> int:
        return nearest_nano(at(values[key])) if key in values else otherwise

    into = nano("input_mtok")
    kinds = {kind: nano(key) for key, kind in KINDS.items() if key in values}
    for medium in ("audio", "image", "video"):
        # Cached sound is priced as sound where cached input has no price of its own.
        if f"input_{medium}" in kinds and "cache_read_mtok" not in values:
            kinds.setdefault(f"cache_read_{medium}", kinds[f"input_{medium}"])
    plain = Prices(
        CURRENCY,
        into,
        nano("cache_read_mtok", into),
        nano("cache_write_mtok", into),
        nano("output_mtok"),
        nearest_nano(at(values["requests_kcount"]) / 1000) if "requests_kcount" in values else 0,
        SOURCE,
    )
    return plain, tuple(kinds.items())
