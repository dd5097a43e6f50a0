"""The Vitals of every deployment, and what they mean to whoever wants to try one.

It sends and chooses nothing: the walker and the ledger tell what happened, the router and the status route ask.
One per process; it outlives Snapshots.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from torana.core.clock import Clock
from torana.core.snapshot import Deployment
from torana.core.vitals import Vitals

MOST_REMEMBERED = 4096
"""Deployments; callers may name any model of a provider, so their number is not ours to bound otherwise."""


class Rest(NamedTuple):
    """Why a deployment should not be tried now, and until when (monotonic seconds)."""

    until: float
    reason: str


class Condition(NamedTuple):
    """How a deployment is now, for people. Moments are epoch seconds."""

    breaker: str
    """closed, open or half_open."""
    probes_at: float | None
    cooling_until: float | None
    in_flight: int
    latency_s: float | None
    probe: str | None = None
    """What the latest active probe found: ``up`` or ``down``; None: nobody looked."""
    probed_at: float | None = None


class Health:
    """The Vitals of every deployment that was tried, by provider id and model there."""

    __slots__ = ("_clock", "_most", "_vitals")

    def __init__(self, clock: Clock, most: int = MOST_REMEMBERED) -> None:
        self._clock = clock
        self._most = most
        self._vitals: dict[tuple[str, str], Vitals] = {}

    def of(self, deployment: Deployment) -> Vitals:
        """Its Vitals."""
        vitals = self._vitals.get((deployment.provider, deployment.model))
        if vitals is None:
            vitals = Vitals()
            if len(self._vitals) >= self._most:
                self._forget()
            if len(self._vitals) < self._most:
                self._vitals[deployment.provider, deployment.model] = vitals
        return vitals

    def begin(self, deployment: Deployment, now: float) -> Vitals:
        """Its Vitals, with a try begun at ``now`` (monotonic)."""
        vitals = self._vitals.get((deployment.provider, deployment.model)) or self.of(deployment)
        vitals.begin(now)
        return vitals

    def rest(self, deployment: Deployment) -> Rest | None:
        """Why not to try it now; None when nothing speaks against it."""
        vitals = self._vitals.get((deployment.provider, deployment.model))
        if vitals is None or not vitals.troubled:
            return None
        now = self._clock.monotonic()
        rest = self._own_rest(vitals, now)
        down_until = vitals.down_until
        if down_until is not None and now < down_until and (rest is None or down_until > rest.until):
            return Rest(down_until, f"down: its probe failed ({vitals.sighted})")
        return rest

    def _own_rest(self, vitals: Vitals, now: float) -> Rest | None:
        """The rest that its answers led to: breaker or cooldown, whichever lasts longer."""
        open_until, cool_until = vitals.open_until, vitals.cool_until
        if open_until is not None and now < open_until and open_until >= (cool_until or 0.0):
            if vitals.state(now) == "half_open":
                return Rest(open_until, "breaker half-open, its probe is under way")
            return Rest(open_until, f"breaker open until {self._moment(open_until, now)}")
        if cool_until is not None and now < cool_until:
            return Rest(cool_until, f"cooling down until {self._moment(cool_until, now)}")
        return None

    def latency_s(self, deployment: Deployment) -> float | None:
        """Mean seconds to content; None when it was not tried yet."""
        vitals = self._vitals.get((deployment.provider, deployment.model))
        return None if vitals is None else vitals.latency_s(self._clock.monotonic())

    def slow_s(self, deployment: Deployment, share: float) -> float | None:
        """Seconds within which that share of its latest tries had content; None while too few are known."""
        return self.of(deployment).slow_s(share)

    def busy(self, deployment: Deployment) -> int:
        """Its requests in flight from this process."""
        vitals = self._vitals.get((deployment.provider, deployment.model))
        return 0 if vitals is None else vitals.in_flight

    def condition(self, deployment: Deployment) -> Condition:
        """How it is now."""
        vitals = self._vitals.get((deployment.provider, deployment.model)) or NEVER_TRIED
        now = self._clock.monotonic()
        wall = self._clock.now() - now
        state = vitals.state(now)
        cooling = vitals.cool_until is not None and vitals.cool_until > now
        return Condition(
            state,
            wall + vitals.open_until if vitals.open_until is not None and state == "open" else None,
            wall + vitals.cool_until if vitals.cool_until is not None and cooling else None,
            vitals.in_flight,
            vitals.latency_s(now),
            None if vitals.sighted is None else "down" if vitals.down_until and now < vitals.down_until else "up",
            None if vitals.sighted is None else wall + vitals.sighted_at,
        )

    def survey(self) -> list[tuple[str, str, Condition, int]]:
        """Every deployment that is remembered: provider, model, how it is, how often its breaker opened."""
        return [
            (provider, model, self.condition(Deployment(provider, model)), vitals.opened)
            for (provider, model), vitals in list(self._vitals.items())
        ]

    def _forget(self) -> None:
        """Forget those that are idle and well."""
        kept = {key: vitals for key, vitals in self._vitals.items() if vitals.in_flight or vitals.troubled}
        self._vitals.clear()
        self._vitals.update(kept)

    def _moment(self, at: float, now: float) -> str:
        return moment(self._clock.now() + at - now)


NEVER_TRIED = Vitals()


def moment(at: float) -> str:
    """Epoch seconds as RFC 3339, UTC, to the second."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
