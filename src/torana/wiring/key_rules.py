"""Limits, budgets and the policy that single keys have, as rows beside those of the settings.

They were checked when they were written (``control/keys``). Called by ``compile``.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from torana.ports.store import StoredKey
from torana.wiring.settings import Settings
from torana.wiring.settings_policies import Attach
from torana.wiring.settings_rules import Budget, Limit, LimitAlgorithm


class KeyLimit(msgspec.Struct, frozen=True, kw_only=True):
    """One limit of a key."""

    requests: int | None = None
    tokens: int | None = None
    concurrency: int | None = None
    per_s: float | None = None
    algorithm: LimitAlgorithm = "sliding_window"
    burst: int | None = None


class KeyBudget(msgspec.Struct, frozen=True, kw_only=True):
    """One budget of a key, in the installation's currency."""

    limit: Decimal
    per: str = "month"
    hard: bool = True
    alerts: tuple[float, ...] = ()


class KeyRules(msgspec.Struct, frozen=True, kw_only=True):
    """All that one key has of its own."""

    limits: tuple[KeyLimit, ...] = ()
    budgets: tuple[KeyBudget, ...] = ()
    policy: str = ""


def with_key_rules(settings: Settings, keys: Iterable[StoredKey]) -> Settings:
    """The settings with a row for each rule of a key that counts still, and the keys among whom their policies are about."""
    limits, budgets, attached = [*settings.limits], [*settings.budgets], dict[str, list[Attach]]()
    seen: set[str] = set()
    for one in keys:
        entry = one.entry
        if not one.rules or entry.revoked or entry.key_id in seen:
            continue
        seen.add(entry.key_id)
        rules = msgspec.json.decode(one.rules, type=KeyRules)
        limits += [limit(entry.key_id, row) for row in rules.limits]
        budgets += [budget(entry.key_id, row) for row in rules.budgets]
        if rules.policy:
            attached.setdefault(rules.policy, []).append(Attach(tenant=entry.tenant, key=entry.key_id))
    if not seen:
        return settings
    # A policy that is attached to nobody is everybody's already.
    policies = tuple(
        msgspec.structs.replace(one, attach=(*one.attach, *attached.get(one.name, ()))) if one.attach else one
        for one in settings.policies
    )
    return msgspec.structs.replace(settings, limits=tuple(limits), budgets=tuple(budgets), policies=policies)


def limit(key_id: str, row: KeyLimit) -> Limit:
    """One limit as a row of the settings. Its id stays while what it counts stays, so that the counter does."""
    counts = next(unit for unit in ("concurrency", "tokens", "requests") if getattr(row, unit) is not None)
    window = "" if row.per_s is None else f"-per-{row.per_s:g}s"
    return Limit(
        scope="key",
        id=f"{key_id}-{counts}{window}",
        match=key_id,
        requests=row.requests,
        tokens=row.tokens,
        concurrency=row.concurrency,
        per=row.per_s,
        algorithm=row.algorithm,
        burst=row.burst,
    )


def budget(key_id: str, row: KeyBudget) -> Budget:
    """One budget as a row of the settings."""
    return Budget(
        scope="key",
        id=f"{key_id}-budget-per-{row.per}",
        match=key_id,
        limit=row.limit,
        per=row.per,
        hard=row.hard,
        alerts=row.alerts,
    )
