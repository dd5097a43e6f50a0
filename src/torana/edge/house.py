"""What the edge is given: the Rooms of the moment and the few facts it serves by.

It holds no logic. Built by ``wiring``; ``rooms`` is replaced by one assignment when a new Snapshot is
ready, and each request takes it once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from torana.core.clock import Clock
from torana.core.ids import NewId
from torana.core.tickets import Caller
from torana.core.trace import Tracing
from torana.core.trail import Trail
from torana.edge.static_file import StaticFile
from torana.edge.watch import Lookout
from torana.line.kept import Desk
from torana.line.rooms import Rooms
from torana.line.tally import Tally
from torana.ports.dialect import Dialect, NamedDialect
from torana.ports.tokens import Mint

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]

CLEAN = "torana.length"
"""In a ``http.response.start`` of the edge: the length of the body, None for a stream. It tells our HTTP server that the
headers are fit for the wire as they are; any other ASGI server passes over it."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the edge accepts and how long it waits."""

    max_body_bytes: int = 32 * 1024 * 1024
    body_timeout_s: float = 60.0
    drain_s: float = 30.0
    trusted_proxies: tuple[str, ...] = ()
    """Networks in CIDR form whose forwarded headers count."""
    cors_origins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Views:
    """What the open routes show, as functions, so that nothing stale is served."""

    ready: Callable[[], tuple[bool, Mapping[str, object]]]
    """Whether to take traffic, and the state of each dependency."""
    metrics: Callable[[], bytes] | None
    """The Prometheus page; None where it is served on a port of its own, or not at all."""
    overloaded: Callable[[], bool]
    """Whether receipts can no longer be kept and requests must be refused."""
    usage: Callable[[Caller], Awaitable[Mapping[str, object]]] | None = None
    """What a caller used lately. Raises GatewayError when nobody can tell now; None: nobody ever can."""
    recent: Callable[[Caller, int], Awaitable[Sequence[Mapping[str, object]]]] | None = None
    """The last requests that a caller may see, at most so many. Raises as ``usage``."""


@dataclass(slots=True)
class House:
    """The edge's whole world."""

    rooms: Rooms
    dialects: Mapping[str, Dialect]
    """Path → dialect, aliases included."""
    default_dialect: Dialect
    """Shapes the errors of paths that belong to no dialect."""
    clock: Clock
    tally: Tally
    new_request_id: NewId
    new_receipt_id: NewId
    views: Views
    bounds: Bounds = field(default_factory=Bounds)
    control: Asgi | None = None
    """The control plane's application; None while it loads or where it runs elsewhere."""
    control_wanted: bool = False
    data_only: bool = False
    """Whether another process serves the control plane and its console."""
    desk: Desk | None = None
    """Whose files and batches are whose; None: none are offered."""
    named: Mapping[str, NamedDialect] = field(default_factory=dict)
    """Method → dialect, of those whose path is ``/v1beta/models/{model}:method``."""
    static: Mapping[str, StaticFile] = field(default_factory=dict)
    """Path → file of the console."""
    running: dict[asyncio.Task[Any], Trail] = field(default_factory=dict)
    """Requests under way, for draining."""
    lookout: Lookout = field(default_factory=Lookout)
    """Notices callers who hang up."""
    tracing: Tracing = field(default_factory=Tracing)
    """Which requests are traced."""
    draining: bool = False
    mint: Callable[[], Mint | None] | None = None
    """Gives what signs tokens for whoever asks; None: only with ``--dev`` does anybody get one."""
