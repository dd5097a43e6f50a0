"""Times in fixed buckets that grow by a tenth, so that percentiles of any number of requests come from counts that can be added.

It decides the buckets once and for all: rows of the database name them by number. Called by the database sink, which counts,
and by whoever reads the counts.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping
from functools import partial

NEARNESS = 20
"""A time stands for those of its bucket: it is off by no more than a twentieth of any of them, 5 per cent."""
LONGEST_MS = 2**31 - 1
"""What fits a row, some 25 days."""


def _buckets() -> tuple[list[int], list[int]]:
    """Of each bucket the time that stands for it and the longest one in it; small ones have a bucket each."""
    standing, longest = [], []
    shortest = 0
    while shortest <= LONGEST_MS:
        stands = shortest + shortest // NEARNESS
        standing.append(stands)
        longest.append(stands * NEARNESS // (NEARNESS - 1))
        shortest = longest[-1] + 1
    return standing, longest


STANDING_MS, _LONGEST_OF = _buckets()
"""Bucket → the time that stands for all of it."""
bucket_of = partial(bisect_left, _LONGEST_OF)
"""The number of the bucket of a time, whole milliseconds from 0 to LONGEST_MS."""


def percentile(counts: Mapping[int, int], per_cent: int) -> int | None:
    """The smallest time that so many per cent do not exceed (nearest rank); ``counts``: time → how often. None of none."""
    rank = max(1, math.ceil(sum(counts.values()) * per_cent / 100))
    reached = 0
    for time in sorted(counts):
        reached += counts[time]
        if reached >= rank:
            return time
    return None
