"""The index of questions that the semantic cache looks in: of this process, or in PostgreSQL where that offers pgvector.

It decides nothing about requests. Opened beside the event loop; until it is, only questions of equal words are found.
"""

from __future__ import annotations

import asyncio
import importlib
from typing import Any

from torana.core.clock import Clock
from torana.line.cache_alike import Alike
from torana.ports.vectors import Vectors
from torana.stores.memory_vectors import MemoryVectors
from torana.wiring import find, paths
from torana.wiring.settings import Settings

MEBIBYTE = 1024 * 1024
USE = b"questions of the cache"
WIDTH = 384
"""Numbers of a vector of the sentence model."""
AGAIN_S = 5.0
"""How long after a database that could not be asked it is asked again."""


class Opening:
    """Gives the questions their index."""

    def __init__(self, settings: Settings, key: bytes, clock: Clock, log: Any) -> None:
        self._settings = settings
        self._key = key
        self._clock = clock
        self._log = log
        self.index: Vectors | None = None

    def sizes(self) -> tuple[int, int]:
        """Questions and bytes of this process."""
        return (0, 0) if self.index is None else self.index.sizes()

    async def keep(self, alike: Alike) -> None:
        """Open it, give it to them, and stay."""
        said = self._settings.cache.semantic
        numpy = await asyncio.to_thread(importlib.import_module, "numpy")
        if said.index == "postgres":
            self.index = await self._shared()
        if self.index is None:
            self.index = MemoryVectors(numpy, said.max_mb * MEBIBYTE)
        alike.index = self.index
        try:
            await asyncio.Event().wait()
        finally:
            self.index.close()

    async def _shared(self) -> Vectors | None:
        """The one in PostgreSQL; None where that has no vectors: it is said, and this process uses its own."""
        module, sealing = find.tool("stores.sql.question_vectors"), find.tool("stores.valkey.seals")
        url, said = paths.database_url(self._settings), self._settings.cache.semantic
        while True:
            try:
                await asyncio.to_thread(module.offered, url, WIDTH)
            except module.NotOffered as fault:
                self._log.error("cache_index_not_offered", problem=str(fault), instead="index: memory")
                return None
            except OSError:
                await asyncio.sleep(AGAIN_S)
                continue
            ttl_s = said.ttl_s or self._settings.cache.exact.ttl_s
            found: Vectors = module.QuestionVectors(
                url, sealing.Seals(self._key, USE), module.Kept(ttl_s, said.max_questions, self._clock)
            )
            return found
