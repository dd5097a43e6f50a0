"""The straight line: every AI request of every dialect takes exactly this road, streams included."""

from __future__ import annotations

from torana.core.call import Call, Reply
from torana.core.errors import UpstreamAnswered
from torana.line.rooms import Rooms
from torana.line.settle import Closing


async def answer(call: Call, rooms: Rooms) -> Closing:
    """The Reply, read to its first content. Raises GatewayError; the Receipt is written whatever happens."""
    try:
        caller = await rooms.gate.identify(call)  # auth      → Caller
        grant = rooms.policy.allow(caller, call)  # policy    → Grant
        hold = await rooms.limits.reserve(grant, call)  # limits    → Hold
    except BaseException as error:
        rooms.ledger.refuse(call.trail, error)
        raise
    reply: Reply | None = None
    try:
        prompt = await rooms.guards.inbound(grant, call)  # guard in  → Prompt
        reply = await rooms.cache.find(grant, prompt)  # cache     → Reply | None
        if reply is None:
            plan = rooms.router.plan(grant, prompt)  # route     → Plan
            try:
                reply = await rooms.walker.walk(plan, prompt)  # provider  → Reply
            except UpstreamAnswered as said:
                await rooms.guards.refusal(grant, prompt, said)  # its words are an answer too
                raise
            reply = rooms.cache.passing(prompt, reply)  # written down, where it may be given again
            if plan.shadow is not None:
                rooms.shadows.cast(grant, plan, prompt)  # a copy that nobody waits for
        reply = await rooms.guards.outbound(grant, prompt, reply)  # guard out → Reply
        return rooms.ledger.close_out(hold, reply)  # meter, audit, when the reply ends
    except BaseException as error:  # whoever leaves, the Hold is closed once
        rooms.ledger.abandon(hold, error)
        if reply is not None:
            await reply.source.aclose()
        raise
