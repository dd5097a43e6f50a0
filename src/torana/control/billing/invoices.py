"""Invoices and credit notes: drafts, gapless numbers, issuing once, what remains of one after its credit notes.

The database refuses to change what was issued. SQL that SQLite and PostgreSQL both take; called in one transaction with the
entry of the audit trail.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, NamedTuple

from torana.core.errors import GatewayError
from torana.ports.database import Connection

INVOICE, CREDIT = "invoice", "credit_note"
DRAFTS, ISSUED = "billing_drafts", "billing_invoices"

_DRAFT = "kind, currency, since, until, total_nano, document, made_at, made_by"
_ISSUED = f"{_DRAFT}, fiscal_year, sequence, number, of_invoice, digest, issued_at, issued_by"
_NEXT = (
    "INSERT INTO billing_numbers (tenant, kind, fiscal_year, last) VALUES (?, ?, ?, 1) "
    "ON CONFLICT (tenant, kind, fiscal_year) DO UPDATE SET last = billing_numbers.last + 1 RETURNING last"
)

_TAKEN = "SELECT 1 FROM billing_invoices WHERE tenant = ? AND number = ?"


class Draft(NamedTuple):
    """An invoice or credit note that has no number yet."""

    tenant: str
    id: str
    kind: str
    currency: str
    since: int
    until: int
    total_nano: int
    document: Mapping[str, Any]
    made_at: float
    made_by: str


class Invoice(NamedTuple):
    """One that is kept; without a number it is a draft."""

    id: str
    kind: str
    currency: str
    since: int
    until: int
    total_nano: int
    document: Mapping[str, Any]
    made_at: float
    made_by: str
    fiscal_year: str = ""
    sequence: int = 0
    number: str = ""
    of_invoice: str = ""
    digest: str = ""
    issued_at: float = 0.0
    issued_by: str = ""
    intact: bool = True
    """Whether the document still has its digest."""

    @property
    def status(self) -> str:
        """``draft`` or ``issued``."""
        return "issued" if self.number else "draft"


class Numbering(NamedTuple):
    """In which series a document is numbered, and by whom and when it is issued."""

    kind: str
    prefix: str
    fiscal_year: str
    """``2026-27``, or ``2026`` where it is the calendar's."""
    issued_at: float
    issued_by: str
    of_invoice: str = ""


def next_number(connection: Connection, tenant: str, numbering: Numbering) -> tuple[int, str]:
    """The next number of the series. Whoever asks for it waits for whoever did before, until their transaction has ended:
    one that fails gives its number back. Raises GatewayError CONFLICT where another series had it by the same prefix.
    """
    row = connection.execute(_NEXT, (tenant, numbering.kind, numbering.fiscal_year)).fetchone()
    sequence = int(row[0])
    number = f"{numbering.prefix}/{numbering.fiscal_year}/{sequence:04d}"
    if connection.execute(_TAKEN, (tenant, number)).fetchone() is not None:
        message = f"There is a document {number} already: write another number_prefix or credit_prefix into the plan."
        raise GatewayError("CONFLICT", message, details={"number": number})
    return sequence, number


def keep_draft(connection: Connection, draft: Draft) -> None:
    """Keep a draft."""
    connection.execute(
        f"INSERT INTO billing_drafts (tenant, id, {_DRAFT}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
        (*draft[:7], written(draft.document), draft.made_at, draft.made_by),
    )


def drop_draft(connection: Connection, tenant: str, draft_id: str) -> None:
    """Forget a draft. Raises GatewayError NOT_FOUND, CONFLICT for what was issued."""
    gone = connection.execute("DELETE FROM billing_drafts WHERE tenant = ? AND id = ?", (tenant, draft_id))
    if gone.rowcount:
        return
    if found(connection, tenant, draft_id) is None:
        raise missing()
    raise GatewayError("CONFLICT", "This was issued, and stays. Write a credit note instead.")


def keep_issued(connection: Connection, draft: Draft, numbering: Numbering, numbered: tuple[int, str]) -> Invoice:
    """Keep an issued document, for good."""
    sequence, number = numbered
    text = written(draft.document)
    digest = sha256(text.encode()).hexdigest()
    row = (
        *draft[2:7], text, draft.made_at, draft.made_by, numbering.fiscal_year, sequence, number,
        numbering.of_invoice, digest, numbering.issued_at, numbering.issued_by,
    )  # fmt: skip
    marks = ", ".join("?" * (len(row) + 2))
    connection.execute(
        f"INSERT INTO billing_invoices (tenant, id, {_ISSUED}) VALUES ({marks})",  # noqa: S608
        (draft.tenant, draft.id, *row),
    )
    connection.execute("DELETE FROM billing_drafts WHERE tenant = ? AND id = ?", (draft.tenant, draft.id))
    return _invoice((draft.id, *row))


