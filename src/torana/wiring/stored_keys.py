"""Virtual keys of the database, followed: loaded, kept on disk for a start without the database, loaded again on change.

It judges no key. Run by ``serve``; the file holds keyed digests, never keys.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import msgspec

from torana.ports.store import Keys, StoredKey

LOOK_EVERY_S = 0.4
"""A revoked key must be refused within a second."""

FILE_NAME = "keys.snapshot"


def last_known(data_dir: Path) -> Sequence[StoredKey]:
    """The keys as the database had them last; none when there is no readable file."""
    try:
        return msgspec.json.decode((data_dir / FILE_NAME).read_bytes(), type=list[StoredKey])
    except (OSError, msgspec.DecodeError):
        return ()


def remember(data_dir: Path, keys: Sequence[StoredKey]) -> None:
    """Write the keys for the next start, all or nothing."""
    target = data_dir / FILE_NAME
    fresh = target.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_bytes(msgspec.json.encode(list(keys)))
    fresh.replace(target)


class Follower:
    """Follows the keys of one database."""

    def __init__(
        self, open_keys: Callable[[], Keys], data_dir: Path, take: Callable[[Sequence[StoredKey]], Awaitable[None]]
    ) -> None:
        """``open_keys`` runs in a thread; ``take`` is told of every change, on the event loop."""
        self._open_keys = open_keys
        self._data_dir = data_dir
        self._take = take
        self._keys: Keys | None = None
        self._version = -1
        self.fault: str | None = "not read yet"
        """Why the database cannot be read now; None: it can."""

    async def follow(self) -> None:
        """Look for changes until cancelled. Raises what the database raises; call again after a pause."""
        try:
            while True:
                try:
                    await self.look()
                except Exception as fault:
                    self.fault = f"{type(fault).__name__}"
                    raise
                self.fault = None
                await asyncio.sleep(LOOK_EVERY_S)
        finally:
            if self._keys is not None:
                self._keys.close()

    async def look(self) -> None:
        """One look; new keys are taken and remembered."""
        if self._keys is None:
            self._keys = await asyncio.to_thread(self._open_keys)
        version = await asyncio.to_thread(self._keys.version)
        if version == self._version:
            return
        keys = await asyncio.to_thread(self._keys.load)
        await self._take(keys)
        await asyncio.to_thread(remember, self._data_dir, keys)
        self._version = version
