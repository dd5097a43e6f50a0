"""Whoever made what only its maker can read is remembered, and asked first."""

from __future__ import annotations

from tests.line.world import KEY_ENTRY, Script, ScriptedProvider, World, model, snapshot, text
from torana.core.call import Ask, Prompt
from torana.core.snapshot import Breaker, Canary, Deployment, ModelEntry
from torana.core.tickets import Caller, Grant, Plan
from torana.core.trail import Maker
from torana.line.answer import answer
from torana.line.health import Health
from torana.line.makers import MARK_LENGTH, Makers
from torana.line.route import Router
from torana.strategies import priority
from torana.testing.clock import FakeClock

ONE = Maker("q", "up-m", "1")
MARK = "M" * MARK_LENGTH


def router_of(health: Health | None = None, *models: ModelEntry) -> Router:
    known = snapshot(*(models or (model(providers=("p", "q")),)))
    ready = frozenset({"p", "q", "r"})
    router = Router(known, {"priority": priority.order}, lambda: 0.5, ready, health or Health(FakeClock()))
    router.makers = Makers()
    router.makers.note(("known",), ONE)
    return router


def planned(router: Router, *sealed: str, entry: ModelEntry | None = None) -> tuple[Plan, Prompt]:
    call = World().call(ask=Ask("m", sealed=sealed))
    prompt = Prompt(call, "m", call.body)
    wanted = entry or model(providers=("p", "q"))
    return router.plan(Grant(Caller("acme", "key-1", KEY_ENTRY), wanted, "default@1"), prompt), prompt


def order(plan: Plan) -> list[tuple[str, int, str]]:
    return [(one.deployment.provider, one.number, one.credential) for one in plan.attempts]


def test_the_last_one_that_is_known_says_who() -> None:
    makers = Makers()
    assert makers.of(("a",)) is None
    makers.note(("a", "b"), ONE)
    makers.note(("c",), Maker("p"))
    assert makers.of(("a", "b", "x")) == ONE
    assert makers.of(("a", "c", "x")) == Maker("p")
    assert makers.of(("x",)) is None
    assert makers.of(()) is None


def test_the_oldest_is_forgotten_first_and_one_that_is_said_again_is_young() -> None:
    makers = Makers(most=2)
    makers.note(("a", "b"), ONE)
    makers.note(("a",), Maker("p"))
    makers.note(("c",), ONE)
    assert makers.of(("b",)) is None
    assert makers.of(("a",)) == Maker("p")
    assert makers.of(("c",)) == ONE


def test_a_request_goes_first_to_the_maker_and_its_credential() -> None:
    router = router_of()
    plan, prompt = planned(router, "older", "known", "unknown")
    assert order(plan) == [("q", 1, "1"), ("p", 2, "")]
    assert prompt.trail.maker == ONE


def test_what_nobody_is_known_to_have_made_changes_nothing() -> None:
    router = router_of()
    for sealed in ((), ("unknown",)):
        plan, prompt = planned(router, *sealed)
        assert order(plan) == [("p", 1, ""), ("q", 2, "")]
        assert prompt.trail.maker is None


def test_a_mark_leads_to_its_makers_though_nobody_remembers_the_answer() -> None:
    router = router_of()
    router.marks = {MARK: frozenset({("q", "up-m")})}
    assert order(planned(router, "unknown", f"{MARK}abc")[0]) == [("q", 1, ""), ("p", 2, "")]


def test_a_maker_that_rests_is_not_waited_for_and_its_name_is_told_to_whoever_sends() -> None:
    clock = FakeClock()
    health = Health(clock)
    now = clock.monotonic()
    health.begin(Deployment("q", "up-m"), now).failed("500", now, now, Breaker(1))
    plan, prompt = planned(router_of(health), "known")
    assert order(plan) == [("p", 1, "")]
    assert prompt.trail.maker == ONE


def test_the_maker_comes_before_a_canary_and_never_out_of_the_fallbacks() -> None:
    on_trial = model(providers=("p", "q"), canary=Canary(Deployment("r", "new"), 1.0))
    assert [one[0] for one in order(planned(router_of(None, on_trial), "known", entry=on_trial)[0])] == ["q", "r", "p"]
    fallen = model(providers=("p",), fallbacks=("n",))
    plan, _ = planned(router_of(None, fallen, model("n", ("q",))), "known", entry=fallen)
    assert [(one.deployment.provider, one.fallback) for one in plan.attempts] == [("p", False), ("q", True)]


def test_a_model_with_one_deployment_gets_the_credential_and_its_kept_plan_stays_as_it_was() -> None:
    alone = model(providers=("q",))
    router = router_of(None, alone)
    assert order(planned(router, entry=alone)[0]) == [("q", 1, "")]
    assert order(planned(router, "known", entry=alone)[0]) == [("q", 1, "1")]
    assert order(planned(router, entry=alone)[0]) == [("q", 1, "")]


async def test_what_an_answer_seals_is_noted_as_it_passes_and_found_by_the_next_request() -> None:
    for stream in (False, True):
        script = Script([text("x", finish="stop", sealed=("new",))], credential="2")
        world = World(snapshot(model(providers=("p", "q"))), {"p": ScriptedProvider(), "q": ScriptedProvider(script)})
        makers = world.rooms.router.makers = world.rooms.ledger.makers = Makers()
        world.providers["p"].scripts = [Script([text("y", finish="stop")])]
        world.health.of(Deployment("p", "up-m")).cool(60.0, world.clock.monotonic())
        closing = await answer(world.call(ask=Ask("m", stream=stream)), world.rooms)
        assert [chunk.wire async for chunk in closing] == [b"x"]
        assert makers.of(("new",)) == Maker("q", "up-m", "2")
        world.clock.advance(61.0)
        again = await answer(world.call(ask=Ask("m", stream=stream, sealed=("new",))), world.rooms)
        assert [chunk.wire async for chunk in again] == [b"x"]
        assert [one.credential for one in world.providers["q"].attempts] == ["", "2"]
        assert world.providers["p"].attempts == []
