"""People and groups as SCIM shows them, and what a document says about somebody in our words.

It asks no database. Called by the routes of this room.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from fastapi import Request

from torana.control.auth.people_rows import ACTIVE, SUSPENDED
from torana.control.auth.shapes import EMAIL
from torana.control.names import one_line, tidied
from torana.control.scim.answers import base, meta
from torana.control.scim.documents import Document, pruned, wrong
from torana.control.scim.rows import GroupRow, UserRow
from torana.control.scim.schemas import GROUPS, USERS

Pairs = Iterable[tuple[str, str]]
LONGEST_NAME = 120


def shown_user(request: Request, row: UserRow, groups: Pairs) -> Document:
    """A person. An address that was changed here is shown in the place of the provider's."""
    kept = dict(row.document or {})
    if row.document is None or "displayName" in kept:
        kept["displayName"] = row.name
    if "@" in row.email:
        kept["emails"] = addresses(kept.get("emails"), row.email)
    if row.document is None or "active" in kept:
        kept["active"] = row.status != SUSPENDED
    there = base(request)
    return pruned(
        {
            "schemas": [USERS.schema, *(one for one in USERS.extensions if one in kept)],
            "id": row.id,
            "externalId": row.external_id,
            "userName": str(kept.pop("userName", "")) or row.email,
            **kept,
            "groups": [
                {"value": group, "$ref": f"{there}/Groups/{group}", "display": name, "type": "direct"}
                for group, name in groups
            ],
            "meta": meta(request, USERS, row.id, (row.created_at, row.updated_at), row.version),
        }
    )


def addresses(kept: Any, email: str) -> list[dict[str, Any]]:
    """The addresses, with the one that counts here among them."""
    rows = [dict(one) for one in kept or []]
    if not rows:
        return []  # the provider keeps none: it is the user name
    if not any(str(one.get("value", "")).lower() == email for one in rows):
        main = next((one for one in rows if one.get("primary")), rows[0])
        main["value"] = email
    return rows


def shown_group(request: Request, row: GroupRow, members: Pairs) -> Document:
    """A group."""
    there = base(request)
    return pruned(
        {
            "schemas": [GROUPS.schema],
            "id": row.id,
            "externalId": row.external_id,
            "displayName": row.name,
            "members": [{"value": user, "$ref": f"{there}/Users/{user}", "type": "User"} for user, _ in members],
            "meta": meta(request, GROUPS, row.id, (row.created_at, row.updated_at), row.version),
        }
    )


def written_user(document: Document, before: UserRow) -> UserRow:
    """The row that a document makes of one. Raises Refused ``invalidValue``."""
    user_name = named(document, "userName")
    active = document.get("active")  # where nothing is said of it, nobody comes in or is shut out by that
    status = (
        before.status if active is None or (active and before.status != SUSPENDED) else ACTIVE if active else SUSPENDED
    )
    kept = {name: value for name, value in document.items() if name != "externalId"}
    return before._replace(
        email=email_of(document, user_name) or before.id,
        name=name_of(document, user_name),
        status=status,
        external_id=str(document.get("externalId", "")),
        user_name=user_name.lower(),
        document=kept,
    )


def named(document: Mapping[str, Any], attribute: str) -> str:
    """A name by which something is found. Raises Refused ``invalidValue`` where there is none, or one of several lines."""
    text = str(document.get(attribute, ""))
    if not text.strip():
        raise wrong(attribute, "is required")
    try:
        return one_line(text)
    except ValueError as fault:
        raise wrong(attribute, f"cannot be: {fault}") from None


def email_of(document: Mapping[str, Any], user_name: str) -> str:
    """The address by which they sign in: the primary one, else the first, else the user name; empty where none is one."""
    rows = [one for one in document.get("emails", []) if one.get("value")]
    main = next((one for one in rows if one.get("primary")), rows[0] if rows else None)
    text = str(main["value"] if main else user_name).strip().lower()
    if re.fullmatch(EMAIL, text):
        return text
    if main is not None:
        raise wrong("emails", "has a value that is no address")
    return ""


def name_of(document: Mapping[str, Any], user_name: str) -> str:
    """How they are called here."""
    parts: Mapping[str, Any] = document.get("name", {})
    both = " ".join(str(parts[one]) for one in ("givenName", "familyName") if parts.get(one))
    found = document.get("displayName") or parts.get("formatted") or both or user_name
    return (tidied(str(found)) or user_name)[:LONGEST_NAME]


def members_of(document: Mapping[str, Any]) -> list[str]:
    """The ids of the members that a document names. Raises Refused ``invalidValue``."""
    found = [one.get("value") for one in document.get("members", [])]
    if not all(isinstance(one, str) for one in found):
        raise wrong("members", "has a member without a value")
    return list(dict.fromkeys(found))
