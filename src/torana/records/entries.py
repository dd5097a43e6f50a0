"""The way of entries of the audit trail to places outside: a spool of their own, and a feed for each sink that wants them.

It keeps them only until every sink has them; the trail itself is the control plane's, which hands each entry over once it
is written there.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from torana.core.clock import Clock
from torana.ports.sink import Kind
from torana.records.feed import Feed, FeedFacts, Log, Seat
from torana.records.shipping import Entry
from torana.records.spool import Spool

_read = msgspec.msgpack.Decoder(list[Entry])
_plain = msgspec.json.Encoder()


def entries_in(payload: bytes) -> list[Entry] | None:
    """The entries of a frame; None when it cannot be read."""
    try:
        return _read.decode(payload)
    except msgspec.MsgspecError:
        return None


class Entries:
    """Takes entries from any thread. Without sinks it takes them and keeps nothing."""

    def __init__(self, spool: Spool | None, seats: Sequence[Seat], clock: Clock, log: Log) -> None:
        """``spool``: reads with ``entries_in``; None: there are no sinks."""
        self._spool = spool
        self._log = log
        self._lock = threading.Lock()
        self._feeds = tuple(Feed(seat, spool, clock, log) for seat in seats) if spool is not None else ()
        self._lost = 0

    def put(self, kind: Kind, entry_id: str, at: float, tenant: str, fields: Mapping[str, Any]) -> bool:
        """Queue one entry on disk, with one write. ``fields``: plain values of JSON. ``at``: epoch seconds.

        False when it could not be kept, which is counted and logged: the trail has it all the same.
        """
        if self._spool is None or not self._feeds:
            return True
        try:
            told = msgspec.json.decode(_plain.encode(fields), type=dict[str, Any])
            with self._lock:
                self._release(self._spool)
                self._spool.append([Entry(kind=kind, id=entry_id, at=at, tenant=tenant, fields=told)])  # type: ignore[list-item]
        except (OSError, ValueError, TypeError, OverflowError) as fault:
            self._lost += 1
            self._log.error("entries.not_kept", error=f"{type(fault).__name__}: {fault}"[:200])
            return False
        for feed in self._feeds:
            feed.nudge()
        return True

    def start(self) -> None:
        """Start the feeds."""
        for feed in self._feeds:
            feed.start()

    def stop(self, give_up_s: float) -> None:
        """Bring what sinks take until that monotonic second; the rest stays for the next start. Does not wait."""
        for feed in self._feeds:
            feed.stop(give_up_s)

    def join(self) -> bool:
        """Wait for the end asked for by ``stop``, then give back the spool; False when a sink hangs."""
        ended = [feed.join() for feed in self._feeds]
        for feed, well in zip(self._feeds, ended, strict=True):
            if not well:
                self._log.warning("sink.hangs_at_shutdown", sink=feed.facts().name)
        if self._spool is not None:
            with self._lock:
                if self._feeds:
                    self._release(self._spool)
                self._spool.close()
        return all(ended)

    def facts(self) -> tuple[FeedFacts, ...]:
        """How the feeds are doing."""
        return tuple(feed.facts() for feed in self._feeds)

    @property
    def lost(self) -> int:
        """Entries that could not be kept since the start."""
        return self._lost

    def _release(self, spool: Spool) -> None:
        positions = [feed.position for feed in self._feeds]
        known = [position for position in positions if position is not None]
        if len(known) == len(positions):
            spool.release(min(known))
        if spool.crowded and all(feed.may_lose for feed in self._feeds):
            spool.release(spool.segments[0].end)
