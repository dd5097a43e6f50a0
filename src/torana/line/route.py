"""Order the attempts for a prompt, and say why candidates were left out. Issues Plan and Attempt.

Pure but for the two numbers it is given to choose by. It sends nothing; the walker does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from torana.core.call import Prompt
from torana.core.snapshot import Deployment, ModelEntry, Snapshot
from torana.core.tickets import Attempt, Dropped, Grant, Plan
from torana.line.policy import may_use
from torana.ports.strategy import Facts, Strategy

MOST_REMEMBERED = 65_536


class Router:
    """Plans by one Snapshot."""

    __slots__ = ("_draw", "_fixed", "_ready", "_snapshot", "_strategies", "_turns")

    def __init__(
        self, snapshot: Snapshot, strategies: Mapping[str, Strategy], draw: Callable[[], float], ready: frozenset[str]
    ) -> None:
        self._snapshot = snapshot
        self._strategies = strategies
        self._draw = draw
        self._ready = ready
        """Ids of the providers that could be opened."""
        self._turns: dict[str, int] = {}
        self._fixed: dict[int, tuple[ModelEntry, Plan]] = {}
        """Plans that leave no choice, by the identity of their model."""

    def plan(self, grant: Grant, prompt: Prompt) -> Plan:
        """The Plan: the model's deployments in the order of its strategy, then its fallbacks, each in theirs."""
        model = grant.model
        fixed = self._fixed.get(id(model))
        if fixed is not None and fixed[0] is model:
            prompt.trail.dropped = fixed[1].dropped
            return fixed[1]
        attempts: list[Attempt] = []
        dropped: list[Dropped] = []
        self._add(model, attempts, dropped)
        for name in model.fallbacks:
            entry = self._snapshot.models.get(name)
            if entry is None:
                dropped.append(Dropped("", name, "no such model"))
            elif not may_use(grant.caller.key, name):
                dropped.append(Dropped("", name, "the key may not use it"))
            else:
                self._add(entry, attempts, dropped, fallback=True)
        plan = Plan(tuple(attempts), tuple(dropped), model.strategy)
        prompt.trail.dropped = plan.dropped
        if len(model.deployments) == 1 and not model.fallbacks and len(self._fixed) < MOST_REMEMBERED:
            self._fixed[id(model)] = (model, plan)
        return plan

    def _add(self, model: ModelEntry, attempts: list[Attempt], dropped: list[Dropped], fallback: bool = False) -> None:
        for deployment in self._ordered(model):
            if deployment.provider not in self._ready:
                dropped.append(Dropped(deployment.provider, deployment.model, "the provider is not configured"))
            else:
                attempts.append(Attempt(deployment, len(attempts) + 1, fallback, model.prices))

    def _ordered(self, model: ModelEntry) -> Sequence[Deployment]:
        if len(model.deployments) == 1:
            return model.deployments
        turn = self._turns.get(model.name, 0)
        self._turns[model.name] = turn + 1
        return self._strategies[model.strategy](model.deployments, Facts(self._draw(), turn, {}))
