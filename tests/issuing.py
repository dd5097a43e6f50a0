"""Tokens for tests, good and forged: a signer for each algorithm, and a compact form with any header and any claims.

Signed by joserfc's own road, so that what verifies is held against something else than itself.
"""

from __future__ import annotations

import base64
import json
import warnings
from collections.abc import Mapping
from functools import cache
from typing import Any

from joserfc import jws
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

SECRET = "a shared secret of the tests, 9Qm4Zt7Lw2XcRb8Hn1Kd0000000000000000000"
ISSUER = "https://login.test/"
NOW = 1_750_000_000.0

CURVE_OF = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521", "EdDSA": "Ed25519"}
PUBLIC = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
SHARED = ("HS256", "HS384", "HS512")


@cache
def signer(algorithm: str, number: int = 0) -> Any:
    """A key that signs with the algorithm; another one for each number."""
    if algorithm in SHARED:
        return OctKey.import_key((SECRET + "!" * number).encode())
    if algorithm == "EdDSA":
        return OKPKey.generate_key("Ed25519")
    if algorithm in CURVE_OF:
        return ECKey.generate_key(CURVE_OF[algorithm])
    return rsa(number)


@cache
def rsa(number: int) -> Any:
    """Making one takes a tenth of a second."""
    return RSAKey.generate_key(2048)


def published(algorithm: str, kid: str = "k1", number: int = 0, **more: object) -> dict[str, object]:
    """The public part, as an issuer publishes it."""
    return {**signer(algorithm, number).as_dict(private=False), "kid": kid, "use": "sig", "alg": algorithm, **more}


def key_set(*keys: Mapping[str, object]) -> bytes:
    """A JWK Set."""
    return json.dumps({"keys": list(keys)}).encode()


def claims(**more: object) -> dict[str, object]:
    """Good claims at NOW; None takes one out."""
    good: dict[str, object] = {"iss": ISSUER, "sub": "ananya", "aud": "torana", "iat": int(NOW), "exp": int(NOW) + 600}
    return {name: value for name, value in {**good, **more}.items() if value is not None}


def token(algorithm: str = "RS256", said: Mapping[str, object] | None = None, number: int = 0, **header: object) -> str:
    """A signed token. ``header``: members besides alg, or instead of it; None takes one out."""
    head = {"alg": algorithm, "kid": "k1", "typ": "JWT", **header}
    body = claims() if said is None else said
    return signed(
        {name: value for name, value in head.items() if value is not None},
        json.dumps(body).encode(),
        algorithm,
        signer(algorithm, number),
    )


def signed(head: Mapping[str, object], body: bytes, algorithm: str, key: Any) -> str:
    """The compact form, its signature made with ``algorithm`` whatever its header says."""
    message = f"{spelled(json.dumps(head).encode())}.{spelled(body)}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        signature = jws.JWSRegistry.algorithms[algorithm].sign(message.encode(), key)
    return f"{message}.{spelled(signature)}"


def spelled(raw: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
