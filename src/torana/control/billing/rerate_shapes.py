"""Asks and answers of re-rating."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, ConfigDict, Field

from torana.control.billing.adjustments import Rerated
from torana.control.billing.plans import Money
from torana.control.usage.asked import shown_moment
from torana.core.money import decimal_text, nano_from_decimal
from torana.core.prices import Prices

FORBID = ConfigDict(extra="forbid")


class PricesAsk(BaseModel):
    """Prices per million tokens, and per request; in the installation's currency."""

    model_config = FORBID

    input: Money = Field("0", examples=["0.15"])
    output: Money = Field("0", examples=["0.60"])
    cache_read: Money | None = Field(None, description="as input when not given")
    cache_write: Money | None = Field(None, description="as input when not given")
    request: Money = "0"

    def prices(self, currency: str) -> Prices:
        """As the ledger has them."""
        into = nano_from_decimal(self.input)
        return Prices(
            currency,
            into,
            into if self.cache_read is None else nano_from_decimal(self.cache_read),
            into if self.cache_write is None else nano_from_decimal(self.cache_write),
            nano_from_decimal(self.output),
            nano_from_decimal(self.request),
            "rerate",
        )


class RerateAsk(BaseModel):
    """What to rate again."""

    model_config = FORBID

    since: date = Field(description="the first day, in the installation's time zone", examples=["2026-11-01"])
    until: date = Field(description="the day after the last", examples=["2026-11-08"])
    model: str = Field("", max_length=256, description="only this model")
    provider: str = Field("", max_length=256, description="only this provider")
    prices: PricesAsk | None = Field(None, description="those of the settings in force when not given")
    reason: str = Field(min_length=1, max_length=500, examples=["The price was entered per thousand"])
    dry_run: bool = Field(True, description="say what would come of it, and keep nothing")


class AdjustmentShown(BaseModel):
    """What re-rating adds to one day of somebody's usage of a model."""

    id: str | None = Field(None, description="null in a dry run")
    rerate_id: str | None = None
    day: str = Field(examples=["2026-11-03T00:00:00Z"])
    department: str
    team: str
    user: str
    key: str
    model: str
    provider: str
    currency: str
    requests: int
    recorded: str = Field(description="what usage says")
    rated: str = Field(description="what it comes to now")
    difference: str = Field(description="what this adds to the record and to earlier adjustments")
    invoice_id: str | None = Field(None, description="by which it was billed; null: not yet")


class RerateAnswer(BaseModel):
    """What a re-rating came to. Usage and issued invoices stay as they are."""

    id: str | None = Field(description="null in a dry run")
    since: str
    until: str
    looked_at: int = Field(description="requests; none older than single requests are kept")
    rated: int
    left_alone: dict[str, int] = Field(
        description="why not: no price known, several tries billed, answered by the cache",
        examples=[{"unpriced": 0, "several_tries": 2, "from_cache": 17}],
    )
    differences: dict[str, str] = Field(description="by currency", examples=[{"USD": "-12.50"}])
    complete: bool = Field(
        description="false: there were more than five million requests, or some are no longer kept one by one; "
        "what somebody used of a model on such a day is left alone"
    )
    adjustments: list[AdjustmentShown] = Field(description="the largest, up to a hundred")


class Rerate(BaseModel):
    """One re-rating that was kept."""

    id: str
    since: str
    until: str
    reason: str
    made_at: str
    made_by: str
    differences: dict[str, str]


class Rerates(BaseModel):
    """Re-ratings, the latest first."""

    items: list[Rerate]
    next_cursor: str | None


class Adjustments(BaseModel):
    """Adjustments in the order in which they were made."""

    items: list[AdjustmentShown]
    next_cursor: str | None


def adjustment(one: Rerated, kept: tuple[str, str, str] | None = None) -> AdjustmentShown:
    """An adjustment; ``kept``: its id, its re-rating, its invoice."""
    group = one.group
    return AdjustmentShown(
        id=kept[0] if kept else None,
        rerate_id=kept[1] if kept else None,
        invoice_id=(kept[2] or None) if kept else None,
        day=shown_moment(group.day),
        department=group.department,
        team=group.team,
        user=group.user,
        key=group.key,
        model=group.model,
        provider=group.provider,
        currency=group.currency,
        requests=one.requests,
        recorded=decimal_text(one.recorded_nano),
        rated=decimal_text(one.rated_nano),
        difference=decimal_text(one.difference_nano),
    )
