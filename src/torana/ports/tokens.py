"""What the gateway asks of whoever verifies tokens, signs its own, and keeps the list of those revoked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from torana.core.tokens import Revocation, Token


class Tokens(Protocol):
    """Verifies tokens of the configured issuers."""

    @property
    def epoch(self) -> int:
        """Grows when what was verified before must be verified again: an issuer's keys changed."""
        ...

    async def verify(self, digest: bytes, text: str) -> Token:
        """The token. ``digest``: what ``text`` is remembered by, keyed.

        Raises GatewayError: TOKEN_INVALID, TOKEN_EXPIRED, UPSTREAM_UNAVAILABLE when the issuer's keys were never read.
        """
        ...


class Minted(NamedTuple):
    """A token of our own, shown to its owner once."""

    text: str
    expires_in_s: int

    def __repr__(self) -> str:
        return "<Minted>"


class Mint(Protocol):
    """Signs tokens of our own: with ``--dev`` only."""

    def __call__(self, claims: Mapping[str, object]) -> Minted:
        """A token with these claims and ours: issuer, audience, times, id."""
        ...


class Revocations(Protocol):
    """The list in a database that all replicas share. Blocking: called from a worker thread."""

    def version(self) -> int:
        """A number that grows with every change."""
        ...

    def load(self) -> Sequence[Revocation]:
        """The whole list."""
        ...

    def add(self, row: Revocation, by: str, at: float) -> None:
        """Add to the list; what is there is kept, with the later ``before``. ``by``: who did it, for people to read."""
        ...

    def close(self) -> None:
        """Give up connections; a later call opens them again."""
        ...
