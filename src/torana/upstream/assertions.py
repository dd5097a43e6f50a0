"""Signs the assertion with which a service account asks for an access token: a JWT with RS256 (RFC 7523, RFC 7515).

It fetches nothing and keeps no token (``tokens`` does). Used by the modules of ``providers``.
"""

from __future__ import annotations

import base64
from typing import Annotated, Any

import msgspec

from torana.core.clock import Clock
from torana.core.secret import Secret
from torana.upstream.extras import Load, loaded
from torana.upstream.pooled import address

LIFE_S = 3600
"""How long an assertion is good for; its issuer takes no longer one (developers.google.com, "Using OAuth 2.0 for Server to
Server Applications")."""
GRANT_TYPE = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_HAZMAT = "cryptography.hazmat.primitives"


class ServiceAccount(msgspec.Struct, frozen=True):
    """A service account's key file, as its cloud writes it. Never printed."""

    client_email: Annotated[str, msgspec.Meta(min_length=1)]
    private_key: Annotated[str, msgspec.Meta(min_length=1)]
    token_uri: str = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address, not a secret
    private_key_id: str = ""
    project_id: str = ""

    def __repr__(self) -> str:
        return f"<ServiceAccount {self.client_email}>"


def service_account(text: Secret) -> ServiceAccount:
    """The account of a key file's text. Raises ValueError, which holds nothing of it, for what is none."""
    try:
        account = msgspec.json.decode(text.reveal(), type=ServiceAccount)
    except (ValueError, RecursionError):  # msgspec's errors are ValueErrors; their words stay here
        raise ValueError("service_account: expected the JSON of a service account's key file") from None
    address(account.token_uri, "service_account: token_uri")
    return account


class Assertions:
    """Makes the forms of token requests for one account and scope."""

    __slots__ = ("_account", "_clock", "_key", "_padding", "_scope", "_sha256")

    def __init__(self, account: ServiceAccount, scope: str, clock: Clock, load: Load | None = None) -> None:
        """Raises ValueError for a key that is no RSA key in PEM."""
        given = {} if load is None else {"load": load}
        serialization = loaded(f"{_HAZMAT}.serialization", "", **given)
        rsa = loaded(f"{_HAZMAT}.asymmetric.rsa", "", **given)
        self._padding: Any = loaded(f"{_HAZMAT}.asymmetric.padding", "", **given).PKCS1v15()
        self._sha256: Any = loaded(f"{_HAZMAT}.hashes", "", **given).SHA256()
        try:
            key = serialization.load_pem_private_key(account.private_key.encode(), password=None)
        except (ValueError, TypeError):  # TypeError: a key under a password; the words of both stay here
            key = None
        if not isinstance(key, rsa.RSAPrivateKey):
            raise ValueError("service_account: private_key is no RSA key in PEM")  # noqa: TRY004 - as for all settings
        self._key: Any = key
        self._account = account
        self._scope = scope
        self._clock = clock

    def form(self) -> tuple[tuple[str, Secret], ...]:
        """The form of one request, signed for this moment."""
        return (("grant_type", Secret(GRANT_TYPE)), ("assertion", Secret(self._signed())))

    def _signed(self) -> str:
        now = int(self._clock.now())
        head: dict[str, object] = {"alg": "RS256", "typ": "JWT"}
        if self._account.private_key_id:
            head["kid"] = self._account.private_key_id
        claims = {
            "iss": self._account.client_email,
            "scope": self._scope,
            "aud": self._account.token_uri,
            "iat": now,
            "exp": now + LIFE_S,
        }
        text = f"{_part(msgspec.json.encode(head))}.{_part(msgspec.json.encode(claims))}"
        return f"{text}.{_part(self._key.sign(text.encode(), self._padding, self._sha256))}"


def _part(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
