"""The next versions of stored objects: what drafts become before they are judged, and how a refusal names their fields.

Pure but for sealing. Called by the book of objects and the command line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from torana.control.objects.book import Draft
from torana.control.objects.queries import outdated
from torana.core.errors import GatewayError
from torana.ports.objects import ANY_VERSION, StoredObject
from torana.wiring.object_documents import document_of
from torana.wiring.object_kinds import KINDS, Kind
from torana.wiring.object_overlay import Misfit, digest_beneath, field_of, row_beneath
from torana.wiring.object_secrets import Secrets
from torana.wiring.problems import ConfigError, Problem
from torana.wiring.settings import Settings

MOST_PROBLEMS = 20
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/ -]{0,199}")
"""No ``@``: inside it stands before the tenant of what is a tenant's own."""


def next_rows(
    drafts: Iterable[Draft], stored: Iterable[StoredObject], secrets: Secrets, file: Settings
) -> list[StoredObject]:
    """The versions to keep, secrets sealed; those that would change nothing are left out.

    ``written_at`` is 0: who keeps them knows the time. Raises GatewayError REQUEST_INVALID, NOT_FOUND, CONFLICT.
    """
    there = {one.place: one for one in stored}
    found: list[StoredObject] = []
    for draft in drafts:
        place = (draft.tenant, draft.kind, draft.name)
        before = there.get(place)
        version = before.version if before is not None else 0
        if draft.version not in (ANY_VERSION, version):
            raise outdated(draft.kind, draft.name, version)
        document = None if draft.document is None else _cleaned(draft)
        row = StoredObject(*place, version + 1, document, 0.0, draft.by, digest_beneath(file, *place))
        latest = before.document if before is not None else None
        if document is None:
            if latest is not None:
                found.append(row)
            continue
        if latest is None and secrets.masked(row) == _of_file(file, place):
            continue
        row = secrets.sealed(row, latest)
        if latest is None or secrets.masked(row) != secrets.masked(before or row):
            found.append(row)
    return found


def _of_file(file: Settings, place: tuple[str, str, str]) -> Mapping[str, Any] | None:
    beneath = row_beneath(file, *place)
    return None if beneath is None else document_of(file, place[1], beneath)


def with_changes(stored: Iterable[StoredObject], rows: Iterable[StoredObject]) -> list[StoredObject]:
    """The objects with these versions in the place of the ones before."""
    found = {one.place: one for one in stored}
    found.update((one.place, one) for one in rows)
    return [found[place] for place in sorted(found)]


def _cleaned(draft: Draft) -> dict[str, Any]:
    """The document without what is said of it elsewhere: its name and its tenant."""
    kind = KINDS.get(draft.kind)
    if kind is None:
        raise GatewayError("NOT_FOUND", f"There is no section {draft.kind!r} that can be written here.")
    if not NAME.fullmatch(draft.name):
        message = "name: letters, digits, dots, dashes, underscores, colons, slashes and blanks, up to 200."
        raise GatewayError("REQUEST_INVALID", message, param="name")
    if not kind.many and draft.name != kind.section:
        raise GatewayError("NOT_FOUND", f"The section {kind.section} is one: its name is {kind.section!r}.")
    document = dict(draft.document or {})
    _demand_same(document, kind, draft)
    return document


def _demand_same(document: dict[str, Any], kind: Kind, draft: Draft) -> None:
    """What the document says of its own name and tenant must be so. Raises GatewayError REQUEST_INVALID."""
    for field, value in ((kind.named_by, draft.name), ("tenant", draft.tenant)):
        if not field or field not in document or (field == "tenant" and not kind.tenants):
            continue
        if field == "tenant" and not kind.named_by and not draft.tenant:
            continue  # an operator's price for one tenant
        if document[field] not in (value, None):
            raise GatewayError("REQUEST_INVALID", f"{field}: this is of another object.", param=field)
        del document[field]


def refusal(refused: ConfigError, rows: Sequence[StoredObject]) -> GatewayError:
    """What is told of changes that cannot be taken: every problem with its field."""
    problems: list[Mapping[str, Any]] = [
        {"field": _field(one, refused, rows), "message": one.message, "suggestion": one.suggestion}
        for one in refused.problems[:MOST_PROBLEMS]
    ]
    first = problems[0]
    message = f"{first['field']}: {first['message']}" if first["field"] else str(first["message"])
    return GatewayError("REQUEST_INVALID", message, param=first["field"] or None, details={"problems": problems})


def _field(problem: Problem, refused: ConfigError, rows: Sequence[StoredObject]) -> str:
    if isinstance(refused, Misfit):
        for row in rows:
            field = field_of(problem, row.place, refused.rows)
            if field != problem.path:
                return field if len(rows) == 1 else f"{row.kind} {row.name}: {field}".removesuffix(": ")
    return problem.path
