"""The stored tree: tenants with what is beneath them, on both databases."""

from __future__ import annotations

from contextlib import closing

from torana.control.people import queries
from torana.control.people.queries import TenantRow
from torana.ports.tree import TreeRow
from torana.stores.sql.several_connections import SeveralConnections
from torana.stores.sql.tree import SqlTree

NOW = 1_750_000_000.0


def test_tenants_are_loaded_with_departments_and_teams_and_every_change_is_counted(database_url: str) -> None:
    with closing(SqlTree(database_url)) as tree, closing(SeveralConnections(database_url)) as several:
        assert (tree.version(), list(tree.load())) == (0, [])
        with several.writing() as connection:
            queries.write_tenant(connection, TenantRow("globex", "Globex", "suspended"), NOW)
            assert queries.add_group(connection, "department", "acme", ("finance", "Finance", ""), NOW)
            assert queries.add_group(connection, "team", "acme", ("books", "Books", "finance"), NOW)
            assert not queries.add_group(connection, "team", "acme", ("books", "Again", ""), NOW)
        first = tree.version()
        assert first > 0
        assert list(tree.load()) == [
            TreeRow("acme", "", "active", (("finance", "Finance"),), (("books", "finance"),)),
            TreeRow("globex", "Globex", "suspended"),
        ]
        with several.writing() as connection:
            assert queries.drop_group(connection, "department", "acme", "finance")
        assert tree.version() > first
        assert next(iter(tree.load())) == TreeRow("acme", teams=(("books", ""),))
