"""The two-method seam to providers: send a request, close the client.

Every client behind it passes ``tests/contract/upstream``: phases of time-outs told apart, nothing ever
sent twice, events handed on as they come, a closed answer closes its connection. No vendor words here.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Protocol

from torana.core.slotted import slotted
from torana.core.snapshot import Deadlines

MAX_ANSWER_BYTES = 64 * 1024 * 1024


@slotted
class Outgoing:
    """One request to a provider. ``headers`` may hold credentials: it is never printed."""

    method: str
    url: str
    headers: Sequence[tuple[str, str]]
    body: bytes
    deadlines: Deadlines
    max_answer_bytes: int = MAX_ANSWER_BYTES
    network: str = ""
    """Name of a network profile (proxy, custom CA, client certificate); empty: direct, system CAs."""

    def __repr__(self) -> str:
        return f"<Outgoing {self.method} {self.url} {len(self.body)} bytes>"


class Incoming(Protocol):
    """An answer whose head has arrived. Every answer is read to its end or closed."""

    status: int

    def header(self, name: str) -> str | None:
        """The header's value by lower-case name; the first when repeated."""
        ...

    def chosen(self, names: Mapping[bytes, str]) -> tuple[tuple[str, str], ...]:
        """The headers that are in ``names`` (lower-case wire name → name it is given), one pass over them all."""
        ...

    async def read(self) -> bytes:
        """The whole body. Raises UpstreamFault kinds."""
        ...

    def pieces(self) -> AsyncIterator[bytes]:
        """The body as it arrives, piece by piece, never held back. Raises UpstreamFault kinds."""
        ...

    async def aclose(self) -> None:
        """Give the answer up: the connection is closed unless the body was read to its end. Idempotent."""
        ...


class Upstream(Protocol):
    """A client for providers: pools, deadlines, TLS."""

    async def send(self, outgoing: Outgoing) -> Incoming:
        """Send once and return when the head of the answer is in.

        Raises ConnectFailed or ConnectTimeout (nothing was sent), FirstTokenTimeout, TotalTimeout or
        ConnectionBroken (it may have been sent). Cancelling closes the connection.
        """
        ...

    async def aclose(self) -> None:
        """Close all connections."""
        ...
