"""A small world for the line: real rooms, real counters, a provider that plays scripts, a recorder that is a list."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from torana.core.call import Ask, Call, Chunk, Prompt, Reply, Usage
from torana.core.keys import key_digest
from torana.core.snapshot import Deployment, KeyEntry, LimitRule, ModelEntry, Prices, Snapshot
from torana.core.tickets import Attempt, Hold
from torana.core.trail import Trail
from torana.line.attempt import Patience, Walker
from torana.line.cache import CacheMeans, CacheRoom
from torana.line.cache_make import Exact
from torana.line.guard import Guard, Guards
from torana.line.health import Health
from torana.line.identify import Gate
from torana.line.limits import Limits
from torana.line.policy import Policy
from torana.line.queues import Queues
from torana.line.rooms import Rooms
from torana.line.route import Router
from torana.line.settle import Ledger
from torana.line.shadow import Means, Pool, Shadows
from torana.line.tally import Tally
from torana.ports.receipt import Receipt
from torana.ports.strategy import Strategy
from torana.stores.memory import MemoryCounters
from torana.strategies import priority
from torana.testing.clock import FakeClock

HASH_KEY = b"k" * 32
KEY = "sk-torana-of-the-tests"
BODY = b'{"model":"m","messages":[{"role":"user","content":"hello there"}]}'
PRICES = Prices("USD", input_nano=2_000_000_000, cache_read_nano=1_000_000_000, output_nano=8_000_000_000)

HANG = "hang"
"""A step that waits until it is cancelled or closed."""

Step = Chunk | BaseException | str | Callable[[], None]
"""What a source does next: give a chunk, raise, hang, or do something on the side and go on."""


def text(wire: str, **facts: Any) -> Chunk:
    """A chunk with content."""
    return Chunk(wire.encode(), **facts)


def quiet(wire: str = ": keep-alive\n\n", usage: Usage | None = None) -> Chunk:
    """A chunk without content."""
    return Chunk(wire.encode(), content=False, usage=usage)


class ScriptedSource:
    """A ChunkSource that plays steps and remembers whether it was given back."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self._steps = list(steps)
        self.ended = False
        self.closed = 0

    def __aiter__(self) -> AsyncIterator[Chunk]:
        return self

    async def __anext__(self) -> Chunk:
        assert not self.closed, "read after it was closed"
        while self._steps:
            step = self._steps.pop(0)
            if isinstance(step, Chunk):
                return step
            if isinstance(step, BaseException):
                raise step
            if step == HANG:
                await asyncio.Event().wait()
            elif callable(step):
                step()
            await asyncio.sleep(0)
        self.ended = True
        raise StopAsyncIteration

    async def aclose(self) -> None:
        self.closed += 1
        await asyncio.sleep(0)  # closing may wait, as a real connection's does

    @property
    def given_back(self) -> bool:
        """Read to its end or closed: the law for every source that was opened."""
        return self.ended or self.closed > 0


@dataclass
class Script:
    """One answer: what happens before the head (an exception, HANG), then the steps of its source."""

    steps: Sequence[Step] = ()
    before: Sequence[Step] = ()
    headers: tuple[tuple[str, str], ...] = ()
    credential: str = ""


PLAIN = Script([text('{"object":"chat.completion"}', usage=Usage(uncached=5, output=7), finish="stop")])


class ScriptedProvider:
    """Plays its scripts in turn, one a try; the last one again and again."""

    def __init__(self, *scripts: Script) -> None:
        self.scripts = list(scripts) or [PLAIN]
        self.sources: list[ScriptedSource] = []
        self.attempts: list[Attempt] = []

    async def send(self, attempt: Attempt, prompt: Prompt) -> Reply:
        self.attempts.append(attempt)
        script = self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]
        for step in script.before:
            if isinstance(step, BaseException):
                raise step
            if step == HANG:
                await asyncio.Event().wait()
            elif callable(step):
                step()
            await asyncio.sleep(0)
        source = ScriptedSource(script.steps)
        self.sources.append(source)
        return Reply(
            attempt, 200, prompt.dialect, prompt.ask.stream, source, script.headers, credential=script.credential
        )

    async def aclose(self) -> None:
        pass


class ListRecorder:
    """Keeps Receipts and their Holds."""

    def __init__(self) -> None:
        self.receipts: list[Receipt] = []
        self.holds: list[Hold | None] = []

    def record(self, receipt: Receipt, hold: Hold | None) -> None:
        self.receipts.append(receipt)
        self.holds.append(hold)


KEY_ENTRY = KeyEntry("key-1", "demo", "sk-torana-Ab3d", "acme", department="dep", team="red", user="ann")


