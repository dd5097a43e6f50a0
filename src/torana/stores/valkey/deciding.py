"""Decides in one script call: what is asked of each counter and beyond, what is taken meanwhile, what the answer grants.

It does not decide by what is here, nor without the store. Called by the counters.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from torana.ports.store import Charge, Given, Overrun
from torana.stores.valkey.asking import UNDECLARED, Answer, Asking, Settings, loop_s
from torana.stores.valkey.leases import may_be_leased
from torana.stores.valkey.link import StoreAway
from torana.stores.valkey.share import LARGEST, Share, moment, row_of
from torana.stores.valkey.upkeep import Upkeep

AWAY_RETRY_S = 1.0


class Deciding:
    """For one process."""

    def __init__(self, settings: Settings, asking: Asking, upkeep: Upkeep) -> None:
        self._settings = settings
        self._asking = asking
        self._upkeep = upkeep

    async def decide(
        self, share: Share, charges: Sequence[Charge], amounts: Sequence[int], now: float
    ) -> Given | Overrun | None:
        """What the store says; None: it is away. Called while the share's gate is open."""
        own = [share.allotment(one).free if one.algorithm == "spend" else 0 for one in charges]
        wishes = self._wishes(share, charges, amounts, now)
        wanted = self._wanted(share, charges, amounts, own, wishes)
        rows = rows_of(charges, amounts, own, wanted)
        bringing = asyncio.Event() if any(wanted) and share.bringing is None else None
        share.bringing = share.bringing or bringing
        take(share, charges, amounts)
        outcome: Given | Overrun | None = None
        try:
            if not share.met:
                await self._upkeep.meet(share)
            outcome = await self._decided(share, charges, rows, now)
        except StoreAway:
            share.dirty = True
        except BaseException:  # cancelled: nobody knows whether the store has taken it
            share.dirty = True
            raise
        finally:
            for charge, wish in zip(charges, wishes, strict=True):
                if wish:
                    share.lease(charge, 1).asking = False
            if bringing is not None:
                share.bringing = None
                bringing.set()
            if not isinstance(outcome, Given):
                take(share, charges, [-amount for amount in amounts])
        if isinstance(outcome, Overrun):
            return outcome._replace(used=max(0, outcome.used - own[charges.index(outcome.charge)]))
        return outcome

    def _wishes(self, share: Share, charges: Sequence[Charge], amounts: Sequence[int], now: float) -> list[int]:
        """How much more than it needs this call asks of each counter. What is left of leases goes back with it."""
        least, local_ms = self._settings.lease, self._asking.local_ms(now)
        wishes = [0] * len(charges)
        if not least or not share.plan(charges).once:
            return wishes
        for place, (charge, amount) in enumerate(zip(charges, amounts, strict=True)):
            if amount <= 0 or not may_be_leased(charge):
                continue
            lease = share.lease(charge, least)
            if lease.asking:
                continue
            wishes[place] = lease.wish(amount, local_ms)
            lease.asking = True
            share.end_lease(lease, self._settings.process)
            lease.charge = charge
        return wishes

    def _wanted(
        self,
        share: Share,
        charges: Sequence[Charge],
        amounts: Sequence[int],
        own: Sequence[int],
        wishes: Sequence[int],
    ) -> list[int]:
        """The wishes, with those for money."""
        least, wanted, now_s = self._settings.lease, list(wishes), loop_s()
        for place, (charge, amount) in enumerate(zip(charges, amounts, strict=True)):
            if charge.algorithm == "spend" and least and amount > own[place]:
                wanted[place] = share.allotment(charge).wish(amount, least, now_s)
        return wanted

    async def _decided(
        self, share: Share, charges: Sequence[Charge], rows: list[dict[str, Any]], now: float
    ) -> Given | Overrun:
        """What the store says. Raises StoreAway."""
        answer = await self._asking.answer(share, charges, rows, now)
        numbers = answer.numbers
        if numbers[0] == 0:
            return self._granted(share, charges, rows, answer)
        charge = charges[numbers[3] - 1]
        if numbers[0] == UNDECLARED:
            return Overrun(charge, 0, AWAY_RETRY_S, away=True)
        return Overrun(charge, numbers[4], numbers[5] / 1000)

    def _granted(
        self, share: Share, charges: Sequence[Charge], rows: Sequence[dict[str, Any]], answer: Answer
    ) -> Given:
        seen_s = loop_s()
        used: list[int] = []
        share.brought = False
        for place, charge in enumerate(charges):
            total, granted = answer.numbers[3 + 2 * place : 5 + 2 * place]
            share.brought = share.brought or granted > rows[place]["amount"]
            if charge.algorithm == "spend":
                mine = share.allotment(charge)
                mine.granted += granted
                mine.touched_s = seen_s
                mine.used_elsewhere = max(0, total - mine.granted)
                total = mine.used
            elif granted > rows[place]["amount"]:
                extra = granted - rows[place]["amount"]
                lease = share.begin_lease(charge, extra, total, answer.now_ms, answer.sent_ms)
                total = lease.used
                self._upkeep.wake()
            used.append(total)
        return Given(used, moment(answer.now_ms / 1000))


def take(share: Share, charges: Sequence[Charge], amounts: Sequence[int]) -> None:
    """Take the amounts from what is this process's; before the store has said so, for it may be declared meanwhile."""
    for charge, amount in zip(charges, amounts, strict=True):
        if charge.algorithm == "spend":
            share.allotment(charge).in_use += amount
        elif charge.algorithm == "held":
            key = share.place(charge).key
            share.held[key] = share.held.get(key, 0) + amount


def rows_of(
    charges: Sequence[Charge], amounts: Sequence[int], own: Sequence[int], wishes: Sequence[int]
) -> list[dict[str, Any]]:
    """What ``decide.lua`` is asked. ``own``: what is free here of each budget; ``wishes``: what each is asked for beyond
    its amount, of money altogether."""
    rows: list[dict[str, Any]] = []
    for place, (charge, amount, wish) in enumerate(zip(charges, amounts, wishes, strict=True)):
        if charge.algorithm == "spend":
            first = charges.index(charge) == place
            short = max(0, amount - (own[place] if first else 0))
            rows.append(row_of(charge, 0, short) | {"wish": min(wish, LARGEST)})
        else:
            rows.append(row_of(charge, 0, amount) | {"more": wish})
    return rows
