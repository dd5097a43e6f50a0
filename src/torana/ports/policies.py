"""What the gateway asks of the database about policies: every version of every one, kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

from torana.ports.database import Connection

ANY_VERSION = -1
"""In a row to be written: it replaces whichever version is there."""


class StoredPolicy(NamedTuple):
    """One version of one policy."""

    name: str
    version: int
    """From 1 on, for each name."""
    tenant: str
    """Whose it is: only this tenant's people may change it; empty: the installation's."""
    document: dict[str, Any] | None
    """As it was written, in the shape of a row of ``policies``; None: it was withdrawn."""
    written_at: float
    """Epoch seconds."""
    written_by: str
    """Who wrote it, for people to read."""


class Outdated(Exception):
    """Somebody else wrote the policy meanwhile. ``version``: the newest there is."""

    def __init__(self, version: int) -> None:
        super().__init__(f"the policy is at version {version}")
        self.version = version


class PolicyStore(Protocol):
    """Policies in a database that all replicas share. Blocking: called from a worker thread."""

    def version(self) -> int:
        """A number that grows with every change of any policy."""
        ...

    def load(self) -> Sequence[StoredPolicy]:
        """The newest version of each, by name."""
        ...

    def history(self, name: str, most: int) -> Sequence[StoredPolicy]:
        """The versions of one, newest first."""
        ...

    def write(self, row: StoredPolicy, beside: Callable[[Connection], None] | None = None) -> None:
        """Keep one more version, and what ``beside`` does in the same transaction.

        Raises Outdated when it is not the one that follows the newest, and what ``beside`` raises: then neither is kept.
        """
        ...

    def close(self) -> None:
        """Give up connections; a later call opens them again."""
        ...
