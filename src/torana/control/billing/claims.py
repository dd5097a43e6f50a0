"""What a provider's export claims, row by row, and how its values are read.

It knows no provider's shape (``exports`` and ``aws_export`` do). Raises ValueError, of which Misshapen tells people what is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from torana.core.money import nearest_nano

LATEST = 1 << 34
"""Epoch seconds: usage here knows the years from 1970 to 2500."""

MOST = 1 << 53
"""No count is so large: beyond it numbers of JSON are no longer exact everywhere."""


class Claimed(NamedTuple):
    """One row of an export."""

    at: int
    """The epoch second at which its stretch of time begins."""
    key: str
    model: str
    requests: int = 0
    input_tokens: int = 0
    """All of them, cached or not, as rows here have it."""
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    output_tokens: int = 0
    currency: str = ""
    cost_nano: int = 0
    counts: bool = True
    """Whether it says tokens; else it says costs."""
    ends: int = 0
    """The epoch second at which its stretch of time ends; 0: it is not said."""


class Misshapen(ValueError):
    """What is wrong with an export, without a value of it: whoever sent it is told."""


def count_of(row: Mapping[str, Any], name: str) -> int:
    """A count; 0 where none is told."""
    value = row.get(name) or 0
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < MOST or int(value) != value:
        raise Misshapen(f"{name} is no whole number from 0 on, or beyond all bounds")
    return int(value)


def text_of(value: Any) -> str:
    """A text; empty where nothing is told."""
    return "" if value is None else str(value)[:256]


def money_of(value: Any, name: str) -> int:
    """An amount, nano-units."""
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        raise Misshapen(f"{name} is no number with a decimal point") from None
    if not amount.is_finite() or abs(amount) > Decimal(10) ** 12:
        raise Misshapen(f"{name} is beyond all bounds")
    return nearest_nano(amount)


def moment_of(value: Any, name: str) -> int:
    """Epoch seconds of an RFC 3339 time, or of epoch seconds."""
    try:
        if isinstance(value, str):
            found = datetime.fromisoformat(value)
            at = int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp())
        else:
            at = int(value)
    except (ValueError, TypeError, OverflowError):
        raise Misshapen(f"{name} is no time") from None
    if not 0 <= at < LATEST:
        raise Misshapen(f"{name} is beyond the years from 1970 to 2500")
    return at
