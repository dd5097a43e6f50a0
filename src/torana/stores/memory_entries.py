"""Kept answers in the memory of one process, within a bound of bytes: what was not wanted for the longest time goes first.

It shares nothing with other processes and knows no request. Called by the cache room on the event loop.
"""

from __future__ import annotations

from collections import OrderedDict

from torana.core.cache_entry import Entry, Held, Where
from torana.core.clock import Clock


class MemoryEntries:
    """Implements ``ports.cache.Entries``."""

    remote = False

    def __init__(self, most_bytes: int, clock: Clock) -> None:
        """``most_bytes``: all entries together, as ``Entry.size`` counts them."""
        self._most = most_bytes
        self._clock = clock
        self._entries: OrderedDict[str, tuple[Entry, int]] = OrderedDict()
        self.bytes = 0
        self.evicted = 0
        """Entries that had to make room, since the start."""

    def __len__(self) -> int:
        return len(self._entries)

    def at_hand(self, tenant: str, model: str, id_: str) -> Entry | None:
        """See ``ports.cache.Entries``. An entry of another tenant or model is none, whatever its id."""
        found = self._entries.get(id_)
        if found is None:
            return None
        entry = found[0]
        if entry.expires_at <= self._clock.now():
            self._forget(id_)
            return None
        if entry.tenant != tenant or entry.model != model:
            return None
        self._entries.move_to_end(id_)
        return entry

    async def find(self, tenant: str, model: str, id_: str) -> Entry | None:
        """See ``ports.cache.Entries``."""
        return self.at_hand(tenant, model, id_)

    def keep(self, entry: Entry) -> None:
        """See ``ports.cache.Entries``. One that is larger than the whole bound is not kept."""
        self._forget(entry.id)
        size = entry.size
        if size > self._most:
            return
        while self.bytes + size > self._most:
            self._forget(next(iter(self._entries)))
            self.evicted += 1
        self._entries[entry.id] = (entry, size)
        self.bytes += size

    async def drop(self, where: Where) -> int:
        """See ``ports.cache.Entries``."""
        gone = [id_ for id_, (entry, _) in self._entries.items() if where.has(entry)]
        for id_ in gone:
            self._forget(id_)
        return len(gone)

    async def held(self, tenant: str) -> Held:
        """See ``ports.cache.Entries``."""
        now = self._clock.now()
        sizes = [size for entry, size in self._entries.values() if entry.tenant == tenant and entry.expires_at > now]
        return Held(len(sizes), sum(sizes))

    def _forget(self, id_: str) -> None:
        found = self._entries.pop(id_, None)
        if found is not None:
            self.bytes -= found[1]
