"""What pages about usage read, each in one piece: sums, percentiles, findings, whose zone.

They see what the Window says, nothing beyond. Called with the office's connection by the routes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from operator import sub
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from torana.control.metering import Metering
from torana.control.principal import Reach
from torana.control.usage.shapes import Latency
from torana.core.histogram import percentile
from torana.ports.database import Connection
from torana.ports.usage import Grain, Line, Order, Place, Row, Sums, Times, Window

TOP = 5
SAMPLE = 10_000
"""Requests whose times make percentiles where times are not counted by what is asked."""
WITH_FINDINGS = 1000
OTHERS = "(others)"
CURRENCIES = 4
"""So many of one name are reckoned with where names are ranked."""


class Glance(NamedTuple):
    """What a dashboard shows."""

    totals: list[Line]
    active_users: int
    times: Times
    findings: tuple[dict[str, int], bool]
    top: Mapping[str, list[Line]]


def glance(connection: Connection, metering: Metering, window: Window) -> Glance:
    """A period at a glance."""
    sums, log = metering.sums, metering.log
    # Who leads and how many there are at once: nothing else of it goes through the sums of everybody.
    users, active = sums.leading(connection, window, "user", TOP)
    return Glance(
        sums.totals(connection, window),
        active,
        log.latencies(connection, window, SAMPLE),
        log.findings_of(connection, window, WITH_FINDINGS),
        {**{by: sums.top(connection, window, by, "cost", TOP) for by in ("model", "team")}, "user": users},
    )


class Person(NamedTuple):
    """What a page about one person shows."""

    totals: list[Line]
    times: Times
    models: list[Line]
    days: list[Line]


def person(connection: Connection, metering: Metering, window: Window, reach: Reach, user: str) -> Person | None:
    """What somebody used; None when nobody of that id is within reach."""
    sums = metering.sums
    totals = sums.totals(connection, window)
    ever = totals or sums.totals(connection, window._replace(since=0, until=1 << 34, grain="day"))
    if not ever and not _known(connection, reach, user):
        return None
    return Person(
        totals,
        metering.log.latencies(connection, window, SAMPLE),
        sums.top(connection, window, "model", "cost", 100),
        sums.series(connection, window),
    )


def _known(connection: Connection, reach: Reach, user: str) -> bool:
    if reach.user == user:
        return True
    bounds, values = reach.where("department", "team", "id")
    asked = f"SELECT 1 FROM users WHERE tenant = ? AND id = ?{bounds}"  # noqa: S608 - our own columns
    return connection.execute(asked, [reach.tenant, user, *values]).fetchone() is not None


def series(connection: Connection, metering: Metering, window: Window, by: str | None, most: int) -> list[Line]:
    """Sums by hour or day; with ``by``, of the ``most`` names that cost most, the others together as OTHERS."""
    if by is None:
        return metering.sums.series(connection, window)
    # A name may stand there once for each currency.
    ranked = metering.sums.top(connection, window, by, "cost", most * CURRENCIES)
    leading = list(dict.fromkeys(line.name for line in ranked))[:most]
    found = metering.sums.series(connection, window, by, leading)
    # The others are what is left of all: their own lines may be as many as people times hours.
    left = {(line.at, line.currency): line.sums for line in metering.sums.series(connection, window)}
    for line in found:
        place = (line.at, line.currency)
        left[place] = Sums(*map(sub, left.get(place, line.sums), line.sums))
    others = [Line(at, OTHERS, currency, sums) for (at, currency), sums in left.items() if sums.requests]
    return sorted([*found, *others], key=lambda line: line[:3])


def split(connection: Connection, metering: Metering, window: Window, by: str, ranked: tuple[Order, int]) -> list[Line]:
    """Sums by name; ``ranked``: by what, and how many."""
    return metering.sums.top(connection, window, by, *ranked)


def week(connection: Connection, metering: Metering, window: Window, zone: ZoneInfo) -> dict[tuple[int, int], Sums]:
    """Sums by weekday and hour of the zone; of an hour that crosses one there, by where it begins."""
    hours: Grain = "hour"
    found: dict[tuple[int, int], Sums] = {}
    for line in metering.sums.series(connection, window._replace(grain=hours)):
        local = datetime.fromtimestamp(line.at, zone)
        place = (local.weekday(), local.hour)
        one = line.sums if line.currency == metering.currency else line.sums._replace(cost_nano=0, saved_nano=0)
        found[place] = Sums(*map(sum, zip(found.get(place, Sums()), one, strict=True)))
    return found


def page(
    connection: Connection,
    metering: Metering,
    window: Window,
    asked: Mapping[str, Any],
    place: tuple[Place | None, int],
) -> tuple[list[Row], Place | None]:
    """A page of single requests; ``place``: where the one before ended, and how many."""
    return metering.log.sought(connection, window, asked, *place)


def one_request(connection: Connection, metering: Metering, reach: Reach, request_id: str) -> list[Row]:
    """The rows of one request id that are within reach."""
    found = metering.sums.request(connection, reach.tenant, request_id)
    return [row for row in found if reach.covers(row["department"], row["team"], row["user_id"])]


def zone_of(connection: Connection, tenant: str, otherwise: str) -> str:
    """The tenant's time zone by its settings."""
    row = connection.execute("SELECT settings FROM tenants WHERE id = ?", (tenant,)).fetchone()
    said = json.loads(row[0] or "{}").get("time_zone") if row is not None else None
    try:
        return str(ZoneInfo(said)) if said else otherwise
    except (ZoneInfoNotFoundError, ValueError, TypeError):
        return otherwise


def latency(times: Times, totals: Sequence[Line]) -> Latency:
    """Percentiles; ``totals``: the sums of the same window, for counts may have begun later than these."""
    whole, first = times.duration_ms, times.first_chunk_ms
    count = sum(whole.values())
    completed = sum(line.sums.requests - line.sums.errors for line in totals)
    return Latency(
        p50_ms=percentile(whole, 50),
        p95_ms=percentile(whole, 95),
        p99_ms=percentile(whole, 99),
        first_chunk_p50_ms=percentile(first, 50),
        first_chunk_p95_ms=percentile(first, 95),
        first_chunk_p99_ms=percentile(first, 99),
        of_requests=count,
        complete=times.whole and (not times.nearness or count >= completed),
        relative_error=1 / times.nearness if times.nearness else 0.0,
    )
