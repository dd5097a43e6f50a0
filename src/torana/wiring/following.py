"""Rows of the database, followed: loaded, kept on disk for a start without the database, loaded again on change.

It judges no row. Run by ``serve``, for stored keys and for revoked tokens.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import msgspec

LOOK_EVERY_S = 0.4
"""What was revoked must be refused within a second."""

Row = TypeVar("Row")
Row_co = TypeVar("Row_co", covariant=True)


class Rows(Protocol[Row_co]):
    """Rows in a database. Blocking: called from a worker thread."""

    def version(self) -> int:
        """A number that grows with every change of any row."""
        ...

    def load(self) -> Sequence[Row_co]:
        """All of them."""
        ...

    def close(self) -> None:
        """Give up connections."""
        ...


class Shelf(Generic[Row]):
    """The file in which the rows are kept as the database had them last."""

    def __init__(self, path: Path, row: type[Row]) -> None:
        self._path = path
        rows: Any = list.__class_getitem__(row)  # a type that is made at run time
        self._decoder = msgspec.json.Decoder(rows)

    def last_known(self) -> Sequence[Row]:
        """The rows; none when there is no readable file."""
        try:
            found: Sequence[Row] = self._decoder.decode(self._path.read_bytes())
            return found
        except (OSError, msgspec.DecodeError):
            return ()

    def remember(self, rows: Sequence[Row]) -> None:
        """Write the rows for the next start, all or nothing."""
        fresh = self._path.with_suffix(f".{os.getpid()}.new")  # several workers may write it
        fresh.touch(mode=0o600)
        fresh.write_bytes(msgspec.json.encode(list(rows)))
        fresh.replace(self._path)


class Following(Generic[Row]):
    """Follows the rows of one database."""

    def __init__(
        self, open_rows: Callable[[], Rows[Row]], shelf: Shelf[Row], take: Callable[[Sequence[Row]], Awaitable[None]]
    ) -> None:
        """``open_rows`` runs in a thread; ``take`` is told of every change, on the event loop."""
        self._open_rows = open_rows
        self._shelf = shelf
        self._take = take
        self._rows: Rows[Row] | None = None
        self._version = -1
        self._looking = asyncio.Lock()
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
            self.close()

    def close(self) -> None:
        """Give up connections; another look opens them again."""
        if self._rows is not None:
            self._rows.close()

    async def look(self) -> None:
        """One look; new rows are taken and remembered."""
        async with self._looking:
            if self._rows is None:
                self._rows = await asyncio.to_thread(self._open_rows)
            version = await asyncio.to_thread(self._rows.version)
            if version == self._version:
                return
            rows = await asyncio.to_thread(self._rows.load)
            await self._take(rows)
            await asyncio.to_thread(self._shelf.remember, rows)
            self._version = version
