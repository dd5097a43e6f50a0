"""Questions and answers about tenants, departments and teams."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from torana.control.names import one_line

ID = r"^[a-z0-9][a-z0-9._-]{0,63}$"
Name = Annotated[str, Field(min_length=1, max_length=120), AfterValidator(one_line)]
Id = Annotated[str, Field(pattern=ID, description="lower case letters, digits and ._-, unique; it stands in records")]
LEAST_AUDIT_DAYS = 30
Days = Annotated[int, Field(ge=1, le=3660)]

OF_A_MACHINE = frozenset({"localtime", "posixrules", "Factory"})
"""Found beside the zones of some machines; browsers know none of them."""


def one_zone(text: str) -> str:
    """A time zone of the IANA data base."""
    if text not in available_timezones() - OF_A_MACHINE:
        raise ValueError("no such time zone; take a name such as Asia/Kolkata")
    return text


def example(values: dict[str, Any]) -> ConfigDict:
    """The configuration of an ask, with an example for the OpenAPI file."""
    return ConfigDict(extra="forbid", json_schema_extra={"examples": [values]})


class Retention(BaseModel, extra="forbid"):
    """How long records are kept, in days; what is left out is as the installation has it. Sums stay as they are."""

    requests: Days | None = Field(default=None, description="the row of each AI request, with its tries and verdicts")
    findings: Days | None = Field(default=None, description="what guardrails found in it, at most as long as its row")
    audit: Annotated[int, Field(ge=LEAST_AUDIT_DAYS, le=3660)] | None = Field(
        default=None, description="the audit trail; never so short that whoever did something could wait for it"
    )


class Defaults(BaseModel, extra="forbid"):
    """What new things get."""

    role: Literal["user", "viewer"] | None = Field(default=None, description="of people who come by SSO or SCIM")
    models: list[Annotated[str, Field(max_length=200)]] | None = Field(
        default=None, max_length=500, description="of keys"
    )
    key_days: Days | None = Field(default=None, description="days after which a key ends that says nothing itself")


class FourEyes(BaseModel, extra="forbid"):
    """What needs a second pair of eyes."""

    budget_raise: bool = False
    policy_change: bool = False
    reveal: bool = False
    expires_hours: float | None = Field(
        default=None, gt=0, le=8760, description="how long an approval may be waited for"
    )


class Settings(BaseModel, extra="forbid"):
    """A tenant's own settings; null: as the installation has it."""

    currency: str | None = Field(
        default=None, pattern="^[A-Z]{3}$", description="ISO 4217; of what is shown and billed"
    )
    time_zone: Annotated[str, AfterValidator(one_zone)] | None = None
    locale: str | None = Field(default=None, pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", description="BCP 47")
    passwords: bool | None = Field(
        default=None, description="false: people sign in through an identity provider alone, operators excepted"
    )
    retention: Retention | None = None
    defaults: Defaults | None = None
    four_eyes: FourEyes | None = None


class TenantAsk(BaseModel):
    """A new tenant."""

    model_config = example({"name": "Acme", "settings": {"currency": "INR", "time_zone": "Asia/Kolkata"}})
    name: Name
    id: Id | None = Field(default=None, description="left out: made from the name")
    settings: Settings | None = None


class TenantPut(BaseModel):
    """What shall be otherwise; what is left out stays, of the settings too."""

    model_config = example({"settings": {"locale": "en-IN"}, "version": 3})
    name: Name | None = None
    status: Literal["active", "suspended"] | None = Field(default=None, description="operators only")
    settings: Settings | None = None
    version: int | None = Field(default=None, ge=0, description="refuse when it has another version by now")


class TenantShown(BaseModel):
    """One tenant."""

    id: str
    name: str
    status: Literal["active", "suspended"]
    source: Literal["stored", "file"] = Field(description="one of the file may have stored settings")
    settings: Settings
    departments: int
    teams: int
    version: int = Field(description="0: nothing is stored of it")
    created_at: AwareDatetime | None
    updated_at: AwareDatetime | None


class Tenants(BaseModel):
    """Tenants, by id."""

    items: list[TenantShown]
    next_cursor: str | None


class DepartmentAsk(BaseModel):
    """A new department."""

    model_config = example({"name": "Finance"})
    name: Name
    id: Id | None = Field(default=None, description="left out: made from the name")


class TeamAsk(DepartmentAsk):
    """A new team."""

    model_config = example({"name": "Books", "department": "finance"})
    department: str = Field(default="", max_length=200, description="empty: of none")


class GroupPut(BaseModel):
    """Another name."""

    model_config = example({"name": "Finance and tax"})
    name: Name


class TeamPut(BaseModel):
    """What shall be otherwise; what is left out stays."""

    model_config = example({"department": "finance"})
    name: Name | None = None
    department: str | None = Field(default=None, max_length=200, description="empty: of none")


class GroupShown(BaseModel):
    """One department or team."""

    id: str
    name: str
    department: str = Field(description="of a team: where it belongs; of a department: itself")
    source: Literal["stored", "file"] = Field(description="what stands in the file is changed there")
    members: int


class Groups(BaseModel):
    """Departments or teams, by id."""

    items: list[GroupShown]
    next_cursor: str | None


class MemberAsk(BaseModel):
    """Somebody's part in it."""

    model_config = example({"role": "member"})
    role: Literal["member", "lead"] = "member"


class MemberShown(BaseModel):
    """Somebody who is in it."""

    user: str
    email: str
    name: str
    role: Literal["member", "lead"]
    main: bool = Field(description="whether it is where their requests and keys count")


class Members(BaseModel):
    """Who is in it, by user id."""

    items: list[MemberShown]
    next_cursor: str | None


class Removed(BaseModel):
    """What is gone."""

    status: str
    keys_revoked: int = 0
    sessions_ended: int = 0
