"""Usage → cost → Hold, Receipt: every request is closed here, exactly once, whichever way it ends.

It never awaits to settle: the Receipt and the Hold go to the recorder, so that a cancelled request cannot
lose them. Called by the line (refuse, abandon, close_out) and by whoever reads the Closing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from torana.core.call import Chunk, Reply, Usage
from torana.core.clock import Clock
from torana.core.errors import CODES, GatewayError
from torana.core.faults import DeadlinePassed, TotalTimeout, UpstreamFault
from torana.core.snapshot import Snapshot
from torana.core.tickets import Hold
from torana.core.trail import Maker, Trail
from torana.core.vitals import Vitals, is_its_fault
from torana.line import own_key
from torana.line.guard_stream import GuardedStream
from torana.line.limits import Limits, is_capped
from torana.line.makers import Makers
from torana.line.outcome import label, quiet_s, refusal
from torana.line.worth import by_units, completed_usage, of_a_part, told, total_cost
from torana.ports.receipt import Receipt, blank
from torana.ports.recorder import Recorder

LONGEST_NAME = 128
SLACK_EVENTS = 16
"""Events that a stream may have beyond its tokens: some begin a part of the answer and hold no text."""
TOO_LONG = (
    "The answer was ended: it is longer than what was held for it against your budget. Ask with a higher max_tokens."
)
LEAVING_CODES = {"body_timeout": "REQUEST_TIMEOUT", "shutdown": "OVERLOADED", "revoked": "TOKEN_REVOKED"}
"""Why we ended a request → what its caller is told."""


class Ledger:
    """Closes requests judged by one Snapshot."""

    __slots__ = ("_clock", "_limits", "_recorder", "_snapshot", "makers")

    def __init__(self, snapshot: Snapshot, limits: Limits, recorder: Recorder, clock: Clock) -> None:
        self._snapshot = snapshot
        self._limits = limits
        self._recorder = recorder
        self._clock = clock
        self.makers: Makers | None = None
        """Who is told who made what is sealed in an answer."""

    def refuse(self, trail: Trail, error: BaseException) -> None:
        """Close a request that never got a Hold."""
        ending, code = ending_of(error, trail)
        self._recorder.record(self._receipt(trail, None, ending, code), None)

    def abandon(self, hold: Hold, error: BaseException) -> None:
        """Close a Hold whose request failed before its Reply: released if nothing was sent, else settled."""
        ending, code = ending_of(error, hold.trail)
        self.close(hold, ending, code)

    def close_out(self, hold: Hold, reply: Reply) -> Closing:
        """The Reply as the caller may read it; closing the Hold is tied to its end."""
        hold.trail.first_chunk_s = self._clock.monotonic()
        hold.trail.status = reply.status
        if not reply.stream:
            for chunk in reply.seen:
                hold.trail.usage = chunk.usage or hold.trail.usage
            if hold.trail.usage is not None and not told(hold.trail):
                known = by_units(hold.trail.prices, hold.trail.units)
                hold.trail.usage = completed_usage(hold.trail) if known else None
            hold.trail.cost_nano = total_cost(hold.trail)
            hold.costed = hold.trail.usage
        most = hold.trail.most_output + SLACK_EVENTS if reply.stream and is_capped(hold) else None
        return Closing(self, hold, reply, most)

    def close(self, hold: Hold, ending: str, code: str = "", fault: UpstreamFault | None = None) -> None:
        """Close the Hold and write its Receipt; only the first call does anything. ``fault``: of a broken answer."""
        if not hold.take():
            return
        trail = hold.trail
        if trail.usage is None or ((trail.usage.extra or trail.units) and not told(trail)):
            trail.usage = completed_usage(trail) if trail.sent else None
        elif trail.stream and trail.finish is None and ending != "completed":
            trail.usage = of_a_part(trail.usage, trail)
        if trail.usage is None or hold.costed is not trail.usage:
            trail.cost_nano = total_cost(trail)
        self._limits.settle(hold)
        if trail.vitals is not None:
            self._leave(trail.vitals, ending, None if fault is not None and own_key.was_used(trail) else fault)
            trail.vitals = None
        self._recorder.record(self._receipt(trail, hold, ending, code), hold)
        if trail.record is not None:
            trail.record.over(ending)

    def note_sealed(self, reply: Reply, sealed: Sequence[str]) -> None:
        """Remember whose these are."""
        if self.makers is not None:
            where = reply.attempt.deployment
            self.makers.note(sealed, Maker(where.provider, where.model, reply.credential))

    def _leave(self, vitals: Vitals, ending: str, fault: UpstreamFault | None) -> None:
        """Tell the deployment that answered how it ended. A refusal inside its answer is no failure of it."""
        vitals.leave()
        if ending == "completed":
            vitals.completed()
        elif fault is not None:
            now = self._clock.monotonic()
            if is_its_fault(label(fault)):
                vitals.hurt(now, now, self._snapshot.breaker)
            vitals.cool(quiet_s(fault), now)

    def _receipt(self, trail: Trail, hold: Hold | None, ending: str, code: str) -> Receipt:
        ended_s, began_s = self._clock.monotonic(), trail.started_s
        first_s = trail.first_chunk_s if trail.first_chunk_s is not None else ended_s
        overhead_s = first_s - began_s - trail.upstream_s - trail.waited_s
        caller, grant, prices, trace, hit = trail.caller, trail.grant, trail.prices, trail.trace, trail.hit
        # Not the name asked for: an alias, or none, would say nothing of whose budget it was charged to.
        model = grant.model.name if grant is not None else trail.model
        last = trail.attempted[-1] if trail.attempted else None
        usage = trail.usage or NOTHING
        cached, written = usage.cache_read, usage.cache_write
        # By place, all fields in their order: by name, a call of fifty values costs 2 µs more.
        return Receipt(
            trail.receipt_id, trail.request_id, trail.started_at,
            # tenant, department, team, user, key_id
            "" if caller is None else caller.tenant, "" if caller is None else caller.department,
            "" if caller is None else caller.team, "" if caller is None else caller.user,
            "" if caller is None else caller.key_id,
            trail.dialect, trail.operation, model[:LONGEST_NAME],
            # provider, upstream_model
            "" if last is None else last.provider, "" if last is None else last.model[:LONGEST_NAME],
            trail.stream, trail.status, ending, code, trail.finish or "",
            # input_tokens … reasoning_tokens, usage_estimated, cost_nano
            usage.uncached + cached + written, cached, written, usage.output, usage.reasoning, usage.estimated,
            trail.cost_nano,
            # currency, priced, held_nano
            prices.currency if prices is not None else hold.currency if hold else self._snapshot.currency,
            priced(trail, hold), hold.amount_nano if hold else 0,
            # duration_ms, first_chunk_ms, upstream_ms, overhead_us
            int((ended_s - began_s) * 1000), int((first_s - began_s) * 1000), int(trail.upstream_s * 1000),
            int(overhead_s * 1_000_000) if overhead_s > 0 else 0,
            # request_bytes, response_bytes, cache, policy, snapshot, address
            trail.request_bytes, trail.output_bytes, trail.cache,
            grant.policy if grant is not None else trail.policy or self._snapshot.policy,
            self._snapshot.version, trail.address,
            # attempts, dropped, verdicts, price, budgets, waited_ms, findings
            trail.attempted, list(trail.dropped), trail.verdicts, "" if prices is None else prices.source,
            list(hold.budgets) if hold else [], int(trail.waited_s * 1000), trail.findings,
            # saved_nano, saved_ms, trace, timed
            0 if hit is None else hit.saved_nano, 0 if hit is None else hit.saved_ms,
            "" if trace is None else trace.text, [] if trace is None else trace.timed,
        )  # fmt: skip


class Closing:
    """A Reply on its way out. An object, not a generator: the ``finally`` of a generator that was never
    started does not run, and a caller who leaves before the first chunk would leave the Hold open.
    """

    __slots__ = ("_ledger", "_most", "_over", "_place", "hold", "reply", "trail")

    def __init__(self, ledger: Ledger, hold: Hold, reply: Reply, most: int | None) -> None:
        """``most``: so many events with content may come of a caller whose spending is capped; None: any number."""
        self._ledger = ledger
        self._most = most
        self._place = 0
        self._over = not reply.stream and getattr(reply.source, "over", False)
        """Whether the source has nothing more: asking a plain answer for a second chunk costs an exception."""
        self.hold = hold
        self.reply = reply
        self.trail = hold.trail

    def __aiter__(self) -> Closing:
        return self

    async def __anext__(self) -> Chunk:
        """The next chunk that has bytes to send.

        Raises StopAsyncIteration once all has left and the Hold is settled, GatewayError UPSTREAM_* when the
        provider fails in mid-answer, BUDGET_EXCEEDED when it is longer than what was held for (the Hold is settled then too).
        """
        seen = self.reply.seen
        while True:
            if self._place < len(seen):
                chunk = seen[self._place]
                self._place += 1
            elif self._over:
                self._ledger.close(self.hold, "completed")
                raise StopAsyncIteration
            else:
                try:
                    chunk = await self.reply.source.__anext__()
                except StopAsyncIteration:
                    self._ledger.close(self.hold, "completed")
                    raise
                except UpstreamFault as fault:
                    error = refusal(fault)
                    ending = "deadline" if isinstance(fault, TotalTimeout) else "upstream_broken"
                    self._ledger.close(self.hold, ending, error.code, fault)
                    await self.reply.source.aclose()
                    raise error from fault
                except GatewayError as error:  # a guardrail ends it
                    sent = self.trail.output_bytes > 0
                    self.trail.status = self.trail.status if sent else error.status
                    self._note_unsent()
                    self._ledger.close(self.hold, "cut" if sent else "refused", error.code)
                    await self.reply.source.aclose()
                    raise
                except Exception:
                    self.fail()
                    raise
            self._note(chunk)
            if self._most is not None and self.trail.content_events > self._most and self.trail.finish is None:
                await self._cut_off()
            if chunk.wire:
                return chunk

    async def _cut_off(self) -> None:
        """End a stream that costs more than may be spent."""
        error = GatewayError("BUDGET_EXCEEDED", TOO_LONG)
        self._ledger.close(self.hold, "cut", error.code)
        await self.reply.source.aclose()
        raise error

    def ended(self) -> bool:
        """Settle at once what can have no more; False: it must be read on. Asked for a chunk, it would answer with an exception."""
        if not self._over or self._place < len(self.reply.seen):
            return False
        self._ledger.close(self.hold, "completed")
        return True

    def fail(self) -> None:
        """A fault of ours ends it; ``aclose`` must follow."""
        self._ledger.close(self.hold, "internal", "INTERNAL")

    async def aclose(self) -> None:
        """End here. Whoever cancelled the request wrote why on the trail; nothing written means the caller left."""
        if not self.hold.closed:
            trail = self.trail
            started = trail.content_events > 0
            finished = trail.finish is not None
            self._note_unsent()
            if finished:
                # A client may hang up on the last event it needs, before the provider's end of body.
                self._ledger.close(self.hold, "completed")
            else:
                ending, code = leaving_ending(trail, started)
                self._ledger.close(self.hold, ending, code)
        await self.reply.source.aclose()

    def _note_unsent(self) -> None:
        """What came, though it did not leave: the provider bills it."""
        held = self.reply.source.unsent() if isinstance(self.reply.source, GuardedStream) else ()
        for chunk in (*self.reply.seen[self._place :], *held):
            self._note(chunk.bearing(b""))

    def _note(self, chunk: Chunk) -> None:
        trail = self.trail
        trail.output_bytes += len(chunk.wire)
        if chunk.content:
            trail.content_events += chunk.events
            trail.letters += chunk.letters
        if chunk.usage is not None:
            trail.usage = chunk.usage
        if chunk.finish is not None:
            trail.finish = chunk.finish
        if chunk.sealed:
            self._ledger.note_sealed(self.reply, chunk.sealed)


NOTHING = Usage()


def ending_of(error: BaseException, trail: Trail) -> tuple[str, str]:
    """The ending and the error code of a request that failed before its Reply."""
    if isinstance(error, asyncio.CancelledError):
        ending, code = leaving_ending(trail, started=False)
        trail.status = CODES[code].status if code else 0
        return ending, code
    if isinstance(error, GatewayError):
        trail.status = error.status
        if error.code == "INTERNAL":
            return "internal", error.code
        if isinstance(error.__cause__, DeadlinePassed | TotalTimeout):
            return "deadline", error.code
        # An answer that a guardrail refused was billed; it is our no all the same.
        ours = not trail.attempted or error.code == "GUARDRAIL_BLOCKED"
        return ("refused" if ours else "upstream_error"), error.code
    trail.status = 500
    return "internal", "INTERNAL"


def leaving_ending(trail: Trail, started: bool) -> tuple[str, str]:
    """The ending and the error code of a cancelled request."""
    why = trail.leaving or "client_gone"
    if why == "client_gone":
        return ("client_gone" if started else "client_gone_early"), ""
    return ("refused" if why == "body_timeout" else why), LEAVING_CODES[why]


def priced(trail: Trail, hold: Hold | None) -> bool:
    """Whether the cost means something: prices are known of what was tried, or would have been."""
    if trail.attempted:
        return trail.prices is not None and (not trail.lost or all(one.prices is not None for one in trail.lost))
    if hold is None:
        return False
    model = hold.grant.model
    return all((where.prices or model.prices) is not None for where in model.candidates)


def unknown_receipt(known: Mapping[str, Any], snapshot: int) -> Receipt:
    """The Receipt of a request whose process died: what it cost if that was known by then, else what was held.

    It may have been answered and billed. ``known``: what was written down when its Hold was made, by the names of the
    Receipt's fields; a negative cost is not known.
    """
    cost = known.get("cost_nano", -1)
    cost = known["held_nano"] if cost < 0 else cost
    told = {"ending": "unknown", "cost_nano": cost, "priced": True, "usage_estimated": True, "snapshot": snapshot}
    return Receipt(**{**blank(), **known, **told})
