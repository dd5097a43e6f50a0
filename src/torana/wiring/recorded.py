"""What records say was spent of budgets: summed from the database, and from what is in the spool only.

It tells nobody and remembers nothing. Called by ``recalling`` in worker threads.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from typing import NamedTuple
from zoneinfo import ZoneInfo

from torana.core.budget_name import BudgetName
from torana.core.calendar import Window, window_of
from torana.core.snapshot import BudgetRule
from torana.line.charges import Who, charge_in, subject_for
from torana.ports.receipt import Receipt
from torana.ports.store import Charge
from torana.records.cursor import Cursor
from torana.records.spool import Spool
from torana.stores import sql
from torana.stores.sql.spending import COLUMNS, Spell, positions, spent
from torana.wiring import paths
from torana.wiring.settings import Settings

BATCH = 4096
MOST_READS = 5


class Source(NamedTuple):
    """Where spending is recorded."""

    url: str
    spool: Spool
    spool_name: str
    zone: ZoneInfo | None
    """Whose days and hours the roll-ups have; None: UTC."""


def source_of(settings: Settings, spool: Spool, spool_name: str) -> Source:
    """Where a process with these settings records."""
    zone = None if settings.time_zone == "UTC" else ZoneInfo(settings.time_zone)
    return Source(paths.database_url(settings), spool, spool_name, zone)


class Sums(NamedTuple):
    """What records say was spent of budgets in their windows of one moment."""

    settled: Sequence[tuple[Charge, int]]
    positions: Mapping[str, int]


def gathered(
    source: Source,
    rules: Sequence[BudgetRule],
    currency: str,
    now: float,
    more: Sequence[Receipt],
    spool: Spool | None,
) -> Sums:
    """What was spent of the budgets in their windows of ``now``, what is in the spool only too when one is given.

    Blocking. Raises what the database raises, OSError when the spool cannot be read.
    """
    for _ in range(MOST_READS):
        first = spool.first if spool is not None else 0
        sums = summed(source, rules, currency, now)
        if spool is None:
            return sums
        position = sums.positions.get(source.spool_name, 0)
        rest = [*more, *receipts_from(spool, position)]
        if spool.first <= max(position, first):  # else a sink was quicker, and what it took is gone from the spool
            return sums._replace(settled=with_receipts(sums.settled, rules, currency, now, rest))
    raise ConnectionError("the spool is emptied faster than it can be read")


def summed(source: Source, rules: Sequence[BudgetRule], currency: str, now: float) -> Sums:
    """What the database says, all of one moment. Blocking; raises what the database raises."""
    if not sql.check(source.url):
        return Sums((), {})
    found: list[tuple[Charge, int]] = []
    with closing(sql.connect(source.url)) as connection:
        connection.at_one_moment()
        there = positions(connection)
        for rule in rules:
            window = window_at(rule, now)
            spell = Spell(int(window.starts_at), None, source.zone)
            settled = by_subject(rule, spent(connection, spell, scopes_of(rule), currency, filters_of(rule)))
            found += [(charge_in(rule, subject, window), nano) for subject, nano in settled.items()]
        connection.rollback()
    return Sums(found, there)


def recorded_of(
    source: Source, rule: BudgetRule | None, currency: str, name: BudgetName
) -> tuple[int, Mapping[str, int]]:
    """The same of one budget and one window. Blocking; raises what the database raises."""
    if not sql.check(source.url):
        return 0, {}
    with closing(sql.connect(source.url)) as connection:
        connection.at_one_moment()
        there = positions(connection)
        settled: Mapping[str, int] = {}
        if rule is not None:
            filters = {**filters_of(rule), "tenant": name.subject.partition("\0")[0]}
            spell = Spell(name.starts_at, name.ends_at, source.zone)
            settled = by_subject(rule, spent(connection, spell, scopes_of(rule), currency, filters))
        connection.rollback()
    return settled.get(name.subject, 0), there


def by_subject(rule: BudgetRule, sums: Iterable[tuple[Mapping[str, str], int]]) -> dict[str, int]:
    """The sums as those of the rule's counters."""
    settled: dict[str, int] = defaultdict(int)
    for names, nano in sums:
        subject = subject_for(rule, Who(**names))
        if subject is not None:
            settled[subject] += nano
    return settled


def with_receipts(
    settled: Iterable[tuple[Charge, int]],
    rules: Iterable[BudgetRule],
    currency: str,
    now: float,
    receipts: Sequence[Receipt],
) -> list[tuple[Charge, int]]:
    """The sums with these Receipts added."""
    sums: dict[Charge, int] = defaultdict(int, settled)
    for rule in rules:
        window = window_at(rule, now)
        for one in receipts:
            if not one.cost_nano or one.currency != currency or not window.starts_at <= one.at < window.ends_at:
                continue
            who = Who(one.tenant, one.department, one.team, one.user, one.key_id, one.model)
            subject = subject_for(rule, who)
            if subject is not None:
                sums[charge_in(rule, subject, window)] += one.cost_nano
    return list(sums.items())


def receipts_from(spool: Spool, position: int) -> Iterable[Receipt]:
    """Everything in the spool from the position on. Raises OSError."""
    cursor = Cursor(spool, position)
    while cursor.lag > 0:
        receipts, after = cursor.read(BATCH)
        if after == cursor.position:
            return
        yield from receipts
        cursor.advance(after)


def window_at(rule: BudgetRule, now: float) -> Window:
    """The budget's window of this moment."""
    return window_of(now, rule.per, ZoneInfo(rule.zone))


def scopes_of(rule: BudgetRule) -> tuple[str, ...]:
    """What its spending must be split by to know whose counter is meant."""
    named = {"tenant", rule.scope, *rule.also, *(name for name, _ in rule.where)}
    if "user" in named:
        named.add("key")  # a key without a user counts for itself
    return tuple(name for name in COLUMNS if name in named)


def filters_of(rule: BudgetRule) -> dict[str, str]:
    """What the database can leave out by itself."""
    named = dict(rule.where)
    if rule.match is not None:
        named[rule.scope] = rule.match
    return {name: value for name, value in named.items() if name != "user"}
