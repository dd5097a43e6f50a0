"""Puts the building together: plug-ins opened, rooms built around one Snapshot.

It reads no file and no environment (``settings`` does) and runs nothing (``serve`` does). Called by ``live``
for every new Snapshot.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import msgspec

from torana.core.clock import Clock
from torana.core.ids import id_maker
from torana.core.secret import Secret
from torana.core.snapshot import Snapshot
from torana.dialects.translation import marks_under
from torana.edge.house import Bounds
from torana.line.attempt import Patience, Walker
from torana.line.bearers import Bearers
from torana.line.cache import CacheMeans, CacheRoom
from torana.line.files import FileRoom
from torana.line.guard import Guards
from torana.line.guard import Means as Guarding
from torana.line.health import Health
from torana.line.identify import Gate
from torana.line.limits import Limits
from torana.line.makers import Makers, Marks
from torana.line.policy import Policy, PriceOf
from torana.line.queues import Queues
from torana.line.recall import Recall
from torana.line.rooms import Rooms
from torana.line.route import Router
from torana.line.running import Running
from torana.line.settle import Ledger
from torana.line.shadow import Means, Pool, Shadows
from torana.line.tally import Tally
from torana.ports.dialect import Dialect, NamedDialect
from torana.ports.guardrail import Tools
from torana.ports.provider import Provider
from torana.ports.recorder import Journal, Recorder
from torana.ports.store import Counters
from torana.ports.strategy import Strategy
from torana.ports.vault import Vault
from torana.upstream.reach import CALLERS_KEY
from torana.upstream.seam import Upstream
from torana.wiring import find
from torana.wiring.caching import exact_of, semantic_of
from torana.wiring.fetching import Fetching, fetching
from torana.wiring.guards import Opened, means_of, open_guards, tools_of, warming
from torana.wiring.issuers import Issuers
from torana.wiring.object_overlay import Means as Laying
from torana.wiring.problems import ConfigError, Place, Problem
from torana.wiring.settings import Settings
from torana.wiring.specs import ProviderSpec, provider_specs
from torana.wiring.strangers import Strangers

MEBIBYTE = 1024 * 1024
NAMED = "{model}:"
"""Stands in the paths of dialects whose requests name the model there, and what to do behind it."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What outlives a Snapshot: one of each per process."""

    clock: Clock
    upstream: Upstream
    counters: Counters
    recorder: Recorder
    hash_key: bytes
    tally: Tally = field(default_factory=Tally)
    pool: Pool = field(default_factory=Pool)
    running: Running = field(default_factory=Running)
    """What tries leave behind that were given up."""
    journal: Journal | None = None
    recall: Recall = field(default_factory=Recall)
    issuers: Issuers | None = None
    """None: no token counts, whatever the settings say."""
    vault: Vault | None = None
    """What keeps the values behind tokens for all processes; None: each has its own."""
    health: Health = field(init=False)
    queues: Queues = field(init=False)
    guarding: Guarding = field(init=False)
    opened: Opened = field(default_factory=dict)
    """The guardrails of the latest Snapshot."""
    fetch: Fetching = field(default_factory=fetching)
    tools: Tools = field(init=False)
    makers: Makers = field(default_factory=Makers)
    files: FileRoom | None = None
    """Where files are judged; None: nowhere, and they pass."""
    caching: CacheMeans | None = None
    """Where answers are kept; None: nowhere."""
    laying: Laying | None = None
    """What stored objects are laid over the file's settings with; None: none are."""
    strangers: Strangers = field(default_factory=Strangers)
    """The way to addresses that tenants wrote."""

    def way_out(self, settings: Settings, spec: ProviderSpec) -> Upstream:
        """How a provider is reached: a tenant's own at public addresses only, unless the operator allows others."""
        private = not spec.tenant or settings.server.tenant_private_urls
        return self.upstream if private else self.strangers.client()

    def __post_init__(self) -> None:
        object.__setattr__(self, "health", Health(self.clock))
        object.__setattr__(self, "queues", Queues(self.clock))
        object.__setattr__(self, "guarding", means_of(self.clock, self.hash_key, self.vault, self.files))
        object.__setattr__(self, "tools", tools_of(self.clock, self.fetch))


def build_rooms(
    settings: Settings, snapshot: Snapshot, providers: Mapping[str, Provider], parts: Parts, price_of: PriceOf
) -> Rooms:
    """The rooms of the line for one Snapshot. ``price_of``: what a model costs that is named as ``provider/model``."""
    limits = Limits(snapshot, parts.counters, parts.tally, parts.clock, parts.journal, parts.recall)
    ledger = Ledger(snapshot, limits, parts.recorder, parts.clock)
    router = Router(snapshot, strategies_of(snapshot), random.random, frozenset(providers), parts.health)
    router.makers = ledger.makers = parts.makers
    router.marks = marks_of(snapshot)

    def walker(retries: int, waits: bool = True) -> Walker:
        patience = Patience(retries, snapshot.deadline_s, snapshot.breaker, waits)
        made = Walker(providers, patience, parts.clock, random.random, asyncio.sleep, parts.health)
        made.with_key = keyed(settings, parts) if snapshot.own_keys else None
        made.queues = parts.queues if snapshot.capacities else None
        made.stays = staying(snapshot)
        made.races.running = parts.running
        return made

    means = Means(parts.clock, random.random, id_maker("", parts.clock.now), parts.pool)
    rooms = Rooms(
        snapshot=snapshot,
        gate=Gate(
            snapshot.keys, parts.hash_key, parts.clock, bool(snapshot.own_keys), bearers_of(settings, snapshot, parts)
        ),
        policy=Policy(snapshot, price_of),
        limits=limits,
        guards=Guards(open_guards(settings, parts.tools, parts.opened), parts.guarding),
        cache=CacheRoom(parts.caching, exact_of(settings), semantic_of(settings)),
        router=router,
        walker=walker(snapshot.retries),
        shadows=Shadows(walker(0, waits=False), limits, ledger, means),
        ledger=ledger,
        health=parts.health,
    )
    rooms.guards.rooms = rooms
    rooms.guards.warm(warming())
    return rooms


