"""The recorder of a process with its spool, sinks, metrics and access log.

It writes nothing itself. Built by ``serve``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, BinaryIO

from torana import __version__
from torana.core.clock import Clock
from torana.core.snapshot import Snapshot
from torana.line.tally import Tally
from torana.ports.sink import Sink
from torana.records.feed import Seat
from torana.records.log import AccessLog
from torana.records.metrics import Live as LiveFacts
from torana.records.metrics import Metrics, MetricsSettings
from torana.records.recorder import Outlets, Recorder, RecorderSettings
from torana.records.spool import Spool, SpoolSettings
from torana.wiring import find, paths
from torana.wiring.database import open_sink
from torana.wiring.settings import Settings

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
        self.metrics = Metrics(self._known_models, LiveFacts(gauges, self._facts), MetricsSettings(version=__version__))
        access = AccessLog(settings.server.log_level, stream)
        self.recorder = Recorder(
            Spool(paths.spool_dir(settings), SpoolSettings(fsync="batch" if settings.audit.fsync else "never"), clock),
            Outlets(seats(settings), (self.metrics.count, access.write), log),
            None,  # counters were given back when the Hold closed
            clock,
            RecorderSettings(on_full=settings.audit.on_full),
        )

    def page(self) -> bytes:
        """The metrics page."""
        return self.metrics.render().encode()

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
    found.append(Seat("database", lambda: open_sink(url, settings.time_zone), opens_after_s=DATABASE_OPENS_AFTER_S))
    return found


def open_jsonl(path: str) -> Sink:
    """The audit file."""
    module = find.module("sinks", "jsonl")
    sink: Sink = module.open(module.Settings(path=path))
    return sink
