"""Usage as the control plane has it: who reads it, what things cost at a moment, requests as they end.

It reads no row itself. Built by ``serve``; ``Tailing`` is told of Receipts in the recorder's thread.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC
from zoneinfo import ZoneInfo

from torana.control.metering import Metering, Rate, Rated
from torana.core.errors import GatewayError
from torana.core.money import nano_from_decimal
from torana.core.prices import Prices
from torana.edge.house import House
from torana.ports.receipt import Receipt
from torana.stores.sql import request_log, roll_up_rows, usage_queries
from torana.wiring.apart import seen_requests
from torana.wiring.live import Live
from torana.wiring.prices.book import PriceBook
from torana.wiring.problems import ConfigError
from torana.wiring.recording import Recording
from torana.wiring.settings import Settings

MOST_KEPT = 500
"""Receipts that wait for one follower: a slow one loses the oldest, and is told how many."""
MOST_FOLLOWERS = 32
BOOK_FOR_S = 3600
"""A book of prices is made for the beginning of such a stretch of time; prices change at full hours."""
MOST_BOOKS = 64


class Following:
    """Implements ``control.metering.Follower``."""

    def __init__(self, wanted: Callable[[Receipt], bool], loop: asyncio.AbstractEventLoop) -> None:
        self._wanted = wanted
        self._loop = loop
        self._kept: deque[Receipt] = deque(maxlen=MOST_KEPT)
        self._lost = 0
        self._news = asyncio.Event()

    def take(self, batch: Sequence[Receipt]) -> None:
        """Note what is wanted of it. In the recorder's thread."""
        fitting = [receipt for receipt in batch if self._wanted(receipt)]
        if fitting:
            self._loop.call_soon_threadsafe(self._add, fitting)

    def _add(self, receipts: Sequence[Receipt]) -> None:
        self._lost += max(0, len(self._kept) + len(receipts) - MOST_KEPT)
        self._kept.extend(receipts)
        self._news.set()

    async def some(self, wait_s: float) -> tuple[Sequence[Receipt], int]:
        """What has ended since the last call, and how many were lost."""
        try:
            await asyncio.wait_for(self._news.wait(), wait_s)
        except TimeoutError:
            return (), 0
        self._news.clear()
        found, lost = list(self._kept), self._lost
        self._kept.clear()
        self._lost = 0
        return found, lost


class Tailing:
    """Implements ``control.metering.Tail``."""

    def __init__(self, draining: Callable[[], bool]) -> None:
        self._draining = draining
        self._followers: frozenset[Following] = frozenset()

    def take(self, batch: Sequence[Receipt]) -> None:
        """Tell everybody who follows. In the recorder's thread; costs nothing while nobody does."""
        for one in self._followers:
            one.take(batch)

    def admit(self) -> None:
        """See ``control.metering``."""
        if len(self._followers) >= MOST_FOLLOWERS:
            raise GatewayError("OVERLOADED", "Too many people follow requests already. Try again.", retry_after_s=10)

    @contextmanager
    def follow(self, wanted: Callable[[Receipt], bool]) -> Iterator[Following]:
        """Begin to watch. Raises GatewayError OVERLOADED."""
        self.admit()
        one = Following(wanted, asyncio.get_running_loop())
        self._followers |= {one}
        try:
            yield one
        finally:
            self._followers -= {one}

    @property
    def ending(self) -> bool:
        """Whether the process drains."""
        return self._draining()


class Pricing:
    """What things cost at a moment by the settings in force."""

    def __init__(self, settings: Callable[[], Settings]) -> None:
        self._settings = settings
        self._of: Settings | None = None
        self._books: dict[int, PriceBook] = {}

    def price(self, rated: Rated) -> Prices | None:
        """The prices, in the installation's currency; None where nobody knows."""
        settings = self._settings()
        book = self._book(settings, rated.at)
        model = next((one for one in settings.models if one.name == rated.model), None)
        deployed = [one for one in model.deployments if one.provider == rated.provider] if model is not None else []
        for one in sorted(deployed, key=lambda one: one.model != rated.upstream_model):
            if model is not None:
                try:
                    return book.deployed(one, model, rated.tenant)
                except ConfigError:
                    return None
        return book.named(rated.tenant, rated.provider, rated.upstream_model)

    def _book(self, settings: Settings, at: float) -> PriceBook:
        if settings is not self._of or len(self._books) >= MOST_BOOKS:
            self._of, self._books = settings, {}
        begins = int(at // BOOK_FOR_S) * BOOK_FOR_S
        book = self._books.get(begins)
        if book is None:
            book = self._books[begins] = PriceBook(settings, begins)
        return book

    def rates(self) -> Sequence[Rate]:
        """The exchange rates of the configuration."""
        rows = self._settings().currency_rates
        return [Rate(one.source, one.target, one.since, nano_from_decimal(one.rate)) for one in rows]


def metering_of(live: Live, house: House, recording: Recording, *, apart: bool = False) -> Metering:
    """The control plane's view of usage; its tail is told of what is recorded from now on.

    ``apart``: requests end in other processes.
    """
    settings = live.settings
    tailing = Tailing(lambda: house.draining)
    recording.tail = tailing.take
    pricing = Pricing(lambda: live.settings)
    return Metering(
        sums=usage_queries,
        log=request_log,
        rows=roll_up_rows,
        tail=seen_requests(tailing, apart),
        zone=UTC if settings.time_zone == "UTC" else ZoneInfo(settings.time_zone),
        zone_name=settings.time_zone,
        currency=settings.currency,
        price=pricing.price,
        rates=pricing.rates,
    )
