"""What comes with a change of a user, within the transaction it is given: sessions and tokens end, keys are read again.

It decides nothing about who may. Called by the user routes and by the command line.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torana.control.auth.one_time import RESET, withdraw
from torana.control.auth.people_rows import (
    ACTIVE,
    PERSON,
    SUSPENDED,
    Ending,
    Person,
    add_user,
    end_sessions,
    one_change_of_people,
)
from torana.control.people import user_queries as queries
from torana.control.people.rights import conflict
from torana.control.people.user_queries import User
from torana.control.permissions import ADMIN
from torana.ports.database import Connection


def add(connection: Connection, person: Person, attributes: Mapping[str, Any], now: float) -> None:
    """Keep a new user. Raises GatewayError CONFLICT for an address that is taken."""
    one_change_of_people(connection)
    demand_free(connection, person.tenant, person.email)
    add_user(connection, person, now)
    queries.set_attributes(connection, person.tenant, person.id, attributes)


def keep(connection: Connection, current: User, after: User, now: float) -> None:
    """Keep a user as ``after``. Raises GatewayError CONFLICT for an address that is taken and for the last administrator."""
    if after.email != current.email:
        demand_free(connection, after.tenant, after.email, after.id)
        withdraw(connection, RESET, after.tenant, after.id)  # what went to the old address is for nobody
    demand_admin_left(connection, current, stays=after.role == ADMIN and after.status == ACTIVE)
    queries.rewrite(connection, after, now)
    if after.status != current.status:
        queries.keys_changed(connection)
    if after.status == SUSPENDED:
        end_sessions(connection, after.tenant, after.id, Ending(now, "suspended"))
    elif (after.role, after.department, after.team) != (current.role, current.department, current.team):
        queries.end_tokens(connection, after.tenant, after.id, now)


def demand_free(connection: Connection, tenant: str, email: str, but: str = "") -> None:
    """Raise GatewayError CONFLICT when somebody else of the tenant has the address."""
    if queries.is_taken(connection, tenant, email, but):
        raise conflict("Somebody with this address is in the tenant already.")


def demand_admin_left(connection: Connection, current: User, *, stays: bool) -> None:
    """Raise GatewayError CONFLICT when the tenant would have no administrator any more."""
    is_one = current.role == ADMIN and current.status == ACTIVE and current.kind == PERSON
    if is_one and not stays and not queries.other_admins(connection, current.tenant, current.id):
        raise conflict("The tenant would have no administrator any more.")
