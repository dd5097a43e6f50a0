"""Requests about files, batches and stored responses: whose the thing is, before the line; what was made, written down after it.

The line itself is ``answer``'s, as for every request. Called by the edge.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass

from torana.core.call import Ask, Call
from torana.core.errors import GatewayError
from torana.core.faults import UpstreamFault
from torana.core.kept import BATCH, FILE, MAKING, OPEN, Kept, Made, Pin, Wanted
from torana.core.tickets import Caller, Hold
from torana.line.answer import answer
from torana.line.batches import Batches
from torana.line.judged_again import judged_again
from torana.line.owners import Owners
from torana.line.policy_mark import mark_of
from torana.line.rooms import Rooms
from torana.line.settle import Closing

log = logging.getLogger("torana.line")

ON_LOOP_BYTES = 64 * 1024
NOT_OFFERED = GatewayError("NOT_FOUND", "Files and batches are not offered here.")


@dataclass(frozen=True, slots=True)
class Desk:
    """Where kept things are looked up and batches are watched. It outlives Snapshots."""

    owners: Owners
    batches: Batches


async def answer_kept(call: Call, rooms: Rooms, desk: Desk) -> Closing:
    """The Reply to a request about a file or a batch. Raises GatewayError; the Receipt is written whatever happens."""
    hold: Hold | None = None
    making: Kept | None = None
    try:
        caller, wanted = await _asked(call, rooms)
        thing = await _pinned(call, wanted, caller, desk)
        if thing is not None and wanted.source:
            grant = rooms.policy.allow(caller, call)
            if thing.judged != mark_of(grant):
                await judged_again(call, thing, grant, rooms, desk)
            making = _intended(call, caller, thing, desk)
            hold = await desk.batches.hold(making, grant, rooms)
            await desk.owners.put(making)
            desk.batches.watch(making, hold)
    except BaseException as error:
        if hold is not None:
            desk.batches.release(hold, rooms)
        rooms.ledger.refuse(call.trail, error)
        raise
    if hold is not None and making is not None:
        return await _batch(call, rooms, desk, making, hold)
    closing = await answer(call, rooms)
    try:
        await _noted(call, wanted, caller, thing, closing, desk)
    except BaseException:
        closing.fail()
        await closing.aclose()
        raise
    return closing


async def list_kept(call: Call, rooms: Rooms, desk: Desk) -> tuple[list[Kept], bool]:
    """A page of the caller's things, and whether there are more. Nothing is sent to a provider. Raises GatewayError."""
    try:
        caller, wanted = await _asked(call, rooms)
        call.pin = Pin()
        hold = await rooms.limits.reserve(rooms.policy.allow(caller, call), call)
    except BaseException as error:
        rooms.ledger.refuse(call.trail, error)
        raise
    try:
        if wanted.page is None:
            raise GatewayError("REQUEST_INVALID", "This is no list.")
        found = await desk.owners.page(caller.tenant, wanted.kind, wanted.page)
    except BaseException as error:
        rooms.ledger.abandon(hold, error)
        raise
    call.trail.status = 200
    rooms.ledger.close(hold, "completed")
    return found


async def _asked(call: Call, rooms: Rooms) -> tuple[Caller, Wanted]:
    """Who asks, and for what. A large body is read beside the event loop: it may have 50,000 lines."""
    caller = await rooms.gate.identify(call)
    if call.own_key is not None:
        raise GatewayError("PERMISSION_DENIED", "What providers keep is kept with the gateway's own credentials.")
    ask: Ask = await asyncio.to_thread(lambda: call.ask) if len(call.body) > ON_LOOP_BYTES else call.ask
    if ask.kept is None:
        raise NOT_OFFERED
    return caller, ask.kept


async def _pinned(call: Call, wanted: Wanted, caller: Caller, desk: Desk) -> Kept | None:
    """Say where the request must go; the thing that it is about, None for an upload. Raises GatewayError."""
    call.pin = Pin()
    if wanted.source:
        file = await desk.owners.find(caller.tenant, FILE, wanted.source)
        if file.lines is None:
            message = "input_file_id: this file was not uploaded here with the purpose batch."
            raise GatewayError("REQUEST_INVALID", message, param="input_file_id")
        if file.lines.endpoint != wanted.endpoint:
            message = f"endpoint: the lines of this file name {file.lines.endpoint}."
            raise GatewayError("REQUEST_INVALID", message, param="endpoint")
        call.meant(file.lines.model)
        call.pin = Pin(file.provider, file.credential, file.upstream_model)
        return file
    if not wanted.id:
        return None
    thing = await desk.owners.find(caller.tenant, wanted.kind, wanted.id)
    call.pin = Pin(thing.provider, thing.credential)
    return thing


