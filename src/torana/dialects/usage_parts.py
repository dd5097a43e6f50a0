"""Which finer kinds a provider's counts tell of: parts of a plain count, never more than it, and variants of the price.

It prices nothing. Called by the readers of usage.
"""

from __future__ import annotations

from collections.abc import Iterable

Parts = tuple[tuple[str, int], ...]
STANDARD = frozenset({"", "default", "standard", "auto"})


def within(whole: int, given: Iterable[tuple[str, int | None]]) -> Parts:
    """The counts that are there, in this order, as far as they fit into ``whole``: kinds of one count do not overlap."""
    found: list[tuple[str, int]] = []
    for kind, count in given:
        count = min(count or 0, whole)
        if count > 0:
            whole -= count
            found.append((kind, count))
    return tuple(found)


def variant(name: str, value: object) -> Parts:
    """What an exchange says of itself that may change its price: ``service_tier``, ``speed``; nothing for the standard."""
    if not isinstance(value, str) or value in STANDARD or len(value) > 32:
        return ()
    return ((f"{name}={value}", 1),)
