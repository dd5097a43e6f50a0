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
    # system
    f"POST {_A}/config/reload": ("config.reload",),
    f"GET {_A}/config": ("system.read",),
    f"GET {_A}/features/status": ("system.read", "features.read"),
    f"GET {_A}/system/info": ("system.read",),
    # routing
    f"POST {_A}/routing/explain": ("routing.read",),
    # tokens
    f"POST {_A}/tokens/revoke": ("tokens.revoke",),
    # guardrails
    f"GET {_A}/guardrails": ("policies.read",),
    f"GET {_A}/guardrails/policies": ("policies.read",),
    f"GET {_A}/guardrails/bfsi": ("policies.read",),
    f"POST {_A}/guardrails/test": ("policies.read",),
    f"GET {_A}/guardrails/findings": ("policies.read",),
    f"POST {_A}/guardrails/reveal": ("guardrails.reveal",),
    f"GET {_A}/guardrails/reveals": ("guardrails.reveal",),
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
