"""What guardrails ask models goes through the line too: with a Hold, a Plan, a diary and a Receipt of its own.

It is asked in the name of the caller whose request is judged, is judged by no guardrail itself (it would never end), and
counts against budgets, not rates. Given to guardrails by ``wiring``, as ``ports.guardrail.Ask``.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import NamedTuple

from torana.core.call import Ask, Call
from torana.core.clock import Clock
from torana.core.errors import GatewayError
from torana.core.faults import DeadlinePassed
from torana.core.ids import NewId
from torana.core.tickets import Caller, Grant, Hold
from torana.core.trail import Trail
from torana.line.guard import unguarded
from torana.line.guard_look import JUDGED
from torana.line.rooms import Rooms
from torana.line.settle import Closing
from torana.ports.guardrail import Said

OPERATION = "guardrail"


class Tongue(NamedTuple):
    """The dialect in which guardrails ask."""

    dialect: str
    read: Callable[[bytes], Ask]
    bound: Callable[[bytes, int], bytes]
    """The body with a bound on the tokens of the answer."""
    text_of: Callable[[bytes], str]
    """The text of a whole answer. Raises ValueError when it has none."""


class Asking:
    """Implements ``ports.guardrail.Ask``. One per process: it asks through the Rooms of the request that is judged."""

    def __init__(self, tongue: Tongue, clock: Clock, new_id: NewId) -> None:
        self._tongue = tongue
        self._clock = clock
        self._new_id = new_id

    async def __call__(
        self, messages: Sequence[Said], model: str, /, *, max_tokens: int | None = None, stop: Sequence[str] = ()
    ) -> str:
        """See ``ports.guardrail.Ask``."""
        judging = JUDGED.get()
        if judging is None or judging.rooms is None or judging.trail.caller is None:
            raise OSError("a model is asked for a request only, and there is none")
        body: dict[str, object] = {
            "model": model,
            "messages": [{"role": one.role, "content": one.text} for one in messages],
            "temperature": 0,
        }
        if max_tokens is not None:
            body["max_tokens"] = max_tokens
        if stop:
            body["stop"] = list(stop)
        call = self._call(judging.trail, json.dumps(body).encode())
        try:
            answer = await asked(judging.rooms, judging.trail.caller, call, judging.trail)
        except GatewayError as error:
            if error.code == "MODEL_NOT_FOUND":
                raise ValueError(error.message) from error
            raise OSError(f"{error.code}: {error.message}") from error
        return self._tongue.text_of(answer)

    def _call(self, judged: Trail, body: bytes) -> Call:
        trail = Trail(judged.request_id, self._new_id(), self._clock.now(), self._clock.monotonic())
        trail.dialect, trail.operation = self._tongue.dialect, OPERATION
        trail.caller, trail.address = judged.caller, judged.address
        trail.reading = False
        trail.request_bytes = len(body)
        call = Call(self._tongue.dialect, "chat", body, (), self._tongue.read, trail)
        call.bound = self._tongue.bound
        return call


async def asked(rooms: Rooms, caller: Caller, call: Call, judged: Trail) -> bytes:
    """The whole answer. Raises GatewayError; the Receipt is written whatever happens."""
    try:
        grant = rooms.policy.of_guardrail(caller, call.ask.model or "", call)
        hold = await rooms.limits.reserve_aside(grant, call)
    except BaseException as error:
        call.trail.leaving = judged.leaving
        rooms.ledger.refuse(call.trail, error)
        raise
    return await _held(rooms, grant, hold, call, judged)


async def _held(rooms: Rooms, grant: Grant, hold: Hold, call: Call, judged: Trail) -> bytes:
    closing: Closing | None = None
    try:
        prompt = unguarded(grant, call)
        closing = rooms.ledger.close_out(hold, await rooms.walker.walk(rooms.router.plan(grant, prompt), prompt))
        return b"".join([chunk.wire async for chunk in closing])
    except asyncio.CancelledError as error:
        call.trail.leaving = judged.leaving
        # Where the caller has not left, it is the guardrail that waits no longer.
        rooms.ledger.abandon(hold, error if judged.leaving else _late(call.trail))
        raise
    except BaseException as error:  # whoever leaves, the Hold is closed once
        rooms.ledger.abandon(hold, error)
        raise
    finally:
        if closing is not None:
            await closing.aclose()


def _late(trail: Trail) -> GatewayError:
    """Its time was up; that it was longer than the guardrail wanted to wait is no fault of the deployment's."""
    vitals, trail.vitals = trail.vitals, None
    if vitals is not None:
        vitals.leave()
    late = GatewayError("UPSTREAM_TIMEOUT", "The guardrail waits no longer.")
    late.__cause__ = DeadlinePassed()
    return late
