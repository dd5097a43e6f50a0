"""How far somebody reaches: the SQL conditions choose exactly the rows that the rule covers, and no tenant sees another's."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from hypothesis import given
from hypothesis import strategies as st

from torana.control.permissions import OPERATOR, ROLES
from torana.control.principal import Principal, Reach
from torana.core.snapshot import KeyEntry
from torana.core.tickets import Caller

NAMES = st.sampled_from(["", "a", "b", "c"])
ROWS = st.lists(st.tuples(st.sampled_from(["t", "u"]), NAMES, NAMES, NAMES), max_size=30)
REACHES = st.builds(Reach, st.sampled_from(["t", "u"]), NAMES, NAMES, NAMES, st.booleans())


def chosen(reach: Reach, rows: list[tuple[str, str, str, str]]) -> list[tuple[str, str, str, str]]:
    """The rows that a query with its conditions finds."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE things (tenant, department, team, user_id)")
        connection.executemany("INSERT INTO things VALUES (?, ?, ?, ?)", rows)
        where, values = reach.where()
        found = connection.execute(f"SELECT * FROM things WHERE tenant = ?{where}", (reach.tenant, *values)).fetchall()
    return sorted(found)


@given(REACHES, ROWS)
def test_a_query_finds_what_is_covered_and_nothing_else(reach: Reach, rows: list[tuple[str, str, str, str]]) -> None:
    assert chosen(reach, rows) == sorted(row for row in rows if row[0] == reach.tenant and reach.covers(*row[1:]))


@given(st.sampled_from(["", *ROLES]), NAMES, NAMES, NAMES, ROWS)
def test_no_principal_finds_a_row_beyond_their_place(
    role: str, department: str, team: str, user: str, rows: list[tuple[str, str, str, str]]
) -> None:
    entry = KeyEntry("k", "k", "sk-", "t", department, team, user)
    principal = Principal(Caller("t", "k", entry, department, team, user), frozenset(), role)
    for tenant, *row in chosen(principal.reach, rows):
        assert tenant == "t"
        if role == "manager":
            assert (row[1] == team and team) or (row[0] == department and department)
        if role in ("user", "service"):
            assert row[2] == user
            assert user
        if role == "":
            assert all(own in ("", there) for own, there in zip((department, team, user), row, strict=True))


@given(NAMES, NAMES, NAMES)
def test_a_manager_of_nothing_and_a_user_of_no_name_reach_nobody(department: str, team: str, user: str) -> None:
    for role, place in (
        ("manager", (department, team, user)),
        ("user", (department, team, user)),
        (OPERATOR, ("", "", "")),
    ):
        entry = KeyEntry("k", "k", "sk-", "t", *place)
        principal = Principal(Caller("t", "k", entry, *place), frozenset(), role)
        placed = bool(place[2]) if role == "user" else bool(place[0] or place[1])
        assert principal.reach.covers(*place) == (placed and role != OPERATOR)
