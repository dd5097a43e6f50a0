"""Order the attempts for a prompt, and say why candidates were left out. Issues Plan and Attempt.

Pure but for the numbers it is given to choose by. It sends nothing; the walker does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from torana.core.call import Prompt
from torana.core.snapshot import Deployment, ModelEntry, Snapshot
from torana.core.tickets import Attempt, Caller, Dropped, Grant, Plan
from torana.line.health import Health, Rest
from torana.line.policy import may_use
from torana.line.worth import sample_nano
from torana.ports.strategy import Facts, Strategy

MOST_REMEMBERED = 65_536
LONGEST_STICKY_KEY = 256


class Router:
    """Plans by one Snapshot."""

    __slots__ = ("_draw", "_fixed", "_health", "_ready", "_snapshot", "_strategies", "_turns")

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
        self._fixed: dict[int, tuple[ModelEntry, Plan]] = {}
        """Plans that leave no choice, by the identity of their model."""

    def plan(self, grant: Grant, prompt: Prompt) -> Plan:
        """The Plan: the model's deployments in the order of its strategy, then its fallbacks, each in theirs.

        A deployment that rests (breaker, cooldown) is dropped while there is another.
        """
        model = grant.model
        fixed = self._fixed.get(id(model))
        if fixed is not None and fixed[0] is model:
            prompt.trail.dropped = fixed[1].dropped
            return fixed[1]
        trail = prompt.trail
        draft = Draft(sticky_key(grant.caller, trail.conversation, prompt.ask.user), takes_turn=True)
        plan = self._planned(grant, draft)
        trail.dropped = plan.dropped
        if len(model.deployments) == 1 and not model.fallbacks and len(self._fixed) < MOST_REMEMBERED:
            self._fixed[id(model)] = (model, plan._replace(note=""))
        return plan

    def foresee(self, grant: Grant, conversation: str = "", user: str | None = None) -> Plan:
        """The Plan that a request would have now; it takes nobody's turn."""
        return self._planned(grant, Draft(sticky_key(grant.caller, conversation, user), takes_turn=False))

    def _planned(self, grant: Grant, draft: Draft) -> Plan:
        model = grant.model
        self._add(model, draft)
        for name in model.fallbacks:
            entry = self._snapshot.models.get(name)
            if entry is None:
                draft.dropped.append(Dropped("", name, "no such model"))
            elif not may_use(grant.caller.key, name):
                draft.dropped.append(Dropped("", name, "the key may not use it"))
            else:
                self._add(entry, draft, fallback=True)
        note = draft.settle() if draft.resting else ""
        return Plan(tuple(draft.attempts), tuple(draft.dropped), model.strategy, note)

    def _add(self, model: ModelEntry, draft: Draft, fallback: bool = False) -> None:
        attempts = draft.attempts
        for deployment in self._ordered(model, draft):
            if deployment.provider not in self._ready:
                reason = "the provider is not configured"
                draft.dropped.append(Dropped(deployment.provider, deployment.model, reason))
                continue
            attempt = Attempt(deployment, len(attempts) + 1, fallback, deployment.prices or model.prices)
            rest = self._health.rest(deployment)
            if rest is None:
                attempts.append(attempt)
            else:
                draft.resting.append((rest, attempt))

    def _ordered(self, model: ModelEntry, draft: Draft) -> Sequence[Deployment]:
        if len(model.deployments) == 1:
            return model.deployments
        turn = self._turns.get(model.name, 0)
        if draft.takes_turn:
            self._turns[model.name] = turn + 1

        def price_nano(deployment: Deployment) -> int | None:
            return sample_nano(deployment.prices or model.prices)

        health = self._health
        facts = Facts(self._draw(), turn, {}, health.latency_s, health.busy, price_nano, draft.sticky_key)
        return self._strategies[model.strategy](model.deployments, facts)


class Draft:
    """A Plan in the making."""

    __slots__ = ("attempts", "dropped", "resting", "sticky_key", "takes_turn")

    def __init__(self, key: str, takes_turn: bool) -> None:
        self.sticky_key = key
        self.takes_turn = takes_turn
        self.attempts: list[Attempt] = []
        self.dropped: list[Dropped] = []
        self.resting: list[tuple[Rest, Attempt]] = []

    def settle(self) -> str:
        """Drop those that rest; with nothing else left, the one whose rest ends first is tried. What was done so."""
        note = ""
        if not self.attempts:
            least = min(self.resting, key=lambda one: one[0].until)
            self.resting.remove(least)
            self.attempts.append(least[1]._replace(number=1))
            note = f"nothing else is left: tried although {least[0].reason}"
        self.dropped += (
            Dropped(attempt.deployment.provider, attempt.deployment.model, rest.reason)
            for rest, attempt in self.resting
        )
        return note


def sticky_key(caller: Caller, conversation: str, user: str | None) -> str:
    """What stays with one deployment: the conversation, else the end user named in the body, else the caller."""
    return (conversation or user or caller.user or caller.key_id)[:LONGEST_STICKY_KEY]
