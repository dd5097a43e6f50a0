"""Questions and answers of the key routes."""

from __future__ import annotations

import re
from decimal import Decimal
from ipaddress import ip_network
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, SecretStr, model_validator

from torana.control.names import one_line

PER = r"^(day|week|month|quarter|year|[1-9][0-9]{0,3}d)$"
DAY_S = 86_400
Name = Annotated[str, Field(min_length=1, max_length=120), AfterValidator(one_line)]
Id = Annotated[str, Field(max_length=200)]


def one_pattern(text: str) -> str:
    """A model name, which may end with a star."""
    if "*" in text[:-1]:
        raise ValueError("a star may stand at the end only, such as gpt-*")
    return text


def one_network(text: str) -> str:
    """A network in CIDR form, or one address."""
    try:
        return str(ip_network(text, strict=False))
    except ValueError:
        raise ValueError("expected a network such as 10.0.0.0/8, or an address") from None


def one_label(found: dict[str, str]) -> dict[str, str]:
    """Labels that stand in records: few and short."""
    if any(not re.fullmatch(r"[A-Za-z0-9_.:/-]{1,64}", name) or len(value) > 256 for name, value in found.items()):
        raise ValueError("names have up to 64 letters, digits and _.:/-, values up to 256 characters")
    return found


Model = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(one_pattern)]
Network = Annotated[str, Field(max_length=64), AfterValidator(one_network)]
Labels = Annotated[dict[str, str], Field(max_length=32), AfterValidator(one_label)]
Money = Annotated[Decimal, Field(gt=0, max_digits=15, decimal_places=6)]


class KeyLimit(BaseModel, extra="forbid"):
    """One limit of this key: requests or tokens in a window, or requests at the same time."""

    requests: int | None = Field(default=None, ge=1, le=10**12)
    tokens: int | None = Field(default=None, ge=1, le=10**15)
    concurrency: int | None = Field(default=None, ge=1, le=10**6)
    per_s: float | None = Field(default=None, ge=1, le=366 * DAY_S, description="seconds of the window")
    algorithm: Literal["sliding_window", "token_bucket", "fixed_window"] = "sliding_window"
    burst: int | None = Field(default=None, ge=1, le=10**12, description="size of a token bucket")

    @model_validator(mode="after")
    def one_thing(self) -> KeyLimit:
        """It counts one thing, and has a window unless that is concurrency."""
        counted = [name for name in ("requests", "tokens", "concurrency") if getattr(self, name) is not None]
        if len(counted) != 1:
            raise ValueError("give one of requests, tokens and concurrency")
        if (counted == ["concurrency"]) == (self.per_s is not None):
            raise ValueError("per_s goes with requests and tokens, and they need it")
        if self.burst is not None and self.algorithm != "token_bucket":
            raise ValueError("only a token bucket has a burst")
        return self


class KeyBudget(BaseModel, extra="forbid"):
    """One budget of this key, in the installation's currency."""

    limit: Money
    per: str = Field(default="month", pattern=PER, description="day, week, month, quarter, year, or so many days: 10d")
    hard: bool = Field(default=True, description="refuse when used up; else alert")
    alerts: list[Annotated[float, Field(gt=0, le=10)]] = Field(default=[], max_length=10)


class KeyTerms(BaseModel, extra="forbid"):
    """What a key may do, all of it optional."""

    environment: str | None = Field(default=None, max_length=40, description="such as production; for people")
    models: list[Model] | None = Field(
        default=None, min_length=1, max_length=500, description="names; `gpt-*` by prefix"
    )
    permissions: list[Annotated[str, Field(max_length=64)]] | None = Field(
        default=None, max_length=100, description="for the admin API; none beyond your role's"
    )
    limits: list[KeyLimit] | None = Field(default=None, max_length=10)
    budgets: list[KeyBudget] | None = Field(default=None, max_length=5)
    policy: str | None = Field(default=None, max_length=64, description="a policy that holds for it besides all others")
    expires_at: AwareDatetime | None = Field(default=None, description="when it ends; null: never")
    ip_allow: list[Network] | None = Field(default=None, max_length=100, description="empty: from everywhere")
    metadata: Labels | None = None


