"""Checks of money: price lists that say enough, rates for every currency that prices are in, overrides that can apply.

Whether a rate holds today is for ``wiring/prices`` to say, which knows the day. Called by ``settings.load``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from torana.wiring.problems import Path, Report
from torana.wiring.settings_checks import exists
from torana.wiring.settings_people_checks import DEFAULT_TENANT

if TYPE_CHECKING:
    from torana.wiring.settings import Settings
    from torana.wiring.settings_prices import PriceList, Prices

UNITS = ("characters", "audio_hour", "image", "images", "searches", "pages", "request")
"""Prices that may stand without prices of tokens."""
SIZE = re.compile(r"[0-9]{1,5}x[0-9]{1,5}|auto")


def check_money(settings: Settings, report: Report) -> None:
    """Report prices that cannot be put on a request."""
    rates = {(one.source, one.target) for one in settings.currency_rates}
    for path, one in priced(settings):
        _check_list(path, one, report)
        for place, tier in enumerate(one.tiers):
            _check_list((*path, "tiers", place), tier, report)
        currency = one.currency or settings.currency
        if currency != settings.currency and (currency, settings.currency) not in rates:
            report.error(
                (*path, "currency"),
                f"there is no rate from {currency} to {settings.currency}, the file's currency",
                f'such as currency_rates: [{{from: {currency}, to: {settings.currency}, rate: "1.00", since: 2026-01-01}}]',
            )
    _check_overrides(settings, report)
    for index, rate in enumerate(settings.currency_rates):
        path = ("currency_rates", index)
        if not rate.rate and not report.wrong_within((*path, "rate")):
            report.error((*path, "rate"), "must be more than nothing")
        if rate.source == rate.target and rate.source:
            report.error(path, "is from a currency to itself", "remove it")


def priced(settings: Settings) -> Iterator[tuple[Path, Prices]]:
    """Every ``prices`` of the file with its place."""
    for index, model in enumerate(settings.models):
        deployments: list[tuple[Path, object]] = [
            (("models", index, "deployments", place), one) for place, one in enumerate(model.deployments)
        ]
        trials = ((("models", index, name), getattr(model, name)) for name in ("canary", "shadow"))
        for path, one in ((("models", index), model), *deployments, *trials):
            prices: Prices | None = getattr(one, "prices", None)
            if prices is not None:
                yield (*path, "prices"), prices
    for index, row in enumerate(settings.price_overrides):
        yield ("price_overrides", index, "prices"), row.prices


def _check_list(path: Path, one: PriceList, report: Report) -> None:
    """A price list with a forgotten ``output`` would give answers away."""
    if report.wrong_within(path):
        return
    for name in ("input", "output"):
        if getattr(one, name) is not None:
            continue
        other = one.output if name == "input" else one.input
        units_alone = other is None and any(getattr(one, unit) not in (None, {}) for unit in UNITS)
        if not units_alone:
            report.error(path, f'"{name}" is missing', 'what costs nothing is written "0"')
    for size in one.images:
        if not SIZE.fullmatch(size.partition("/")[0]):
            report.error((*path, "images", size), "is no size of a picture", 'such as "1024x1024" or "1024x1024/hd"')


def _check_overrides(settings: Settings, report: Report) -> None:
    providers = {name for one in settings.providers for name in (one.id, one.kind)}
    tenants = {one.id for one in settings.tenants} | {DEFAULT_TENANT}
    for index, row in enumerate(settings.price_overrides):
        path: Path = ("price_overrides", index)
        if row.provider != "*":
            exists((*path, "provider"), row.provider, providers, "provider", report)
        if row.tenant is not None:
            exists((*path, "tenant"), row.tenant, tenants, "tenant", report)
