"""What the cache saved for one team and model: a row of the sums that the database keeps.

Plain data; added up in SQL, shown by the control plane.
"""

from __future__ import annotations

from typing import NamedTuple


class Saved(NamedTuple):
    """By all gateways, in one currency."""

    team: str
    model: str
    hits: int
    semantic_hits: int
    misses: int
    shadow_hits: int
    """Misses that the semantic cache would have answered, were it not on trial."""
    tokens: int
    nano: int
    ms: int
