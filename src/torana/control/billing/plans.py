"""What a tenant is billed by: prices, margin, taxes, currency, parties. Kept in versions, written whole.

It computes nothing (``bill`` does). Read by every route of the room.
"""

from __future__ import annotations

import json
from datetime import date
from typing import Annotated, Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from torana.core.calendar import midnight
from torana.core.errors import GatewayError
from torana.core.money import nano_from_decimal
from torana.ports.database import Connection

DECIMALS = {"JPY": 0, "KRW": 0, "VND": 0, "CLP": 0, "ISK": 0, "BHD": 3, "KWD": 3, "OMR": 3, "TND": 3, "JOD": 3}
"""Minor units that are no hundredths (ISO 4217); the rest have two decimals."""
USUAL_DECIMALS = 2
MOST = 10**12
"""Units of a currency: no amount or rate here is larger."""


def _amount(text: str) -> str:
    if not 0 <= nano_from_decimal(text) <= MOST * 10**9:
        raise ValueError("an amount is not negative, and below a million million")
    return text


def _rate(text: str) -> str:
    if not 0 < nano_from_decimal(text) <= MOST * 10**9:
        raise ValueError("a rate is above zero")
    return text


def _zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError) as fault:
        raise ValueError("no time zone of that name is known; such as Asia/Kolkata") from fault
    return text


Money = Annotated[str, Field(max_length=32, examples=["499.00"]), AfterValidator(_amount)]
Currency = Annotated[str, Field(pattern="^[A-Z]{3}$", examples=["INR"])]
Text = Annotated[str, Field(max_length=500)]
FORBID = ConfigDict(extra="forbid")


class Tax(BaseModel):
    """One tax line."""

    model_config = FORBID

    name: str = Field(min_length=1, max_length=60, examples=["CGST"])
    rate_bp: int = Field(ge=0, le=100_000, description="basis points: 900 is 9 %", examples=[900])


class Exchange(BaseModel):
    """What one unit of a currency is in another from a day on."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    source: Currency = Field(alias="from", examples=["USD"])
    target: Currency = Field(alias="to", examples=["INR"])
    rate: Annotated[str, Field(max_length=32, examples=["83.20"]), AfterValidator(_rate)]
    since: date = Field(description="the first day, in the plan's time zone", examples=["2026-01-01"])


class Party(BaseModel):
    """Who bills, or who is billed."""

    model_config = FORBID

    name: Text = Field("", examples=["Acme Bank Ltd"])
    address: list[Text] = Field(default_factory=list, max_length=8, examples=[["12 MG Road", "Mumbai 400001"]])
    tax_id: Text = Field("", description="such as a GSTIN or a VAT number", examples=["27AAPFU0939F1ZV"])
    email: Text = ""


class Plan(BaseModel):
    """A plan."""

    model_config = FORBID

    currency: Currency = Field("USD", description="in which invoices are written")
    time_zone: Annotated[str, AfterValidator(_zone)] = Field("UTC", description="whose months are billed")
    price_per_user: Money = Field("0.00", description="of each person who asked something in the period")
    margin_bp: int = Field(0, ge=0, le=1_000_000, description="on token costs, basis points: 1500 is 15 %")
    included: Money = Field("0.00", description="of token costs with margin, so much of each invoice is free")
    taxes: list[Tax] = Field(default_factory=list, max_length=8)
    rates: list[Exchange] = Field(default_factory=list, max_length=1000)
    seller: Party = Field(default_factory=lambda: Party.model_validate({}))
    buyer: Party = Field(default_factory=lambda: Party.model_validate({}))
    number_prefix: str = Field("INV", pattern="^[A-Za-z0-9-]{1,12}$")
    credit_prefix: str = Field("CN", pattern="^[A-Za-z0-9-]{1,12}$")
    fiscal_year_begins: int = Field(1, ge=1, le=12, description="month: 4 in India")
    decimals: int | None = Field(None, ge=0, le=6, description="of a total; those of the currency when not given")
    due_days: int = Field(30, ge=0, le=365)
    note: str = Field("", max_length=2000, description="printed at the end of an invoice")

    @property
    def zone(self) -> ZoneInfo:
        """Whose months are billed."""
        return ZoneInfo(self.time_zone)

    @property
    def minor(self) -> int:
        """Decimals of a total."""
        return DECIMALS.get(self.currency, USUAL_DECIMALS) if self.decimals is None else self.decimals


class KeptPlan(NamedTuple):
    """A plan and its version; 0: nobody wrote one."""

    plan: Plan
    version: int


def plan_of(connection: Connection, tenant: str, otherwise: Plan) -> KeptPlan:
    """The plan in force."""
    row = connection.execute(
        "SELECT document, version FROM billing_plans WHERE tenant = ? ORDER BY version DESC LIMIT 1", (tenant,)
    ).fetchone()
    return KeptPlan(otherwise, 0) if row is None else KeptPlan(Plan.model_validate_json(row[0]), int(row[1]))


def write_plan(connection: Connection, tenant: str, kept: KeptPlan, now: float, by: str) -> int:
    """Keep the version that follows ``kept.version``; which it is. Raises GatewayError CONFLICT when there is one already."""
    last = connection.execute("SELECT MAX(version) FROM billing_plans WHERE tenant = ?", (tenant,)).fetchone()
    if int(last[0] or 0) != kept.version:
        raise GatewayError("CONFLICT", "Somebody wrote another version of the plan meanwhile. Read it again.")
    document = json.dumps(kept.plan.model_dump(mode="json", by_alias=True))
    written = connection.execute(
        "INSERT INTO billing_plans (tenant, version, document, written_at, written_by) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (tenant, version) DO NOTHING",
        (tenant, kept.version + 1, document, now, by),
    )
    if written.rowcount != 1:
        raise GatewayError("CONFLICT", "Somebody wrote another version of the plan meanwhile. Read it again.")
    return kept.version + 1


class Rates:
    """Exchange rates into one currency, by the day."""

    def __init__(self, target: str, known: list[tuple[str, str, float, int]]) -> None:
        """``known``: from, to, epoch second from which it holds, nano-units of ``to`` for one of ``from``."""
        self._target = target
        self._known = sorted((one for one in known if one[1] == target), key=lambda one: one[2])

    def at(self, source: str, moment: float) -> int:
        """Nano-units of the target for one unit of ``source``. Raises GatewayError REQUEST_INVALID for want of a rate."""
        if source == self._target:
            return 10**9
        held = [one for one in self._known if one[0] == source and one[2] <= moment]
        if not held:
            message = (
                f"rates: there is no rate from {source} to {self._target} for a day of this period. "
                "Add one to the plan (PUT billing/plan)."
            )
            raise GatewayError("REQUEST_INVALID", message, param="rates", details={"from": source, "to": self._target})
        return held[-1][3]


def rates_of(plan: Plan, configured: Any) -> Rates:
    """The plan's rates, over those of the configuration (rows of ``control.metering.Rate``)."""
    own = [(one.source, one.target, midnight(one.since, plan.zone), nano_from_decimal(one.rate)) for one in plan.rates]
    pairs = {(one[0], one[1]) for one in own}
    others = [tuple(one) for one in configured if (one.source, one.target) not in pairs]
    return Rates(plan.currency, [*others, *own])
