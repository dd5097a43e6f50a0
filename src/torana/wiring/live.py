"""The configuration in force, stored policies over it: builds a new Snapshot beside the old one and swaps one reference.

It serves nothing. A configuration that is refused changes nothing; a request keeps the Rooms it began with.
Called by ``serve``, on a changed file, SIGHUP, an admin's reload, changed keys and policies.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

from torana.control.office import Reloaded
from torana.core.clock import Clock
from torana.core.snapshot import Snapshot
from torana.line.rooms import Rooms
from torana.ports.objects import StoredObject
from torana.ports.policies import StoredPolicy
from torana.ports.provider import Provider
from torana.ports.store import StoredKey
from torana.ports.tree import TreeRow
from torana.wiring.available import Available
from torana.wiring.build import Parts, build_rooms, open_providers, reopened
from torana.wiring.compile import compile_snapshot
from torana.wiring.misfits import with_remedies
from torana.wiring.object_overlay import Means, edited_beneath, laid
from torana.wiring.policy_overlay import laid_over
from torana.wiring.prices.book import PriceBook, unpriced
from torana.wiring.problems import ConfigError
from torana.wiring.restart import wait_for_restart
from torana.wiring.settings import Loaded, Settings
from torana.wiring.strangers import Strangers
from torana.wiring.tree_overlay import both_trees, with_tree

LOOK_EVERY_S = 60.0
"""A clock that was set must not make prices late by more."""


class Log(Protocol):
    """Structured lines."""

    def info(self, event: str, **fields: object) -> object: ...

    def warning(self, event: str, **fields: object) -> object: ...


class Stored(NamedTuple):
    """What the database has beside the file, as it was last known."""

    keys: Sequence[StoredKey] = ()
    policies: Sequence[StoredPolicy] = ()
    tree: Sequence[TreeRow] = ()
    objects: Sequence[StoredObject] = ()


class Live:
    """Settings, keys, policies and the Rooms made of them."""

    def __init__(self, loaded: Loaded, stored: Stored, parts: Parts, log: Log, plugins: Available) -> None:
        """Raises ConfigError when the settings cannot be compiled, or the stored policies do not fit them."""
        self._parts = parts
        self._log = log
        self._one_at_a_time = asyncio.Lock()
        self._published: Callable[[Rooms], None] = _nobody
        self._prepare: Callable[[Snapshot], Awaitable[None]] = _nothing
        self._prices_until: float | None = None
        self._unpriced: tuple[str, ...] = ()
        self._refused: dict[str, tuple[str, ...]] = {}
        """What was refused and not taken since: of the file, of stored policies, of stored objects."""
        self._tree_waits: Sequence[TreeRow] | None = None
        """A tree that lacks what something else still names."""
        self.mended = asyncio.Event()
        """Set when stored rows were taken while a file waits that had been refused: it may fit now."""
        self._plugins = plugins
        self.keys, self.policies, self.tree, self.objects = stored
        self.loaded = loaded
        self._settings = self.laid(self.policies)
        self._providers: Mapping[str, Provider] = open_providers(self._settings, parts)
        self._say_edited(loaded)
        self.rooms = self._rooms(self._settings, self.keys, self._providers, version=1)
        parts.queues.adopt(self.rooms.snapshot)

    @property
    def settings(self) -> Settings:
        """The settings in force, stored policies among them."""
        return self._settings

    def laid(
        self,
        policies: Sequence[StoredPolicy],
        loaded: Loaded | None = None,
        tree: Sequence[TreeRow] | None = None,
        objects: Sequence[StoredObject] | None = None,
    ) -> Settings:
        """The settings with what is stored over those of the file: the tree, objects, then these policies.

        Raises ConfigError when they do not fit.
        """
        settings = with_tree((loaded or self.loaded).settings, self.tree if tree is None else tree)
        if self._parts.laying is not None:
            settings = laid(settings, self.objects if objects is None else objects, self._parts.laying)
        return laid_over(settings, policies, self._plugins)

    @property
    def refused(self) -> tuple[str, ...]:
        """Why something newer than what is in force is not; empty: nothing waits."""
        return tuple(problem for problems in self._refused.values() for problem in problems)

    @property
    def providers(self) -> Mapping[str, Provider]:
        """The opened providers, by id."""
        return self._providers

    def on_publish(self, published: Callable[[Rooms], None]) -> None:
        """Whom to tell of new Rooms: called on the event loop."""
        self._published = published

    def on_prepare(self, prepare: Callable[[Snapshot], Awaitable[None]]) -> None:
        """Whom to tell of a Snapshot that is about to take over, and to wait for."""
        self._prepare = prepare

    def snapshot_with(
        self, policies: Sequence[StoredPolicy], objects: Sequence[StoredObject] | None = None
    ) -> Snapshot:
        """What the Snapshot would be with these policies and objects; nothing is published. Raises ConfigError."""
        settings, now = self.laid(policies, objects=objects), self._parts.clock.now()
        return compile_snapshot(settings, self.keys, 0, self._parts.hash_key, PriceBook(settings, now))

    async def reload(self, read: Callable[[], Loaded]) -> Reloaded:
        """Take what ``read`` gives, or refuse it and go on. ``read`` runs in a thread and may raise ConfigError."""
        async with self._one_at_a_time:
            try:
                loaded = await asyncio.to_thread(read)
                settings = await asyncio.to_thread(self.laid, self.policies, loaded)
                providers = open_providers(settings, self._parts)
                rooms = await asyncio.to_thread(self._rooms, settings, self.keys, providers, self._next)
            except ConfigError as refused:
                problems = self._refuse("file", refused)
                self._log.warning("config.refused", problems=problems, snapshot=self.rooms.snapshot.version)
                return Reloaded(False, self.rooms.snapshot.version, self.rooms.snapshot.digest, problems)
            waiting = wait_for_restart(self.settings, settings)
            if waiting:
                self._log.warning("config.waits_for_restart", settings=waiting)
            await self._prepare(rooms.snapshot)
            old, self._providers = self._providers, providers
            self.loaded, self._settings = loaded, settings
            self._say_edited(loaded)
            self._take("file")
            self._publish(rooms)
            for provider in old.values():
                await provider.aclose()
            notes = tuple(f"{name}: takes effect at the next start" for name in waiting)
            return Reloaded(True, rooms.snapshot.version, rooms.snapshot.digest, notes)

    async def take_keys(self, keys: Sequence[StoredKey]) -> None:
        """Take another list of stored keys."""
        async with self._one_at_a_time:
            if list(keys) == list(self.keys):
                return
            rooms = await asyncio.to_thread(self._rooms, self.settings, keys, self._providers, self._next)
            if rooms.snapshot.budgets != self.rooms.snapshot.budgets:
                await self._prepare(rooms.snapshot)
            self.keys = keys
            self._publish(rooms)

    async def take_policies(self, policies: Sequence[StoredPolicy]) -> None:
        """Take another list of stored policies. Raises ConfigError when they do not fit the file; the old ones hold on."""
        async with self._one_at_a_time:
            if list(policies) == list(self.policies):
                return
            try:
                settings = await asyncio.to_thread(self.laid, policies)
                rooms = await asyncio.to_thread(self._rooms, settings, self.keys, self._providers, self._next)
            except ConfigError as refused:
                self._log.warning("policies.refused", problems=self._refuse("policies", refused))
                raise
            await self._prepare(rooms.snapshot)
            self._take("policies")
            self.policies, self._settings = policies, settings
            self._publish(rooms)
        await self._late_tree()

    async def take_objects(self, objects: Sequence[StoredObject]) -> None:
        """Take other stored objects. Raises ConfigError when they do not fit; the old ones hold on.

        Providers that changed are opened anew; requests under way keep those they began with.
        """
        async with self._one_at_a_time:
            if list(objects) == list(self.objects):
                return
            try:
                settings = await asyncio.to_thread(self.laid, self.policies, objects=objects)
                providers = reopened(self._providers, self._settings, settings, self._parts)
                rooms = await asyncio.to_thread(self._rooms, settings, self.keys, providers, self._next)
            except ConfigError as refused:
                self._log.warning("objects.refused", problems=self._refuse("objects", refused))
                raise
            self._take("objects")
            waiting = wait_for_restart(self.settings, settings)
            if waiting:
                self._log.warning("config.waits_for_restart", settings=waiting)
            await self._prepare(rooms.snapshot)
            old, self._providers = self._providers, providers
            self.objects, self._settings = objects, settings
            self._publish(rooms)
            for name, provider in old.items():
                if providers.get(name) is not provider:
                    await provider.aclose()
        await self._late_tree()

    async def try_objects(self, objects: Sequence[StoredObject]) -> None:
        """Raise ConfigError when these objects could not be taken; nothing is published."""
        settings = await asyncio.to_thread(self.laid, self.policies, objects=objects)
        reopened(self._providers, self._settings, settings, self._parts)
        book = PriceBook(settings, self._parts.clock.now())
        await asyncio.to_thread(compile_snapshot, settings, self.keys, 0, self._parts.hash_key, book)

    @property
    def laying(self) -> Means | None:
        """What stored objects are laid over the file's settings with."""
        return self._parts.laying

    @property
    def strangers(self) -> Strangers:
        """The way to addresses that tenants wrote."""
        return self._parts.strangers

    @property
    def clock(self) -> Clock:
        """The clock of the process."""
        return self._parts.clock

    def _say_edited(self, loaded: Loaded) -> None:
        """What was edited in the file beneath a stored object does nothing: that is said, not lost."""
        edited = edited_beneath(loaded.settings, self.objects)
        if edited:
            names = tuple(f"{one.kind} {one.name}" + (f" of {one.tenant}" if one.tenant else "") for one in edited)
            self._log.warning("config.edited_beneath", objects=names, remedy="GET config/diff shows both")

    async def take_tree(self, tree: Sequence[TreeRow]) -> None:
        """Take another tree. What is gone from it and still named by something else stays until that goes too."""
        async with self._one_at_a_time:
            self._tree_waits = None
            if list(tree) == list(self.tree):
                return
            try:
                settings = await asyncio.to_thread(self.laid, self.policies, None, tree)
            except ConfigError as refused:
                self._tree_waits = tree
                self._log.warning("tree.still_named", problems=tuple(str(one) for one in refused.problems))
                tree = both_trees(self.tree, tree)
                settings = await asyncio.to_thread(self.laid, self.policies, None, tree)
            rooms = await asyncio.to_thread(self._rooms, settings, self.keys, self._providers, self._next)
            self.tree, self._settings = tree, settings
            self._publish(rooms)

    async def _late_tree(self) -> None:
        """Take the tree that could not be taken whole: what named the rest of it may be gone now."""
        if self._tree_waits is not None:
            await self.take_tree(self._tree_waits)

    async def follow_prices(self) -> None:
        """Take other prices and rates at the moment they begin to hold, until cancelled."""
        while True:
            until = self._prices_until
            left = LOOK_EVERY_S if until is None else until - self._parts.clock.now()
            await asyncio.sleep(min(max(left, 0.0), LOOK_EVERY_S))
            if until is not None and until <= self._parts.clock.now():
                await self.take_prices()

    async def take_prices(self) -> None:
        """Take the prices of this moment; requests keep those they began with."""
        async with self._one_at_a_time:
            rooms = await asyncio.to_thread(self._rooms, self.settings, self.keys, self._providers, self._next)
            if rooms.snapshot.digest != self.rooms.snapshot.digest:
                self._publish(rooms)

    def _refuse(self, what: str, refused: ConfigError) -> tuple[str, ...]:
        found = with_remedies(refused, "what was in force before serves on").problems
        self._refused[what] = tuple(str(problem) for problem in found)
        return self._refused[what]

    def _take(self, what: str) -> None:
        self._refused.pop(what, None)
        if "file" in self._refused:
            self.mended.set()

    @property
    def _next(self) -> int:
        return self.rooms.snapshot.version + 1

    def _rooms(
        self, settings: Settings, keys: Sequence[StoredKey], providers: Mapping[str, Provider], version: int
    ) -> Rooms:
        book = PriceBook(settings, self._parts.clock.now())
        snapshot = compile_snapshot(settings, keys, version, self._parts.hash_key, book)
        rooms = build_rooms(settings, snapshot, providers, self._parts, book.named)
        names = tuple(unpriced(snapshot))
        if names and names != self._unpriced:
            self._log.warning("prices.unknown", models=names, unknown_price=settings.unknown_price)
        self._unpriced = names
        self._prices_until = book.until
        return rooms

    def _publish(self, rooms: Rooms) -> None:
        self.rooms = rooms
        self._parts.queues.adopt(rooms.snapshot)
        self._published(rooms)
        self._log.info("snapshot.published", version=rooms.snapshot.version, digest=rooms.snapshot.digest[:12])


def _nobody(rooms: Rooms) -> None:
    """Before the house stands."""


async def _nothing(snapshot: Snapshot) -> None:
    """There is nothing to prepare."""
