"""A store of kept things in memory, and a provider that keeps things, for plays of the line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from tests.line.world import ScriptedSource, World, text
from torana.core.call import Prompt, Reply, Usage
from torana.core.faults import UpstreamFault
from torana.core.kept import MAKING, OPEN, SETTLED, Kept, Made, Page
from torana.core.tickets import Attempt
from torana.ports.kept import ShelfAway


@dataclass
class MemoryShelf:
    """Implements ``ports.kept.Shelf``."""

    rows: dict[tuple[str, str, str], Kept] = field(default_factory=dict)
    watched: dict[tuple[str, str, str], tuple[str, float]] = field(default_factory=dict)
    away: bool = False
    asked: int = 0

    def _ask(self) -> None:
        self.asked += 1
        if self.away:
            raise ShelfAway("away")

    def put(self, kept: Kept) -> None:
        self._ask()
        old = self.rows.get(kept[:3])
        self.rows[kept[:3]] = kept._replace(state=SETTLED) if old is not None and old.state == SETTLED else kept
        self.watched.setdefault(kept[:3], (kept.watcher, kept.created_at))

    def claim(self, kept: Kept, watcher: str, now: float, lease_s: float) -> bool:
        self._ask()
        who, at = self.watched.get(kept[:3], ("", now))
        if (
            kept[:3] not in self.rows
            or self.rows[kept[:3]].state == SETTLED
            or (who != watcher and at >= now - lease_s)
        ):
            return False
        self.watched[kept[:3]] = (watcher, now)
        return True

    def find(self, tenant: str, kind: str, id: str) -> Kept | None:  # noqa: A002 - the word of the row
        self._ask()
        return self.rows.get((tenant, kind, id))

    def page(self, tenant: str, kind: str, page: Page) -> Sequence[Kept]:
        self._ask()
        return [one for one in self.rows.values() if one[:2] == (tenant, kind) and one.state != MAKING][
            : page.limit + 1
        ]

    def unsettled(self) -> Sequence[Kept]:
        self._ask()
        return [one for one in self.rows.values() if one.state in (MAKING, OPEN)]

    def remove(self, tenant: str, kind: str, id: str) -> bool:  # noqa: A002 - the word of the row
        self._ask()
        return self.rows.pop((tenant, kind, id), None) is not None

    def close(self) -> None:
        pass


@dataclass
class Keeping:
    """A provider that says of every thing what it is told to say."""

    world: World
    says: Made | None = None
    status: int = 200
    wire: str = "{}"
    fault: UpstreamFault | None = None
    mark: str = "c0ffee"
    asked: list[Prompt] = field(default_factory=list)
    content: str = "what the batch answered"

    async def send(self, attempt: Attempt, prompt: Prompt) -> Reply:
        self.asked.append(prompt)
        if self.fault is not None:
            raise self.fault
        wanted, pin = prompt.ask.kept, prompt.pin
        assert wanted is not None and pin is not None
        if not pin.provider:
            pin.credential = self.mark
        good = 200 <= self.status < 300
        if good and wanted.deed != "content":
            pin.made = self.says
        body = self.content if wanted.deed == "content" else self.wire
        source = ScriptedSource([text(body, usage=Usage())])
        return Reply(attempt, self.status, prompt.dialect, False, source, (), (), "0")

    async def aclose(self) -> None:
        pass


def keepers(world: World) -> World:
    """The world with its provider ``p`` keeping files."""
    world.snapshot = replace(world.snapshot, keepers=frozenset({"p"}))
    world.rooms = world.build()
    return world
