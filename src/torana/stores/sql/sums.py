"""Adds requests to the tables of sums: columns with a row for each request become rows to add, merged and in the key's order.

It decides which sums are made of which, and writes nothing itself: ``add`` of a connection does. Called by both connections.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, compress, islice, repeat
from operator import add, itemgetter, ne, sub
from typing import NamedTuple

from torana.core.histogram import bucket_of
from torana.ports.usage import Sums

Column = Sequence[int]
Columns = Mapping[str, Column]

OWNERS = ("department", "team", "user_id", "key_id", "model", "provider", "currency")
TEAMS = ("department", "team", "model", "provider", "currency")
MODELS = ("model", "provider")
SOLD = (*MODELS, "currency")
SUMS = Sums._fields
TEAM = ("department", "team")
TIMES = ("first_chunk", "part")
WIDTH = 32
"""Neighbouring buckets of times in one row: the times of one name lie close together, so most of their counts share a row."""
COUNTS = tuple(f"n{slot}" for slot in range(WIDTH))
PARTS = 8
BUCKETS = WIDTH * PARTS
"""More than there are."""


class Added(NamedTuple):
    """Rows to add to one table: no two of one key, in the order of the keys, so that two gateways that add to the same rows
    wait for each other, and never in a ring.
    """

    table: str
    key: tuple[str, ...]
    sums: tuple[str, ...]
    columns: Columns


def added(requests: Columns) -> Iterator[Added]:
    """What is added to which table. Of each request there are its tenant, hour, day and OWNERS, all of SUMS but how many it is,
    and whether it ended well and, streamed, began well.
    """
    yield from _times(requests)
    yield from _sums(requests)


def _sums(requests: Columns) -> Iterator[Added]:
    requests = {**requests, "requests": [1] * len(requests["tenant"])}
    hourly = merged(requests, ("tenant", "day", "hour", *OWNERS), SUMS)
    yield Added("usage_hourly", ("tenant", "hour", *OWNERS), SUMS, hourly)
    # The next two while the database adds the first, which are many.
    apart = _hours_apart(hourly)
    daily = hourly if apart else merged(hourly, ("tenant", "day", *OWNERS), SUMS)
    hourly = merged(hourly, ("tenant", "day", "hour", *TEAMS), SUMS)
    yield Added("usage_daily", ("tenant", "day", *OWNERS), SUMS, daily)
    yield Added("usage_hourly_by_team", ("tenant", "hour", *TEAMS), SUMS, hourly)
    daily = hourly if apart else merged(hourly, ("tenant", "day", *TEAMS), SUMS)
    yield Added("usage_daily_by_team", ("tenant", "day", *TEAMS), SUMS, daily)
    key = ("tenant", "hour", *SOLD)
    yield Added("usage_hourly_by_model", key, SUMS, merged(hourly, key, SUMS))


def _times(requests: Columns) -> Iterator[Added]:
    buckets = {name: list(map(bucket_of, requests[name])) for name in ("duration_ms", "first_chunk_ms")}
    requests = {**requests, **buckets}
    hourly = _counted(requests, ("tenant", "day", "hour", *MODELS))
    if not hourly[COUNTS[0]]:
        return
    yield Added("latency_hourly", ("tenant", "hour", *MODELS, *TIMES), COUNTS, hourly)
    daily = hourly if _hours_apart(hourly) else merged(hourly, ("tenant", "day", *MODELS, *TIMES), COUNTS)
    yield Added("latency_daily", ("tenant", "day", *MODELS, *TIMES), COUNTS, daily)
    of_team = _counted(requests, ("tenant", "day", *TEAM))
    yield Added("team_latency_daily", ("tenant", "day", *TEAM, *TIMES), COUNTS, of_team)


def merged(rows: Columns, key: tuple[str, ...], sums: tuple[str, ...]) -> Columns:
    """One row for all rows of the same key, sorted by it."""
    whose = list(zip(*(rows[name] for name in key), strict=True))
    count = len(whose)
    if count == 1:
        return {name: rows[name] for name in (*key, *sums)}
    order = sorted(range(count), key=whose.__getitem__)
    in_order = itemgetter(*order)
    keys = in_order(whose)
    ends = [*compress(range(1, count), map(ne, keys, islice(keys, 1, None))), count]
    found: dict[str, Column] = dict(zip(key, zip(*(keys[end - 1] for end in ends), strict=True), strict=True))
    at_ends = itemgetter(0, *ends)
    for name in sums:
        column = rows[name]
        if len(ends) == 1:
            found[name] = [sum(column)]
        elif len(ends) == count:
            found[name] = in_order(column)
        elif not any(column):
            found[name] = [0] * len(ends)
        else:
            # What all rows up to an end come to, less what those before it do.
            upto = at_ends([*accumulate(in_order(column), initial=0)])
            found[name] = [*map(sub, islice(upto, 1, None), upto)]
    return found


def _counted(requests: Columns, names: tuple[str, ...]) -> Columns:
    """How many completed requests took a time of which bucket, and after how long the streams among them began.

    The columns of times are buckets here.
    """
    whose: dict[tuple[int, ...], int] = {}
    of = [
        whose.setdefault(key, len(whose)) * BUCKETS * 2 for key in zip(*(requests[name] for name in names), strict=True)
    ]
    # Numbers are counted at a third of the time that tuples take.
    counts = Counter(compress(map(add, of, requests["duration_ms"]), requests["ended_well"]))
    counts.update(compress(map(add, of, map(BUCKETS.__add__, requests["first_chunk_ms"])), requests["begun_well"]))
    found: dict[int, list[int]] = {}
    for number, count in counts.items():
        place, slot = divmod(number, WIDTH)
        row = found.get(place)
        if row is None:
            row = found[place] = [0] * WIDTH
        row[slot] = count
    keys = list(whose)
    rows = sorted((*keys[place // PARTS // 2], place // PARTS % 2, place % PARTS, *row) for place, row in found.items())
    return dict(zip((*names, *TIMES, *COUNTS), zip(*rows, strict=True) if rows else repeat(()), strict=False))


def _hours_apart(rows: Columns) -> bool:
    """Whether every hour of these is of another day: then the rows of the hours are those of the days too."""
    return len(set(zip(rows["day"], rows["hour"], strict=True))) == len(set(rows["day"]))