class KeyAsk(KeyTerms):
    """A new key."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "name": "checkout, production",
                    "environment": "production",
                    "models": ["gpt-4o*"],
                    "limits": [{"requests": 600, "per_s": 60}],
                    "budgets": [{"limit": "200", "per": "month", "alerts": [0.8]}],
                }
            ]
        },
    )
    name: Name
    user: Id | None = Field(
        default=None, description="its owner, a person or a service account; left out: whoever signed in, empty: nobody"
    )
    department: Id = Field(default="", description="left out: that of the team or the owner")
    team: Id = Field(default="", description="left out: that of the owner")


class KeyPatch(KeyTerms):
    """What shall be otherwise. What is left out stays; null takes away where there may be nothing."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"name": "checkout", "expires_at": "2027-01-31T00:00:00Z"}]}
    )
    name: Name | None = None


class KeysAsk(BaseModel, extra="forbid"):
    """Which keys to list."""

    limit: int = Field(default=50, ge=1, le=500)
    cursor: str = Field(default="", max_length=300, description="`next_cursor` of the page before")
    user: str = Field(default="", max_length=200, description="only those of this owner")
    team: str = Field(default="", max_length=200, description="only those of this team")
    environment: str = Field(default="", max_length=40, description="only those of this environment")


class RotateAsk(BaseModel, extra="forbid"):
    """A new secret for the same key."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"grace_s": 3600}]})
    grace_s: float = Field(
        default=DAY_S, ge=0, le=30 * DAY_S, description="seconds for which the secret before counts as well"
    )


class LeakAsk(BaseModel, extra="forbid"):
    """A key that was found where it should not be: the key itself, or its shown prefix and a hash."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"secret": "sk-torana-…", "url": "https://…"}]})
    secret: SecretStr | None = Field(default=None, min_length=1, max_length=512)
    prefix: str | None = Field(default=None, max_length=64, description="as it is shown: `sk-torana-Ab3d…`")
    hash: str | None = Field(default=None, pattern=r"^[0-9a-fA-F]{64}$", description="its SHA-256, or its `key_hash`")
    url: str = Field(default="", max_length=2000, description="where it was found")

    @model_validator(mode="after")
    def one_way(self) -> LeakAsk:
        """One of the two."""
        if (self.secret is None) == (self.prefix is None or self.hash is None):
            raise ValueError("give secret, or prefix and hash")
        return self


class Received(BaseModel):
    """Said to everybody alike."""

    status: str = Field(description="`received`: whether there is such a key is told to nobody")


class KeyShown(BaseModel):
    """One key, never its secret."""

    id: str
    name: str
    prefix: str
    source: Literal["stored", "file"] = Field(description="a key of the file is changed there")
    status: Literal["active", "expired", "revoked", "suspended"]
    environment: str
    tenant: str
    department: str
    team: str
    user: str
    models: list[str]
    permissions: list[str]
    limits: list[dict[str, Any]]
    budgets: list[dict[str, Any]]
    policy: str
    ip_allow: list[str]
    metadata: dict[str, Any]
    created_at: AwareDatetime | None
    created_by: str
    expires_at: AwareDatetime | None
    revoked_at: AwareDatetime | None
    revoked_by: str
    old_secret_until: AwareDatetime | None = Field(description="after a rotation: until when the secret before counts")
    last_used_at: AwareDatetime | None = Field(
        description="the beginning of the hour in which it was used last, of the day for one not used lately"
    )


class KeyMade(KeyShown):
    """A key with its secret, shown this once."""

    key: str
    secret: str = Field(description="the same")


class Keys(BaseModel):
    """Keys, the newest first; those of the file come last."""

    items: list[KeyShown]
    next_cursor: str | None
