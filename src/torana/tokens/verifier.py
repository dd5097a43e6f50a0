"""Judges tokens: form, issuer, algorithm, signature, audience and times (RFC 7519, RFC 8725). Implements ``ports.tokens.Tokens``.

It maps no claim and knows no revocation (the line does). A token is verified once and remembered by its digest until
it expires or its issuer's keys change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from torana.core.clock import Clock
from torana.core.errors import GatewayError
from torana.core.tokens import LONGEST_TOKEN, Token
from torana.tokens.key_source import FixedKeys, KeySource
from torana.tokens.signatures import decoded, is_signed_by

MOST_REMEMBERED = 8192
LATEST = 253_402_300_800.0
"""Year 10000, in epoch seconds: no moment of a token lies behind it."""
TYPES = frozenset({"jwt", "at+jwt"})
"""``typ`` of tokens that say who somebody is (RFC 8725, section 3.11; RFC 9068); a token may have none."""


class Issuer(NamedTuple):
    """One issuer as the configuration has it."""

    issuer: str
    algorithm: str
    source: KeySource
    audience: str | None = None
    skew_s: float = 0.0


class _Header(msgspec.Struct):
    alg: str
    kid: str = ""
    typ: str = "JWT"
    crit: Any = msgspec.UNSET
    b64: Any = msgspec.UNSET


class Parts(NamedTuple):
    """A token taken apart; nothing of it is verified."""

    header: _Header
    claims: Mapping[str, object]
    message: bytes
    """What is signed."""
    signature: bytes


_header = msgspec.json.Decoder(_Header).decode
_claims = msgspec.json.Decoder(dict[str, Any]).decode


class Verifier:
    """Verifies tokens of these issuers."""

    def __init__(self, issuers: Sequence[Issuer], clock: Clock) -> None:
        self.issuers = {one.issuer: one for one in issuers}
        self._clock = clock
        self._changing = [one.source for one in issuers if not isinstance(one.source, FixedKeys)]
        self._verified: dict[bytes, tuple[Token, int]] = {}

    @property
    def epoch(self) -> int:
        """Grows with every change of some issuer's keys."""
        changes = 0  # asked for at every request: a loop costs half of what sum and a generator do
        for source in self._changing:
            changes += source.changes
        return changes

    async def verify(self, digest: bytes, text: str) -> Token:
        """The token. Raises GatewayError: TOKEN_INVALID, TOKEN_EXPIRED, UPSTREAM_UNAVAILABLE. Never says what the token says."""
        known = self._verified.get(digest)
        if known is not None and known[1] == self.issuers[known[0].issuer].source.changes:
            if known[0].expires_at <= self._clock.now():
                raise expired()
            return known[0]
        parts = taken_apart(text)
        named = parts.claims.get("iss")
        issuer = self.issuers.get(named) if isinstance(named, str) else None
        if issuer is None:
            raise invalid("its issuer ('iss') is not one that is configured here (auth.jwt)")
        await self._check_signature(parts, issuer)
        token = self._judged(parts.claims, issuer)
        if len(self._verified) >= MOST_REMEMBERED:
            del self._verified[next(iter(self._verified))]
        self._verified[digest] = token, issuer.source.changes
        return token

    async def _check_signature(self, parts: Parts, issuer: Issuer) -> None:
        header = parts.header
        if header.alg != issuer.algorithm:
            raise invalid(f"it is not signed with {issuer.algorithm}, which is configured for its issuer")
        if header.crit is not msgspec.UNSET or header.b64 is not msgspec.UNSET:
            raise invalid("its header demands what is not understood here ('crit')")
        if header.typ.lower().removeprefix("application/") not in TYPES:
            raise invalid("its type ('typ') is not that of a token that says who calls")
        keys = await issuer.source.keys(header.kid)
        if not keys:
            raise invalid("its issuer has no key of the name ('kid') that it is signed with")
        if not any(is_signed_by(key, parts.message, parts.signature) for key in keys):
            raise invalid("its signature does not fit")

    def _judged(self, claims: Mapping[str, object], issuer: Issuer) -> Token:
        """The token, by its claims. Called after the signature was found good."""
        now = self._clock.now()
        expires = moment(claims, "exp")
        if expires is None:
            raise invalid("it never expires: the claim 'exp' is missing")
        begins, issued = moment(claims, "nbf"), moment(claims, "iat")
        if now >= expires + issuer.skew_s:
            raise expired()
        if max(begins or 0.0, issued or 0.0) > now + issuer.skew_s:
            raise invalid("it is not valid yet ('nbf', 'iat'); compare the clocks of its issuer and of this machine")
        if issuer.audience is not None and issuer.audience not in _several(claims.get("aud")):
            raise invalid("it was made for another audience ('aud')")
        subject, token_id = claims.get("sub", ""), claims.get("jti", "")
        if not isinstance(subject, str) or not isinstance(token_id, str):
            raise invalid("'sub' or 'jti' is no text")
        return Token(issuer.issuer, subject, token_id, issued, expires + issuer.skew_s, claims)


def taken_apart(text: str) -> Parts:
    """The parts of a signed token in compact form (RFC 7515, section 7.1). Raises GatewayError TOKEN_INVALID."""
    if len(text) > LONGEST_TOKEN:
        raise invalid(f"it is longer than {LONGEST_TOKEN} characters")
    try:
        head, body, signature = text.split(".")
        message = f"{head}.{body}".encode("ascii")
        return Parts(_header(decoded(head)), _claims(decoded(body)), message, decoded(signature))
    except (ValueError, msgspec.MsgspecError, RecursionError):
        raise invalid("it cannot be read as a signed token (JWT)") from None


def moment(claims: Mapping[str, object], name: str) -> float | None:
    """A NumericDate (RFC 7519, section 2) in epoch seconds; None when there is none. Raises GatewayError TOKEN_INVALID."""
    found = claims.get(name)
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, int | float) or not 0 <= found < LATEST:
        raise invalid(f"{name!r} is no moment")
    return float(found)


def _several(found: object) -> Sequence[object]:
    return found if isinstance(found, list) else [found]


def invalid(why: str) -> GatewayError:
    """The refusal of a token, without a word of it."""
    return GatewayError("TOKEN_INVALID", f"This token is not accepted: {why}.")


def expired() -> GatewayError:
    """The refusal of a token whose time is over."""
    return GatewayError("TOKEN_EXPIRED", "This token has expired. Sign in again for a new one.")
