"""A tiny request to a provider, in the name of whoever wants to know whether it works: by the line, like any other.

It is held against their budgets and has a Receipt; no guardrail judges it and no rate counts it. Called by the book of objects.
"""

from __future__ import annotations

import asyncio
import json
from typing import NamedTuple

from torana.control.objects.book import Trial
from torana.core.call import Call
from torana.core.clock import Clock
from torana.core.errors import GatewayError
from torana.core.ids import id_maker
from torana.core.tickets import Caller
from torana.core.trail import Trail
from torana.dialects import openai_chat
from torana.line.asking import asked
from torana.line.rooms import Rooms

DEADLINE_S = 20.0
OPERATION = "provider_test"
SAYS = "Say ok."
MOST_TOKENS = 16


class Wanted(NamedTuple):
    """What is tried. ``model``: its name at the provider; empty: that of the first deployment there is."""

    provider: str
    model: str = ""


async def trial(rooms: Rooms, caller: Caller, wanted: Wanted, clock: Clock) -> Trial:
    """What became of it. Raises GatewayError NOT_FOUND, REQUEST_INVALID where no model is known."""
    provider, model = wanted
    snapshot = rooms.snapshot
    meant = snapshot.provider_meant(caller.tenant, provider)
    if meant not in snapshot.kinds_for(caller.tenant):
        raise GatewayError("NOT_FOUND", f"There is no provider {provider!r}.")
    name = model or next(
        (
            one.model
            for entry in snapshot.models_of(caller.tenant).values()
            for one in entry.everywhere
            if one.provider == meant
        ),
        "",
    )
    if not name:
        raise GatewayError("REQUEST_INVALID", "model: no model is deployed there yet. Name one.", param="model")
    body = json.dumps(
        {"model": f"{provider}/{name}", "messages": [{"role": "user", "content": SAYS}], "max_tokens": MOST_TOKENS}
    ).encode()
    trail = Trail(id_maker("req_", clock.now)(), id_maker("", clock.now)(), clock.now(), clock.monotonic())
    trail.dialect, trail.operation, trail.caller = openai_chat.ID, OPERATION, caller
    trail.reading = False
    trail.request_bytes = len(body)
    call = Call(openai_chat.ID, "chat", body, (), openai_chat.read, trail)
    began = clock.monotonic()
    code = message = ""
    try:
        async with asyncio.timeout(DEADLINE_S):
            await asked(rooms, caller, call, trail)
    except TimeoutError:
        code, message = "UPSTREAM_TIMEOUT", f"No answer within {DEADLINE_S:g} s."
    except GatewayError as error:
        code, message = error.code, error.message
    return Trial(not code, name, round((clock.monotonic() - began) * 1000, 1), trail.receipt_id, code, message)
