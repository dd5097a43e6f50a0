"""Facts about this process and the recorder as metric samples, read when somebody looks.

It decides names and labels; it counts nothing. Called by the metrics page.
"""

from __future__ import annotations

import os
import platform
import resource
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from torana.records.feed import FeedFacts
from torana.records.recorder import RecorderFacts

_PAGE = os.sysconf("SC_PAGE_SIZE")


GAUGES = {
    "ai_gateway_in_flight": "Requests being answered.",
    "ai_gateway_holds_open": "Holds not yet closed.",
    "ai_gateway_snapshot_version": "Version of the Snapshot in use.",
    "ai_gateway_configuration_refused": "1 while a newer file or newer stored rows do not fit and what was before serves.",
    "ai_gateway_shared_counters_away": "1 while the shared counters are away.",
    "ai_gateway_decided_without_counters": "Requests decided while the shared counters were away, since the start.",
    "ai_gateway_cache_entries": "Answers kept in this process's memory.",
    "ai_gateway_cache_bytes": "Memory they take, estimated upward.",
    "ai_gateway_cache_evicted": "Answers that had to make room, since the start.",
    "ai_gateway_cache_questions": "Questions remembered for who asks them in other words.",
    "ai_gateway_cache_question_bytes": "Memory they and their index take, estimated upward.",
    "ai_gateway_cache_store_away": "1 while the shared store of answers is away.",
    "ai_gateway_cache_store_faults": "Times that answers could not be looked for or kept there, since the start.",
    "ai_gateway_guardrail_threads_given_up": "Threads of guardrails that went on past their deadline and have not ended.",
    "ai_gateway_guardrail_threads_refused": "Looks of guardrails for which there was no thread, since the start.",
}
"""Full metric name → what it tells, of gauges that are read from the process."""


class Family(NamedTuple):
    """One metric with its samples: ``(labels, value)``."""

    name: str
    kind: str
    about: str
    samples: tuple[tuple[Mapping[str, str], float], ...]


BREAKER_STATES = {"closed": 0.0, "half_open": 1.0, "open": 2.0}
MOST_DEPLOYMENTS = 500
"""Series of each name; those that were in trouble come first, for callers may name any model of a provider."""


class DeploymentFacts(NamedTuple):
    """One deployment that was tried."""

    provider: str
    model: str
    breaker: str
    """closed, half_open or open."""
    cooling: bool
    opened: int
    down: bool | None = None
    """What active probes found; None: nobody looked."""


def deployment_families(facts: Iterable[DeploymentFacts]) -> Iterator[Family]:
    """How deployments are, by what this process saw of them."""
    shown = sorted(facts, key=lambda one: (not one.down, not one.opened, not one.cooling))[:MOST_DEPLOYMENTS]
    labelled = [({"provider": one.provider, "model": one.model}, one) for one in shown]
    states = tuple((labels, BREAKER_STATES[one.breaker]) for labels, one in labelled)
    about = "The breaker of a deployment: 0 closed, 1 half-open, 2 open."
    yield Family("ai_gateway_breaker_state", "gauge", about, states)
    opened = tuple((labels, float(one.opened)) for labels, one in labelled if one.opened)
    yield Family("ai_gateway_breaker_opened_total", "counter", "How often a breaker opened.", opened)
    cooling = tuple((labels, float(one.cooling)) for labels, one in labelled)
    about = "1 while a deployment is left alone because its provider asked for it."
    yield Family("ai_gateway_deployment_cooling", "gauge", about, cooling)
    down = tuple((labels, float(one.down)) for labels, one in labelled if one.down is not None)
    yield Family("ai_gateway_deployment_down", "gauge", "1 while active probes find a deployment down.", down)


def probe_family(counts: Mapping[tuple[str, str], int]) -> Family:
    """Active probes, by provider and how they went."""
    samples = tuple(
        ({"provider": provider, "outcome": outcome}, float(number)) for (provider, outcome), number in counts.items()
    )
    return Family("ai_gateway_probes_total", "counter", "Active probes of providers, by how they went.", samples)


