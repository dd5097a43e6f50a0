"""The price book of one configuration at one moment: which price counts, and when another one will.

Order: the tenant's override, the deployment's and the model's own prices, the operator's override of the catalogue, the
catalogue. Everything comes in the installation's currency. Made by ``live``, asked by ``compile`` and the policy room.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import ModuleType
from typing import NamedTuple

from torana.core.money import decimal_text, nano_from_decimal
from torana.core.prices import Prices
from torana.core.snapshot import Snapshot
from torana.wiring import find
from torana.wiring.prices.given import exchanged, prices
from torana.wiring.problems import ConfigError, Place, Problem
from torana.wiring.settings import Settings
from torana.wiring.settings_models import Deployment, Model
from torana.wiring.settings_prices import PriceOverride
from torana.wiring.settings_prices import Prices as PriceSettings

MOST_REMEMBERED = 4096
CATALOGUE = "wiring.prices.catalogue"


class Sought(NamedTuple):
    """Whose price of which model of which provider is sought."""

    tenant: str
    provider: str
    model: str


class PriceBook:
    """Prices by the configuration's words at ``at`` (epoch seconds)."""

    def __init__(self, settings: Settings, at: float) -> None:
        self._at = at
        self._currency = settings.currency
        self._kinds = {one.id: one.kind for one in settings.providers}
        self._overrides = [one for one in settings.price_overrides if one.valid_from is None or one.valid_from <= at]
        self._rates = {
            (one.source, one.target): nano_from_decimal(one.rate)
            for one in sorted(settings.currency_rates, key=lambda one: one.since)
            if one.since <= at
        }
        self._listed = {id_: listed for id_, kind in self._kinds.items() if (listed := find.priced_as(kind))}
        self._named: dict[Sought, Prices | None] = {}
        self.tenants = frozenset(one.tenant for one in settings.price_overrides if one.tenant)
        """Tenants with prices of their own, now or later."""
        moments = [one.valid_from for one in settings.price_overrides if one.valid_from is not None]
        moments += [one.since for one in settings.currency_rates]
        changes = (self._catalogue().next_change(listed, at) for listed in set(self._listed.values()))
        moments += [moment for moment in changes if moment is not None]
        self.until: float | None = min((moment for moment in moments if moment > at), default=None)
        """When prices may change next, in epoch seconds; None: nothing is known of that."""

    def deployed(self, one: Deployment, model: Model, tenant: str = "") -> Prices | None:
        """What the deployment costs there; None where nobody knows.

        Raises ConfigError for a price in a currency without a rate.
        """
        override = self._override(Sought(tenant, one.provider, one.model)) if tenant else None
        given = one.prices or model.prices
        if override is not None:
            return self._ours(self._written(override))
        if given is not None:
            return self.written(given)
        found = self._general(one.provider, one.model, one.priced_as or one.model)
        return None if found is None else self._ours(found)

    def written(self, given: PriceSettings) -> Prices:
        """Prices of the configuration in the installation's currency. Raises ConfigError for want of a rate."""
        return self._ours(prices(given, self._currency))

    def named(self, tenant: str, provider: str, model: str) -> Prices | None:
        """What a model costs that a request names as ``provider/model``; None where nobody knows. Never raises.

        Remembered, up to a bound: names come from callers.
        """
        sought = Sought(tenant if tenant in self.tenants else "", provider, model)
        if sought in self._named:
            return self._named[sought]
        override = self._override(sought) if sought.tenant else None
        found = self._written(override) if override is not None else self._general(provider, model, model)
        try:
            known = None if found is None else self._ours(found)
        except ConfigError:
            known = None
        if len(self._named) >= MOST_REMEMBERED:
            self._named.clear()
        self._named[sought] = known
        return known

    def _general(self, provider: str, model: str, listed_name: str) -> Prices | None:
        """The operator's override, else the catalogue's price."""
        override = self._override(Sought("", provider, model))
        if override is not None:
            return self._written(override)
        listed = self._listed.get(provider)
        if listed is None:
            return None
        found: Prices | None = self._catalogue().quote(listed, listed_name, self._at)
        return found

    def _override(self, sought: Sought) -> PriceOverride | None:
        """The override that fits: of the most exact name, among those the latest, among those the last written."""
        fitting = [one for one in self._overrides if (one.tenant or "") == sought.tenant and self._fits(one, sought)]
        return max(reversed(fitting), key=_rank, default=None)

    def _fits(self, one: PriceOverride, sought: Sought) -> bool:
        if one.provider not in ("*", sought.provider, self._kinds.get(sought.provider)):
            return False
        if one.model.endswith("*"):
            return sought.model.startswith(one.model[:-1])
        return one.model == sought.model

    def _written(self, one: PriceOverride) -> Prices:
        return prices(one.prices, self._currency, "tenant-override" if one.tenant else "override")

    def _ours(self, found: Prices) -> Prices:
        """The prices in the installation's currency. Raises ConfigError for want of a rate."""
        if found.currency == self._currency:
            return found
        rate = self._rates.get((found.currency, self._currency))
        if rate is None:
            raise ConfigError([_no_rate(found, self._currency)])
        return exchanged(found, self._currency, rate, f"{found.source} {found.currency}x{decimal_text(rate)}")

    def _catalogue(self) -> ModuleType:
        return find.tool(CATALOGUE)


def unpriced(snapshot: Snapshot) -> Iterable[str]:
    """The models that have a deployment whose price nobody knows, by name. A price that is assumed is not known."""
    assumed = snapshot.assumed_prices
    for model in snapshot.every_model:
        costs = [one.prices or model.prices for one in model.everywhere]
        if any(one is None or one is assumed for one in costs):
            yield model.name


def _rank(one: PriceOverride) -> tuple[bool, int, bool, float]:
    exact = not one.model.endswith("*")
    return exact, len(one.model), one.provider != "*", one.valid_from or 0.0


def _no_rate(found: Prices, currency: str) -> Problem:
    message = (
        f"prices of {found.source} are in {found.currency}, and no rate from {found.currency} to {currency} holds today"
    )
    row = f'{{from: {found.currency}, to: {currency}, rate: "1.00", since: 2026-01-01}}'
    return Problem(Place("currency_rates"), "", message, f"such as {row}, or give the models prices in {currency}")
