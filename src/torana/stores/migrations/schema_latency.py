"""The tables that count requests by the time they took. A part of ``schema``."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, SmallInteger, Table

from torana.stores.migrations.columns import metadata, number

WIDTH = 32


def _counts(name: str, since: str, scopes: tuple[str, ...]) -> Table:
    return Table(
        name,
        metadata,
        Column("tenant", Integer, primary_key=True, autoincrement=False),
        Column(since, BigInteger, primary_key=True, autoincrement=False),
        *(Column(scope, Integer, primary_key=True, autoincrement=False) for scope in scopes),
        Column("first_chunk", SmallInteger, primary_key=True, autoincrement=False),
        Column("part", SmallInteger, primary_key=True, autoincrement=False),
        *(number(f"n{slot}") for slot in range(WIDTH)),
        sqlite_with_rowid=False,
        postgresql_with={"fillfactor": "70"},  # counts change in place: leave room on the page
    )


latency_hourly = _counts("latency_hourly", "hour", ("model", "provider"))
latency_daily = _counts("latency_daily", "day", ("model", "provider"))
team_latency_daily = _counts("team_latency_daily", "day", ("department", "team"))
"""Completed requests by hours and days, as the sums have them, and by bucket of ``core.histogram``: of the time to the end,
or, where ``first_chunk`` is 1, of that to the first chunk of a stream. A row holds WIDTH neighbouring buckets: ``n3`` where
``part`` is 2 counts bucket 2 x WIDTH + 3.
"""
