"""Audit routes: reading the trail, taking it away, proving it, holding it back from deletion, erasing a person from it.

What is written into it stands in ``entries``; who may read it, in the permission table.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Query, Request
from fastapi.responses import StreamingResponse
from pydantic import AwareDatetime

from torana.control.admission import Asking, room
from torana.control.audit import queries, triggers
from torana.control.audit.entries import KINDS, Entry
from torana.control.audit.queries import COLUMNS, SECURITY, Wanted
from torana.control.audit.shapes import (
    ChainProved,
    Counted,
    EntriesAnswer,
    EntryShown,
    ErasureAnswer,
    ErasureAsk,
    ExportAsk,
    HoldAsk,
    HoldsAnswer,
    HoldShown,
    LogsAsk,
    SummaryAnswer,
    VerifyAnswer,
)
from torana.control.changes import change, note, office_of
from torana.control.cursors import after_id
from torana.control.office import Office
from torana.control.tables import written
from torana.core.errors import GatewayError

DAY_S = 86_400.0
FOREVER = 1e12
PIECE = 500
PLAIN = re.compile(r"[^A-Za-z0-9._-]+")
"""What is not in the name of a file."""

router = room("audit")

Limit = Annotated[int, Query(ge=1, le=500)]
Moment = Annotated[AwareDatetime | None, Query()]


@router.get("/audit/logs", response_model=EntriesAnswer)
async def logs(request: Request, asking: Asking, asked: Annotated[LogsAsk, Query()]) -> EntriesAnswer:
    """What people did in the tenant, newest first. AI requests are under ``usage/requests``."""
    where = {name: getattr(asked, name) for name in queries.FILTERS}
    wanted = Wanted(asking.tenant, *_between(asked.since, asked.until), where)
    return await _page(request, wanted, asked.cursor, asked.limit)


@router.get("/audit/security-events", response_model=EntriesAnswer)
async def security_events(
    request: Request, asking: Asking, limit: Limit = 50, cursor: str = "", since: Moment = None, until: Moment = None
) -> EntriesAnswer:
    """Sign-ins, security events, what guardrails found in requests, and whatever was denied or failed."""
    wanted = Wanted(asking.tenant, *_between(since, until), {}, SECURITY, denied=True)
    rows, after = await office_of(request).database.read(triggers.page, wanted, triggers.read_cursor(cursor), limit)
    return EntriesAnswer(items=[_shown(row) for row in rows], next_cursor=str(after) if len(rows) == limit else None)


@router.get("/audit/summary", response_model=SummaryAnswer)
async def summary(request: Request, asking: Asking, since: Moment = None, until: Moment = None) -> SummaryAnswer:
    """How many entries there are by kind, action and outcome; of the last 30 days, when nothing else is said."""
    office = office_of(request)
    end = until.timestamp() if until else office.now()
    begin = since.timestamp() if since else max(0.0, end - 30 * DAY_S)
    rows = await office.database.read(queries.counted, Wanted(asking.tenant, begin, end, {}))
    items = [Counted(kind=kind, action=action, outcome=outcome, count=count) for kind, action, outcome, count in rows]
    return SummaryAnswer(
        since=_moment(begin),
        until=_moment(end),
        total=sum(one.count for one in items),
        failed=sum(one.count for one in items if one.outcome != "ok"),
        items=items,
    )


@router.post("/audit/export", response_class=StreamingResponse)
async def export(request: Request, asked: ExportAsk, asking: Asking) -> StreamingResponse:
    """The trail as a file. That it was taken away is in it."""
    if unknown := [one for one in asked.kinds if one not in KINDS]:
        raise GatewayError("REQUEST_INVALID", f"kinds: {unknown[0]!r} is none of {', '.join(KINDS)}.", param="kinds")
    if asked.format == "chain" and (asked.since or asked.until or asked.kinds):
        message = "format: a chain proves itself as a whole. Leave out since, until and kinds, or take jsonl or csv."
        raise GatewayError("REQUEST_INVALID", message, param="format")
    office = office_of(request)
    times = {name: at.isoformat() for name in ("since", "until") if (at := getattr(asked, name)) is not None}
    told = {"format": asked.format, "kinds": asked.kinds, **times}
    await note(request, Entry("export", "audit.export", f"tenant:{asking.tenant}", told))
    kinds = {"jsonl": "application/x-ndjson", "csv": "text/csv; charset=utf-8", "chain": "application/x-ndjson"}
    # A file may name tenants as it likes, a header not.
    name = f"audit-{PLAIN.sub('-', asking.tenant)}.{'csv' if asked.format == 'csv' else 'jsonl'}"
    wanted = Wanted(asking.tenant, *_between(asked.since, asked.until), {}, tuple(asked.kinds))
    lines = office.prover.exported(asking.tenant) if asked.format == "chain" else _lines(request, wanted, asked.format)
    return StreamingResponse(
        lines, media_type=kinds[asked.format], headers={"content-disposition": f'attachment; filename="{name}"'}
    )


@router.get("/audit/verify", response_model=VerifyAnswer)
async def verify(request: Request, asking: Asking) -> VerifyAnswer:
    """Whether the tenant's trail is as it was written; else the first entry that is not. Operators: every tenant's."""
    proofs = await office_of(request).prover.verify(None if asking.operator else asking.tenant)
    chains = [ChainProved(**one._asdict()) for one in proofs]
    if broken := [one for one in chains if not one.whole]:
        found = {"chain": broken[0].chain, "entry": broken[0].first_broken, "what": broken[0].what}
        await note(request, Entry("security", "audit.broken", f"tenant:{broken[0].tenant}", found, "failed"))
    return VerifyAnswer(whole=not broken, chains=chains)


@router.get("/audit/legal-holds", response_model=HoldsAnswer)
async def legal_holds(request: Request, asking: Asking) -> HoldsAnswer:
    """The tenant's legal holds."""
    rows = await office_of(request).database.read(queries.holds, asking.tenant)
    return HoldsAnswer(items=[_hold(row) for row in rows])


