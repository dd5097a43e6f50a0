"""Questions and answers of the sign-in routes."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, SecretStr

from torana.control.names import one_line

EMAIL = r"^[^@\s,;<>\x00-\x1f\x7f]{1,64}@[^@\s,;<>\x00-\x1f\x7f]{1,190}$"
"""Nothing by which one address of a letter would be two, or a line more of its head."""


def lowered(text: str) -> str:
    """As addresses are compared."""
    return text.strip().lower()


Email = Annotated[str, Field(max_length=254, pattern=EMAIL), AfterValidator(lowered)]
PersonName = Annotated[str, Field(min_length=1, max_length=120), AfterValidator(one_line)]
Password = Annotated[SecretStr, Field(min_length=1, max_length=1024)]
OneTime = Annotated[SecretStr, Field(min_length=1, max_length=512, description="the token of the letter")]
PASSWORD = "a long password of yours"  # noqa: S105 - an example


def example(values: dict[str, Any]) -> ConfigDict:
    """The configuration of an ask, with an example for the OpenAPI file."""
    return ConfigDict(extra="forbid", json_schema_extra={"examples": [values]})


class WithCookies(BaseModel):
    """What every way to sign in takes besides."""

    cookies: bool | None = Field(
        default=None, description="set cookies; left out: for browsers, which send `Sec-Fetch-Mode`, only"
    )


class RegisterAsk(WithCookies):
    """A new tenant and its first administrator."""

    model_config = example({"name": "Acme", "email": "ann@acme.test", "password": PASSWORD})
    name: PersonName = Field(description="of the tenant")
    email: Email = Field(description="of its administrator")
    password: Password = Field(description="of at least 12 characters; 8 with `--dev`")
    invitation: OneTime | None = Field(
        default=None, description="of an operator, where `auth.registration` is `invitation`"
    )


class LoginAsk(WithCookies):
    """Somebody with a password."""

    model_config = example({"email": "ann@acme.test", "password": PASSWORD})
    email: Email = Field(description="as registered or invited")
    password: Password
    tenant: str = Field(
        default="", max_length=200, description="for whoever is in several; left out: the one signed in to last"
    )


class RefreshAsk(BaseModel):
    """The refresh token; left out where the cookie has it."""

    model_config = example({"refresh_token": "trf_ses_0192f3a1.Xb3…"})
    refresh_token: SecretStr | None = Field(default=None, max_length=512)


class LogoutAsk(BaseModel):
    """Which sessions to end: this one, or all of the same person."""

    model_config = example({"everywhere": False})
    everywhere: bool = Field(default=False, description="end all sessions of this person")
    refresh_token: SecretStr | None = Field(
        default=None, max_length=512, description="says which session when the access token has expired"
    )


class TenantSettings(BaseModel):
    """How a tenant's people see money and time."""

    currency: str
    time_zone: str
    locale: str


class Me(BaseModel):
    """Who is signed in, or whose key it is."""

    id: str = Field(description="empty for a key of nobody in particular")
    email: str
    name: str
    kind: str = Field(description="`person`, `service` or `key`")
    role: str = Field(description="empty for a key with permissions of its own")
    operator: bool = Field(description="whether they run the installation")
    tenant: str
    tenant_name: str
    department: str
    team: str
    permissions: list[str]
    settings: TenantSettings


ME: dict[str, Any] = {
    "id": "usr_0192f3a1b2c3",
    "email": "ann@acme.test",
    "name": "Ann",
    "kind": "person",
    "role": "admin",
    "operator": False,
    "tenant": "acme-3f9c2a",
    "tenant_name": "Acme",
    "department": "",
    "team": "",
    "permissions": ["keys.read", "keys.write"],
    "settings": {"currency": "USD", "time_zone": "UTC", "locale": "en"},
}


