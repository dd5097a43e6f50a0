"""Requests for answers that a provider keeps, and for those that go on from one: whose it is, before the line; the new
one, written down after it.

The line itself is ``answer``'s, as for every request; requests about a stored answer are ``kept``'s. Called by the edge.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from torana.core.call import Call, Chunk
from torana.core.errors import GatewayError
from torana.core.kept import RESPONSE, Pin, Wanted
from torana.core.trail import Trail
from torana.line.answer import answer
from torana.line.kept import Desk, owned
from torana.line.rooms import Rooms
from torana.line.settle import Closing

log = logging.getLogger("torana.line")

IdIn = Callable[[Sequence[Chunk], bool], str]
"""The id in the beginning of an answer, or of a stream; empty when there is none."""
NAMED = "previous_response_id"


async def answer_stored(call: Call, rooms: Rooms, desk: Desk, id_in: IdIn) -> Closing:
    """The Reply to a request that may be kept or go on. Raises GatewayError; the Receipt is written whatever happens.

    What goes on from another tenant's is refused as if there were none.
    """
    try:
        wanted = await _pinned(call, rooms, desk)
    except BaseException as error:
        rooms.ledger.refuse(call.trail, error)
        raise
    closing = await answer(call, rooms)
    try:
        if wanted is not None and wanted.keep:
            await _noted(call, closing, desk, id_in)
    except BaseException:
        await closing.aclose()
        raise
    return closing


async def _pinned(call: Call, rooms: Rooms, desk: Desk) -> Wanted | None:
    """Say where the request must go; what it wants of kept answers, None when nothing. Raises GatewayError."""
    caller = await rooms.gate.identify(call)
    wanted = call.ask.kept
    if wanted is None:
        return None
    if call.own_key is not None:
        if wanted.id:
            message = f"{NAMED}: answers are kept with the gateway's own credentials."
            raise GatewayError("PERMISSION_DENIED", message, param=NAMED)
        return None
    if not wanted.id:
        call.pin = Pin()
        return wanted
    try:
        before = await desk.owners.find(caller.tenant, RESPONSE, wanted.id)
    except GatewayError as error:
        error.param = NAMED
        raise
    call.pin = Pin(before.provider, before.credential)
    call.counted_with(before.context_tokens)
    return wanted


async def _noted(call: Call, closing: Closing, desk: Desk, id_in: IdIn) -> None:
    """Write down whose the new answer is, before its caller knows its id.

    A row that cannot be written costs nobody the answer: this process remembers it, others will not know it.
    """
    reply, pin, grant = closing.reply, call.pin, call.trail.grant
    provider = reply.attempt.deployment.provider  # not whoever was tried before it
    if pin is None or pin.kept_by != provider or grant is None or not 200 <= reply.status < 300:
        return
    name = id_in(reply.seen, reply.stream)
    if not name:
        return
    row = owned(grant.caller, RESPONSE, name, call)._replace(
        provider=provider,
        credential=pin.credential,
        upstream_model=reply.attempt.deployment.model,
        context_tokens=context_of(call.trail, len(call.body)),
    )
    try:
        await desk.owners.put(row)
    except GatewayError:
        log.exception("a stored response could not be written down", extra={"request_id": call.trail.request_id})


def context_of(trail: Trail, body_bytes: int) -> int:
    """The most tokens that this exchange and all before it come to: as told where the answer is whole, else as held."""
    if trail.usage is not None and not trail.stream and not trail.usage.estimated:
        return trail.usage.input + trail.usage.output
    given = body_bytes if trail.counted_bytes is None else trail.counted_bytes
    return given + trail.most_output
