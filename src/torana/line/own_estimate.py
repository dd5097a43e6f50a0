"""Answers that the gateway gives itself, by an estimate, where the model's providers have none: how many tokens there are.

It asks nobody and costs nothing; how it is made is the dialect's. Called by the walker.
"""

from __future__ import annotations

import asyncio

from torana.core.call import Prompt, Reply
from torana.core.errors import GatewayError
from torana.core.faults import StatusFault, UpstreamFault
from torana.core.tickets import Plan
from torana.line.cache_flight import NOTHING

ON_LOOP_BYTES = 64 * 1024
NO_SUCH_PATH = frozenset({404, 405, 501})
"""How hosts answer that speak a dialect and do not count in it."""
TOLD = (("x-torana-estimated", "true"),)


def is_wanted(fault: UpstreamFault | GatewayError, prompt: Prompt, plan: Plan, number: int) -> bool:
    """Whether nobody who serves the model itself can answer, after this attempt of the Plan: another model would count otherwise."""
    if isinstance(fault, GatewayError):
        unable = fault.code == "CAPABILITY_MISSING"
    else:
        unable = isinstance(fault, StatusFault) and fault.status in NO_SUCH_PATH
    last = number == len(plan.attempts) or plan.attempts[number].fallback
    return unable and last and prompt.ask.estimated is not None


async def estimate(plan: Plan, prompt: Prompt) -> Reply:
    """The Reply. Raises GatewayError REQUEST_INVALID."""
    count = prompt.ask.estimated
    assert count is not None  # noqa: S101 - ``is_wanted`` said so
    big = len(prompt.body) > ON_LOOP_BYTES
    chunk = await asyncio.to_thread(count, prompt.body) if big else count(prompt.body)
    return Reply(plan.attempts[0], 200, prompt.dialect, False, NOTHING, TOLD, (chunk,))
