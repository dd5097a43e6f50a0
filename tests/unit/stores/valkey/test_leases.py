from __future__ import annotations

import asyncio
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contract.counters.models import MODELS, NOW, Naive, Taking
from tests.contract.counters.shared import Booked
from tests.unit.stores.valkey.process import Process, fields
from tests.unit.stores.valkey.test_counters import AT_ONCE, Strict, budget
from tests.valkey import Server
from torana.ports.store import Charge, Given, Overrun
from torana.stores.valkey.leases import Lease, may_be_leased, term_of

MINUTE = Charge("rate", "acme\0key", 60.0, "sliding_window", 10_000)
NOW_MS = 1_750_000_000_123


def a_lease(charge: Charge, extra: int = 100) -> Lease:
    lease = Lease("key", charge, 16)
    lease.begin(extra, 500, NOW_MS, 1000.0)
    return lease


def scripts(server: Server) -> int:
    """How often a script was called by its digest."""
    told = server.ask("INFO", "commandstats").decode().partition("cmdstat_evalsha:calls=")[2]
    return int(told.split(",")[0] or 0)


def rate(algorithm: str, limit: int, window_s: float = 60.0, burst: int = 0) -> Charge:
    return Charge("r", "acme\0key", window_s, algorithm, limit, burst=burst or limit)


def test_a_lease_ends_before_its_slice_and_before_its_window_by_the_clock_of_the_store() -> None:
    sliding = a_lease(rate("sliding_window", 1000))
    assert sliding.term == (1_750_000_000_000, 1_750_000_000_500)
    assert 1000 + 370 < sliding.until_ms < 1000 + 377
    assert a_lease(rate("fixed_window", 1000, 0.5)).term.ends == 1_750_000_000_500
    assert a_lease(rate("fixed_window", 1000, 86_400)).term.ends == NOW_MS + 1000
    assert term_of(AT_ONCE, NOW_MS).ends == NOW_MS + 250
    assert not sliding.covers(1, sliding.until_ms)
    assert sliding.covers(100, sliding.until_ms - 1)
    assert not sliding.covers(101, 1000)


def test_what_is_over_too_soon_or_is_money_is_not_leased() -> None:
    assert not may_be_leased(rate("sliding_window", 10, 1.0))
    assert not may_be_leased(budget(10))
    assert may_be_leased(MINUTE)
    assert may_be_leased(AT_ONCE)
    assert may_be_leased(rate("token_bucket", 10, 1.0))


def test_what_a_request_did_not_need_is_kept_only_in_the_slice_it_counts_in_and_never_more_than_was_leased() -> None:
    lease = a_lease(rate("sliding_window", 1000))
    lease.spend(60, 1000)
    assert lease.keep(30, NOW_MS, 1000) == 30
    assert lease.keep(20, NOW_MS - 1000, 1000) == 0, "it was taken in another slice"
    assert lease.keep(50, NOW_MS, 1000) == 30, "no more than 100"
    assert lease.keep(-150, NOW_MS, 1000) == -100
    assert lease.free == 0


def test_a_lease_grows_while_it_is_used_up_and_shrinks_when_it_is_not() -> None:
    lease = a_lease(MINUTE)
    lease.spend(99, 1000)
    assert lease.wish(2, 1010) == 64
    assert lease.end() == (100, 1)
    lease.begin(64, 500, NOW_MS, 1000.0)
    lease.spend(64, 1000)
    assert lease.wish(2, 9000) == 64, "it was not used up in time"
    assert lease.end() == (64, 0)
    for times in (16, 16):
        lease.begin(64, 500, NOW_MS, 1000.0)
        assert lease.end() == (64, 64)
        assert lease.wish(2, 1000) == 2 * times


@pytest.mark.parametrize("algorithm", ["sliding_window", "fixed_window", "token_bucket", "held"])
async def test_the_common_request_asks_nobody(valkey: Server, algorithm: str) -> None:
    charges = [rate(algorithm, 100_000) if algorithm != "held" else AT_ONCE._replace(limit=1000), budget(10**9)]
    process = Process(valkey.url, "one")
    assert await process.ask(charges, [1, 10], 1)
    before = scripts(valkey)
    for _ in range(200):
        assert await process.ask(charges, [1, 1], 1)
    assert scripts(valkey) - before <= 60
    await process.die()


