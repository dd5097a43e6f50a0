"""Writing stored objects: judged with all others, kept with its entry in the audit trail, in force before it is answered.

It decides nobody's rights. Called by the rooms of objects and by approvals.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from fastapi import Request

from torana.control.audit.entries import Entry
from torana.control.changes import change, office_of
from torana.control.objects.book import Draft
from torana.control.objects.queries import Moved, write
from torana.core.errors import GatewayError
from torana.ports.database import Connection
from torana.ports.objects import StoredObject

TRIES = 8
"""So often others may write at the same time."""
Before = Callable[[Connection], None]


def nothing(connection: Connection) -> None:
    """There is nothing to do in the same transaction."""


async def keep(
    request: Request, drafts: Sequence[Draft], action: str, before: Before = nothing
) -> Sequence[StoredObject]:
    """Keep the changes, all or none; those that change nothing are not among what is given back.

    ``before``: done in the same transaction, first. Raises GatewayError as the judgement does.
    """
    office = office_of(request)
    for _ in range(TRIES):
        judged = await office.objects.judged(drafts)
        rows = [row._replace(written_at=office.now()) for row in judged.rows]
        if not rows and before is nothing:
            return []
        try:
            await change(request, _entry(action, drafts, rows), _kept, before, rows, judged.counted)
        except Moved:
            continue
        await office.objects.look()
        return rows
    raise GatewayError("OVERLOADED", "Others write all the time. Nothing was changed. Try again.", retry_after_s=1)


def _kept(connection: Connection, before: Before, rows: Sequence[StoredObject], counted: int) -> None:
    before(connection)
    if rows:
        write(connection, rows, counted)


def _entry(action: str, drafts: Sequence[Draft], rows: Sequence[StoredObject]) -> Entry:
    """What is told of it: which objects and which fields, never a document, for secrets may be in it."""
    first = drafts[0]
    target = f"{first.kind}:{first.name}" if len(drafts) == 1 else f"objects:{len(drafts)}"
    details: dict[str, Any] = {
        "objects": [
            {"kind": one.kind, "name": one.name, "tenant": one.tenant, "version": one.version,
             "fields": sorted(one.document) if one.document is not None else None}
            for one in rows[:100]
        ]
    }  # fmt: skip
    return Entry("config", action, target, details)
