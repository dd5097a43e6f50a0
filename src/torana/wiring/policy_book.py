"""Policies and guardrails as the control plane sees them: implements ``control.book.PolicyBook``.

It decides nothing about requests: what a text is tried with is the guard room of the Snapshot in force. Built by
``process``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from typing import Any

import msgspec

from torana.control.book import Beside, Effective, FindingsPage, Kind, PolicyRow, Tried, shown_rule
from torana.control.policies.rights import sees
from torana.core.errors import GatewayError
from torana.core.file_terms import FileTerms
from torana.core.policies import EVERYONE, Attachment, Choice, Terms
from torana.core.tickets import Caller
from torana.line.chains import Chains
from torana.line.rooms import Rooms
from torana.ports.policies import StoredPolicy
from torana.stores import sql
from torana.stores.sql.judged import findings
from torana.stores.sql.usage_queries import Place
from torana.wiring import dry_run, find, paths
from torana.wiring.live import Live
from torana.wiring.packs import packs
from torana.wiring.policing import AWAY, Policing, refusal
from torana.wiring.problems import ConfigError
from torana.wiring.settings_text import plain
from torana.wiring.trying import tried


class Book:
    """Policies and guardrails of this process."""

    def __init__(self, policing: Policing, live: Live, rooms: Callable[[], Rooms], now: Callable[[], float]) -> None:
        """``rooms``: those in force. ``now``: epoch seconds."""
        self._policing = policing
        self._live = live
        self._rooms = rooms
        self._now = now

    def rows(self) -> Sequence[PolicyRow]:
        """Every policy in force."""
        stored = {one.name: one for one in self._policing.stored if one.document is not None}
        found = []
        for one in self._live.settings.policies:
            row = stored.get(one.name)
            if row is not None:
                more = (row.version, row.tenant, row.written_at, row.written_by)
                found.append(PolicyRow(one.name, "stored", row.document or {}, *more))
            else:
                said = {name: value for name, value in plain(one).items() if value not in (None, [], False)}
                said.pop("name", None)
                found.append(PolicyRow(one.name, "implied" if one == self._live.loaded.implied else "file", said))
        return found

    def effective(self, who: Attachment) -> Effective:
        """What holds for somebody."""
        chains = self._rooms().policy.chains
        terms = chains.terms_for(who)
        chain = [(level, one.name) for level, one in chains.documents_of(who)]
        return Effective(terms.name, chain, shown_terms(terms))

    async def write(self, row: StoredPolicy, beside: Beside) -> StoredPolicy:
        """Keep one more version."""
        return await self._policing.write(row, beside)

    async def history(self, name: str, most: int) -> Sequence[StoredPolicy]:
        """The versions of a stored policy, newest first."""
        return await self._policing.history(name, most)

    async def dry_run(self, row: StoredPolicy, tenant: str, last: int) -> Mapping[str, Any]:
        """What would have become of a tenant's last requests."""
        try:
            return await asyncio.to_thread(self._tried_on, row, tenant, last)
        except ConfigError as refused:
            raise refusal(refused) from None
        except sql.faults():
            raise GatewayError("OVERLOADED", AWAY, retry_after_s=2) from None

    def _tried_on(self, row: StoredPolicy, tenant: str, last: int) -> Mapping[str, Any]:
        then = self._live.snapshot_with([one for one in self._policing.stored if one.name != row.name] + [row])
        past = dry_run.read(paths.database_url(self._live.settings), tenant, last)
        return dry_run.compared(past, tenant, self._rooms().snapshot, then)

    async def kinds(self) -> Sequence[Kind]:
        """The kinds of guardrails. All their modules are imported: not on the event loop."""
        return await asyncio.to_thread(self._kinds)

    def _kinds(self) -> Sequence[Kind]:
        rows = self._live.settings.guardrails
        found = []
        for name in sorted(find.ids("guardrails")):
            module = find.module("guardrails", name)
            found.append(
                Kind(
                    name,
                    tuple(module.SIDES),
                    tuple(module.MODES),
                    str(module.PRICE_CLASS),
                    (module.__doc__ or "").strip().partition("\n")[0],
                    msgspec.json.schema(module.Settings, schema_hook=_secret_schema),
                    tuple(one.id for one in rows if one.plugin == name),
                )
            )
        return found

    def packs(self) -> Sequence[Mapping[str, Any]]:
        """The compliance packs."""
        return [msgspec.to_builtins(one) for one in packs().values()]

    async def try_text(self, caller: Caller, text: str, policy: str, is_input: bool) -> Tried:
        """What guardrails make of a text."""
        rooms = self._rooms()
        terms = self.terms_of(caller, policy)
        return await tried(rooms, caller, terms, text, "input" if is_input else "output", self._now)

    def terms_of(self, caller: Caller, policy: str) -> Terms:
        """What a policy comes to by itself; ``policy`` empty: all that hold for the caller. Raises GatewayError NOT_FOUND."""
        rooms = self._rooms()
        if not policy:
            return rooms.policy.chains.terms_of(caller)
        documents = [one for one in rooms.snapshot.policies if one.name == policy]
        known = {row.name for row in self.rows() if sees(caller, row)}
        if not documents or policy not in known:
            raise GatewayError("NOT_FOUND", f"There is no policy {policy!r}.", param="policy")
        alone = [one._replace(attached=(EVERYONE,), shadow=False) for one in documents]
        return Chains(alone, Terms()).terms_for(EVERYONE)

    async def findings(
        self, tenant: str, limit: int, after: tuple[int, str] | None, where: Mapping[str, str]
    ) -> FindingsPage:
        """What was found in a tenant's requests."""
        try:
            return await asyncio.to_thread(self._findings, tenant, limit, after, where)
        except sql.faults():
            raise GatewayError("OVERLOADED", AWAY, retry_after_s=2) from None

    def _findings(
        self, tenant: str, limit: int, after: tuple[int, str] | None, where: Mapping[str, str]
    ) -> FindingsPage:
        url = paths.database_url(self._live.settings)
        if not sql.check(url):
            return FindingsPage((), None)
        with closing(sql.connect(url)) as connection:
            items, place = findings(connection, tenant, limit, Place(*after) if after else None, where)
        return FindingsPage(items, None if place is None else (place.at_ms, place.receipt_id))


def shown_terms(terms: Terms) -> Mapping[str, Any]:
    """Terms for people."""
    said: dict[str, Any] = {}
    for name, value in terms._asdict().items():
        if isinstance(value, Choice):
            said[name] = {
                "within": [sorted(one) for one in sorted(value.within, key=sorted)],
                "denied": sorted(value.denied),
            }
        elif name == "guardrails":
            said[name] = [dict(shown_rule(one)) for one in value]
        elif name == "files":
            said[name] = None if value is None else shown_files(value)
        elif name == "trial":
            said[name] = None if value is None else value.name
        elif name != "name":
            said[name] = sorted(value) if isinstance(value, frozenset) else value
    return said


def shown_files(terms: FileTerms) -> Mapping[str, Any]:
    """What is said of files, for people."""
    said = terms._asdict()
    return {**said, "types": None if terms.types is None else sorted(terms.types)}


def _secret_schema(kind: type) -> dict[str, Any]:
    """Of types that JSON Schema does not know: all of ours are secret texts."""
    return {"type": "string", "writeOnly": True}
