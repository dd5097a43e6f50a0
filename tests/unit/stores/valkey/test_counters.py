from __future__ import annotations

import asyncio
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contract.counters.models import MODELS, NOW, Naive, Taking
from tests.contract.counters.shared import Booked
from tests.unit.stores.valkey.process import Process, fields
from tests.valkey import Server
from torana.ports.store import Charge, Given, Overrun

AT_ONCE = Charge("at once", "acme\0key", 0.0, "held", 3, "concurrency")
RATE = Charge("rate", "acme\0key", 60.0, "sliding_window", 1000)
PLENTY = Charge("plenty", "acme\0key", 60.0, "sliding_window", 10**9)


def budget(limit: int, **more: object) -> Charge:
    facts = {"starts_at": 0.0, "ends_at": 4_000_000_000.0, "on_store_failure": "deny", **more}
    return Charge("cap", "acme\0red\0day\x002026-01-01", 0.0, "spend", limit, "money", **facts)  # type: ignore[arg-type]


KEY = "torana:{acme}:spend/cap/acme/red/day/2026-01-01/0/4000000000"


@pytest.mark.parametrize("lease", [0, 16])
@pytest.mark.parametrize("with_rates", [False, True])
async def test_three_processes_never_spend_more_than_a_hard_cap_and_nearly_all_of_it(
    valkey: Server, lease: int, with_rates: bool
) -> None:
    cap = budget(1_000_000)
    charges = [RATE._replace(limit=10**6), cap, AT_ONCE._replace(limit=50)] if with_rates else [cap]
    everyone = [Process(valkey.url, f"p{number}", lease=lease) for number in range(3)]
    draws = random.Random(7)

    async def client(process: Process) -> None:
        refused = 0
        while refused < 3:
            amount = draws.randrange(1, 4000)
            amounts = [amount if one is cap else 1 for one in charges]
            fits = await process.ask(charges, amounts, draws.randrange(0, amount + 1))
            refused += not fits
            assert sum(one.spent for one in everyone) <= cap.limit

    async with everyone[0].running(), everyone[1].running(), everyone[2].running():
        await asyncio.gather(*(client(process) for process in everyone for _ in range(8)))
        for process in everyone:
            await process.book()
            await process.counters.leave()
    spent = sum(one.spent for one in everyone)
    assert cap.limit * 0.9 <= spent <= cap.limit
    there = fields(valkey, KEY)
    assert {name: int(value) for name, value in there.items()} == {"s": spent, "h": 0, "u": 0}


async def test_what_a_request_did_not_need_serves_the_next_one_without_a_question(valkey: Server) -> None:
    process = Process(valkey.url, "one", lease=0)
    cap = budget(100)
    assert await process.ask([cap], [80], 10)
    valkey.ask("SET", "asked", "0")
    before = int(valkey.ask("INFO", "commandstats").decode().partition("cmdstat_evalsha:calls=")[2].split(",")[0])
    assert await process.ask([cap], [70], 10)
    after = int(valkey.ask("INFO", "commandstats").decode().partition("cmdstat_evalsha:calls=")[2].split(",")[0])
    assert after == before
    assert not await process.ask([cap], [81], 1)
    await process.die()


async def test_a_receipt_is_booked_once_however_often_it_comes(valkey: Server) -> None:
    process = Process(valkey.url, "one")
    assert await process.ask([budget(100)], [50], 30)
    for _ in range(3):
        process._booked = 0
        await process.counters.books.book("acme", 1, [(1, KEY.partition("spend/")[2], 30)], before_us=False)
    assert fields(valkey, KEY)["s"] == "30"
    await process.die()


async def test_a_cancelled_question_leaves_nothing_held(valkey: Server) -> None:
    process = Process(valkey.url, "one", lease=0)
    plenty = AT_ONCE._replace(limit=100)
    cancelled = kept = 0
    for number in range(60):
        asked = asyncio.ensure_future(process.take([plenty, budget(1000)], [1, 10]))
        await asyncio.sleep(number * 0.00002)
        asked.cancel()
        outcome = (await asyncio.gather(asked, return_exceptions=True))[0]
        cancelled += isinstance(outcome, asyncio.CancelledError)
        kept += isinstance(outcome, Given)
    assert cancelled
    await asyncio.sleep(0.05)
    await process.declare()
    held = fields(valkey, "torana:{acme}:held/0/at%20once/acme/key")
    assert (int(fields(valkey, KEY)["h"]), int(held.get("t", 0))) == (kept * 10, kept)
    await process.die()


