from __future__ import annotations

import asyncio
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from tests.line.world import snapshot
from tests.receipts import a_receipt
from torana.core.budget_name import BudgetName
from torana.core.snapshot import BudgetRule
from torana.line.charges import spend_charge
from torana.line.recall import Recall
from torana.ports.receipt import Receipt
from torana.records.spool import Spool, SpoolSettings
from torana.sinks import database
from torana.stores import sql
from torana.stores.memory import MemoryCounters
from torana.testing.clock import FakeClock
from torana.wiring.recalling import Recalling
from torana.wiring.recorded import Source, receipts_from

NOW = 1_750_000_000.0
DAY = BudgetRule("day", "team", None, 1_000, "day")
MONTH = BudgetRule("month", "user", None, 1_000, "month", also=("model",), where=(("tenant", "acme"),))


class Silent:
    """A log that is not read."""

    def __getattr__(self, name: str) -> Any:
        return lambda *_args, **_facts: None


@dataclass
class Desk:
    """Counters of a process that has just started, and what is recorded."""

    url: str
    spool: Spool
    clock: FakeClock = field(default_factory=lambda: FakeClock(NOW))
    counters: MemoryCounters = field(default_factory=MemoryCounters)
    recall: Recall = field(default_factory=Recall)

    def __post_init__(self) -> None:
        self.recalling = self.begin()

    def begin(self) -> Recalling:
        source = Source(self.url, self.spool, "main", None)
        return Recalling(source, self.counters, self.recall, self.clock, Silent())

    def write(self, *receipts: Receipt) -> None:
        """Into the spool, and from there into the database."""
        self.spool.append(list(receipts))
        self.book()

    def book(self) -> None:
        with closing(database.open(database.Settings(url=self.url), sql.connect)) as sink:
            rest = list(receipts_from(self.spool, sink.written()))
            sink.write(rest, self.spool.head)

    async def spent(self, rule: BudgetRule, subject: str) -> int:
        ((used, _),) = await self.counters.used([spend_charge(rule, subject, self.clock.now())], self.clock.now())
        return used


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Desk:
    return Desk(database_url, Spool(tmp_path / "spool", SpoolSettings(fsync="never"), FakeClock(NOW - 86_400)))


def of(number: int, cost: int, **facts: Any) -> Receipt:
    return a_receipt(number, **{"at": NOW - 60, "team": "red", "user": "ann", "model": "m", "cost_nano": cost, **facts})


async def test_counters_begin_with_what_the_database_has_the_spool_has_and_a_dead_process_left(desk: Desk) -> None:
    desk.write(of(1, 1), of(2, 2, team="blue"))
    desk.spool.append([of(3, 4), of(4, 8, at=NOW - 86_400)])
    await desk.recalling.heed(snapshot(budgets=(DAY,)), [of(5, 16)])
    assert await desk.spent(DAY, "acme\0red") == 1 + 4 + 16
    assert await desk.spent(DAY, "acme\0blue") == 2
    assert not desk.recall.missing


async def test_every_counter_of_a_rule_is_told_and_no_other(desk: Desk) -> None:
    desk.write(
        of(1, 1),
        of(2, 2, model="n"),
        of(3, 4, user="", key_id="k2"),
        of(4, 8, tenant="globex"),
        of(5, 16, at=NOW - 10 * 86_400),
        of(6, 32, currency="INR"),
    )
    await desk.recalling.heed(snapshot(budgets=(MONTH,)))
    assert await desk.spent(MONTH, "acme\0ann\0m") == 17
    assert await desk.spent(MONTH, "acme\0ann\0n") == 2
    assert await desk.spent(MONTH, "acme\0key\0k2\0m") == 4
    assert await desk.spent(MONTH, "globex\0ann\0m") == 0


async def test_a_budget_that_comes_with_a_new_snapshot_knows_what_was_spent_before(desk: Desk) -> None:
    desk.write(of(1, 1))
    await desk.recalling.heed(snapshot())
    assert await desk.spent(DAY, "acme\0red") == 0
    await desk.recalling.heed(snapshot(budgets=(DAY,)))
    assert await desk.spent(DAY, "acme\0red") == 1


async def test_what_is_counted_already_is_not_counted_again(desk: Desk) -> None:
    charge = spend_charge(DAY, "acme\0red", NOW)
    await desk.counters.reserve([charge], [10], NOW)
    desk.counters.settle([charge], [10], [9], NOW, NOW)
    desk.write(of(1, 9))
    await desk.recalling.heed(snapshot(budgets=(DAY,)))
    assert await desk.spent(DAY, "acme\0red") == 9


async def test_hard_budgets_are_unknown_while_the_database_is_away_and_known_once_it_is_back(
    desk: Desk, tmp_path: Path
) -> None:
    desk.write(of(1, 1))
    url = desk.url
    desk.url = "postgresql://127.0.0.1:1/nobody?connect_timeout=1"
    recalling = desk.begin()
    await recalling.heed(snapshot(budgets=(DAY,)))
    assert desk.recall.missing == {"day": NOW}
    recalling._source = recalling._source._replace(url=url)
    keeping = asyncio.ensure_future(recalling.keep())
    async with asyncio.timeout(30):
        while desk.recall.missing:
            await asyncio.sleep(0.01)
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
    assert await desk.spent(DAY, "acme\0red") == 1


async def test_what_a_sum_missed_is_made_good(desk: Desk) -> None:
    await desk.recalling.heed(snapshot(budgets=(DAY,)))
    keeping = asyncio.ensure_future(desk.recalling.keep())
    desk.write(of(1, 7))
    async with asyncio.timeout(30):
        while await desk.spent(DAY, "acme\0red") != 7:
            await asyncio.sleep(0.01)
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)


async def test_another_limit_is_the_same_budget(desk: Desk) -> None:
    await desk.recalling.heed(snapshot(budgets=(DAY,)))
    desk.url = "postgresql://127.0.0.1:1/nobody?connect_timeout=1"
    await desk.recalling.heed(snapshot(budgets=(replace(DAY, limit_nano=5),)))
    assert not desk.recall.missing


async def test_one_counter_can_be_asked_for_with_the_positions_of_the_spools(desk: Desk) -> None:
    desk.write(of(1, 1), of(2, 2, team="blue"))
    await desk.recalling.heed(snapshot(budgets=(DAY,)))
    charge = spend_charge(DAY, "acme\0red", NOW)
    name = BudgetName("day", "acme\0red", int(charge.starts_at), int(charge.ends_at))
    assert await desk.recalling.known(name) == (1, {"main": desk.spool.head})
    assert await desk.recalling.known(name._replace(rule_id="gone")) == (0, {"main": desk.spool.head})
