"""What a caller says about the cache: in headers and in the member ``cache`` of the body, read into one Wish.

It finds and keeps nothing. Called by the cache room for requests that say anything.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from torana.core.errors import GatewayError

CONTROL = "cache-control"
"""RFC 9111, section 5.2.1. Words that mean nothing to a cache of answers are passed over, as the RFC has it."""
OWN = "x-torana-cache"
OWN_TTL = "x-torana-cache-ttl"
OWN_MAX_AGE = "x-torana-cache-max-age"
IDEMPOTENCY = "idempotency-key"
HEADERS = frozenset({CONTROL, OWN, OWN_TTL, OWN_MAX_AGE, IDEMPOTENCY})
WORDS = frozenset({"no-cache", "no-store", "off", "on"})
EXPECTED = "expected no-cache, no-store, off, on, max-age=SECONDS or ttl=SECONDS"


class Wish(NamedTuple):
    """What may be done for one request."""

    find: bool = True
    """Whether a kept answer will do."""
    keep: bool = True
    """Whether its answer may be kept."""
    ttl_s: float | None = None
    """How long its answer may be kept; None: as configured."""
    max_age_s: float | None = None
    """How old a kept answer may be."""


PLAIN = Wish()


def wish_of(said: Sequence[tuple[str, str]], member: Mapping[str, object] | None) -> Wish:
    """The Wish. The strictest of all that is said holds. Raises GatewayError REQUEST_INVALID for our own words misspelt."""
    wish = PLAIN
    for name, value in said:
        match name:
            case "cache-control":
                wish = _worded(wish, value, strict=False, name=name)
            case "x-torana-cache":
                wish = _worded(wish, value, strict=True, name=name)
            case "x-torana-cache-ttl":
                wish = _shorter(wish, ttl=_seconds(value, name))
            case "x-torana-cache-max-age":
                wish = _shorter(wish, max_age=_seconds(value, name))
    return _membered(wish, member) if member else wish


def _worded(wish: Wish, value: str, *, strict: bool, name: str) -> Wish:
    for word in value.split(","):
        said, _, number = word.strip().lower().partition("=")
        match said:
            case "no-cache":
                wish = wish._replace(find=False)
            case "no-store":
                wish = wish._replace(keep=False)
            case "off":
                wish = wish._replace(find=False, keep=False) if strict else wish
            case "max-age" | "s-maxage":
                wish = _shorter(wish, max_age=_seconds(number, name) if strict else _or_none(number))
            case "ttl" if strict:
                wish = _shorter(wish, ttl=_seconds(number, name))
            case _:
                if strict and said and said not in WORDS:
                    raise GatewayError("REQUEST_INVALID", f"{name}: {EXPECTED}.", param=name)
    return wish


def _membered(wish: Wish, member: Mapping[str, object]) -> Wish:
    for name, value in member.items():
        place = f"cache.{name}"
        match name.replace("_", "-"):
            case "no-cache" | "no-store" as word:
                if not isinstance(value, bool):
                    raise GatewayError("REQUEST_INVALID", f"{place}: expected true or false.", param=place)
                if value:
                    wish = _worded(wish, word, strict=True, name=place)
            case "ttl":
                wish = _shorter(wish, ttl=_seconds(value, place))
            case _:
                wish = _shorter(wish, max_age=_seconds(value, place))
    return wish


def _shorter(wish: Wish, ttl: float | None = None, max_age: float | None = None) -> Wish:
    return wish._replace(ttl_s=_least((wish.ttl_s, ttl)), max_age_s=_least((wish.max_age_s, max_age)))


def _least(times: Iterable[float | None]) -> float | None:
    return min((one for one in times if one is not None), default=None)


def _seconds(value: object, place: str) -> float:
    found = _or_none(value)
    if found is None:
        raise GatewayError("REQUEST_INVALID", f"{place}: expected seconds, 0 or more.", param=place)
    return found


def _or_none(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) and found >= 0 else None
