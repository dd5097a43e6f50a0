"""The connection to Valkey or Redis: scripts by digest, a deadline for each call, a breaker for when it is away.

It knows no counter. Called by the counters and the vault; what fails, fails as StoreAway.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from functools import partial
from hashlib import sha1
from importlib.resources import files
from typing import Any, Protocol

import msgspec
from redis.asyncio import BlockingConnectionPool, Redis, RedisCluster
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError, RedisError

from torana.stores.valkey.patience import RECOVERY_DEADLINE_S, Heard, deadline

CLUSTER = "cluster+"
SCHEMES = ("redis://", "rediss://", "valkey://", "valkeys://", "cluster+redis://", "cluster+rediss://")
FIELDS_AT_ONCE = 1000
PUT_FIELDS = """
redis.call('HSET', KEYS[1], unpack(ARGV, 2))
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return redis.call('HLEN', KEYS[1])
"""
"""Fields that are never without an end."""

LOST = (RedisError, OSError, TimeoutError, AttributeError)
"""Trap: the client of a cluster says AttributeError when another call has ended the connection."""

_encode = msgspec.msgpack.Encoder().encode


class StoreAway(ConnectionError):
    """The shared counters did not answer, or not in time."""


class Log(Protocol):
    """Structured lines."""

    def info(self, event: str, **fields: object) -> object: ...

    def warning(self, event: str, **fields: object) -> object: ...


class Script:
    """A script of this folder with what all of them share before it."""

    __slots__ = ("digest", "name", "text")

    def __init__(self, name: str) -> None:
        folder = files(__package__)
        self.name = name
        self.text = folder.joinpath("prelude.lua").read_text() + folder.joinpath(f"{name}.lua").read_text()
        self.digest = sha1(self.text.encode(), usedforsecurity=False).hexdigest()


class Link:
    """One store. Away from its first failure until a probe, one at a time, was answered."""

    def __init__(self, url: str, deadline_s: float, most_connections: int, log: Log, what: str = "counters") -> None:
        """``what``: for whom, in the log. Raises ValueError for a URL of another kind. Connects with the first call."""
        self._what = what
        self._heard = Heard()
        self._client = client_of(url, most_connections, self._heard)
        self._deadline_s = deadline_s
        self._log = log
        self._troubled: Callable[[], None] = lambda: None
        cluster = isinstance(self._client, RedisCluster)
        # Trap: a cluster's client refuses one more than its most connections, where the other's pool waits.
        self._places = asyncio.Semaphore(most_connections) if cluster else contextlib.nullcontext()
        self._first = asyncio.Lock() if cluster else None
        self._sent: set[str] = set()
        self._sending = asyncio.Lock()
        self.away = False
        self.failures = 0
        """Calls that were not answered, in total."""
        self.last_fault = ""

    def on_trouble(self, troubled: Callable[[], None]) -> None:
        """Whom to tell, each time it goes away."""
        self._troubled = troubled

    async def run(self, script: Script, keys: Sequence[str], said: dict[str, Any]) -> list[int]:
        """The script's answer. Raises StoreAway after the deadline, or when it cannot be asked."""
        return await self._asked(script, keys, said, self._deadline_s)

    async def run_patiently(self, script: Script, keys: Sequence[str], said: dict[str, Any]) -> list[int]:
        """The same for what nobody waits for, with a longer deadline."""
        return await self._asked(script, keys, said, max(RECOVERY_DEADLINE_S, self._deadline_s))

    async def remember(self, key: str, members: Sequence[str]) -> None:
        """Add to a set. Raises StoreAway after the deadline, or when it cannot be asked."""
        await self._tried(lambda: self._client.sadd(key, *members), self._deadline_s)

    async def remembered(self, key: str) -> set[str]:
        """The members of a set. Raises StoreAway."""
        found = await self._tried(lambda: self._client.smembers(key), max(RECOVERY_DEADLINE_S, self._deadline_s))
        return {one.decode() for one in found}

    async def put(self, key: str, value: int) -> None:
        """Set a number. Raises StoreAway."""
        await self._tried(lambda: self._client.set(key, value), max(RECOVERY_DEADLINE_S, self._deadline_s))

    async def number(self, key: str) -> int:
        """A number that was put; 0 when none was. Raises StoreAway."""
        found = await self._tried(lambda: self._client.get(key), max(RECOVERY_DEADLINE_S, self._deadline_s))
        return int(found or 0)

    async def put_fields(self, key: str, fields: Mapping[str, bytes], life_ms: int) -> int:
        """Set fields of a hash that then lives for so long; how many it has. Raises StoreAway."""
        client: Any = self._client
        size, items = 0, list(fields.items())
        for first in range(0, len(items), FIELDS_AT_ONCE):
            flat = [part for item in items[first : first + FIELDS_AT_ONCE] for part in item]
            # Trap: the client of a cluster runs transactions in a thread with another event loop.
            put = partial(client.eval, PUT_FIELDS, 1, key, life_ms, *flat)
            size = int(await self._tried(put, max(RECOVERY_DEADLINE_S, self._deadline_s)))
        return size

    async def fields(self, key: str) -> dict[str, bytes]:
        """The fields of a hash; none where there is no such hash. Raises StoreAway."""
        found = await self._tried(lambda: self._client.hgetall(key), max(RECOVERY_DEADLINE_S, self._deadline_s))
        return {name.decode(): value for name, value in found.items()}

    async def drop_fields(self, key: str, names: Sequence[str]) -> None:
        """Take fields out of a hash. Raises StoreAway."""
        if names:
            await self._tried(lambda: self._client.hdel(key, *names), max(RECOVERY_DEADLINE_S, self._deadline_s))

    async def text(self, key: str) -> bytes:
        """What was put there; empty when nothing was. Raises StoreAway after the deadline."""
        return await self._tried(lambda: self._client.get(key), self._deadline_s) or b""

    async def put_text(self, key: str, text: bytes, life_ms: int) -> None:
        """Put it there for so long. Raises StoreAway."""
        put = partial(self._client.set, key, text, px=life_ms)
        await self._tried(put, max(RECOVERY_DEADLINE_S, self._deadline_s))

    async def claim(self, key: str, text: bytes, life_ms: int) -> bool:
        """Put it there if nothing is; whether it was put. Raises StoreAway after the deadline."""
        return bool(await self._tried(partial(self._client.set, key, text, px=life_ms, nx=True), self._deadline_s))

    async def forget(self, key: str) -> int:
        """How many there were, 0 or 1. Raises StoreAway."""
        gone = await self._tried(partial(self._client.delete, key), max(RECOVERY_DEADLINE_S, self._deadline_s))
        return int(gone)

    async def part(self, key: str, size: int) -> bytes:
        """The first bytes of what is there. Raises StoreAway."""
        read = partial(self._client.getrange, key, 0, size - 1)
        return bytes(await self._tried(read, max(RECOVERY_DEADLINE_S, self._deadline_s)) or b"")

    async def length(self, key: str) -> int:
        """How many bytes are there. Raises StoreAway."""
        return int(await self._tried(partial(self._client.strlen, key), max(RECOVERY_DEADLINE_S, self._deadline_s)))

    async def names(self, pattern: str) -> AsyncIterator[str]:
        """The keys of this pattern, each at least once. Raises StoreAway. For people: it walks through all keys there are."""
        client: Any = self._client
        found = client.scan_iter(match=pattern, count=1000)
        while True:
            try:
                name = await self._tried(found.__anext__, max(RECOVERY_DEADLINE_S, self._deadline_s))
            except StopAsyncIteration:
                return
            yield name.decode()

    async def probe(self) -> bool:
        """Whether it answers; called by one task only, while it is away."""
        try:
            await self._tried(self._client.ping, RECOVERY_DEADLINE_S)
        except StoreAway:
            return False
        if self.away:
            self.away = False
            self._log.info(f"{self._what}.store_is_back", failures=self.failures)
        return True

    async def aclose(self) -> None:
        """Give up all connections."""
        await self._client.aclose()

    async def _asked(self, script: Script, keys: Sequence[str], said: dict[str, Any], deadline_s: float) -> list[int]:
        packed = _encode(said)
        client: Any = self._client

        async def call() -> list[int]:
            try:
                answer: list[int] = await client.evalsha(script.digest, len(keys), *keys, packed)
            except NoScriptError:
                answer = await client.eval(script.text, len(keys), *keys, packed)
            return answer

        async def first() -> list[int]:
            # Of many at once one sends the script, and the others need not.
            async with self._sending:
                answer = await call() if script.digest not in self._sent else None
                self._sent.add(script.digest)
            return await call() if answer is None else answer

        found: list[int] = await self._tried(call if script.digest in self._sent else first, deadline_s)
        return found

    async def _tried(self, call: Callable[[], Awaitable[Any]], deadline_s: float) -> Any:
        task = asyncio.current_task()
        before = task.cancelling() if task else 0
        try:
            async with deadline(deadline_s, self._heard), self._places:
                if self._first is not None:
                    await self._meet(self._first)
                found = await call()
                self._heard.now()
                # Trap: up to Python 3.11 asyncio.wait_for, which the client uses, may swallow being cancelled.
                if task is not None and task.cancelling() > before:
                    raise asyncio.CancelledError
                return found
        except LOST as fault:
            raise self._lost(fault) from fault

    async def _meet(self, first: asyncio.Lock) -> None:
        """Learn which master has what.

        Trap: as the client learns it, it ends connections that are free, even when another call has just taken one.
        """
        async with first:
            if self._first is not None:
                await self._client.ping()
                self._first = None

    def _lost(self, fault: Exception) -> StoreAway:
        self.failures += 1
        self.last_fault = f"{type(fault).__name__}: {fault}"[:200]
        if not self.away:
            self.away = True
            self._log.warning(f"{self._what}.store_is_away", error=self.last_fault)
            self._troubled()
        return StoreAway(self.last_fault)


