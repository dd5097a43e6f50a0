"""Whose a kept thing is: asks the store off the event loop, and remembers what it said.

It sends nothing. What is another tenant's is not there. Called by ``kept`` and ``batches``.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import TypeVar

from torana.core.errors import GatewayError
from torana.core.kept import Kept, Page
from torana.ports.kept import Shelf, ShelfAway

log = logging.getLogger("torana.line")

T = TypeVar("T")

MOST_REMEMBERED = 4096


class Owners:
    """The rows of one store. It outlives Snapshots."""

    __slots__ = ("_known", "_shelf")

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._known: dict[tuple[str, str, str], Kept] = {}

    async def find(self, tenant: str, kind: str, id: str) -> Kept:  # noqa: A002 - the word of the row
        """The tenant's thing. Raises GatewayError NOT_FOUND, the same for what there is not and for what is not theirs."""
        name = (tenant, kind, id)
        found = self._known.get(name)
        if found is None:
            found = await self._ask(lambda: self._shelf.find(tenant, kind, id))
            if found is None:
                raise GatewayError("NOT_FOUND", f"There is no {kind} of this id here.", param=f"{kind}_id")
            self._remember(found)
        return found

    async def put(self, kept: Kept) -> None:
        """Write the row. What could not be written is remembered all the same, so that it can be reached from here."""
        self._remember(kept)
        await self._ask(lambda: self._shelf.put(kept))

    async def remove(self, kept: Kept) -> None:
        """Take the row out."""
        self._known.pop((kept.tenant, kept.kind, kept.id), None)
        await self._ask(lambda: self._shelf.remove(kept.tenant, kept.kind, kept.id))

    async def page(self, tenant: str, kind: str, page: Page) -> tuple[list[Kept], bool]:
        """A page of the tenant's things, and whether there are more."""
        rows = list(await self._ask(lambda: self._shelf.page(tenant, kind, page)))
        return rows[: page.limit], len(rows) > page.limit

    async def claim(self, kept: Kept, watcher: str, now: float, lease_s: float) -> bool:
        """Whether this process watches the batch from now on."""
        return await self._ask(lambda: self._shelf.claim(kept, watcher, now, lease_s))

    async def unsettled(self) -> Sequence[Kept]:
        """Every batch that may still cost something."""
        return await self._ask(self._shelf.unsettled)

    async def _ask(self, question: Callable[[], T]) -> T:
        try:
            return await asyncio.to_thread(question)
        except ShelfAway as away:
            log.warning("the rows of kept things cannot be reached: %s", away)
            message = "Whose the things are that providers keep cannot be looked up now."
            raise GatewayError("OVERLOADED", message, retry_after_s=1) from away

    def _remember(self, kept: Kept) -> None:
        self._known.pop((kept.tenant, kept.kind, kept.id), None)
        while len(self._known) >= MOST_REMEMBERED:
            del self._known[next(iter(self._known))]
        self._known[kept.tenant, kept.kind, kept.id] = kept
