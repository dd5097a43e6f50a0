"""Which tenants have rows in a table of usage, as SQL to put into a statement: a step along the key for each, not a look at every row.

What is kept by tenant and time is found by time alone so, without an index that every row would have to be written to. Used by
the statements of ``stores/sql``.
"""

from __future__ import annotations

from functools import cache

from torana.ports.database import Connection


@cache
def tenants_of(table: str) -> str:
    """A query for the numbers of the tenants; the table's first index begins with ``tenant``."""
    return (
        f"WITH RECURSIVE step (tenant) AS (SELECT MIN(tenant) FROM {table} UNION ALL "  # noqa: S608 - our own names
        f"SELECT (SELECT MIN(tenant) FROM {table} WHERE tenant > step.tenant) FROM step WHERE step.tenant IS NOT NULL) "
        "SELECT tenant FROM step WHERE tenant IS NOT NULL"
    )


def tenants_named(connection: Connection, table: str) -> list[str]:
    """Their names, in order."""
    named = f"SELECT text FROM names WHERE id IN ({tenants_of(table)}) ORDER BY text"  # noqa: S608 - our own names
    return [str(row[0]) for row in connection.execute(named).fetchall()]