def _intended(call: Call, caller: Caller, file: Kept, desk: Desk) -> Kept:
    """The row of a batch that is about to be made of this file."""
    receipt_id = desk.batches.new_id()
    made = owned(caller, BATCH, f"{MAKING}-{receipt_id}", call)
    return made._replace(
        provider=file.provider,
        credential=file.credential,
        state=MAKING,
        upstream_model=file.upstream_model,
        lines=file.lines,
        receipt_id=receipt_id,
        watcher=desk.batches.watcher,
    )


async def _batch(call: Call, rooms: Rooms, desk: Desk, making: Kept, hold: Hold) -> Closing:
    """Make a batch. Its Hold stays until it is settled, or is given back when no batch can have been made.

    Where nobody knows whether one was made, the row stays as it is, and is settled at what was held.
    """
    try:
        closing = await answer(call, rooms)
    except BaseException as error:
        if not may_have_been_made(error, call):
            await _unmade(desk, rooms, making, hold)
        raise
    made = call.pin.made if call.pin is not None else None
    if not 200 <= closing.reply.status < 300:
        await _unmade(desk, rooms, making, hold)
    elif made is not None:
        kept = making._replace(id=made.id, state=OPEN, shown=closing.reply.seen[-1].wire)
        desk.batches.watch(kept, hold, making)
        try:
            await desk.owners.put(kept)
            await desk.owners.remove(making)
        except GatewayError:
            desk.batches.unwritten(kept, making)
            log.exception("a batch could not be written down yet", extra={"batch": kept.id})
    return closing


async def _unmade(desk: Desk, rooms: Rooms, making: Kept, hold: Hold) -> None:
    desk.batches.unmade(making, hold, rooms)
    try:
        await desk.owners.remove(making)
    except GatewayError:
        desk.batches.unwritten(None, making)


def may_have_been_made(error: BaseException, call: Call) -> bool:
    """Whether the provider may have done what it was asked for although the request failed."""
    if isinstance(error, GatewayError):
        return isinstance(error.__cause__, UpstreamFault) and error.__cause__.once
    return call.trail.sent


async def _noted(call: Call, wanted: Wanted, caller: Caller, thing: Kept | None, closing: Closing, desk: Desk) -> None:
    """Write down what the answer says."""
    made = call.pin.made if call.pin is not None else None
    status = closing.reply.status
    if thing is None:
        if 200 <= status < 300:
            await desk.owners.put(_uploaded(call, wanted, caller, made, closing))
    elif wanted.deed == "drop":
        if status == 404 or (made is not None and made.over):
            await desk.owners.remove(thing)
    elif made is not None:
        await desk.batches.seen(thing, made, closing.reply.seen[-1].wire)


def _uploaded(call: Call, wanted: Wanted, caller: Caller, made: Made | None, closing: Closing) -> Kept:
    """The row of a new file. Raises GatewayError when the provider did not say which it is."""
    if made is None or call.pin is None:
        raise GatewayError("UPSTREAM_ERROR", "The provider did not say under which id it keeps the file.")
    deployment = closing.reply.attempt.deployment
    return owned(caller, FILE, made.id, call)._replace(
        provider=deployment.provider,
        credential=call.pin.credential,
        purpose=wanted.purpose,
        shown=closing.reply.seen[-1].wire,
        upstream_model=deployment.model if wanted.lines is not None else "",
        lines=wanted.lines,
        judged=mark_of(call.trail.grant) if call.trail.grant is not None else "",
    )


def owned(caller: Caller, kind: str, id: str, call: Call) -> Kept:  # noqa: A002 - the word of the row
    """The caller's row of a thing, without its place."""
    return Kept(
        tenant=caller.tenant,
        kind=kind,
        id=id,
        key_id=caller.key_id,
        provider="",
        credential="",
        created_at=call.trail.started_at,
        department=caller.department,
        team=caller.team,
        user=caller.user,
        lob=caller.lob,
    )
