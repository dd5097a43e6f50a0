"""How a provider is reached: its time-outs as people write them, and whose turn it is in a pool of credentials.

It parks no credential and reads no configuration file. Used by the modules of ``providers``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Generic, TypeVar

import msgspec

from torana.core.secret import Secret
from torana.core.snapshot import Deadlines

T = TypeVar("T")

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


class Rotation(Generic[T]):
    """Takes turns among things by weight, evenly spread: weights 2 and 1 give a, b, a and again."""

    __slots__ = ("_order", "_things", "_turn")

    def __init__(self, things: Sequence[T], weights: Sequence[int]) -> None:
        if not things:
            raise ValueError("nothing to take turns among")
        self._things = tuple(things)
        self._order = _spread(weights)
        self._turn = 0

    def take(self) -> tuple[int, T]:
        """The next one and its position among the things, from 0."""
        order = self._order
        turn = self._turn
        self._turn = turn + 1 if turn + 1 < len(order) else 0
        position = order[turn]
        return position, self._things[position]


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
