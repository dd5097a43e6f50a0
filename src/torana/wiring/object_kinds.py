"""The sections of the configuration that may be stored object by object, and how each object becomes a row of its section.

Pure. Read by the overlay, the book of objects and the command line.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from torana.wiring.settings_alerts import Alerts
from torana.wiring.settings_models import Model, Provider, Routing
from torana.wiring.settings_owned import written
from torana.wiring.settings_prices import CurrencyRate, PriceOverride
from torana.wiring.settings_rules import Budget, Cache, Guardrail, Limit


class Kind(NamedTuple):
    """One section."""

    section: str
    struct: type[msgspec.Struct] | None
    """Of one row, or of the whole section; None: the section is one plain value, in a document ``{value: …}``."""
    named_by: str = ""
    """The field of a row that is its name; empty: its objects have names that are not in the row."""
    many: bool = True
    """Whether the section is a list of rows; else its one object is named as the section."""
    tenants: bool = False
    """Whether tenants may have rows of their own."""


KINDS: Mapping[str, Kind] = {
    one.section: one
    for one in (
        Kind("providers", Provider, "id", tenants=True),
        Kind("models", Model, "name", tenants=True),
        Kind("limits", Limit, "id", tenants=True),
        Kind("budgets", Budget, "id", tenants=True),
        Kind("price_overrides", PriceOverride, tenants=True),
        Kind("currency_rates", CurrencyRate),
        Kind("guardrails", Guardrail, "id"),
        Kind("routing", Routing, many=False),
        Kind("cache", Cache, many=False),
        Kind("alerts", Alerts, many=False),
        Kind("default_model", None, many=False),
        Kind("provider_priority", None, many=False),
        Kind("unknown_price", None, many=False),
    )
}
VALUE = "value"


def row_of(kind: Kind, tenant: str, name: str, document: Mapping[str, Any]) -> dict[str, Any]:
    """The row of its section that an object stands for."""
    row = dict(document)
    if kind.named_by:
        row[kind.named_by] = name
    if kind.tenants and tenant:
        row["tenant"] = tenant
    return row


def place_in(kind: Kind, row: msgspec.Struct) -> tuple[str, str]:
    """Tenant and name of a row of the settings, as people write them; no name for rows without."""
    tenant = getattr(row, "tenant", None) or "" if kind.tenants else ""
    name = str(getattr(row, kind.named_by)) if kind.named_by else ""
    return tenant, written(name, tenant)
