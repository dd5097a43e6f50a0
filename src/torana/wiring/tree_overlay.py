"""Lays the tree of the database over that of the configuration: what both have is joined, neither hides the other.

It reads no database. Called by ``live``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from torana.ports.tree import TreeRow
from torana.wiring.settings import Settings
from torana.wiring.settings_people import Department, Tenant


def with_tree(settings: Settings, rows: Iterable[TreeRow]) -> Settings:
    """The settings with these tenants, departments and teams among their own.

    A team keeps the department that the configuration gives it.
    """
    stored = {row.tenant: row for row in rows}
    if not stored:
        return settings
    known = {one.id for one in settings.tenants}
    joined = [_joined(one, stored[one.id]) if one.id in stored else one for one in settings.tenants]
    made = [_joined(Tenant(id=name), row) for name, row in stored.items() if name not in known]
    return msgspec.structs.replace(settings, tenants=(*joined, *made))


def both_trees(old: Sequence[TreeRow], new: Sequence[TreeRow]) -> list[TreeRow]:
    """The new tree with what only the old one has: for when something still points there."""
    found = {row.tenant: row for row in old}
    for row in new:
        before = found.get(row.tenant, row)
        departments = {**dict(before.departments), **dict(row.departments)}
        teams = {**dict(before.teams), **dict(row.teams)}
        found[row.tenant] = row._replace(departments=tuple(departments.items()), teams=tuple(teams.items()))
    return list(found.values())


def without(rows: Iterable[TreeRow], tenant: str, kind: str, group: str) -> list[TreeRow]:
    """The tree without a ``department`` or a ``team`` of the tenant; with no kind, without the tenant."""
    found: list[TreeRow] = []
    for row in rows:
        if row.tenant != tenant:
            found.append(row)
        elif kind == "team":
            found.append(row._replace(teams=tuple(one for one in row.teams if one[0] != group)))
        elif kind == "department":
            teams = tuple((team, "" if home == group else home) for team, home in row.teams)
            left = tuple(one for one in row.departments if one[0] != group)
            found.append(row._replace(departments=left, teams=teams))
    return found


def _joined(tenant: Tenant, row: TreeRow) -> Tenant:
    homes = {team: one.id for one in tenant.departments for team in one.teams} | dict.fromkeys(tenant.teams, "")
    own = {one.id: one for one in tenant.departments}
    names = {one: Department(id=one, name=name) for one, name in row.departments}
    teams = {**dict(row.teams), **homes}
    beside = tuple(team for team, home in teams.items() if home not in {**names, **own})
    departments = tuple(
        msgspec.structs.replace(one, teams=tuple(team for team, home in teams.items() if home == name))
        for name, one in {**names, **own}.items()
    )
    return msgspec.structs.replace(
        tenant,
        name=tenant.name or row.name,
        departments=departments,
        teams=beside,
        status="suspended" if "suspended" in (tenant.status, row.status) else "active",
    )
