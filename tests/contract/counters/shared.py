"""Counters on a real Valkey that book at once what was spent, as the sink of spending does a moment later."""

from __future__ import annotations

from collections.abc import Sequence

from torana.ports.store import Charge, Counters, Overrun
from torana.stores import memory, valkey
from torana.stores.valkey.share import tenant_of


class QuietLog:
    """Remembers the events."""

    def __init__(self) -> None:
        self.events: list[str] = []

    def info(self, event: str, **fields: object) -> None:
        self.events.append(event)

    def warning(self, event: str, **fields: object) -> None:
        self.events.append(event)


class Booked(valkey.ValkeyCounters):
    """By the clock that each call gives, so that tests need not wait."""

    def __init__(self, url: str, process: str = "one", lease: int = 0) -> None:
        settings = valkey.Settings(url, process, deadline_s=20.0, lease=lease, given_clock=True)
        made = valkey.open(settings, memory.open(memory.Settings()), QuietLog())
        super().__init__(settings, made._link, made._fallback, None)
        self._spent: list[tuple[str, str, int]] = []
        self._position = 0

    def settle(
        self, charges: Sequence[Charge], amounts: Sequence[int], actuals: Sequence[int], at: float, now: float
    ) -> None:
        super().settle(charges, amounts, actuals, at, now)
        for charge, actual in zip(charges, actuals, strict=True):
            if charge.algorithm == "spend":
                tenant = tenant_of(charge)
                self._spent.append((tenant, self._share(tenant).place(charge).name, actual))

    async def reserve(self, charges: Sequence[Charge], amounts: Sequence[int], now: float) -> Overrun | list[int]:
        await self.book()
        return await super().reserve(charges, amounts, now)

    async def used(self, charges: Sequence[Charge], now: float) -> Sequence[tuple[int, int]]:
        await self.book()
        await self.flush()
        return await super().used(charges, now)

    async def book(self) -> None:
        """Book all that was spent."""
        spent, self._spent = self._spent, []
        for tenant, name, cost in spent:
            self._position += 1
            await self.books.book(tenant, self._position, [(self._position, name, cost)], before_us=False)


def same(counters: Counters) -> Counters:
    """A type checker holds that it is one."""
    return counters