async def test_requests_with_rates_of_all_kinds_places_and_money_ask_together(valkey: Server) -> None:
    charges = (MINUTE, MINUTE._replace(rule_id="tokens", limit=10**8), AT_ONCE._replace(limit=1000), budget(10**9))
    process = Process(valkey.url, "one")
    assert await process.ask(charges, [1, 500, 1, 10], 1)
    before = scripts(valkey)
    for _ in range(300):
        assert await process.ask(charges, [1, 500, 1, 10], 1)
    assert scripts(valkey) - before <= 60
    await process.die()


async def test_of_many_requests_at_once_one_asks_for_all_of_them_until_what_it_brings_suffices(valkey: Server) -> None:
    charges = (MINUTE, AT_ONCE._replace(limit=100_000), budget(10**9))
    process = Process(valkey.url, "one")
    assert await process.ask(charges, [1, 1, 10], 1)
    before = scripts(valkey)
    given = await asyncio.gather(*(process.take(charges, [1, 1, 10]) for _ in range(300)))
    assert all(isinstance(one, Given) for one in given)
    assert scripts(valkey) - before <= 30, "the first call brings too little for all: the next brings more"
    await process.die()


@pytest.mark.parametrize("algorithm", ["sliding_window", "fixed_window", "token_bucket"])
async def test_three_processes_with_leases_take_what_the_limit_allows_and_no_more(
    valkey: Server, algorithm: str
) -> None:
    charge = rate(algorithm, 3000, 86_400.0)
    everyone = [Process(valkey.url, f"p{number}") for number in range(3)]
    taken = 0

    async def client(process: Process) -> None:
        nonlocal taken
        refused = 0
        while refused < 3:
            fits = await process.ask([charge], [1], 1)
            taken += fits
            refused += not fits
            if not fits:
                await asyncio.sleep(0.4)
            assert taken <= charge.limit + 1, "a token comes back to a bucket in half a minute"

    async with everyone[0].running(), everyone[1].running(), everyone[2].running():
        await asyncio.gather(*(client(process) for process in everyone for _ in range(4)))
    assert taken >= charge.limit


async def test_never_are_more_requests_at_once_than_the_limit_and_places_that_lie_idle_are_not_refused(
    valkey: Server,
) -> None:
    charge = AT_ONCE._replace(limit=60)
    one, two = Process(valkey.url, "one"), Process(valkey.url, "two")
    async with one.running(), two.running():
        assert await one.ask([charge], [1], 1)
        async with asyncio.timeout(20):
            while one.counters._share("acme").dirty:  # it said what it holds while it took this: said again soon
                await asyncio.sleep(0.02)
        for _ in range(20):
            assert await one.ask([charge], [1], 1)
        assert one.counters._share("acme").held, "places are kept"
        given = [await two.take([charge], [1]) for _ in range(60)]
        assert all(isinstance(each, Given) for each in given)
        assert isinstance(await two.take([charge], [1]), Overrun)
        assert isinstance(await one.take([charge], [1]), Overrun)


async def test_places_of_a_process_that_asks_no_more_go_back(valkey: Server) -> None:
    charge = AT_ONCE._replace(limit=1000)
    process = Process(valkey.url, "one")
    async with process.running():
        assert await process.ask([charge, MINUTE], [1, 1], 1)
        async with asyncio.timeout(20):
            while fields(valkey, "torana:{acme}:held/0/at%20once/acme/key").get("t") != "0":
                await asyncio.sleep(0.05)
            assert await process.counters.used([charge, MINUTE], 0.0) == [(0, 0), (1, 0)]
            while await other_used(valkey, MINUTE) != 1:
                await asyncio.sleep(0.05)


async def test_idle_places_of_a_process_that_was_killed_go_back_at_its_next_start(valkey: Server) -> None:
    charge = AT_ONCE._replace(limit=1000)
    dead = Process(valkey.url, "one")
    assert await dead.ask([charge], [1], 1)
    await dead.die()
    assert await other_used(valkey, charge) == 17
    async with Process(valkey.url, "one").running():
        for _ in range(500):
            if await other_used(valkey, charge) == 0:
                break
            await asyncio.sleep(0.01)
    assert await other_used(valkey, charge) == 0


