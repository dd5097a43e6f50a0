"""The index of questions that the semantic cache looks in: of this process, or in PostgreSQL where that offers pgvector.

It decides nothing about requests. Opened beside the event loop; until it is, only questions of equal words are found.
"""

from __future__ import annotations

import asyncio
import hashlib
import importlib
import secrets
from typing import Any

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from torana.core.clock import Clock
from torana.line.cache_alike import Alike
from torana.ports.vectors import Vectors
from torana.stores.memory_vectors import MemoryVectors
from torana.wiring import find, paths
from torana.wiring.settings import Settings

MEBIBYTE = 1024 * 1024
NONCE_BYTES = 12
WIDTH = 384
"""Numbers of a vector of the sentence model."""
AGAIN_S = 5.0
"""How long after a database that could not be asked it is asked again."""


class Seals:
    """Seals questions under their places with a key that is derived from the installation's."""

    def __init__(self, key: bytes) -> None:
        self._aead = AESGCM(hashlib.blake2b(b"questions of the cache", key=key[:64], digest_size=32).digest())
        self._encode = msgspec.msgpack.Encoder().encode

    def sealed(self, name: str, thing: Any) -> bytes:
        """To be opened under this name only."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._aead.encrypt(nonce, self._encode(thing), name.encode())

    def opened(self, name: str, wire: bytes, decoder: msgspec.msgpack.Decoder[Any]) -> Any:
        """None for what was sealed with another key, under another name, or by another version."""
        try:
            return decoder.decode(self._aead.decrypt(wire[:NONCE_BYTES], wire[NONCE_BYTES:], name.encode()))
        except (InvalidTag, ValueError):
            return None


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
        module = find.tool("stores.sql.question_vectors")
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
                url, Seals(self._key), module.Kept(ttl_s, said.max_questions, self._clock)
            )
            return found
