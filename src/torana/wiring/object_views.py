"""Whether a row of the configuration may concern a tenant: what is about others is not theirs to know.

Pure. Called by the book of objects.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from torana.control.objects.book import ObjectRow
from torana.wiring.settings import Settings
from torana.wiring.settings_people_checks import tree_of


def may_concern(settings: Settings, row: ObjectRow, tenant: str) -> bool:
    """Whether a tenant may see a row: its own, and of the installation's those that are not about somebody else."""
    if row.tenant:
        return row.tenant == tenant
    if row.kind == "price_overrides":
        return row.document.get("tenant") in (None, "", tenant)
    if row.kind not in ("limits", "budgets"):
        return True
    tree = tree_of(settings)
    known: Mapping[str, Iterable[str]] = {
        "tenant": (tenant,),
        "department": tree.departments.get(tenant, ()),
        "team": tree.teams.get(tenant, ()),
    }
    said = about(row.document)
    if said.get("tenant") == tenant:
        return True
    return all(
        value in known.get(scope, ()) if scope not in ("model", "lob") else True for scope, value in said.items()
    )


def about(document: Mapping[str, Any]) -> Mapping[str, str]:
    """Whom a limit or a budget is about, by scope."""
    said = {str(scope): str(value) for scope, value in (document.get("where") or {}).items()}
    if document.get("match"):
        said[str(document.get("scope"))] = str(document["match"])
    return said