async def other_used(server: Server, charge: Charge) -> int:
    """What another process says is used."""
    other = Process(server.url, "other")
    found = await other.counters.used([charge], 0.0)
    await other.die()
    return found[0][0]


async def test_a_lease_of_a_bucket_whose_process_was_killed_is_owed_when_it_ends_and_fills_up_again(
    valkey: Server,
) -> None:
    bucket = rate("token_bucket", 6000, 60.0, burst=1000)
    dead, living = Booked(valkey.url, "dead", lease=16), Booked(valkey.url, "living")
    assert not isinstance(await dead.reserve([bucket], [1], NOW), Overrun)
    assert (await living.used([bucket], NOW))[0][0] == 10
    assert (await living.used([bucket], NOW + 0.9))[0][0] == 9, "what was leased does not fill up"
    assert (await living.used([bucket], NOW + 1))[0][0] == 9
    assert (await living.used([bucket], NOW + 1.1))[0][0] == 0
    await dead.aclose()
    await living.aclose()


STEPS = st.lists(
    st.tuples(
        st.floats(0, 0.3) | st.floats(0, 2) | st.floats(0, 40),
        st.integers(1, 40),
        st.integers(0, 2),
        st.none() | st.integers(0, 60),
    ),
    max_size=60,
)


def leased(everyone: list[Booked]) -> int:
    """What may be refused too soon: what is taken and not used."""
    return sum(lease.granted for one in everyone for lease in one._share("acme").open.values())


@pytest.mark.parametrize("algorithm", ["sliding_window", "fixed_window", "token_bucket"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(steps=STEPS)
async def test_three_processes_with_leases_are_never_too_lenient_and_too_strict_by_what_the_others_have_leased(
    valkey: Server, algorithm: str, steps: list[tuple[float, int, int, int | None]]
) -> None:
    valkey.ask("FLUSHALL")
    everyone = [Booked(valkey.url, f"p{number}", lease=16) for number in range(3)]
    models, now = Strict(), NOW
    open_: list[tuple[Booked, int, float]] = []
    for later, amount, who, actual in steps:
        now = round(now + later, 3)
        charge = rate(algorithm, 400)
        _, strict = models.fits(charge, amount + leased(everyone), now)
        exact, _ = models.fits(charge, amount, now)
        given = await everyone[who].reserve([charge], [amount], now)
        assert (not isinstance(given, Overrun)) <= exact, "too lenient"
        assert (not isinstance(given, Overrun)) >= strict, "too strict"
        if isinstance(given, Given):
            open_.append((everyone[who], amount, given.at))
            models.take(charge, amount, now)
        if actual is not None and open_:
            mine, taken, at = open_.pop(0)
            mine.settle([charge], [taken], [actual], at, now)
            await mine.flush()
            models.settle(charge, taken, actual)
    for one in everyone:
        await one.aclose()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32))
async def test_places_are_counted_exactly_whatever_is_kept(valkey: Server, seed: int) -> None:
    valkey.ask("FLUSHALL")
    draws, charge = random.Random(seed), AT_ONCE._replace(limit=40)
    everyone = [Booked(valkey.url, f"p{number}", lease=16) for number in range(3)]
    naive, now = Naive(MODELS), NOW
    open_: list[tuple[Booked, float, Taking]] = []
    for _ in range(150):
        now = round(now + draws.random() * draws.choice([0.001, 0.2]), 3)
        who = draws.choice(everyone)
        who._end_leases(who._share("acme"))
        if open_ and draws.random() < 0.4:
            mine, at, taking = open_.pop(draws.randrange(len(open_)))
            mine.settle([charge], [1], [1], at, now)
            taking.over = True
            continue
        given = await who._reserved(who._share("acme"), [charge], [1], now)  # without waiting for idle places
        if isinstance(given, Given):
            taking = Taking(charge, 1, now)
            assert naive.reserve([charge], [1], now), "too lenient"
            naive._takings[charge.counter][-1] = taking
            open_.append((who, given.at, taking))
    for one in everyone:
        one._share("acme").end_leases(float("inf"), one._settings.process)
        await one.flush()
    assert int(fields(valkey, "torana:{acme}:held/0/at%20once/acme/key").get("t", 0)) == len(open_)
    for one in everyone:
        await one.aclose()
