"""The kinds of columns that tables are made of, and the list of all tables.

It holds no table. Read by the ``schema`` files.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Double, Integer, MetaData, SmallInteger, Text

metadata = MetaData()


def named(column: str) -> Column[int]:
    """A text kept once in ``names``: its number there."""
    return Column(column, Integer, nullable=False)


def number(column: str) -> Column[int]:
    """A whole number of up to 63 bits."""
    return Column(column, BigInteger, nullable=False)


def count(column: str) -> Column[int]:
    """At most 2³¹ - 1: who writes it sees to it."""
    return Column(column, Integer, nullable=False)


def words(column: str) -> Column[str]:
    """A text; empty where there is none."""
    return Column(column, Text, nullable=False)


def moment(column: str) -> Column[float]:
    """Epoch seconds."""
    return Column(column, Double, nullable=False)


def moment_or_none(column: str) -> Column[float]:
    """Epoch seconds; null where it has not come."""
    return Column(column, Double)


def flag(column: str) -> Column[int]:
    """0 or 1."""
    return Column(column, SmallInteger, nullable=False)


def part_of_key(column: str) -> Column[str]:
    """A text of the primary key."""
    return Column(column, Text, primary_key=True)
