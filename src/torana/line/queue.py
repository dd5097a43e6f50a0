"""Places at deployments that can take only so much, and those that wait for them.

It orders nobody (``turns`` does) and tries nothing: the walker asks for a Slot before a try, and the Slot is given back
once, whichever way the try ends. In memory, one per process; it outlives Snapshots.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Mapping

from torana.core.capacity import Capacity
from torana.core.clock import Clock
from torana.line.turns import Place, Turns

WINDOW_S = 60.0
NEW_SHARE = 0.1
"""What the latest request weighs in the mean time that a place is taken."""
LONGEST_HINT_S = 60.0

Later = Callable[[float, Callable[[], None]], object]
"""Calls a function after so many seconds."""


class Slot:
    """One place at a deployment, taken until it is given back."""

    __slots__ = ("_began", "_queue")

    def __init__(self, queue: Queue, began: float) -> None:
        self._queue: Queue | None = queue
        self._began = began

    @property
    def taken(self) -> bool:
        """Whether it was not given back yet."""
        return self._queue is not None

    def give_back(self) -> None:
        """End it; whoever waits gets the place at once. Only the first call does anything."""
        queue, self._queue = self._queue, None
        if queue is not None:
            queue.left(self._began)


class Waiting:
    """One request that waits, at one or more queues at the same time."""

    __slots__ = ("place", "queues", "told")

    def __init__(self, place: Place, told: Callable[[Queue | None, Slot | None], None]) -> None:
        """``told``: called once, with the place it got and where; with nothing when it had to give way everywhere."""
        self.place = place
        self.told = told
        self.queues: list[Queue] = []

    def leave(self) -> None:
        """Wait no more."""
        queues, self.queues = self.queues, []
        for one in queues:
            one.forget(self)


class Queue:
    """The places of one capacity, and who waits for them. A place that is free while somebody waits does not stay so."""

    __slots__ = ("_capacity", "_clock", "_due", "_later", "_mean_s", "_most", "_starts", "in_use", "name", "turns")

    def __init__(self, name: tuple[str, str], clock: Clock, later: Later) -> None:
        """``name``: the provider, and the model there; without a model the places are those of the whole provider."""
        self.name = name
        self.turns: Turns[Waiting] = Turns({})
        self.in_use = 0
        self._capacity = Capacity()
        self._most = 0
        self._clock = clock
        self._later = later
        self._starts: deque[float] = deque()
        """When the places were taken that count for the rate."""
        self._due: float | None = None
        """When it looks again by itself, where only the rate keeps somebody waiting."""
        self._mean_s: float | None = None

    def configure(self, capacity: Capacity, most: int, weights: Mapping[str, int]) -> None:
        """Go on with another capacity, so many waiting in each class, and other weights."""
        self._capacity = capacity
        self._most = most
        self.turns.reweigh(weights)
        self._serve()

    def take(self) -> Slot | None:
        """A place that is free now, past nobody who waits; None when there is none."""
        return None if len(self.turns) or not self._free() else self._slot()

    def join(self, one: Waiting) -> bool:
        """Wait here; False when the class is full and nobody in it has more waiting than this one's tenant and caller."""
        if self.turns.waiting(one.place.priority) >= self._most:
            found = self.turns.crowding(one.place) if self._most else None
            if found is None:
                return False
            self._send_away(found[0])
        self.turns.add(one, one.place)
        one.queues.append(self)
        self._serve()
        return True

    def forget(self, one: Waiting) -> None:
        """It waits here no more. Called by ``Waiting.leave``."""
        self.turns.remove(one, one.place)

    def left(self, began: float) -> None:
        """A place was given back. Called by ``Slot.give_back``."""
        self.in_use -= 1
        took = self._clock.monotonic() - began
        old = self._mean_s
        self._mean_s = took if old is None else old + NEW_SHARE * (took - old)
        self._serve()

    def hint_s(self, priority: str) -> float:
        """About how many seconds it takes until one more of this class would have its turn: whole, 1 to LONGEST_HINT_S."""
        before = (self.turns.waiting(priority) + 1) / self.turns.weigh(priority)
        capacity = self._capacity
        seconds = 0.0
        if capacity.concurrency is not None:
            seconds = (self._mean_s or 1.0) * before / capacity.concurrency
        if capacity.per_minute is not None:
            seconds = max(seconds, WINDOW_S * before / capacity.per_minute)
        return float(math.ceil(min(max(seconds, 1.0), LONGEST_HINT_S)))

    def _free(self) -> bool:
        capacity = self._capacity
        if capacity.concurrency is not None and self.in_use >= capacity.concurrency:
            return False
        return capacity.per_minute is None or self._started(capacity.per_minute) < capacity.per_minute

    def _started(self, most: int) -> int:
        """How many places were taken within the latest window, of those that count for a rate of ``most``."""
        starts, now = self._starts, self._clock.monotonic()
        # The same sum as in _look_again: taken away on the other side it may round otherwise, and wake for ever.
        while starts and (starts[0] + WINDOW_S <= now or len(starts) > most):
            starts.popleft()
        return len(starts)

    def _slot(self) -> Slot:
        now = self._clock.monotonic()
        self.in_use += 1
        if self._capacity.per_minute is not None:
            self._starts.append(now)
        return Slot(self, now)

    def _serve(self) -> None:
        """Give what is free to those whose turn it is."""
        while len(self.turns) and self._free():
            one = self.turns.pop()
            one.queues.remove(self)
            one.leave()
            one.told(self, self._slot())
        if len(self.turns) and self._starts and self._due is None:
            self._look_again()

    def _look_again(self) -> None:
        capacity = self._capacity
        if capacity.per_minute is None or self._started(capacity.per_minute) < capacity.per_minute:
            return  # a place that is given back is what they wait for
        now = self._clock.monotonic()
        self._due = self._starts[0] + WINDOW_S
        self._later(self._due - now, self._woken)

    def _woken(self) -> None:
        self._due = None
        self._serve()

    def _send_away(self, one: Waiting) -> None:
        one.queues.remove(self)
        self.forget(one)
        if not one.queues:
            one.told(None, None)
