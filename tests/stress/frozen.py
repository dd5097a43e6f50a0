"""Valkey frozen under load: what callers of each rule are told, and how much longer they wait. ``python -m tests.stress.frozen``.

Requests leave at fixed times, whatever the gateway does, and their latency counts from these.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp

from tests.bench.figures import percentile
from tests.e2e.gateway import Gateway, configuration, model, provider
from tests.e2e.process import until
from tests.e2e.talker import MODELS, Talker
from tests.valkey import Server

RULES = ("allow", "deny", "local")
STALE_S = 1.5
"""So long after the store froze, what was leased of a rate may still be used."""
WARM_S = 2.0
ADDED_P99_S = 0.060


@dataclass
class Seen:
    """Of one rule in one phase: statuses, and seconds from when a request was due to its answer."""

    statuses: Counter[int] = field(default_factory=Counter)
    waits_s: list[float] = field(default_factory=list)

    @property
    def p99_s(self) -> float:
        """The 99th percentile."""
        return percentile(sorted(self.waits_s), 0.99)


Phases = dict[tuple[str, str], Seen]
"""By phase (calm, frozen, after) and rule."""


def key_of(rule: str) -> str:
    """A key's text."""
    return f"sk-torana-frozen-{rule}-Zq8Lw2Xc"


def config_of(talker: Talker, store: Server) -> dict[str, Any]:
    """A key for each rule with requests, tokens and places."""
    common = configuration([provider("talker", talker.origin)], [model(name, "talker") for name in MODELS])
    kinds: list[dict[str, Any]] = [
        {"requests": 1_000_000, "per": "1h"},
        {"tokens": 10**9, "per": "1h"},
        {"concurrency": 1000},
    ]
    return {
        **common,
        "redis_url": store.url,
        "keys": [{"name": one, "id": one, "key": key_of(one), "tenant": "acme", "models": ["*"]} for one in RULES],
        "limits": [
            {"scope": "key", "match": one, "id": f"{one}-{number}", "on_store_failure": one, **kind}
            for one in RULES
            for number, kind in enumerate(kinds)
        ],
    }


class Load:
    """``rate`` requests a second, the rules in turn."""

    def __init__(self, port: int, rate: float) -> None:
        self._url = f"http://127.0.0.1:{port}/v1/chat/completions"
        self._rate = rate
        self.phases: Phases = {}

    async def run(self, phase: str, seconds: float, session: aiohttp.ClientSession) -> None:
        """One phase; returns when all its requests are answered."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        asked = []
        for number in range(int(seconds * self._rate)):
            due = began + number / self._rate
            await asyncio.sleep(due - loop.time())
            rule = RULES[number % len(RULES)]
            seen = self.phases.setdefault((phase, rule), Seen())
            asked.append(asyncio.ensure_future(self._ask(session, rule, due, seen)))
        await asyncio.gather(*asked)

    async def _ask(self, session: aiohttp.ClientSession, rule: str, due: float, seen: Seen) -> None:
        body = {"model": "brief", "messages": [{"role": "user", "content": "hello"}], "max_tokens": 20}
        headers = {"Authorization": f"Bearer {key_of(rule)}"}
        async with session.post(self._url, json=body, headers=headers) as answer:
            await answer.read()
        seen.statuses[answer.status] += 1
        seen.waits_s.append(asyncio.get_running_loop().time() - due)


async def frozen(seconds: float, rate: float, folder: Path) -> Phases:
    """After a moment calm for as long, frozen for so many seconds, and afterwards."""
    store = Server()
    talker = Talker(folder / "talker.log")
    gateway: Gateway | None = None
    try:
        gateway = await asyncio.to_thread(Gateway, folder / "gateway", config_of(talker, store))
        load = Load(gateway.port, rate)
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
            await load.run("warm", WARM_S, session)
            await load.run("calm", seconds, session)
            store.freeze()
            await load.run("stale", STALE_S, session)
            await load.run("frozen", seconds, session)
            store.thaw()
            assert await asyncio.to_thread(until, partial(is_back, gateway), 20)
            await load.run("after", seconds, session)
        return load.phases
    finally:
        store.stop()
        talker.process.kill()
        if gateway is not None:
            gateway.process.kill()


def is_back(gateway: Gateway) -> bool:
    """Whether it asks the store again."""
    return gateway.metric("ai_gateway_shared_counters_away") == 0


def wrong(phases: Phases) -> Sequence[str]:
    """What was told otherwise than the rules say; latency aside."""
    found = []
    for (phase, rule), seen in phases.items():
        # A machine under load may keep a decision waiting for too long at any time.
        expected = {200} if rule != "deny" else {503} if phase == "frozen" else {200, 503}
        if not set(seen.statuses) <= expected:
            found.append(f"{phase}, {rule}: {dict(seen.statuses)}, not {expected}")
    if not phases["after", "deny"].statuses[200]:
        found.append("what the store decides was refused after it had come back")
    return found


def added_p99_s(phases: Phases) -> dict[str, float]:
    """By rule, how much longer the 99th percentile waits from the moment of the freeze on than in calm."""
    added = {}
    for rule in RULES:
        waits = [*phases["stale", rule].waits_s, *phases["frozen", rule].waits_s]
        added[rule] = percentile(sorted(waits), 0.99) - phases["calm", rule].p99_s
    return added


def main() -> int:
    """The long form; 1 when a rule was broken, or callers waited too long."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--rate", type=float, default=120.0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="torana-frozen-") as folder:
        phases = asyncio.run(frozen(given.seconds, given.rate, Path(folder)))
    for (phase, rule), seen in phases.items():
        sys.stdout.write(
            f"{phase:7} {rule:6} p99 {seen.p99_s * 1000:6.1f} ms median {percentile(sorted(seen.waits_s), 0.5) * 1000:.1f} ms {dict(seen.statuses)}\n"
        )
    added = added_p99_s(phases)
    sys.stdout.write("added p99: " + ", ".join(f"{rule} {s * 1000:.1f} ms" for rule, s in added.items()) + "\n")
    broken = wrong(phases)
    sys.stdout.write("".join(f"WRONG: {one}\n" for one in broken))
    return 1 if broken or max(added.values()) > ADDED_P99_S else 0


if __name__ == "__main__":
    sys.exit(main())
