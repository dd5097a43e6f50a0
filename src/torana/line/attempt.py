"""Walk the plan: try, retry, fail over, until the first content is seen.

It chooses nothing (the Plan did) and judges outcomes by one table (``outcome``). After the first content
it has no say: a failure then is the ledger's to close and the caller's to hear.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import replace
from typing import NamedTuple

from torana.core.call import Chunk, Prompt, Reply
from torana.core.clock import Clock
from torana.core.errors import GatewayError
from torana.core.faults import AnswerMalformed, DeadlinePassed, StatusFault, UpstreamFault
from torana.core.secret import Secret
from torana.core.snapshot import Breaker
from torana.core.tickets import Attempt, Attempted, Dropped, Plan
from torana.core.trace import HANDED_ON, Trace
from torana.core.trail import Lost
from torana.line import own_estimate, own_key
from torana.line.health import Health
from torana.line.hedge import Outcome, Races
from torana.line.inject import injected
from torana.line.outcome import RETRY_AFTER_UNAVAILABLE_S, Ruling, label, quiet_s, refusal, ruling, trouble
from torana.line.queue import Slot
from torana.line.queues import Queues, Stay
from torana.ports.provider import Provider

FIRST_PAUSE_S = 0.25
LONGEST_PAUSE_S = 8.0
NOTHING_TO_TRY = GatewayError(
    "UPSTREAM_UNAVAILABLE",
    "No deployment of this model can be used now.",
    retry_after_s=RETRY_AFTER_UNAVAILABLE_S,
)


class Patience(NamedTuple):
    """How long and how often the walker tries."""

    retries: int
    """Further tries of one deployment after the first."""
    deadline_s: float
    """Seconds from the start of the walk to the first content; a plain answer that was begun in time may end later."""
    breaker: Breaker | None = None
    """When a deployment that keeps failing is left alone."""
    waits: bool = True
    """Whether a try waits for a deployment that is at its capacity."""


TRY: ContextVar[int] = ContextVar("the number of the try under way, of a traced request", default=0)
WithKey = Callable[[str, Secret], Provider]


class Walker:
    """Walks plans over the opened providers of one Snapshot."""

    __slots__ = (
        "_clock", "_draw", "_health", "_patience", "_providers", "_sleep", "queues", "races", "stays", "with_key",
    )  # fmt: skip

    def __init__(
        self,
        providers: Mapping[str, Provider],
        patience: Patience,
        clock: Clock,
        draw: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
        health: Health,
    ) -> None:
        self._providers = providers
        self._patience = patience
        self._clock = clock
        self._draw = draw
        self._sleep = sleep
        self._health = health
        self.races = Races(clock, sleep)
        self.with_key: WithKey | None = None
        """Opens a provider with a caller's own key; None: no policy allows one."""
        self.queues: Queues | None = None
        """Where tries wait for deployments that can take only so much; None: none of them says how much."""
        self.stays: frozenset[str] = frozenset()
        """Strategies whose first choice is waited for while another deployment of the model has room."""

    async def walk(self, plan: Plan, prompt: Prompt) -> Reply:
        """The Reply of the first try that gives content.

        Raises GatewayError (UPSTREAM_*, or the provider's own refusal) when none does.
        """
        deadline = self._clock.monotonic() + self._patience.deadline_s
        fault: UpstreamFault | GatewayError = NOTHING_TO_TRY
        only = ""
        raced = 0
        for number in range(1, len(plan.attempts) + 1):
            attempt = plan.attempts[number - 1]
            if attempt.only != only or number == raced:
                continue
            more = number < len(plan.attempts) and plan.attempts[number].only == only
            if more and self._rests_since(attempt, prompt):
                continue
            both = False
            if self.queues is not None:
                plan, outcome, both = await self._try_in_turn(plan, number, prompt, deadline, raced)
            elif plan.hedge_s is None or raced or self._rival(plan, number) is None:
                outcome = await self._try_deployment(attempt, prompt, deadline, more)
            else:
                outcome, both = await self._race(plan, number, prompt, deadline)
            if both:
                raced = number + 1
            if isinstance(outcome, Reply):
                return outcome
            fault = outcome
            if prompt.ask.estimated is not None and own_estimate.is_wanted(fault, prompt, plan, number):
                return await own_estimate.estimate(plan, prompt)
            if isinstance(fault, UpstreamFault) and not ruling(fault).fail_over:
                only = trouble(fault)
                if not only:
                    break
            if self._clock.monotonic() >= deadline:
                break
        raise refused(fault, prompt)

    def _rival(self, plan: Plan, number: int) -> Attempt | None:
        """Who is asked as well when the attempt of this number is slow: the next deployment of the same model."""
        if number >= len(plan.attempts):
            return None
        second = plan.attempts[number]
        return None if second.fallback or second.only or self._health.rest(second.deployment) else second

    async def _try_in_turn(
        self, plan: Plan, number: int, prompt: Prompt, deadline: float, raced: int
    ) -> tuple[Plan, Outcome, bool]:
        """Try the attempt of this number once there is room for it, or one after it that has room before.

        Gives the Plan in the order that came of it, the outcome, and whether the next was tried too.
        """
        first = number - 1
        try:
            chosen, slot = await self._room(plan, first, prompt, deadline)
        except GatewayError as full:
            return plan, full, False
        attempt = plan.attempts[chosen]
        if chosen != first:
            others = plan.attempts[first:chosen] + plan.attempts[chosen + 1 :]
            plan = replace(plan, attempts=(*plan.attempts[:first], attempt, *others))
        stay = self._stay(attempt, deadline, self._patience.waits)
        stay.slot = slot
        try:
            if plan.hedge_s is None or raced or self._rival(plan, number) is None:
                more = number < len(plan.attempts) and plan.attempts[number].only == attempt.only
                return plan, await self._try_deployment(attempt, prompt, deadline, more, stay), False
            return plan, *await self._race(plan, number, prompt, deadline, stay)
        finally:
            stay.pause()

    async def _room(self, plan: Plan, first: int, prompt: Prompt, deadline: float) -> tuple[int, Slot | None]:
        """Which attempt of the Plan may be made now, from the ``first`` on, and its place: another only of the same model.

        Raises GatewayError OVERLOADED.
        """
        assert self.queues is not None  # noqa: S101 - the walk's case
        attempt = plan.attempts[first]
        choice = [first]
        if not attempt.fallback and plan.strategy not in self.stays:
            for index, one in enumerate(plan.attempts[first + 1 :], first + 1):
                if not one.fallback and one.only == attempt.only and not self._health.rest(one.deployment):
                    choice.append(index)
        left_s = deadline - self._clock.monotonic() if self._patience.waits else 0.0
        where = [plan.attempts[index].deployment for index in choice]
        index, slot = await self.queues.enter(where, prompt.trail, left_s)
        return choice[index], slot

    def _stay(self, attempt: Attempt, deadline: float, waits: bool) -> Stay:
        """What holds the place of one request at one deployment."""
        assert self.queues is not None  # noqa: S101 - the walk's case
        return Stay(self.queues, attempt.deployment, lambda: deadline - self._clock.monotonic() if waits else 0.0)

    async def _race(
        self, plan: Plan, number: int, prompt: Prompt, deadline: float, stay: Stay | None = None
    ) -> tuple[Outcome, bool]:
        """Try the attempt of this number, and the one after it as well once it is slow.

        The second is tried only where there is room at once: who waits comes before who hedges.
        """
        first = plan.attempts[number - 1]

        async def try_(attempt: Attempt, alone: Prompt) -> Outcome:
            if stay is None or attempt is first:
                return await self._try_deployment(attempt, alone, deadline, True, stay)
            second = self._stay(attempt, deadline, waits=False)
            try:
                return await self._try_deployment(attempt, alone, deadline, True, second)
            finally:
                second.pause()

        assert plan.hedge_s is not None  # noqa: S101 - the walk's case
        return await self.races.run(prompt, plan.attempts[number - 1 : number + 1], try_, plan.hedge_s)

    def _rests_since(self, attempt: Attempt, prompt: Prompt) -> bool:
        """Whether the deployment began to rest while others were tried; then it is dropped, with the reason."""
        trail = prompt.trail
        rest = self._health.rest(attempt.deployment) if trail.attempted else None
        if rest is None:
            return False
        trail.dropped += (Dropped(attempt.deployment.provider, attempt.deployment.model, rest.reason),)
        return True

    async def _try_deployment(
        self, attempt: Attempt, prompt: Prompt, deadline: float, more: bool, stay: Stay | None = None
    ) -> Reply | UpstreamFault | GatewayError:
        """Try one deployment, again where the table and the deadline allow; the Reply or the last failure.

        With ``more`` to try elsewhere it is left once it rests: its breaker opened, or it asked to be left alone, in these
        tries or in other requests.
        A try with another credential of its pool comes at once and is no retry; each is passed over once. Between two
        tries others get its place there; whoever made the Stay gives back what is left of it.
        """
        tries = 0
        passed_over: tuple[str, ...] = ()
        while True:
            tries += 1
            if stay is not None and stay.slot is None:
                try:
                    await stay.begin(prompt.trail)
                except GatewayError as full:
                    return full
            started = self._clock.monotonic()
            prompt.trail.vitals = self._health.begin(attempt.deployment, started)
            try:
                reply = await self._try(attempt, prompt, deadline - started)
            except GatewayError as refused:  # the provider will not carry it: nothing was sent, the next may
                self._note(attempt, prompt, "refused", started)
                return refused
            except asyncio.CancelledError:
                self._note(attempt, prompt, "cancelled", started)
                raise
            except UpstreamFault as fault:
                self._note(attempt, prompt, label(fault), started, fault)
                rule = ruling(fault)
                rotate = rule.rotate and fault.another and fault.credential not in passed_over
                if rotate and self._clock.monotonic() < deadline:
                    passed_over += (fault.credential,)
                    tries -= 1
                    continue
                pause = self._pause(fault, tries, rule)
                if pause is None or self._clock.monotonic() + pause >= deadline:
                    return fault
                if more and self._health.rest(attempt.deployment):
                    return fault
                if stay is not None:
                    stay.pause()
                await self._sleep(pause)
                if more and self._health.rest(attempt.deployment):
                    return fault
                continue
            self._note(attempt, prompt, "ok", started, reply)
            return reply if stay is None else stay.answered(reply)

    async def _try(self, attempt: Attempt, prompt: Prompt, left_s: float) -> Reply:
        """One try. For a stream, ``left_s`` is all the time there is to its first content."""
        trail = prompt.trail
        if trail.sent:
            trail.lost.append(Lost(trail.prices))
        trail.sent = True
        trail.prices = attempt.prices
        try:
            if not prompt.ask.stream:
                return await self._begin(attempt, prompt)
            async with asyncio.timeout(left_s):
                return await self._begin(attempt, prompt)
        except TimeoutError as late:
            raise DeadlinePassed from late
        except UpstreamFault as fault:
            trail.sent = fault.sent
            raise
        except GatewayError:
            trail.sent = False
            raise

    async def _begin(self, attempt: Attempt, prompt: Prompt) -> Reply:
        """Send, and read up to the first content."""
        if prompt.trail.inject:
            fault = injected(prompt.trail.inject, attempt)
            if fault is not None:
                raise fault
        provider = self._providers[attempt.deployment.provider]
        if prompt.own_key is not None:
            provider = provider_of(self.with_key, attempt.deployment.provider, prompt.own_key)
        trace = prompt.trail.trace
        sent = provider.send(attempt, prompt) if trace is None else traced(provider, attempt, prompt, trace)
        reply = await sent
        source = reply.source
        seen: list[Chunk] = []
        done = False
        try:
            while not done:
                # Not anext(source, default): CPython 3.11 raises SystemError there when the default is a tuple.
                try:
                    chunk = await source.__anext__()
                except StopAsyncIteration:
                    raise AnswerMalformed("the answer ended before any content") from None
                seen.append(chunk)
                done = chunk.content
        except UpstreamFault as fault:
            fault.credential = fault.credential or reply.credential
            raise
        finally:
            if not done:
                await source.aclose()
        return reply.begun(tuple(seen))

    def _pause(self, fault: UpstreamFault, tries: int, rule: Ruling) -> float | None:
        """Seconds before the next try of this deployment, None for no further try.

        A provider's Retry-After is a floor, never shortened: hammering a limited provider helps nobody.
        """
        if not rule.retry or tries > self._patience.retries:
            return None
        pause = min(FIRST_PAUSE_S * float(1 << (tries - 1)), LONGEST_PAUSE_S) * (0.5 + self._draw() / 2)
        if isinstance(fault, StatusFault) and fault.retry_after_s is not None:
            pause = max(pause, fault.retry_after_s)
        return pause

    def _note(
        self, attempt: Attempt, prompt: Prompt, outcome: str, started: float, came: Reply | UpstreamFault | None = None
    ) -> None:
        """Write the try on the trail and tell its deployment's Vitals. ``came``: what it gave."""
        now = self._clock.monotonic()
        took = now - started
        trail = prompt.trail
        own = prompt.own_key is not None
        credential = own_key.CREDENTIAL if own else came.credential if came is not None else ""
        trail.upstream_s += took
        deployment = attempt.deployment
        if trail.trace is not None and trail.trace.sampled:
            note_try(trail.trace, attempt, outcome, started, now)
        trail.attempted.append(Attempted(deployment.provider, deployment.model, outcome, int(took * 1000), credential))
        if trail.vitals is None:
            return
        if outcome == "ok":
            trail.vitals.content(started, now)
            return
        if outcome == "deadline" and took < self._patience.deadline_s / 2:
            outcome = "cancelled"  # earlier tries used up the time: this deployment had little of it
        nothing = isinstance(came, UpstreamFault) and own_key.says_nothing(came, own)
        if nothing:
            outcome = "cancelled"  # it says nothing of the deployment
        trail.vitals.failed(outcome, started, now, self._patience.breaker)
        if isinstance(came, UpstreamFault) and not nothing:
            trail.vitals.cool(quiet_s(came), now)
        trail.vitals = None


