"""What guardrails ask models: in whose name, at whose cost, and that no question stays open."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from tests.line.world import AT_ONCE, HANG, KEY_ENTRY, PRICES, Script, ScriptedProvider, World, model, snapshot, text
from torana.core.call import Usage
from torana.core.errors import GatewayError
from torana.core.faults import ConnectionBroken, StatusFault
from torana.core.snapshot import BudgetRule, Deployment, KeyEntry, LimitRule, ModelEntry
from torana.core.tickets import Rule
from torana.core.trail import Trail
from torana.dialects import openai_chat
from torana.line.answer import answer
from torana.line.asking import Asking, Tongue
from torana.line.guard_look import JUDGED, Judging
from torana.line.guard_team import Guard
from torana.ports.guardrail import Finding, Said, Where
from torana.ports.receipt import Receipt

ASKED = (Said("system", "Judge."), Said("user", "Is it fine?"))
FINE = Script([text('{"said": "fine"}', usage=Usage(uncached=9, output=4), finish="stop")])
ONLY_M = KeyEntry("key-1", "demo", "sk-torana-Ab3d", "acme", models=("m",))


def said(body: bytes) -> str:
    return str(json.loads(body)["said"])


def world_of(script: Script = FINE, judge: ModelEntry | None = None, **facts: Any) -> World:
    providers = {"p": ScriptedProvider(), "q": ScriptedProvider(script)}
    models = (model("m", ("p",)), judge or model("judge", ("q",)))
    world = World(snapshot(*models, **facts), providers)
    world.rooms.guards.rooms = world.rooms
    return world


def asking(world: World) -> Asking:
    made = count(1)
    tongue = Tongue("openai_chat", openai_chat.read, openai_chat.bound, said)
    return Asking(tongue, world.clock, lambda: f"asked-{next(made)}")


async def judged(world: World) -> Trail:
    """The diary of a request that is being judged from now on."""
    call = world.call()
    await world.rooms.gate.identify(call)
    call.trail.address = "203.0.113.9"
    JUDGED.set(Judging(call.trail, world.rooms))
    return call.trail


def receipts(world: World) -> list[Receipt]:
    return [one for one in world.recorder.receipts if one.operation == "guardrail"]


async def test_a_question_is_a_request_of_its_own_in_the_name_of_the_judged_one() -> None:
    world = world_of()
    trail = await judged(world)
    assert await asking(world)(ASKED, "judge", max_tokens=20, stop=("\n",)) == "fine"
    (row,) = receipts(world)
    assert (row.receipt_id, row.request_id, row.address) == ("asked-1", trail.request_id, "203.0.113.9")
    assert (row.tenant, row.team, row.user, row.key_id) == ("acme", "red", "ann", "key-1")
    assert (row.dialect, row.model, row.provider, row.ending) == ("openai_chat", "judge", "q", "completed")
    assert row.cost_nano == 9 * 2_000 + 4 * 8_000
    assert world.tally.holds_open == 0


async def test_it_is_asked_at_temperature_0_and_with_the_bounds_given() -> None:
    world = world_of()
    bodies: list[Any] = []
    send = world.providers["q"].send

    async def keeps(attempt: Any, prompt: Any) -> Any:
        bodies.append(json.loads(prompt.body))
        return await send(attempt, prompt)

    world.providers["q"].send = keeps  # type: ignore[method-assign]
    await judged(world)
    await asking(world)(ASKED, "judge", max_tokens=20, stop=("\n",))
    await asking(world)(ASKED, "judge")
    messages = [{"role": "system", "content": "Judge."}, {"role": "user", "content": "Is it fine?"}]
    plain = {"model": "judge", "messages": messages, "temperature": 0}
    assert bodies == [{**plain, "max_tokens": 20, "stop": ["\n"]}, plain]


async def test_a_key_that_may_not_use_the_model_is_judged_by_it() -> None:
    world = world_of(key=ONLY_M)
    await judged(world)
    assert await asking(world)(ASKED, "judge") == "fine"


async def test_rates_and_concurrency_know_nothing_of_it() -> None:
    rules = (LimitRule("once", "key", None, "requests", 1, 60.0), AT_ONCE)
    world = world_of(limits=rules)
    await judged(world)
    for _ in range(9):
        assert await asking(world)(ASKED, "judge") == "fine"
    assert world.held_back() == 0


def budget(limit_nano: int) -> BudgetRule:
    return BudgetRule("b", "team", None, limit_nano, "day")


async def test_budgets_hold_for_it_and_are_charged_what_it_cost() -> None:
    world = world_of(budgets=(budget(10**12),))
    await judged(world)
    await asking(world)(ASKED, "judge", max_tokens=20)
    (row,) = receipts(world)
    assert row.budgets and row.held_nano >= row.cost_nano > 0
    ((_, used, held),) = await world.rooms.limits.budgets_of_team("acme", "red")
    assert (used, held) == (row.cost_nano, 0)


async def test_an_answer_without_a_bound_is_given_one_where_spending_is_capped() -> None:
    world = world_of(budgets=(budget(10**12),))
    await judged(world)
    await asking(world)(ASKED, "judge")
    assert receipts(world)[0].held_nano > 4096 * 8_000
    assert world.money_held() == 0


async def test_what_fallbacks_may_cost_is_held_for_too() -> None:
    dear = model("dear", ("p",), prices=replace(PRICES, output_nano=80_000_000_000))
    plain = world_of(budgets=(budget(10**12),))
    backed = World(
        snapshot(model("m"), model("judge", ("q",), fallbacks=("dear",)), dear, budgets=(budget(10**12),)),
        {"p": ScriptedProvider(), "q": ScriptedProvider(FINE)},
    )
    for world in (plain, backed):
        await judged(world)
        await asking(world)(ASKED, "judge", max_tokens=100)
    assert receipts(backed)[0].held_nano > receipts(plain)[0].held_nano


async def test_a_used_up_budget_refuses_it_and_the_refusal_is_recorded() -> None:
    world = world_of(budgets=(budget(1000),))
    await judged(world)
    with pytest.raises(OSError, match="BUDGET_EXCEEDED"):
        await asking(world)(ASKED, "judge")
    (row,) = receipts(world)
    assert (row.ending, row.error_code, row.model, row.cost_nano) == ("refused", "BUDGET_EXCEEDED", "judge", 0)
    assert world.providers["q"].attempts == []


async def test_a_model_without_a_price_is_refused_where_spending_is_capped() -> None:
    world = world_of(judge=model("judge", ("q",), prices=None), budgets=(budget(10**12),), unknown_price="deny")
    await judged(world)
    with pytest.raises(OSError, match="PRICE_UNKNOWN"):
        await asking(world)(ASKED, "judge")


async def test_a_model_that_there_is_not_is_a_fault_of_the_settings() -> None:
    world = world_of()
    await judged(world)
    with pytest.raises(ValueError, match="no model 'nobody'"):
        await asking(world)(ASKED, "nobody")
    assert [(row.ending, row.error_code) for row in receipts(world)] == [("refused", "MODEL_NOT_FOUND")]


@pytest.mark.parametrize(
    "script", [Script(before=[StatusFault(503, b"")]), Script([ConnectionBroken("cut")])], ids=["refused", "broken"]
)
async def test_a_provider_that_fails_is_no_answer(script: Script) -> None:
    world = world_of(script)
    await judged(world)
    with pytest.raises(OSError, match="UPSTREAM"):
        await asking(world)(ASKED, "judge")
    assert len(receipts(world)) == 1
    assert world.tally.holds_open == 0
    assert all(source.given_back for source in world.sources)


async def test_an_answer_without_a_text_is_a_wrong_one_and_is_paid() -> None:
    world = world_of(Script([text("[]", usage=Usage(uncached=9))]))
    await judged(world)
    with pytest.raises((ValueError, TypeError)):
        await asking(world)(ASKED, "judge")
    assert receipts(world)[0].cost_nano == 9 * 2_000


async def test_nothing_is_asked_when_nothing_is_judged() -> None:
    world = world_of()
    with pytest.raises(OSError, match="for a request only"):
        await asking(world)(ASKED, "judge")
    JUDGED.set(Judging(world.trail(), world.rooms))  # of a caller that nobody knows
    with pytest.raises(OSError, match="for a request only"):
        await asking(world)(ASKED, "judge")


@pytest.mark.parametrize("script", [Script(before=[HANG]), Script([HANG])], ids=["before the head", "after it"])
@pytest.mark.parametrize(
    ("leaving", "ending", "code"),
    [
        (None, "deadline", "UPSTREAM_TIMEOUT"),
        ("client_gone", "client_gone_early", ""),
        ("shutdown", "shutdown", "OVERLOADED"),
    ],
)
async def test_a_question_that_nobody_waits_for_is_closed(
    script: Script, leaving: str | None, ending: str, code: str
) -> None:
    world = world_of(script, budgets=(budget(10**12),))
    trail = await judged(world)
    task = asyncio.create_task(waits(asking(world)(ASKED, "judge")))
    for _ in range(20):
        await asyncio.sleep(0)
    trail.leaving = leaving
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    (row,) = receipts(world)
    assert (row.ending, row.error_code) == (ending, code)
    assert world.tally.holds_open == 0 and world.money_held() == 0
    assert all(source.given_back for source in world.sources)
    assert world.health.busy(Deployment("q", "up-judge", priority=1)) == 0


async def waits(work: Coroutine[Any, Any, str]) -> str:
    return await work


class Judge:
    """Asks a model, from a task of its own."""

    def __init__(self, ask: Asking) -> None:
        self.ask = ask

    async def judge(self, texts: Sequence[tuple[str, Where]]) -> Sequence[Sequence[Finding]]:
        said = await asyncio.create_task(waits(self.ask([Said("user", texts[0][0])], "judge")))
        return [[Finding("bad", 0, len(one))] if said == "bad" else [] for one, _ in texts]


def guarded(script: Script, on_error: str = "closed", **facts: Any) -> World:
    world = world_of(script, guardrails=(Rule("j", "block", "both", on_error),), **facts)
    world.guards = {"j": Guard("j", Judge(asking(world)), price="slow", unit="whole")}
    world.rooms = world.build()
    world.rooms.guards.rooms = world.rooms
    return world


async def test_the_request_that_runs_through_the_line_is_the_one_that_is_judged() -> None:
    world = guarded(FINE)
    closing = await answer(world.call(), world.rooms)
    async for _ in closing:
        pass
    (own,) = [one for one in world.recorder.receipts if one.operation != "guardrail"]
    assert own.verdicts == ["j:pass", "j:pass:output"]
    assert {(row.request_id, row.key_id, len(row.verdicts)) for row in receipts(world)} == {("req-1", "key-1", 0)}
    assert world.tally.holds_open == 0


async def test_what_the_model_finds_is_a_finding() -> None:
    world = guarded(Script([text('{"said": "bad"}')]))
    with pytest.raises(GatewayError, match="The guardrail j refused this request: bad"):
        await answer(world.call(), world.rooms)
    assert world.providers["p"].attempts == []


@pytest.mark.parametrize(("on_error", "passes"), [("closed", False), ("open", True)])
async def test_a_question_that_is_refused_was_not_evaluated(on_error: str, passes: bool) -> None:
    # Enough for the request, which asks for little, and not for the question, whose answer may be long.
    dear = model("judge", ("q",), prices=replace(PRICES, output_nano=10**15))
    world = guarded(FINE, on_error, judge=dear, budgets=(budget(10**12),), key=KEY_ENTRY)
    try:
        closing = await answer(world.call(), world.rooms)
        async for _ in closing:
            pass
        passed = True
    except GatewayError as error:
        assert error.code == "GUARDRAIL_BLOCKED"
        passed = False
    assert passed is passes
    own = next(one for one in world.recorder.receipts if one.operation != "guardrail")
    assert own.verdicts[0] == "j:not_evaluated"
    assert {row.error_code for row in receipts(world)} == {"BUDGET_EXCEEDED"}
