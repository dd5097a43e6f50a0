"""Find an answer that may be given again, before a plan is made.

No cache can be configured yet, so every request passes by; the room is here because its place in the
line is fixed: after the inbound guardrails, before the route.
"""

from __future__ import annotations

from torana.core.call import Prompt, Reply
from torana.core.tickets import Grant
from torana.ports.cache import Cache


class CacheRoom:
    """Asks the cache, if there is one."""

    __slots__ = ("_cache",)

    def __init__(self, cache: Cache | None = None) -> None:
        self._cache = cache

    async def find(self, grant: Grant, prompt: Prompt) -> Reply | None:
        """A kept answer, or None."""
        if self._cache is None or prompt.own_key is not None:  # what a caller pays for is no other caller's
            return None
        reply = await self._cache.find(grant, prompt)
        prompt.trail.cache = "miss" if reply is None else "hit"
        return reply
