"""``torana serve``: reads the settings, puts the building together, runs one process until it is told to stop.

It decides nothing about requests. Called by the CLI.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import resource
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import uvloop

from torana.core.clock import SystemClock
from torana.core.ids import id_maker
from torana.core.snapshot import Snapshot
from torana.dialects import openai_chat
from torana.edge.app import application
from torana.edge.house import Asgi, House, Views
from torana.edge.office_only import office_application
from torana.stores.sql import faults
from torana.wiring import demo, paths, peopling, policing
from torana.wiring.alerting import alerting_of
from torana.wiring.auditing import Auditing
from torana.wiring.build import Parts, bounds_of, dialects, named_dialects
from torana.wiring.checkpoints import Checkpoints
from torana.wiring.counting import Counting
from torana.wiring.database import open_keys, prepare
from torana.wiring.desk import open_desk, watching
from torana.wiring.environment import config_path, read_environment
from torana.wiring.find import available
from torana.wiring.ground import Ground, begin_database, laid, opened_keyring, opened_log
from torana.wiring.heap import few_arenas
from torana.wiring.keeping import retention
from torana.wiring.live import Live
from torana.wiring.metering import metering_of
from torana.wiring.objecting import objecting_of
from torana.wiring.options import ServeOptions
from torana.wiring.own_usage import OwnUsage
from torana.wiring.probing import probing
from torana.wiring.problems import ConfigError, Place, Problem
from torana.wiring.process import Process
from torana.wiring.recalling import recalling_of
from torana.wiring.recent import RecentRequests
from torana.wiring.recorded import source_of
from torana.wiring.recording import Recording
from torana.wiring.reminding import reminding_of
from torana.wiring.revoking import revoking_of
from torana.wiring.settings import Mode, Settings, load
from torana.wiring.short_turns import ShortTurns
from torana.wiring.static_files import static_files
from torana.wiring.stored_keys import Follower
from torana.wiring.tracing import tracing_of
from torana.wiring.views import deployment_facts, parked_credentials, queue_facts, ready_view, thread_gauges
from torana.wiring.workers import Workers, listener

WANTED_OPEN_FILES = 65_536
BEHIND = 10
"""How far a control plane of its own stands behind for the processor (nice): nobody's AI request waits for a report."""
COLLECT_AT = (50_000, 10, 10)
"""Thresholds of the three generations (gc.set_threshold)."""


def run(options: ServeOptions) -> int:
    """Serve until SIGTERM or SIGINT; the exit code. Raises ConfigError before anything was started."""
    refuse_not_served(options)
    raise_open_files()
    few_arenas()
    if options.role == "control":
        os.nice(BEHIND)
    return uvloop.run(build(options)) if options.workers == 1 else run_workers(options)


def run_workers(options: ServeOptions) -> int:
    """The same with several processes. Raises ConfigError for what they cannot share, OSError when the port is taken."""
    environ = read_environment(Path.cwd())
    path = config_path(options.config, environ, Path.cwd())
    loaded = load(path, environ, options.overrides, available(), Mode(demo=options.demo, dev=options.dev))
    settings = loaded.settings
    if settings.redis_url is None:
        problem = (
            "--workers needs counters that all workers share; with memory each would allow the whole of every limit"
        )
        raise ConfigError([Problem(Place("command line"), "", problem, "set redis_url, or run one worker")])
    # Made once, before there are several that would make it.
    keyring = opened_keyring(settings, environ, options)
    url = paths.database_url(settings)
    begin_database(url)
    with contextlib.suppress(*faults()):
        prepare(url)
    log = opened_log(settings, keyring, SystemClock()).log
    with listener(settings) as listening:
        return Workers(options, listening, lambda one: uvloop.run(build(one)), log).run()


async def build(options: ServeOptions) -> int:
    """Build the process and run it."""
    asyncio.get_running_loop().set_default_executor(ShortTurns(thread_name_prefix="beside"))
    ground = laid(options)
    settings, parts, live, recording = ground.loaded.settings, ground.parts, ground.live, ground.recording
    clock, log, issuers = parts.clock, ground.logs.log, ground.issuers
    follower = Follower(lambda: open_keys(ground.url, clock), paths.data_dir(settings), live.take_keys)
    house = open_house(settings, live, parts, recording, follower)
    recording.gauges["ai_gateway_configuration_refused"] = lambda: float(bool(live.refused))
    house.desk = open_desk(ground.url, ground.counted.post.process, clock)
    show(recording, house, live, parts)
    recording.gauges |= ground.caching.gauges
    remembering = await remembered(live, parts, recording, ground.counted, log)
    revoking = await revoking_of(live, clock, issuers)
    objects = await objecting_of(live)
    policed = await policing.policing_of(live, clock)
    means = peopling.Means(ground.keyring.hash_key, options.dev, log)
    people = await peopling.peopling_of(live, (follower, revoking), means)
    house.mint = (lambda: issuers.mint(live.settings, clock)) if options.dev else None
    app = plane(house, options.role)
    house.tracing = tracing_of(settings)
    process = Process(
        house=house,
        app=app,
        role=options.role,
        live=live,
        recorder=recording.recorder,
        upstream=parts.upstream,
        fetch=parts.fetch,
        follower=follower,
        read=ground.read,
        source=ground.path,
        log=log,
        metrics_page=recording.page if settings.telemetry.metrics else None,
        sweep=retention(lambda: live.settings, clock),
        worker=options.worker,
        listening=options.listening,
        parent=options.parent,
        started=teller(options, [model.name for model in settings.models]),
        work={**remembering, **work_of(ground, house, options.role)},
        files=ground.reading.room,
        leave=ground.reading.after(ground.caching.after(ground.counted.close)),
        revoking=revoking,
        policing=policed,
        objects=objects,
        people=people,
        trail=Auditing(ground.logs.mask, clock, recording.entries),
        metering=metering_of(live, house, recording, apart=options.role == "control"),
    )
    calm_collector()
    return await process.run()


