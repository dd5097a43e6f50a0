"""What a control plane in a process of its own cannot see of the data plane's memory: it says so, and what would let it.

It looks at nothing itself. Given by ``process`` in place of the desks of a process that serves both planes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager

from torana.control.answers import AnswerDesk, CacheFigures, Feedback, TrialShown
from torana.control.metering import Follower, Tail
from torana.control.revealer import Revealer, Wanted
from torana.core.cache_entry import Where
from torana.core.errors import GatewayError
from torana.core.tickets import Caller
from torana.ports.receipt import Receipt
from torana.ports.vault import Reveal
from torana.wiring.settings import Settings

ANSWERS = (
    "Answers are kept in the memory of the processes with --role data, which this one cannot see. "
    "Set cache.exact.store to shared, with redis_url."
)
VALUES = (
    "What tokens stand for is kept in the memory of the processes with --role data, which this one cannot see. "
    "Set redis_url, for all of them."
)
REQUESTS = "Requests end in the processes with --role data, which this one cannot watch. GET usage/requests has them within seconds."


def unseen(what: str) -> GatewayError:
    """The refusal."""
    return GatewayError("NOT_FOUND", what)


class UnseenAnswers:
    """Implements ``control.answers.AnswerDesk``."""

    async def figures(self, tenant: str, since: float = 0.0) -> CacheFigures:
        """Refused."""
        raise unseen(ANSWERS)

    async def clear(self, where: Where) -> int:
        """Refused: it must not seem that answers were forgotten."""
        raise unseen(ANSWERS)

    async def wrong(self, tenant: str, id_: str) -> Feedback:
        """Refused."""
        raise unseen(ANSWERS)

    def trials(self, tenant: str) -> Sequence[TrialShown]:
        """Refused."""
        raise unseen(ANSWERS)


class UnseenValues:
    """Implements ``control.revealer.Revealer``: the list of who looked is in the database, and shown."""

    def __init__(self, listed: Revealer) -> None:
        self._listed = listed

    async def reveal(self, caller: Caller, wanted: Wanted) -> Mapping[str, str]:
        """Refused: it must not seem that a token is unknown."""
        raise unseen(VALUES)

    async def revealed(self, tenant: str, most: int, before: str) -> Sequence[Reveal]:
        """See ``control.revealer``."""
        return await self._listed.revealed(tenant, most, before)


class UnseenRequests:
    """Implements ``control.metering.Tail``."""

    ending = False

    def admit(self) -> None:
        """Refused."""
        raise unseen(REQUESTS)

    def follow(self, wanted: Callable[[Receipt], bool]) -> AbstractContextManager[Follower]:
        """Refused."""
        raise unseen(REQUESTS)


def seen_answers(desk: AnswerDesk, settings: Settings, apart: bool) -> AnswerDesk:
    """The desk, where this process can see the answers."""
    return UnseenAnswers() if apart and settings.cache.exact.store != "shared" else desk


def seen_values(revealer: Revealer, settings: Settings, apart: bool) -> Revealer:
    """The revealer, where this process can see the values."""
    return UnseenValues(revealer) if apart and settings.redis_url is None else revealer


def seen_requests(tail: Tail, apart: bool) -> Tail:
    """The tail, where this process can see requests end."""
    return UnseenRequests() if apart else tail