class SignedIn(BaseModel):
    """Somebody signed in."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "access_token": "eyJhbGciOi…",
                    "token": "eyJhbGciOi…",
                    "token_type": "bearer",
                    "expires_in": 900,
                    "refresh_token": "trf_ses_0192f3a1.Xb3…",
                    "user": ME,
                }
            ]
        }
    )
    access_token: str = Field(description="for `Authorization: Bearer`, of the admin API and of AI requests alike")
    token: str = Field(description="the same")
    token_type: str
    expires_in: int = Field(description="seconds")
    refresh_token: str | None = Field(
        description="good for one `auth/refresh`; null where another page of the same browser was first"
    )
    user: Me


class PasswordAsk(BaseModel):
    """Another password."""

    model_config = example({"current_password": PASSWORD, "new_password": "another long password"})
    current_password: Password
    new_password: Password


class ForgotAsk(BaseModel):
    """Whose password was forgotten."""

    model_config = example({"email": "ann@acme.test"})
    email: Email
    tenant: str = Field(default="", max_length=200, description="for whoever is in several")


class ResetAsk(WithCookies):
    """A new password, by the token of a letter."""

    model_config = example({"token": "tot_…", "new_password": "another long password"})
    token: OneTime
    new_password: Password


class Done(BaseModel):
    """It is done."""

    status: str = Field(description="what was done")
    sessions_ended: int = Field(default=0, description="how many sessions ended by it")
    logout_url: str | None = Field(
        default=None,
        description="after signing out: where the browser goes to be signed out at its identity provider too",
    )


def one_line_if_any(text: str) -> str:
    """The name; empty: none is given. Raises ValueError."""
    return one_line(text) if text else text


NameIfAny = Annotated[str, Field(max_length=120), AfterValidator(one_line_if_any)]


class InviteAsk(BaseModel):
    """Somebody who shall come in."""

    model_config = example({"email": "ben@acme.test", "name": "Ben", "role": "user", "team": "books"})
    email: Email
    name: NameIfAny = ""
    role: Literal["admin", "manager", "user", "viewer", "auditor"] | None = Field(
        default=None,
        description="managers invite users only; left out: `defaults.role` of the tenant's settings, else user",
    )
    department: str = Field(default="", max_length=200, description="left out: that of the team")
    team: str = Field(default="", max_length=200)
    new_tenant: bool = Field(default=False, description="operators: leave to register a tenant of their own")
    tenant: str = Field(
        default="", max_length=200, description="operators: another tenant to come into, as its administrator"
    )


class InvitationShown(BaseModel):
    """One invitation that waits."""

    id: str = Field(description="of the user who is invited; of an invitation to register a tenant, its own")
    email: str
    role: str
    department: str
    team: str
    given_by: str
    given_at: AwareDatetime
    expires_at: AwareDatetime


class Invited(InvitationShown):
    """A new invitation. The token is shown once; it was also sent, where letters are sent."""

    token: str


class Invitations(BaseModel):
    """Those that wait, newest first."""

    items: list[InvitationShown]
    next_cursor: str | None = None


class AcceptAsk(WithCookies):
    """An invitation, accepted."""

    model_config = example({"token": "tot_…", "name": "Ben", "password": PASSWORD})
    token: OneTime
    password: Password
    name: NameIfAny = Field(default="", description="left out: as invited")


class SessionShown(BaseModel):
    """One session."""

    id: str
    created_at: AwareDatetime
    refreshed_at: AwareDatetime
    expires_at: AwareDatetime
    address: str
    agent: str
    current: bool = Field(description="whether it is the one that asks")


class Sessions(BaseModel):
    """The live sessions of whoever asks, newest first."""

    items: list[SessionShown]
    next_cursor: str | None = None


class SsoProvider(BaseModel):
    """One way to sign in through an identity provider."""

    id: str
    name: str


class SsoProviders(BaseModel):
    """What the sign-in page offers besides a password."""

    items: list[SsoProvider]
    first_run: bool = Field(False, description="whether nobody has registered yet: whoever does runs the installation")
    registration: bool = Field(False, description="whether anybody may register a tenant without being invited")
