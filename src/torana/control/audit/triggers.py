"""What guardrails found, as entries beside those of the audit trail: one for each request in which they found something.

It writes nothing: requests have a chain of their own. Work for ``ports.database.Database``; called by the audit routes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from heapq import merge
from itertools import islice
from operator import itemgetter
from typing import Any, NamedTuple

from torana.control.audit.queries import Wanted
from torana.control.audit.queries import page as entries_page
from torana.control.cursors import after_id, no_cursor
from torana.ports.database import Connection

NEWEST_MS = 1 << 50
GRAVEST = ("block", "redact", "mask", "tokenise")
"""What a finding leads to, the gravest first; what is none of them was let pass."""
PLACE = re.compile(r"([0-9]{1,15})-([A-Za-z0-9_-]{1,64})")
_NAME = "(SELECT text FROM names WHERE id = f.{})"
_ALL = (
    "SELECT f.at_ms, f.receipt_id, f.request_id, d.findings, "  # noqa: S608 - our own names
    + ", ".join(_NAME.format(one) for one in ("user_id", "key_id", "model", "policy", "address"))
    + " FROM usage_details AS d JOIN usage_facts AS f ON f.receipt_id = d.receipt_id AND f.at_ms = d.at_ms"
    " WHERE d.findings <> '[]' AND f.tenant = (SELECT id FROM names WHERE text = ?) AND d.at_ms >= ? AND d.at_ms <= ?"
)
_NEWEST = f"{_ALL} AND (d.at_ms, d.receipt_id) < (?, ?) ORDER BY d.at_ms DESC, d.receipt_id DESC LIMIT ?"
_OLDEST = f"{_ALL} AND (d.at_ms, d.receipt_id) > (?, ?) ORDER BY d.at_ms, d.receipt_id LIMIT ?"


class After(NamedTuple):
    """Where a page goes on: after an entry of the trail, and after a request; empty: from the newest on."""

    entry: str = ""
    request: str = ""

    def __str__(self) -> str:
        return f"{self.entry}.{self.request}"


def read_cursor(cursor: str) -> After:
    """The places that a cursor names. Raises GatewayError REQUEST_INVALID."""
    entry, _, request = cursor.partition(".")
    if request and PLACE.fullmatch(request) is None:
        raise no_cursor()
    return After(after_id(entry), request)


def page(connection: Connection, wanted: Wanted, after: After, limit: int) -> tuple[list[dict[str, Any]], After]:
    """Entries and what guardrails found, the newest first, and where the next page goes on."""
    sources = (entries_page(connection, wanted, after.entry, limit), found(connection, wanted, after.request, limit))
    rows = list(islice(merge(*sources, key=itemgetter("at"), reverse=True), limit))
    for row in rows:
        place = row.pop("place", "")
        after = after._replace(request=place) if place else after._replace(entry=row["id"])
    return rows, after


def found(connection: Connection, wanted: Wanted, after: str, limit: int) -> list[dict[str, Any]]:
    """Requests in which something was found, as entries with their ``place``."""
    match = PLACE.fullmatch(after)
    last = (int(match[1]), match[2]) if match else (NEWEST_MS, "")
    since_ms, until_ms = int(wanted.since * 1000), min(int(wanted.until * 1000) - 1, last[0])
    values = (wanted.tenant, since_ms, until_ms, *last, limit)
    return [_entry(row) for row in connection.execute(_NEWEST, values).fetchall()]


def piece(connection: Connection, wanted: Wanted, after: str, limit: int) -> list[dict[str, Any]]:
    """The same, oldest first."""
    match = PLACE.fullmatch(after)
    last = (int(match[1]), match[2]) if match else (int(wanted.since * 1000), "")
    values = (wanted.tenant, last[0], int(wanted.until * 1000) - 1, *last, limit)
    return [_entry(row) for row in connection.execute(_OLDEST, values).fetchall()]


def _entry(row: Sequence[Any]) -> dict[str, Any]:
    at_ms, receipt_id, request_id, findings, user, key, model, policy, address = row
    told = [
        {name: one.get(name) for name in ("guardrail", "kind", "side", "path", "digest", "does")}
        for one in json.loads(findings)
    ]
    does = next((one for one in GRAVEST if any(each["does"] == one for each in told)), told[0]["does"] or "flag")
    return {
        "id": receipt_id, "at": at_ms / 1000, "kind": "guardrail", "action": f"guardrail.{does}",
        "outcome": "denied" if does == "block" else "ok", "actor": f"user:{user}" if user else f"key:{key}",
        "actor_name": "", "actor_role": "", "target": f"model:{model}", "address": address or "", "request_id": request_id,
        "details": {"policy": policy, "findings": told}, "place": f"{at_ms}-{receipt_id}",
    }  # fmt: skip
