"""Compiles limits and budgets into rules, and the prices that are assumed where none is known.

It checks nothing: the settings were checked when they were loaded. Called by ``compile``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from torana.core.money import nano_from_decimal
from torana.core.snapshot import BudgetRule, LimitRule, ModelEntry, Prices
from torana.line.worth import sample_nano
from torana.wiring.settings import Settings
from torana.wiring.settings_rules import Budget, Limit


def limit_rules(limits: Sequence[Limit], key_ids: Mapping[str, str]) -> tuple[LimitRule, ...]:
    """The rules, each with an id that stays the same while its row does. ``key_ids``: by key name."""
    rules: list[LimitRule] = []
    taken: dict[str, int] = {}
    for one in limits:
        counts = next(unit for unit in ("concurrency", "tokens", "requests") if getattr(one, unit) is not None)
        limit = getattr(one, counts)
        window_s = 0.0 if counts == "concurrency" else one.per or 0.0
        name = one.id or _named(one, f"{counts}-{limit}" + (f"-per-{window_s:g}s" if window_s else ""))
        rules.append(
            LimitRule(
                _once(name, taken),
                one.scope,
                _match(one, key_ids),
                counts,
                limit,
                window_s,
                one.algorithm,
                (one.burst or limit) if one.algorithm == "token_bucket" else 0,
                one.also,
                tuple(one.where.items()),
                one.on_store_failure,
            )
        )
    return tuple(rules)


def budget_rules(settings: Settings, key_ids: Mapping[str, str]) -> tuple[BudgetRule, ...]:
    """The budgets, each with an id that stays the same while its row does."""
    taken: dict[str, int] = {}
    return tuple(
        BudgetRule(
            _once(one.id or _named(one, f"budget-per-{one.per}"), taken),
            one.scope,
            _match(one, key_ids),
            nano_from_decimal(one.limit),
            one.per,
            one.time_zone or settings.time_zone,
            one.hard,
            tuple(sorted(one.alerts)),
            one.also,
            tuple(one.where.items()),
            one.on_store_failure or ("deny" if one.hard else "local"),
        )
        for one in settings.budgets
    )


def dearest_of(models: Iterable[ModelEntry]) -> Prices | None:
    """The dearest price known of any model, marked as an estimate; None when none is known."""
    known = [
        prices for one in models for where in one.deployments if (prices := where.prices or one.prices) is not None
    ]
    dearest = max(known, key=lambda prices: sample_nano(prices) or 0, default=None)
    return None if dearest is None else replace(dearest, source="estimate")


def assuming(model: ModelEntry, prices: Prices | None) -> ModelEntry:
    """The model, with these prices where it has none."""
    if prices is None or all((one.prices or model.prices) is not None for one in model.everywhere):
        return model
    return replace(model, prices=prices)


def _named(one: Limit | Budget, what: str) -> str:
    scopes = "+".join((one.scope, *one.also))
    about = f"={one.match}" if one.match else ""
    return f"{scopes}{about}-{what}"


def _match(one: Limit | Budget, key_ids: Mapping[str, str]) -> str | None:
    return key_ids.get(one.match, one.match) if one.scope == "key" and one.match else one.match


def _once(name: str, taken: dict[str, int]) -> str:
    taken[name] = taken.get(name, 0) + 1
    return name if taken[name] == 1 else f"{name}#{taken[name]}"
