"""How budgets stand for everybody of a tenant whom they are about.

It counts nothing: the counters are asked, once for all. Called by the book of objects.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from torana.control.objects.book import Spent
from torana.core.snapshot import BudgetRule, Snapshot
from torana.line.charges import Who, subject_for
from torana.line.rooms import Rooms

MOST = 2_000
"""Counters asked about at once."""


People = Sequence[tuple[str, str, str]]
"""Department, team and user."""


async def spent_by(rooms: Rooms, tenant: str, names: Mapping[str, str], people: People = ()) -> Sequence[Spent]:
    """The budgets' windows of now. ``names``: only those about this department, team or user; ``people``: who may have no key."""
    found: dict[tuple[str, str], tuple[BudgetRule, Who]] = {}
    for who in everybody(rooms.snapshot, tenant, people):
        if any(getattr(who, scope) != name for scope, name in names.items()):
            continue
        for rule in rooms.snapshot.budgets:
            subject = subject_for(rule, who)
            if subject is not None and _named(rule, who):
                found.setdefault((rule.rule_id, subject), (rule, who))
    wanted = list(found.items())[:MOST]
    standing = await rooms.limits.budgets_standing([(rule, subject) for (_, subject), (rule, _) in wanted])
    return [
        Spent(
            rule.rule_id,
            {scope: getattr(who, scope) for scope in dict.fromkeys((rule.scope, *rule.also, *_scopes(rule)))},
            rule.per,
            charge.subject.rpartition("\0")[2],
            charge.limit,
            used - held,
            held,
            rule.hard,
            charge.starts_at,
            charge.ends_at,
        )
        for (_, (rule, who)), (charge, used, held) in zip(wanted, standing, strict=True)
    ]


def everybody(snapshot: Snapshot, tenant: str, people: People = ()) -> Iterator[Who]:
    """The tenant, its departments, teams, keys and people, each by itself and with each model that a budget is about."""
    models = sorted({value for rule in snapshot.budgets if (value := _model_of(rule))}) or []
    if any("model" in (rule.scope, *rule.also) and not _model_of(rule) for rule in snapshot.budgets):
        models = sorted(snapshot.models_of(tenant))
    for who in (*_people(snapshot, tenant), *(Who(tenant, *one) for one in people)):
        yield who
        for name in models:
            yield who._replace(model=name)


def _people(snapshot: Snapshot, tenant: str) -> Iterator[Who]:
    yield Who(tenant)
    for department in sorted(snapshot.departments.get(tenant, ())):
        yield Who(tenant, department)
    for team, department in sorted(snapshot.teams.get(tenant, {}).items()):
        yield Who(tenant, department, team)
    for entry in sorted(snapshot.keys.values(), key=lambda one: one.key_id):
        if entry.tenant == tenant and not entry.revoked:
            yield Who(tenant, entry.department, entry.team, entry.user, entry.key_id)


def _model_of(rule: BudgetRule) -> str:
    return rule.match or "" if rule.scope == "model" else dict(rule.where).get("model", "")


def _scopes(rule: BudgetRule) -> tuple[str, ...]:
    return tuple(scope for scope, _ in rule.where if scope != "tenant")


def _named(rule: BudgetRule, who: Who) -> bool:
    """Whether all scopes that are added up apart have a name: the tenant alone is nobody's user."""
    scopes = (rule.scope, *rule.also)
    return all(who.user or who.key if scope == "user" else getattr(who, scope) for scope in scopes)
