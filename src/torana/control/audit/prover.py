"""What the control plane is given to prove the audit trail.

It holds no logic and imports no adapter. Implemented by ``wiring``; part of the Office.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, NamedTuple, Protocol


class Proof(NamedTuple):
    """What came of one chain."""

    tenant: str
    chain: str
    whole: bool
    entries: int
    links: int
    checkpoints: int
    trimmed: int
    first_broken: int | None = None
    """The number of the first entry that is not as it was."""
    what: str = ""


class Prover(Protocol):
    """Verifies chains, and writes them out so that others can."""

    async def verify(self, tenant: str | None) -> list[Proof]:
        """The verdict on a tenant's chains; None: on all. Raises GatewayError OVERLOADED."""
        ...

    def requests(self, tenant: str, since: float, until: float) -> AsyncIterator[list[dict[str, Any]]]:
        """The entries of AI requests that came within (epoch seconds), oldest first, some at a time; the columns of other entries.

        Raises GatewayError OVERLOADED.
        """
        ...

    def exported(self, tenant: str) -> AsyncIterator[bytes]:
        """The lines of a file that proves itself. Raises GatewayError OVERLOADED."""
        ...
