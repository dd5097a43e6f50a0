"""Reserve before the call: rate and concurrency by rule, money at its dearest. Issues the Hold.

It does not settle (the ledger does) and does not count by itself (the Counters store does, all rules
of a request in one decision). Called by the line once there is a Grant.
"""

from __future__ import annotations

from datetime import UTC, datetime

from torana.core.call import Call
from torana.core.clock import Clock
from torana.core.errors import GatewayError
from torana.core.snapshot import LimitRule, ModelEntry, Prices, Snapshot
from torana.core.tickets import Grant, Hold
from torana.line.tally import Tally
from torana.line.worth import held_nano, most_output_tokens
from torana.ports.store import Charge, Counters, Overrun

MOST_REMEMBERED = 65_536


class Limits:
    """Reserves by the rules of one Snapshot; the counters outlive it."""

    __slots__ = ("_candidates", "_charges", "_clock", "_counters", "_snapshot", "_tally")

    def __init__(self, snapshot: Snapshot, counters: Counters, tally: Tally, clock: Clock) -> None:
        self._snapshot = snapshot
        self._counters = counters
        self._tally = tally
        self._clock = clock
        self._charges: dict[tuple[str, str, str], tuple[Charge, ...]] = {}
        self._candidates: dict[int, tuple[ModelEntry, tuple[tuple[Prices, ...], int]]] = {}

    async def reserve(self, grant: Grant, call: Call) -> Hold:
        """The Hold for this request.

        Raises GatewayError RATE_LIMIT_EXCEEDED or CONCURRENCY_EXCEEDED, naming the rule, its limit, the
        count and the time of reset.
        """
        snapshot = self._snapshot
        ask = call.ask
        most_output = most_output_tokens(ask, snapshot.assumed_max_tokens)
        call.trail.most_output = most_output
        candidates, tries = self._priced(grant.model)
        counted = ask.counted_bytes
        if counted is None:
            counted = len(call.body)
        else:
            call.trail.counted_bytes = counted
        amount = held_nano(candidates, tries, counted, most_output) if candidates else 0
        charges: tuple[Charge, ...] = ()
        if snapshot.limits:
            charges = self._charges_of(grant)
            overrun = await self._counters.reserve(charges, self._clock.now()) if charges else None
            if overrun is not None:
                raise self._refusal(overrun)
        # From here on nothing may fail or await: the counters have taken the charges.
        self._tally.holds_open += 1
        currency = candidates[0].currency if candidates else snapshot.currency
        return Hold(grant, call.trail, amount, currency, charges)

    def _priced(self, model: ModelEntry) -> tuple[tuple[Prices, ...], int]:
        """The prices that a request for the model may be billed at, and how often it may be tried."""
        known = self._candidates.get(id(model))
        if known is not None and known[0] is model:
            return known[1]
        models = [model, *filter(None, (self._snapshot.models.get(name) for name in model.all_fallbacks))]
        tries = sum(len(one.deployments) for one in models) * (1 + self._snapshot.retries)
        prices = {where.prices or one.prices: None for one in models for where in one.deployments}
        found = tuple(one for one in prices if one is not None), tries
        if len(self._candidates) >= MOST_REMEMBERED:
            self._candidates.clear()
        self._candidates[id(model)] = (model, found)
        return found

    def _charges_of(self, grant: Grant) -> tuple[Charge, ...]:
        """What the rules ask of this grant; the same for every request of one key and model."""
        who = (grant.caller.tenant, grant.caller.key_id, grant.model.name)
        charges = self._charges.get(who)
        if charges is None:
            if len(self._charges) >= MOST_REMEMBERED:
                self._charges.clear()
            rules = self._snapshot.limits
            charges = tuple(charge for rule in rules if (charge := charge_of(rule, grant)) is not None)
            self._charges[who] = charges
        return charges

    def release(self, hold: Hold) -> None:
        """Give back what the Hold kept of the counters. Once per Hold; never awaits."""
        self._tally.holds_open -= 1
        if hold.charges:
            self._counters.release(hold.charges)  # type: ignore[arg-type]

    def _refusal(self, overrun: Overrun) -> GatewayError:
        charge = overrun.charge
        held = charge.window_s == 0
        code = "CONCURRENCY_EXCEEDED" if held else "RATE_LIMIT_EXCEEDED"
        what = "requests at once" if held else f"requests per {charge.window_s:g} s"
        reset_at = datetime.fromtimestamp(self._clock.now() + overrun.reset_in_s, UTC)
        return GatewayError(
            code,
            f"The limit {charge.rule_id} allows {charge.limit} {what}.",
            details={
                "rule": charge.rule_id,
                "current_count": overrun.used,
                "limit": charge.limit,
                "reset_at": reset_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            },
            retry_after_s=max(overrun.reset_in_s, 0.001),
        )


def charge_of(rule: LimitRule, grant: Grant) -> Charge | None:
    """What this request owes to the rule; None when the rule is about somebody else."""
    value = scope_value(rule.scope, grant)
    if not value or (rule.match is not None and rule.match != value):
        return None
    return Charge(rule.rule_id, f"{grant.caller.tenant}\0{value}", 1, rule.limit, rule.window_s)


def scope_value(scope: str, grant: Grant) -> str:
    """Whose counter a scope means for this request."""
    caller = grant.caller
    match scope:
        case "key":
            return caller.key_id
        case "user":
            return caller.user or f"key\0{caller.key_id}"
        case "team":
            return caller.team
        case "tenant":
            return caller.tenant
        case "model":
            return grant.model.name
        case _:
            raise ValueError(f"no limit has the scope {scope!r}")
