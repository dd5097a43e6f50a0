"""SCIM tokens: what identity providers show to keep people and groups of one tenant, and routes to make and end them.

Kept by keyed digest, shown once. They count on the paths of SCIM only, where ``admission`` asks for them here.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from fastapi import Request
from pydantic import AwareDatetime, BaseModel, Field

from torana.control.admission import Asking, room
from torana.control.audit.entries import Entry
from torana.control.auth.account_routes import moment
from torana.control.auth.shapes import example
from torana.control.changes import change, office_of
from torana.control.people.rights import conflict, unknown
from torana.control.people.shapes import Name
from torana.control.scim.answers import base
from torana.control.scim.bearer import PREFIX
from torana.control.shapes_errors import refusals
from torana.control.sso.shapes import SsoRemoved
from torana.core.ids import new_secret_text
from torana.ports.database import Connection

router = room("sso")
MOST = 50
_FIELDS = "id, name, created_by, created_at, expires_at, last_used_at, by_operator"


class TokenAsk(BaseModel):
    """A token for an identity provider."""

    model_config = example({"name": "Entra", "expires_in_days": 365})
    name: Name
    expires_in_days: int | None = Field(default=None, ge=1, le=3650, description="left out: until it is deleted")


class TokenShown(BaseModel):
    """A token, without itself."""

    id: str
    name: str
    created_by: str
    created_at: AwareDatetime
    expires_at: AwareDatetime | None
    last_used_at: AwareDatetime | None
    operators: bool = Field(description="whether it may change operators: an operator made it")


class TokenMade(TokenShown):
    """A new token, shown once."""

    token: str
    base_url: str = Field(description="what the identity provider calls the tenant URL or the base URL")


class Tokens(BaseModel):
    """The tokens of the tenant, the newest first."""

    items: list[TokenShown]
    next_cursor: str | None = None


class Row(NamedTuple):
    """One row."""

    id: str
    name: str
    created_by: str
    created_at: float
    expires_at: float | None
    last_used_at: float | None
    by_operator: int


@router.get("/sso/scim-tokens", response_model=Tokens, responses=refusals())
async def tokens(request: Request, principal: Asking) -> Tokens:
    """The SCIM tokens of the tenant."""
    found = await office_of(request).database.read(of_tenant, principal.tenant)
    return Tokens(items=[TokenShown(**shown(one)) for one in found])


@router.post("/sso/scim-tokens", response_model=TokenMade, status_code=201, responses=refusals("CONFLICT"))
async def make(request: Request, asked: TokenAsk, principal: Asking) -> TokenMade:
    """Make a SCIM token. It is shown once."""
    office = office_of(request)
    now, text = office.now(), new_secret_text(PREFIX)
    expires = None if asked.expires_in_days is None else now + timedelta(days=asked.expires_in_days).total_seconds()
    row = Row(office.new_id("sct_"), asked.name, principal.label, now, expires, None, int(principal.operator))

    def work(connection: Connection) -> None:
        if len(of_tenant(connection, principal.tenant)) >= MOST:
            raise conflict(f"A tenant has at most {MOST} SCIM tokens. Delete one.")
        connection.execute(
            f"INSERT INTO scim_tokens (tenant, digest, {_FIELDS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
            (principal.tenant, office.people.digest(text).hex(), *row),
        )

    await change(request, Entry("key", "sso.scim_tokens.create", f"scim_token:{row.id}", {"name": row.name}), work)
    return TokenMade(**shown(row), token=text, base_url=base(request))


@router.delete("/sso/scim-tokens/{token_id}", response_model=SsoRemoved, responses=refusals("NOT_FOUND"))
async def end(request: Request, token_id: str, principal: Asking) -> SsoRemoved:
    """End a SCIM token, at once."""

    def work(connection: Connection) -> None:
        gone = connection.execute(
            "DELETE FROM scim_tokens WHERE tenant = ? AND id = ?", (principal.tenant, token_id)
        ).rowcount
        if not gone:
            raise unknown("SCIM token")

    await change(request, Entry("key", "sso.scim_tokens.delete", f"scim_token:{token_id}"), work)
    return SsoRemoved(status="removed")


def of_tenant(connection: Connection, tenant: str) -> list[Row]:
    """Its rows."""
    rows = connection.execute(
        f"SELECT {_FIELDS} FROM scim_tokens WHERE tenant = ? ORDER BY created_at DESC, id DESC",  # noqa: S608
        (tenant,),
    ).fetchall()
    return [Row(*one) for one in rows]


def shown(row: Row) -> dict[str, Any]:
    """One as it is shown."""
    return {
        "id": row.id,
        "name": row.name,
        "created_by": row.created_by,
        "created_at": datetime.fromtimestamp(row.created_at, UTC),
        "expires_at": None if row.expires_at is None else moment(row.expires_at),
        "last_used_at": None if row.last_used_at is None else moment(row.last_used_at),
        "operators": bool(row.by_operator),
    }