def plane(house: House, role: str) -> Asgi:
    """What serves the house in this role."""
    house.control_wanted = role != "data"
    house.data_only = role == "data"
    if house.data_only:
        house.static = {}
    return office_application(house) if role == "control" else application(house)


def work_of(ground: Ground, house: House, role: str) -> dict[str, Callable[[], Awaitable[None]]]:
    """What goes on in the background besides, by name. A control plane of its own asks no providers."""
    live, parts = ground.live, ground.parts
    signing = Checkpoints(lambda: live.settings, ground.keyring.audit_key, parts.clock, ground.logs.log)
    work = {**ground.counted.work, **ground.caching.work, "checkpoints": signing.keep}
    if role == "control":
        return work
    return {**work, "probes": probing(live, parts, ground.recording), "batches": watching(house)}


def show(recording: Recording, house: House, live: Live, parts: Parts) -> None:
    """Give the metrics what they are read from."""
    recording.snapshot = lambda: house.rooms.snapshot
    recording.deployments = lambda: deployment_facts(parts.health)
    recording.queues = lambda: queue_facts(parts.queues)
    recording.parked = lambda: parked_credentials(live.providers)
    recording.gauges |= thread_gauges(parts.guarding.crews)


async def remembered(
    live: Live, parts: Parts, recording: Recording, counted: Counting, log: Any
) -> dict[str, Callable[[], Awaitable[None]]]:
    """See to it that counters know what was spent before; the work that goes on with it.

    Shared ones outlive a process: they are told nothing, and ask for what they lost.
    """
    if unknown := recording.take_up(live.rooms.snapshot.version):
        log.warning("holds.of_a_killed_process", settled_at_what_was_held=unknown)
    recalling = recalling_of(live.settings, recording.spool, counted.post.spool_name, parts, log)
    alerting = alerting_of(lambda: live.settings, parts.clock, log)

    async def prepare(snapshot: Snapshot) -> None:
        alerting.heed(snapshot)
        await recalling.heed(snapshot)

    alerting.heed(live.rooms.snapshot)
    parts.counters.listen(alerting.alerts)
    recording.watch = alerting.observer(asyncio.get_running_loop())
    recording.alerts = alerting.families
    live.on_prepare(prepare)
    await recalling.heed(live.rooms.snapshot, recording.taken_up)
    counted.records = recalling.known
    url = paths.database_url(live.settings)
    reminding = reminding_of(url, alerting.say, parts.clock)
    work: dict[str, Callable[[], Awaitable[None]]] = {"alerts": alerting.keep, "expiries": reminding.keep}
    if recalling.tells:
        work["budgets"] = recalling.keep
    return work


def open_house(settings: Settings, live: Live, parts: Parts, recording: Recording, follower: Follower) -> House:
    """The edge's world."""
    server = settings.server
    return House(
        rooms=live.rooms,
        dialects=dialects(),
        named=named_dialects(),
        default_dialect=openai_chat,
        clock=parts.clock,
        tally=parts.tally,
        new_request_id=id_maker("req_", parts.clock.now),
        new_receipt_id=id_maker("", parts.clock.now),
        views=Views(
            ready=ready_view(
                recording.recorder,
                follower,
                lambda: live.rooms.snapshot.version,
                recording.counters_away,
                parts.issuers,
                lambda: live.refused,
            ),
            metrics=recording.page if settings.telemetry.metrics and server.metrics_port is None else None,
            overloaded=lambda: recording.recorder.full,
            usage=OwnUsage(source_of(settings, recording.spool, recording.spool_name), settings.currency, parts.clock),
            recent=RecentRequests(paths.database_url(settings)),
        ),
        bounds=bounds_of(settings),
        static=static_files(),
    )


def teller(options: ServeOptions, models: Sequence[str]) -> Callable[[str], None]:
    """What is said once the server listens: in demo, what to type next."""

    def tell(base_url: str) -> None:
        if options.demo and not options.worker:
            sys.stdout.write(demo.next_steps(base_url, models) + "\n")
            sys.stdout.flush()

    return tell


def refuse_not_served(options: ServeOptions) -> None:
    """Refuse what this version cannot do. Raises ConfigError."""
    problem, remedy = "", "run one process"
    if options.workers < 1:
        problem = "--workers is at least 1"
    elif options.role == "control" and options.workers > 1:
        problem, remedy = "--role control is one process", "start it once more, on a port and a data folder of its own"
    if problem:
        raise ConfigError([Problem(Place("command line"), "", problem, remedy)])


def calm_collector() -> None:
    """Let the cycle collector leave what is built alone, and look at young objects less often.

    A request makes some hundred objects and no cycle; at the interpreter's thresholds the collector walked
    them all every few requests, for a sixth of the CPU (measured: 215 µs a request against 180).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AT)


def raise_open_files() -> None:
    """As many open files as the system lets us have: each stream takes two."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = WANTED_OPEN_FILES if hard == resource.RLIM_INFINITY else min(WANTED_OPEN_FILES, hard)
    if soft < wanted:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