def client_of(url: str, most_connections: int, heard: Heard | None = None) -> Redis | RedisCluster:
    """A client for the URL that repeats nothing by itself. Raises ValueError for another kind of URL.

    ``heard``: what is told of each new connection; those of a cluster have a beginning of their own.
    """
    if not url.startswith(SCHEMES):
        raise ValueError(f"shared counters are at {', '.join(SCHEMES)}…, not at {url.partition(':')[0]}:")
    once = Retry(NoBackoff(), 0)
    address = url.removeprefix(CLUSTER).replace("valkey", "redis", 1) if url.startswith("valkey") else url
    address = address.removeprefix(CLUSTER)
    if url.startswith(CLUSTER):
        cluster: RedisCluster = RedisCluster.from_url(address, retry=once, max_connections=most_connections, protocol=2)
        return cluster
    # Protocol 3 and the client's name cost each new connection three questions, in which nobody is interested.
    more: dict[str, Any] = {"redis_connect_func": heard.connected} if heard is not None else {}
    pool = BlockingConnectionPool.from_url(
        address,
        retry=once,
        max_connections=most_connections,
        timeout=None,  # each call has a deadline of its own, and to wait for a place is no word on the store
        protocol=2,
        driver_info=None,
        **more,
    )
    return Redis.from_pool(pool)
