"""Re-rating: past usage by other prices, as adjustments with their trail.

Neither usage nor an issued invoice changes: open adjustments are lines of the next invoice.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import AsyncIterator
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import Query, Request, Response

from torana.control.admission import Asking, room
from torana.control.audit.entries import Entry
from torana.control.billing import adjustments, rerate
from torana.control.billing.adjustments import Rerated
from torana.control.billing.making import Maker
from torana.control.billing.periods import demand_known
from torana.control.billing.rerate_shapes import (
    Adjustments,
    AdjustmentShown,
    Rerate,
    RerateAnswer,
    RerateAsk,
    Rerates,
    adjustment,
)
from torana.control.changes import change, office_of
from torana.control.cursors import after_id
from torana.control.shapes_errors import refusals
from torana.control.tables import Format, paged_table, wants_csv
from torana.control.usage.asked import shown_moment
from torana.core.calendar import midnight
from torana.core.errors import GatewayError
from torana.core.money import decimal_text
from torana.ports.database import Connection
from torana.ports.usage import Place, Window

SHOWN = 100
PAGE = 1000

router = room("billing")


@router.post("/billing/rerate", response_model=RerateAnswer, responses=refusals("CONFLICT"))
async def rerate_usage(request: Request, principal: Asking, asked: RerateAsk) -> RerateAnswer:
    """Rate past requests again, by the settings in force or by given prices. A dry run unless it says otherwise."""
    office = office_of(request)
    metering = office.metering
    zone = metering.zone if isinstance(metering.zone, ZoneInfo) else ZoneInfo("UTC")
    demand_known(asked.since, asked.until)
    since, until = int(midnight(asked.since, zone)), int(midnight(asked.until, zone))
    if not since < until:
        raise GatewayError("REQUEST_INVALID", "until: it must be after since; it is not within.", param="until")
    where = {name: value for name in ("model", "provider") if (value := getattr(asked, name))}
    window = Window(principal.tenant, since, until, "day", where)
    given = None if asked.prices is None else asked.prices.prices(metering.currency)
    tally = rerate.Tally(metering, principal.tenant, given)
    await office.database.read(rerate.sums, tally, window)
    after: Place | None = None
    while True:
        after = await office.database.read(rerate.page, tally, window, after)
        if after is None or tally.looked_at >= rerate.MOST:
            break
    maker = Maker(principal.tenant, "" if asked.dry_run else office.new_id("rrt_"), office.now(), principal.label)
    if asked.dry_run:
        earlier = await office.database.read(adjustments.earlier, principal.tenant, since, until)
        found = tally.differences(earlier)
    else:
        entry = Entry("billing", "billing.rerate", f"rerate:{maker.id}", {"reason": asked.reason, **where})
        found = await change(request, entry, keep, maker, window, (tally, asked))
    left = {name: getattr(tally, name) for name in ("unpriced", "several_tries", "from_cache")}
    return RerateAnswer(
        id=maker.id or None,
        since=shown_moment(since),
        until=shown_moment(until),
        looked_at=tally.looked_at,
        rated=tally.rated,
        left_alone=left,
        differences=by_currency(found),
        complete=after is None and tally.complete,
        adjustments=[adjustment(one) for one in found[:SHOWN]],
    )


def keep(connection: Connection, maker: Maker, window: Window, made: tuple[rerate.Tally, RerateAsk]) -> list[Rerated]:
    """Keep what changes, against what earlier adjustments came to by now: two re-ratings at once do not add up twice."""
    tally, asked = made
    adjustments.lock(connection, maker.tenant)
    found = tally.differences(adjustments.earlier(connection, maker.tenant, window.since, window.until))
    document = {"asked": asked.model_dump(mode="json"), "differences": by_currency(found), "rated": tally.rated}
    connection.execute(
        "INSERT INTO billing_rerates (tenant, id, since, until, reason, document, made_at, made_by) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (maker.tenant, maker.id, window.since, window.until, asked.reason, json.dumps(document), maker.now, maker.by),
    )
    adjustments.keep(connection, maker.tenant, maker.id, found)
    return found


def by_currency(found: list[Rerated]) -> dict[str, str]:
    """The differences added up."""
    sums: dict[str, int] = defaultdict(int)
    for one in found:
        sums[one.group.currency] += one.difference_nano
    return {currency: decimal_text(nano) for currency, nano in sorted(sums.items())}


def rerates_of(connection: Connection, tenant: str, before: str, limit: int) -> list[Any]:
    """The latest re-ratings."""
    found: list[Any] = connection.execute(
        "SELECT id, since, until, reason, made_at, made_by, document FROM billing_rerates "
        "WHERE tenant = ? AND (? = '' OR id < ?) ORDER BY id DESC LIMIT ?",
        (tenant, before, before, limit),
    ).fetchall()
    return found


@router.get("/billing/rerates", response_model=Rerates, responses=refusals())
async def rerates(
    request: Request,
    principal: Asking,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: Annotated[str, Query(max_length=128)] = "",
) -> Rerates:
    """Re-ratings that were kept, the latest first."""
    rows = await office_of(request).database.read(rerates_of, principal.tenant, after_id(cursor), limit)
    items = [
        Rerate(
            id=row[0],
            since=shown_moment(row[1]),
            until=shown_moment(row[2]),
            reason=row[3],
            made_at=shown_moment(row[4]),
            made_by=row[5],
            differences=json.loads(row[6])["differences"],
        )
        for row in rows
    ]
    return Rerates(items=items, next_cursor=items[-1].id if len(items) == limit else None)


@router.get("/billing/adjustments", response_model=Adjustments, responses=refusals())
async def listed(
    request: Request,
    principal: Asking,
    rerate_id: Annotated[str, Query(max_length=128)] = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    cursor: Annotated[str, Query(max_length=160)] = "",
    format: Format | None = None,  # noqa: A002 - the name of the parameter
) -> Adjustments | Response:
    """What re-ratings came to, and by which invoice each was billed, page by page; as CSV all of them."""
    database, after = office_of(request).database, after_id(cursor)

    async def page(place: str, most: int) -> list[AdjustmentShown]:
        rows = await database.read(adjustments.listed, principal.tenant, rerate_id, place, most)
        return [adjustment(one, (id_, rerated, invoice)) for id_, rerated, one, invoice in rows]

    if wants_csv(request, format):

        async def pages() -> AsyncIterator[list[AdjustmentShown]]:
            place, most = after, PAGE
            while most == PAGE:
                part = await page(place, PAGE)
                yield part
                place, most = (part[-1].id or "") if part else "", len(part)

        return paged_table("adjustments", tuple(AdjustmentShown.model_fields), pages())
    items = await page(after, limit)
    return Adjustments(items=items, next_cursor=items[-1].id if len(items) == limit else None)
