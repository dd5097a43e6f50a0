"""Usage that was recorded after its period was billed: what it comes to, and which invoice has it.

Each invoice notes what it billed of which hour or day. What there is now beyond that comes on the next one: never lost, never
twice. An invoice that was credited in full counts for nothing. Called in the transaction that makes an invoice.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from torana.control.billing.bill import Adjustment, Counted
from torana.control.billing.invoices import CREDIT, INVOICE
from torana.control.billing.periods import LONGEST_S, Spell, active_users, pieces, usage_of
from torana.control.metering import Metering
from torana.ports.database import Connection
from torana.ports.usage import Line

Moment = tuple[int, str]
"""The epoch second at which an hour or day begins, and a currency."""

_LIVE = (
    "SELECT id, number, since, until, total_nano, CAST((SELECT COALESCE(SUM(note.total_nano), 0) FROM billing_invoices note "
    "WHERE note.tenant = own.tenant AND note.of_invoice = own.id AND note.kind = ?) AS BIGINT) "
    "FROM billing_invoices own WHERE tenant = ? AND kind = ? AND until > ? ORDER BY since, id"
)


class Live(NamedTuple):
    """An issued invoice that was not credited in full."""

    id: str
    number: str
    spell: Spell


class Noted(NamedTuple):
    """What an invoice billed of an hour or day."""

    invoice: str
    at: int
    currency: str
    cost_nano: int
    users: int


def counted_with_late(
    connection: Connection, metering: Metering, tenant: str, spell: Spell, counted: Counted
) -> Counted:
    """The same, with what earlier periods have that no invoice had, and without what others billed of this one."""
    others = [one for one in live(connection, tenant, spell.since - LONGEST_S) if not _overlap(one.spell, spell)]
    if not others:
        return counted
    noted = _noted(connection, tenant, {one.id for one in others})
    found: list[Adjustment] = []
    users: Counter[int] = Counter()
    for one in others:
        if one.spell.since < spell.since:
            windows = pieces(one.spell, metering, tenant, {})
            had = [row for row in noted if one.spell.since <= row.at < one.spell.until]
            label = f"Used earlier, recorded after {one.number}"
            found += _beyond(usage_of(connection, metering, windows, None), had, label)
            people = active_users(connection, metering, windows) - sum(row.users for row in had)
            users[one.spell.since] = max(0, people)
    had = [row for row in noted if spell.since <= row.at < spell.until]
    found += _already(counted.usage, had)
    users[spell.since] = -min(counted.users, sum(row.users for row in had))
    return counted._replace(late=found, late_users={at: count for at, count in users.items() if count})


def live(connection: Connection, tenant: str, after: int) -> list[Live]:
    """The invoices that count, of periods that ended after that."""
    rows = connection.execute(_LIVE, (CREDIT, tenant, INVOICE, after)).fetchall()
    return [
        Live(name, number, Spell(since, until))
        for name, number, since, until, total, credited in rows
        if total + int(credited) or not total
    ]


def note(connection: Connection, tenant: str, invoice: str, spell: Spell, counted: Counted) -> None:
    """Keep what an invoice billed. ``counted``: what it was made of."""
    sums: Counter[Moment] = Counter()
    for line in counted.usage:
        sums[line.at, line.currency] += line.sums.cost_nano
    for one in counted.late:
        sums[one.day, one.currency] += one.difference_nano
    people = Counter({spell.since: counted.users})
    people.update(counted.late_users)
    rows = [Noted(invoice, at, currency, nano, 0) for (at, currency), nano in sorted(sums.items()) if nano]
    rows += [Noted(invoice, at, "", 0, count) for at, count in sorted(people.items()) if count]
    for number, row in enumerate(rows):
        connection.execute(
            "INSERT INTO billing_noted (tenant, id, invoice, at, currency, cost_nano, users) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (tenant, f"{invoice}-{number:06d}", *row),
        )


def _noted(connection: Connection, tenant: str, invoices: set[str]) -> list[Noted]:
    rows = connection.execute(
        "SELECT invoice, at, currency, cost_nano, users FROM billing_noted WHERE tenant = ?", (tenant,)
    ).fetchall()
    return [Noted(*row) for row in rows if row[0] in invoices]


def _beyond(now: Iterable[Line], had: Iterable[Noted], label: str) -> list[Adjustment]:
    """What there is now beyond what was billed. Less is no credit: old sums are deleted with time, bills stay."""
    sums, billed = _by_moment(now), _billed(had)
    more = {moment: nano - billed.get(moment, 0) for moment, nano in sums.items()}
    return [Adjustment(at, currency, nano, label) for (at, currency), nano in sorted(more.items()) if nano > 0]


def _already(now: Iterable[Line], had: Sequence[Noted]) -> list[Adjustment]:
    """What others billed of this period: it is taken off."""
    sums = _by_moment(now)
    rows = sorted(_billed(had).items())
    return [
        Adjustment(at, currency, -min(nano, sums.get((at, currency), 0)), "Billed before, as recorded late")
        for (at, currency), nano in rows
        if min(nano, sums.get((at, currency), 0)) > 0
    ]


def _by_moment(lines: Iterable[Line]) -> Mapping[Moment, int]:
    sums: defaultdict[Moment, int] = defaultdict(int)
    for line in lines:
        sums[line.at, line.currency] += line.sums.cost_nano
    return sums


def _billed(rows: Iterable[Noted]) -> Mapping[Moment, int]:
    sums: defaultdict[Moment, int] = defaultdict(int)
    for row in rows:
        sums[row.at, row.currency] += row.cost_nano
    return sums


def _overlap(one: Spell, other: Spell) -> bool:
    return one.since < other.until and other.since < one.until
