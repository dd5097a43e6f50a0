"""Stored objects without a running gateway: read, judged and written in the database of an installation.

It serves nothing; gateways that run take what it writes within a second. Called by the command line.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import closing
from typing import Any, NamedTuple

from torana.control.audit.entries import Actor, Entry
from torana.control.objects.book import Draft, ObjectRow
from torana.control.objects.queries import FOLLOWED, Moved, count, every_version, newest, resealed, write
from torana.core.clock import Clock
from torana.core.errors import GatewayError
from torana.ports.database import grow
from torana.ports.objects import StoredObject
from torana.stores import sql
from torana.stores.sql.policies import SqlPolicies
from torana.stores.sql.tree import SqlTree
from torana.wiring.auditing import Auditing
from torana.wiring.database import prepare
from torana.wiring.identities import reseal_providers
from torana.wiring.object_kinds import KINDS
from torana.wiring.object_next import next_rows, refusal, with_changes
from torana.wiring.object_overlay import Means, laid
from torana.wiring.object_pages import objects_of_page, read_page, written_page
from torana.wiring.paths import database_url
from torana.wiring.policy_overlay import laid_over
from torana.wiring.problems import ConfigError
from torana.wiring.sealing import Sealer
from torana.wiring.settings import Settings
from torana.wiring.tree_overlay import with_tree


class Desk(NamedTuple):
    """What the work needs. ``settings``: the file's."""

    settings: Settings
    means: Means
    clock: Clock
    trail: Auditing
    by: str


def stored_rows(desk: Desk) -> list[ObjectRow]:
    """The stored objects in force, secrets masked; none where there is no database yet."""
    return [
        ObjectRow(one.tenant, one.kind, one.name, "stored", desk.means.secrets.masked(one) or {}, one.version)
        for one in read(desk)[1]
        if one.document is not None and one.kind in KINDS
    ]


def exported(desk: Desk) -> str:
    """The stored objects as YAML."""
    return written_page(stored_rows(desk))


def changes(desk: Desk, text: str, prune: bool) -> tuple[int, list[StoredObject]]:
    """What a page would change, judged, and how many changes there were before. Raises ConfigError, GatewayError."""
    counted, there = read(desk)
    drafts = [Draft(*one, desk.by) for one in objects_of_page(read_page(text), "")]
    if prune:
        named = {(one.tenant, one.kind, one.name) for one in drafts}
        gone = (one for one in there if one.document is not None and one.place not in named)
        drafts += (Draft(one.tenant, one.kind, one.name, None, desk.by) for one in gone)
    rows = next_rows(drafts, there, desk.means.secrets, desk.settings)
    if rows:
        _judge(desk, with_changes(there, rows), rows)
    return counted, rows


def keep(desk: Desk, rows: Sequence[StoredObject], counted: int) -> None:
    """Keep the changes, with an entry of the audit trail. Raises GatewayError CONFLICT when there were others meanwhile."""
    told = [{"kind": one.kind, "name": one.name, "tenant": one.tenant, "version": one.version} for one in rows[:100]]
    entry = Entry("config", "config.apply", f"objects:{len(rows)}", {"objects": told})
    dated = [one._replace(written_at=desk.clock.now()) for one in rows]
    with closing(sql.connect(database_url(desk.settings))) as connection, connection:
        try:
            write(connection, dated, counted)
        except Moved:
            message = "Somebody wrote at the same moment. Nothing was changed. Try again."
            raise GatewayError("CONFLICT", message) from None
        desk.trail.append(connection, Actor("", "system", desk.by), entry)


def reseal(desk: Desk, other: Sealer) -> int:
    """Seal every secret of every version with another key; how many versions have any. Raises Unsealable, nothing changed."""
    url = database_url(desk.settings)
    prepare(url)
    with closing(sql.connect(url)) as connection, connection:
        grow(connection, FOLLOWED)  # before the reading: what a gateway wrote meanwhile would stay under the old key
        changed = [
            (one, desk.means.secrets.resealed(one, other)) for one in every_version(connection) if one.kind in KINDS
        ]
        rows = [after for before, after in changed if after != before]
        resealed(connection, rows)
        providers = reseal_providers(connection, desk.means.secrets.sealer, other)
        told = {"versions": len(rows), "identity_providers": providers}
        entry = Entry("security", "secrets.reencrypt", "config_objects", told)
        desk.trail.append(connection, Actor("", "system", desk.by), entry)
    return len(rows) + providers


def read(desk: Desk) -> tuple[int, Sequence[StoredObject]]:
    """How many changes there were, and the newest version of each object."""
    url = database_url(desk.settings)
    prepare(url)
    with closing(sql.connect(url)) as connection:
        return count(connection), newest(connection)


def _judge(desk: Desk, objects: Iterable[StoredObject], rows: Sequence[StoredObject]) -> None:
    """As a gateway would. Raises GatewayError REQUEST_INVALID with every problem."""
    url = database_url(desk.settings)
    with closing(SqlTree(url)) as tree_rows, closing(SqlPolicies(url)) as policy_rows:
        tree, policies = tree_rows.load(), policy_rows.load()
    try:
        laid_over(laid(with_tree(desk.settings, tree), objects, desk.means), policies, desk.means.available)
    except ConfigError as refused:
        raise refusal(refused, rows) from None


def problems_of(refused: GatewayError) -> Sequence[str]:
    """What is wrong, a line each."""
    found: Any = refused.details.get("problems", ())
    lines = [f"{one['field']}: {one['message']}".removeprefix(": ") for one in found]
    return lines or [refused.message]
