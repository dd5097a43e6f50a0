"""Asks providers now and then whether they are there, and tells the Vitals of their deployments what was found.

It decides nothing about requests: a deployment that is down rests, as the router and the walker see it. Apart from every
request: run by ``wiring`` in the background.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from torana.core.clock import Clock
from torana.core.faults import UpstreamFault
from torana.core.snapshot import Deadlines, Deployment, Probe, Snapshot
from torana.line.health import Health
from torana.line.outcome import label
from torana.ports.provider import Probed

JITTER = 0.2
"""Share of the interval by which a probe may come sooner or later, so that many processes do not ask at once."""
LONGEST_NAP_S = 1.0
"""How soon a new configuration is seen."""


class Prober:
    """Probes the providers that the Snapshot of the moment names. One probe of a provider at a time."""

    def __init__(
        self,
        now: Callable[[], tuple[Snapshot, Mapping[str, object]]],
        health: Health,
        clock: Clock,
        draw: Callable[[], float],
    ) -> None:
        self._now = now
        self._health = health
        self._clock = clock
        self._draw = draw
        self._due: dict[str, float] = {}
        """Provider → monotonic moment of its next probe."""
        self._failed: dict[str, int] = {}
        """Provider → its probes that failed in a row."""
        self.counts: dict[tuple[str, str], int] = {}
        """(provider, outcome) → probes; the outcome is ``ok``, or as of a try: connect, first_token, 503 …"""

    async def watch(self, sleep: Callable[[float], Awaitable[None]]) -> None:
        """Probe until cancelled."""
        while True:
            await sleep(await self.round())

    async def round(self) -> float:
        """Probe whoever is due, all at the same time; gives the seconds until the next round.

        It ends when the slowest has answered or its time is up: the others' next probes wait so long.
        """
        snapshot, providers = self._now()
        wanted: dict[str, tuple[Probe, Probed]] = {}
        for name, probe in snapshot.probes.items():
            provider = providers.get(name)
            if isinstance(provider, Probed):
                wanted[name] = (probe, provider)
        for gone in self._due.keys() - wanted.keys():
            del self._due[gone]
            self._failed.pop(gone, None)
        now = self._clock.monotonic()
        for name, (probe, _) in wanted.items():
            self._due.setdefault(name, now + probe.interval_s * self._draw())
        due = [name for name in wanted if self._due[name] <= now]
        if due:
            places = deployments_of(snapshot)
            await asyncio.gather(*(self._ask(name, *wanted[name], places.get(name, ())) for name in due))
            now = self._clock.monotonic()
        return min(LONGEST_NAP_S, max(0.0, min(self._due.values(), default=now + LONGEST_NAP_S) - now))

    async def _ask(self, name: str, probe: Probe, provider: Probed, deployments: tuple[Deployment, ...]) -> None:
        limit = probe.timeout_s
        outcome = "ok"
        try:
            asked = await provider.probe(Deadlines(limit, limit, limit, limit))
        except UpstreamFault as fault:
            asked, outcome = True, label(fault)
        now = self._clock.monotonic()
        self._due[name] = now + probe.interval_s * (1 + JITTER * (2 * self._draw() - 1))
        if not asked:
            return
        self.counts[name, outcome] = self.counts.get((name, outcome), 0) + 1
        failed = self._failed[name] = 0 if outcome == "ok" else self._failed.get(name, 0) + 1
        for one in deployments:
            if not failed:
                self._health.of(one).seen_up(now)
            elif failed >= probe.failures:
                # believed until two more probes would have been answered: whoever probes may die too
                self._health.of(one).seen_down(outcome, now, now + 2 * (probe.interval_s * (1 + JITTER) + limit))


def deployments_of(snapshot: Snapshot) -> dict[str, tuple[Deployment, ...]]:
    """Provider → its deployments, each once."""
    found: dict[str, dict[tuple[str, str], Deployment]] = {}
    for model in snapshot.every_model:
        for one in model.everywhere:
            found.setdefault(one.provider, {})[one.provider, one.model] = one
    return {provider: tuple(rows.values()) for provider, rows in found.items()}
