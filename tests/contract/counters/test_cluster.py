"""On a real cluster of three masters: tenants' keys lie on all of them, and caps hold as on one server."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from tests.unit.stores.valkey.process import Process, fields
from tests.unit.stores.valkey.test_counters import AT_ONCE, KEY, RATE, budget
from tests.valkey import Cluster, Server
from torana.ports.store import Charge, Given, Overrun


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    found = Cluster()
    yield found
    found.stop()


def of(tenant: str, *charges: Charge) -> tuple[Charge, ...]:
    """The same rules of another tenant."""
    return tuple(one._replace(subject=one.subject.replace("acme", tenant)) for one in charges)


def spent(cluster: Cluster, tenant: str) -> dict[str, int]:
    """The tenant's budget, on whichever master it lies."""
    there = [fields(one, KEY.replace("acme", tenant)) for one in cluster.servers if holds(one, tenant)]
    assert len(there) == 1, "one master has it"
    return {name: int(there[0][name]) for name in "shu"}


def holds(server: Server, tenant: str) -> bool:
    return server.ask("EXISTS", KEY.replace("acme", tenant)) == b":1\r\n"


async def test_a_hard_cap_a_rate_and_places_hold_for_tenants_on_all_masters(cluster: Cluster) -> None:
    tenants = [f"t{number}" for number in range(9)]
    rules = (RATE._replace(limit=10**6), AT_ONCE._replace(limit=300), budget(20_000))
    everyone = [Process(cluster.url, f"p{number}") for number in range(3)]

    async def client(process: Process, tenant: str) -> int:
        charges, refused, taken = of(tenant, *rules), 0, 0
        while refused < 2:
            fits = await process.ask(charges, [1, 1, 100], 100)
            refused += not fits
            taken += fits
        return taken

    async with everyone[0].running(), everyone[1].running(), everyone[2].running():
        taken = await asyncio.gather(*(client(process, tenant) for process in everyone for tenant in tenants))
        for process in everyone:
            await process.book()
            await process.counters.leave()
    for place, tenant in enumerate(tenants):
        total = sum(taken[place :: len(tenants)]) * 100
        assert 18_000 <= total <= 20_000
        assert spent(cluster, tenant) == {"s": total, "h": 0, "u": 0}
    assert all(any(holds(server, tenant) for tenant in tenants) for server in cluster.servers), "no master has all"


async def test_the_last_place_of_a_rate_is_given_once(cluster: Cluster) -> None:
    (charge,) = of("last", RATE._replace(limit=300, window_s=3600.0))
    everyone = [Process(cluster.url, f"l{number}") for number in range(2)]
    async with everyone[0].running(), everyone[1].running():
        outcomes = await asyncio.gather(*(one.take([charge], [1]) for one in everyone for _ in range(200)))
    given = [one for one in outcomes if isinstance(one, Given)]
    assert len(given) <= 300
    assert len(given) >= 290
    assert all(isinstance(one, Given | Overrun) for one in outcomes)
