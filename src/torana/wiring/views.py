"""What the open routes show of the process: readiness by dependency, how deployments and credentials are.

It measures nothing; it asks the parts. Built by ``serve``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from torana.line.guard_threads import Crews
from torana.line.health import Health
from torana.line.queues import Queues
from torana.ports.provider import Provider
from torana.records.gauges import DeploymentFacts
from torana.records.queue_gauges import CapacityFacts, QueueFacts, WaitedFacts
from torana.records.recorder import Recorder
from torana.upstream.pooled import Pooled
from torana.wiring.issuers import Issuers
from torana.wiring.stored_keys import Follower


def deployment_facts(health: Health) -> list[DeploymentFacts]:
    """Every deployment that was tried."""
    return [
        DeploymentFacts(
            provider,
            model,
            now.breaker,
            now.cooling_until is not None,
            opened,
            None if now.probe is None else now.probe == "down",
        )
        for provider, model, now, opened in health.survey()
    ]


def queue_facts(queues: Queues) -> QueueFacts:
    """Every capacity, and how requests have waited."""
    waited = {name: WaitedFacts(*one) for name, one in queues.waited.items()}
    return QueueFacts([CapacityFacts(*one) for one in queues.survey()], waited)


def thread_gauges(crews: Crews | None) -> dict[str, Callable[[], float]]:
    """How many threads hang in guardrails, and how often there was none."""
    if crews is None:
        return {}
    return {
        "ai_gateway_guardrail_threads_given_up": lambda: float(crews.given_up),
        "ai_gateway_guardrail_threads_refused": lambda: float(crews.refused),
    }


def parked_credentials(providers: Mapping[str, Provider]) -> dict[str, int]:
    """How many credentials are parked, by id of those providers that have a pool of them."""
    return {name: provider.parked for name, provider in list(providers.items()) if isinstance(provider, Pooled)}


def ready_view(
    recorder: Recorder,
    follower: Follower,
    snapshot_version: Callable[[], int],
    counters_away: Callable[[], bool] | None = None,
    issuers: Issuers | None = None,
    refused: Callable[[], Sequence[str]] = tuple,
) -> Callable[[], tuple[bool, Mapping[str, object]]]:
    """A function that says whether to take traffic, and how each dependency is.

    The database may be away: the last known keys serve. Only records that cannot be kept stop traffic,
    and only where the configuration says so. ``refused``: what newer configuration waits, and why. Shared counters may be away: each rule says what then.
    """

    def ready() -> tuple[bool, Mapping[str, object]]:
        facts = recorder.facts()
        dependencies: dict[str, object] = {
            "snapshot": {"status": "ok", "version": snapshot_version()},
            "spool": {"status": "unavailable" if facts.spool_error else "ok", "queued": facts.queued},
            "keys": {"status": "ok" if follower.fault is None else "last known"},
        }
        if problems := refused():
            # Which and why is for operators: GET system/info and the log tell.
            dependencies["configuration"] = {"status": "refused, the one before serves", "problems": len(problems)}
        if issuers is not None and (state := issuers.state()):
            dependencies["issuers"] = {"status": state}
        if counters_away is not None:
            dependencies["counters"] = {"status": "away" if counters_away() else "ok"}
        for sink in facts.sinks:
            told: dict[str, object] = {"status": "ok" if not sink.failures else "failing", "lag": sink.lag}
            if sink.failures:
                told["away_s"] = round(sink.away_s)
            if sink.set_aside:
                told["set_aside"] = sink.set_aside
            dependencies[f"sink:{sink.name}"] = told
        return not facts.full, dependencies

    return ready
