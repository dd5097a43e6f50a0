"""What ``serve`` would refuse although every setting is sound: prices without a rate, providers, networks, guardrails.

It builds what a start builds, throws it away, and opens no connection. Called by ``torana config check`` and ``torana doctor``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from torana.core.clock import Clock
from torana.core.snapshot import Snapshot
from torana.wiring.build import open_provider
from torana.wiring.compile import compile_snapshot
from torana.wiring.fetching import fetching
from torana.wiring.guards import open_guard, tools_of
from torana.wiring.networks import open_upstream
from torana.wiring.prices.book import PriceBook
from torana.wiring.problems import ConfigError, Problem
from torana.wiring.settings import Settings
from torana.wiring.specs import guardrail_specs, provider_specs


def rehearsed(settings: Settings, clock: Clock) -> tuple[Problem, ...]:
    """Every problem; none: a start would go well as far as this machine can tell without asking anybody."""
    found: list[Problem] = []
    for step in _steps(settings, clock):
        try:
            step()
        except ConfigError as fault:
            found += (problem for problem in fault.problems if problem not in found)
    return tuple(found)


def _steps(settings: Settings, clock: Clock) -> Iterator[Callable[[], object]]:
    yield partial(_compiled, settings, clock)
    yield partial(open_upstream, settings)
    upstream = open_upstream(Settings())
    for spec in provider_specs(settings):
        yield partial(open_provider, spec, upstream)
    tools = tools_of(clock, fetching())
    for guardrail in guardrail_specs(settings):
        yield partial(open_guard, guardrail, tools)


def _compiled(settings: Settings, clock: Clock) -> Snapshot:
    return compile_snapshot(settings, (), 1, b"rehearsed", PriceBook(settings, clock.now()))
