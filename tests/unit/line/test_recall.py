from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.line.world import World, snapshot
from torana.core.errors import GatewayError
from torana.core.snapshot import BudgetRule
from torana.line.charges import spend_charge
from torana.line.recall import Recall

NOW = 1_750_000_000.0
BUDGET = BudgetRule("cap", "key", None, 1_000_000_000, "day")
CHARGE = spend_charge(BUDGET, "acme\0key-1", NOW)


def missing(since: float = NOW) -> Recall:
    recall = Recall()
    recall.missing = {"cap": since}
    return recall


def test_a_hard_budget_refuses_while_nobody_knows_what_was_spent() -> None:
    refused = missing().refusal([CHARGE])
    assert refused is not None
    assert (refused.charge, refused.away) == (CHARGE, True)
    assert Recall().refusal([CHARGE]) is None


def test_of_a_window_that_began_later_everything_is_known() -> None:
    assert missing(CHARGE.starts_at).refusal([CHARGE]) is None
    assert missing(CHARGE.starts_at + 1).refusal([CHARGE]) is not None


@pytest.mark.parametrize("change", [{"hard": False}, {"on_store_failure": "local"}, {"rule_id": "another"}])
def test_others_count_on(change: dict[str, Any]) -> None:
    assert missing().refusal([CHARGE._replace(**change)]) is None


async def test_the_caller_is_told_503_and_when_to_try_again_and_nothing_is_taken() -> None:
    world = World(snapshot(budgets=(BUDGET,)))
    recall = missing(world.clock.now())
    limits = type(world.rooms.limits)(world.snapshot, world.counters, world.tally, world.clock, recall=recall)
    call = world.call()
    grant = world.rooms.policy.allow(await world.rooms.gate.identify(call), call)
    with pytest.raises(GatewayError) as refused:
        await limits.reserve(grant, call)
    assert (refused.value.status, refused.value.code, refused.value.details["rule"]) == (503, "OVERLOADED", "cap")
    assert refused.value.retry_after_s
    assert world.money_held() == world.tally.holds_open == 0
    recall.missing = {}
    assert (await limits.reserve(grant, call)).amount_nano > 0


async def test_a_soft_budget_counts_meanwhile() -> None:
    world = World(snapshot(budgets=(replace(BUDGET, hard=False),)))
    recall = missing(world.clock.now())
    limits = type(world.rooms.limits)(world.snapshot, world.counters, world.tally, world.clock, recall=recall)
    call = world.call()
    grant = world.rooms.policy.allow(await world.rooms.gate.identify(call), call)
    assert (await limits.reserve(grant, call)).amount_nano > 0
