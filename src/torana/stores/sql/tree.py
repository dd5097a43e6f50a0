"""The tree of tenants in the database: plain SQL that SQLite and PostgreSQL both take.

It makes no tables (``stores/migrations`` does) and changes no row (``control/people`` does). Called by ``wiring`` from
worker threads.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from torana.ports.tree import TREE_VERSION, TreeRow
from torana.stores.sql.one_connection import OneConnection
from torana.stores.sql.versions import version_of


class SqlTree:
    """Implements ``ports.tree.TreeRows``, for any thread."""

    def __init__(self, url: str) -> None:
        """Opens nothing yet. Raises ValueError for a URL of another database."""
        self._one = OneConnection(url)

    def version(self) -> int:
        """A number that grows with every change."""
        with self._one.lent() as connection:
            return version_of(connection, TREE_VERSION)

    def load(self) -> Sequence[TreeRow]:
        """All tenants, by id."""
        with self._one.lent() as connection:
            tenants = connection.execute("SELECT id, name, status FROM tenants").fetchall()
            departments = connection.execute("SELECT tenant, id, name FROM departments ORDER BY id").fetchall()
            teams = connection.execute("SELECT tenant, id, department FROM teams ORDER BY id").fetchall()
        named = {row[0]: (row[1], row[2]) for row in tenants}
        within: dict[str, list[tuple[str, str]]] = defaultdict(list)
        beneath: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for tenant, department, name in departments:
            within[tenant].append((department, name))
        for tenant, team, department in teams:
            beneath[tenant].append((team, department))
        return [
            TreeRow(one, *named.get(one, ("", "active")), tuple(within[one]), tuple(beneath[one]))
            for one in sorted({*named, *within, *beneath})
        ]

    def close(self) -> None:
        """Give up the kept connection; a later call opens another."""
        self._one.close()
