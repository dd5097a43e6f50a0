"""Tries guardrails on a text, as the guard room of a Snapshot would judge it in a request or in an answer.

Nothing is sent, counted or recorded. Called by ``policy_book`` for the admin route.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from torana.control.book import Tried
from torana.core.call import Ask, Call
from torana.core.errors import GatewayError
from torana.core.policies import Terms
from torana.core.tickets import Caller, Grant
from torana.core.trail import Trail
from torana.line.rooms import Rooms

DIALECT = "guardrails_test"


async def tried(rooms: Rooms, caller: Caller, terms: Terms, text: str, side: str, now: Callable[[], float]) -> Tried:
    """What the guardrails of these Terms make of the text. ``side``: ``input``, or ``output`` for the text of an answer.

    Raises GatewayError for another reason than that it was blocked.
    """
    grant = rooms.policy.trying(caller, terms)
    trail = Trail("", "", now(), 0.0)
    trail.caller = caller  # in whose name guardrails ask models
    blocked, message, left = False, "", ""
    try:
        left = await (_asked if side == "input" else _answered)(rooms, grant, trail, text)
    except GatewayError as refused:
        if refused.code != "GUARDRAIL_BLOCKED":
            raise
        blocked, message = True, refused.message
    found = [one._asdict() for one in trail.findings]
    return Tried(terms.name, blocked, message, left, tuple(trail.verdicts), found)


async def _asked(rooms: Rooms, grant: Grant, trail: Trail, text: str) -> str:
    body = {"messages": [{"role": "user", "content": text}]}
    call = Call(DIALECT, DIALECT, json.dumps(body).encode(), (), lambda _: Ask(None), trail)
    prompt = await rooms.guards.inbound(grant, call)
    return str(json.loads(prompt.body)["messages"][0]["content"])


async def _answered(rooms: Rooms, grant: Grant, trail: Trail, text: str) -> str:
    body = {"choices": [{"index": 0, "message": {"role": "assistant", "content": text}}]}
    wire = await rooms.guards.answer(grant, trail, json.dumps(body).encode())
    return str(json.loads(wire)["choices"][0]["message"]["content"])