async def test_places_of_a_process_that_gives_no_sign_of_life_are_free_again(valkey: Server) -> None:
    dead, living = Process(valkey.url, "dead"), Process(valkey.url, "living")
    for _ in range(3):
        assert isinstance(await dead.take([AT_ONCE], [1]), Given)
    assert isinstance(await living.take([AT_ONCE], [1]), Overrun)
    valkey.ask("HSET", "torana:{acme}:alive", "dead", "1")
    assert isinstance(await living.take([AT_ONCE], [1]), Given)
    await dead.die()
    await living.die()


async def test_money_of_a_process_that_never_comes_back_stays_counted_as_unknown(valkey: Server) -> None:
    dead, living = Process(valkey.url, "dead", lease=0), Process(valkey.url, "living", lease=0)
    await dead.take([budget(100)], [60])
    valkey.ask("HSET", "torana:{acme}:alive", "dead", "1")
    overrun = await living.take([budget(100)], [41])
    assert isinstance(overrun, Overrun)
    assert overrun.used == 60
    assert (fields(valkey, KEY)["h"], fields(valkey, KEY)["u"]) == ("0", "60")
    back = Process(valkey.url, "dead", spool=[("acme", KEY.partition("spend/")[2], 25)], lease=0)
    await back.book()
    assert (fields(valkey, KEY)["s"], fields(valkey, KEY)["u"]) == ("25", "35")
    for process in (dead, living, back):
        await process.die()


async def test_after_a_restart_what_was_spent_is_booked_and_the_rest_goes_back(valkey: Server) -> None:
    cap = budget(1000)
    first = Process(valkey.url, "one", lease=4)
    assert await first.ask([cap], [100], 30)
    await first.take([cap], [50])
    await first.take([AT_ONCE], [1])
    await first.counters.upkeep.beat()
    await first.die()
    # Its Journal gave the open Hold a Receipt at what was held.
    second = Process(valkey.url, "one", spool=[*first.spool, ("acme", KEY.partition("spend/")[2], 50)], lease=4)
    async with second.running():
        given = await second.take([cap], [10])
        assert isinstance(given, Given)
        second.close([cap], [10], 7, given)
        await second.book()
        await asyncio.sleep(0.05)
        await second.declare()
        there = fields(valkey, KEY)
        mine = second.counters._share("acme").allotment(cap)
        assert there["s"] == "87"
        assert int(there["h"]) == mine.granted
        assert "p:one" not in fields(valkey, "torana:{acme}:held/0/at%20once/acme/key")


class Strict:
    """The exact models, with windows that are longer by a slice: what is refused, one of the two refuses."""

    def __init__(self) -> None:
        self.exact = Naive(MODELS)
        self.late = Naive({**MODELS, "sliding_window": sliced})

    def fits(self, charge: Charge, amount: int, now: float) -> tuple[bool, bool]:
        return tuple(one._used(charge, now) + amount <= charge.capacity for one in (self.exact, self.late))  # type: ignore[return-value]

    def take(self, charge: Charge, amount: int, now: float) -> None:
        for one in (self.exact, self.late):
            if charge.algorithm == "token_bucket":
                one._bucket(charge).add(amount)
            else:
                one._takings.setdefault(charge.counter, []).append(Taking(charge, amount, now))

    def settle(self, charge: Charge, amount: int, actual: int) -> None:
        """The first taking that is open."""
        for one in (self.exact, self.late):
            if charge.algorithm == "token_bucket":
                one._bucket(charge).add(actual - amount)
            else:
                taking = next(taking for taking in one._takings[charge.counter] if not taking.over)
                taking.amount, taking.over = actual, True


def sliced(takings: list[Taking], charge: Charge, now: float) -> int:
    return sum(one.amount for one in takings if one.at > now - charge.window_s * 121 / 120)


STEPS = st.lists(st.tuples(st.floats(0, 40), st.integers(1, 3), st.sampled_from([5, 60])), max_size=40)


@pytest.mark.parametrize("algorithm", ["sliding_window", "fixed_window", "token_bucket"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(steps=STEPS)
async def test_windows_are_never_too_lenient_and_a_slice_too_strict_at_most(
    valkey: Server, algorithm: str, steps: list[tuple[float, int, int]]
) -> None:
    valkey.ask("FLUSHALL")
    counters, models, now = Booked(valkey.url), Strict(), NOW
    for later, amount, window in steps:
        now = round(now + later, 3)
        charge = Charge("r", "acme\0key", float(window), algorithm, 5, burst=5 if algorithm == "token_bucket" else 0)
        taken = not isinstance(await counters.reserve([charge], [amount], now), Overrun)
        exact, late = models.fits(charge, amount, now)
        assert taken <= exact, "too lenient"
        assert taken >= late, "too strict"
        if taken:
            models.take(charge, amount, now)
    await counters.aclose()
