"""Order the attempts for a prompt, and say why candidates were left out. Issues Plan and Attempt.

Pure but for the numbers it is given to choose by. It sends nothing; the walker does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b

from torana.core.call import Ask, Prompt
from torana.core.errors import GatewayError
from torana.core.snapshot import Canary, Deployment, ModelEntry, Snapshot
from torana.core.tickets import Attempt, Caller, Dropped, Grant, Plan
from torana.line.conditions import broken, headers_wanted
from torana.line.health import Health, Rest
from torana.line.inject import HEADER, injections
from torana.line.makers import Makers, Marks
from torana.line.narrowing import fitted
from torana.line.outcome import CONTENT_POLICY, CONTEXT_WINDOW
from torana.line.policy import may_use
from torana.line.repeat import may_repeat
from torana.line.worth import sample_nano
from torana.ports.strategy import Facts, Strategy

Headers = tuple[tuple[str, str], ...]

MOST_REMEMBERED = 65_536
LONGEST_STICKY_KEY = 256
BYTES_PER_TOKEN = 4
"""Of ordinary text: a middling guess, for comparing with context sizes."""
SLOW_SHARE = 0.95
"""Of the latest answers of a deployment: what is slower than they were is hedged."""
NOT_ITS_KEY = "the key that the caller brought is for another provider"
BULKY = frozenset({"vision", "audio", "documents"})
"""Needs whose bytes say nothing of tokens."""


def kept_at(deployment: Deployment) -> Attempt:
    """The Attempt of an answer that is given again: nobody is asked, and it costs what the cache says."""
    return Attempt(deployment, 1)


class Router:
    """Plans by one Snapshot."""

    __slots__ = ("_draw", "_fixed", "_health", "_ready", "_snapshot", "_strategies", "_turns", "headers", "makers",
                 "marks")  # fmt: skip

    def __init__(
        self,
        snapshot: Snapshot,
        strategies: Mapping[str, Strategy],
        draw: Callable[[], float],
        ready: frozenset[str],
        health: Health,
    ) -> None:
        self._snapshot = snapshot
        self._strategies = strategies
        self._draw = draw
        self._ready = ready
        """Ids of the providers that could be opened."""
        self._health = health
        self._turns: dict[str, int] = {}
        self.makers: Makers | None = None
        """Who made what is sealed in requests."""
        self.marks: Marks = {}
        self._fixed: dict[int, tuple[ModelEntry, Plan]] = {}
        """Plans that leave no choice, by the identity of their model."""
        self.headers = headers_wanted(snapshot.every_model) | ({HEADER.encode()} if snapshot.inject else set())
        """Lower-case names of the request headers that plans go by."""

    def plan(self, grant: Grant, prompt: Prompt) -> Plan:
        """The Plan: the model's deployments in the order of its strategy, then its fallbacks, each in theirs.

        A deployment that rests (breaker, cooldown) is dropped while there is another, and so is one that never
        declared what the request uses. Whoever made what is sealed in the request comes first. Raises GatewayError for
        faults that this caller may not ask for.
        """
        plan = self._made(grant, prompt)
        if prompt.ask.sealed and self.makers is not None:
            return self.makers.at_maker(plan, prompt, self.marks)
        return plan

    def _made(self, grant: Grant, prompt: Prompt) -> Plan:
        model = grant.model
        if prompt.trail.headers and self._snapshot.inject:
            asked = dict(prompt.trail.headers).get(HEADER)
            prompt.trail.inject = injections(asked, grant.caller) if asked else ()
        if prompt.own_key is not None:
            return self._own(grant, prompt)
        fixed = self._fixed.get(id(model))
        if fixed is not None and fixed[0] is model:
            prompt.trail.dropped = fixed[1].dropped
            return fixed[1]
        trail = prompt.trail
        draft = Draft(grant.caller, prompt.ask, trail.conversation, trail.headers, takes_turn=True)
        draft.measure(len(prompt.body))
        plan = self._planned(grant, draft, may_repeat(prompt.operation, prompt.dialect))
        trail.dropped = plan.dropped
        if leaves_no_choice(model) and len(self._fixed) < MOST_REMEMBERED:
            self._fixed[id(model)] = (model, replace(plan, note=""))
        return plan

    def _own(self, grant: Grant, prompt: Prompt) -> Plan:
        """The Plan for a caller's own key: it goes to one provider, and to none that the policy does not name.

        Raises GatewayError PERMISSION_DENIED.
        """
        trail = prompt.trail
        draft = Draft(grant.caller, prompt.ask, trail.conversation, trail.headers, takes_turn=True)
        draft.measure(len(prompt.body))
        plan = self._planned(grant, draft, repeatable=False)
        allowed = grant.terms.own_keys
        meant = next((one.deployment.provider for one in plan.attempts if one.deployment.provider in allowed), None)
        if meant is None:
            message = f"No provider of the model {grant.model.name} takes a key of your own here."
            raise GatewayError("PERMISSION_DENIED", message)
        kept = [one for one in plan.attempts if one.deployment.provider == meant]
        left_out = (one.deployment for one in plan.attempts if one.deployment.provider != meant)
        dropped = plan.dropped + tuple(Dropped(one.provider, one.model, NOT_ITS_KEY) for one in left_out)
        trail.dropped = dropped
        attempts = tuple(replace(one, number=number) for number, one in enumerate(kept, 1))
        return replace(plan, attempts=attempts, dropped=dropped)

    def foresee(self, grant: Grant, ask: Ask, conversation: str = "", headers: Headers = ()) -> Plan:
        """The Plan that a request would have now; it takes nobody's turn."""
        return self._planned(grant, Draft(grant.caller, ask, conversation, headers, takes_turn=False), repeatable=True)

    def _planned(self, grant: Grant, draft: Draft, repeatable: bool) -> Plan:
        model = grant.model
        draft.dropped += grant.barred
        if model.canary is not None:
            self._add_canary(model, model.canary, draft)
        self._add(model, draft)
        self._add_fallbacks(model.fallbacks, grant, draft)
        note = draft.settle() if draft.resting or draft.unable else ""
        for names, only in (
            (model.context_window_fallbacks, CONTEXT_WINDOW),
            (model.content_policy_fallbacks, CONTENT_POLICY),
        ):
            if names:
                self._add_fallbacks(names, grant, draft, only)
                draft.drop_unfit()
        attempts = tuple(draft.attempts)
        hedge_s = self._hedge_s(attempts) if repeatable and self._snapshot.hedge is not None else None
        shadow = self._shadow(grant, draft) if repeatable and model.shadow is not None else None
        return Plan(attempts, tuple(draft.dropped), model.strategy, note, hedge_s, shadow)

    def _hedge_s(self, attempts: Sequence[Attempt]) -> float | None:
        """After how long a second deployment is asked; None when there is none, or too little is known of the first."""
        hedge = self._snapshot.hedge
        if hedge is None or len(attempts) < 2 or attempts[1].fallback or attempts[1].only:
            return None
        return self._health.slow_s(attempts[0].deployment, SLOW_SHARE) if hedge.after_s is None else hedge.after_s

    def _add_canary(self, model: ModelEntry, canary: Canary, draft: Draft) -> None:
        """Put the canary first, for its share of requests."""
        mark = share_of(model.name, draft.sticky_key) if canary.sticky else self._draw()
        where = canary.deployment
        if mark < canary.share:
            self._consider(model, draft.meeting((where,)), draft)
        else:
            draft.dropped.append(
                Dropped(where.provider, where.model, f"canary: not this one, for {canary.share * 100:g} % of requests")
            )

    def _shadow(self, grant: Grant, draft: Draft) -> Plan | None:
        """The Plan of a copy; None when this caller's policy, or the request, keeps it from going there."""
        model, shadow = grant.model, grant.model.shadow
        if shadow is None or not grant.terms.shadows or not draft.caller.key.shadows:
            return None
        where = shadow.deployment
        met = not where.when or not broken(where.when, draft.caller, dict(draft.headers))
        if not met or where.provider not in self._ready or draft.lacks(where) or self._health.rest(where):
            return None
        return Plan((Attempt(where, 1, prices=where.prices or model.prices),), strategy="shadow")

    def _add_fallbacks(self, names: Sequence[str], grant: Grant, draft: Draft, only: str = "") -> None:
        for name in names:
            entry = self._snapshot.models_of(grant.caller.tenant).get(name)
            if entry is None:
                draft.dropped.append(Dropped("", name, "no such model"))
            elif not may_use(grant.caller.key, name):
                draft.dropped.append(Dropped("", name, "the key may not use it"))
            elif not grant.terms.models.permits(name):
                draft.dropped.append(Dropped("", name, "the policy does not allow it"))
            else:
                left, barred = fitted(entry, grant.terms, self._snapshot.provider_kinds)
                draft.dropped += barred
                if left is not None:
                    self._add(left, draft, True, only)

    def _add(self, model: ModelEntry, draft: Draft, fallback: bool = False, only: str = "") -> None:
        self._consider(model, self._ordered(model, draft), draft, fallback, only)

    def _consider(
        self, model: ModelEntry, deployments: Sequence[Deployment], draft: Draft, fallback: bool = False, only: str = ""
    ) -> None:
        attempts = draft.attempts
        trial = None if model.canary is None else model.canary.deployment
        for deployment in deployments:
            if deployment.provider not in self._ready:
                reason = "the provider is not configured"
                draft.dropped.append(Dropped(deployment.provider, deployment.model, reason))
                continue
            attempt = Attempt(deployment, len(attempts) + 1, fallback, deployment.prices or model.prices, only)
            if deployment is trial:
                attempt = replace(attempt, canary=True)
            lacks = draft.lacks(deployment)
            if lacks:
                draft.unable.append((f"never declared {lacks}", attempt))
                continue
            rest = self._health.rest(deployment)
            if rest is None:
                attempts.append(attempt)
            else:
                draft.resting.append((rest, attempt))

    def _ordered(self, model: ModelEntry, draft: Draft) -> Sequence[Deployment]:
        candidates = draft.meeting(model.deployments)
        if len(candidates) < 2:
            return candidates
        turn = self._turns.get(model.name, 0)
        if draft.takes_turn:
            self._turns[model.name] = turn + 1

        def price_nano(deployment: Deployment) -> int | None:
            return sample_nano(deployment.prices or model.prices)

        health = self._health
        facts = Facts(
            self._draw(),
            turn,
            {},
            health.latency_s,
            health.busy,
            price_nano,
            draft.sticky_key,
            draft.ask.needs,
            draft.tokens,
        )
        return self._strategies[model.strategy](candidates, facts)


