"""What the gateway asks of the database about stored objects: rows of the configuration that people wrote, all versions kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

ANY_VERSION = -1
"""In a row to be written: it replaces whichever version is there."""


class StoredObject(NamedTuple):
    """One version of one object."""

    tenant: str
    """Whose it is; empty: the installation's."""
    kind: str
    """A section of the configuration."""
    name: str
    version: int
    """From 1 on, for each object."""
    document: dict[str, Any] | None
    """As it was written, in the shape of a row of its section, its secrets sealed; None: it was withdrawn."""
    written_at: float
    """Epoch seconds."""
    written_by: str
    """Who wrote it, for people to read."""
    beneath: str = ""
    """Digest of the file's row of the same name when it was written; empty: there was none."""

    @property
    def place(self) -> tuple[str, str, str]:
        """Tenant, kind and name: what it is known by."""
        return self.tenant, self.kind, self.name


class ObjectRows(Protocol):
    """Stored objects in a database that all replicas share. Blocking: called from a worker thread."""

    def version(self) -> int:
        """A number that grows with every change of any object."""
        ...

    def load(self) -> Sequence[StoredObject]:
        """The newest version of each, those that were withdrawn too, in order of tenant, kind and name."""
        ...

    def close(self) -> None:
        """Give up connections; a later call opens them again."""
        ...
