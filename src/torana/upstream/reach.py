"""How a provider is reached: its time-outs as people write them, and whose turn it is in a pool of credentials.

It sends nothing and reads no configuration file. Used by the modules of ``providers``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from functools import partial
from typing import Annotated, Generic, Protocol, TypeVar

import msgspec
import structlog

from torana.core.faults import CREDENTIAL_LIMITED, CREDENTIAL_REFUSED, CredentialsParked, StatusFault, UpstreamFault
from torana.core.secret import Secret
from torana.core.snapshot import Deadlines

T = TypeVar("T")
_log = structlog.get_logger()

PARK_S = 60.0
"""How long a credential is parked after its first refusal; each further one in a row doubles it."""
LONGEST_PARK_S = 900.0
"""The bound of a parking, and of what a provider's Retry-After can ask for."""
PROBE_S = 5.0
"""How long one request has to find out whether a parked credential works again before the next may try."""
REST_S = 5.0
"""How long a credential rests after a 429 that does not say."""

_Seconds = Annotated[float, msgspec.Meta(gt=0, le=86_400)]


class Timeouts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Seconds allowed for each phase. Without ``first_token`` a stream has 60 and a plain answer has ``total``."""

    connect: _Seconds = 5.0
    first_token: _Seconds | None = None
    idle: _Seconds = 30.0
    total: _Seconds = 600.0

    def deadlines(self, stream: bool) -> Deadlines:
        """The deadlines of one exchange."""
        if stream:
            return Deadlines(self.connect, self.first_token or min(60.0, self.total), self.idle, self.total)
        return Deadlines(self.connect, self.first_token or self.total, self.idle, self.total)


class Credential(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One key of a pool. A key of weight 2 is used twice as often as one of weight 1."""

    api_key: Secret
    weight: Annotated[int, msgspec.Meta(ge=1, le=100)] = 1


class Log(Protocol):
    """Structured lines."""

    def info(self, event: str, **fields: object) -> object: ...

    def warning(self, event: str, **fields: object) -> object: ...


class Answer(Protocol):
    """An answer under way, whose faults are told to ``failed`` before they are raised."""

    failed: Callable[[UpstreamFault], object] | None


Heed = Callable[[UpstreamFault], object]
"""Is told of a fault found inside an answer, and may put it right: its status, its Retry-After."""


def _heeded(heed: Heed, then: Heed, fault: UpstreamFault) -> None:
    heed(fault)
    then(fault)


class _Standing:
    """How a credential stands with its provider."""

    __slots__ = ("asked", "away", "parked", "refusals", "until")

    def __init__(self) -> None:
        self.away = False
        """Parked or resting, and no success since."""
        self.parked = False
        self.until = float("-inf")
        """It is not asked before this moment."""
        self.asked = False
        """It was asked since it went away: only then does an answer say how it stands now, and not how it stood."""
        self.refusals = 0
        """In a row."""


CALLERS_KEY: ContextVar[bool] = ContextVar("callers_key", default=False)
"""Whether the request under way uses a key that its caller brought: how it fares is nobody else's matter."""


