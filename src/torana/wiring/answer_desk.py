"""The answer cache as the control plane has it: figures, clearing, feedback.

Implements ``control.answers.AnswerDesk`` over what the cache room uses. Built by ``process`` for the Office.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torana.control.answers import CacheFigures, Feedback, TrialShown
from torana.core.cache_entry import Where
from torana.core.errors import GatewayError
from torana.line.cache import CacheMeans
from torana.line.rooms import Rooms
from torana.ports.database import Database
from torana.stores.sql.cache_savings import saved
from torana.wiring.settings import Settings

AWAY = "The shared store of answers cannot be asked now."


def answers_of(rooms: Rooms, settings: Callable[[], Settings], database: Database) -> Answers:
    """The desk over the cache that these Rooms use, and over what all gateways wrote down of it."""
    means = rooms.cache.means
    assert means is not None  # noqa: S101 - a process has one
    return Answers(means, settings, database)


class Answers:
    """For one process."""

    def __init__(self, means: CacheMeans, settings: Callable[[], Settings], database: Database) -> None:
        """``settings``: those in force."""
        self._means = means
        self._settings = settings
        self._database = database

    async def figures(self, tenant: str, since: float = 0.0) -> CacheFigures:
        """See ``control.answers``."""
        settings = self._settings()
        said = settings.cache
        try:
            held = await self._means.entries.held(tenant)
        except OSError as fault:
            raise GatewayError("OVERLOADED", AWAY, retry_after_s=1) from fault
        rows = await self._database.read(saved, tenant, settings.currency, since)
        return CacheFigures(
            enabled=said.exact.enabled or said.semantic.enabled,
            semantic=("shadow" if said.semantic.shadow else "on") if said.semantic.enabled else "off",
            store="shared" if self._means.entries.remote else "memory",
            held=held,
            rows=rows,
            currency=settings.currency,
        )

    async def clear(self, where: Where) -> int:
        """See ``control.answers``."""
        try:
            gone = await self._means.entries.drop(where)
        except OSError as fault:
            raise GatewayError("OVERLOADED", AWAY, retry_after_s=1) from fault
        if self._means.alike is not None:
            self._means.alike.drop(where)
        return gone

    async def wrong(self, tenant: str, id_: str) -> Feedback:
        """See ``control.answers``."""
        questions, least = (0, None) if self._means.alike is None else self._means.alike.wrong(tenant, id_)
        return Feedback(await self.clear(Where(tenant, id=id_)), questions, least)

    def trials(self, tenant: str) -> Sequence[TrialShown]:
        """See ``control.answers``."""
        alike = self._means.alike
        found = reversed(alike.trials) if alike is not None else ()
        return [
            TrialShown(one.model, one.asked, one.answered, one.match.id, one.match.similarity)
            for one in found
            if one.tenant == tenant
        ]
