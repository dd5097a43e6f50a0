"""Routing routes: the way a request would take now, with every candidate left out and why.

They send nothing and change nothing. Operators only, by permission.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from torana.control.asking import needs
from torana.control.office import Office
from torana.control.routing.shapes import ExplainAnswer, ExplainAsk, LeftOut, PlannedTry
from torana.core.call import Ask
from torana.core.tickets import Caller

router = APIRouter(tags=["routing"])

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
                only=one.only,
            )
            for one in plan.attempts
        ],
        dropped=[LeftOut(provider=one.provider, model=one.model, reason=one.reason) for one in plan.dropped],
        note=plan.note,
        policy=grant.policy,
    )