def found(connection: Connection, tenant: str, invoice_id: str) -> Invoice | None:
    """The invoice, credit note or draft."""
    where = "WHERE tenant = ? AND id = ?"
    for table, columns in ((ISSUED, _ISSUED), (DRAFTS, _DRAFT)):
        row = connection.execute(f"SELECT id, {columns} FROM {table} {where}", (tenant, invoice_id)).fetchone()  # noqa: S608
        if row is not None:
            return _invoice(row)
    return None


def listed(connection: Connection, tenant: str, before: str, limit: int) -> list[Invoice]:
    """Issued ones and drafts, those made last first; ids sort by time. ``before``: the id that the page before ended with."""
    found_: list[Invoice] = []
    for table, columns in ((ISSUED, _ISSUED), (DRAFTS, _DRAFT)):
        rows = connection.execute(
            f"SELECT id, {columns} FROM {table} WHERE tenant = ? AND (? = '' OR id < ?) ORDER BY id DESC LIMIT ?",  # noqa: S608
            (tenant, before, before, limit),
        ).fetchall()
        found_ += map(_invoice, rows)
    return sorted(found_, key=lambda one: one.id, reverse=True)[:limit]


def about(connection: Connection, tenant: str, times: tuple[int, int], limit: int) -> list[Invoice]:
    """Issued documents about a part of these times (since, until), those made last first."""
    since, until = times
    rows = connection.execute(
        f"SELECT id, {_ISSUED} FROM billing_invoices "  # noqa: S608
        "WHERE tenant = ? AND since < ? AND until > ? ORDER BY id DESC LIMIT ?",
        (tenant, until, since, limit),
    ).fetchall()
    return [*map(_invoice, rows)]


def overlapping(connection: Connection, tenant: str, since: int, until: int) -> Invoice | None:
    """An issued invoice about a part of these times that was not credited in full."""
    rows = connection.execute(
        f"SELECT id, {_ISSUED} FROM billing_invoices "  # noqa: S608
        "WHERE tenant = ? AND kind = ? AND since < ? AND until > ? ORDER BY id",
        (tenant, INVOICE, until, since),
    ).fetchall()
    return next((one for one in map(_invoice, rows) if remaining(connection, tenant, one) or not one.total_nano), None)


def remaining(connection: Connection, tenant: str, invoice: Invoice) -> int:
    """What an invoice comes to after its credit notes, nano-units."""
    row = connection.execute(
        "SELECT CAST(COALESCE(SUM(total_nano), 0) AS BIGINT) FROM billing_invoices "
        "WHERE tenant = ? AND of_invoice = ? AND kind = ?",
        (tenant, invoice.id, CREDIT),
    ).fetchone()
    return invoice.total_nano + int(row[0])


def credit_notes(connection: Connection, tenant: str, invoice: Invoice) -> list[Invoice]:
    """The credit notes about an invoice."""
    rows = connection.execute(
        f"SELECT id, {_ISSUED} FROM billing_invoices WHERE tenant = ? AND of_invoice = ? AND kind = ? ORDER BY id",  # noqa: S608
        (tenant, invoice.id, CREDIT),
    ).fetchall()
    return [*map(_invoice, rows)]


def fiscal_year(year: int, month: int, begins: int) -> str:
    """The name of the fiscal year that a month lies in, which begins with the month ``begins``."""
    if begins == 1:
        return str(year)
    first = year if month >= begins else year - 1
    return f"{first}-{(first + 1) % 100:02d}"


def written(document: Mapping[str, Any]) -> str:
    """A document as it is kept and hashed: one spelling of each."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def missing() -> GatewayError:
    """What is not there, or another tenant's."""
    return GatewayError("NOT_FOUND", "There is no such invoice here.")


def _invoice(row: Any) -> Invoice:
    values = [*row]
    text = values[6]
    values[6] = json.loads(text)
    one = Invoice(*values)
    return one._replace(intact=not one.digest or sha256(text.encode()).hexdigest() == one.digest)
