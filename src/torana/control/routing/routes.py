"""Routing routes: the way a request would take now, with every candidate left out and why.

They send nothing and change nothing. Operators only, by permission.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from torana.control.admission import room
from torana.control.asking import needs
from torana.control.office import Office
from torana.control.routing.shapes import ExplainAnswer, ExplainAsk, LeftOut, PlannedShadow, PlannedTry
from torana.core.call import Ask
from torana.core.tickets import Caller, Grant, Plan

router = room("routing")

MayRead = Annotated[Caller, Depends(needs("routing.read"))]


@router.post("/routing/explain", response_model=ExplainAnswer)
async def explain(request: Request, asked: ExplainAsk, caller: MayRead) -> ExplainAnswer:
    """The Plan that a request with this key would have now. Nothing is sent."""
    office: Office = request.app.state.office
    ask = Ask(asked.model, asked.stream, needs=frozenset(asked.needs), user=asked.user)
    grant, plan = office.explain(caller, ask, asked.conversation, asked.headers)
    return ExplainAnswer(
        model=grant.model.name,
        strategy=plan.strategy,
        attempts=[
            PlannedTry(
                number=one.number,
                provider=one.deployment.provider,
                model=one.deployment.model,
                region=one.deployment.region,
                fallback=one.fallback,
                canary=one.canary,
                only=one.only,
            )
            for one in plan.attempts
        ],
        dropped=[LeftOut(provider=one.provider, model=one.model, reason=one.reason) for one in plan.dropped],
        note=plan.note,
        hedge_after_ms=None if plan.hedge_s is None else plan.hedge_s * 1000,
        shadow=shown_shadow(grant, plan),
        policy=grant.policy,
    )


def shown_shadow(grant: Grant, plan: Plan) -> PlannedShadow | None:
    """Where copies of such requests go."""
    if plan.shadow is None or grant.model.shadow is None:
        return None
    where = plan.shadow.attempts[0].deployment
    return PlannedShadow(provider=where.provider, model=where.model, percent=grant.model.shadow.share * 100)
