"""Settings of money: prices by kind, the operator's overrides of the catalogue, dated rates between currencies.

What of it cannot be is said by ``settings_prices_checks.py``; ``wiring/prices`` makes Prices of it. Part of ``settings.Settings``.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from torana.wiring.settings_forms import Amount, Name, says


class PriceList(msgspec.Struct, frozen=True, kw_only=True):
    """Prices by kind: of tokens per million, of other things as said."""

    input: Annotated[Amount | None, says("uncached input; needed where tokens are priced")] = None
    output: Annotated[Amount | None, says("output, reasoning included; needed where tokens are priced")] = None
    cache_read: Annotated[Amount | None, says("input read from a cache; null: as `input`")] = None
    cache_write: Annotated[Amount | None, says("input written to a cache; null: as `input`")] = None
    cache_write_1h: Annotated[Amount | None, says("input written to be kept an hour; null: as `cache_write`")] = None
    reasoning: Annotated[Amount | None, says("reasoning; null: as `output`")] = None
    input_audio: Annotated[Amount | None, says("sound in; null: as `input`")] = None
    input_image: Annotated[Amount | None, says("pictures in; null: as `input`")] = None
    input_video: Annotated[Amount | None, says("video in; null: as `input`")] = None
    cache_read_audio: Annotated[Amount | None, says("sound read from a cache; null: as `cache_read`")] = None
    cache_read_image: Annotated[Amount | None, says("pictures read from a cache; null: as `cache_read`")] = None
    cache_read_video: Annotated[Amount | None, says("video read from a cache; null: as `cache_read`")] = None
    output_audio: Annotated[Amount | None, says("sound out; null: as `output`")] = None
    output_image: Annotated[Amount | None, says("pictures out; null: as `output`")] = None
    output_video: Annotated[Amount | None, says("video out; null: as `output`")] = None
    characters: Annotated[Amount | None, says("per million characters to be spoken")] = None
    audio_hour: Annotated[Amount | None, says("per hour of sound that is written down")] = None
    image: Annotated[Amount | None, says("per picture made")] = None
    images: Annotated[
        dict[str, Amount], says("per picture of a size, or size and quality: `1024x1024`, `1024x1024/hd`")
    ] = {}
    searches: Annotated[Amount | None, says("per thousand search units of a reranking")] = None
    web_searches: Annotated[Amount | None, says("per thousand searches of the web by the provider")] = None
    file_searches: Annotated[Amount | None, says("per thousand searches of files by the provider")] = None
    pages: Annotated[Amount | None, says("per thousand pages read")] = None
    request: Annotated[Amount | None, says("per request, not per million; null: nothing")] = None


class Tier(PriceList, frozen=True, kw_only=True):
    """One row of ``tiers``: the prices of the whole request where its input is longer."""

    above: Annotated[int, says("input tokens, cached ones too, above which it holds", ge=1)]


class Prices(PriceList, frozen=True, kw_only=True):
    """``prices`` of a model or a deployment."""

    tiers: Annotated[tuple[Tier, ...], says("other prices for longer input")] = ()
    currency: Annotated[str | None, says("null: the `currency` of the file", pattern="^[A-Z]{3}$", example="USD")] = (
        None
    )


class PriceOverride(msgspec.Struct, frozen=True, kw_only=True):
    """One row of ``price_overrides``: prices instead of the catalogue's, or of a tenant instead of any other."""

    provider: Annotated[Name, says("id or kind of a provider, or `*`")]
    model: Annotated[Name, says("the model's name there, or its beginning: `gpt-4o*`")]
    prices: Annotated[Prices, says("what it costs")]
    tenant: Annotated[
        str | None, says("for this tenant alone, before every other price; null: for all, instead of the catalogue's")
    ] = None
    valid_from: Annotated[float | None, says("the first moment it holds, such as 2026-01-01", form="moment")] = None


class CurrencyRate(msgspec.Struct, frozen=True, kw_only=True):
    """One row of ``currency_rates``."""

    source: Annotated[str, says("ISO 4217 code", pattern="^[A-Z]{3}$", example="USD")] = msgspec.field(name="from")
    target: Annotated[str, says("ISO 4217 code", pattern="^[A-Z]{3}$", example="INR")] = msgspec.field(name="to")
    rate: Annotated[Amount, says("so many of `to` for one of `from`, as text")]
    since: Annotated[float, says("the first moment it holds, such as 2026-01-01", form="moment")]