def credential_family(parked: Mapping[str, int]) -> Family:
    """Credentials that their providers refused, by provider."""
    samples = tuple(({"provider": provider}, float(number)) for provider, number in parked.items())
    return Family("ai_gateway_credentials_parked", "gauge", "Credentials not asked because they were refused.", samples)


def alert_families(told: Mapping[tuple[str, str], int], sent: Mapping[str, int]) -> Iterator[Family]:
    """Alerts by budget and share, and by how telling the webhook went."""
    passed = tuple(({"budget": rule, "share": share}, float(count)) for (rule, share), count in told.items())
    yield Family("ai_gateway_budget_alerts_total", "counter", "Shares of budgets that were passed.", passed)
    posted = tuple(({"outcome": outcome}, float(count)) for outcome, count in sent.items())
    yield Family("ai_gateway_alert_webhook_total", "counter", "Alerts by how telling the webhook went.", posted)


def process_families(version: str) -> Iterator[Family]:
    """Memory, CPU, open files of this process, and what is running."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    yield _one("process_cpu_seconds_total", "counter", "CPU time, user and system.", usage.ru_utime + usage.ru_stime)
    yield _one("process_resident_memory_bytes", "gauge", "Resident memory.", _resident_bytes(usage.ru_maxrss))
    open_files = _open_files()
    if open_files is not None:
        yield _one("process_open_fds", "gauge", "Open file descriptors.", open_files)
    build = {"version": version, "python": platform.python_version()}
    yield Family("ai_gateway_build_info", "gauge", "What is running; always 1.", ((build, 1.0),))


def recorder_families(facts: RecorderFacts) -> Iterator[Family]:
    """The way of Receipts: queue, spool, sinks."""
    yield _one("ai_gateway_receipts_spooled_total", "counter", "Receipts written to the spool.", facts.spooled)
    yield _one("ai_gateway_receipts_dropped_total", "counter", "Receipts lost by policy or damage.", facts.dropped)
    yield _one("ai_gateway_receipts_queued", "gauge", "Receipts in memory, not yet in the spool.", facts.queued)
    yield _one("ai_gateway_receipts_refusing", "gauge", "1 while requests are refused for lack of records.", facts.full)
    yield _one("ai_gateway_spool_bytes", "gauge", "Size of the spool on disk.", facts.spool_bytes)
    yield _one("ai_gateway_spool_segments", "gauge", "Files of the spool.", facts.spool_segments)
    yield _one(
        "ai_gateway_spool_unreadable_total", "counter", "Receipts that could not be read back.", facts.spool_unreadable
    )
    for name, kind, about, value in SINKS:
        yield Family(name, kind, about, tuple(({"sink": sink.name}, float(value(sink))) for sink in facts.sinks))


SINKS: tuple[tuple[str, str, str, Callable[[FeedFacts], float]], ...] = (
    ("ai_gateway_receipts_sink_lag", "gauge", "Records in the spool that the sink has not.", lambda one: one.lag),
    (
        "ai_gateway_receipts_sink_failures_total",
        "counter",
        "Failed writes of the sink.",
        lambda one: one.failures_total,
    ),
    ("ai_gateway_sink_up", "gauge", "0 while the sink is failing.", lambda one: not one.failures),
    (
        "ai_gateway_sink_away_seconds",
        "gauge",
        "How long the sink has been failing; 0: it is not.",
        lambda one: one.away_s,
    ),
    ("ai_gateway_sink_records_total", "counter", "Records that the sink has passed.", lambda one: one.sent),
    (
        "ai_gateway_sink_missed_total",
        "counter",
        "Records lost to it: the spool had no more room.",
        lambda one: one.missed,
    ),
    ("ai_gateway_sink_set_aside_total", "counter", "Records that it refused for ever.", lambda one: one.set_aside),
)


def _one(name: str, kind: str, about: str, value: float) -> Family:
    return Family(name, kind, about, (({}, float(value)),))


def _resident_bytes(peak: int) -> int:
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE
    except OSError:
        # No /proc: the peak, in kilobytes but on macOS in bytes (getrusage(2) of both).
        return peak if sys.platform == "darwin" else peak * 1024


def _open_files() -> int | None:
    try:
        return sum(1 for _ in Path("/proc/self/fd").iterdir())
    except OSError:
        return None
