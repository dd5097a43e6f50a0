"""The rows of ``audit.sinks`` as seats of the recorder, and of the entries of the audit trail.

It sends nothing. Called by ``recording``.
"""

from __future__ import annotations

import platform
import random
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from torana import __version__
from torana.core.clock import Clock
from torana.ports.sink import Target, Tools
from torana.records.entries import Entries, entries_in
from torana.records.feed import Log, Seat
from torana.records.shipping import Aside, Choice, Gate, Shipping
from torana.records.spool import Spool, SpoolSettings
from torana.upstream.networks import NetworkProfile
from torana.upstream.posting import Poster, Way, dial
from torana.wiring import find
from torana.wiring.post import Post, named
from torana.wiring.settings import Settings
from torana.wiring.settings_sinks import AuditSink

EVERY_S = 1.0
"""Records wait so long to be sent together."""
ENTRIES_MB = 256
ENTRIES = "entries"
LONGEST_PAUSE_S = 30.0


class Shipments(NamedTuple):
    """What the rows come to."""

    receipts: Sequence[Seat]
    entries: Entries


def shipments(settings: Settings, post: Post, clock: Clock, log: Log) -> Shipments:
    """Seats for Receipts, and the entries' own way. Raises OSError when the spool of entries cannot be opened."""
    receipts: list[Seat] = []
    entries: list[Seat] = []
    for row in settings.audit.sinks:
        gate = Gate(row.name, partial(opened, row, settings, post, clock))
        if "request" in row.events:
            receipts.append(seat(row, row.name, Shipping(gate, choice(row), aside(row, post), clock.now)))
        if set(row.events) - {"request"}:
            own = aside(row, post, f".{ENTRIES}")
            entries.append(seat(row, f"{row.name}:{ENTRIES}", Shipping(gate, choice(row), own, clock.now)))
    spool: Spool | None = None
    if entries:
        kept = SpoolSettings(max_mb=ENTRIES_MB, segment_mb=4, fsync="batch" if settings.audit.fsync else "never")
        spool = Spool(post.spool / ENTRIES, kept, clock, entries_in)
    return Shipments(receipts, Entries(spool, entries, clock, log))


def choice(row: AuditSink) -> Choice:
    """What the row's sink gets."""
    return Choice(frozenset(row.events), frozenset(row.tenants))


def aside(row: AuditSink, post: Post, more: str = "") -> Aside:
    """Where the row's sink keeps what it remembers."""
    folder = post.spool / "sinks"
    return Aside(folder / f"{row.name}{more}.position", folder / f"{row.name}.dead.jsonl")


def seat(row: AuditSink, name: str, shipping: Shipping) -> Seat:
    """The place of the row's sink."""
    return Seat(
        name,
        shipping.open,
        every_s=EVERY_S,
        batch=row.batch,
        longest_pause_s=LONGEST_PAUSE_S,
        draw=random.random,
        set_aside=lambda: shipping.set_aside,
        may_lose=not row.required,
    )


def opened(row: AuditSink, settings: Settings, post: Post, clock: Clock) -> Target:
    """The row's target. Raises ValueError, OSError."""
    module = find.module("sinks", row.kind)
    tools = tools_of(way_of(row.network, row.allow_private, row.timeout_s, settings), post, clock)
    own: Any = row.settings
    if row.kind == "jsonl":
        own = msgspec.structs.replace(own, path=str(named(Path(own.path), post.suffix)))
        target: Target = module.open_target(own, tools)
    else:
        target = module.open(own, tools)
    return target


def way_of(network: str, allow_private: bool, timeout_s: float, settings: Settings) -> Way:
    """How a far side is reached."""
    profile = NetworkProfile()
    if network:
        one = settings.networks[network]
        profile = NetworkProfile(
            one.proxy.reveal() if one.proxy else None, one.ca_file, one.client_cert_file, one.client_key_file
        )
    return Way(profile, allow_private, timeout_s)


def tools_of(way: Way, post: Post, clock: Clock) -> Tools:
    """What a target works with."""
    return Tools(clock, Poster(way), partial(dial, way), platform.node(), post.process, __version__, time.sleep)
