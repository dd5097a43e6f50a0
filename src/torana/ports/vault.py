"""What the line asks of what keeps the values that tokens stand for, and where it is written who looked them up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol


class Vault(Protocol):
    """Values by conversation and token, each kept until it expires."""

    async def keep(self, conversation: str, values: Mapping[str, str]) -> None:
        """Keep what these tokens stand for, from now for as long as everything is kept. Raises OSError when it cannot."""
        ...

    async def recall(self, conversation: str) -> Mapping[str, str]:
        """Token → value, for everything of the conversation that has not expired. Raises OSError when it cannot be known."""
        ...


class Reveal(NamedTuple):
    """Somebody looked up what tokens stand for; never the values."""

    reveal_id: str
    """Unique and sortable by time."""
    tenant: str
    at: float
    """Epoch seconds."""
    by: str
    """Key and user."""
    conversation: str
    """For people: ``conversation …``, ``user …`` or ``key …``."""
    tokens: tuple[str, ...]
    told: tuple[str, ...]
    """Those of them that were known."""
    reason: str


class Reveals(Protocol):
    """The list of them. Blocking: called from worker threads."""

    def add(self, row: Reveal) -> None:
        """Write one down. Raises what the database raises."""
        ...

    def newest(self, tenant: str, most: int, before: str = "") -> Sequence[Reveal]:
        """Those of a tenant, newest first. ``before``: the id that the page before ended with."""
        ...

    def close(self) -> None:
        """Give up connections."""
        ...
