"""Decides how models look to clients: OpenAI's model list, with our prices, sizes and capabilities beside it.

It does not decide who may see which model: it is given those. Called by ``edge`` for ``GET /v1/models``.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from torana.core.money import TOKENS_PER_PRICE, decimal_text
from torana.core.prices import kind_of
from torana.core.snapshot import ModelEntry, Prices

OWNER = "torana"


def model_list(models: Iterable[ModelEntry]) -> bytes:
    """The body of ``GET /v1/models``: https://platform.openai.com/docs/api-reference/models/list plus our members."""
    return msgspec.json.encode({"object": "list", "data": [shown(model) for model in models]})


def one_model(model: ModelEntry) -> bytes:
    """The body of ``GET /v1/models/{id}``."""
    return msgspec.json.encode(shown(model))


def shown(model: ModelEntry) -> dict[str, object]:
    """One model. Sizes are tokens; what is not known is absent, never null or zero."""
    told: dict[str, object] = {
        "id": model.name,
        "object": "model",
        "created": model.created,
        "owned_by": model.deployments[0].provider if model.deployments else OWNER,
        "capabilities": sorted(model.capabilities),
    }
    if model.context_tokens is not None:
        told["context_tokens"] = model.context_tokens
    if model.max_output_tokens is not None:
        told["max_output_tokens"] = model.max_output_tokens
    prices = model.shown_prices
    if prices is not None:
        told["prices"] = _prices(prices)
    return told


def _prices(prices: Prices) -> dict[str, object]:
    """Decimal strings in ``currency`` for ``per_tokens`` tokens of each kind; ``request`` is per request.

    ``kinds``: what is priced apart, each for ``per`` of it (``audio_ms``: milliseconds); ``tiers``: for longer input.
    """
    shown: dict[str, object] = {
        "currency": prices.currency,
        "per_tokens": TOKENS_PER_PRICE,
        "input": decimal_text(prices.input_nano),
        "cache_read": decimal_text(prices.cache_read_nano),
        "cache_write": decimal_text(prices.cache_write_nano),
        "output": decimal_text(prices.output_nano),
        "request": decimal_text(prices.request_nano),
        "source": prices.source,
    }
    if prices.more is not None and prices.more.kinds:
        shown["kinds"] = {
            name: {"price": decimal_text(nano), "per": kind_of(name).per} for name, nano in prices.more.kinds
        }
    if prices.more is not None and prices.more.tiers:
        shown["tiers"] = [{"above": above, **_prices(other)} for above, other in prices.more.tiers]
    return shown