def snapshot(
    *models: ModelEntry, key: KeyEntry = KEY_ENTRY, kinds: Mapping[str, str] | None = None, **facts: Any
) -> Snapshot:
    """A Snapshot with one key and these models, one named ``m`` when there are none."""
    known = models or (model(),)
    return Snapshot(
        version=3,
        digest="d",
        keys={key_digest(HASH_KEY, KEY): key},
        models={entry.name: entry for entry in known},
        provider_kinds=kinds if kinds is not None else {"p": "openai_compatible", "q": "echo"},
        **{"retries": 0, **facts},
    )


def model(name: str = "m", providers: Sequence[str] = ("p",), **facts: Any) -> ModelEntry:
    """A model with one deployment at each provider, in order of priority."""
    deployments = tuple(
        Deployment(provider, f"up-{name}", priority=number) for number, provider in enumerate(providers, 1)
    )
    return ModelEntry(name, **{"deployments": deployments, "prices": PRICES, **facts})


@dataclass
class World:
    """Everything around one line."""

    snapshot: Snapshot = field(default_factory=snapshot)
    providers: dict[str, ScriptedProvider] = field(default_factory=lambda: {"p": ScriptedProvider()})
    guards: Mapping[str, Guard] = field(default_factory=dict)
    strategies: Mapping[str, Strategy] = field(default_factory=lambda: {"priority": priority.order})
    draws: Callable[[], float] = lambda: 0.5
    clock: FakeClock = field(default_factory=FakeClock)
    tally: Tally = field(default_factory=Tally)
    recorder: ListRecorder = field(default_factory=ListRecorder)
    counters: MemoryCounters = field(default_factory=MemoryCounters)
    pool: Pool = field(default_factory=Pool)
    caching: CacheMeans | None = None
    exact: Exact | None = None
    pauses: list[float] = field(default_factory=list)
    """How long the walker slept before each further try."""

    def __post_init__(self) -> None:
        self.health = Health(self.clock)
        self.queues = Queues(self.clock)
        self.queues.adopt(self.snapshot)
        self.rooms = self.build()

    async def sleep(self, seconds: float) -> None:
        """Sleep, by the fake clock."""
        self.pauses.append(seconds)
        self.clock.advance(seconds)
        await asyncio.sleep(0)

    def build(self, **instead: Any) -> Rooms:
        """The rooms of this world; ``instead`` replaces some of them."""
        seen = self.snapshot
        limits = Limits(seen, self.counters, self.tally, self.clock)
        ledger = Ledger(seen, limits, self.recorder, self.clock)

        def walker(retries: int, waits: bool = True) -> Walker:
            patience = Patience(retries, seen.deadline_s, seen.breaker, waits)
            made = Walker(self.providers, patience, self.clock, self.draws, self.sleep, self.health)
            made.queues = self.queues if seen.capacities else None
            made.stays = frozenset({"sticky"})
            return made

        made = count(1)
        means = Means(self.clock, self.draws, lambda: f"shadow-{next(made)}", self.pool)
        rooms = Rooms(
            snapshot=seen,
            gate=Gate(seen.keys, HASH_KEY, self.clock),
            policy=Policy(seen),
            limits=limits,
            guards=Guards(self.guards),
            cache=CacheRoom(self.caching, self.exact),
            router=Router(seen, self.strategies, self.draws, frozenset(self.providers), self.health),
            walker=walker(seen.retries),
            shadows=Shadows(walker(0, waits=False), limits, ledger, means),
            ledger=ledger,
            health=self.health,
        )
        return replace(rooms, **instead)

    def trail(self) -> Trail:
        """A new diary."""
        return Trail("req-1", f"rcpt-{len(self.recorder.receipts)}", self.clock.now(), self.clock.monotonic())

    def call(self, body: bytes = BODY, ask: Ask | None = None, key: str = KEY) -> Call:
        """A request with the world's key."""
        trail = self.trail()
        trail.request_bytes = len(body)
        wanted = ask or Ask("m")
        return Call("openai_chat", "chat", body, [("authorization", f"Bearer {key}")], lambda _: wanted, trail)

    @property
    def sources(self) -> list[ScriptedSource]:
        """Every source that was opened."""
        return [source for provider in self.providers.values() for source in provider.sources]

    def money_held(self) -> int:
        """What budgets still hold, nano-units."""
        return self.counters.outstanding("spend")

    def held_back(self) -> int:
        """What concurrency counters still hold."""
        return self.counters.outstanding("held")


AT_ONCE = LimitRule("at-once", "key", None, "concurrency", 4)
STREAM = Ask("m", stream=True)
