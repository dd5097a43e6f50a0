"""Questions and answers about how budgets stand."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field

from torana.control.objects.book import Spent
from torana.core.calendar import PERIODS, days_of
from torana.core.money import decimal_text

Scope = Literal["tenant", "department", "team", "user", "key", "model"]
Money = Annotated[Decimal, Field(ge=0, le=1_000_000_000, decimal_places=9, description="a decimal text")]


def _period(text: str) -> str:
    if text not in PERIODS:
        days_of(text)
    return text


class StandingShown(BaseModel):
    """How a budget stands for one of those whom it is about. Amounts are decimal texts."""

    budget: str
    about: dict[str, str] = Field(description="scope → name, such as `team: books`")
    per: str
    window: str = Field(description="the date on which the window began")
    limit: str
    spent: str
    held: str = Field(description="for requests under way")
    remaining: str
    hard: bool = Field(description="whether requests are refused when it is used up")
    starts_at: datetime
    resets_at: datetime


class StandingAnswer(BaseModel):
    """Budgets in their windows of now."""

    currency: str
    items: list[StandingShown]
    next_cursor: str | None = None


class WhatIfAsk(BaseModel, extra="forbid"):
    """A budget to try on what was spent."""

    scope: Scope = Field(description="whose spending is added up")
    match: str = Field(default="", max_length=200, description="only this one; empty: each for itself")
    where: dict[Scope, str] = Field(default_factory=dict, description="scope and value that spending must have")
    limit: Money
    per: Annotated[str, AfterValidator(_period)] = Field(
        default="month", max_length=8, description="day, week, month, quarter, year, or a number of days such as `10d`"
    )
    days: int = Field(default=90, ge=1, le=1100, description="how many days back")

    model_config = {
        "json_schema_extra": {
            "examples": [{"scope": "team", "match": "books", "limit": "25.00", "per": "month", "days": 90}]
        }
    }


class WindowShown(BaseModel):
    """One window of one of those whom the budget would be about."""

    subject: str
    window: str
    spent: str
    over: str = Field(description="what would have been beyond the limit; `0` where nothing would")
    used_up_on: str | None = Field(description="the day on which the limit was reached; null: it was not")


class WhatIfAnswer(BaseModel):
    """What the budget would have met."""

    currency: str
    windows: int
    exceeded: int = Field(description="windows in which the limit was reached")
    over: str = Field(description="what would have been beyond it, all windows together")
    items: list[WindowShown] = Field(description="those exceeded first, dearest first; at most 500")


def shown(one: Spent) -> StandingShown:
    """How one stands."""
    used = one.spent_nano + one.held_nano
    return StandingShown(
        budget=one.budget, about=dict(one.about), per=one.per, window=one.window, limit=decimal_text(one.limit_nano),
        spent=decimal_text(one.spent_nano), held=decimal_text(one.held_nano),
        remaining=decimal_text(max(0, one.limit_nano - used)), hard=one.hard,
        starts_at=datetime.fromtimestamp(one.starts_at, UTC), resets_at=datetime.fromtimestamp(one.resets_at, UTC),
    )  # fmt: skip
