"""Questions and answers about users, service accounts and temporary grants."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, Field, model_validator

from torana.control.auth.shapes import Email, Password
from torana.control.people.shapes import Name, example

Role = Literal["admin", "manager", "user", "viewer", "auditor", "service"]
Place = Annotated[str, Field(max_length=200)]
Attributes = Annotated[
    dict[Annotated[str, Field(max_length=64)], Annotated[str, Field(max_length=256)]], Field(max_length=32)
]


class UserAsk(BaseModel):
    """A new user: a person with a first password (invite people to let them choose one), or a service account."""

    model_config = example({"kind": "service", "name": "nightly report", "team": "books"})
    kind: Literal["person", "service"] = "person"
    email: Email | None = Field(default=None, description="of a person; service accounts have none")
    name: Name
    role: Role | None = Field(default=None, description="left out: user, of service accounts service")
    department: Place = Field(default="", description="left out: that of the team")
    team: Place = ""
    password: Password | None = Field(default=None, description="of a person; left out: they cannot sign in by one")
    attributes: Attributes = {}

    @model_validator(mode="after")
    def of_its_kind(self) -> UserAsk:
        """A person has an address; a service account has neither address nor password."""
        if self.kind == "person" and self.email is None:
            raise ValueError("email: a person needs one")
        if self.kind == "service" and (self.email is not None or self.password is not None):
            raise ValueError("a service account has no email and no password: it has keys")
        if (self.kind == "service") != (self.role in ("service", None)) and self.kind == "service":
            raise ValueError("role: a service account has the role service")
        if self.kind == "person" and self.role == "service":
            raise ValueError("role: service is for service accounts")
        return self


class UserPut(BaseModel):
    """What shall be otherwise; what is left out stays."""

    model_config = example({"role": "manager", "department": "finance", "version": 4})
    name: Name | None = None
    email: Email | None = None
    role: Role | None = None
    status: Literal["active", "suspended"] | None = Field(
        default=None, description="suspended: sessions end and keys are refused within a second"
    )
    department: Place | None = None
    team: Place | None = None
    attributes: Attributes | None = None
    version: int | None = Field(default=None, ge=0, description="refuse when it has another version by now")


class UserShown(BaseModel):
    """One user."""

    id: str
    kind: str = Field(description="`person` or `service`")
    email: str = Field(description="empty for service accounts")
    name: str
    role: str
    status: str = Field(description="`active`, `suspended` or `invited`")
    operator: bool
    tenant: str
    department: str
    team: str
    attributes: dict[str, Any]
    external_id: str = Field(description="as the identity provider names them")
    created_at: AwareDatetime
    updated_at: AwareDatetime
    last_sign_in_at: AwareDatetime | None
    version: int


class Users(BaseModel):
    """Users, by id: in the order of their making."""

    items: list[UserShown]
    next_cursor: str | None


class UsersAsk(BaseModel, extra="forbid"):
    """Which users to list."""

    limit: int = Field(default=50, ge=1, le=500)
    cursor: str = Field(default="", max_length=300, description="`next_cursor` of the page before")
    q: str = Field(default="", max_length=120, description="part of a name or address")
    kind: Literal["", "person", "service"] = ""
    role: Literal["", "admin", "manager", "user", "viewer", "auditor", "service"] = ""
    status: Literal["", "active", "suspended", "invited"] = ""
    department: Place = ""
    team: Place = ""


class ResetGiven(BaseModel):
    """Leave to choose a new password. The token is shown once; it was also sent, where letters are sent."""

    token: str


class IdentityShown(BaseModel):
    """Who a user is at an identity provider."""

    provider: str = Field(description="the id of its configuration here")
    provider_name: str
    subject: str = Field(description="its own name for them (`sub`)")
    linked_at: AwareDatetime
    last_at: AwareDatetime = Field(description="when they last came by it")


class Identities(BaseModel):
    """By provider, and by its name for them."""

    items: list[IdentityShown]
    next_cursor: str | None = None


class GrantAsk(BaseModel):
    """A permission for a while."""

    model_config = example({"permission": "audit.read", "for_s": 3600, "reason": "incident 42"})
    permission: str = Field(max_length=64, description="one that you have by your role")
    for_s: float = Field(ge=60, le=30 * 86_400, description="seconds until it ends by itself")
    reason: str = Field(min_length=3, max_length=500)


class GrantShown(BaseModel):
    """One permission for a while."""

    id: str
    user: str
    permission: str
    reason: str
    given_by: str
    given_at: AwareDatetime
    expires_at: AwareDatetime
    ended_at: AwareDatetime | None


class Grants(BaseModel):
    """Those that hold, the newest first."""

    items: list[GrantShown]
    next_cursor: str | None = None
