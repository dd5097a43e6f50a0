"""The counters of a process: in memory, or shared on Valkey with what books spending and keeps tokens' values there.

It decides nothing about requests. Built by ``serve``; the client of Valkey is loaded only when one is configured.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from torana.core.budget_name import BudgetName
from torana.core.clock import Clock
from torana.ports.sink import Sink
from torana.ports.store import Counters
from torana.ports.vault import Vault
from torana.records.feed import Seat
from torana.stores import sql
from torana.stores.memory import MemoryCounters
from torana.wiring import find
from torana.wiring.post import Post
from torana.wiring.problems import ConfigError, Place, Problem
from torana.wiring.settings import Settings

BOOK_EVERY_S = 0.05
BOOK_BATCH = 1000
LONGEST_PAUSE_S = 1.0
BOOKED_WITHIN_S = 30.0
"""Longer than any call of the books may take."""

T = TypeVar("T")

Records = Callable[[BudgetName], Awaitable[tuple[int, Mapping[str, int]]]]
"""What was spent of a budget, its subject without the window, and up to which position each spool is in that."""


@dataclass(slots=True)
class Counting:
    """The counters, and what comes with them."""

    counters: Counters
    post: Post
    seats: Sequence[Seat] = ()
    work: Mapping[str, Callable[[], Awaitable[None]]] = field(default_factory=dict)
    """Background work, by name."""
    close: Callable[[], Awaitable[None]] | None = None
    away: Callable[[], bool] | None = None
    """Whether the shared counters are away; None: there are none."""
    gauges: Mapping[str, Callable[[], float]] = field(default_factory=dict)
    vault: Callable[[bytes, Clock], Vault] | None = None
    """Opens, with the installation's key, what keeps the values behind tokens for all gateways; None: each has its own."""
    ours_from: int = 0
    """The spool position from which on Receipts are of this start of the process. Set before the recorder starts."""
    records: Records | None = None
    """What records say was spent of a budget. Set once there is a Snapshot, which they need."""


def counting(settings: Settings, post: Post, log: Any) -> Counting:
    """The counters that the settings ask for. On the event loop. Raises ConfigError for a URL of another kind."""
    memory = MemoryCounters()
    counted = Counting(memory, post)
    url = settings.redis_url.reveal() if settings.redis_url else ""
    if not url:
        return counted

    async def spent(name: BudgetName) -> tuple[int, Mapping[str, int]]:
        if counted.records is None:
            raise ConnectionError("nobody can be asked yet")
        try:
            return await counted.records(name._replace(subject=name.subject.rsplit("\0", 2)[0]))
        except sql.faults(ValueError) as fault:
            raise ConnectionError(f"{type(fault).__name__}: {fault}"[:200]) from fault

    module = find.tool("stores.valkey")
    try:
        shared = module.open(module.Settings(url=url, process=post.process), memory, log, spent)
    except ValueError as fault:
        raise ConfigError([Problem(Place("configuration"), "redis_url", str(fault), "see configuration.md")]) from fault
    shared.upkeep.caught_up = False
    books = Books(shared, f"torana:spool:{post.process}", asyncio.get_running_loop())

    def open_sink() -> Sink:
        spend = find.module("sinks", "spend")
        sink: Sink = spend.open(spend.Settings(ours_from=counted.ours_from), books)
        return sink

    async def close() -> None:
        await shared.leave()
        await shared.aclose()

    counted.counters = shared
    counted.seats = (Seat("spend", open_sink, BOOK_EVERY_S, BOOK_BATCH, longest_pause_s=LONGEST_PAUSE_S),)
    counted.work = {"counters": shared.upkeep.tell, "counters-beat": shared.upkeep.keep}
    counted.close = close
    counted.away = lambda: bool(shared.away)
    counted.vault = lambda key, clock: module.ValkeyVault(shared.link, key, clock)
    counted.gauges = {
        "ai_gateway_shared_counters_away": lambda: float(shared.away),
        "ai_gateway_decided_without_counters": lambda: float(shared.decided_without),
    }
    return counted


class Books:
    """Implements ``sinks.spend.Books``: from the sink's thread to the event loop, where the store is asked."""

    def __init__(self, shared: Any, key: str, loop: asyncio.AbstractEventLoop) -> None:
        self._shared = shared
        self._key = key
        self._loop = loop

    def position(self) -> int:
        """See ``sinks.spend.Books``."""
        position: int = self._ask(self._shared.books.position(self._key))
        return position

    def put_position(self, position: int) -> None:
        """See ``sinks.spend.Books``."""
        self._ask(self._shared.books.put_position(self._key, position))

    def lost(self) -> bool:
        """See ``sinks.spend.Books``."""
        lost, self._shared.upkeep.rewind = bool(self._shared.upkeep.rewind), False
        return lost

    def book(self, tenant: str, position: int, entries: Sequence[tuple[int, str, int]], *, before_us: bool) -> None:
        """See ``sinks.spend.Books``."""
        self._ask(self._shared.books.book(tenant, position, entries, before_us=before_us))

    def caught_up(self) -> None:
        """See ``sinks.spend.Books``."""
        self._ask(self._shared.upkeep.after_catching_up())

    def _ask(self, asked: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(asked, self._loop).result(BOOKED_WITHIN_S)
