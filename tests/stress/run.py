"""One stress run: gateways, a provider, callers, chaos; then the proof. ``python -m tests.stress.run --help``."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tests.e2e.gateway import Gateway
from tests.e2e.process import REPO, Process, bare_environment, free_port, until
from tests.postgres import SAFE
from tests.postgres import Server as Postgres
from tests.stress.callers import Callers, Load
from tests.stress.chaos import Chaos
from tests.stress.proof import Cap, Facts, audited, billed, read, wrong, wrong_in_store
from tests.valkey import Server as Valkey
from torana.core.money import NANO, decimal_text, nano_from_decimal

TEAMS = {"red": "acme", "blue": "acme", "north": "globex", "south": "globex"}
KEYS_A_TEAM = 3
PRICES = {"small": ("1.00", "4.00"), "large": ("10.00", "40.00")}
DRAINED_S = 60.0


class Plan(NamedTuple):
    """How large a run."""

    requests: int
    gateways: int
    at_once: int
    kill_every_s: float
    seed: int
    database_url: str = ""
    redis_url: str = ""
    spend: str = "1.00"
    """The cap of each team; a tenant's is one and a half of it, a key's two thirds."""


class Outcome(NamedTuple):
    """What came of a run."""

    wrong: Sequence[str]
    facts: Facts
    told: dict[str, int]
    kills: int
    seconds: float
    held: str


def key_of(team: str, number: int) -> str:
    """A key's text."""
    return f"sk-torana-stress-{team}-{number:02d}-Zq8Lw2Xc"


