"""Whether a change needs a second pair of eyes in its tenant, and asking for it.

It decides nothing (``routes`` does) and makes no change. Called by the rooms whose changes may wait.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import Request

from torana.control.approvals.queries import Approval, add, canonical, maker_of, wishes
from torana.control.audit.entries import Entry
from torana.control.changes import change, office_of
from torana.control.principal import Principal

BUDGETS, POLICIES, REVEAL = "budgets.write", "policies.write", "guardrails.reveal"
SETTINGS = "tenant.write"
"""Taking the demand for a second pair of eyes away: else one pair would do for everything, by way of the settings."""
SWITCHES: Mapping[str, str] = {BUDGETS: "budget_raise", POLICIES: "policy_change", REVEAL: "reveal"}
"""Action → the field of the tenant's setting ``four_eyes`` that asks for it."""
EXPIRES_S = 72 * 3600.0
HOUR_S = 3600.0


async def waits(request: Request, who: Principal, action: str) -> bool:
    """Whether the tenant wants a second pair of eyes on such changes."""
    said = await office_of(request).database.read(wishes, who.tenant)
    return said.get(SWITCHES[action]) is True


async def ask(request: Request, who: Principal, action: str, target: str, wanted: Mapping[str, Any]) -> Approval:
    """Ask for it; nothing is changed until somebody else approves."""
    office = office_of(request)
    said = await office.database.read(wishes, who.tenant)
    hours = said.get("expires_hours")
    lasts_s = float(hours) * HOUR_S if isinstance(hours, int | float) and 0 < hours <= 8760 else EXPIRES_S
    now = office.now()
    reason = str(wanted.get("reason", ""))
    approval = Approval(
        office.new_id("apr_"),
        who.tenant,
        action,
        target,
        canonical(wanted),
        await asker(request, who),
        who.name,
        reason,
        now,
        now + lasts_s,
    )
    entry = Entry("security", "approvals.ask", f"approval:{approval.id}", {"action": action, "target": target})
    await change(request, entry, add, approval)
    return approval


async def asker(request: Request, who: Principal) -> str:
    """Who it is, whichever of their credentials they use: nobody is a second pair of their own eyes.

    A key of nobody in particular is whoever made it; one of the configuration file is itself.
    """
    if who.user:
        return f"user:{who.user}"
    return await office_of(request).database.read(maker_of, who.tenant, who.caller.key_id)
