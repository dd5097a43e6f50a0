"""What the control plane asks of the database: a connection for one piece of work at a time.

SQL is plain, with question marks, and runs on SQLite and PostgreSQL alike. Implemented by ``stores/sql``, given by
``wiring``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

Values = ParamSpec("Values")
Found = TypeVar("Found")


class Connection(Protocol):
    """What a piece of work is given. Blocking: it runs in a worker thread."""

    def execute(self, sql: str, parameters: Sequence[Any] = ..., /) -> Any:
        """A cursor, with ``fetchone``, ``fetchall`` and ``rowcount``."""
        ...


class Database(Protocol):
    """The installation's database."""

    async def read(
        self, work: Callable[Concatenate[Connection, Values], Found], *values: Values.args, **named: Values.kwargs
    ) -> Found:
        """What ``work`` finds; all its reads are of one moment. Raises GatewayError OVERLOADED when the database is away."""
        ...

    async def write(
        self, work: Callable[Concatenate[Connection, Values], Found], *values: Values.args, **named: Values.kwargs
    ) -> Found:
        """What ``work`` gives, in one transaction: kept when it returns, undone when it raises. Raises as ``read``."""
        ...


GROW = (
    "INSERT INTO versions (name, version) VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET version = versions.version + 1"
)


def grow(connection: Connection, name: str) -> None:
    """There is a change of what ``name`` stands for: whoever follows it reads it again within a second."""
    connection.execute(GROW, (name,))
