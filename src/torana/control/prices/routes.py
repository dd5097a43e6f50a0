"""Price routes: what the caller's models cost now, and what the catalogue lists.

Prices are written with models, as ``price_overrides`` and ``currency_rates``.
"""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import Query, Request
from pydantic import BaseModel, Field

from torana.control.admission import Asking, room
from torana.control.changes import office_of
from torana.control.objects.rooms import Named
from torana.control.shapes_errors import refusals
from torana.core.errors import GatewayError

router = room("prices")


class PriceShown(BaseModel):
    """What one deployment costs."""

    model: str = Field(description="the model as applications name it")
    provider: str
    upstream_model: str = Field(description="its name at the provider")
    prices: dict[str, Any] | None = Field(
        description="decimal texts per million tokens, with `currency` and `source`; null: nobody knows"
    )


class PricesAnswer(BaseModel):
    """Prices in force."""

    items: list[PriceShown]
    next_cursor: str | None = None


class ListedAnswer(BaseModel):
    """What the catalogue lists of one kind of provider."""

    items: list[dict[str, Any]] = Field(
        description="`provider`, `model`, decimal texts per million tokens, `currency`, `source`, `valid_until`"
    )
    next_cursor: str | None = None


@router.get("/prices", response_model=PricesAnswer, responses=refusals())
async def prices(request: Request, principal: Asking) -> PricesAnswer:
    """What every deployment of the caller's models costs the caller's tenant now, and where the price comes from."""
    found = office_of(request).objects.prices(principal.tenant)
    return PricesAnswer(items=[PriceShown(**one._asdict()) for one in found])


@router.get("/prices/catalogue", response_model=ListedAnswer, responses=refusals())
async def listed(
    request: Request,
    principal: Asking,
    provider: Annotated[str, Query(max_length=64, description="a kind of provider, such as `openai`")],
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    cursor: Annotated[str, Query(max_length=200)] = "",
) -> ListedAnswer:
    """The catalogue's prices of a kind of provider now, and until when they hold."""
    rows = await asyncio.to_thread(office_of(request).objects.catalogue, provider)
    rest = [dict(one) for one in rows if one["model"] > cursor]
    return ListedAnswer(items=rest[:limit], next_cursor=rest[limit - 1]["model"] if len(rest) > limit else None)


@router.get("/models/{name:path}/prices", response_model=PricesAnswer, responses=refusals("NOT_FOUND"))
async def prices_of_model(request: Request, name: Named, principal: Asking) -> PricesAnswer:
    """What each deployment of one model costs the caller's tenant now."""
    found = [one for one in office_of(request).objects.prices(principal.tenant) if one.model == name]
    if not found:
        raise GatewayError("NOT_FOUND", "There is no model of this name.", param="name")
    return PricesAnswer(items=[PriceShown(**one._asdict()) for one in found])