def caps_of(plan: Plan) -> list[Cap]:
    """Hard budgets of tenants, teams and keys; a month is longer than a run."""
    team = nano_from_decimal(plan.spend)
    caps = [Cap("tenant", tenant, team * 3 // 2) for tenant in sorted(set(TEAMS.values()))]
    caps += [Cap("team", one, team) for one in TEAMS]
    return caps + [Cap("key", f"{one}-0", team * 2 // 3) for one in TEAMS]


def configuration(plan: Plan, provider_port: int) -> dict[str, Any]:
    """What every gateway runs on."""
    budgets = [
        {"scope": cap.scope, "match": cap.match, "limit": decimal_text(cap.nano), "per": "month", "hard": True}
        for cap in caps_of(plan)
    ]
    shared: dict[str, Any] = {}
    if plan.database_url:
        shared["database_url"] = plan.database_url
    if plan.redis_url:
        shared["redis_url"] = plan.redis_url
    return {
        **shared,
        "server": {"drain_s": 10},
        "tenants": [
            {"id": tenant, "teams": [one for one, home in TEAMS.items() if home == tenant]}
            for tenant in sorted(set(TEAMS.values()))
        ],
        "keys": [
            {"name": f"{team}-{number}", "id": f"{team}-{number}", "key": key_of(team, number), "tenant": tenant}
            | {"team": team, "user": f"{team}-user-{number}"}
            for team, tenant in TEAMS.items()
            for number in range(KEYS_A_TEAM)
        ],
        "providers": [
            {"id": name, "kind": "openai", "base_url": f"http://127.0.0.1:{provider_port}/v1"}
            | {"credentials": [{"api_key": "sk-upstream"}]}
            for name in ("one", "two")
        ],
        "models": [
            {"name": name, "prices": {"input": into, "output": out}}
            | {"deployments": [{"provider": one, "model": name} for one in ("one", "two")]}
            for name, (into, out) in PRICES.items()
        ],
        "routing": {"retries": 1, "breaker": None, "hedge": {"after_ms": 25}},
        "budgets": budgets,
        "limits": [{"scope": "user", "concurrency": 500}, {"scope": "key", "requests": 10_000_000, "per": "1h"}],
    }


async def stress(plan: Plan, folder: Path, services: Sequence[Callable[[], None]] = ()) -> Outcome:
    """Run it in the folder. ``services``: restarts of what the gateways lean on, each done once."""
    port, ledger = free_port(), folder / "ledger.jsonl"
    ledger.touch()
    argv = [sys.executable, "-m", "tests.stress.provider", str(port), str(ledger), str(plan.seed)]
    environment = {**bare_environment(), "PYTHONPATH": f"{REPO / 'src'}:{REPO}"}
    provider = Process(argv, folder / "provider.log", environment, REPO)
    config = configuration(plan, port)
    gateways = [await asyncio.to_thread(Gateway, folder / f"g{number}", config) for number in range(plan.gateways)]
    began = time.monotonic()
    keys = [key_of(team, number) for team in TEAMS for number in range(KEYS_A_TEAM)]
    load = Load(plan.requests, plan.at_once, keys, list(PRICES), plan.seed)
    callers = Callers(load, [one.origin for one in gateways])
    chaos = Chaos(gateways, callers, plan.kill_every_s, plan.seed)
    raging = asyncio.ensure_future(chaos.run(services))
    try:
        await callers.run()
        chaos.end()
        await raging
        seconds = time.monotonic() - began
        held = await asyncio.to_thread(settled, gateways)
    finally:
        chaos.end()
        await raging
        for gateway in gateways:
            gateway.process.stop() if gateway.process.child.poll() is None else None
        provider.kill()
    url = plan.database_url or f"sqlite:///{next(iter(sorted(gateways[0].data.glob('*.db'))))}"
    facts = read(url)
    prices = {name: (nano_from_decimal(into), nano_from_decimal(out)) for name, (into, out) in PRICES.items()}
    found = wrong(facts, audited([one.data for one in gateways]), caps_of(plan), billed(ledger, prices))
    found += await asyncio.to_thread(wrong_in_store, plan.redis_url, facts, caps_of(plan))
    return Outcome([*found, *([held] if held else [])], facts, dict(callers.told), chaos.kills, seconds, held)


def settled(gateways: Sequence[Gateway]) -> str:
    """Restart what a kill left down, then wait until nothing is held any more; what still is, else nothing."""
    for gateway in gateways:
        if gateway.process.child.poll() is not None:
            gateway.start()
    quiet = until(lambda: all(one.metric("ai_gateway_holds_open") == 0 for one in gateways), DRAINED_S)
    return "" if quiet else "Holds are open after the last request"


def said(outcome: Outcome, plan: Plan) -> str:
    """The outcome for people."""
    told = ", ".join(f"{name}: {number:,}" for name, number in sorted(outcome.told.items()))
    lines = [
        (
            f"{plan.requests:,} requests, {plan.at_once} at once, {plan.gateways} gateways, {outcome.kills} kills, "
            f"{outcome.seconds:.0f} s"
        ),
        f"callers were told: {told}",
        f"receipts: {len(outcome.facts.rows):,}; endings: {dict(outcome.facts.endings)}",
        f"settled: {outcome.facts.total_nano / NANO:.6f}",
    ]
    lines += [
        f"  {cap.scope} {cap.match}: {decimal_text(outcome.facts.spent(cap.scope, cap.match))} of {decimal_text(cap.nano)}"
        for cap in caps_of(plan)
    ]
    return "\n".join([*lines, *(f"WRONG: {one}" for one in outcome.wrong)])


@contextmanager
def services(shared: bool) -> Iterator[tuple[tuple[str, str], list[Callable[[], None]]]]:
    """The URLs of a PostgreSQL and a Valkey, and how each is killed and started again; nothing when not ``shared``."""
    if not shared:
        yield ("", ""), []
        return
    postgres, valkey = Postgres(SAFE), Valkey(durable=True)

    def crash_valkey() -> None:
        valkey.kill()
        valkey.start()

    def crash_postgres() -> None:
        postgres.kill()
        postgres.start()

    try:
        yield (postgres.fresh(), valkey.url), [crash_valkey, crash_postgres]
    finally:
        valkey.stop()
        postgres.stop()


def main() -> int:
    """The long form; 1 when something is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--gateways", type=int, default=0, help="0: one, three when shared")
    parser.add_argument("--at-once", type=int, default=48)
    parser.add_argument("--kill-every", type=float, default=5.0)
    parser.add_argument("--spend", default="20.00")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--shared", action="store_true", help="counters in Valkey, records in PostgreSQL; both restart")
    given = parser.parse_args()
    gateways = given.gateways or (3 if given.shared else 1)
    plan = Plan(given.requests, gateways, given.at_once, given.kill_every, given.seed, spend=given.spend)
    with tempfile.TemporaryDirectory(prefix="torana-stress-") as folder, services(given.shared) as (urls, restarts):
        plan = plan._replace(database_url=urls[0], redis_url=urls[1])
        outcome = asyncio.run(stress(plan, Path(folder), restarts))
    sys.stdout.write(f"seed {plan.seed}\n{said(outcome, plan)}\n")
    return 1 if outcome.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
