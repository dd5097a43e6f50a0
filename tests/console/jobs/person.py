"""Somebody at a page: their visit, the company they work for, and a name for what they make."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from tests.console.company import HEAD, OWNER, ROLES, Company, address_of
from tests.console.visit import Visit
from torana.control.permissions import MANAGER, OPERATOR

PEOPLE = {OPERATOR: OWNER} | {role: address_of(role) for role in ROLES} | {"head": HEAD}
"""Who → their address: whoever runs the installation, everybody by role, and the manager of a whole department."""


class Person(NamedTuple):
    """Who does the job."""

    visit: Visit
    company: Company
    who: str
    """Of PEOPLE."""

    @property
    def role(self) -> str:
        """What permissions they have."""
        return role_of(self.who)

    @property
    def mark(self) -> str:
        """Names what they make: told apart by who they are and by the size of their screen."""
        return f"{self.who}-{self.visit.width}"


Do = Callable[[Person], None]


def role_of(who: str) -> str:
    """The role of somebody of PEOPLE."""
    return MANAGER if who == "head" else who
