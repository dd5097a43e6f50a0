"""What the gateway asks of the database about the tree: the tenants, departments and teams that people made there.

Those of the configuration are beside them. Implemented by ``stores/sql``; laid over the configuration by ``wiring``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

TREE_VERSION = "tree"
"""The name under which changes are counted (``ports.database.grow``)."""


class TreeRow(NamedTuple):
    """One tenant."""

    tenant: str
    name: str = ""
    status: str = "active"
    """``active`` or ``suspended``: its keys and tokens are refused then."""
    departments: tuple[tuple[str, str], ...] = ()
    """Id and name of each."""
    teams: tuple[tuple[str, str], ...] = ()
    """Id and department of each; a team of none has an empty one."""


class TreeRows(Protocol):
    """The tree in a database that all replicas share. Blocking: called from a worker thread."""

    def version(self) -> int:
        """A number that grows with every change."""
        ...

    def load(self) -> Sequence[TreeRow]:
        """All tenants that are stored, or have something stored beneath them."""
        ...

    def close(self) -> None:
        """Give up connections; a later call opens them again."""
        ...
