"""Notices that the configuration file changed, by looking at it: works on every file system and mount.

It does not read it. Run by ``process``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

LOOK_EVERY_S = 1.0

Signature = tuple[int, int, int]


def signature(path: Path) -> Signature | None:
    """What changes when the file does (a replaced file has another inode); None while there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_size, found.st_ino)


class FileWatch:
    """Looks at one file."""

    def __init__(self, path: Path, changed: Callable[[], Awaitable[None]]) -> None:
        self._path = path
        self._changed = changed
        self._last = signature(path)

    async def watch(self) -> None:
        """Look until cancelled; tell of each change once the file has been still for one look."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            now = signature(self._path)
            if now is None or now == self._last:
                continue
            await asyncio.sleep(0.1)  # an editor may still be writing
            if signature(self._path) == now:
                self._last = now
                await self._changed()
