"""What an answer is told of its own way, for dialects whose bodies say so.

It shapes nothing (the dialect does) and decides nothing. Used by ``ai`` for such dialects alone.
"""

from __future__ import annotations

from collections import Counter

from torana.core.clock import Clock
from torana.core.faults import UpstreamFault
from torana.core.money import decimal_text
from torana.core.trail import Trail
from torana.line.guard_team import REPLACING
from torana.line.outcome import refusal
from torana.line.settle import Closing, priced
from torana.line.worth import cost_of, estimate
from torana.ports.dialect import Dressed, Told


class Dresser:
    """Dresses the answer of one request."""

    __slots__ = ("_clock", "_dialect")

    def __init__(self, dialect: Dressed, clock: Clock) -> None:
        self._dialect = dialect
        self._clock = clock

    def whole(self, wire: bytes, closing: Closing) -> bytes:
        """The body of a whole answer. Raises GatewayError UPSTREAM_ERROR for an answer that cannot be read."""
        try:
            return self._dialect.dress(wire, told_of(closing, self._clock))
        except UpstreamFault as fault:
            raise refusal(fault) from fault

    def end(self, closing: Closing) -> bytes:
        """What follows the last event of a stream that was read to its end."""
        return self._dialect.dress_end(told_of(closing, self._clock))


def told_of(closing: Closing, clock: Clock) -> Told:
    """What is known now: all of it once the answer is whole."""
    trail = closing.trail
    deployment = closing.reply.attempt.deployment
    usage, cost_nano = trail.usage, trail.cost_nano
    if usage is None:
        usage = estimate(trail)
        cost_nano += cost_of(trail.prices, usage)
    known = priced(trail, closing.hold)
    return Told(
        request_id=trail.request_id,
        model=closing.hold.grant.model.name,
        provider=deployment.provider,
        upstream_model=deployment.model,
        fallback=closing.reply.attempt.fallback,
        cached=trail.cache.endswith("hit"),
        usage=usage,
        cost=decimal_text(cost_nano) if known else None,
        currency=trail.prices.currency if known and trail.prices is not None else None,
        latency_ms=int((clock.monotonic() - trail.started_s) * 1000),
        at=clock.now(),
        verdicts=tuple(trail.verdicts),
        redacted=replaced(trail),
    )


def replaced(trail: Trail) -> dict[str, int]:
    """How many findings something stands in the place of, by kind; what several guardrails found counts once."""
    places = {(one.kind, one.side, one.path, one.start, one.end) for one in trail.findings if one.does in REPLACING}
    return dict(sorted(Counter(kind for kind, *_ in places).items()))