def refused(fault: UpstreamFault | GatewayError, prompt: Prompt) -> GatewayError:
    """What the caller is told of the last failure, which is its cause."""
    if not isinstance(fault, UpstreamFault):
        return GatewayError(fault.code, fault.message, details=fault.details, retry_after_s=fault.retry_after_s)
    error = (own_key.refused(fault) if prompt.own_key is not None else None) or refusal(fault)
    error.__cause__ = fault
    return error


async def traced(provider: Provider, attempt: Attempt, prompt: Prompt, trace: Trace) -> Reply:
    """Send one try; its provider is told the trace that it belongs to."""
    trace.asked += 1
    TRY.set(trace.asked)
    before = HANDED_ON.set(trace.lines(trace.asked))
    try:
        return await provider.send(attempt, prompt)
    finally:
        HANDED_ON.reset(before)


def note_try(trace: Trace, attempt: Attempt, outcome: str, began: float, ended: float) -> None:
    """Write the try into its trace."""
    number = TRY.get()
    TRY.set(0)
    if not number:  # it was never sent
        trace.asked = number = trace.asked + 1
    name = f"{attempt.deployment.provider}/{attempt.deployment.model}"
    trace.note("attempt", name, began, ended, outcome, -number if attempt.fallback else number)


def provider_of(with_key: WithKey | None, provider: str, key: Secret) -> Provider:
    """The provider that uses the caller's key. Raises GatewayError PERMISSION_DENIED where nobody may bring one."""
    if with_key is None:
        raise GatewayError("PERMISSION_DENIED", own_key.NOT_ALLOWED)
    return with_key(provider, key)
