"""Who may see and write which policy.

Pure. Whoever may only write for the own tenant writes policies that are about that tenant and nobody else. Called by the
policy and guardrail routes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from torana.control.book import PolicyRow
from torana.core.errors import GatewayError
from torana.core.tickets import Caller
from torana.ports.policies import ANY_VERSION, StoredPolicy

READ, WRITE, OPERATE = "policies.read", "policies.write", "policies.operate"
OPERATORS_FIELDS = ("upstream_keys",)
"""What gives more than there was: not for a tenant to write."""
TENANTS = "tenant-"
"""Begins the name of the policy that the short form writes: nobody takes another tenant's."""


def is_operator(caller: Caller) -> bool:
    """Whether the caller's policies may be about everybody."""
    return OPERATE in caller.key.permissions


def sees(caller: Caller, row: PolicyRow) -> bool:
    """Whether a policy is the caller's to know: an operator's, and of others what may be about them."""
    if is_operator(caller):
        return True
    rows = row.document.get("attach") or ()
    return row.tenant in ("", caller.tenant) and (
        not rows or any(one.get("tenant") in (None, "", caller.tenant) for one in rows)
    )


def name_within(caller: Caller, name: str, rows: Iterable[PolicyRow]) -> str:
    """What the caller's name of a policy stands for: ``strict`` of the tenant acme is kept as ``strict@acme``, as all that is
    a tenant's own, so tenants may use the same names and learn nothing of each other's. Operators name all as they are kept.
    """
    own = f"{name.removesuffix(f'@{caller.tenant}')}@{caller.tenant}"
    if is_operator(caller) or name == tenants_name(caller.tenant):
        return name
    known = {row.name for row in rows if row.name in (name, own) and sees(caller, row)}
    return name if name in known and own not in known else own


def name_told(name: str, tenant: str) -> str:
    """A name as it is kept, as its tenant says it; ``tenant`` empty: as it is kept."""
    return name.removesuffix(f"@{tenant}") if tenant else name


def told_to(caller: Caller) -> str:
    """Whose names are told short."""
    return "" if is_operator(caller) else caller.tenant


def next_row(
    caller: Caller, name: str, document: Mapping[str, Any] | None, rows: Iterable[PolicyRow], version: int | None
) -> StoredPolicy:
    """The row to write: whose it is, and the version that it replaces (``version``; None: whichever is there).

    Raises GatewayError PERMISSION_DENIED for what is not the caller's to write.
    """
    rows = list(rows)
    kept_as = name_within(caller, name, rows)
    there = next((one for one in rows if one.name == kept_as), None)
    operator = is_operator(caller)
    if not operator:
        _demand(WRITE in caller.key.permissions, f"This needs the permission {WRITE!r}.")
        ours = not name.startswith(TENANTS) or name == tenants_name(caller.tenant)
        _demand(ours, f"name: {TENANTS!r} begins the names of tenants' own policies; take another.", "name")
        own = there is None or (there.source == "stored" and there.tenant == caller.tenant)
        _demand(own, f"The policy {name!r} is not your tenant's.")
    tenant = there.tenant if operator and there is not None else "" if operator else caller.tenant
    written = None if document is None else dict(document)
    if written is not None and tenant:
        _keep_within(written, tenant)
    by = f"{caller.key_id} {caller.user}".strip()
    return StoredPolicy(kept_as, ANY_VERSION if version is None else version, tenant, written, 0.0, by)


def _keep_within(document: dict[str, Any], tenant: str) -> None:
    """Make the document one about this tenant only. Raises GatewayError PERMISSION_DENIED."""
    for field in OPERATORS_FIELDS:
        _demand(not document.get(field), f"{field}: only operators give this.", field)
    rows = document.get("attach") or [{}]
    if not isinstance(rows, list) or not all(isinstance(one, dict) for one in rows):
        return  # told by the checks of its shape
    named = {str(one.get("tenant") or tenant) for one in rows}
    _demand(named == {tenant}, "attach: your policies are about your tenant only.", "attach")
    document["attach"] = [{**one, "tenant": tenant} for one in rows]


def _demand(allowed: bool, message: str, field: str = "") -> None:
    if not allowed:
        raise GatewayError("PERMISSION_DENIED", message, details={"field": field} if field else {"permission": OPERATE})


def tenants_name(tenant: str) -> str:
    """The name of the policy that the short form writes."""
    return f"{TENANTS}{re.sub(r'[^A-Za-z0-9._-]', '-', tenant)}"[:64]


def merged(there: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """A document with some fields written anew; null takes one out."""
    joined = {**there, **changes}
    return {name: value for name, value in joined.items() if value is not None}
