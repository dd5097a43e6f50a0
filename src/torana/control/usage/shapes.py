"""Answers of the usage routes."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import BaseModel, Field

from torana.control.usage.asked import shown_moment
from torana.core.money import decimal_text
from torana.ports.usage import Line, Sums

Rate = float | None


class Amount(BaseModel):
    """Money of one currency."""

    currency: str = Field(examples=["INR"])
    cost: str = Field(description="a decimal", examples=["12.345"])
    saved: str = Field("0.00", description="what the cache saved", examples=["0.25"])


class Figures(BaseModel):
    """Sums over requests."""

    requests: int = Field(examples=[128])
    errors: int = Field(description="requests that did not end well, refusals too", examples=[2])
    success_rate: Rate = Field(description="from 0 to 1; null when there is no request", examples=[0.984375])
    input_tokens: int = Field(examples=[51200])
    cache_read_tokens: int = Field(0, description="of the input, read from a provider's cache")
    cache_write_tokens: int = Field(0, description="of the input, written to a provider's cache")
    output_tokens: int = Field(examples=[12800])
    reasoning_tokens: int = Field(0, description="of the output")
    total_tokens: int = Field(examples=[64000])
    cost: str = Field(description="a decimal of `currency`", examples=["12.345"])
    currency: str = Field(examples=["INR"])
    saved: str = Field("0.00", description="what answers of the cache would have cost, less what they did")
    average_ms: int | None = Field(None, description="from the request's coming in to its end, on average")
    average_first_chunk_ms: int | None = Field(None, description="to the first chunk, on average")


class Named(Figures):
    """Sums of one name."""

    name: str = Field(description="empty: of none", examples=["gpt-4o-mini"])


class At(Figures):
    """Sums of one hour or day."""

    at: str = Field(description="when it begins", examples=["2026-11-01T00:00:00Z"])
    name: str | None = Field(None, description="of the dimension that was asked for")


class Latency(BaseModel):
    """Percentiles of the times of completed requests: the smallest time that so many per cent did not exceed."""

    p50_ms: int | None = Field(examples=[820])
    p95_ms: int | None = Field(examples=[2900])
    p99_ms: int | None = Field(examples=[5100])
    first_chunk_p50_ms: int | None = Field(None, description="of streams")
    first_chunk_p95_ms: int | None = None
    first_chunk_p99_ms: int | None = None
    of_requests: int = Field(description="of how many requests these are")
    complete: bool = Field(description="false: of some of the period's requests only, the newest, for there are more")
    relative_error: float = Field(
        0.0,
        description="a percentile is off by no more than this share of the exact one; 0: it is exact",
        examples=[0.05],
    )


class Found(BaseModel):
    """What guardrails found."""

    total: int
    kinds: dict[str, int] = Field(examples=[{"email": 3, "aadhaar": 1}])
    complete: bool = Field(description="false: counted in the newest requests with findings only")


class Dashboard(BaseModel):
    """A period at a glance."""

    since: str = Field(examples=["2026-11-01T00:00:00Z"])
    until: str = Field(examples=["2026-12-01T00:00:00Z"])
    time_zone: str = Field(description="whose hours and days are summed", examples=["Asia/Kolkata"])
    totals: Figures
    other_currencies: list[Amount] = Field(description="costs that are not in the installation's currency of today")
    active_users: int
    latency: Latency
    findings: Found
    top_models: list[Named]
    top_teams: list[Named]
    top_users: list[Named]


class Series(BaseModel):
    """Sums by hour or day, those with none left out."""

    since: str
    until: str
    grain: str
    by: str | None
    time_zone: str
    items: list[At]
    next_cursor: str | None = None


class Cell(BaseModel):
    """One hour of the week."""

    weekday: int = Field(description="0 is Monday", ge=0, le=6)
    hour: int = Field(ge=0, le=23)
    requests: int
    errors: int
    total_tokens: int
    cost: str
    currency: str


class Hours(BaseModel):
    """The hours of the week in the tenant's time zone, all 168."""

    since: str
    until: str
    time_zone: str
    items: list[Cell]
    next_cursor: str | None = None


class Split(BaseModel):
    """Sums of each name of a dimension, the most first."""

    since: str
    until: str
    by: str
    order: str
    items: list[Named]
    next_cursor: str | None = None


class UserUsage(BaseModel):
    """What one person used."""

    user_id: str
    since: str
    until: str
    totals: Figures
    other_currencies: list[Amount]
    latency: Latency
    models: list[Named]
    days: list[At]


def figures(lines: Iterable[Line], currency: str) -> tuple[Figures, list[Amount]]:
    """All of the lines together; the cost is of ``currency``, those of others beside it."""
    every = list(lines)
    total = Sums(*map(sum, zip(Sums(), *(line.sums for line in every), strict=True)))
    costs: dict[str, list[Sums]] = {}
    for line in every:
        costs.setdefault(line.currency, []).append(line.sums)
    amounts = [
        Amount(currency=name, cost=_sum(sums, "cost_nano"), saved=_sum(sums, "saved_nano"))
        for name, sums in sorted(costs.items())
        if name != currency and any(one.cost_nano or one.saved_nano for one in sums)
    ]
    own = costs.get(currency, [])
    sums = total._replace(cost_nano=sum(one.cost_nano for one in own), saved_nano=sum(one.saved_nano for one in own))
    return Figures.model_validate(shown(sums, currency)), amounts


def _sum(sums: Iterable[Sums], name: str) -> str:
    return decimal_text(sum(getattr(one, name) for one in sums))


def shown(sums: Sums, currency: str) -> dict[str, object]:
    """Sums as members of Figures."""
    count = sums.requests
    return {
        "requests": count,
        "errors": sums.errors,
        "success_rate": None if not count else (count - sums.errors) / count,
        "input_tokens": sums.input_tokens,
        "cache_read_tokens": sums.cache_read_tokens,
        "cache_write_tokens": sums.cache_write_tokens,
        "output_tokens": sums.output_tokens,
        "reasoning_tokens": sums.reasoning_tokens,
        "total_tokens": sums.input_tokens + sums.output_tokens,
        "cost": decimal_text(sums.cost_nano),
        "currency": currency,
        "saved": decimal_text(sums.saved_nano),
        "average_ms": None if not count else sums.duration_ms // count,
        "average_first_chunk_ms": None if not count else sums.first_chunk_ms // count,
    }


def named(line: Line) -> Named:
    """One name's sums."""
    return Named.model_validate({"name": line.name, **shown(line.sums, line.currency)})


def at(line: Line, by: str | None) -> At:
    """The sums of one hour or day."""
    name = line.name if by else None
    return At.model_validate({"at": shown_moment(line.at), "name": name, **shown(line.sums, line.currency)})
