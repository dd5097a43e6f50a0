"""Whose turn is next among those that wait: classes by weight, in a class tenants in turn, in a tenant callers in turn.

Pure: no clock, no waiting. It bounds nothing; ``queue`` does, and gives a turn when there is room.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Mapping
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T", bound=Hashable)

LEAST_WEIGHT = 1
"""Of a class that a newer configuration has no more and in which somebody still waits."""
SAME = 1e-9
"""Rounding of shares: they are kept near nought, so that it does not grow."""


class Place(NamedTuple):
    """Where somebody waits."""

    priority: str
    """The class."""
    tenant: str
    caller: str
    """A user or a key: its requests are served in the order in which they came."""


class Class(Generic[T]):
    """Those that wait in one class."""

    __slots__ = ("ahead", "size", "sizes", "tenants", "weight")

    def __init__(self, weight: int) -> None:
        self.weight = weight
        self.ahead = 0.0
        """How far it was served beyond its share, in requests by its weight."""
        self.size = 0
        self.sizes: dict[str, int] = {}
        """How many wait for each tenant."""
        self.tenants: OrderedDict[str, OrderedDict[str, OrderedDict[T, Place]]] = OrderedDict()
        """Tenants in the order of their turns; in each its callers likewise; for each its requests by age."""

    def add(self, one: T, place: Place) -> None:
        """Behind what the caller has waiting; a caller, or a tenant, that had nothing waiting comes last."""
        callers = self.tenants.setdefault(place.tenant, OrderedDict())
        callers.setdefault(place.caller, OrderedDict())[one] = place
        self.sizes[place.tenant] = self.sizes.get(place.tenant, 0) + 1
        self.size += 1

    def remove(self, one: T, place: Place) -> None:
        """Take out one that waits."""
        callers = self.tenants[place.tenant]
        del callers[place.caller][one]
        self._left(place)

    def pop(self) -> T:
        """The one whose turn it is. Its tenant's next turn, and its caller's, come after everybody else's.

        Each turn is one request, so deficit round robin comes down to this.
        """
        tenant, callers = next(iter(self.tenants.items()))
        caller, ones = next(iter(callers.items()))
        one, place = ones.popitem(last=False)
        callers.move_to_end(caller)
        self.tenants.move_to_end(tenant)
        self._left(place)
        return one

    def crowding(self, place: Place) -> tuple[T, Place] | None:
        """Who should give way to somebody at ``place``: the newest of the tenant with the most, else of the caller of
        the same tenant with the most; None: nobody has more than one more than he would have."""
        tenant = max(self.sizes, key=self.sizes.__getitem__, default=place.tenant)
        callers: Mapping[str, OrderedDict[T, Place]] = self.tenants.get(tenant, {})
        if self.sizes.get(tenant, 0) <= self.sizes.get(place.tenant, 0) + 1:
            callers = self.tenants.get(place.tenant, {})
            if max(map(len, callers.values()), default=0) <= len(callers.get(place.caller, ())) + 1:
                return None
        return next(reversed(max(callers.values(), key=len).items()))

    def _left(self, place: Place) -> None:
        callers = self.tenants[place.tenant]
        if not callers[place.caller]:
            del callers[place.caller]
        self.size -= 1
        left = self.sizes[place.tenant] - 1
        if left:
            self.sizes[place.tenant] = left
        else:
            del self.sizes[place.tenant], self.tenants[place.tenant]


class Turns(Generic[T]):
    """All that wait for the same thing.

    Weighted fair queueing (EEVDF, Stoica and Abdel-Wahab 1995): of the classes that had no more than their share the one
    that is due first. While the same classes wait, each has its share of the turns to within one.
    """

    __slots__ = ("_classes", "_size", "_weights")

    def __init__(self, weights: Mapping[str, int]) -> None:
        self._classes: dict[str, Class[T]] = {}
        self._weights = weights
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def waiting(self, priority: str) -> int:
        """How many wait in the class."""
        found = self._classes.get(priority)
        return found.size if found else 0

    def sizes(self) -> dict[str, int]:
        """How many wait in each class that is configured or not empty."""
        return {
            **dict.fromkeys(self._weights, 0),
            **{name: one.size for name, one in self._classes.items() if one.size},
        }

    def reweigh(self, weights: Mapping[str, int]) -> None:
        """Go on with other weights."""
        self._weights = weights
        for name, one in self._classes.items():
            one.weight = weights.get(name, LEAST_WEIGHT)

    def weigh(self, priority: str) -> float:
        """The share of a class among those in which somebody waits, itself included: 0 to 1."""
        mine = self._weights.get(priority, LEAST_WEIGHT)
        others = sum(one.weight for name, one in self._classes.items() if one.size and name != priority)
        return mine / (mine + others)

    def add(self, one: T, place: Place) -> None:
        """Somebody waits from now on."""
        found = self._classes.get(place.priority)
        if found is None:
            found = self._classes[place.priority] = Class(self._weights.get(place.priority, LEAST_WEIGHT))
        if not found.size:
            found.ahead = max(found.ahead, 0.0)  # what it did not want while it was empty is not owed to it
        found.add(one, place)
        self._size += 1

    def remove(self, one: T, place: Place) -> None:
        """Somebody waits no more."""
        self._classes[place.priority].remove(one, place)
        self._size -= 1

    def pop(self) -> T:
        """The one whose turn it is; it waits no more. Raises ValueError when nobody waits."""
        waiting = [one for one in self._classes.values() if one.size]
        turn = min(waiting, key=lambda one: (one.ahead > SAME, one.ahead + 1 / one.weight))
        step = 1 / sum(one.weight for one in waiting)
        turn.ahead += 1 / turn.weight
        for one in self._classes.values():
            one.ahead = one.ahead - step if one.size else max(0.0, one.ahead - step)
        self._size -= 1
        found = turn.pop()
        if not self._size:
            self._classes.clear()
        return found

    def crowding(self, place: Place) -> tuple[T, Place] | None:
        """Who should give way in a full class to somebody at ``place``; None: nobody takes more of it than he would."""
        found = self._classes.get(place.priority)
        return found.crowding(place) if found else None
