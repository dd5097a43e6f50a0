"""Reserve before the call: rates, concurrency and tokens by rule, money at its dearest. Issues the Hold.

It does not say when to settle (the ledger does) and does not count by itself (the Counters store does, all rules
of a request in one decision). Called by the line once there is a Grant.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import repeat
from typing import NamedTuple, cast

from torana.core.budget_name import UNHELD
from torana.core.call import Call
from torana.core.clock import Clock
from torana.core.errors import GatewayError
from torana.core.slotted import slotted
from torana.core.snapshot import BudgetRule, ModelEntry, Prices, Snapshot
from torana.core.tickets import Caller, Grant, Hold
from torana.core.trail import Trail
from torana.line.charges import Owed, owed, rates_of, spend_charge
from torana.line.overrun import refusal_of
from torana.line.recall import Recall
from torana.line.repeat import may_repeat
from torana.line.tally import Tally
from torana.line.worth import BYTES_PER_TOKEN, counted_bytes, dearest_nano, held_nano, most_output_tokens
from torana.ports.recorder import Journal
from torana.ports.store import Charge, Counters, Given, Overrun

MOST_REMEMBERED = 65_536


@slotted
class Taken:
    """What the counters gave for one Hold, and when (epoch seconds)."""

    owed: Owed
    amounts: tuple[int, ...]
    at: float
    used: list[int]
    """How much of each charge was used then."""


class Priced(NamedTuple):
    """What a request for one model may be billed at, how often it may be tried, and whether every price is known."""

    candidates: tuple[Prices, ...]
    tries: int
    complete: bool


class Limits:
    """Reserves by the rules of one Snapshot; the counters outlive it."""

    __slots__ = ("_candidates", "_clock", "_counters", "_journal", "_owed", "_recall", "_snapshot", "_tally")

    def __init__(
        self,
        snapshot: Snapshot,
        counters: Counters,
        tally: Tally,
        clock: Clock,
        journal: Journal | None = None,
        recall: Recall | None = None,
    ) -> None:
        """``journal``: where Holds against hard budgets are written down; None: a dead process forgets them.

        ``recall``: which budgets do not know yet what was spent of them; None: they all do.
        """
        self._recall = recall or Recall()
        self._snapshot = snapshot
        self._journal = journal
        self._counters = counters
        self._tally = tally
        self._clock = clock
        self._owed: dict[tuple[int, str], tuple[Grant, Owed]] = {}
        self._candidates: dict[int, tuple[ModelEntry, Priced]] = {}

    async def reserve(self, grant: Grant, call: Call) -> Hold:
        """The Hold for this request.

        Raises GatewayError RATE_LIMIT_EXCEEDED, CONCURRENCY_EXCEEDED or BUDGET_EXCEEDED, naming the rule, its limit,
        the count and the time of reset; PRICE_UNKNOWN when a hard budget cannot tell what the request may cost.
        """
        snapshot = self._snapshot
        ask = call.ask
        assumed = assumed_of(grant)
        most_output = most_output_tokens(ask, assumed)
        call.trail.most_output = most_output
        candidates, tries, complete = self._priced(grant.model, grant.caller.tenant)
        counted = ask.counted_bytes
        if counted is None:
            counted = len(call.body)
        else:
            call.trail.counted_bytes = counted
            if not (counted or most_output or ask.units):
                candidates, complete = (), True  # nothing to pay for
        answers = 2 if snapshot.hedge is not None and may_be_hedged(grant.model, call) else 1
        if ask.units:
            call.trail.units = ask.units
        amount = held_nano(candidates, tries, counted, most_output, answers, ask.units) if candidates else 0
        taken: Taken | None = None
        if snapshot.limits or snapshot.budgets or grant.caller.rate_limit is not None:
            now = self._clock.now()
            due = self._due(grant, now)
            if due.charges:
                if due.capped and not complete and snapshot.unknown_price != "allow":
                    raise price_unknown(grant.model.name)
                if due.capped and ask.max_tokens is None:
                    call.ask_for_at_most(assumed)
                amounts = due.plain or amounts_of(due, -(-counted // BYTES_PER_TOKEN) + most_output, amount)
                if self._recall.missing:
                    self._refuse_unknown(due, now)
                used = await self._counters.reserve(due.charges, amounts, now)
                taken = Taken(due, amounts, now, used) if type(used) is list else self._taken(due, amounts, used, now)
        # From here on nothing may fail or await: the counters have taken the charges.
        self._tally.holds_open += 1
        currency = candidates[0].currency if candidates else snapshot.currency
        hold = Hold(grant, call.trail, amount, currency, taken)
        return hold if taken is None or not taken.owed.budgets else self._journaled(hold, taken)

    async def _take(self, due: Owed, amounts: tuple[int, ...], now: float) -> Taken:
        """Take all from the counters. Raises GatewayError when one has no room, or does not know."""
        if self._recall.missing:
            self._refuse_unknown(due, now)
        return self._taken(due, amounts, await self._counters.reserve(due.charges, amounts, now), now)

    def _refuse_unknown(self, due: Owed, now: float) -> None:
        """Raises GatewayError for a budget of which nobody knows yet what was spent."""
        unknown = self._recall.refusal(due.charges)
        if unknown is not None:
            raise refusal_of(unknown, self._snapshot.currency, now)

    def _taken(self, due: Owed, amounts: tuple[int, ...], used: Overrun | list[int], now: float) -> Taken:
        """What the counters gave. Raises GatewayError when one had no room."""
        if isinstance(used, Overrun):
            asked = amounts[due.charges.index(used.charge)]
            raise refusal_of(used, self._snapshot.currency, now, asked)
        return Taken(due, amounts, used.at if type(used) is Given else now, used)

    def _journaled(self, hold: Hold, taken: Taken | None) -> Hold:
        if taken is not None:
            hold.budgets = taken.owed.budgets
            if hold.budgets and type(taken.used) is Given and taken.used.unheld:
                hold.budgets = tuple([UNHELD + name for name in hold.budgets])
            if taken.owed.capped and self._journal is not None:
                hold.slot = self._journal.opened(hold, taken.at)
        return hold

    async def reserve_copy(self, grant: Grant, trail: Trail, prices: Prices | None) -> Hold:
        """The Hold for one try beside a request, such as a shadow's: budgets know of it, rates and concurrency do not.

        Raises GatewayError BUDGET_EXCEEDED, PRICE_UNKNOWN.
        """
        amount = 0 if prices is None else dearest_nano(prices, counted_bytes(trail), trail.most_output, trail.units)
        now = self._clock.now()
        due = self._spent_on(grant, now)
        if due is not None and due.capped and prices is None:
            self._refuse_unpriced(grant)
        taken = None if due is None else await self._take(due, amounts_of(due, 0, amount), now)
        self._tally.holds_open += 1
        currency = prices.currency if prices else self._snapshot.currency
        return self._journaled(Hold(grant, trail, amount, currency, taken), taken)

    async def reserve_aside(self, grant: Grant, call: Call) -> Hold:
        """The Hold for a request of ours in a caller's name, fallbacks and all: budgets know of it, as of a copy.

        Raises GatewayError BUDGET_EXCEEDED, PRICE_UNKNOWN.
        """
        assumed = assumed_of(grant)
        candidates, tries, complete = self._priced(grant.model, grant.caller.tenant)
        now = self._clock.now()
        due = self._spent_on(grant, now)
        if due is not None and due.capped:
            if not complete:
                self._refuse_unpriced(grant)
            call.ask_for_at_most(assumed)
        trail, most_output = call.trail, most_output_tokens(call.ask, assumed)
        trail.most_output = most_output
        answers = 2 if self._snapshot.hedge is not None and may_be_hedged(grant.model, call) else 1
        amount = held_nano(candidates, tries, len(call.body), most_output, answers) if candidates else 0
        taken = None if due is None else await self._take(due, amounts_of(due, 0, amount), now)
        self._tally.holds_open += 1
        currency = candidates[0].currency if candidates else self._snapshot.currency
        return self._journaled(Hold(grant, trail, amount, currency, taken), taken)

    def _spent_on(self, grant: Grant, now: float) -> Owed | None:
        """What this grant owes to budgets; None: nothing."""
        if not self._snapshot.budgets:
            return None
        due = owed((), self._snapshot.budgets, grant, now)
        charges = tuple(one for one in due.charges if one.unit == "money")
        return of_money(due, charges) if charges else None

    def _refuse_unpriced(self, grant: Grant) -> None:
        """Raises GatewayError PRICE_UNKNOWN, unless the settings let such pass."""
        if self._snapshot.unknown_price != "allow":
            raise price_unknown(grant.model.name)

    async def reserve_batch(self, grant: Grant, trail: Trail, made_at: float | None = None) -> Hold:
        """The Hold for a batch, which outlives the request that asked for it: budgets know of it, rates do not.

        It is in no Journal, for the batch has a row. ``made_at``: it was held before, by a process that is gone; then it
        is held in the windows of that moment, whether there is room or not. Raises GatewayError BUDGET_EXCEEDED,
        PRICE_UNKNOWN.
        """
        snapshot = self._snapshot
        prices = trail.prices
        amount = 0 if prices is None else dearest_nano(prices, counted_bytes(trail), trail.most_output, trail.units)
        taken: Taken | None = None
        now = self._clock.now()
        due = owed((), snapshot.budgets, grant, now if made_at is None else made_at)
        charges = tuple(one for one in due.charges if one.unit == "money")
        if charges:
            if made_at is not None:
                charges = tuple(one._replace(hard=False) for one in charges)
            elif due.capped and prices is None and snapshot.unknown_price != "allow":
                raise price_unknown(grant.model.name)
            due = of_money(due, charges)
            taken = await self._take(due, amounts_of(due, 0, amount), now)
        self._tally.holds_open += 1
        hold = Hold(grant, trail, amount, prices.currency if prices else snapshot.currency, taken)
        if taken is not None:
            hold.budgets = taken.owed.budgets
        return hold

    def settle(self, hold: Hold) -> None:
        """Tell the counters what the Hold's request used in truth. Once per Hold; never awaits."""
        self._tally.holds_open -= 1
        taken = cast("Taken | None", hold.taken)
        if hold.slot >= 0 and self._journal is not None:
            # What it cost goes first: the room that this makes may be taken by the next request at once.
            self._journal.priced(hold, hold.trail.cost_nano)
        if taken is not None:
            due = taken.owed
            actuals = due.plain or amounts_of(due, tokens_of(hold.trail), hold.trail.cost_nano)
            self._counters.settle(due.charges, taken.amounts, actuals, taken.at, self._clock.now())

    async def budgets_of_team(self, tenant: str, team: str) -> list[tuple[Charge, int, int]]:
        """The team's budgets in their windows of now: the charge, nano-units used of it, and held of these."""
        now = self._clock.now()
        rules = [one for one in self._snapshot.budgets if one.scope == "team" and not one.also and not one.where]
        mine = [one for one in rules if one.match is None or one.match == team]
        charges = [spend_charge(one, f"{tenant}\0{team}", now) for one in mine]
        used = await self._counters.used(charges, now)
        return [(charge, *figures) for charge, figures in zip(charges, used, strict=True)]

    async def budgets_standing(self, wanted: Sequence[tuple[BudgetRule, str]]) -> list[tuple[Charge, int, int]]:
        """Budgets of these subjects in their windows of now: as ``budgets_of_team``, one row for each wanted."""
        now = self._clock.now()
        charges = [spend_charge(rule, subject, now) for rule, subject in wanted]
        used = await self._counters.used(charges, now) if charges else ()
        return [(charge, *figures) for charge, figures in zip(charges, used, strict=True)]

    async def rates_of(self, caller: Caller) -> list[tuple[Charge, int, int]]:
        """The limits of every request of the caller: the charge, how much of it is used, and held of that."""
        charges = rates_of(self._snapshot.limits, caller)
        used = await self._counters.used(charges, self._clock.now()) if charges else ()
        return [(charge, *figures) for charge, figures in zip(charges, used, strict=True)]

    def _priced(self, model: ModelEntry, tenant: str) -> Priced:
        """What a request for the model may cost; worked out once."""
        known = self._candidates.get(id(model))
        if known is not None and known[0] is model:
            return known[1]
        ours = self._snapshot.models_of(tenant)
        models = [model, *filter(None, (ours.get(name) for name in model.all_fallbacks))]
        tries = sum(len(one.candidates) for one in models) * (1 + self._snapshot.retries)
        prices = dict.fromkeys(where.prices or one.prices for one in models for where in one.candidates)
        known_prices = tuple(each for each in prices if each is not None)
        found = Priced(known_prices, tries, complete=None not in prices)
        if len(self._candidates) >= MOST_REMEMBERED:
            self._candidates.clear()
        self._candidates[id(model)] = (model, found)
        return found

    def _due(self, grant: Grant, now: float) -> Owed:
        """What the rules ask of this grant: the same for every request of one caller and model, for a while."""
        who = (id(grant.caller), grant.model.name)
        known = self._owed.get(who)
        # The grant is kept with it, so that no other caller can get the identity of this one.
        if known is not None and known[0].caller is grant.caller and now < known[1].until:
            return known[1]
        if len(self._owed) >= MOST_REMEMBERED:
            self._owed.clear()
        due = owed(self._snapshot.limits, self._snapshot.budgets, grant, now)
        self._owed[who] = (grant, due)
        return due


