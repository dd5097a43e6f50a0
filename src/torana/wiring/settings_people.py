"""Settings of who may call: issuers of tokens, the tree of tenants, virtual keys of the file.

Keys made by ``torana keys create`` live in the database instead. Part of ``settings.Settings``.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from torana.core.secret import Secret
from torana.wiring.settings_forms import Name, Texts, says

Algorithm = Literal[
    "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"
]


class JwtIssuer(msgspec.Struct, frozen=True, kw_only=True):
    """One row of ``auth.jwt``."""

    issuer: Annotated[Name, says("the `iss` claim; `torana`: our own tokens")]
    algorithm: Annotated[
        Algorithm | None, says("the one signature algorithm of its tokens; null: HS256 with a secret, else RS256")
    ] = None
    secret: Annotated[Secret | None, says("shared secret; null for our own: made once, kept in data_dir")] = None
    jwks_url: Annotated[
        str | None, says("where the issuer publishes its keys; null and no secret: found by OpenID Connect discovery")
    ] = None
    network: Annotated[str, says("name of an entry of `networks` by which the keys are read")] = ""
    audience: Annotated[str | None, says("the `aud` claim demanded")] = None
    clock_skew_s: Annotated[float, says("seconds by which its clock may differ from ours", ge=0, le=600)] = 30.0
    claims: Annotated[
        dict[str, str],
        says(
            "our word for a thing: the claim that holds it, by name or by path (`realm_access.roles`); words: user, tenant, "
            "department, team, lob, role, models, permissions, rate_limit"
        ),
    ] = {}
    tenant: Annotated[str, says("tenant of tokens that name none; empty: the only one there is, else `default`")] = ""
    models: Annotated[Texts, says("what tokens may use that name no models")] = ()
    permissions: Annotated[Texts, says("permissions of tokens that name none")] = ()
    expiration_hours: Annotated[float, says("life of tokens we sign, in hours", gt=0, le=8760)] = 24.0


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """``auth.mail``."""

    url: Annotated[
        Secret | None, says("`smtp://user:password@host:587` (STARTTLS) or `smtps://`; null: no letters")
    ] = None
    sender: Annotated[str, says("address that letters come from")] = ""
    public_url: Annotated[
        str, says("where people find the console, for the links in letters", example="https://ai.acme.test")
    ] = ""


class Auth(msgspec.Struct, frozen=True, kw_only=True):
    """``auth``."""

    jwt: Annotated[tuple[JwtIssuer, ...], says("issuers of tokens")] = ()
    registration: Annotated[
        Literal["first", "invitation", "open"],
        says("who may register a tenant: nobody after the first, whom an operator invited, or anybody"),
    ] = "first"
    session_hours: Annotated[
        float, says("hours until whoever signed in to the console must sign in again", gt=0, le=8760)
    ] = 336.0
    mail: Annotated[Mail, says("how invitations and links for new passwords are sent")] = Mail()


class Department(msgspec.Struct, frozen=True, kw_only=True):
    """One department of a tenant."""

    id: Annotated[Name, says("id, unique in its tenant")]
    name: Annotated[str, says("name shown to people")] = ""
    teams: Annotated[Texts, says("team ids, unique in the tenant")] = ()


class Tenant(msgspec.Struct, frozen=True, kw_only=True):
    """One row of ``tenants``."""

    id: Annotated[Name, says("id, unique")]
    name: Annotated[str, says("name shown to people")] = ""
    departments: Annotated[tuple[Department, ...], says("its departments")] = ()
    teams: Annotated[Texts, says("teams that belong to no department")] = ()
    status: Annotated[
        Literal["active", "suspended"], says("suspended: its keys and tokens are refused, nobody of it signs in")
    ] = "active"


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """One row of ``keys``: a virtual key given in the file."""

    name: Annotated[Name, says("name shown to people, unique")]
    id: Annotated[str, says("id in records; empty: made from the name")] = ""
    key: Annotated[Secret | None, says("the key itself, by `${NAME}`; empty: the row is left out")] = None
    key_hash: Annotated[str | None, says("instead of `key`: its keyed digest, 64 hex digits")] = None
    tenant: Annotated[Name, says("its tenant")] = "default"
    department: Annotated[str, says("its department; empty: that of its team")] = ""
    team: Annotated[str, says("its team")] = ""
    user: Annotated[str, says("its owner")] = ""
    models: Annotated[Texts, says("model names; `*` any, `gpt-*` by prefix")] = ("*",)
    permissions: Annotated[Texts, says("what it may do besides asking models")] = ()
    expires_at: Annotated[float | None, says("when it ends, RFC 3339; null: never", form="moment")] = None
    ip_allow: Annotated[Texts, says("networks (CIDR) it may be used from; empty: any")] = ()
    metadata: Annotated[dict[str, str], says("free labels")] = {}
    shadows: Annotated[bool, says("whether its requests may be copied to a model's `shadow`")] = True
