"""Virtual keys of the database, followed.

It judges no key. Run by ``serve``; the file holds keyed digests, never keys.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from torana.ports.store import Keys, StoredKey
from torana.wiring.following import Following, Shelf

FILE_NAME = "keys.snapshot"


def shelf(data_dir: Path) -> Shelf[StoredKey]:
    """The file of the keys."""
    return Shelf(data_dir / FILE_NAME, StoredKey)


def last_known(data_dir: Path) -> Sequence[StoredKey]:
    """The keys as the database had them last; none when there is no readable file."""
    return shelf(data_dir).last_known()


class Follower(Following[StoredKey]):
    """Follows the keys of one database."""

    def __init__(
        self, open_keys: Callable[[], Keys], data_dir: Path, take: Callable[[Sequence[StoredKey]], Awaitable[None]]
    ) -> None:
        """``open_keys`` runs in a thread; ``take`` is told of every change, on the event loop."""
        super().__init__(open_keys, shelf(data_dir), take)
