from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.receipts import a_receipt
from torana.core.snapshot import BudgetRule
from torana.line.charges import spend_charge
from torana.ports.receipt import Receipt
from torana.records.spool import Spool, SpoolSettings
from torana.testing.clock import FakeClock
from torana.wiring.recorded import Source, by_subject, gathered, receipts_from, scopes_of, with_receipts

NOW = 1_750_000_000.0
TEAM = BudgetRule("team", "team", None, 1_000, "day")
USER = BudgetRule("user", "user", None, 1_000, "day", also=("model",), where=(("department", "finance"),))


def of(number: int, cost: int, **facts: Any) -> Receipt:
    return a_receipt(number, **{"at": NOW - 60, "team": "red", "user": "ann", "cost_nano": cost, **facts})


def spool_of(folder: Path) -> Spool:
    return Spool(folder / "spool", SpoolSettings(fsync="never"), FakeClock(NOW))


def test_a_user_is_told_from_a_key_without_one_by_the_key() -> None:
    assert scopes_of(TEAM) == ("tenant", "team")
    assert scopes_of(USER) == ("tenant", "department", "user", "key", "model")


def test_sums_of_one_counter_are_added() -> None:
    rows = [
        ({"tenant": "acme", "user": "ann", "key": "a", "model": "m", "department": "finance"}, 1),
        ({"tenant": "acme", "user": "ann", "key": "b", "model": "m", "department": "finance"}, 2),
        ({"tenant": "acme", "user": "", "key": "b", "model": "m", "department": "finance"}, 4),
        ({"tenant": "acme", "user": "ann", "key": "b", "model": "m", "department": "sales"}, 8),
    ]
    assert by_subject(USER, rows) == {"acme\0ann\0m": 3, "acme\0key\0b\0m": 4}


def test_receipts_of_another_window_or_currency_add_nothing() -> None:
    charge = spend_charge(TEAM, "acme\0red", NOW)
    more = [of(1, 1), of(2, 2, at=NOW - 86_400), of(3, 4, currency="INR"), of(4, 8, at=charge.ends_at), of(5, 0)]
    assert with_receipts([(charge, 16)], [TEAM], "USD", NOW, more) == [(charge, 17)]


def test_the_spool_is_read_from_a_position_on_over_more_than_one_batch(tmp_path: Path) -> None:
    spool = spool_of(tmp_path)
    first = spool.head
    for number in range(5):
        spool.append([of(number * 2, 1), of(number * 2 + 1, 1)])
    assert len(list(receipts_from(spool, 0))) == 10
    assert len(list(receipts_from(spool, first + 7))) == 3
    assert list(receipts_from(spool, spool.head)) == []


class Emptied(Spool):
    """A spool that its sinks empty whenever one looks away."""

    looked = 0

    @property
    def first(self) -> int:
        self.looked += 1
        return self.looked * 1_000_000


def test_what_leaves_the_spool_between_two_looks_is_not_passed_over(tmp_path: Path) -> None:
    source = Source(f"sqlite:///{tmp_path / 'none.db'}", spool_of(tmp_path), "main", None)
    away = Emptied(tmp_path / "other", SpoolSettings(fsync="never"), FakeClock(NOW))
    with pytest.raises(ConnectionError, match="faster"):
        gathered(source, [TEAM], "USD", NOW, (), away)


def test_without_a_database_the_spool_says_all(tmp_path: Path) -> None:
    spool = spool_of(tmp_path)
    spool.append([of(1, 3)])
    source = Source(f"sqlite:///{tmp_path / 'none.db'}", spool, "main", None)
    sums = gathered(source, [TEAM], "USD", NOW, [of(2, 4)], spool)
    assert sums.settled == [(spend_charge(TEAM, "acme\0red", NOW), 7)]
    assert not (tmp_path / "none.db").exists()
