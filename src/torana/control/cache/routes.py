"""Cache routes: what it saves, emptying it, telling it of a wrong answer, and what it would have served on trial.

Everything is of the caller's own tenant. What is kept and found is the line's.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query, Request

from torana.control.admission import room
from torana.control.answers import CacheFigures
from torana.control.asking import needs
from torana.control.audit.entries import Entry
from torana.control.cache.shapes import (
    ClearedAnswer,
    FeedbackAnswer,
    FeedbackAsk,
    Id,
    SavedShown,
    StatsAnswer,
    TrialsAnswer,
    TrialShape,
)
from torana.control.changes import note, office_of
from torana.core.cache_entry import Where
from torana.core.errors import GatewayError
from torana.core.money import decimal_text
from torana.core.saved import Saved
from torana.core.tickets import Caller

DAY_S = 86_400
LONGEST_DAYS = 3653
LONGEST_AGE_S = 10 * 365 * 86_400

router = room("cache")

MayRead = Annotated[Caller, Depends(needs("cache.read"))]
MayWrite = Annotated[Caller, Depends(needs("cache.write"))]


@router.get("/cache/stats", response_model=StatsAnswer)
async def stats(
    request: Request,
    caller: MayRead,
    days: Annotated[
        int | None, Query(ge=1, le=LONGEST_DAYS, description="today and the days before it, UTC; else all")
    ] = None,
) -> StatsAnswer:
    """What is kept of the caller's tenant, and what it saved: by all gateways, as far as their usage is written down."""
    office = office_of(request)
    since = 0.0 if days is None else office.now() - (days - 1) * DAY_S
    return shown(await office.answers.figures(caller.tenant, since))


@router.delete("/cache", response_model=ClearedAnswer)
async def clear(
    request: Request,
    caller: MayWrite,
    model: Annotated[str, Query(max_length=256)] = "",
    older_than_s: Annotated[float | None, Query(ge=0, le=LONGEST_AGE_S)] = None,
    id: Annotated[Id | None, Query()] = None,  # noqa: A002 - the name of the query's member
) -> ClearedAnswer:
    """Forget the tenant's answers: all of them, or those of a model, of an age, or one."""
    office = office_of(request)
    before = None if older_than_s is None else office.now() - older_than_s
    removed = await office.answers.clear(Where(caller.tenant, model, before, id or ""))
    said = {"model": model, "older_than_s": older_than_s, "id": id, "removed": removed}
    told = {name: value for name, value in said.items() if value not in ("", None)}
    await note(request, Entry("admin", "cache.clear", details=told))
    return ClearedAnswer(status="cleared", removed=removed)


@router.post("/cache/feedback", response_model=FeedbackAnswer)
async def feedback(request: Request, asked: FeedbackAsk, caller: MayWrite) -> FeedbackAnswer:
    """An answer was wrong for what was asked: it is forgotten, and more is asked of likeness where it was given."""
    found = await office_of(request).answers.wrong(caller.tenant, asked.id)
    if not found.answers and not found.questions:
        raise GatewayError("NOT_FOUND", "There is no answer of this id, or no longer.", param="id")
    await note(request, Entry("admin", "cache.feedback", f"answer:{asked.id}"))
    return FeedbackAnswer(
        status="removed", removed=found.answers, questions=found.questions, similarity=found.similarity
    )


@router.get("/cache/trials", response_model=TrialsAnswer)
async def trials(request: Request, caller: MayWrite) -> TrialsAnswer:
    """What the semantic cache would have served, while it is on trial. Questions stand as guardrails left them."""
    return TrialsAnswer(items=[TrialShape(**one._asdict()) for one in office_of(request).answers.trials(caller.tenant)])


def shown(figures: CacheFigures) -> StatsAnswer:
    """The figures, with their sums."""
    rows = figures.rows
    hits, semantic_hits = sum(one.hits for one in rows), sum(one.semantic_hits for one in rows)
    misses = sum(one.misses for one in rows)
    asked = hits + semantic_hits + misses
    return StatsAnswer(
        enabled=figures.enabled,
        semantic=figures.semantic,
        store=figures.store,
        entries=figures.held.entries,
        bytes=figures.held.bytes,
        complete=figures.held.complete,
        hits=hits,
        semantic_hits=semantic_hits,
        misses=misses,
        hit_rate=round((hits + semantic_hits) / asked, 4) if asked else 0.0,
        tokens_saved=sum(one.tokens for one in rows),
        cost_saved=decimal_text(sum(one.nano for one in rows)),
        currency=figures.currency,
        time_saved_ms=sum(one.ms for one in rows),
        items=[row_shown(one) for one in rows],
    )


def row_shown(row: Saved) -> SavedShown:
    """One row."""
    return SavedShown(
        team=row.team,
        model=row.model,
        hits=row.hits,
        semantic_hits=row.semantic_hits,
        misses=row.misses,
        shadow_hits=row.shadow_hits,
        tokens_saved=row.tokens,
        cost_saved=decimal_text(row.nano),
        time_saved_ms=row.ms,
    )
