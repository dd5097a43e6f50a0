"""The installation's database: its schema looked at, or made where there is none, then opened for keys and records.

It imports the heavy schema tools only when there is something to make and no process of its own made it. Called from
worker threads by ``serve``'s parts, and by the CLI.
"""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import Any

from torana.core.clock import Clock
from torana.ports.objects import ObjectRows
from torana.ports.policies import PolicyStore
from torana.ports.receipt import Receipt
from torana.ports.sink import Sink
from torana.ports.store import Keys
from torana.ports.tokens import Revocations
from torana.ports.tree import TreeRows
from torana.ports.vault import Reveals
from torana.stores import sql
from torana.stores.sql.cache_savings import Savings
from torana.stores.sql.objects import SqlObjects
from torana.stores.sql.policies import SqlPolicies
from torana.stores.sql.reveals import SqlReveals
from torana.stores.sql.revoked_tokens import SqlRevocations
from torana.stores.sql.tree import SqlTree
from torana.wiring import find
from torana.wiring.schema_making import Makers

_MAKING = Lock()
_MAKERS = Makers()


def prepare(url: str) -> None:
    """Make the schema in an empty database. Raises WrongSchema for another than ours, what the database raises.

    One thread at a time: whoever opens SQLite's file while another makes the tables is told at once that it is locked.
    """
    with _MAKING:
        _MAKERS.ended(url)
        if sql.check(url):
            return
        find.tool("stores.migrations.upgrade").upgrade(url)


def begin(url: str) -> None:
    """Begin to make the schema where there is none, in a process of its own; ``prepare`` waits for it.

    Raises WrongSchema for another than ours. A database that is away is none of its business: the data plane starts
    without. Nor is a system that gives no process: ``prepare`` does it all then.
    """
    try:
        if not sql.check(url):
            _MAKERS.begin(url)
    except sql.faults():
        return


def open_keys(url: str, clock: Clock) -> Keys:
    """The virtual keys of the database."""
    prepare(url)
    return sql.open(sql.Settings(url=url), clock)


def open_revocations(url: str) -> Revocations:
    """The list of revoked tokens in the database."""
    prepare(url)
    return SqlRevocations(url)


def open_policies(url: str) -> PolicyStore:
    """The policies of the database."""
    prepare(url)
    return SqlPolicies(url)


def open_objects(url: str) -> ObjectRows:
    """The stored objects of the database."""
    prepare(url)
    return SqlObjects(url)


def open_tree(url: str) -> TreeRows:
    """The tenants, departments and teams of the database."""
    prepare(url)
    return SqlTree(url)


def open_reveals(url: str) -> Reveals:
    """The list in the database of who looked up what tokens stand for."""
    prepare(url)
    return SqlReveals(url)


def has_schema(url: str) -> bool:
    """Whether there are tables to read. Raises what the database raises."""
    return sql.revision(url) is not None


def open_sink(url: str, time_zone: str, spool: str = "main", clock: Clock | None = None) -> Sink:
    """The sink that writes usage rows, roll-ups and what the cache saved; its days are those of ``time_zone``.

    With a ``clock`` it writes the audit trail of requests too.

    ``spool``: the name of the process's spool, under which its position is kept in a database that several share.
    """
    prepare(url)
    module = find.module("sinks", "database")
    # Imported here, in the sink's thread: what seals personal data costs a start 40 ms.
    trail = find.tool("wiring.audit_requests").RequestTrail(clock) if clock is not None else None
    also = Together((Savings(), trail) if trail is not None else (Savings(),))
    sink: Sink = module.open(module.Settings(url=url, time_zone=time_zone, spool=spool), sql.connect, also)
    return sink


class Together:
    """Several that write of the same Receipts in the sink's transaction, in this order."""

    def __init__(self, all_of: Sequence[Any]) -> None:
        self._all = all_of

    def __call__(self, connection: Any, batch: Sequence[Receipt], /) -> None:
        """Write all. Raises what the driver raises."""
        for one in self._all:
            one(connection, batch)

    def undone(self) -> None:
        """The transaction was undone."""
        for one in self._all:
            one.undone()
