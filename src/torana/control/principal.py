"""Who asks the control plane: a person who is signed in, a key, or the bearer of a token, and how far they reach.

It decides no route (``permissions`` does). Issued by ``admission``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from torana.control.permissions import ADMIN, AUDITOR, MANAGER, SERVICE, USER, VIEWER
from torana.core.errors import GatewayError
from torana.core.tickets import Caller

WHOLE_TENANT = frozenset({ADMIN, AUDITOR, VIEWER, ""})
"""Roles that see all of their tenant; so does a key without a role, unless it belongs to a department, a team or a user."""


class Reach(NamedTuple):
    """Whose rows somebody sees: those of the tenant, and of them only those with these names, where there are any."""

    tenant: str
    department: str = ""
    team: str = ""
    user: str = ""
    nobody: bool = False
    """A manager of nothing."""

    @property
    def names(self) -> dict[str, str]:
        """What rows must have: dimension → name."""
        found = {"department": self.department, "team": self.team, "user": self.user}
        return {name: value for name, value in found.items() if value}

    def covers(self, department: str = "", team: str = "", user: str = "") -> bool:
        """Whether a row with these names is within it."""
        row = {"department": department, "team": team, "user": user}
        return not self.nobody and all(row[name] == value for name, value in self.names.items())

    def where(self, department: str = "department", team: str = "team", user: str = "user_id") -> tuple[str, list[str]]:
        """Conditions for SQL, beginning with `` AND`` (none: empty), and their values. The arguments name the columns.

        The tenant is not among them: every query names it by itself.
        """
        if self.nobody:
            return " AND 1 = 0", []
        columns = {"department": department, "team": team, "user": user}
        names = self.names
        return "".join(f" AND {columns[name]} = ?" for name in names), list(names.values())


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks."""

    caller: Caller
    permissions: frozenset[str]
    role: str = ""
    """One of ROLES; empty for a key with permissions of its own."""
    name: str = ""
    """For people: an e-mail address, or the name of the key."""
    session: str = ""
    """The id of the session of whoever signed in; empty for keys and tokens."""
    operator: bool = False

    @property
    def tenant(self) -> str:
        """Whose rows are touched: never taken from a body."""
        return self.caller.tenant

    @property
    def user(self) -> str:
        """The id of the user; empty for a key of nobody in particular."""
        return self.caller.user

    @property
    def label(self) -> str:
        """Who it is in records: ``user:ID`` or ``key:ID``."""
        return f"user:{self.user}" if self.session else f"key:{self.caller.key_id}"

    @property
    def reach(self) -> Reach:
        """Whose rows are seen and changed."""
        caller = self.caller
        if self.operator or (self.role in WHOLE_TENANT and not self._narrow):
            return Reach(caller.tenant)
        if not self.role:
            return Reach(caller.tenant, caller.department, caller.team, caller.user)
        if self.role == MANAGER:
            if caller.department and not caller.team:
                return Reach(caller.tenant, department=caller.department)
            return Reach(caller.tenant, team=caller.team, nobody=not caller.team)
        if self.role in (USER, SERVICE) and caller.user:
            return Reach(caller.tenant, user=caller.user)
        return Reach(caller.tenant, nobody=True)

    @property
    def _narrow(self) -> bool:
        """Whether it is a key with permissions of its own that belongs to a department, a team or a user: it sees no more than these."""
        return not self.role and bool(self.caller.department or self.caller.team or self.caller.user)

    def may(self, *permissions: str) -> bool:
        """Whether one of these is theirs."""
        return not self.permissions.isdisjoint(permissions)

    def demand(self, permission: str) -> None:
        """Raise GatewayError PERMISSION_DENIED when it is not theirs."""
        if permission not in self.permissions:
            raise denied((permission,), self)


def denied(permissions: tuple[str, ...], principal: Principal) -> GatewayError:
    """The refusal of whoever has none of these."""
    wanted = " or ".join(map(repr, permissions))
    who = f"the role {principal.role!r}" if principal.role else f"the key {principal.caller.key.prefix}"
    return GatewayError(
        "PERMISSION_DENIED",
        f"This needs the permission {wanted}, which {who} does not have.",
        details={"permission": permissions[0]},
    )
