"""The recorder of a process with its spool, sinks, metrics and access log.

It writes nothing itself. Built by ``serve``.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any, BinaryIO

from msgspec.structs import asdict

from torana import __version__
from torana.core.clock import Clock
from torana.core.snapshot import Snapshot
from torana.line.settle import unknown_receipt
from torana.line.tally import Tally
from torana.ports.sink import Sink
from torana.records.feed import Seat
from torana.records.gauges import DeploymentFacts
from torana.records.journal import Journal, Left, recorded
from torana.records.log import AccessLog
from torana.records.metrics import Live as LiveFacts
from torana.records.metrics import Metrics, MetricsSettings
from torana.records.recorder import Outlets, Recorder, RecorderSettings
from torana.records.spool import Spool, SpoolSettings
from torana.stores.sql import is_postgres
from torana.wiring import find, paths
from torana.wiring.database import open_sink
from torana.wiring.settings import Settings

DATABASE_BATCH = 4000
"""Only a sink that is behind gets so many: the larger the transaction, the fewer times one sum is added to."""
SPOOL_NAME_FILE = "name"
DATABASE_OPENS_AFTER_S = 1.0
"""The schema tools of a first start take half a second of CPU: not while the first answers are on their way."""


class Recording:
    """The recorder and the page of its metrics."""

    def __init__(self, settings: Settings, clock: Clock, tally: Tally, log: Any, stream: BinaryIO) -> None:
        """Raises OSError when the spool cannot be opened, SpoolTaken when another process writes it."""
        self.snapshot: Callable[[], Snapshot | None] = lambda: None
        """Set once there is one: metrics ask it for the known models."""
        gauges = {
            "ai_gateway_in_flight": lambda: float(tally.in_flight),
            "ai_gateway_holds_open": lambda: float(tally.holds_open),
            "ai_gateway_snapshot_version": self._version,
        }
        self.deployments: Callable[[], Sequence[DeploymentFacts]] = tuple
        self.parked: Callable[[], Mapping[str, int]] = dict
        """Set once there are some: how deployments are, and how many credentials of a provider are parked."""
        facts = LiveFacts(gauges, self._facts, self._deployments, self._parked)
        self.metrics = Metrics(self._known_models, facts, MetricsSettings(version=__version__))
        access = AccessLog(settings.server.log_level, stream)
        spool = Spool(
            paths.spool_dir(settings), SpoolSettings(fsync="batch" if settings.audit.fsync else "never"), clock
        )
        self.journal = Journal(paths.spool_dir(settings) / "holds")
        self.recorder = Recorder(
            spool,
            Outlets(seats(settings), (self.metrics.count, access.write), log),
            self.journal.closed,
            clock,
            RecorderSettings(on_full=settings.audit.on_full),
        )
        self._spool = spool

    def take_up(self, snapshot: int) -> int:
        """Give Receipts to the requests that the process before this one died under; how many. Before ``start``.

        Raises OSError when the spool cannot be read.
        """
        left = self.journal.left
        known = recorded(self._spool, {one.receipt_id for _, one in left}) if left else set()
        for slot, one in left:
            if one.receipt_id in known:
                self.journal.free(slot)
            else:
                self.recorder.record(unknown_receipt(asdict(one), snapshot), Left(slot))
        return len(left) - len(known)

    def page(self) -> bytes:
        """The metrics page."""
        return self.metrics.render().encode()

    def _deployments(self) -> Sequence[DeploymentFacts]:
        return self.deployments()

    def _parked(self) -> Mapping[str, int]:
        return self.parked()

    def _facts(self) -> Any:
        return self.recorder.facts()

    def _known_models(self) -> Any:
        snapshot = self.snapshot()
        return snapshot.models if snapshot is not None else ()

    def _version(self) -> float:
        snapshot = self.snapshot()
        return float(snapshot.version) if snapshot is not None else 0.0


def seats(settings: Settings) -> list[Seat]:
    """A seat for each sink: the audit file, then the database."""
    found: list[Seat] = []
    jsonl = settings.audit.jsonl
    if jsonl:
        found.append(Seat("jsonl", lambda: open_jsonl(jsonl)))
    url = paths.database_url(settings)
    found.append(
        Seat(
            "database",
            lambda: open_sink(url, settings.time_zone, spool_name(settings)),
            batch=DATABASE_BATCH,
            opens_after_s=DATABASE_OPENS_AFTER_S,
        )
    )
    return found


def spool_name(settings: Settings) -> str:
    """The name of this process's spool, kept beside it: gateways that share a database must not share positions."""
    if not is_postgres(paths.database_url(settings)):
        return "main"
    kept = paths.spool_dir(settings) / SPOOL_NAME_FILE
    if not kept.exists():
        kept.write_text(secrets.token_hex(12), encoding="ascii")
    return kept.read_text(encoding="ascii")


def open_jsonl(path: str) -> Sink:
    """The audit file."""
    module = find.module("sinks", "jsonl")
    sink: Sink = module.open(module.Settings(path=path))
    return sink