def leaves_no_choice(model: ModelEntry) -> bool:
    """Whether every request for the model has the same Plan."""
    alone = len(model.everywhere) == 1 and not model.all_fallbacks
    return alone and not model.deployments[0].when


class Draft:
    """A Plan in the making, and what of the request it is made by."""

    __slots__ = (
        "ask", "attempts", "caller", "dropped", "headers", "resting", "sticky_key", "takes_turn", "tokens", "unable",
    )  # fmt: skip

    def __init__(self, caller: Caller, ask: Ask, conversation: str, headers: Headers, takes_turn: bool) -> None:
        self.ask = ask
        self.caller = caller
        self.headers = headers
        self.sticky_key = sticky_key(caller, conversation, ask.user)
        self.tokens = 0
        self.takes_turn = takes_turn
        self.attempts: list[Attempt] = []
        self.dropped: list[Dropped] = []
        self.resting: list[tuple[Rest, Attempt]] = []
        self.unable: list[tuple[str, Attempt]] = []
        """What never declared what the request uses, and the reason for leaving it out."""

    def measure(self, body_bytes: int) -> None:
        """Guess how many tokens the request and its answer have."""
        if not self.ask.needs & BULKY:
            self.tokens = body_bytes // BYTES_PER_TOKEN + (self.ask.max_tokens or 0)

    def meeting(self, candidates: Sequence[Deployment]) -> Sequence[Deployment]:
        """Those whose conditions hold; the others are dropped, with the reason."""
        if not any(one.when for one in candidates):
            return candidates
        headers = dict(self.headers)
        kept: list[Deployment] = []
        for one in candidates:
            name = broken(one.when, self.caller, headers)
            if name:
                self.dropped.append(Dropped(one.provider, one.model, f"its condition on {name} does not hold"))
            else:
                kept.append(one)
        return kept

    def lacks(self, deployment: Deployment) -> str:
        """What the request uses and the deployment never declared, for people; empty when it is able."""
        declared = deployment.capabilities
        if declared is None or self.ask.needs <= declared:
            return ""
        return ", ".join(sorted(self.ask.needs - declared))

    def settle(self) -> str:
        """Drop those that rest or are unable, while another is left; gives what was done when none is.

        Then the able one whose rest ends first is tried; with none able, all are, for the provider to say no.
        """
        note = ""
        if not self.attempts and self.resting:
            least = min(self.resting, key=lambda one: one[0].until)
            self.resting.remove(least)
            self._add(least[1])
            note = f"nothing else is left: tried although {least[0].reason}"
        elif not self.attempts:
            for _, attempt in self.unable:
                self._add(attempt)
            note = f"nothing else is left: tried although it {self.unable[0][0]}"
            self.unable.clear()
        self.drop_unfit()
        return note

    def drop_unfit(self) -> None:
        """Drop what rests or is unable."""
        left_out = [(rest.reason, attempt) for rest, attempt in self.resting] + self.unable
        self.dropped += (Dropped(one.deployment.provider, one.deployment.model, reason) for reason, one in left_out)
        self.resting.clear()
        self.unable.clear()

    def _add(self, attempt: Attempt) -> None:
        self.attempts.append(replace(attempt, number=len(self.attempts) + 1))


def share_of(name: str, key: str) -> float:
    """Where between 0 and 1 a sticky key lies for the model of this name; the same in every process."""
    digest = blake2b(f"{name}\0{key}".encode("utf-8", "surrogatepass"), digest_size=8, person=b"canary").digest()
    return (int.from_bytes(digest, "big") >> 11) / (1 << 53)


def sticky_key(caller: Caller, conversation: str, user: str | None) -> str:
    """What stays with one deployment: the conversation, else the end user named in the body, else the caller."""
    return (conversation or user or caller.user or caller.key_id)[:LONGEST_STICKY_KEY]
