"""Stored objects as the control plane sees them: implements ``control.objects.book.ObjectBook``.

It decides nobody's rights. Built by ``process``; the command line uses its parts for a database without a gateway.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from torana.control.objects.book import Difference, Draft, Judged, ObjectRow, Priced, Spent, Trial
from torana.control.objects.queries import count, newest
from torana.core.errors import GatewayError
from torana.core.tickets import Caller
from torana.line.rooms import Rooms
from torana.ports.database import Connection, Database
from torana.ports.objects import StoredObject
from torana.stores import sql
from torana.wiring.live import Live
from torana.wiring.object_documents import document_of
from torana.wiring.object_kinds import KINDS, place_in
from torana.wiring.object_next import next_rows, refusal, with_changes
from torana.wiring.object_overlay import Means, edited_beneath, row_beneath
from torana.wiring.object_pages import differing, objects_of_page, read_page, written_page
from torana.wiring.object_prices import catalogue, prices_of
from torana.wiring.object_spending import spent_by
from torana.wiring.object_trial import Wanted, trial
from torana.wiring.object_views import may_concern
from torana.wiring.objecting import Objecting
from torana.wiring.policing import AWAY
from torana.wiring.problems import ConfigError


class Objects:
    """Stored objects of this process."""

    def __init__(self, following: Objecting, database: Database, means: Means, rooms: Callable[[], Rooms]) -> None:
        """``rooms``: those in force."""
        self._following = following
        self._database = database
        self._means = means
        self._rooms = rooms

    @property
    def _live(self) -> Live:
        return self._following.live

    @property
    def currency(self) -> str:
        """The installation's."""
        return self._live.settings.currency

    @property
    def time_zone(self) -> str:
        """The installation's."""
        return self._live.settings.time_zone

    def rows(self, kind: str, tenant: str | None = None) -> Sequence[ObjectRow]:
        """The rows of a section in force."""
        if kind not in KINDS:
            raise GatewayError("NOT_FOUND", f"There is no section {kind!r} that can be written here.")
        found = [*self._stored(kind), *self._of_file(kind)]
        found.sort(key=lambda one: (one.name, one.tenant))
        if tenant is None:
            return found
        settings = self._live.settings
        return [one for one in found if may_concern(settings, one, tenant)]

    def _stored(self, kind: str) -> Iterable[ObjectRow]:
        live = [one for one in self._live.objects if one.kind == kind and one.document is not None]
        edited = {one.place for one in edited_beneath(self._live.loaded.settings, live)}
        for one in live:
            yield self.shown(one)._replace(edited_beneath=one.place in edited)

    def _of_file(self, kind: str) -> Iterable[ObjectRow]:
        settings, known = self._live.loaded.settings, KINDS[kind]
        stored = {one.place for one in self._live.objects if one.document is not None}
        rows = getattr(settings, kind) if known.many else [getattr(settings, kind)]
        for index, row in enumerate(rows):
            tenant, name = place_in(known, row) if known.many else ("", kind)
            # Rows without names are known by their place in the file, which no stored object can have.
            name = name or (str(row.id) if getattr(row, "id", "") else f"file-{index + 1}")
            if (tenant, kind, name) not in stored:
                yield ObjectRow(tenant, kind, name, "file", document_of(settings, kind, row))

    async def judged(self, drafts: Sequence[Draft]) -> Judged:
        """The changes as they would be kept."""

        def there(connection: Connection) -> tuple[int, Sequence[StoredObject]]:
            return count(connection), newest(connection)

        counted, stored = await self._database.read(there)
        rows = next_rows(drafts, stored, self._means.secrets, self._live.loaded.settings)
        if rows:
            try:
                await self._live.try_objects(with_changes(stored, rows))
            except ConfigError as refused:
                raise refusal(refused, rows) from None
        return Judged(rows, counted)

    def shown(self, row: StoredObject) -> ObjectRow:
        """A version with its secrets masked."""
        document = self._means.secrets.masked(row) or {}
        return ObjectRow(
            row.tenant, row.kind, row.name, "stored", document, row.version, row.written_at, row.written_by
        )

    async def look(self) -> None:
        """Take what was kept."""
        try:
            await self._following.look()
        except ConfigError as refused:
            # It fitted when it was judged; the file was changed at the same moment.
            raise GatewayError("CONFLICT", f"It was kept, and does not fit any more: {refused.problems[0]}") from None
        except sql.faults():
            raise GatewayError("OVERLOADED", AWAY, retry_after_s=2) from None

    def differences(self, tenant: str | None) -> Sequence[Difference]:
        """Stored objects beside the file's rows."""
        settings = self._live.loaded.settings
        found = []
        for kind in KINDS:
            for row in self._stored(kind):
                if tenant is not None and row.tenant != tenant:
                    continue
                beneath = row_beneath(settings, row.tenant, kind, row.name)
                file = None if beneath is None else document_of(settings, kind, beneath)
                found.append(Difference(row, file, differing(file, row.document)))
        return found

    def exported(self, tenant: str | None) -> str:
        """Stored objects as YAML."""
        rows = [row for kind in KINDS for row in self._stored(kind)]
        return written_page([row for row in rows if tenant is None or row.tenant == tenant])

    def read_objects(self, text: str, tenant: str) -> Sequence[tuple[str, str, str, dict[str, Any]]]:
        """Tenant, kind, name and document of each object of a YAML text."""
        try:
            return list(objects_of_page(read_page(text), tenant))
        except ConfigError as refused:
            raise refusal(refused, ()) from None

    def prices(self, tenant: str) -> Sequence[Priced]:
        """What every deployment of the tenant's models costs it now."""
        return [Priced(*one) for one in prices_of(self._rooms().snapshot, tenant)]

    def catalogue(self, provider: str) -> Sequence[Mapping[str, Any]]:
        """What the price catalogue says of a kind of provider."""
        return catalogue(provider, self._live.clock.now())

    async def standing(
        self, tenant: str, names: Mapping[str, str], people: Sequence[tuple[str, str, str]] = ()
    ) -> Sequence[Spent]:
        """How the tenant's budgets stand."""
        return await spent_by(self._rooms(), tenant, names, people)

    async def try_provider(self, caller: Caller, provider: str, model: str) -> Trial:
        """Send a tiny request to a provider."""
        return await trial(self._rooms(), caller, Wanted(provider, model), self._live.clock)


def objects_of(following: Objecting, database: Database, rooms: Callable[[], Rooms]) -> Objects:
    """The stored objects of this process, as the control plane has them."""
    means = following.live.laying
    if means is None:
        raise ValueError("nothing lays stored objects over the settings here")
    return Objects(following, database, means, rooms)
