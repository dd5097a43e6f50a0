"""One gateway process: the parts that live as long as it does, started and stopped in order.

It decides nothing about requests nor settings. Built and run by ``serve``.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from torana import __version__
from torana.control.audit.entries import AuditTrail
from torana.control.metering import Metering
from torana.control.office import Office, Reloaded
from torana.core.call import Ask, Call
from torana.core.tickets import Caller, Grant, Plan
from torana.core.trail import Trail
from torana.edge.house import Asgi, House
from torana.edge.open_routes import metrics_application
from torana.edge.sweep import sweep_on
from torana.line.files import FileRoom
from torana.line.rooms import Rooms
from torana.records.recorder import Recorder
from torana.stores.sql.retention import Swept
from torana.upstream.seam import Upstream
from torana.wiring import paths
from torana.wiring.answer_desk import answers_of
from torana.wiring.apart import seen_answers, seen_values
from torana.wiring.audit_desk import AuditDesk
from torana.wiring.build import bounds_of
from torana.wiring.features import FEATURES
from torana.wiring.fetching import Fetching
from torana.wiring.filing import Filing
from torana.wiring.heap import give_back
from torana.wiring.http1 import give_up_on
from torana.wiring.identities import identities_of
from torana.wiring.keeping import keep_sweeping
from torana.wiring.live import Live
from torana.wiring.object_book import objects_of
from torana.wiring.objecting import Objecting
from torana.wiring.office_database import OfficeDatabase
from torana.wiring.peopling import Peopling
from torana.wiring.policing import Policing
from torana.wiring.policy_book import Book
from torana.wiring.revealing import revealing_of
from torana.wiring.revoking import Revoking
from torana.wiring.server import QuietServer, Stopper, serve_until_cancelled, server_for, sockets_of, stop_with
from torana.wiring.settings import Loaded
from torana.wiring.settings_text import plain
from torana.wiring.stored_keys import Follower
from torana.wiring.tasks import Background
from torana.wiring.watch_file import FileWatch

DRAIN_RECORDER_S = 20.0
ACCESS_TOKEN_S = 900.0
"""How long an access token of somebody who signed in counts; a new one comes with each refresh."""
STARTED_S = 1.0
"""When a process without control plane has started."""
GIVEN_UP_S = 2.0
"""How long tries that lost a race may take to close their connections; then the upstream client closes them."""


@dataclass(slots=True)
class Process:
    """Everything that one process runs."""

    house: House
    app: Asgi
    """What serves the house."""
    live: Live
    recorder: Recorder
    upstream: Upstream
    fetch: Fetching
    follower: Follower
    read: Callable[[], Loaded]
    """Reads the configuration again. Raises ConfigError."""
    source: Path | None
    log: Any
    metrics_page: Callable[[], bytes] | None
    """What ``server.metrics_port`` serves; None: metrics are off."""
    sweep: Callable[[], Swept]
    """Keeps usage in the database within its times."""
    started: Callable[[str], None]
    """Told the address once the server listens."""
    revoking: Revoking
    """The list of revoked tokens."""
    policing: Policing
    """The stored policies."""
    objects: Objecting
    """The stored objects: providers, models, limits, budgets …"""
    metering: Metering
    """Usage and what it cost, as the control plane reads it."""
    people: Peopling
    """The stored tree, and what people need to sign in."""
    trail: AuditTrail
    """Where it is kept what people do."""
    work: Mapping[str, Callable[[], Awaitable[None]]] = field(default_factory=dict)
    """Further work in the background, by name."""
    worker: int = 0
    """Its number among the workers of one parent."""
    listening: int | None = None
    """The descriptor of the socket that they share; None: it listens by itself."""
    parent: int | None = None
    """A descriptor that ends when the parent does: then it stops."""
    office_database: OfficeDatabase | None = None
    """The database as the control plane has it; None before there is one."""
    role: str = "all"
    """Of the planes it serves."""
    files: FileRoom | None = None
    """Where files are judged; None: nowhere."""
    leave: Callable[[], Awaitable[None]] | None = None
    """Called at the end, once all records are written; None: nobody waits for it."""

    async def run(self) -> int:
        """Serve until a signal says stop; 0 after a clean end, 1 when records were lost or the port is taken."""
        background = Background(self.log)
        self.recorder.start()
        self.live.on_publish(self._publish)
        server = server_for(self.app, self.live.settings.server)
        stopper = Stopper(server, self.house)
        stopper.install(lambda: background.once("reload", self._reload_and_forget))
        if self.parent is not None:
            stop_with(self.parent)
        background.keep("sweep", lambda: sweep_on(self.house))
        background.keep("keys", self.follower.follow)
        background.keep("prices", self.live.follow_prices)
        background.keep("revoked", self.revoking.follow)
        background.keep("policies", self.policing.follow)
        background.keep("tree", self.people.follow)
        background.keep("objects", self.objects.follow)
        background.keep("issuers", self.revoking.issuers.keep_fresh)
        background.keep("retention", lambda: keep_sweeping(self.sweep, self.log))
        background.keep("heads", lambda: give_up_on(lambda: server.server_state.connections))
        for name, work in self.work.items():
            background.keep(name, work)
        port = self.live.settings.server.metrics_port
        if port is not None and self.metrics_page is not None:
            page = metrics_application(self.metrics_page)
            own = port + self.worker if port else port
            background.keep("metrics", lambda: serve_until_cancelled(page, self.live.settings.server, own))
        background.once("started", lambda: self._tell(server))
        background.keep("mended", self._reload_mended)
        if self.source is not None:
            background.keep("file", FileWatch(self.source, self._reload_and_forget).watch)
        background.once("rest", self._load_rest)
        try:
            await server.serve(sockets_of(self.listening))
        except SystemExit:  # how uvicorn says that it cannot listen
            address = self.live.settings.server
            self.log.error("cannot_listen", host=address.host, port=address.port, remedy="free the port, or --port N")
        finally:
            kept = await self._close(background)
        self.log.info("stopped", records_kept=kept)
        return 0 if kept and server.started else 1

    async def _close(self, background: Background) -> bool:
        """End everything in order; whether all records were kept."""
        await background.end()
        self.house.rooms.shadows.pool.close()
        await self.house.rooms.shadows.pool.ended()
        await self.house.rooms.walker.races.running.ended(GIVEN_UP_S)
        kept = await self.recorder.drain(DRAIN_RECORDER_S)
        if self.leave is not None:
            await self.leave()
        if self.office_database is not None:
            self.office_database.close()
        await self.fetch.aclose()
        await self.live.strangers.aclose()
        await self.upstream.aclose()
        return kept

    def _publish(self, rooms: Rooms) -> None:
        self.house.bounds = bounds_of(self.live.settings)
        self.house.rooms = rooms

    async def reload(self) -> Reloaded:
        """Read the configuration again; a bad one is refused."""
        return await self.live.reload(self.read)

    async def _reload_and_forget(self) -> None:
        await self.reload()

    async def _reload_mended(self) -> None:
        """Read the refused file again whenever stored rows have changed since."""
        while True:
            await self.live.mended.wait()
            self.live.mended.clear()
            await self.reload()

    async def _tell(self, server: QuietServer) -> None:
        while not server.started:  # noqa: ASYNC110 - uvicorn sets a flag and has no event to wait for
            await asyncio.sleep(0.005)
        settings = self.live.settings.server
        port = server.servers[0].sockets[0].getsockname()[1]
        self.log.info("serving", host=settings.host, port=port, version=__version__)
        self.started(f"{'https' if settings.tls else 'http'}://{shown_host(settings.host)}:{port}")

    async def _load_rest(self) -> None:
        """What is not needed for the first request; then what the start used is given back."""
        if self.house.control_wanted:
            await self._load_control()
        else:
            await asyncio.sleep(STARTED_S)
        await asyncio.to_thread(give_back)

    async def _load_control(self) -> None:
        """FastAPI and its kin take half a second to import: in a thread, once the data plane serves."""
        module = await asyncio.to_thread(importlib.import_module, "torana.control.app")
        self.house.control = module.control_application(self._office(), __version__)

    def _office(self) -> Office:
        rooms, now = (lambda: self.house.rooms), self.house.clock.now
        settings, apart = self.live.settings, self.role == "control"
        database = self.office_database = OfficeDatabase(paths.database_url(settings))
        revealing = revealing_of(self.live, self.house.rooms.guards.vault, self.house.clock, self.log)
        return Office(
            identify=self._identify,
            reload=self.reload,
            configuration=self._configuration,
            system=self._system,
            explain=self._explain,
            revoke=self.revoking.revoke_for,
            now=self.house.clock.now,
            new_id=lambda prefix: prefix + self.house.new_receipt_id(),
            database=database,
            trail=self.trail,
            prover=AuditDesk(paths.database_url(settings)),
            sign_tokens=self.revoking.issuers.console_mint(ACCESS_TOKEN_S, self.house.clock),
            people=self.people.desk,
            identity=identities_of(self.live, self.upstream, self.house.clock, self.log),
            policies=Book(self.policing, self.live, rooms, now),
            objects=objects_of(self.objects, database, rooms),
            scanner=Filing(Book(self.policing, self.live, rooms, now), rooms, self.files, now),
            revealer=seen_values(revealing, settings, apart),
            metering=self.metering,
            answers=seen_answers(answers_of(self.house.rooms, lambda: self.live.settings, database), settings, apart),
            features=FEATURES,
        )

    def _configuration(self) -> Mapping[str, object]:
        settings: Mapping[str, object] = plain(self.live.settings)
        return settings

    async def _identify(self, credentials: Any, address: str) -> Caller:
        trail = Trail("", "", self.house.clock.now(), self.house.clock.monotonic())
        trail.address = address
        call = Call("admin", "admin", b"", credentials, _no_ask, trail)
        return await self.house.rooms.gate.identify(call)

    def _explain(self, caller: Caller, ask: Ask, conversation: str, headers: Mapping[str, str]) -> tuple[Grant, Plan]:
        rooms = self.house.rooms
        trail = Trail("", "", self.house.clock.now(), self.house.clock.monotonic())
        grant = rooms.policy.allow(caller, Call("admin", "explain", b"", (), lambda body: ask, trail))
        return grant, rooms.router.foresee(
            grant, ask, conversation, tuple((name.lower(), value) for name, value in headers.items())
        )

    def _system(self) -> Mapping[str, object]:
        snapshot = self.house.rooms.snapshot
        facts = self.recorder.facts()
        return {
            "version": __version__,
            "role": self.role,
            "snapshot": {"version": snapshot.version, "digest": snapshot.digest},
            "requests_in_flight": self.house.tally.in_flight,
            "holds_open": self.house.tally.holds_open,
            "recorder": {"queued": facts.queued, "spooled": facts.spooled, "dropped": facts.dropped},
            "sinks": [sink._asdict() for sink in facts.sinks],
            "keys_fault": self.follower.fault,
            "configuration": {
                "status": "refused" if self.live.refused else "ok",
                "problems": list(self.live.refused),
            },
        }


def _no_ask(body: bytes) -> Ask:
    """Admin requests ask no model."""
    return Ask(None)


def shown_host(host: str) -> str:
    """A host as it stands in a URL."""
    if host in ("0.0.0.0", "::", ""):  # noqa: S104 - compared, not bound
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host