class Rotation(Generic[T]):
    """Takes turns among the credentials of a pool by weight, evenly spread: weights 2 and 1 give a, b, a and again.

    One that the provider refuses (401, 402, 403) is parked and not asked until its time is up; then one request
    probes it. One that is limited (429) rests while there are others. ``now`` gives seconds that never go back.
    """

    __slots__ = ("_away", "_log", "_now", "_order", "_standings", "_things", "_turn", "marks")

    def __init__(
        self,
        things: Sequence[T],
        weights: Sequence[int],
        now: Callable[[], float] = lambda: asyncio.get_running_loop().time(),
        log: Log = _log,
    ) -> None:
        if not things:
            raise ValueError("nothing to take turns among")
        self._things = tuple(things)
        self.marks: Sequence[str] = ("",) * len(self._things)
        """By which each is known again after the pool was changed: digests, never what they are of."""
        self._order = _spread(weights)
        self._turn = 0
        self._now = now
        self._log = log
        self._standings = tuple(_Standing() for _ in self._things)
        self._away = 0

    @property
    def parked(self) -> int:
        """How many of them are parked: refused, and not accepted since."""
        return sum(one.parked for one in self._standings) if self._away else 0

    def take(self, preferred: str = "") -> tuple[int, T]:
        """The next one that may be asked and its position among the things, from 0; the preferred one while it is well.

        When none is free, of those that rest the one whose time is up first. Raises CredentialsParked when all are
        parked.
        """
        if (
            preferred.isdecimal()
            and (wanted := int(preferred)) < len(self._things)
            and not self._standings[wanted].away
        ):
            return wanted, self._things[wanted]
        position = self._step() if not self._away else self._free_one(self._now())
        return position, self._things[position]

    def at_hand(self) -> T | None:
        """One that is neither parked nor resting, without taking a turn; None when there is none."""
        standings = zip(self._things, self._standings, strict=True)
        return next((thing for thing, standing in standings if not standing.away), None)

    def again(self, mark: str) -> tuple[int, T] | None:
        """The one with this mark, and its position; None when it is here no more. Raises CredentialsParked while it is parked.

        An only one is taken whatever its mark: it was exchanged for that one. One that rests is asked all the same.
        """
        if mark in self.marks:
            position = self.marks.index(mark)
        elif len(self._things) == 1:
            position = 0
        else:
            return None
        now = self._now()
        standing = self._standings[position]
        if standing.parked and standing.until > now:
            raise CredentialsParked(standing.until - now)
        if standing.away:
            standing.asked = True
        return position, self._things[position]

    def accepted(self, position: int, provider: str, answer: Answer | None = None, heed: Heed | None = None) -> None:
        """The provider took it: if it was away it is back. ``answer``: one in which it may be refused all the same.

        ``heed``: what the provider's module makes of such a fault before the pool judges it.
        """
        if answer is not None:
            answer.failed = partial(self.failed, position, provider)
            if heed is not None:
                answer.failed = partial(_heeded, heed, answer.failed)
        if not self._away:
            return
        standing = self._standings[position]
        if not (standing.away and standing.asked):
            return
        if standing.refusals:
            self._log.info("credential.accepted", provider=provider, position=position)
        self._away -= 1
        standing.away = standing.parked = False
        standing.until = float("-inf")
        standing.refusals = 0

    def failed(self, position: int, provider: str, fault: UpstreamFault) -> None:
        """Park it or let it rest where the fault says so; write on the fault whose it was and if another is free."""
        fault.credential = str(position)
        if not isinstance(fault, StatusFault) or CALLERS_KEY.get():
            return
        refused = fault.status in CREDENTIAL_REFUSED
        if not refused and fault.status != CREDENTIAL_LIMITED:
            return
        now = self._now()
        standing = self._standings[position]
        if not standing.parked or standing.asked:  # else it is the answer to a request from before the parking
            if refused:
                self._park(standing, now)
                facts = {"provider": provider, "position": position, "status": fault.status}
                left_s = round(standing.until - now)
                self._log.warning("credential.parked", **facts, refusals=standing.refusals, probed_in_s=left_s)
            else:
                self._rest(standing, now, fault.retry_after_s)
        soonest = min((one.until for one in self._standings if one is not standing), default=float("inf"))
        fault.another = soonest <= now
        if fault.retry_after_s is not None and not fault.another:
            fault.retry_after_s = min(fault.retry_after_s, soonest - now)  # the pool may be back before this one is

    def _park(self, standing: _Standing, now: float) -> None:
        self._send_away(standing)
        standing.parked = True
        standing.refusals += 1
        standing.until = now + min(PARK_S * float(1 << min(standing.refusals - 1, 16)), LONGEST_PARK_S)

    def _rest(self, standing: _Standing, now: float, hint_s: float | None) -> None:
        self._send_away(standing)
        earlier = now if standing.parked else standing.until
        standing.parked = False
        standing.until = max(earlier, now + (REST_S if hint_s is None else min(max(0.0, hint_s), LONGEST_PARK_S)))

    def _send_away(self, standing: _Standing) -> None:
        self._away += not standing.away
        standing.away = True
        standing.asked = False

    def _step(self) -> int:
        order = self._order
        turn = self._turn
        self._turn = turn + 1 if turn + 1 < len(order) else 0
        return order[turn]

    def _free_one(self, now: float) -> int:
        """The next one in turn whose time is up, else the first of those that rest."""
        standings = self._standings
        for _ in self._order:
            position = self._step()
            standing = standings[position]
            if standing.until <= now:
                standing.asked = True
                if standing.parked:  # the others wait for what this request finds out
                    standing.until = now + PROBE_S
                return position
        resting = [position for position, standing in enumerate(standings) if not standing.parked]
        if not resting:
            raise CredentialsParked(min(standing.until for standing in standings) - now)
        position = min(resting, key=lambda one: standings[one].until)
        standings[position].asked = True
        return position


def _spread(weights: Sequence[int]) -> tuple[int, ...]:
    """Smooth weighted round robin: each round everyone gains its weight, the richest goes and pays the sum."""
    gained = [0] * len(weights)
    total = sum(weights)
    order: list[int] = []
    for _ in range(total):
        gained = [have + weight for have, weight in zip(gained, weights, strict=True)]
        richest = max(range(len(gained)), key=gained.__getitem__)
        gained[richest] -= total
        order.append(richest)
    return tuple(order)