@router.post("/audit/legal-holds", response_model=HoldShown, status_code=201)
async def begin_hold(request: Request, asked: HoldAsk, asking: Asking) -> HoldShown:
    """Hold all records of the tenant back from deletion, until the hold is ended."""
    office = office_of(request)
    row = (office.new_id("hold_"), asked.reason, office.now(), asking.label)
    entry = Entry("security", "audit.hold", f"hold:{row[0]}", {"reason": asked.reason})
    await change(request, entry, queries.begin_hold, asking.tenant, row)
    return _hold((*row, None, ""))


@router.delete("/audit/legal-holds/{hold_id}", status_code=204)
async def end_hold(request: Request, hold_id: str, asking: Asking) -> None:
    """End a legal hold."""
    office = office_of(request)
    rows = await office.database.read(queries.holds, asking.tenant)
    if not any(row[0] == hold_id and row[4] is None for row in rows):
        raise GatewayError("NOT_FOUND", "There is no such hold that lasts.")
    entry = Entry("security", "audit.release", f"hold:{hold_id}")
    await change(request, entry, queries.end_hold, asking.tenant, hold_id, office.now(), asking.label)


@router.post("/audit/erasures", response_model=ErasureAnswer)
async def erase(request: Request, asked: ErasureAsk, asking: Asking) -> ErasureAnswer:
    """Make a person anonymous in all records of the tenant; the chains stay whole. Not while a legal hold lasts."""
    pseudonym = f"erased-{secrets.token_hex(8)}"
    entry = Entry("security", "audit.erase", pseudonym, {"reason": asked.reason})
    entries, requests = await change(request, entry, queries.erase, asking.tenant, asked.user, pseudonym)
    return ErasureAnswer(pseudonym=pseudonym, entries=entries, requests=requests)


async def _page(request: Request, wanted: Wanted, cursor: str, limit: int) -> EntriesAnswer:
    rows = await office_of(request).database.read(queries.page, wanted, after_id(cursor), limit)
    return EntriesAnswer(
        items=[_shown(row) for row in rows], next_cursor=rows[-1]["id"] if len(rows) == limit else None
    )


async def _pieces(office: Office, wanted: Wanted) -> AsyncIterator[list[dict[str, Any]]]:
    """What people did; behind it what guardrails found, and AI requests, where they are asked for by name."""
    after = ""
    while rows := await office.database.read(queries.piece, wanted, after, PIECE):
        after = str(rows[-1]["id"])
        yield rows
    place = ""
    while "guardrail" in wanted.kinds:
        if not (rows := await office.database.read(triggers.piece, wanted, place, PIECE)):
            break
        place = str(rows[-1]["place"])
        yield [{name: row[name] for name in COLUMNS} for row in rows]
    if "request" in wanted.kinds:
        async for rows in office.prover.requests(wanted.tenant, wanted.since, wanted.until):
            yield rows


async def _lines(request: Request, wanted: Wanted, form: str) -> AsyncIterator[bytes]:
    office = office_of(request)
    if form == "csv":
        yield written([COLUMNS])
    async for rows in _pieces(office, wanted):
        if form == "csv":
            timed = ({**row, "at": _moment(row["at"]).isoformat().replace("+00:00", "Z")} for row in rows)
            yield written([_cell(row[name]) for name in COLUMNS] for row in timed)
        else:
            shown = (_shown(row).model_dump(mode="json") for row in rows)
            yield "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in shown).encode()


def _cell(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else value


def _between(since: datetime | None, until: datetime | None) -> tuple[float, float]:
    return since.timestamp() if since else 0.0, until.timestamp() if until else FOREVER


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def _shown(row: dict[str, Any]) -> EntryShown:
    return EntryShown(**{**row, "at": _moment(row["at"])})


def _hold(row: tuple[Any, ...]) -> HoldShown:
    hold_id, reason, begun_at, begun_by, ended_at, ended_by = row
    return HoldShown(
        id=hold_id, reason=reason, begun_at=_moment(begun_at), begun_by=begun_by,
        ended_at=None if ended_at is None else _moment(ended_at), ended_by=ended_by,
    )  # fmt: skip
