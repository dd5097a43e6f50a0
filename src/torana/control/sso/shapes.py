"""Asks and answers of signing in through identity providers."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, SecretStr

from torana.control.auth.shapes import example
from torana.control.permissions import ADMIN, AUDITOR, MANAGER, USER, VIEWER
from torana.ports.identity import ALGORITHMS

Role = Literal["admin", "manager", "user", "viewer", "auditor"]
ROLES_OF_PEOPLE = (ADMIN, MANAGER, AUDITOR, VIEWER, USER)
"""The mightiest first: of several that groups give somebody, they have the first."""
Claim = Annotated[str, Field(max_length=200)]
Url = Annotated[str, Field(max_length=1000, pattern=r"^https?://[^\s?#@]+$")]
Text = Annotated[str, Field(min_length=1, max_length=300)]


def known_algorithm(name: str) -> str:
    """The name. Raises ValueError for one that is not verified here."""
    if name and name not in ALGORITHMS:
        raise ValueError(f"one of {', '.join(ALGORITHMS)}, or empty")
    return name


def domain(name: str) -> str:
    """As domains are compared."""
    return name.strip().lower().removeprefix("@")


class ClaimNames(BaseModel):
    """Where the provider says what: names of claims, or paths such as `realm_access.roles`."""

    model_config = ConfigDict(extra="forbid")
    email: Claim = "email"
    name: Claim = "name"
    groups: Claim = "groups"
    role: Claim = Field(
        default="", description="a claim that holds one of our roles, or several; empty: groups decide alone"
    )


class GroupRow(BaseModel):
    """What being in a group of the provider's means here."""

    model_config = ConfigDict(extra="forbid")
    group: Text = Field(description="as the claim, or the SCIM group, names it")
    role: Role | None = Field(None, description="the role that it gives; of several the mightiest counts")
    team: str = Field("", max_length=200, description="the team that it puts people into; the first is their main one")


class SsoAsk(BaseModel):
    """An identity provider of the tenant."""

    model_config = example(
        {
            "name": "Acme login",
            "issuer": "https://login.acme.example",
            "client_id": "torana",
            "client_secret": "as the provider gave it",
            "role_map": [{"group": "ai-admins", "role": "admin"}, {"group": "finance", "team": "books"}],
        }
    )
    name: Text = Field(description="on the button of the sign-in page")
    issuer: Url = Field(description="exactly as the provider names itself in its discovery document")
    client_id: Text
    client_secret: SecretStr | None = Field(
        None, max_length=1000, description="shown to nobody again; left out in a change: as it was; none: PKCE alone"
    )
    scopes: list[Annotated[str, Field(pattern=r"^[\x21\x23-\x5b\x5d-\x7e]{1,100}$")]] = Field(
        ["openid", "email", "profile"], max_length=20
    )
    claims: ClaimNames = ClaimNames()
    role_map: list[GroupRow] = Field([], max_length=500, description="groups → roles and teams, at each sign-in")
    default_role: Role | None = Field(
        None,
        description="of people whom neither groups nor a claim give one; left out: `defaults.role` of the tenant's settings "
        "at this moment, else user",
    )

    @property
    def otherwise(self) -> str:
        """The default role, kept as it was when the configuration was written."""
        return self.default_role or "user"

    create_users: bool = Field(True, description="whether people come in who were not known here")
    email_domains: list[Annotated[str, Field(max_length=190), AfterValidator(domain)]] = Field(
        [], max_length=100, description="only addresses of these; empty: any"
    )
    trust_email: bool = Field(
        False,
        description="whether addresses count without `email_verified`: only where the provider gives them out itself",
    )
    userinfo: bool = Field(True, description="whether userinfo is read besides the id token")
    algorithm: Annotated[str, AfterValidator(known_algorithm)] = Field(
        "", description="of its id tokens; empty: RS256 when it has that, else its first that is known here"
    )
    clock_skew_s: float = Field(30, ge=0, le=600, description="seconds by which its clock may differ from ours")
    enabled: bool = True
    listed: bool = Field(
        False,
        description="whether the sign-in page offers it to whoever has not said which tenant, where there are several",
    )
    logout_url: str = Field(
        "",
        max_length=1000,
        pattern=r"^(https?://[^\s#@]+)?$",
        description="where browsers go after signing out; empty: its own",
    )


class SsoShown(BaseModel):
    """An identity provider as it is configured."""

    id: str
    name: str
    issuer: str
    client_id: str
    has_secret: bool
    scopes: list[str]
    claims: ClaimNames
    role_map: list[GroupRow]
    default_role: Role
    create_users: bool
    email_domains: list[str]
    trust_email: bool
    userinfo: bool
    algorithm: str
    clock_skew_s: float
    enabled: bool
    listed: bool
    logout_url: str
    operators: bool = Field(description="whether operators may come in by it: an operator wrote it last")
    callback_url: str = Field(description="to be registered at the provider")
    created_at: AwareDatetime
    updated_at: AwareDatetime
    version: int


class SsoConfig(BaseModel):
    """The identity providers of the tenant, by name."""

    items: list[SsoShown]
    next_cursor: str | None = None


class SsoRemoved(BaseModel):
    """It is gone."""

    status: str


class DiscoverAsk(BaseModel):
    """Whose discovery document shall be read."""

    model_config = example({"issuer": "https://login.acme.example"})
    issuer: Url


class Discovered(BaseModel):
    """What a provider says of itself."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str
    end_session_endpoint: str
    algorithms: list[str] = Field(description="of its id tokens")
    scopes: list[str]
    pkce: bool = Field(description="whether it says that it knows PKCE by S256; it is used in any case")
    usable: bool = Field(description="whether an algorithm of its id tokens is verified here")
    callback_url: str = Field(description="to be registered at it")


class InitiateAsk(BaseModel):
    """Which provider to sign in through."""

    model_config = example({"provider": "sso_0192f3a1b2c3", "redirect": "/usage"})
    provider: str = Field(min_length=1, max_length=100, description="of `auth/sso/providers`")
    tenant: str = Field("", max_length=200, description="may be left out: the provider has one")
    redirect: str = Field("/", max_length=1000, description="the page of the console to come back to")


class Initiated(BaseModel):
    """Where to send the browser."""

    authorization_url: str
    state: str = Field(
        description="comes back with the browser; it counts once, for ten minutes, with the cookie of this answer"
    )
