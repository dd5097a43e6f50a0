"""A provider of many models in a thread of the test: how each model behaves is set by the test, what it was sent is kept.

It speaks OpenAI's chat and Anthropic's messages. Called by tests of routing.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from torana.testing import wires
from torana.testing.fake_upstream import FakeUpstream
from torana.testing.plays import DONE, EVENTS, JSON, Exchange, Request, chunk, head

TOO_LONG = "This model's maximum context length is 10 tokens."
AGAINST_POLICY = "content_policy_violation"
WORDS = {
    "too_long": (400, TOO_LONG),
    "policy": (400, AGAINST_POLICY),
    "bad": (400, "temperature"),
    "down": (503, "down"),
    "no": (401, "no such key"),
}


class Stand:
    """The server. ``moods``: upstream model → ``well`` (unless set), a name of WORDS, ``silent``, ``stalls``,
    ``garbles``, or ``held``: it answers as it is let go.
    """

    def __init__(self) -> None:
        self.moods: dict[str, str] = {}
        self.held = self.most_held = 0
        self._places = asyncio.Semaphore(0)
        self.upstream = FakeUpstream(self._play)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self.upstream.start(), self._loop).result(10)
        self.origin = self.upstream.url

    def close(self) -> None:
        """Stop it."""
        asyncio.run_coroutine_threadsafe(self.upstream.stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def asked(self, model: str) -> list[Request]:
        """The requests for this model, in order."""
        return [one for one in self.upstream.requests if one.json().get("model") == model]

    @contextmanager
    def being(self, **moods: str) -> Iterator[None]:
        """Set moods for a while; ``_`` in a name stands for ``-``."""
        self.moods = {name.replace("_", "-"): mood for name, mood in moods.items()}
        try:
            yield
        finally:
            self.moods = {}

    def let_go(self, number: int = 1) -> None:
        """Answer so many more of the requests that are held, the oldest first."""
        for _ in range(number):
            self._loop.call_soon_threadsafe(self._places.release)

    async def _hold(self) -> None:
        self.held += 1
        self.most_held = max(self.most_held, self.held)
        try:
            await self._places.acquire()
        finally:
            self.held -= 1

    async def _play(self, exchange: Exchange) -> None:
        asked = exchange.request.json()
        wire = wires.messages() if exchange.request.target.endswith("/messages") else wires.chat()
        mood = self.moods.get(str(asked.get("model")), "well")
        if mood == "held":
            await self._hold()
        if mood in WORDS:
            status, said = WORDS[mood]
            body = wire.error(status, said)
            await exchange.write(head(status, JSON, len(body)) + body)
        elif mood == "silent":
            await exchange.gone()
        elif mood == "stalls":
            begun = head(200, EVENTS) + chunk(wire.opening) if asked.get("stream") else head(200, JSON) + chunk(b'{"id')
            await exchange.write(begun)
            await exchange.gone()
        elif mood == "garbles":
            await exchange.write(head(200, EVENTS) + chunk(wire.opening) + chunk(b'data: {"half\n\n') + chunk(DONE))
            await exchange.write(chunk(b""))
        elif asked.get("stream"):
            whole = wire.opening + wire.content + wire.ending
            await exchange.write(head(200, EVENTS) + chunk(whole) + chunk(b""))
        else:
            await exchange.write(head(200, JSON, len(wire.whole)) + wire.whole)
