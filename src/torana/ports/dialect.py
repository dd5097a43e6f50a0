"""What the edge and the providers ask of a dialect: wire bytes to words and back, purely.

A dialect is a module in ``dialects/`` with these names; it does no I/O, knows no provider and no tenant.
The client side is used by ``edge``, the upstream side by ``providers``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol, runtime_checkable

from torana.core.call import Ask, Chunk, Usage
from torana.core.errors import GatewayError
from torana.core.faults import UpstreamFault


class StreamDecoder(Protocol):
    """Turns the bytes of one upstream stream, cut anywhere, into chunks."""

    @property
    def fault(self) -> UpstreamFault | None:
        """A fault that stood behind the chunks given last; the next call raises it."""
        ...

    def feed(self, data: bytes) -> Sequence[Chunk]:
        """The chunks completed by ``data``; events that arrive together may share a chunk.

        Raises AnswerMalformed for a bad event, StatusFault for an error inside a good answer.
        """
        ...

    def finish(self) -> Sequence[Chunk]:
        """What is left at the end of the bytes. Raises ConnectionBroken when the stream was cut short."""
        ...


class UpstreamSide(Protocol):
    """What a provider needs of a dialect, and what a translation is too."""

    ID: str

    def retarget(self, body: bytes, ask: Ask, model: str, stream_usage: bool) -> bytes:
        """The body for a provider: another model name, usage asked for. Untouched bytes when nothing changes.

        ``stream_usage``: whether the provider takes ``stream_options.include_usage``.
        """
        ...

    def decoder(self, ask: Ask) -> StreamDecoder:
        """A decoder for one stream that answers ``ask``."""
        ...

    def read_answer(self, body: bytes, ask: Ask) -> Chunk:
        """A whole plain answer as one chunk, bytes exact. Raises AnswerMalformed, StatusFault."""
        ...


class ClientSide(Protocol):
    """What the edge needs of a dialect for one request.

    A dialect may have ``COMMENTS = False``: its clients take no comments in streams. One whose answers are written token by
    token has ``bound(body, most) -> bytes``: a body that ``read`` took and that bounds nothing, with each answer bounded.
    """

    ID: str
    OPERATION: str
    """chat, embeddings …"""
    CARRIES: frozenset[bytes]
    """Lower-case names of request headers that belong to the dialect and may go on to the provider."""

    def read(self, body: bytes) -> Ask:
        """What the body asks for. Raises GatewayError REQUEST_INVALID naming the field at fault."""
        ...

    def refuse(self, error: GatewayError, request_id: str) -> bytes:
        """The JSON body of an error answer: the dialect's shape and ours in one object."""
        ...

    def refuse_event(self, error: GatewayError, request_id: str) -> bytes:
        """The last event of a stream that failed after it began."""
        ...


class Told(NamedTuple):
    """What an answer can be told of its own way once it is known."""

    request_id: str
    model: str
    """The model's name here."""
    provider: str
    upstream_model: str
    fallback: bool
    cached: bool
    usage: Usage
    cost: str | None
    """A decimal string; None where no price is known."""
    currency: str | None
    latency_ms: int
    at: float
    """Epoch seconds at which the answer was whole."""
    verdicts: tuple[str, ...] = ()
    redacted: Mapping[str, int] = {}
    """How many findings were replaced, by kind, on both sides."""


@runtime_checkable
class Dressed(Protocol):
    """What a dialect has besides whose answers tell of their own way in their bodies."""

    def dress(self, wire: bytes, told: Told) -> bytes:
        """A whole answer as the caller gets it."""
        ...

    def dress_end(self, told: Told) -> bytes:
        """What follows the last event of a stream."""
        ...


class Dialect(ClientSide, UpstreamSide, Protocol):
    """The names a dialect module has."""

    PATHS: tuple[str, ...]
    """Paths it is served under, without the ``/api`` alias. One with ``{model}`` in it belongs to a NamedDialect."""


class NamedDialect(Dialect, Protocol):
    """A dialect whose requests name the model, and what to do, in the path: ``…/{model}:method``."""

    def read_named(self, body: bytes, model: str, method: str) -> Ask:
        """What the body asks for under this model and method. Raises GatewayError REQUEST_INVALID."""
        ...
