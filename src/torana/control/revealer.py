"""What the control plane is given to look up what tokens stand for.

It holds no logic and imports no adapter. Implemented by ``wiring``; part of the Office.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from torana.core.tickets import Caller
from torana.ports.vault import Reveal


class Wanted(NamedTuple):
    """Which tokens, and why. One of ``conversation``, ``user`` and ``key`` says whose they are."""

    tokens: tuple[str, ...]
    reason: str
    conversation: str = ""
    """As its requests named it."""
    user: str = ""
    """Whose requests named none."""
    key: str = ""
    """Id of the key that such requests of nobody in particular came with."""

    @property
    def place(self) -> str:
        """The conversation, for people."""
        for name in ("conversation", "user", "key"):
            if said := getattr(self, name):
                return f"{name} {said}"
        return ""


class Revealer(Protocol):
    """Looks up, and writes down who did."""

    async def reveal(self, caller: Caller, wanted: Wanted) -> Mapping[str, str]:
        """Token → value, for those that are known in the caller's tenant. Raises GatewayError OVERLOADED, and nothing is told."""
        ...

    async def revealed(self, tenant: str, most: int, before: str) -> Sequence[Reveal]:
        """Who looked, newest first. ``before``: the id that the page before ended with. Raises GatewayError OVERLOADED."""
        ...