def bearers_of(settings: Settings, snapshot: Snapshot, parts: Parts) -> Bearers | None:
    """Who bears tokens; None where none count."""
    issuers = parts.issuers
    return None if issuers is None else issuers.bearers(settings, snapshot, parts.upstream, parts.clock)


def open_providers(settings: Settings, parts: Parts) -> dict[str, Provider]:
    """Every configured provider, by id."""
    return {spec.id: open_provider(spec, parts.way_out(settings, spec)) for spec in provider_specs(settings)}


def reopened(
    there: Mapping[str, Provider], before: Settings, settings: Settings, parts: Parts
) -> Mapping[str, Provider]:
    """Every configured provider: those that were open and are configured as before, and the others opened now."""
    known = {spec.id: spec for spec in provider_specs(before)}
    strict = before.server.tenant_private_urls == settings.server.tenant_private_urls
    return {
        spec.id: there[spec.id]
        if strict and known.get(spec.id) == spec and spec.id in there
        else open_provider(spec, parts.way_out(settings, spec))
        for spec in provider_specs(settings)
    }


def open_provider(spec: ProviderSpec, upstream: Upstream) -> Provider:
    """One provider, opened by the module that serves its kind. Raises ConfigError for settings that cannot work."""
    try:
        provider: Provider = find.provider_module(spec.kind).open(spec.settings, upstream)
    except ValueError as fault:
        raise ConfigError([Problem(Place(f"provider {spec.id}"), "", str(fault))]) from fault
    return provider


def keyed(settings: Settings, parts: Parts) -> Callable[[str, Secret], Provider]:
    """A function that opens a provider with a caller's key in place of all of ours.

    Opened anew for each try, so that nothing of the key stays and no pool of ours learns how it fared.
    """
    specs = {spec.id: spec for spec in provider_specs(settings)}

    def opened(provider: str, key: Secret) -> Provider:
        spec = specs[provider]
        CALLERS_KEY.set(True)  # for the rest of this request, whose task has a context of its own
        theirs = msgspec.structs.replace(spec.settings, api_key=key, credentials=())
        return open_provider(spec._replace(settings=theirs), parts.way_out(settings, spec))

    return opened


def strategies_of(snapshot: Snapshot) -> dict[str, Strategy]:
    """The strategies that the Snapshot's models name."""
    names = {model.strategy for model in snapshot.every_model}
    return {name: find.module("strategies", name).order for name in names}


def marks_of(snapshot: Snapshot) -> Marks:
    """The marks that translated answers of the Snapshot's deployments may carry."""
    places = {(one.provider, one.model) for model in snapshot.every_model for one in model.everywhere}
    found: dict[str, set[tuple[str, str]]] = {}
    for place in places:
        for mark in marks_under(*place):
            found.setdefault(mark, set()).add(place)
    return {mark: frozenset(readers) for mark, readers in found.items()}


def staying(snapshot: Snapshot) -> frozenset[str]:
    """The strategies among those named whose first choice is worth waiting for."""
    names = {model.strategy for model in snapshot.every_model}
    return frozenset(name for name in names if getattr(find.module("strategies", name), "STAYS", False))


def bounds_of(settings: Settings) -> Bounds:
    """What the edge accepts."""
    server = settings.server
    return Bounds(
        max_body_bytes=server.max_body_mb * MEBIBYTE,
        drain_s=server.drain_s,
        trusted_proxies=server.trusted_proxies,
        cors_origins=server.cors_origins,
    )


def dialects() -> dict[str, Dialect]:
    """Path → dialect, for every dialect there is, under ``/v1`` and ``/api/v1``."""
    served: dict[str, Dialect] = {}
    for module in find.dialect_modules():
        dialect: Dialect = module  # a module is the dialect: mypy checks its names against the Protocol
        for path in dialect.PATHS:
            if NAMED in path:
                continue
            served[path] = dialect
            if path.startswith("/v1/"):
                served["/api" + path] = dialect
    return served


def named_dialects() -> dict[str, NamedDialect]:
    """Method → dialect, for every dialect whose requests name the model in the path."""
    served: dict[str, NamedDialect] = {}
    for module in find.dialect_modules():
        for path in module.PATHS:
            if NAMED in path:
                served[path.rpartition(":")[2]] = module
    return served
