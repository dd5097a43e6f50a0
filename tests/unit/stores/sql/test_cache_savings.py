"""What the cache saved is summed over gateways and restarts, tenant by tenant, in the transaction that writes usage."""

from __future__ import annotations

from contextlib import closing

import pytest

from tests.receipts import AT, a_receipt
from torana.core.saved import Saved
from torana.sinks import database
from torana.stores import sql
from torana.stores.sql.cache_savings import DAY_S, Savings, saved
from torana.wiring.database import Together

HIT = {"cache": "hit", "input_tokens": 10, "output_tokens": 5, "saved_nano": 700, "saved_ms": 40}


def sink(url: str, spool: str) -> database.DatabaseSink:
    return database.open(database.Settings(url=url, spool=spool), sql.connect, Together((Savings(),)))


def test_two_gateways_and_a_restart_come_to_one_sum(database_url: str) -> None:
    for spool, number in (("one", 0), ("two", 10), ("one", 20)):
        rows = [
            a_receipt(number + 1, **HIT),
            a_receipt(number + 2, **{**HIT, "cache": "semantic-hit"}),
            a_receipt(number + 3, cache="miss", verdicts=["cache:would_hit@0.953", "cache:would_hit@0.961"]),
            a_receipt(number + 4, cache="bypass"),
            a_receipt(number + 5, cache=""),
            a_receipt(number + 6, **{**HIT, "tenant": "globex"}),
            a_receipt(number + 7, **{**HIT, "team": "other"}),
        ]
        with closing(sink(database_url, spool)) as opened:
            opened.write(rows, number + len(rows))
    with closing(sql.connect(database_url)) as connection:
        receipt = a_receipt()
        found = {one.team: one for one in saved(connection, "acme", receipt.currency)}
        assert found[receipt.team] == Saved(receipt.team, receipt.model, 3, 3, 3, 3, 90, 4200, 240)
        assert (found["other"].hits, found["other"].nano) == (3, 2100)
        assert [one.hits for one in saved(connection, "globex", receipt.currency)] == [3]
        assert saved(connection, "acme", "XXX") == saved(connection, "nobody", receipt.currency) == []


def test_only_the_days_that_are_asked_for_count(database_url: str) -> None:
    with closing(sink(database_url, "one")) as opened:
        opened.write([a_receipt(1, **HIT), a_receipt(2 * DAY_S, **HIT)], 2)
    with closing(sql.connect(database_url)) as connection:
        currency = a_receipt().currency
        assert saved(connection, "acme", currency)[0].hits == 2
        assert saved(connection, "acme", currency, AT + 2 * DAY_S)[0].hits == 1
        assert saved(connection, "acme", currency, AT + 9 * DAY_S) == []


def test_what_is_undone_is_not_counted(database_url: str) -> None:
    with closing(sink(database_url, "one")) as opened:
        opened.write([a_receipt(1, **HIT)], 1)
        with pytest.raises(Exception):  # noqa: B017 - what the driver raises
            opened.write([a_receipt(1, **HIT), a_receipt(2, at="no time")], 2)
    with closing(sql.connect(database_url)) as connection:
        assert saved(connection, "acme", a_receipt().currency)[0].hits == 1
