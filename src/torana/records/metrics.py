"""Counts what Receipts tell and renders it in the Prometheus text format, under the names users already have.

It decides labels and their bounds; it takes no part in a request. An observer of the recorder; rendered by the edge.
No client library: it would add ``_total`` to names that must stay as they are, and costs a lock per increment.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, chain
from typing import NamedTuple

from torana.ports.receipt import Receipt
from torana.records.cache_counts import CacheCounts, cache_families
from torana.records.gauges import (
    GAUGES,
    DeploymentFacts,
    Family,
    credential_family,
    deployment_families,
    probe_family,
    process_families,
    recorder_families,
)
from torana.records.queue_gauges import QueueFacts, queue_families
from torana.records.recorder import RecorderFacts

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SECONDS_IN_MS = (5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 120_000, 300_000, 600_000)
OVERHEAD_IN_US = (100, 250, 500, 1000, 2500, 5000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000)
LIMIT_CODES = frozenset({"RATE_LIMIT_EXCEEDED", "CONCURRENCY_EXCEEDED"})
OTHER = "other"
NONE = "none"
"""The model label of a request that named none, or was refused before it was read."""

RESTING = (("breaker", "breaker "), ("cooldown", "cooling down "), ("down", "down: "))
"""Why a deployment was passed over → how the reason in the Receipt begins."""

Labels = tuple[tuple[str, str], ...]


class Live(NamedTuple):
    """What is true now, asked when the page is rendered."""

    gauges: Mapping[str, Callable[[], float]]
    """Full metric name → value, such as ``ai_gateway_in_flight``."""
    records: Callable[[], RecorderFacts] | None = None
    deployments: Callable[[], Iterable[DeploymentFacts]] | None = None
    parked: Callable[[], Mapping[str, int]] | None = None
    """Provider → how many of its credentials are parked."""
    probes: Callable[[], Mapping[tuple[str, str], int]] | None = None
    """Provider and outcome → active probes."""
    queues: Callable[[], QueueFacts] | None = None
    alerts: Callable[[], Iterable[Family]] | None = None
    """Alerts of budgets."""


class MetricsSettings(NamedTuple):
    """Bounds of cardinality."""

    version: str = "0"
    max_models: int = 200
    """Models that are not in the Snapshot get a label of their own until there are so many."""
    user_label: bool = False
    """Whether ``ai_gateway_rate_limit_hits`` has ``user_id``: one series per user."""
    max_users: int = 1000


class Histogram:
    """Counts by bucket. Values and bounds are integers of ``per_second`` to the second."""

    __slots__ = ("bounds", "counts", "per_second", "total")

    def __init__(self, bounds: tuple[int, ...], per_second: int) -> None:
        self.bounds = bounds
        self.per_second = per_second
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0

    def add(self, value: int) -> None:
        """Count one value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value


class ModelCounts:
    """Everything counted by model."""

    __slots__ = (
        "cache",
        "cache_read",
        "cache_write",
        "cost",
        "duration",
        "error",
        "first_chunk",
        "input",
        "output",
        "overhead",
        "reasoning",
        "success",
        "unpriced",
    )

    def __init__(self) -> None:
        self.success = self.unpriced = 0
        self.error = 0
        self.duration = Histogram(SECONDS_IN_MS, 1000)
        self.first_chunk = Histogram(SECONDS_IN_MS, 1000)
        self.overhead = Histogram(OVERHEAD_IN_US, 1_000_000)
        self.input = self.cache_read = self.cache_write = self.output = self.reasoning = 0
        self.cost: dict[str, int] = {}
        self.cache = CacheCounts()


