"""People of an installation without a running gateway: made and changed as the admin routes do, with the audit trail.

It serves nothing; gateways that run take what it writes within a second. Called by the command line.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from typing import NamedTuple

from torana.control.audit.entries import Actor, Entry
from torana.control.auth.one_time import LIFE_S, RESET, OneTime, give, new_token
from torana.control.auth.passwords import HASHER, demand_good
from torana.control.auth.people_rows import (
    ACTIVE,
    BY_PROVIDER,
    INVITED,
    PERSON,
    Person,
    anybody,
    by_email,
    one_at_a_time,
    one_change_of_people,
    takes_passwords,
)
from torana.control.people import user_queries as queries
from torana.control.people.rights import conflict, home_in
from torana.control.people.user_changes import add, keep
from torana.control.people.user_queries import User
from torana.control.people_desk import Letter, Place
from torana.control.principal import Reach
from torana.core.clock import Clock
from torana.core.errors import GatewayError
from torana.core.ids import id_maker
from torana.core.secret import Secret
from torana.ports.database import Connection, Found
from torana.stores import sql
from torana.wiring.auditing import Auditing
from torana.wiring.database import prepare

PAGE = 500
BY = "torana users"
"""The actor's name in the trail."""


class UserDesk(NamedTuple):
    """What the work needs."""

    url: str
    """Of the database."""
    places: Mapping[str, Place]
    """Tenant → what it is now."""
    digest: Callable[[str], bytes]
    clock: Clock
    trail: Auditing


class NewPerson(NamedTuple):
    """Somebody who shall be made. ``password`` None: they choose one by a link."""

    email: str
    role: str
    name: str = ""
    department: str = ""
    team: str = ""
    password: Secret | None = None
    operator: bool = False
    """Whether they run the installation besides."""


class Made(NamedTuple):
    """Who was made, and how they come in."""

    person: Person
    letter: Letter | None
    """None for whoever was given a password."""
    first: bool
    """Whether nobody had registered before."""


def people(url: str, tenant: str, status: str) -> list[User]:
    """The people of a tenant in the order of their making; an empty status: of every one. None where there are no tables."""
    columns = {"kind": PERSON, **({"status": status} if status else {})}
    found: list[User] = []
    if not sql.check(url):
        return found
    with closing(sql.connect(url)) as connection:
        connection.at_one_moment()
        last = ""
        while True:
            rows = queries.page(connection, Reach(tenant), columns, "", (last, PAGE))
            found += rows
            if len(rows) < PAGE:
                return found
            last = rows[-1].id


def create(desk: UserDesk, tenant: str, wanted: NewPerson) -> Made:
    """Make somebody active. Raises GatewayError CONFLICT for an address that is taken, REQUEST_INVALID for a bad password or place."""
    home = home_in(desk.places[tenant], wanted.department, wanted.team)
    hashed = ""
    if wanted.password is not None:
        demand_good(wanted.password.reveal(), wanted.email, dev=False)
        hashed = HASHER.hash(wanted.password.reveal())
    now = desk.clock.now()
    person = Person(
        tenant, id_maker("usr_", desk.clock.now)(), wanted.email, wanted.name or wanted.email.partition("@")[0], PERSON,
        wanted.role, ACTIVE, hashed, home.department, home.team, int(wanted.operator), None, 1,
    )  # fmt: skip
    row, letter = (None, None) if hashed else _leave(desk, person)

    def work(connection: Connection) -> Made:
        one_change_of_people(connection)
        demand_takes(connection, person)
        one_at_a_time(connection)  # whoever registers at this moment waits, and is told that somebody is here
        first = not anybody(connection)
        add(connection, person, {}, now)
        if row is not None:
            give(connection, row)
        return Made(person, letter, first)

    told = {"kind": PERSON, "role": wanted.role, "team": home.team, "operator": wanted.operator}
    return _written(desk, tenant, Entry("admin", "users.create", f"user:{person.id}", told), work)


def change(
    desk: UserDesk, tenant: str, email: str, *, role: str = "", status: str = "", operator: bool | None = None
) -> User:
    """Give somebody another role or status, or let them operate the installation (None: as it was); the user as they were before.

    Raises GatewayError NOT_FOUND, and CONFLICT for the last administrator and for whoever has not come yet.
    """
    found = _found(desk, tenant, email)
    if status and found.status == INVITED:
        raise conflict("They have not come yet: the invitation can be taken back in the console.")
    told: dict[str, object] = {
        "fields": ["role" if role else "status"],
        "role": role or found.role,
        "status": status or found.status,
    }
    if operator is not None:
        told["operator"] = operator

    def work(connection: Connection) -> User:
        one_change_of_people(connection)
        current = queries.one(connection, Reach(tenant), found.id)
        if current is None or current.version != found.version:
            raise conflict("Somebody changed them at the same moment. Nothing was changed. Try again.")
        after = current._replace(role=role or current.role, status=status or current.status)
        keep(connection, current, after, desk.clock.now())
        if operator is not None:
            queries.set_operator(connection, tenant, current.id, operator)
        return current

    return _written(desk, tenant, Entry("admin", "users.update", f"user:{found.id}", told), work)


def give_reset(desk: UserDesk, tenant: str, email: str) -> Letter:
    """Leave to choose a new password; links given before count no more. Raises GatewayError NOT_FOUND, CONFLICT."""
    found = _found(desk, tenant, email)
    if found.status != ACTIVE:
        remedy = "`torana users activate` lets them in again" if found.status != INVITED else "their invitation waits"
        raise conflict(f"{found.email} is {found.status}, and only somebody active has a password: {remedy}.")
    row, letter = _leave(desk, found)

    def work(connection: Connection) -> None:
        demand_takes(connection, found)
        give(connection, row)

    _written(desk, tenant, Entry("sign_in", "auth.password.forgot", f"user:{found.id}"), work)
    return letter


def demand_takes(connection: Connection, person: Person | User) -> None:
    """Raise GatewayError CONFLICT where a password would let them in nowhere."""
    if not takes_passwords(connection, person):
        raise conflict(f"{BY_PROVIDER} But for operators: --operator makes one.")


def _leave(desk: UserDesk, person: Person | User) -> tuple[OneTime, Letter]:
    text, now = new_token(), desk.clock.now()
    row = OneTime(
        desk.digest(text).hex(), RESET, person.tenant, person.id, person.email, "system", now, now + LIFE_S[RESET]
    )
    name = desk.places[person.tenant].name or person.tenant
    return row, Letter(person.email, RESET, Secret(text), row.expires_at, name)


def _found(desk: UserDesk, tenant: str, email: str) -> User:
    """The person. Raises GatewayError NOT_FOUND."""
    if sql.check(desk.url):
        with closing(sql.connect(desk.url)) as connection:
            connection.at_one_moment()
            for one in by_email(connection, email, tenant):
                user = queries.one(connection, Reach(tenant), one.id)
                if user is not None:
                    return user
    message = (
        f"There is nobody with the address {email} in {tenant}; `torana users list --tenant {tenant}` says who is."
    )
    raise GatewayError("NOT_FOUND", message)


def _written(desk: UserDesk, tenant: str, entry: Entry, work: Callable[[Connection], Found]) -> Found:
    """What ``work`` gives; it and the entry are kept together or not at all."""
    prepare(desk.url)
    with closing(sql.connect(desk.url)) as connection, connection:
        found = work(connection)
        desk.trail.append(connection, Actor(tenant, "system", BY), entry)
    return found
