"""Reads back how requests were judged: the verdicts and findings of a tenant's latest ones.

It shows no tenant the rows of another. Called with a connection of ``connections``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from torana.stores.sql.connections import Connection
from torana.stores.sql.usage_queries import LARGEST_PAGE, Place, Window, requests, texts_of

FOREVER_S = 1 << 40
MOST_LOOKED_AT = 20

_FINDINGS = (
    "SELECT f.at_ms, f.receipt_id, f.request_id, d.findings, f.department, f.team, f.user_id, f.key_id, f.model, f.policy"
    " FROM usage_details AS d JOIN usage_facts AS f ON f.receipt_id = d.receipt_id AND f.at_ms = d.at_ms"
    " WHERE d.findings <> '[]' AND f.tenant = (SELECT id FROM names WHERE text = ?)"
    " AND d.at_ms <= ? AND (d.at_ms, d.receipt_id) < (?, ?) ORDER BY d.at_ms DESC, d.receipt_id DESC LIMIT ?"
)


class Judged(NamedTuple):
    """One request: its columns by name, and what guardrails said of it."""

    row: Mapping[str, Any]
    verdicts: Sequence[str] = ()
    findings: Sequence[Mapping[str, Any]] = ()


def latest(connection: Connection, tenant: str, most: int) -> list[Judged]:
    """The tenant's latest requests, the newest first."""
    found: list[Judged] = []
    window = Window(tenant, 0, FOREVER_S)
    after: Place | None = None
    while len(found) < most:
        page, after = requests(connection, window, after, min(LARGEST_PAGE, most - len(found)))
        details = _details(connection, [(row["receipt_id"], row["at_ms"]) for row in page])
        found += [Judged(row, *details.get(row["receipt_id"], ((), ()))) for row in page]
        if after is None:
            break
    return found


def _details(connection: Connection, places: Sequence[tuple[str, int]]) -> dict[str, tuple[list[Any], list[Any]]]:
    found: dict[str, tuple[list[Any], list[Any]]] = {}
    for start in range(0, len(places), LARGEST_PAGE // 2):
        part = places[start : start + LARGEST_PAGE // 2]
        marks = ", ".join("?" * len(part))
        times = [at_ms for _, at_ms in part]
        rows = connection.execute(
            "SELECT receipt_id, verdicts, findings FROM usage_details"  # noqa: S608 - question marks
            f" WHERE at_ms BETWEEN ? AND ? AND receipt_id IN ({marks})",
            (min(times), max(times), *(receipt_id for receipt_id, _ in part)),
        ).fetchall()
        found.update((row[0], (json.loads(row[1]), json.loads(row[2] or "[]"))) for row in rows)
    return found


def findings(
    connection: Connection, tenant: str, limit: int, after: Place | None, where: Mapping[str, str]
) -> tuple[list[dict[str, Any]], Place | None]:
    """A page of findings, whole requests, the newest first: at least ``limit`` of them where there are.

    ``where``: ``guardrail`` (its id) and ``kind``. The Place is where the next page goes on; None: there is none.
    """
    found: list[dict[str, Any]] = []
    for _ in range(MOST_LOOKED_AT):
        rows = _with_findings(connection, tenant, after)
        names = texts_of(connection, {number for row in rows for number in row[4:]})
        for row in rows:
            told = dict(
                zip(("department", "team", "user", "key_id", "model", "policy"), map(names.get, row[4:]), strict=True)
            )
            own = {"at_ms": int(row[0]), "request_id": row[2], **told}
            found += [{**own, **one} for one in json.loads(row[3]) if _wanted(one, where)]
            after = Place(int(row[0]), row[1])
            if len(found) >= limit:
                return found, after
        if len(rows) < LARGEST_PAGE:
            return found, None
    return found, after


def _with_findings(connection: Connection, tenant: str, after: Place | None) -> list[Any]:
    before = Place(FOREVER_S * 1000, "") if after is None else after
    values = (tenant, before.at_ms, before.at_ms, before.receipt_id, LARGEST_PAGE)
    rows: list[Any] = connection.execute(_FINDINGS, values).fetchall()
    return rows


def _wanted(one: Mapping[str, Any], where: Mapping[str, str]) -> bool:
    guardrail, kind = where.get("guardrail"), where.get("kind")
    named = str(one.get("guardrail", "")).partition("@")[0]
    return (guardrail is None or named == guardrail) and (kind is None or one.get("kind") == kind)