class Metrics:
    """The counters of one process. ``count`` runs in the recorder's thread, ``render`` anywhere."""

    def __init__(self, known_models: Callable[[], Container[str]], live: Live, settings: MetricsSettings) -> None:
        self._known_models = known_models
        self._live = live
        self._settings = settings
        self._models: dict[str, ModelCounts] = {}
        self._other = ModelCounts()
        self._attempts: dict[tuple[str, str], int] = {}
        self._endings: dict[str, int] = {}
        self._errors: dict[str, int] = {}
        self._passed_over: dict[tuple[str, str], int] = {}
        self._limit_hits: dict[Labels, int] = {}
        self._users: set[str] = set()
        self._overruns = 0

    def count(self, receipts: Sequence[Receipt]) -> None:
        """Add a batch."""
        models, attempts, endings = self._models, self._attempts, self._endings
        for receipt in receipts:
            counts = models.get(receipt.model) or self._counts_of(receipt)
            ending = receipt.ending
            endings[ending] = endings.get(ending, 0) + 1
            counts.duration.add(receipt.duration_ms)
            if ending == "completed":
                counts.success += 1
            else:
                counts.error += 1
                self._count_error(receipt, counts)
            if receipt.dropped:
                self._count_passed_over(receipt)
            if receipt.cache != "bypass":
                counts.cache.add(receipt)
            if not receipt.provider:
                continue
            if not receipt.priced:
                counts.unpriced += 1
            if receipt.cost_nano > receipt.held_nano:
                self._overruns += 1
            for attempt in receipt.attempts:
                tried = (attempt.provider, attempt.outcome)
                attempts[tried] = attempts.get(tried, 0) + 1
            if receipt.status < 400:
                counts.first_chunk.add(receipt.first_chunk_ms)
                counts.overhead.add(receipt.overhead_us)
            _add_usage(counts, receipt)

    def render(self) -> str:
        """The whole page, in the text format 0.0.4."""
        lines: list[str] = []
        for family in chain(self._model_families(), self._outcome_families(), self._live_families()):
            lines.append(f"# HELP {family.name} {family.about}\n# TYPE {family.name} {family.kind}")
            lines.extend(f"{family.name}{_labels(labels)} {_number(value)}" for labels, value in family.samples)
        for name, about, pick in _HISTOGRAMS:
            lines.append(f"# HELP {name} {about}\n# TYPE {name} histogram")
            for model, counts in self._by_model():
                lines.extend(_histogram_lines(name, model, pick(counts)))
        return "\n".join(lines) + "\n"

    def _model_families(self) -> Iterator[Family]:
        models = self._by_model()
        yield _family(
            "ai_gateway_requests_total",
            "Requests, by whether the whole answer left.",
            [
                ({"model": model, "status": status}, number)
                for model, each in models
                for status, number in (("success", each.success), ("error", each.error))
                if number
            ],
        )
        yield _family(
            "ai_gateway_rate_limit_hits",
            "Requests refused by a limit.",
            [(dict(labels), number) for labels, number in list(self._limit_hits.items())],
        )
        yield _family(
            "ai_gateway_tokens_used",
            "Tokens in and out.",
            [({"model": model}, each.input + each.output) for model, each in models],
        )
        yield _family(
            "ai_gateway_tokens_by_kind_total",
            "Tokens; cache kinds are part of input, reasoning is part of output.",
            [
                ({"model": model, "kind": kind}, number)
                for model, each in models
                for kind, number in _kinds(each)
                if number
            ],
        )
        yield _family(
            "ai_gateway_cost_total",
            "Metered cost in units of the currency.",
            [
                ({"model": model, "currency": currency}, nano / 1e9)
                for model, each in models
                for currency, nano in list(each.cost.items())
            ],
        )

        yield _family(
            "ai_gateway_unpriced_requests_total",
            "Requests that reached a provider at a price nobody knows: their cost is not in ai_gateway_cost_total.",
            [({"model": model}, each.unpriced) for model, each in models if each.unpriced],
        )

    def _outcome_families(self) -> Iterator[Family]:
        yield from cache_families((model, each.cache) for model, each in self._by_model())
        yield _family(
            "ai_gateway_upstream_attempts_total",
            "Tries at a provider, by how they went.",
            [
                ({"provider": provider, "outcome": outcome}, number)
                for (provider, outcome), number in list(self._attempts.items())
            ],
        )
        yield _family(
            "ai_gateway_short_circuits_total",
            "Tries that were not made because the deployment rested.",
            [
                ({"provider": provider, "reason": why}, number)
                for (provider, why), number in list(self._passed_over.items())
            ],
        )
        yield _family(
            "ai_gateway_endings_total",
            "How requests ended.",
            [({"ending": ending}, number) for ending, number in list(self._endings.items())],
        )
        yield _family(
            "ai_gateway_errors_total",
            "Requests that got an error, by code.",
            [({"code": code}, number) for code, number in list(self._errors.items())],
        )
        yield _family(
            "ai_gateway_hold_overruns_total",
            "Requests that cost more than was held for them.",
            [({}, self._overruns)],
        )

    def _live_families(self) -> Iterator[Family]:
        for name, value in self._live.gauges.items():
            yield Family(name, "gauge", GAUGES.get(name, name), (({}, float(value())),))
        if self._live.records is not None:
            yield from recorder_families(self._live.records())
        if self._live.deployments is not None:
            yield from deployment_families(self._live.deployments())
        if self._live.parked is not None:
            yield credential_family(self._live.parked())
        if self._live.probes is not None:
            yield probe_family(self._live.probes())
        if self._live.queues is not None:
            yield from queue_families(self._live.queues())
        if self._live.alerts is not None:
            yield from self._live.alerts()
        yield from process_families(self._settings.version)

    def _by_model(self) -> list[tuple[str, ModelCounts]]:
        models = [(name or NONE, counts) for name, counts in list(self._models.items())]
        other = self._other
        return [*models, (OTHER, other)] if other.success or other.error else models

    def _counts_of(self, receipt: Receipt) -> ModelCounts:
        """The counts of a model seen for the first time. Names that callers invent share one label."""
        name = receipt.model
        invented = receipt.error_code == "MODEL_NOT_FOUND" or len(self._models) >= self._settings.max_models
        if name and name not in self._known_models() and (invented or name in (NONE, OTHER)):
            return self._other
        return self._models.setdefault(name, ModelCounts())

    def _count_error(self, receipt: Receipt, counts: ModelCounts) -> None:
        code = receipt.error_code
        if code:
            self._errors[code] = self._errors.get(code, 0) + 1
        if code in LIMIT_CODES:
            labels: Labels = (
                ("model", OTHER if counts is self._other else receipt.model or NONE),
                ("limit", "rate" if code == "RATE_LIMIT_EXCEEDED" else "concurrency"),
            )
            if self._settings.user_label:
                labels = (*labels, ("user_id", self._user(receipt.user)))
            self._limit_hits[labels] = self._limit_hits.get(labels, 0) + 1

    def _count_passed_over(self, receipt: Receipt) -> None:
        for dropped in receipt.dropped:
            why = next((name for name, words in RESTING if dropped.reason.startswith(words)), "")
            if why:
                key = (dropped.provider, why)
                self._passed_over[key] = self._passed_over.get(key, 0) + 1

    def _user(self, user: str) -> str:
        if user not in self._users:
            if len(self._users) >= self._settings.max_users:
                return OTHER
            self._users.add(user)
        return user


