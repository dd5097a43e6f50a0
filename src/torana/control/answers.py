"""What the control plane is given of the answer cache: its figures, emptying it, and telling it what was wrong.

It holds no logic and imports no adapter. Implemented by ``wiring``; part of the Office.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from torana.core.cache_entry import Held, Where
from torana.core.saved import Saved


class CacheFigures(NamedTuple):
    """Of one tenant."""

    enabled: bool
    semantic: str
    """``off``, ``on`` or ``shadow``."""
    store: str
    """``memory`` or ``shared``."""
    held: Held
    rows: Sequence[Saved]
    currency: str


class TrialShown(NamedTuple):
    """On trial: what would have been served."""

    model: str
    asked: str
    answered: str
    id: str
    similarity: float


class Feedback(NamedTuple):
    """What came of the news that an answer was wrong."""

    answers: int
    """How many were forgotten."""
    questions: int
    """How many questions led to it in other words."""
    similarity: float | None
    """What is asked now where they were asked; None: nothing changed."""


class AnswerDesk(Protocol):
    """The answer cache of this process, and the shared one where there is one."""

    async def figures(self, tenant: str, since: float = 0.0) -> CacheFigures:
        """What there is of the tenant; what was saved since the day of ``since`` (epoch seconds, days of UTC).

        Raises GatewayError OVERLOADED when the shared store or the database is away.
        """
        ...

    async def clear(self, where: Where) -> int:
        """Forget these; how many there were. Raises GatewayError OVERLOADED."""
        ...

    async def wrong(self, tenant: str, id_: str) -> Feedback:
        """An answer was wrong for what was asked. Raises GatewayError OVERLOADED."""
        ...

    def trials(self, tenant: str) -> Sequence[TrialShown]:
        """The latest, the newest first."""
        ...
