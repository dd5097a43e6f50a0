"""Signatures of tokens: one algorithm and one key at a time, both chosen by the configuration, never by the token.

It reads no token and fetches nothing. A key is made for one algorithm and can serve no other, so that a public key is
never taken for a shared secret (RFC 8725, sections 3.1 and 3.2). Called by the rest of ``tokens``.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any, NamedTuple

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

SMALLEST_RSA_BITS, LARGEST_RSA_BITS = 2048, 8192
LARGEST_EXPONENT_BITS = 64

SHARED = frozenset({"HS256", "HS384", "HS512"})
RSA = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"})
CURVES: Mapping[str, frozenset[str]] = {
    "ES256": frozenset({"P-256"}),
    "ES384": frozenset({"P-384"}),
    "ES512": frozenset({"P-521"}),
    "EdDSA": frozenset({"Ed25519", "Ed448"}),
}


class VerifyKey(NamedTuple):
    """A key for one algorithm."""

    algorithm: str
    kid: str
    key: Any
    print: str
    """The key's thumbprint (RFC 7638); empty for a shared secret. Tells whether a set has changed."""

    def __repr__(self) -> str:
        return f"<VerifyKey {self.algorithm}>"


def shared_key(secret: str, algorithm: str) -> VerifyKey:
    """The key of a shared secret. Raises ValueError for an algorithm that takes none."""
    if algorithm not in SHARED:
        raise ValueError(f"{algorithm} takes no shared secret")
    return VerifyKey(algorithm, "", OctKey.import_key(secret.encode()), "")


def public_key(jwk: Mapping[str, object], algorithm: str) -> VerifyKey | None:
    """The key of an entry of a JWK Set (RFC 7517, section 4); None when it is not for this algorithm, or too weak."""
    kid = jwk.get("kid")
    fits = jwk.get("alg", algorithm) in (algorithm, jwk.get("crv")) and jwk.get("use", "sig") == "sig"
    operations = jwk.get("key_ops")
    if isinstance(operations, list) and "verify" not in operations:
        fits = False
    if not fits or not isinstance(kid, str | None):
        return None
    # Only what is public is taken over: what else an issuer publishes by mistake is none of ours.
    try:
        key: Any
        if algorithm in RSA and jwk.get("kty") == "RSA" and _sound_rsa(jwk):
            key = RSAKey.import_key({"kty": "RSA", "n": str(jwk["n"]), "e": str(jwk["e"])})
        elif algorithm == "EdDSA" and jwk.get("kty") == "OKP" and jwk.get("crv") in CURVES[algorithm]:
            key = OKPKey.import_key({"kty": "OKP", "crv": str(jwk["crv"]), "x": str(jwk["x"])})
        elif algorithm != "EdDSA" and jwk.get("kty") == "EC" and jwk.get("crv") in CURVES.get(algorithm, ()):
            key = ECKey.import_key({"kty": "EC", "crv": str(jwk["crv"]), "x": str(jwk["x"]), "y": str(jwk["y"])})
        else:
            return None
        return VerifyKey(algorithm, kid or "", key, str(key.thumbprint()))
    except (JoseError, ValueError, KeyError, TypeError):
        return None


def is_signed_by(key: VerifyKey, message: bytes, signature: bytes) -> bool:
    """Whether the key made the signature of the message."""
    try:
        return bool(_algorithm(key.algorithm).verify(message, signature, key.key))
    except (JoseError, ValueError):
        return False


def sign(key: VerifyKey, message: bytes) -> bytes:
    """The signature; with a shared secret only. Raises ValueError for another key."""
    if key.algorithm not in SHARED:
        raise ValueError("only a shared secret signs here")
    signature: bytes = _algorithm(key.algorithm).sign(message, key.key)
    return signature


def decoded(part: str) -> bytes:
    """Base64url without padding (RFC 7515, section 2), in its one true spelling. Raises ValueError for any other.

    The last letter may have bits that no byte needs: were they let pass, one token could be spelled in several ways.
    """
    try:
        raw = base64.urlsafe_b64decode(part.encode("ascii") + b"=" * (-len(part) % 4))
    except (binascii.Error, UnicodeEncodeError) as fault:
        raise ValueError("no base64url") from fault
    if encoded(raw) != part:
        raise ValueError("base64url in another spelling")
    return raw


def encoded(raw: bytes) -> str:
    """The one true spelling."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _sound_rsa(jwk: Mapping[str, object]) -> bool:
    bits = int.from_bytes(decoded(str(jwk["n"])), "big").bit_length()
    exponent = int.from_bytes(decoded(str(jwk["e"])), "big")
    odd = exponent % 2 == 1 and exponent > 1 and exponent.bit_length() <= LARGEST_EXPONENT_BITS
    return SMALLEST_RSA_BITS <= bits <= LARGEST_RSA_BITS and odd


def _algorithm(name: str) -> Any:
    return JWSRegistry.algorithms[name]