def _add_usage(counts: ModelCounts, receipt: Receipt) -> None:
    counts.input += receipt.input_tokens
    counts.output += receipt.output_tokens
    if receipt.cache_read_tokens or receipt.cache_write_tokens:
        counts.cache_read += receipt.cache_read_tokens
        counts.cache_write += receipt.cache_write_tokens
    counts.reasoning += receipt.reasoning_tokens
    if receipt.cost_nano:
        counts.cost[receipt.currency] = counts.cost.get(receipt.currency, 0) + receipt.cost_nano


def _kinds(counts: ModelCounts) -> tuple[tuple[str, int], ...]:
    return (
        ("input", counts.input),
        ("cache_read", counts.cache_read),
        ("cache_write", counts.cache_write),
        ("output", counts.output),
        ("reasoning", counts.reasoning),
    )


def _family(name: str, about: str, samples: Sequence[tuple[Mapping[str, str], float]]) -> Family:
    # Readers that know OpenMetrics add _total to the name of a counter without it: an untyped name stays as it is.
    kind = "counter" if name.endswith("_total") else "untyped"
    return Family(name, kind, about, tuple(samples))


def _histogram_lines(name: str, model: str, histogram: Histogram) -> Iterator[str]:
    counts = list(accumulate(histogram.counts))
    for bound, count in zip(histogram.bounds, counts, strict=False):
        yield f"{name}_bucket{_labels({'model': model, 'le': _number(bound / histogram.per_second)})} {count}"
    yield f"{name}_bucket{_labels({'model': model, 'le': '+Inf'})} {counts[-1]}"
    yield f"{name}_sum{_labels({'model': model})} {_number(histogram.total / histogram.per_second)}"
    yield f"{name}_count{_labels({'model': model})} {counts[-1]}"


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    plain = value.encode("utf-8", "replace").decode()
    return plain.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(float(value))


def _duration(counts: ModelCounts) -> Histogram:
    return counts.duration


def _first_chunk(counts: ModelCounts) -> Histogram:
    return counts.first_chunk


def _overhead(counts: ModelCounts) -> Histogram:
    return counts.overhead


_HISTOGRAMS: tuple[tuple[str, str, Callable[[ModelCounts], Histogram]], ...] = (
    ("ai_gateway_request_duration_seconds", "From the first byte in to the last byte out.", _duration),
    ("ai_gateway_first_chunk_seconds", "Until the first content, of answers that began.", _first_chunk),
    ("ai_gateway_overhead_seconds", "Time of ours before the first content.", _overhead),
)
