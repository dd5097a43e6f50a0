"""Budget routes beside those of their rows: how they stand now, and what one would have met in the past.

They count nothing. Managers see their department or team, users what is about them.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

from fastapi import Request

from torana.control.admission import Asking, room
from torana.control.budgets.queries import people_of, spent_by_day
from torana.control.budgets.shapes import StandingAnswer, WhatIfAnswer, WhatIfAsk, shown
from torana.control.budgets.what_if import tried
from torana.control.changes import office_of
from torana.control.principal import Principal
from torana.control.shapes_errors import refusals
from torana.core.errors import GatewayError

DAY_S = 86_400.0
SEEN_DAYS = 31
"""So long ago somebody without a key of their own may have asked something."""
router = room("budgets")


@router.get("/budgets/status", response_model=StandingAnswer, responses=refusals())
async def status(request: Request, principal: Asking) -> StandingAnswer:
    """Limit, spent, held, remaining and reset of every budget, for everybody within the caller's reach whom it is about."""
    office = office_of(request)
    if principal.reach.nobody:
        found = []
    else:
        names, since = principal.reach.names, office.now() - SEEN_DAYS * DAY_S
        people = await office.database.read(people_of, principal.tenant, names, since)
        found = list(await office.objects.standing(principal.tenant, names, people))
    return StandingAnswer(currency=office.objects.currency, items=[shown(one) for one in found])


@router.post("/budgets/what-if", response_model=WhatIfAnswer, responses=refusals())
async def what_if(request: Request, asked: WhatIfAsk, principal: Asking) -> WhatIfAnswer:
    """What a budget would have met in the caller's past spending. Nothing is written."""
    office = office_of(request)
    where = within(principal, asked)
    since = office.now() - asked.days * DAY_S
    recorded = (office.objects.currency, since)
    rows = await office.database.read(spent_by_day, principal.tenant, asked.scope, where, recorded)
    return tried(rows, asked, ZoneInfo(office.objects.time_zone), office.objects.currency)


def within(who: Principal, asked: WhatIfAsk) -> dict[str, str]:
    """What spending must have: as asked, and within reach. Raises GatewayError PERMISSION_DENIED."""
    where: dict[str, str] = {str(scope): value for scope, value in asked.where.items()}
    if asked.match:
        where[asked.scope] = asked.match
    if where.pop("tenant", who.tenant) != who.tenant:
        raise GatewayError("PERMISSION_DENIED", "This is another tenant's.", details={"field": "where.tenant"})
    if who.reach.nobody:
        raise GatewayError("PERMISSION_DENIED", "You manage no department and no team.", details={"field": "where"})
    for scope, name in who.reach.names.items():
        if where.setdefault(scope, name) != name:
            raise GatewayError(
                "PERMISSION_DENIED", f"where.{scope}: beyond your reach.", details={"field": f"where.{scope}"}
            )
    return where
