"""What the rules ask of one grant: limits and budgets turned into charges on counters.

It counts nothing and knows no store. Called by the limits room, which remembers the outcome for the next request
of the same caller and model.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple
from zoneinfo import ZoneInfo

from torana.core.budget_name import budget_name
from torana.core.calendar import Window, window_of
from torana.core.snapshot import BudgetRule, LimitRule
from torana.core.tickets import Caller, Grant
from torana.ports.store import FOREVER, Charge

CLAIMED = "claim-requests"
"""The rule that a token of the caller carries itself."""
CLAIMED_PER_S = 3600.0
RATES = ("requests", "tokens")
"""Units of which callers are told what is left."""


@dataclass(frozen=True, slots=True)
class Rate:
    """What of a charge on a rate its caller is told with every answer."""

    place: int
    """Its place among the charges."""
    unit: str
    capacity: int
    limit: int
    algorithm: str
    window_s: float


@dataclass(frozen=True, slots=True)
class Owed:
    """The charges of one grant, and until when (epoch seconds) they are the same."""

    charges: tuple[Charge, ...]
    until: float
    plain: tuple[int, ...] | None
    """The amounts where they are the same for every request; None: tokens or money are among them."""
    capped: bool
    """Whether a hard budget is among them."""
    budgets: tuple[str, ...] = ()
    """The names of the budgets among them, for the Receipt."""
    rates: tuple[tuple[Rate, ...], ...] = ()
    """Those of one unit together."""
    units: tuple[str, ...] = ()
    """The unit of each charge."""


def owed(limits: Iterable[LimitRule], budgets: Iterable[BudgetRule], grant: Grant, now: float) -> Owed:
    """Everything that the rules ask of this grant at ``now``."""
    charges = [charge for rule in limits if (charge := charge_of(rule, grant)) is not None]
    if grant.caller.rate_limit is not None:
        charges.append(claimed(grant.caller, grant.caller.rate_limit))
    charges += [charge for rule in budgets if (charge := spending(rule, grant, now)) is not None]
    same = all(charge.unit in ("requests", "concurrency") for charge in charges)
    return Owed(
        charges=tuple(charges),
        until=min((charge.ends_at for charge in charges), default=FOREVER),
        plain=(1,) * len(charges) if same else None,
        capped=any(charge.algorithm == "spend" and charge.hard for charge in charges),
        budgets=tuple(
            budget_name(one.rule_id, one.subject, one.starts_at, one.ends_at)
            for one in charges
            if one.algorithm == "spend"
        ),
        rates=rates_among(charges),
        units=tuple(one.unit for one in charges),
    )


def rates_among(charges: Iterable[Charge]) -> tuple[tuple[Rate, ...], ...]:
    """Those that callers are told of, by unit."""
    found: dict[str, list[Rate]] = {}
    for place, one in enumerate(charges):
        if one.unit in RATES:
            rate = Rate(place, one.unit, one.capacity, one.limit, one.algorithm, one.window_s)
            found.setdefault(one.unit, []).append(rate)
    return tuple(map(tuple, found.values()))


def charge_of(rule: LimitRule, grant: Grant) -> Charge | None:
    """What this request owes to the rule; None when the rule is about somebody else."""
    subject = subject_of(rule, grant)
    return None if subject is None else rate_charge(rule, subject)


def rate_charge(rule: LimitRule, subject: str) -> Charge:
    """The charge on the rule's counter of one subject."""
    return Charge(
        rule.rule_id,
        subject,
        rule.window_s,
        "held" if rule.counts == "concurrency" else rule.algorithm,
        rule.limit,
        rule.counts,
        rule.burst,
        on_store_failure=rule.on_store_failure,
    )


def rates_of(rules: Iterable[LimitRule], caller: Caller) -> list[Charge]:
    """The charges that every request of the caller owes, whichever model it asks for."""
    who = who_of(caller, "")
    same = [rule for rule in rules if "model" not in (rule.scope, *rule.also, *(scope for scope, _ in rule.where))]
    charges = [rate_charge(rule, subject) for rule in same if (subject := subject_for(rule, who)) is not None]
    return charges if caller.rate_limit is None else [*charges, claimed(caller, caller.rate_limit)]


def claimed(caller: Caller, limit: int) -> Charge:
    """What the caller's own token allows it."""
    return Charge(CLAIMED, f"{caller.tenant}\0{caller.user or caller.key_id}", CLAIMED_PER_S, "sliding_window", limit)


def spending(rule: BudgetRule, grant: Grant, now: float) -> Charge | None:
    """What this request owes to the budget in the window of ``now``; None when it is about somebody else."""
    subject = subject_of(rule, grant)
    if subject is None:
        return None
    return spend_charge(rule, subject, now)


def spend_charge(rule: BudgetRule, subject: str, now: float) -> Charge:
    """The charge on the budget's counter of one subject in the window of ``now``."""
    return charge_in(rule, subject, window_of(now, rule.per, ZoneInfo(rule.zone)))


def charge_in(rule: BudgetRule, subject: str, window: Window) -> Charge:
    """The charge on the budget's counter of one subject in the window."""
    return Charge(
        rule.rule_id,
        f"{subject}\0{rule.per}\0{window.name}",
        0.0,
        "spend",
        rule.limit_nano,
        "money",
        hard=rule.hard,
        ends_at=window.ends_at,
        on_store_failure=rule.on_store_failure,
        starts_at=window.starts_at,
    )


def subject_of(rule: LimitRule | BudgetRule, grant: Grant) -> str | None:
    """Whose counter of the rule this grant is about: the tenant and the values of its scopes."""
    return subject_for(rule, who_of(grant.caller, grant.model.name))


def scope_value(scope: str, grant: Grant) -> str:
    """Whose counter a scope means for this request."""
    return value_of(scope, who_of(grant.caller, grant.model.name))


class Who(NamedTuple):
    """Whose a request is, as far as rules look: a field for each scope."""

    tenant: str = ""
    department: str = ""
    team: str = ""
    user: str = ""
    key: str = ""
    model: str = ""
    lob: str = ""


def who_of(caller: Caller, model: str) -> Who:
    """Whose the caller's request for the model is."""
    return Who(caller.tenant, caller.department, caller.team, caller.user, caller.key_id, model, caller.lob)


def subject_for(rule: LimitRule | BudgetRule, who: Who) -> str | None:
    """Whose counter of the rule a request is about that is theirs; None when the rule is about somebody else."""
    value = value_of(rule.scope, who)
    if not value or (rule.match is not None and rule.match != value):
        return None
    if any(value_of(scope, who) != wanted for scope, wanted in rule.where):
        return None
    subject = f"{who.tenant}\0{value}"
    for scope in rule.also:
        subject += f"\0{value_of(scope, who)}"
    return subject


def value_of(scope: str, who: Who) -> str:
    """Whose counter a scope means. A key without a user is a user of its own. Raises ValueError for another scope."""
    if scope == "user":
        return who.user or f"key\0{who.key}"
    if scope not in Who._fields:
        raise ValueError(f"no limit has the scope {scope!r}")
    value: str = getattr(who, scope)
    return value
