"""What the control plane asks of identity providers (OpenID Connect), and of the place where their secrets are sealed.

Implemented by ``tokens/openid.py`` and ``wiring``; part of the Office.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

from torana.core.secret import Secret

DISCOVERY = "/.well-known/openid-configuration"
ALGORITHMS = ("RS256", "ES256", "EdDSA", "PS256", "RS384", "RS512", "ES384", "ES512", "PS384", "PS512")
"""Signatures of id tokens that are verified here, the usual first. None by a shared secret: a public key is never one."""


class Metadata(NamedTuple):
    """What a provider says of itself (OpenID Connect Discovery 1.0, section 3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str = ""
    end_session_endpoint: str = ""
    algorithms: tuple[str, ...] = ("RS256",)
    """Those of its id tokens."""
    client_auth: tuple[str, ...] = ("client_secret_basic",)
    scopes: tuple[str, ...] = ()
    pkce: tuple[str, ...] = ()
    names_itself: bool = False
    """Whether its answers carry ``iss`` (RFC 9207)."""


class Client(NamedTuple):
    """We, as a provider knows us."""

    issuer: str
    client_id: str
    secret: Secret | None
    algorithm: str
    """Of its id tokens; empty: RS256 when it says so, else the first of its own that is known here."""
    skew_s: float
    userinfo: bool


class Answered(NamedTuple):
    """What came back with the browser, and what we kept meanwhile."""

    code: str
    verifier: str
    """PKCE (RFC 7636)."""
    nonce: str
    callback: str
    """The ``redirect_uri`` that the code was asked for with."""


class Identities(Protocol):
    """Identity providers by their issuers."""

    async def discover(self, issuer: str, fresh: bool = False) -> Metadata:
        """What it says of itself. ``fresh``: asked now. Raises GatewayError REQUEST_INVALID, UPSTREAM_ERROR."""
        ...

    async def claims(self, client: Client, answered: Answered) -> Mapping[str, Any]:
        """The claims of id token and userinfo, verified. Raises GatewayError SIGN_IN_FAILED, UPSTREAM_ERROR, UPSTREAM_UNAVAILABLE."""
        ...


class IdentityDesk(NamedTuple):
    """What the control plane is given for signing in through providers."""

    providers: Identities
    seal: Callable[[str, str], str]
    """``(text, about) -> str``: a secret, sealed for one place."""
    open: Callable[[str, str], str]
    """``(sealed, about) -> str``. Raises GatewayError UPSTREAM_UNAVAILABLE when it was sealed with another key."""
    public_url: Callable[[], str]
    """``() -> str``: where people find the console; empty where nobody said."""
