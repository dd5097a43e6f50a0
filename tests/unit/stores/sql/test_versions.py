"""The number of a table begins at nothing, grows by each change, and not with a change that was undone."""

from __future__ import annotations

from contextlib import closing

from torana.stores import sql
from torana.stores.sql.versions import grow, version_of


def test_each_change_grows_its_own_number(database_url: str) -> None:
    with closing(sql.connect(database_url)) as connection:
        assert version_of(connection, "a") == 0
        grow(connection, "a")
        grow(connection, "a")
        grow(connection, "b")
        connection.commit()
        assert (version_of(connection, "a"), version_of(connection, "b")) == (2, 1)
        grow(connection, "a")
        connection.rollback()
        assert version_of(connection, "a") == 2
