"""What the line asks of the store in which it is written whose a kept thing is.

Blocking: called from worker threads. It judges no caller; every question names a tenant.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from torana.core.kept import Kept, Page


class ShelfAway(Exception):
    """The store could not be asked; nothing was changed that anybody could count on."""


class Shelf(Protocol):
    """Rows of Kept. Every method raises ShelfAway when the store cannot be asked."""

    def put(self, kept: Kept) -> None:
        """Write the row; one of the same tenant, kind and id is replaced, but for who watches it.

        What is settled stays settled: another process may know an older row.
        """
        ...

    def claim(self, kept: Kept, watcher: str, now: float, lease_s: float) -> bool:
        """Whether this process watches the batch from now on: it did before, or nobody has for ``lease_s`` seconds.

        What is settled is watched by nobody.
        """
        ...

    def find(self, tenant: str, kind: str, id: str) -> Kept | None:  # noqa: A002 - the word of the row
        """The tenant's row; None when it has none."""
        ...

    def page(self, tenant: str, kind: str, page: Page) -> Sequence[Kept]:
        """Up to ``page.limit + 1`` rows of the tenant, the newest first unless asked otherwise. What is being made is no row."""
        ...

    def unsettled(self) -> Sequence[Kept]:
        """Every batch of every tenant that may still cost something, the oldest first."""
        ...

    def remove(self, tenant: str, kind: str, id: str) -> bool:  # noqa: A002 - the word of the row
        """Take the row out; False when there was none."""
        ...

    def close(self) -> None:
        """Give up connections; a later call opens them again."""
        ...
