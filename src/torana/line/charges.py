"""What the rules ask of one grant: limits and budgets turned into charges on counters.

It counts nothing and knows no store. Called by the limits room, which remembers the outcome for the next request
of the same caller and model.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple
from zoneinfo import ZoneInfo

from torana.core.budget_name import budget_name
from torana.core.calendar import window_of
from torana.core.snapshot import BudgetRule, LimitRule
from torana.core.tickets import Grant
from torana.ports.store import FOREVER, Charge

CLAIMED = "claim-requests"
"""The rule that a token of the caller carries itself."""
CLAIMED_PER_S = 3600.0


class Owed(NamedTuple):
    """The charges of one grant, and until when (epoch seconds) they are the same."""

    charges: tuple[Charge, ...]
    until: float
    plain: tuple[int, ...] | None
    """The amounts where they are the same for every request; None: tokens or money are among them."""
    capped: bool
    """Whether a hard budget is among them."""
    budgets: tuple[str, ...] = ()
    """The names of the budgets among them, for the Receipt."""


def owed(limits: Iterable[LimitRule], budgets: Iterable[BudgetRule], grant: Grant, now: float) -> Owed:
    """Everything that the rules ask of this grant at ``now``."""
    charges = [charge for rule in limits if (charge := charge_of(rule, grant)) is not None]
    if grant.caller.rate_limit is not None:
        who = f"{grant.caller.tenant}\0{grant.caller.user or grant.caller.key_id}"
        charges.append(Charge(CLAIMED, who, CLAIMED_PER_S, "sliding_window", grant.caller.rate_limit))
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
    )


def charge_of(rule: LimitRule, grant: Grant) -> Charge | None:
    """What this request owes to the rule; None when the rule is about somebody else."""
    subject = subject_of(rule, grant)
    if subject is None:
        return None
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


def spending(rule: BudgetRule, grant: Grant, now: float) -> Charge | None:
    """What this request owes to the budget in the window of ``now``; None when it is about somebody else."""
    subject = subject_of(rule, grant)
    if subject is None:
        return None
    return spend_charge(rule, subject, now)


def spend_charge(rule: BudgetRule, subject: str, now: float) -> Charge:
    """The charge on the budget's counter of one subject in the window of ``now``."""
    window = window_of(now, rule.per, ZoneInfo(rule.zone))
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
    value = scope_value(rule.scope, grant)
    if not value or (rule.match is not None and rule.match != value):
        return None
    if any(scope_value(scope, grant) != wanted for scope, wanted in rule.where):
        return None
    subject = f"{grant.caller.tenant}\0{value}"
    for scope in rule.also:
        subject += f"\0{scope_value(scope, grant)}"
    return subject


def scope_value(scope: str, grant: Grant) -> str:
    """Whose counter a scope means for this request."""
    caller = grant.caller
    match scope:
        case "key":
            return caller.key_id
        case "user":
            return caller.user or f"key\0{caller.key_id}"
        case "team":
            return caller.team
        case "department":
            return caller.department
        case "lob":
            return caller.lob
        case "tenant":
            return caller.tenant
        case "model":
            return grant.model.name
        case _:
            raise ValueError(f"no limit has the scope {scope!r}")
