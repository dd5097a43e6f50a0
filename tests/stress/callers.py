"""Callers for the stress runs: many at once, plain and streamed, some of whom hang up; they count what they were told."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import aiohttp

AWAY = (aiohttp.ClientError, OSError, TimeoutError)


class Load(NamedTuple):
    """How much is asked, by how many at once, with which keys, for which models."""

    requests: int
    at_once: int
    keys: Sequence[str]
    models: Sequence[str]
    seed: int


class Callers:
    """Ask ``load.requests`` requests of any of the gateways; a gateway that is away is asked again later, or another."""

    def __init__(self, load: Load, origins: Sequence[str]) -> None:
        self._load = load
        self.origins = list(origins)
        """Where the gateways listen; changed when one is started again."""
        self.told: Counter[str] = Counter()
        """Statuses and error codes, ``hung_up`` and ``away``."""
        self.left = load.requests
        self._chance = random.Random(load.seed)

    async def run(self) -> None:
        """Ask everything."""
        timeout = aiohttp.ClientTimeout(total=60)
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(timeout=timeout, connector=connector) as session:
            await asyncio.gather(*(self._one_after_another(session) for _ in range(self._load.at_once)))

    async def _one_after_another(self, session: aiohttp.ClientSession) -> None:
        while self.left > 0:
            self.left -= 1
            try:
                await self._ask(session)
            except AWAY:
                self.told["away"] += 1
                self.left += 1
                await asyncio.sleep(0.05)

    async def _ask(self, session: aiohttp.ClientSession) -> None:
        chance = self._chance
        stream = chance.random() < 0.4
        body = {
            "model": chance.choice(self._load.models),
            "messages": [{"role": "user", "content": "word " * chance.randint(1, 60)}],
            "max_tokens": chance.randint(1, 60),
            "stream": stream,
        }
        headers = {"Authorization": f"Bearer {chance.choice(self._load.keys)}"}
        url = chance.choice(self.origins) + "/v1/chat/completions"
        leaves_after = chance.random() * 0.03 if chance.random() < 0.1 else None
        asked = self._read(session, url, body, headers)
        if leaves_after is None:
            await asked
            return
        try:
            async with asyncio.timeout(leaves_after):
                await asked
        except TimeoutError:
            self.told["hung_up"] += 1

    async def _read(self, session: aiohttp.ClientSession, url: str, body: object, headers: dict[str, str]) -> None:
        async with session.post(url, json=body, headers=headers) as answer:
            wire = await answer.read()
        if answer.status == 200:
            self.told["200 error inside" if b'"error"' in wire else "200"] += 1
        else:
            self.told[f"{answer.status} {json.loads(wire).get('error_code', '')}"] += 1
