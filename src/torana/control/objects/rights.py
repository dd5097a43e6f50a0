"""Who may see and write which stored object, and whom a limit or a budget of theirs may be about.

Pure. Operators write for the installation, or with ``own`` for their own tenant; everybody else for their tenant, managers
about their department or team alone. Called by the rooms of objects.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from torana.control.objects.book import ObjectRow
from torana.control.principal import Principal, Reach
from torana.core.errors import GatewayError

OPERATE = "objects.operate"
WRITES: Mapping[str, str] = {
    "providers": "providers.write",
    "models": "models.write",
    "price_overrides": "models.write",
    "limits": "limits.write",
    "budgets": "budgets.write",
}
"""Section → what lets tenants write rows of their own; the others are operators'."""
READS: Mapping[str, str] = {
    "providers": "providers.read",
    "models": "models.read",
    "price_overrides": "models.read",
    "currency_rates": "models.read",
    "limits": "limits.read",
    "budgets": "budgets.read",
    "guardrails": "policies.read",
}
"""Section → what shows it; the others are routing's."""
ROUTING = "routing.read"
RULES = ("limits", "budgets")


def demand_sight(who: Principal, kind: str) -> None:
    """Raise GatewayError PERMISSION_DENIED for a section that is not theirs to see."""
    who.demand(READS.get(kind, ROUTING))


def owner_of(who: Principal, kind: str, own: bool) -> str:
    """For which tenant somebody writes; empty: for everybody. Raises GatewayError PERMISSION_DENIED."""
    if who.may(OPERATE) and not (own and kind in WRITES):
        return ""
    who.demand(WRITES.get(kind, OPERATE))
    return who.tenant


def found(who: Principal, rows: Iterable[ObjectRow], name: str) -> ObjectRow:
    """The row of this name: the tenant's own before everybody's. Raises GatewayError NOT_FOUND."""
    named = [one for one in rows if one.name == name and within(who, one)]
    if not named:
        raise GatewayError("NOT_FOUND", f"There is none of the name {shown(name)!r}.", param="name")
    return max(named, key=lambda one: bool(one.tenant))


def within(who: Principal, row: ObjectRow) -> bool:
    """Whether a row is within somebody's reach: limits and budgets about others of the tenant are not."""
    reach = who.reach
    if row.kind not in RULES or (not reach.names and not reach.nobody):
        return True
    if reach.nobody:
        return False
    caller = who.caller
    mine = {"department": caller.department, "team": caller.team, "user": caller.user, "key": caller.key_id}
    managed = reach.names
    for scope, value in about(row.document).items():
        if scope in mine and value != mine[scope] and not _below(scope, managed):
            return False
    return True


def _below(scope: str, managed: Mapping[str, str]) -> bool:
    """Whether what the scope names may be below what somebody manages."""
    order = ("department", "team", "user", "key")
    top = next((one for one in order if one in managed), "key")
    return order.index(scope) > order.index(top)


def about(document: Mapping[str, Any]) -> dict[str, str]:
    """Whom a limit or a budget is about, by scope."""
    where = document.get("where")
    said = {str(scope): str(value) for scope, value in where.items()} if isinstance(where, dict) else {}
    if document.get("match"):
        said[str(document.get("scope"))] = str(document["match"])
    return said


def kept_within(reach: Reach, kind: str, document: dict[str, Any]) -> dict[str, Any]:
    """The limit or budget about those alone whom somebody manages. Raises GatewayError PERMISSION_DENIED."""
    if kind not in RULES:
        return document
    if reach.nobody:
        raise GatewayError("PERMISSION_DENIED", "You manage no department and no team.", details={"field": "where"})
    said = about(document)
    more: dict[str, str] = {}
    for scope, name in reach.names.items():
        if scope not in said:
            more[scope] = name
        elif said[scope] != name:
            raise GatewayError(
                "PERMISSION_DENIED",
                f"where.{scope}: yours are about {name} alone.",
                details={"field": f"where.{scope}"},
            )
    if not more:
        return document
    where = document.get("where")
    return {**document, "where": {**(where if isinstance(where, dict) else {}), **more}}


def demand_reach(who: Principal, kind: str, there: ObjectRow | None) -> None:
    """Raise GatewayError NOT_FOUND for a stored rule that is about more than those whom somebody manages."""
    if there is None or kind not in RULES or there.source != "stored":
        return
    said = about(there.document)
    if who.reach.nobody or any(said.get(scope) != name for scope, name in who.reach.names.items()):
        raise GatewayError(
            "PERMISSION_DENIED", "It is about more than those whom you manage.", details={"field": "name"}
        )


def shown(text: str) -> str:
    """A caller's text, bounded and printable."""
    return "".join(letter if letter.isprintable() else "?" for letter in text[:64])
