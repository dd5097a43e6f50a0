"""The forms that single settings take: ports, durations, amounts, names, and how each is described.

It reads no file. Used as annotations by the ``settings_*`` structs; ``settings_bind.py`` reads what ``says`` wrote.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Any

import msgspec

DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)")
SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}


def says(text: str, form: str = "", **bounds: Any) -> msgspec.Meta:
    """What a setting means, for the reference page; ``form`` names a way of reading in ``settings_bind.py``.

    ``bounds``: ge, gt, le, min_length, max_length, pattern. They stand in ``extra`` because msgspec's own may not
    be put on an optional type, and because its converter stops at the first error.
    """
    extra: dict[str, Any] = dict(bounds)
    if text:
        extra["says"] = text
    if form:
        extra["form"] = form
    return msgspec.Meta(extra=extra)


def seconds(text: str) -> float:
    """``1m`` → 60.0. Raises ValueError for what is no duration or is zero."""
    match = DURATION.fullmatch(text.strip())
    if match is None:
        raise ValueError("expected a duration such as 30s, 1m, 1h or 1d")
    value = float(match[1]) * SECONDS[match[2]]
    if value <= 0:
        raise ValueError("a duration must be longer than nothing")
    return value


Duration = Annotated[float, says("", form="duration")]
"""Written ``30s``, ``1m``, ``1h``, ``1d``; kept as seconds."""
Port = Annotated[int, says("", ge=0, le=65535)]
"""0: any free port."""
Seconds = Annotated[float, says("", gt=0, le=86400)]
Amount = Annotated[Decimal, says("", form="amount")]
"""A decimal of at most nine places, not negative; written as text or number."""
Name = Annotated[str, says("", min_length=1, max_length=200)]
Texts = tuple[str, ...]
