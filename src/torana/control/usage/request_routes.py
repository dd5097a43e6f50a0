"""Single requests: the log with its filters, one in full, and those that end just now.

Nobody sees a text of a request here. Sums are in ``routes``.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any, Literal

from fastapi import Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import Field

from torana.control.admission import Asking, room
from torana.control.changes import office_of
from torana.control.metering import Tail
from torana.control.principal import Reach
from torana.control.shapes_errors import refusals
from torana.control.tables import paged_table, table, wants_csv
from torana.control.usage import queries
from torana.control.usage.asked import Filters, Period, within
from torana.control.usage.cost import explained
from torana.control.usage.request_shapes import Details, Entry, Log, detail, entry, of_receipt
from torana.control.usage.routes import window_of
from torana.core.errors import GatewayError
from torana.core.ids import made_at
from torana.core.tickets import ENDINGS
from torana.ports.receipt import Receipt
from torana.ports.usage import Place, Window

CURSOR = re.compile(r"([0-9]{1,15})-([A-Za-z0-9_-]{0,64})")
EXPORTED = 1_000_000
"""Rows of one file at the most."""
PAGE = 1000
EXPORT_PAGE = 250
"""Rows of a file that are written at once: while they are, nobody else is served."""
STILL_S = 15.0
"""After so long without a request whoever follows is told that the connection lives."""
LOOKS, LOOK_EVERY_S, YOUNG_S = 20, 0.1, 900.0
"""How often, and how far apart, a request is looked for that began no longer ago than that."""
LONGEST_S = 900.0
"""So long a tail is open, as long as an access token counts; who wants more asks again."""
GLANCE_S = 1.0

router = room("usage")


class LogQuery(Period):
    """What the request log takes."""

    status: int | None = Field(None, ge=100, le=599, description="HTTP status of the answer")
    ending: str = Field("", max_length=32, description=f"one of {', '.join(ENDINGS)}")
    error_code: str = Field("", max_length=64, description="such as RATE_LIMIT_EXCEEDED")
    cache: Literal["", "hit", "semantic-hit", "miss", "bypass"] = Field("", description="what the cache said")
    request_id: str = Field("", max_length=256, description="the id of the request, as in `x-request-id`")
    limit: int = Field(50, ge=1, le=PAGE)
    cursor: str = Field("", max_length=128, description="where to go on: `next_cursor` of the page before")

    @property
    def asked(self) -> dict[str, Any]:
        """What rows must be, besides dimensions."""
        said = {"status": self.status, "ending": self.ending, "error_code": self.error_code, "cache": self.cache}
        return {name: value for name, value in said.items() if value not in (None, "")}


@router.get("/usage/requests", response_model=Log, responses=refusals())
async def requests(request: Request, principal: Asking, asked: Annotated[LogQuery, Query()]) -> Log | Response:
    """Single requests, the newest first, page by page; as CSV all that there are, up to a million."""
    office = office_of(request)
    if asked.request_id:
        reach = principal.reach
        rows = await office.database.read(queries.one_request, office.metering, reach, asked.request_id)
        items = [Entry(**entry(row)) for row in rows]
        if wants_csv(request, asked.format):
            return table("usage-requests", items, tuple(Entry.model_fields))
        return Log(items=items, next_cursor=None)
    wanted = await window_of(request, principal, asked)
    if wants_csv(request, asked.format):
        return paged_table("usage-requests", tuple(Entry.model_fields), exported(request, wanted, asked))
    place = (place_of(asked.cursor), asked.limit)
    rows, after = await office.database.read(queries.page, office.metering, wanted, asked.asked, place)
    return Log(items=[Entry(**entry(row)) for row in rows], next_cursor=after and f"{after.at_ms}-{after.receipt_id}")


async def exported(request: Request, wanted: Window, asked: LogQuery) -> AsyncIterator[list[dict[str, Any]]]:
    """The rows of a file, a page at a time."""
    office = office_of(request)
    after, left = place_of(asked.cursor), EXPORTED
    while left > 0:
        place = (after, min(EXPORT_PAGE, left))
        rows, after = await office.database.read(queries.page, office.metering, wanted, asked.asked, place)
        left -= len(rows)
        yield [entry(row) for row in rows]
        if after is None:
            return


def place_of(cursor: str) -> Place | None:
    """Where a cursor says to go on. Raises GatewayError REQUEST_INVALID."""
    if not cursor:
        return None
    match = CURSOR.fullmatch(cursor)
    if match is None:
        raise GatewayError("REQUEST_INVALID", "cursor: this is none of ours.", param="cursor")
    return Place(int(match[1]), match[2])


@router.get(
    "/usage/tail",
    response_class=StreamingResponse,
    responses={
        **refusals(),
        200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}, "description": "requests as they end"},
    },
)
async def tail(request: Request, principal: Asking, asked: Annotated[Filters, Query()]) -> StreamingResponse:
    """Requests of this process as they end, as server-sent events, for a quarter of an hour at the most."""
    office = office_of(request)
    reach, where = principal.reach, asked.where
    wanted = within(Window(principal.tenant, 0, 1), reach, where)

    def fits(receipt: Receipt) -> bool:
        return not wanted.nobody and seen_by(receipt, reach) and all(named(receipt, *one) for one in where.items())

    # Before the answer begins: afterwards nothing can be refused any more.
    office.metering.tail.admit()
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    events = followed(office.metering.tail, fits, office.now)
    return StreamingResponse(events, media_type="text/event-stream", headers=headers)


def seen_by(receipt: Receipt, reach: Reach) -> bool:
    """Whether somebody of this reach may see the Receipt."""
    return receipt.tenant == reach.tenant and reach.covers(receipt.department, receipt.team, receipt.user)


def named(receipt: Receipt, dimension: str, name: str) -> bool:
    """Whether the Receipt has this name in the dimension."""
    found: str = getattr(receipt, "key_id" if dimension == "key" else dimension)
    return found == name


async def followed(tail: Tail, fits: Callable[[Receipt], bool], now: Callable[[], float]) -> AsyncIterator[bytes]:
    """Events of a tail, until it is over; whoever hangs up ends it."""
    with tail.follow(fits) as follower:
        yield b"retry: 2000\n: following\n\n"
        still, over_at = 0.0, now() + LONGEST_S
        while now() < over_at and not tail.ending:
            receipts, lost = await follower.some(GLANCE_S)
            still = 0.0 if receipts else still + GLANCE_S
            if lost:
                yield f'event: lost\ndata: {{"requests": {lost}}}\n\n'.encode()
            for receipt in receipts:
                yield f"event: request\nid: {receipt.receipt_id}\ndata: {json.dumps(of_receipt(receipt))}\n\n".encode()
            if still >= STILL_S:
                still = 0.0
                yield b": still here\n\n"
        yield b"event: over\ndata: {}\n\n"


def looks_for(request_id: str, now: float) -> int:
    """How often a request is looked for: one that may have ended this second is written in the next, as is one that is nobody's."""
    made = made_at(request_id)
    return LOOKS if made is not None and now - made < YOUNG_S else 1


@router.get("/usage/requests/{request_id}", response_model=Details, responses=refusals("NOT_FOUND"))
async def one(request: Request, principal: Asking, request_id: str) -> Details:
    """One request in full: its tries, what was left out and why, verdicts, findings, times, and how its cost comes about."""
    office = office_of(request)
    left = looks_for(request_id, office.now())
    rows: list[dict[str, Any]] = []
    while not rows and left:
        rows = await office.database.read(queries.one_request, office.metering, principal.reach, request_id)
        left -= 1
        if not rows and left:
            await asyncio.sleep(LOOK_EVERY_S)
    if not rows:
        raise GatewayError("NOT_FOUND", "There is no such request here that you may see.")
    details = [detail(row, explained(office.metering, principal.tenant, row)) for row in rows]
    return Details(request_id=request_id, items=details)
