"""How one deployment has been of late: breaker, cooldown, mean latency, requests in flight. A pure state machine.

It knows no clock and no other deployment. Fed by the line's walker and ledger; ``line/health`` keeps one for each.
"""

from __future__ import annotations

import math
from collections import deque

from torana.core.snapshot import Breaker

LONGEST_COOLDOWN_S = 3600.0
"""A provider that says it rests until next year is asked again after this."""
NEW_SHARE = 0.2
"""What the latest try weighs in the mean latency."""
HALF_LIFE_S = 60.0
"""An old latency counts for less and less: else a deployment that was slow once is never measured again."""

FEWEST_TIMES = 20
MOST_TIMES = 100
"""Latest times to content that a percentile is taken of."""

OURS = frozenset({"refused", "cancelled", "parked"})
"""Outcomes that say nothing of the deployment."""
ITS_FAULT = frozenset({"connect", "first_token", "deadline", "idle", "total", "broken", "malformed", "408"})
"""Outcomes, beside the statuses from 500 on, that the breaker counts. All others are answers: it is alive."""


class Vitals:
    """One deployment. Times are monotonic seconds."""

    __slots__ = (
        "_failures",
        "_hurt_at",
        "_latency_s",
        "_measured_at",
        "_probe_at",
        "_rest_s",
        "_times",
        "cool_until",
        "down_until",
        "in_flight",
        "open_until",
        "opened",
        "sighted",
        "sighted_at",
        "troubled",
    )

    def __init__(self) -> None:
        self.in_flight = 0
        self.troubled = False
        """Whether the breaker is not closed, or a cooldown was asked for; False is the way of a good day."""
        self.opened = 0
        """How often the breaker opened, half-open ones that opened again included."""
        self.open_until: float | None = None
        """When the breaker lets a probe through; None: it is closed."""
        self.cool_until: float | None = None
        self.down_until: float | None = None
        """Until when a probe that found it down is believed; None: none did, or it is up again."""
        self.sighted: str | None = None
        """What the latest probe found: empty when it is up, else what went wrong; None: nobody looked."""
        self.sighted_at = 0.0
        self._failures: deque[float] = deque()
        """When the failures in a row happened that are still in the window."""
        self._hurt_at = 0.0
        """When the breaker opened or a cooldown began: only a try begun since then shows that it is well again."""
        self._rest_s = 0.0
        self._probe_at: float | None = None
        """When the probe under way began."""
        self._latency_s: float | None = None
        self._times: deque[float] | None = None
        """The latest times to content, kept from when somebody first asked for a percentile."""
        self._measured_at = 0.0

    def begin(self, now: float) -> None:
        """A try begins. With the breaker half-open it is the probe, and nobody else's turn comes before it ends."""
        self.in_flight += 1
        if self.troubled and self.open_until is not None and now >= self.open_until:
            self._probe_at = now
            self.open_until = now + self._rest_s  # a probe that never tells is followed by another

    def content(self, started: float, now: float) -> None:
        """The try begun at ``started`` gave content; it stays in flight until ``leave``."""
        took = now - started
        old = self._latency_s
        self._latency_s = took if old is None else old + NEW_SHARE * (took - old)
        self._measured_at = now
        if self._times is not None:
            self._times.append(took)
        if self.troubled:
            self._heal(started)

    def failed(self, outcome: str, started: float, now: float, breaker: Breaker | None) -> None:
        """The try ended without content. ``outcome`` as in ``Attempted``; ``breaker`` None: failures open nothing."""
        self.in_flight -= 1
        if is_its_fault(outcome):
            self.hurt(started, now, breaker)
        elif outcome in OURS:
            self._release(started, now)
        elif self.troubled:
            self._heal(started)

    def leave(self) -> None:
        """An answer that had given content is over."""
        self.in_flight -= 1

    def completed(self) -> None:
        """An answer ended well: failures before it no longer count."""
        if self._failures:
            self._failures.clear()

    def hurt(self, started: float, now: float, breaker: Breaker | None) -> None:
        """Count a failure; the last one of ``breaker.failures`` within its window opens the breaker."""
        if breaker is None:
            self._release(started, now)
            return
        if self.open_until is not None:
            if self._probe_at == started:
                self._open(now, breaker)
            return  # a straggler or a last resort: it tells nothing new
        failures = self._failures
        failures.append(now)
        while failures[0] < now - breaker.window_s:
            failures.popleft()
        if len(failures) >= breaker.failures:
            self._open(now, breaker)

    def cool(self, seconds: float, now: float) -> None:
        """The provider asked to be left alone for so long. What is no positive number is not heeded."""
        if seconds > 0 and not math.isinf(seconds):  # NaN compares as False
            self.cool_until = max(self.cool_until or 0.0, now + min(seconds, LONGEST_COOLDOWN_S))
            self._hurt_at = now
            self.troubled = True

    def seen_up(self, now: float) -> None:
        """A probe was answered. That ends what probes said, and no more: a list of models is no generation."""
        self.sighted, self.sighted_at = "", now
        if self.down_until is not None:
            self.down_until = None
            self.troubled = self.open_until is not None or self.cool_until is not None

    def seen_down(self, why: str, now: float, until: float) -> None:
        """Probes failed by ``why``: it is left alone until another says more, or until then."""
        self.sighted, self.sighted_at = why, now
        self.down_until = until
        self._hurt_at = now
        self.troubled = True

    def state(self, now: float) -> str:
        """The breaker: ``closed``, ``open``, or ``half_open`` when a probe is due or under way."""
        if self.open_until is None:
            return "closed"
        return "half_open" if self._probe_at is not None or now >= self.open_until else "open"

    def latency_s(self, now: float) -> float | None:
        """Mean seconds to content, fading with age; None before the first."""
        if self._latency_s is None:
            return None
        return self._latency_s * math.exp2((self._measured_at - now) / HALF_LIFE_S)

    def slow_s(self, share: float) -> float | None:
        """Seconds within which that share of its latest tries had content; None while too few are known."""
        if self._times is None:
            self._times = deque(maxlen=MOST_TIMES)
        if len(self._times) < FEWEST_TIMES:
            return None
        return sorted(self._times)[math.ceil(share * len(self._times)) - 1]

    def outrun(self, took: float) -> None:
        """A try was given up after ``took`` seconds because another was sooner: it would have taken that long at least.

        Left out, the slow ones would make the percentile smaller and smaller.
        """
        if self._times is not None:
            self._times.append(took)

    def _open(self, now: float, breaker: Breaker) -> None:
        self.opened += 1
        self.open_until = now + breaker.open_s
        self._rest_s = breaker.open_s
        self._probe_at = None
        self._hurt_at = now
        self._failures.clear()
        self.troubled = True

    def _heal(self, started: float) -> None:
        """A try that began since the trouble was answered: that is over. One begun before it proves nothing."""
        if started > self._hurt_at:
            self.open_until = self.cool_until = self._probe_at = self.down_until = None
            self.troubled = False

    def _release(self, started: float, now: float) -> None:
        """A probe that ended without telling anything: the next request may be one."""
        if self._probe_at is not None and self._probe_at == started:
            self._probe_at = None
            self.open_until = now


def is_its_fault(outcome: str) -> bool:
    """Whether an outcome counts against the deployment. A 4xx is the request's, or our credential's."""
    return outcome in ITS_FAULT or (outcome.isdigit() and int(outcome) >= 500)
