"""Bearers of tokens: each token is verified once and its Caller remembered until it expires, ends or is revoked.

It holds no key and verifies no signature (a ``Tokens`` does). Used by the gate, for what is no virtual key.
"""

from __future__ import annotations

from torana.core.errors import GatewayError
from torana.core.snapshot import Snapshot
from torana.core.tickets import Caller
from torana.core.tokens import Revoked, Token
from torana.line.claims import Claimed, claimed
from torana.ports.tokens import Tokens

MOST_REMEMBERED = 8192


class Bearers:
    """The bearers that one Snapshot knows."""

    __slots__ = ("_epoch", "_known", "_revoked", "_snapshot", "_tokens")

    def __init__(self, snapshot: Snapshot, tokens: Tokens, revoked: Revoked) -> None:
        self._snapshot = snapshot
        self._tokens = tokens
        self._revoked = revoked
        self._known: dict[bytes, Caller] = {}
        self._epoch = -1

    def known(self, digest: bytes) -> Caller | None:
        """The Caller that was made of this token; None when it must be judged (again)."""
        epoch = self._tokens.epoch + self._revoked.epoch
        if epoch != self._epoch:
            self._known.clear()
            self._epoch = epoch
        return self._known.get(digest)

    async def judge(self, digest: bytes, text: str) -> tuple[Token, Claimed]:
        """What the token makes of its bearer. Raises GatewayError as ``Tokens.verify`` and ``claimed`` do, TOKEN_REVOKED."""
        if not looks_like_token(text):
            raise GatewayError("KEY_INVALID", "This key is not known here. Check that it was copied whole.")
        token = await self._tokens.verify(digest, text)
        if token.issuer not in self._snapshot.issuers:
            raise GatewayError("TOKEN_INVALID", "The token's issuer is not one that is configured here.")
        found = claimed(token, self._snapshot)
        if self._revoked.names(found.entry.tenant, found.entry.user, token):
            raise GatewayError("TOKEN_REVOKED", "This token was revoked. Sign in again for a new one.")
        return token, found

    def remember(self, digest: bytes, caller: Caller) -> None:
        """Know this Caller by its token from now on; the oldest is forgotten when there are many."""
        self.known(digest)
        if len(self._known) >= MOST_REMEMBERED:
            del self._known[next(iter(self._known))]
        self._known[digest] = caller

    def stands(self, caller: Caller, token: Token) -> bool:
        """Whether a running answer of this Caller may go on: its issuer is configured and its token not revoked."""
        return token.issuer in self._snapshot.issuers and not self._revoked.names(caller.tenant, caller.user, token)


def looks_like_token(text: str) -> bool:
    """Whether it has the three parts of a signed token (RFC 7515, section 7.1), and each is something."""
    parts = text.split(".")
    return len(parts) == 3 and all(parts)
