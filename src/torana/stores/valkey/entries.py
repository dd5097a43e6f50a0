"""Kept answers and idempotency keys on Valkey, sealed, for all gateways that have the same key.

A store that is away has nothing, and nobody waits for it longer than a moment; of idempotency keys it says that it is away.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import msgspec

from torana.core.cache_entry import Entry, Held, Where
from torana.core.clock import Clock
from torana.ports.cache import Mark
from torana.stores.valkey.entry_rows import EntryRow, MarkRow, entry_of, mark_of, row_of, row_of_mark
from torana.stores.valkey.link import Link, StoreAway
from torana.stores.valkey.seals import Seals, derived

STAMP = struct.Struct("<d")
"""When it was made, before what is sealed: clearing by age reads no answer."""
MOST_SEEN = 50_000
"""Keys that are looked at when somebody asks how much there is."""
MOST_SENDING = 256
"""Answers on their way to the store at the same time; what comes beyond is not kept."""
RUNNING_S = 3600.0
"""Longer than any answer may take: of a gateway that died under it nobody says that the request is over."""
LIFE_S = 24 * 3600.0

Run = Callable[[str, int, Callable[[], Awaitable[None]]], bool]
"""Runs work that nobody waits for: its name, and how many of the name at once."""


class Sealing:
    """What is stored: named and sealed with keys that are derived from the installation's."""

    def __init__(self, key: bytes) -> None:
        self._name_key = derived(key, b"names of kept answers")
        self._seals = Seals(key, b"kept answers")
        self._encode = msgspec.msgpack.Encoder().encode

    def digest(self, *said: str) -> str:
        """A name that tells nothing."""
        text = "\0".join(said).encode("utf-8", "surrogatepass")
        return hashlib.blake2b(text, digest_size=12, key=self._name_key).hexdigest()

    def sealed(self, name: str, thing: Any) -> bytes:
        """The thing, to be opened under this name only."""
        return self._seals.sealed(name, self._encode(thing))

    def opened(self, name: str, wire: bytes, decoder: msgspec.msgpack.Decoder[Any]) -> Any:
        """What was sealed; None for what was sealed with another key, under another name, or by another version."""
        plain = self._seals.opened(name, wire)
        try:
            return None if plain is None else decoder.decode(plain)
        except ValueError:
            return None


class Doing(NamedTuple):
    """What the two need."""

    link: Link
    sealing: Sealing
    clock: Clock
    run: Run


class ValkeyEntries:
    """Implements ``ports.cache.Entries``."""

    remote = True

    def __init__(self, doing: Doing) -> None:
        self._link, self._sealing, self._clock, self._run = doing
        self._decoder = msgspec.msgpack.Decoder(EntryRow)
        self.faults = 0
        """Times that it could not be asked."""
        self.dropped = 0
        """Answers that were not kept because too many were on their way."""

    def at_hand(self, tenant: str, model: str, id_: str) -> Entry | None:
        """See ``ports.cache.Entries``: never."""
        return None

    async def find(self, tenant: str, model: str, id_: str) -> Entry | None:
        """See ``ports.cache.Entries``."""
        if self._link.away:
            self.faults += 1
            return None
        name = self._name(tenant, model, id_)
        try:
            wire = await self._link.text(name)
        except StoreAway:
            self.faults += 1
            return None
        row: EntryRow | None = self._sealing.opened(name, wire[STAMP.size :], self._decoder) if wire else None
        entry = None if row is None else entry_of(row)
        if entry is None or entry.expires_at <= self._clock.now() or entry.tenant != tenant or entry.id != id_:
            return None
        return entry

    def keep(self, entry: Entry) -> None:
        """See ``ports.cache.Entries``."""
        if self._link.away or not self._run("cache", MOST_SENDING, lambda: self._send(entry)):
            self.dropped += 1

    async def _send(self, entry: Entry) -> None:
        name = self._name(entry.tenant, entry.model, entry.id)
        life_ms = int((entry.expires_at - self._clock.now()) * 1000)
        if life_ms <= 0:
            return
        sealed = self._sealing.sealed(name, row_of(entry))
        try:
            await self._link.put_text(name, STAMP.pack(entry.made_at) + sealed, life_ms)
        except StoreAway:
            self.faults += 1

    async def drop(self, where: Where) -> int:
        """See ``ports.cache.Entries``. Raises StoreAway: who clears wants to know."""
        gone = 0
        async for name in self._link.names(self._pattern(where)):
            if where.made_before is not None:
                stamp = await self._link.part(name, STAMP.size)
                if len(stamp) < STAMP.size or STAMP.unpack(stamp)[0] >= where.made_before:
                    continue
            gone += await self._link.forget(name)
        return gone

    async def held(self, tenant: str) -> Held:
        """See ``ports.cache.Entries``. Bytes are those that the store holds. Raises StoreAway."""
        entries = size = 0
        async for name in self._link.names(self._pattern(Where(tenant))):
            if entries >= MOST_SEEN:
                return Held(entries, size, complete=False)
            entries += 1
            size += await self._link.length(name)
        return Held(entries, size)

    def _pattern(self, where: Where) -> str:
        model = self._sealing.digest(where.tenant, where.model) if where.model else "*"
        return f"torana:cache:{self._sealing.digest(where.tenant)}:{model}:{_plain(where.id) or '*'}"

    def _name(self, tenant: str, model: str, id_: str) -> str:
        return f"torana:cache:{self._sealing.digest(tenant)}:{self._sealing.digest(tenant, model)}:{id_}"


class ValkeyOnce:
    """Implements ``ports.cache.Once``."""

    def __init__(self, doing: Doing) -> None:
        self._link, self._sealing, self._clock, self._run = doing
        self._decoder = msgspec.msgpack.Decoder(MarkRow)

    async def begin(self, name: str, digest: str) -> Mark | None:
        """See ``ports.cache.Once``. Raises StoreAway."""
        if self._link.away:
            raise StoreAway("the shared store is away")
        key = f"torana:once:{name}"
        mark = self._sealing.sealed(key, MarkRow(digest, "running"))
        if await self._link.claim(key, mark, int(RUNNING_S * 1000)):
            return None
        wire = await self._link.text(key)
        found: MarkRow | None = self._sealing.opened(key, wire, self._decoder) if wire else None
        if found is None:
            raise StoreAway("an idempotency key changed while it was read")
        return mark_of(found)

    def end(self, name: str, mark: Mark | None) -> None:
        """See ``ports.cache.Once``."""
        self._run("idempotency", 100_000, lambda: self._told(f"torana:once:{name}", mark))

    async def _told(self, key: str, mark: Mark | None) -> None:
        try:
            if mark is None:
                await self._link.forget(key)
            else:
                await self._link.put_text(key, self._sealing.sealed(key, row_of_mark(mark)), int(LIFE_S * 1000))
        except StoreAway:
            return  # it says that the request is running until that mark ends: nobody is billed twice


def _plain(id_: str) -> str:
    """The id, with nothing in it that a pattern would understand otherwise."""
    return id_ if id_.isalnum() else "-" if id_ else ""
