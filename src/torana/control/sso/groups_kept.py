"""Brings role and teams of somebody to what their groups say, within the transaction of whoever learned of it.

It never takes the last administrator of a tenant their role, nor changes an operator. Called when somebody comes in, and
when SCIM groups change.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from torana.control.auth.people_rows import Person, by_id
from torana.control.people.queries import drop_member, put_member
from torana.control.people.user_queries import end_tokens, keys_changed, other_admins
from torana.control.people_desk import Place
from torana.control.permissions import ADMIN
from torana.control.sso import queries
from torana.control.sso.claims import Standing, standing
from torana.control.sso.shapes import SsoAsk
from torana.ports.database import Connection


class Kept(NamedTuple):
    """What changed."""

    role: str = ""
    teams: tuple[str, ...] = ()
    changed: bool = False


def keep(connection: Connection, person: Person, wanted: Standing, place: Place, now: float) -> Kept:
    """Give the person this role and these teams; of teams that nobody governs nothing is changed."""
    if person.operator:
        return Kept(person.role)
    role = wanted.role or person.role
    if person.role == ADMIN != role and not other_admins(connection, person.tenant, person.id):
        role = ADMIN  # as it was: somebody must be left who can mend it
    teams = tuple(one for one in wanted.teams if one in place.teams)
    _members(connection, person, teams, wanted.governed, now)
    now_is = by_id(connection, person.tenant, person.id) or person
    main = now_is.team if now_is.team in teams or not teams else teams[0]
    department = place.teams.get(main, "") or (now_is.department if not teams else "")
    if (role, department, main) != (now_is.role, now_is.department, now_is.team):
        connection.execute(
            "UPDATE users SET role = ?, department = ?, team = ?, updated_at = ?, version = version + 1"
            " WHERE tenant = ? AND id = ?",
            (role, department, main, now, person.tenant, person.id),
        )
    changed = (role, department, main) != (person.role, person.department, person.team)
    if changed:
        keys_changed(connection)
        end_tokens(connection, person.tenant, person.id, now)
    return Kept(role, teams, changed)


def _members(
    connection: Connection, person: Person, teams: tuple[str, ...], governed: frozenset[str], now: float
) -> None:
    rows = connection.execute(
        "SELECT group_id FROM members WHERE tenant = ? AND kind = 'team' AND user_id = ?", (person.tenant, person.id)
    ).fetchall()
    there = {row[0] for row in rows} | ({person.team} if person.team else set())
    for team in sorted((there & governed) - set(teams)):
        drop_member(connection, "team", (person.tenant, team, person.id), now)
    for team in teams:
        if team not in there:
            put_member(connection, "team", (person.tenant, team, person.id), "member", now)


def keep_by_scim(
    connection: Connection, tenant: str, user_ids: set[str], places: Mapping[str, Place], now: float
) -> None:
    """After a change of SCIM groups: what the role maps of the tenant's enabled providers say of these people."""
    asks = [SsoAsk.model_validate(one.document) for one in queries.providers(connection, tenant) if one.enabled]
    rows = [row for ask in asks for row in ask.role_map]
    place = places.get(tenant)
    if not rows or place is None:
        return
    otherwise = asks[0].otherwise
    for user in sorted(user_ids):
        person = by_id(connection, tenant, user)
        if person is not None:
            groups = queries.groups_of(connection, tenant, user)
            keep(connection, person, standing(rows, groups, otherwise=otherwise), place, now)
