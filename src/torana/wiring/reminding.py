"""Reminders of keys that end soon: a line of the log and the webhook of alerts, once for each key.

It ends no key. Run by ``serve`` in the background.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Protocol

from torana.core.clock import Clock
from torana.core.snapshot import KeyEntry
from torana.records.log import time_text
from torana.stores.sql.keys import SqlKeys
from torana.wiring.database import prepare

BEFORE_S = 7 * 86_400.0
LOOK_EVERY_S = 3600.0
EVENT = "key.expires_soon"


class Ending(Protocol):
    """Keys in a database. Blocking: called from a worker thread."""

    def ending(self, now: float, until: float) -> Sequence[KeyEntry]:
        """Those that end until then, each given once."""
        ...

    def close(self) -> None:
        """Give up connections."""
        ...


class Reminding:
    """Tells of keys that end soon. One per process; of several on one database, one tells of each key."""

    def __init__(
        self, open_keys: Callable[[], Ending], tell: Callable[[dict[str, object]], None], clock: Clock
    ) -> None:
        """``open_keys`` runs in a thread; ``tell`` is called on the event loop."""
        self._open_keys = open_keys
        self._tell = tell
        self._clock = clock

    async def keep(self) -> None:
        """Look each hour until cancelled. Raises what the database raises; call again after a pause."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_EVERY_S)

    async def look(self) -> None:
        """One look."""
        for one in await asyncio.to_thread(self._ending):
            self._tell(
                {
                    "event": EVENT,
                    "key_id": one.key_id,
                    "name": one.name,
                    "tenant": one.tenant,
                    "team": one.team,
                    "user": one.user,
                    "expires_at": time_text(one.expires_at or 0.0),
                }
            )

    def _ending(self) -> Sequence[KeyEntry]:
        now = self._clock.now()
        with closing(self._open_keys()) as keys:
            return keys.ending(now, now + BEFORE_S)


def reminding_of(url: str, tell: Callable[[dict[str, object]], None], clock: Clock) -> Reminding:
    """Of the installation's database."""

    def opened() -> SqlKeys:
        prepare(url)
        return SqlKeys(url, clock)

    return Reminding(opened, tell, clock)
