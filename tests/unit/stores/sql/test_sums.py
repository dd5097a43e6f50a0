from __future__ import annotations

from collections import Counter, defaultdict
from contextlib import closing
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from torana.core.histogram import STANDING_MS, bucket_of
from torana.stores import sql
from torana.stores.sql.connections import Connection
from torana.stores.sql.sums import BUCKETS, COUNTS, OWNERS, SOLD, SUMS, TEAMS, WIDTH, Columns, added, merged

HOUR = 3600
BY = {
    "usage_hourly": ("tenant", "hour", *OWNERS),
    "usage_daily": ("tenant", "day", *OWNERS),
    "usage_hourly_by_team": ("tenant", "hour", *TEAMS),
    "usage_daily_by_team": ("tenant", "day", *TEAMS),
    "usage_hourly_by_model": ("tenant", "hour", *SOLD),
}
COUNTED = {
    "latency_hourly": ("tenant", "hour", "model", "provider"),
    "latency_daily": ("tenant", "day", "model", "provider"),
    "team_latency_daily": ("tenant", "day", "department", "team"),
}


def requests(dice: Random, count: int, hours: int = 3) -> dict[str, list[int]]:
    """Columns of requests within so many hours from an hour before midnight on; few names, so that many are alike."""
    told = {name: [dice.randrange(1, 3) for _ in range(count)] for name in ("tenant", *OWNERS)}
    told["hour"] = [(24 * 1000 - 1 + dice.randrange(hours)) * HOUR for _ in range(count)]
    told["day"] = [hour // 86_400 * 86_400 for hour in told["hour"]]
    told |= {name: [dice.choice((0, dice.randrange(1 << 31))) for _ in range(count)] for name in SUMS[2:]}
    told["cost_nano"] = [dice.randrange(1 << 40) for _ in range(count)]
    told["saved_nano"] = [0] * count
    told["ended_well"] = [dice.random() < 0.8 for _ in range(count)]
    told["begun_well"] = [well and dice.random() < 0.5 for well in told["ended_well"]]
    told["errors"] = [int(not well) for well in told["ended_well"]]
    return told


def summed(told: Columns, key: tuple[str, ...]) -> dict[tuple[int, ...], list[int]]:
    """The same added up one by one."""
    found: dict[tuple[int, ...], list[int]] = defaultdict(lambda: [0] * len(SUMS))
    for place in range(len(told["hour"])):
        row = found[tuple(told[name][place] for name in key)]
        for slot, name in enumerate(SUMS):
            row[slot] += 1 if name == "requests" else told[name][place]
    return found


def counted(told: Columns, key: tuple[str, ...]) -> Counter[tuple[int, ...]]:
    """Times one by one: the key, whether it is of the first chunk, and the bucket → how many."""
    found: Counter[tuple[int, ...]] = Counter()
    for place in range(len(told["hour"])):
        whose = tuple(told[name][place] for name in key)
        if told["ended_well"][place]:
            found[*whose, 0, bucket_of(told["duration_ms"][place])] += 1
        if told["begun_well"][place]:
            found[*whose, 1, bucket_of(told["first_chunk_ms"][place])] += 1
    return found


def together(first: Columns, second: Columns) -> Columns:
    return {name: [*first[name], *second[name]] for name in first}


def there(connection: Connection, table: str, key: tuple[str, ...], sums: tuple[str, ...]) -> list[tuple[int, ...]]:
    return [tuple(row) for row in connection.execute(f"SELECT {', '.join((*key, *sums))} FROM {table}").fetchall()]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(dice=st.randoms(use_true_random=False), counts=st.lists(st.integers(1, 60), min_size=1, max_size=3))
def test_tables_hold_the_sums_of_what_was_added(dice: Random, counts: list[int], database_url: str) -> None:
    whole: Columns | None = None
    with closing(sql.connect(database_url)) as connection, connection:
        for table in (*BY, *COUNTED):
            connection.execute(f"DELETE FROM {table}")
        for count in counts:
            some = requests(dice, count, dice.randrange(1, 4))
            connection.add(some)
            whole = some if whole is None else together(whole, some)
        assert whole is not None
        for table, key in BY.items():
            rows = there(connection, table, key, SUMS)
            assert {row[: len(key)]: list(row[len(key) :]) for row in rows} == summed(whole, key)
        for table, key in COUNTED.items():
            width = len(key)
            found = {
                (*row[: width + 1], row[width + 1] * WIDTH + slot): count
                for row in there(connection, table, (*key, "first_chunk", "part"), COUNTS)
                for slot, count in enumerate(row[width + 2 :])
                if count
            }
            assert found == counted(whole, key)


@given(st.randoms(use_true_random=False), st.integers(1, 200))
def test_rows_to_add_are_sorted_and_no_two_of_one_key(dice: Random, count: int) -> None:
    tables = []
    for one in added(requests(dice, count)):
        tables.append(one.table)
        whose = list(zip(*(one.columns[name] for name in one.key), strict=True))
        assert whose == sorted(set(whose))
        assert all(len(one.columns[name]) == len(whose) for name in one.sums)
    assert set(tables) >= set(BY)
    assert set(tables) <= {*BY, *COUNTED}


@given(st.integers(1, 40), st.integers(1, 40), st.randoms(use_true_random=False))
def test_rows_of_one_key_become_one_of_their_sums(count: int, kinds: int, dice: Random) -> None:
    rows = {
        "a": [dice.randrange(kinds) for _ in range(count)],
        "b": [dice.randrange(2) for _ in range(count)],
        "n": [dice.randrange(1000) for _ in range(count)],
        "nothing": [0] * count,
    }
    wanted: Counter[tuple[int, int]] = Counter()
    for a, b, n in zip(rows["a"], rows["b"], rows["n"], strict=True):
        wanted[a, b] += n
    found = merged(rows, ("a", "b"), ("n", "nothing"))
    assert list(zip(found["a"], found["b"], found["n"], strict=True)) == sorted((*key, n) for key, n in wanted.items())
    assert set(found["nothing"]) == {0}


def test_requests_of_which_none_ended_well_have_no_times() -> None:
    told = requests(Random(1), 5) | {"ended_well": [False] * 5, "begun_well": [False] * 5}
    assert {one.table for one in added(told)} == set(BY)


def test_every_bucket_has_its_place() -> None:
    assert len(STANDING_MS) <= BUCKETS


def test_what_the_database_refuses_is_raised_and_nothing_of_it_stays(database_url: str) -> None:
    with closing(sql.connect(database_url)) as connection:
        with connection:
            connection.execute("ALTER TABLE usage_hourly_by_team RENAME TO elsewhere")
        with pytest.raises(sql.faults(), match="usage_hourly_by_team"), connection:
            connection.add(requests(Random(2), 20))
        assert there(connection, "usage_hourly", ("tenant",), ()) == []
        with connection:
            connection.execute("ALTER TABLE elsewhere RENAME TO usage_hourly_by_team")
            connection.add(requests(Random(2), 20))
        assert there(connection, "usage_hourly_by_team", ("tenant",), ()) != []
