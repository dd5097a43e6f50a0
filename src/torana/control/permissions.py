"""The one table of permissions: which there are, which roles have them, and which a route needs.

It generates the check of every route (``admission``), the page in the docs and the test that walks all of them; a route
that is not in it answers nobody. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

ADMIN, MANAGER, USER, VIEWER, AUDITOR, SERVICE = "admin", "manager", "user", "viewer", "auditor", "service"
ROLES = (ADMIN, MANAGER, USER, VIEWER, AUDITOR, SERVICE)
OPERATOR = "operator"
"""Besides the roles, which are per tenant: who runs the installation."""
PUBLIC = "public"
"""Of routes that ask for no credential."""
SIGNED_IN = "signed-in"
"""Of routes for whoever is known."""

_READERS = (ADMIN, MANAGER, VIEWER, AUDITOR)
_PEOPLE = (ADMIN, MANAGER, USER, VIEWER, AUDITOR)


class Permission(NamedTuple):
    """One thing that may be allowed."""

    name: str
    roles: tuple[str, ...]
    """Who has it, operators besides."""
    about: str


PERMISSIONS: tuple[Permission, ...] = (
    # The installation: operators only.
    Permission("config.reload", (), "read the configuration file again"),
    Permission("system.read", (), "see the configuration in force and the facts of the process"),
    Permission("tenants.operate", (), "make, change and remove tenants; see all of them"),
    Permission("policies.operate", (), "write policies about everybody"),
    Permission("objects.operate", (), "write providers, models, limits and budgets for everybody"),
    # A tenant.
    Permission("features.read", (*_PEOPLE, SERVICE), "see what this version does"),
    Permission("tenant.read", _PEOPLE, "see the own tenant and its settings"),
    Permission("tenant.write", (ADMIN,), "change the settings of the own tenant"),
    Permission("departments.read", _READERS, "see departments and who is in them"),
    Permission("departments.write", (ADMIN,), "make, change and remove departments"),
    Permission("teams.read", _PEOPLE, "see teams and who is in them"),
    Permission("teams.write", (ADMIN, MANAGER), "make, change and remove teams; managers: of their department"),
    Permission("users.read", _READERS, "see people; managers: of their department or team"),
    Permission(
        "users.write", (ADMIN, MANAGER), "invite, change and remove people; managers: of their department or team"
    ),
    Permission("keys.read", (*_PEOPLE, SERVICE), "see keys; managers: of their department or team; users: their own"),
    Permission("keys.write", (ADMIN, MANAGER, USER), "make, change, rotate and revoke keys, within the same bounds"),
    Permission("tokens.revoke", (ADMIN,), "end tokens that others issue"),
    Permission("sso.read", (ADMIN, AUDITOR), "see how people sign in through an identity provider"),
    Permission("sso.write", (ADMIN,), "change how people sign in through an identity provider; SCIM tokens"),
    Permission("scim.read", (ADMIN, AUDITOR), "see people and groups as identity providers do (SCIM)"),
    Permission("scim.write", (ADMIN,), "keep people and groups as identity providers do (SCIM)"),
    # What is called, and how.
    Permission("providers.read", _READERS, "see providers, never their credentials"),
    Permission("providers.write", (ADMIN,), "write the tenant's own providers and credentials"),
    Permission("models.read", _PEOPLE, "see models and their prices"),
    Permission("models.write", (ADMIN,), "write the tenant's own models and prices"),
    Permission("routing.read", _READERS, "see how requests are routed, and why"),
    Permission("routing.write", (ADMIN,), "change how requests are routed"),
    Permission("limits.read", _PEOPLE, "see limits"),
    Permission("limits.write", (ADMIN, MANAGER), "write limits; managers: of their department or team"),
    Permission("budgets.read", _PEOPLE, "see budgets and what is left of them"),
    Permission("budgets.write", (ADMIN, MANAGER), "write budgets; managers: of their department or team"),
    # What is guarded.
    Permission("policies.read", _READERS, "see policies and guardrails, and try them"),
    Permission("policies.write", (ADMIN,), "write the tenant's policies"),
    Permission("guardrails.reveal", (ADMIN,), "look up what tokens stand for"),
    Permission("files.scan", (ADMIN, MANAGER, USER), "try guardrails on a file"),
    Permission("approvals.read", _READERS, "see what waits for a second pair of eyes"),
    Permission("approvals.decide", (ADMIN,), "approve or refuse what somebody else asked for"),
    # What was done, and what it cost.
    Permission("usage.read", (*_PEOPLE, SERVICE), "see usage; managers: of their department or team; users: their own"),
    Permission("requests.read", (ADMIN, MANAGER, USER, AUDITOR), "see single requests, within the same bounds"),
    Permission("cache.read", _READERS, "see what the cache saves"),
    Permission("cache.write", (ADMIN,), "empty the cache, tell it of a wrong answer"),
    Permission("billing.read", (ADMIN, AUDITOR), "see bills, invoices and forecasts"),
    Permission("billing.write", (ADMIN,), "issue invoices and credit notes, set plans, rate usage again"),
    Permission("audit.read", (ADMIN, AUDITOR), "read the audit trail, and verify it"),
    Permission("audit.export", (ADMIN, AUDITOR), "take the audit trail away"),
    Permission("audit.write", (ADMIN,), "hold records back from deletion, erase a person"),
)

NAMES = frozenset(one.name for one in PERMISSIONS)
_BY_ROLE: Mapping[str, frozenset[str]] = {
    role: frozenset(one.name for one in PERMISSIONS if role in one.roles) for role in ROLES
}

_A = "/api/v1/admin"
ROUTES: dict[str, tuple[str, ...]] = {
    # signing in
    f"POST {_A}/auth/register": (PUBLIC,),
    f"POST {_A}/auth/login": (PUBLIC,),
    f"POST {_A}/auth/refresh": (PUBLIC,),
    f"POST {_A}/auth/logout": (PUBLIC,),
    f"GET {_A}/auth/me": (SIGNED_IN,),
    f"GET {_A}/auth/sso/providers": (PUBLIC,),
    f"POST {_A}/auth/sso/initiate": (PUBLIC,),
    f"GET {_A}/auth/sso/callback": (PUBLIC,),
    f"GET {_A}/sso/config": ("sso.read",),
    f"POST {_A}/sso/config": ("sso.write",),
    f"PUT {_A}/sso/config": ("sso.write",),
    f"DELETE {_A}/sso/config": ("sso.write",),
    f"POST {_A}/sso/discover": ("sso.write",),
    f"POST {_A}/auth/password": (SIGNED_IN,),
    f"POST {_A}/auth/password/forgot": (PUBLIC,),
    f"POST {_A}/auth/password/reset": (PUBLIC,),
    f"GET {_A}/auth/sessions": (SIGNED_IN,),
    f"DELETE {_A}/auth/sessions/{{session_id}}": (SIGNED_IN,),
    f"GET {_A}/auth/invitations": ("users.read", "tenants.operate"),
    f"POST {_A}/auth/invitations": ("users.write", "tenants.operate"),
    f"DELETE {_A}/auth/invitations/{{invitation_id}}": ("users.write", "tenants.operate"),
    f"POST {_A}/auth/invitations/accept": (PUBLIC,),
    f"GET {_A}/sso/scim-tokens": ("sso.read",),
    f"POST {_A}/sso/scim-tokens": ("sso.write",),
    f"DELETE {_A}/sso/scim-tokens/{{token_id}}": ("sso.write",),
    "GET /scim/v2/ServiceProviderConfig": ("scim.read",),
    "GET /scim/v2/ResourceTypes": ("scim.read",),
    "GET /scim/v2/ResourceTypes/{name}": ("scim.read",),
    "GET /scim/v2/Schemas": ("scim.read",),
    "GET /scim/v2/Schemas/{name}": ("scim.read",),
    "POST /scim/v2/.search": ("scim.read",),
    "POST /scim/v2/Users/.search": ("scim.read",),
    "POST /scim/v2/Groups/.search": ("scim.read",),
    "GET /scim/v2/Users": ("scim.read",),
    "POST /scim/v2/Users": ("scim.write",),
    "GET /scim/v2/Users/{user_id}": ("scim.read",),
    "PUT /scim/v2/Users/{user_id}": ("scim.write",),
    "PATCH /scim/v2/Users/{user_id}": ("scim.write",),
    "DELETE /scim/v2/Users/{user_id}": ("scim.write",),
    "GET /scim/v2/Groups": ("scim.read",),
    "POST /scim/v2/Groups": ("scim.write",),
    "GET /scim/v2/Groups/{group_id}": ("scim.read",),
    "PUT /scim/v2/Groups/{group_id}": ("scim.write",),
    "PATCH /scim/v2/Groups/{group_id}": ("scim.write",),
    "DELETE /scim/v2/Groups/{group_id}": ("scim.write",),
    # people
    f"GET {_A}/tenants": ("tenant.read", "tenants.operate"),
    f"POST {_A}/tenants": ("tenants.operate",),
    f"GET {_A}/tenants/{{tenant_id}}": ("tenant.read", "tenants.operate"),
    f"PUT {_A}/tenants/{{tenant_id}}": ("tenant.write", "tenants.operate"),
    f"DELETE {_A}/tenants/{{tenant_id}}": ("tenants.operate",),
    f"GET {_A}/departments": ("departments.read",),
    f"POST {_A}/departments": ("departments.write",),
    f"GET {_A}/departments/{{department_id}}": ("departments.read",),
    f"PUT {_A}/departments/{{department_id}}": ("departments.write",),
    f"DELETE {_A}/departments/{{department_id}}": ("departments.write",),
    f"GET {_A}/departments/{{department_id}}/members": ("departments.read",),
    f"PUT {_A}/departments/{{department_id}}/members/{{user_id}}": ("departments.write",),
    f"DELETE {_A}/departments/{{department_id}}/members/{{user_id}}": ("departments.write",),
    f"GET {_A}/teams": ("teams.read",),
    f"POST {_A}/teams": ("teams.write",),
    f"GET {_A}/teams/{{team_id}}": ("teams.read",),
    f"PUT {_A}/teams/{{team_id}}": ("teams.write",),
    f"DELETE {_A}/teams/{{team_id}}": ("teams.write",),
    f"GET {_A}/teams/{{team_id}}/members": ("teams.read",),
    f"PUT {_A}/teams/{{team_id}}/members/{{user_id}}": ("teams.write",),
    f"DELETE {_A}/teams/{{team_id}}/members/{{user_id}}": ("teams.write",),
    f"GET {_A}/users": ("users.read",),
    f"POST {_A}/users": ("users.write",),
    f"GET {_A}/users/{{user_id}}": ("users.read",),
    f"PUT {_A}/users/{{user_id}}": ("users.write",),
    f"DELETE {_A}/users/{{user_id}}": ("users.write",),
    f"DELETE {_A}/users/{{user_id}}/sessions": ("users.write",),
    f"POST {_A}/users/{{user_id}}/password-reset": ("users.write",),
    f"GET {_A}/users/{{user_id}}/identities": ("users.read",),
    f"DELETE {_A}/users/{{user_id}}/identities/{{provider}}": ("users.write",),
    f"GET {_A}/users/{{user_id}}/grants": ("users.read",),
    f"POST {_A}/users/{{user_id}}/grants": ("users.write",),
    f"DELETE {_A}/users/{{user_id}}/grants/{{grant_id}}": ("users.write",),
    # keys
    f"GET {_A}/api-keys": ("keys.read",),
    f"POST {_A}/api-keys": ("keys.write",),
    f"POST {_A}/api-keys/report-leak": (PUBLIC,),
    f"GET {_A}/api-keys/{{key_id}}": ("keys.read",),
    f"PATCH {_A}/api-keys/{{key_id}}": ("keys.write",),
    f"DELETE {_A}/api-keys/{{key_id}}": ("keys.write",),
    f"POST {_A}/api-keys/{{key_id}}/rotate": ("keys.write",),
    # system
    f"POST {_A}/config/reload": ("config.reload",),
    f"GET {_A}/config": ("system.read",),
    f"GET {_A}/features/status": ("system.read", "features.read"),
    f"GET {_A}/system/info": ("system.read",),
    # routing
    f"POST {_A}/routing/explain": ("routing.read",),
    # audit
    f"GET {_A}/audit/logs": ("audit.read",),
    f"GET {_A}/audit/summary": ("audit.read",),
    f"GET {_A}/audit/security-events": ("audit.read",),
    f"GET {_A}/audit/verify": ("audit.read",),
    f"POST {_A}/audit/export": ("audit.export",),
    f"GET {_A}/audit/legal-holds": ("audit.read",),
    f"POST {_A}/audit/legal-holds": ("audit.write",),
    f"DELETE {_A}/audit/legal-holds/{{hold_id}}": ("audit.write",),
    f"POST {_A}/audit/erasures": ("audit.write",),
    # stored objects
    f"GET {_A}/providers": ("providers.read",),
    f"POST {_A}/providers": ("providers.write", "objects.operate"),
    f"GET {_A}/providers/{{name}}": ("providers.read",),
    f"PUT {_A}/providers/{{name}}": ("providers.write", "objects.operate"),
    f"PATCH {_A}/providers/{{name}}": ("providers.write", "objects.operate"),
    f"DELETE {_A}/providers/{{name}}": ("providers.write", "objects.operate"),
    f"GET {_A}/providers/{{name}}/versions": ("providers.read",),
    f"POST {_A}/providers/{{name}}/restore": ("providers.write", "objects.operate"),
    f"GET {_A}/models": ("models.read",),
    f"POST {_A}/models": ("models.write", "objects.operate"),
    f"GET {_A}/models/{{name:path}}": ("models.read",),
    f"PUT {_A}/models/{{name:path}}": ("models.write", "objects.operate"),
    f"PATCH {_A}/models/{{name:path}}": ("models.write", "objects.operate"),
    f"DELETE {_A}/models/{{name:path}}": ("models.write", "objects.operate"),
    f"GET {_A}/models/{{name:path}}/versions": ("models.read",),
    f"POST {_A}/models/{{name:path}}/restore": ("models.write", "objects.operate"),
    f"GET {_A}/limits": ("limits.read",),
    f"POST {_A}/limits": ("limits.write", "objects.operate"),
    f"GET {_A}/limits/{{name}}": ("limits.read",),
    f"PUT {_A}/limits/{{name}}": ("limits.write", "objects.operate"),
    f"PATCH {_A}/limits/{{name}}": ("limits.write", "objects.operate"),
    f"DELETE {_A}/limits/{{name}}": ("limits.write", "objects.operate"),
    f"GET {_A}/limits/{{name}}/versions": ("limits.read",),
    f"POST {_A}/limits/{{name}}/restore": ("limits.write", "objects.operate"),
    f"GET {_A}/budgets": ("budgets.read",),
    f"POST {_A}/budgets": ("budgets.write", "objects.operate"),
    f"GET {_A}/budgets/{{name}}": ("budgets.read",),
    f"PUT {_A}/budgets/{{name}}": ("budgets.write", "objects.operate"),
    f"PATCH {_A}/budgets/{{name}}": ("budgets.write", "objects.operate"),
    f"DELETE {_A}/budgets/{{name}}": ("budgets.write", "objects.operate"),
    f"GET {_A}/budgets/{{name}}/versions": ("budgets.read",),
    f"POST {_A}/budgets/{{name}}/restore": ("budgets.write", "objects.operate"),
    f"POST {_A}/providers/{{name}}/test": ("providers.write", "objects.operate"),
    f"GET {_A}/models/{{name:path}}/prices": ("models.read",),
    f"GET {_A}/prices": ("models.read",),
    f"GET {_A}/prices/catalogue": ("models.read",),
    f"GET {_A}/budgets/status": ("budgets.read",),
    f"POST {_A}/budgets/what-if": ("budgets.read",),
    f"GET {_A}/objects/{{kind}}": ("routing.read", "models.read"),
    f"GET {_A}/objects/{{kind}}/{{name}}": ("routing.read", "models.read"),
    f"GET {_A}/objects/{{kind}}/{{name}}/versions": ("routing.read", "models.read"),
    f"PUT {_A}/objects/{{kind}}/{{name}}": ("objects.operate", "models.write"),
    f"DELETE {_A}/objects/{{kind}}/{{name}}": ("objects.operate", "models.write"),
    f"POST {_A}/objects/{{kind}}/{{name}}/restore": ("objects.operate", "models.write"),
    f"GET {_A}/routing": ("routing.read",),
    f"PUT {_A}/routing": ("routing.write", "objects.operate"),
    f"GET {_A}/routing/versions": ("routing.read",),
    f"GET {_A}/config/diff": ("providers.write", "objects.operate"),
    f"GET {_A}/config/export": ("providers.write", "objects.operate"),
    f"POST {_A}/config/apply": ("providers.write", "objects.operate"),
    f"GET {_A}/approvals": ("approvals.read",),
    f"GET {_A}/approvals/{{approval_id}}": ("approvals.read",),
    f"POST {_A}/approvals/{{approval_id}}/approve": ("approvals.decide",),
    f"POST {_A}/approvals/{{approval_id}}/refuse": ("approvals.decide",),
    # tokens
    f"POST {_A}/tokens/revoke": ("tokens.revoke",),
    # guardrails
    f"GET {_A}/guardrails": ("policies.read",),
    f"GET {_A}/guardrails/policies": ("policies.read",),
    f"GET {_A}/guardrails/bfsi": ("policies.read",),
    f"POST {_A}/guardrails/test": ("policies.read",),
    f"POST {_A}/guardrails/test-file": ("files.scan",),
    f"GET {_A}/guardrails/findings": ("policies.read",),
    f"POST {_A}/guardrails/reveal": ("guardrails.reveal",),
    f"GET {_A}/guardrails/reveals": ("guardrails.reveal",),
    # cache
    f"GET {_A}/cache/stats": ("cache.read",),
    f"DELETE {_A}/cache": ("cache.write",),
    f"POST {_A}/cache/feedback": ("cache.write",),
    f"GET {_A}/cache/trials": ("cache.write",),
    # files
    f"POST {_A}/files/scan": ("files.scan",),
    # usage
    f"GET {_A}/usage/dashboard": ("usage.read",),
    f"GET {_A}/usage/timeseries": ("usage.read",),
    f"GET {_A}/usage/hourly": ("usage.read",),
    f"GET {_A}/usage/by/{{dimension}}": ("usage.read",),
    f"GET {_A}/usage/requests": ("requests.read",),
    f"GET {_A}/usage/requests/{{request_id}}": ("requests.read",),
    f"GET {_A}/usage/tail": ("requests.read",),
    f"GET {_A}/users/{{user_id}}/usage": ("usage.read",),
    # billing
    f"GET {_A}/billing/plan": ("billing.read",),
    f"PUT {_A}/billing/plan": ("billing.write",),
    f"GET {_A}/billing/summary": ("billing.read",),
    f"GET {_A}/billing/user/{{user_id}}": ("billing.read",),
    f"GET {_A}/billing/export/csv": ("billing.read",),
    f"POST {_A}/billing/invoice": ("billing.write",),
    f"GET {_A}/billing/invoices": ("billing.read",),
    f"GET {_A}/billing/invoices/{{invoice_id}}.pdf": ("billing.read",),
    f"GET {_A}/billing/invoices/{{invoice_id}}": ("billing.read",),
    f"DELETE {_A}/billing/invoices/{{invoice_id}}": ("billing.write",),
    f"POST {_A}/billing/invoices/{{invoice_id}}/issue": ("billing.write",),
    f"POST {_A}/billing/invoices/{{invoice_id}}/credit": ("billing.write",),
    f"GET {_A}/billing/forecast": ("billing.read",),
    f"POST {_A}/billing/rerate": ("billing.write",),
    f"GET {_A}/billing/rerates": ("billing.read",),
    f"GET {_A}/billing/adjustments": ("billing.read",),
    f"POST {_A}/billing/reconcile": ("billing.write",),
    f"GET {_A}/billing/reconciliations": ("billing.read",),
    f"GET {_A}/billing/reconciliations/{{reconciliation_id}}": ("billing.read",),
    # policies
    f"GET {_A}/guardrails/policy": ("policies.read",),
    f"PUT {_A}/guardrails/policy": ("policies.write", "policies.operate"),
    f"GET {_A}/policies": ("policies.read",),
    f"PUT {_A}/policies": ("policies.write", "policies.operate"),
    f"GET {_A}/policies/effective": ("policies.read",),
    f"POST {_A}/policies/dry-run": ("policies.write", "policies.operate"),
    f"GET {_A}/policies/{{name}}": ("policies.read",),
    f"PUT {_A}/policies/{{name}}": ("policies.write", "policies.operate"),
    f"DELETE {_A}/policies/{{name}}": ("policies.write", "policies.operate"),
    f"GET {_A}/policies/{{name}}/versions": ("policies.read",),
    "GET /admin/policy": ("policies.read",),
    "PUT /admin/policy": ("policies.write", "policies.operate"),
    "POST /admin/policy": ("policies.write", "policies.operate"),
}
"""``METHOD path`` → what it needs: one of several permissions, ``(PUBLIC,)`` or ``(SIGNED_IN,)``. Add a room's routes here."""


def of_role(role: str) -> frozenset[str]:
    """The permissions of a role; all of them for OPERATOR, none for a role that there is not."""
    return NAMES if role == OPERATOR else _BY_ROLE.get(role, frozenset())


def expanded(granted: Iterable[str]) -> frozenset[str]:
    """Permissions with those of ``role:NAME`` in the place of each such word, as a key of the file may have them."""
    found: set[str] = set()
    for one in granted:
        found |= of_role(one.removeprefix("role:")) if one.startswith("role:") else {one}
    return frozenset(found)
