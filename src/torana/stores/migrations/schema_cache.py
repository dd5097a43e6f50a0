"""The table of what the cache saved. A part of ``schema``."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Table

from torana.stores.migrations.columns import metadata, number, part_of_key

cache_savings = Table(
    "cache_savings",
    metadata,
    part_of_key("tenant"),
    Column("day", BigInteger, primary_key=True, autoincrement=False),
    *map(part_of_key, ("team", "model", "currency")),
    *map(number, ("hits", "semantic_hits", "misses", "shadow_hits", "tokens", "saved_nano", "saved_ms")),
)
"""Sums by day since the epoch (UTC), of all gateways, of requests that the cache was asked for."""
