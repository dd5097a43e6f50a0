"""Guardrail routes: which there are, compliance packs, trying them on a text, what they found, what tokens stand for.

No answer but that of ``reveal`` holds what was found, only its kind and place. Policies are written in ``control/policies``.
"""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import Depends, Query, Request, Response

from torana.control.admission import room
from torana.control.approvals.waiting import WAITS, awaited
from torana.control.asking import needs
from torana.control.guardrails.shapes import (
    FindingsAnswer,
    GuardrailsAnswer,
    GuardrailShown,
    PacksAnswer,
    RevealAnswer,
    RevealAsk,
    RevealsAnswer,
    TestAnswer,
    TestAsk,
    shown_reveal,
)
from torana.control.office import Office
from torana.control.policies.rights import READ
from torana.control.revealer import Wanted
from torana.core.errors import GatewayError
from torana.core.tickets import Caller

BFSI = "bfsi"
REVEAL = "guardrails.reveal"
CURSOR = re.compile(r"([0-9]{1,15})-([A-Za-z0-9_-]{1,64})")

router = room("guardrails")

MayRead = Annotated[Caller, Depends(needs(READ))]
MayReveal = Annotated[Caller, Depends(needs(REVEAL))]


@router.get("/guardrails", response_model=GuardrailsAnswer)
async def guardrails(request: Request, caller: MayRead) -> GuardrailsAnswer:
    """The kinds of guardrails, each with its settings as a schema."""
    office: Office = request.app.state.office
    return GuardrailsAnswer(items=[GuardrailShown(**one._asdict()) for one in await office.policies.kinds()])


@router.get("/guardrails/policies", response_model=PacksAnswer)
async def packs(request: Request, caller: MayRead) -> PacksAnswer:
    """The compliance packs, each rule with the provisions it serves."""
    office: Office = request.app.state.office
    return PacksAnswer(items=[dict(one) for one in office.policies.packs()])


@router.get("/guardrails/bfsi", response_model=PacksAnswer)
async def bfsi(request: Request, caller: MayRead) -> PacksAnswer:
    """The pack for banks and brokers in India."""
    office: Office = request.app.state.office
    return PacksAnswer(items=[dict(one) for one in office.policies.packs() if one["name"] == BFSI])


@router.post("/guardrails/test", response_model=TestAnswer)
async def test(request: Request, asked: TestAsk, caller: MayRead) -> TestAnswer:
    """What guardrails make of a text. Nothing is sent, counted or recorded."""
    office: Office = request.app.state.office
    tried = await office.policies.try_text(caller, asked.text, asked.policy, asked.is_input)
    return TestAnswer(
        policy=tried.policy,
        passed=not tried.blocked and not tried.findings,
        blocked=tried.blocked,
        message=tried.message,
        text=tried.text,
        verdicts=list(tried.verdicts),
        findings=[dict(one) for one in tried.findings],
    )


@router.get("/guardrails/findings", response_model=FindingsAnswer)
async def findings(
    request: Request,
    caller: MayRead,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: str = "",
    guardrail: str = "",
    kind: str = "",
) -> FindingsAnswer:
    """What guardrails found in the requests of the caller's tenant: kind, place, keyed hash."""
    office: Office = request.app.state.office
    after = None
    if cursor:
        match = CURSOR.fullmatch(cursor)
        if match is None:
            raise GatewayError("REQUEST_INVALID", "cursor: this is none of ours.", param="cursor")
        after = (int(match[1]), match[2])
    where = {name: value for name, value in (("guardrail", guardrail), ("kind", kind)) if value}
    page = await office.policies.findings(caller.tenant, limit, after, where)
    place = page.next_place
    return FindingsAnswer(
        items=[dict(one) for one in page.items], next_cursor=None if place is None else f"{place[0]}-{place[1]}"
    )


@router.post("/guardrails/reveal", response_model=RevealAnswer, responses=WAITS)
async def reveal(request: Request, asked: RevealAsk, caller: MayReveal) -> RevealAnswer | Response:
    """What tokens of the caller's tenant stand for. Who looked, at which and why is kept, whatever comes of it."""
    office: Office = request.app.state.office
    if [asked.conversation, asked.user, asked.key].count("") != 2:
        raise GatewayError("REQUEST_INVALID", "Name one of conversation, user and key.", param="conversation")
    tokens = tuple(dict.fromkeys(asked.tokens))
    waiting = await awaited(request, REVEAL, "tokens", asked.model_dump(exclude={"approval"}), asked.approval)
    if waiting is not None:
        return waiting
    values = await office.revealer.reveal(
        caller, Wanted(tokens, asked.reason, asked.conversation, asked.user, asked.key)
    )
    if not values:
        raise GatewayError("NOT_FOUND", "None of these tokens stands for anything there, or no longer.", param="tokens")
    return RevealAnswer(values=dict(values), unknown=[one for one in tokens if one not in values])


@router.get("/guardrails/reveals", response_model=RevealsAnswer)
async def reveals(
    request: Request, caller: MayReveal, limit: Annotated[int, Query(ge=1, le=500)] = 50, cursor: str = ""
) -> RevealsAnswer:
    """Who looked up what tokens of the caller's tenant stand for."""
    office: Office = request.app.state.office
    rows = await office.revealer.revealed(caller.tenant, limit, cursor)
    return RevealsAnswer(
        items=[shown_reveal(row) for row in rows], next_cursor=rows[-1].reveal_id if len(rows) == limit else None
    )
