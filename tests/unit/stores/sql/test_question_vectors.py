"""Questions in PostgreSQL are found by likeness by every gateway, sealed, and forgotten like those of one process."""

from __future__ import annotations

import psycopg
import pytest

from tests.postgres import Server
from torana.core.cache_entry import Where
from torana.core.cache_question import Answered, Question
from torana.stores.sql.question_vectors import AWAY_S, TABLE, Kept, NotOffered, QuestionVectors, offered
from torana.stores.valkey.seals import Seals
from torana.testing.clock import FakeClock

WIDTH = 3


def answered(place: str, partition: str = "p", tenant: str = "acme") -> Answered:
    return Answered(
        Question(tenant, "m", partition, f"{partition}/{place}", f"what is {place}?"), f"entry-{place}", 1.0
    )


@pytest.fixture(scope="module")
def url(postgres: Server) -> str:
    found = postgres.fresh()
    offered(found, WIDTH)
    offered(found, WIDTH)  # every gateway asks
    return found


def index(url: str, clock: FakeClock, most: int = 100, key: bytes = b"k" * 32) -> QuestionVectors:
    return QuestionVectors(url, Seals(key, b"questions of the cache"), Kept(60.0, most, clock))


def test_what_one_gateway_adds_the_others_find_until_it_is_over(url: str) -> None:
    clock = FakeClock()
    one, other, stranger = index(url, clock), index(url, clock), index(url, clock, key=b"x" * 32)
    one.add(answered("a"), [1.0, 0.0, 0.0])
    one.add(answered("b"), [0.6, 0.8, 0.0])
    one.add(answered("a", "elsewhere"), [1.0, 0.0, 0.0])
    found = other.near("p", [1.0, 0.0, 0.0], 0.5, 9)
    assert [(each.question.text, round(like, 3)) for each, like in found] == [("what is a?", 1.0), ("what is b?", 0.6)]
    assert other.near("p", [1.0, 0.0, 0.0], 0.7, 9)[1:] == []
    assert stranger.near("p", [1.0, 0.0, 0.0], 0.5, 9) == []
    with psycopg.connect(url) as driver:
        assert b"what is" not in driver.execute(f"SELECT sealed FROM {TABLE} LIMIT 1").fetchone()[0]  # type: ignore[index]
    clock.advance(61)
    assert other.near("p", [1.0, 0.0, 0.0], 0.5, 9) == []
    for each in (one, other, stranger):
        each.close()


def test_they_are_dropped_by_tenant_and_id_and_the_oldest_make_room(url: str) -> None:
    clock = FakeClock()
    clock.advance(1000)
    held = index(url, clock, most=2)
    for place in "abc":
        held.add(answered(place, f"p-{place}"), [1.0, 0.0, 0.0])
        clock.advance(1)
    held._sweep(clock.now())
    assert [len(held.near(f"p-{place}", [1.0, 0.0, 0.0], 0.5, 9)) for place in "abc"] == [0, 1, 1]
    assert held.drop(Where("bolt")) == 0
    assert held.drop(Where("acme", id="entry-b", made_before=2.0)) == 1
    assert held.drop(Where("acme", model="m")) == 1
    held.close()


def test_while_the_database_is_away_nobody_asks_it(tmp_path: object) -> None:
    clock = FakeClock()
    held = index(f"postgresql://torana@/none?host={tmp_path}", clock)
    with pytest.raises(OSError, match="cannot be asked"):
        held.near("p", [1.0, 0.0, 0.0], 0.5, 9)
    assert not held.may_have("p")
    clock.advance(AWAY_S)
    assert held.may_have("p")
    with pytest.raises(OSError, match="cannot be asked"):
        offered(f"postgresql://torana@/none?host={tmp_path}", WIDTH)


def test_who_may_not_switch_it_on_is_told_who_may(postgres: Server) -> None:
    url = postgres.fresh()
    with psycopg.connect(url, autocommit=True) as driver:
        driver.execute("CREATE ROLE plain LOGIN")
    with pytest.raises(NotOffered, match="CREATE EXTENSION vector"):
        offered(url.replace("torana@", "plain@"), WIDTH)