def assumed_of(grant: Grant) -> int:
    """The tokens that an answer is held for where its request sets no bound."""
    assumed, most = grant.terms.assumed_max_tokens, grant.model.max_output_tokens
    return most if most and most < assumed else assumed


def may_be_hedged(model: ModelEntry, call: Call) -> bool:
    """Whether the request may be asked of two deployments at the same time."""
    return len(model.candidates) > 1 and may_repeat(call.operation, call.dialect)


def is_capped(hold: Hold) -> bool:
    """Whether a hard budget holds money for it."""
    taken = cast("Taken | None", hold.taken)
    return taken is not None and taken.owed.capped


def price_unknown(model: str) -> GatewayError:
    """Of a model whose price nobody knows, asked for by a caller whose spending is capped."""
    message = (
        f"No price is known of the model {model}, and your spending is capped. Ask for another model; an operator can "
        "give it prices."
    )
    return GatewayError("PRICE_UNKNOWN", message, param="model")


def amounts_of(due: Owed, tokens: int, nano: int) -> tuple[int, ...]:
    """How much each charge asks for."""
    return tuple(map({"tokens": tokens, "money": nano}.get, due.units, repeat(1)))


def of_money(due: Owed, charges: tuple[Charge, ...]) -> Owed:
    """What is owed to budgets alone: these charges."""
    return replace(due, charges=charges, plain=None, rates=(), units=("money",) * len(charges))


def tokens_of(trail: Trail) -> int:
    """The tokens that a request used, in and out: none where no provider was asked."""
    usage = trail.usage
    return 0 if usage is None or trail.hit is not None else usage.input + usage.output
