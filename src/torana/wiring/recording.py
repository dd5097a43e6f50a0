"""The recorder of a process with its spool, sinks, metrics and access log.

It writes nothing itself. Built by ``serve``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from msgspec.structs import asdict

from torana import __version__
from torana.core.clock import Clock
from torana.core.snapshot import Snapshot
from torana.line.settle import unknown_receipt
from torana.line.tally import Tally
from torana.ports.receipt import Receipt
from torana.ports.sink import Sink
from torana.records.feed import Seat
from torana.records.gauges import DeploymentFacts, Family
from torana.records.journal import Journal, Left, recorded
from torana.records.log import AccessLog
from torana.records.masking import Mask
from torana.records.metrics import Live as LiveFacts
from torana.records.metrics import Metrics, MetricsSettings
from torana.records.queue_gauges import QueueFacts
from torana.records.recorder import Outlets, Recorder, RecorderSettings
from torana.records.sanitising import Sanitiser
from torana.records.spool import Spool, SpoolSettings
from torana.wiring import find, paths
from torana.wiring.audit_file import FileChain
from torana.wiring.counting import Counting
from torana.wiring.database import open_sink
from torana.wiring.post import Post
from torana.wiring.settings import Settings
from torana.wiring.settings_server import Audit
from torana.wiring.shipping import shipments
from torana.wiring.tracing import traces_of

BATCH = 10_000
"""Only a sink that is behind gets so many: the larger the transaction, the fewer times one sum is added to."""
DATABASE_OPENS_AFTER_S = 1.0
"""The schema tools of a first start take half a second of CPU: not while the first answers are on their way."""


class Logs(NamedTuple):
    """Where lines go, and how they are masked."""

    log: Any
    stream: BinaryIO
    mask: Mask
    audit_key: bytes = bytes(32)
    """The seed of the key that signs where audit files end."""


class Recording:
    """The recorder and the page of its metrics."""

    def __init__(self, settings: Settings, clock: Clock, tally: Tally, logs: Logs, counted: Counting) -> None:
        """Raises OSError when the spool cannot be opened, SpoolTaken when another process writes it."""
        self.snapshot: Callable[[], Snapshot | None] = lambda: None
        """Set once there is one: metrics ask it for the known models."""
        self.gauges: dict[str, Callable[[], float]] = {
            "ai_gateway_in_flight": lambda: float(tally.in_flight),
            "ai_gateway_holds_open": lambda: float(tally.holds_open),
            "ai_gateway_snapshot_version": self._version,
            **counted.gauges,
        }
        """Further ones may join them."""
        self.deployments: Callable[[], Sequence[DeploymentFacts]] = tuple
        self.parked: Callable[[], Mapping[str, int]] = dict
        """Set once there are some: how deployments are, and how many credentials of a provider are parked."""
        self.probes: Callable[[], Mapping[tuple[str, str], int]] = dict
        """Active probes by provider and outcome."""
        self.queues: Callable[[], QueueFacts] = QueueFacts
        """How full deployments are, and who waits."""
        self.watch: Callable[[Sequence[Receipt]], None] = _unwatched
        self.tail: Callable[[Sequence[Receipt]], None] = _unwatched
        """Set once somebody may follow requests as they end."""
        self.alerts: Callable[[], Iterable[Family]] = tuple
        """Set once somebody tells of alerts: what looks at each batch, and the metrics."""
        facts = LiveFacts(
            self.gauges, self._facts, self._deployments, self._parked, self._probes, self._queues, self._alerts
        )
        self.metrics = Metrics(self._known_models, facts, MetricsSettings(version=__version__))
        access = AccessLog(settings.server.log_level, logs.stream, sanitised=True)
        sanitiser = Sanitiser(logs.mask, addresses=settings.audit.mask_addresses)
        post = counted.post
        spool = Spool(post.spool, SpoolSettings(fsync="batch" if settings.audit.fsync else "never"), clock)
        self.journal = Journal(post.spool / "holds")
        shipped = shipments(settings, post, clock, logs.log)
        traces = traces_of(settings, post, clock, logs.log)
        self.entries = shipped.entries
        """Takes entries of the audit trail to the places outside."""
        self.recorder = Recorder(
            spool,
            Outlets(
                (*seats(settings, post, logs.audit_key, clock), *counted.seats, *shipped.receipts),
                (self.metrics.count, access.write, self._watched, self._tailed, *(one.take for one in traces)),
                logs.log,
                sanitiser.receipt,
                (shipped.entries, *traces),
            ),
            self.journal.closed,
            clock,
            RecorderSettings(on_full=settings.audit.on_full),
        )
        self._spool = spool
        self.spool_name = post.spool_name
        """The name of its position in the database."""
        self.taken_up: list[Receipt] = []
        """The Receipts that ``take_up`` gave: not in the spool before the recorder starts."""
        self._counted = counted
        self.counters_away = counted.away
        """Whether the shared counters are away; None: there are none."""

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
                receipt = unknown_receipt(asdict(one), snapshot)
                self.taken_up.append(receipt)
                self.recorder.record(receipt, Left(slot))
        unknown = len(left) - len(known)
        untouched = self._spool.first == self._spool.head and not unknown
        self._counted.ours_from = 0 if untouched else self._spool.head + unknown
        return unknown

    @property
    def spool(self) -> Spool:
        """Where Receipts go first."""
        return self._spool

    def page(self) -> bytes:
        """The metrics page."""
        return self.metrics.render().encode()

    def _deployments(self) -> Sequence[DeploymentFacts]:
        return self.deployments()

    def _probes(self) -> Mapping[tuple[str, str], int]:
        return self.probes()

    def _queues(self) -> QueueFacts:
        return self.queues()

    def _watched(self, receipts: Sequence[Receipt]) -> None:
        self.watch(receipts)

    def _tailed(self, receipts: Sequence[Receipt]) -> None:
        self.tail(receipts)

    def _alerts(self) -> Iterable[Family]:
        return self.alerts()

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


def _unwatched(receipts: Sequence[Receipt]) -> None:
    """Nobody looks."""


def seats(settings: Settings, post: Post, audit_key: bytes, clock: Clock) -> list[Seat]:
    """A seat for each sink: the audit file, then the database."""
    found: list[Seat] = []
    jsonl = post.jsonl
    if jsonl:
        found.append(
            Seat(
                "jsonl",
                lambda: open_jsonl(jsonl, settings.audit, FileChain(Path(jsonl), post.process, audit_key, clock)),
                batch=BATCH,
            )
        )
    url = paths.database_url(settings)
    found.append(
        Seat(
            "database",
            lambda: open_sink(url, settings.time_zone, post.spool_name, clock),
            batch=BATCH,
            opens_after_s=DATABASE_OPENS_AFTER_S,
        )
    )
    return found


def open_jsonl(path: str, audit: Audit, chain: FileChain) -> Sink:
    """The audit file, each line bound to the one before it of its tenant."""
    module = find.module("sinks", "jsonl")
    kept = module.Settings(
        path=path,
        rotate_mb=audit.rotate_mb,
        rotate_hours=audit.rotate_hours,
        keep=audit.keep_files,
        fsync=audit.fsync,
    )
    sink: Sink = module.open(kept, chain)
    return sink
