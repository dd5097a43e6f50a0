"""How guardrails reach servers that people configured: through the one HTTP client, public addresses only unless said.

It keeps nothing of what is sent. Given to guardrails by ``build``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from torana import __version__
from torana.core.faults import AnswerTooLarge, FirstTokenTimeout, IdleTimeout, TotalTimeout, UpstreamFault
from torana.core.snapshot import Deadlines
from torana.ports.guardrail import Answered, Request
from torana.upstream.direct_client import DirectUpstream
from torana.upstream.networks import PoolLimits
from torana.upstream.seam import Outgoing, Upstream

LATE = (FirstTokenTimeout, IdleTimeout, TotalTimeout)


class Fetching:
    """Implements ``ports.guardrail.Fetch``. One per process."""

    def __init__(self, open_client: Callable[[bool], Upstream]) -> None:
        """``open_client``: for any address (True), or public ones only."""
        self._open_client = open_client
        self._clients: dict[bool, Upstream] = {}
        self._opening = asyncio.Lock()

    async def __call__(self, request: Request, /) -> Answered:
        """Sent once; no redirect is followed. Raises OSError when no answer came, ValueError for one that is too long."""
        every = request.timeout_s
        outgoing = Outgoing(
            "POST",
            request.url,
            (*request.headers, ("user-agent", f"torana/{__version__}")),
            request.body,
            Deadlines(every, every, every, every),
            request.max_answer_bytes,
        )
        try:
            client = await self._client(request.allow_private)
            incoming = await client.send(outgoing)
            try:
                return Answered(incoming.status, await incoming.read())
            finally:
                await incoming.aclose()
        except AnswerTooLarge as fault:
            raise ValueError(str(fault)) from fault
        except LATE as fault:
            raise TimeoutError(str(fault)) from fault
        except UpstreamFault as fault:
            raise OSError(str(fault)) from fault

    async def aclose(self) -> None:
        """Close all connections."""
        clients, self._clients = self._clients, {}
        for client in clients.values():
            await client.aclose()

    async def _client(self, private: bool) -> Upstream:
        async with self._opening:
            if private not in self._clients:
                # In a thread: reading the system's authorities takes some milliseconds.
                self._clients[private] = await asyncio.to_thread(self._open_client, private)
            return self._clients[private]


def fetching() -> Fetching:
    """Over direct connections."""
    return Fetching(lambda private: DirectUpstream(limits=PoolLimits(public_only=not private)))
