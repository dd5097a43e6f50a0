from __future__ import annotations

import math
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from torana.core.histogram import LONGEST_MS, NEARNESS, STANDING_MS, bucket_of, percentile

TIMES = st.one_of(st.integers(0, 60_000), st.integers(0, LONGEST_MS))


def nearest_rank(times: list[int], per_cent: int) -> int:
    return sorted(times)[max(0, math.ceil(len(times) * per_cent / 100) - 1)]


@given(parts=st.lists(st.lists(TIMES, max_size=40), min_size=1, max_size=6), per_cent=st.integers(1, 100))
def test_a_percentile_of_counts_that_were_added_is_within_a_twentieth_of_the_exact_one(
    parts: list[list[int]], per_cent: int
) -> None:
    merged: Counter[int] = Counter()
    for part in parts:
        merged.update(Counter(map(bucket_of, part)))
    told = percentile({STANDING_MS[bucket]: count for bucket, count in merged.items()}, per_cent)
    times = [time for part in parts for time in part]
    if not times:
        assert told is None
        return
    exact = nearest_rank(times, per_cent)
    assert told is not None
    assert abs(told - exact) * NEARNESS <= exact


@given(times=st.lists(TIMES, min_size=1, max_size=60), per_cent=st.integers(1, 100))
def test_a_percentile_of_the_times_themselves_is_exact(times: list[int], per_cent: int) -> None:
    assert percentile(Counter(times), per_cent) == nearest_rank(times, per_cent)


@given(time=TIMES, longer=TIMES)
def test_a_longer_time_is_never_in_an_earlier_bucket(time: int, longer: int) -> None:
    first, second = sorted((time, longer))
    assert bucket_of(first) <= bucket_of(second) < len(STANDING_MS)


def test_buckets_stay_what_they_are_for_rows_name_them_by_number() -> None:
    assert STANDING_MS[:21] == [*range(20), 22]
    assert (len(STANDING_MS), bucket_of(1000), STANDING_MS[bucket_of(1000)]) == (205, 58, 990)
    assert bucket_of(LONGEST_MS) == len(STANDING_MS) - 1
