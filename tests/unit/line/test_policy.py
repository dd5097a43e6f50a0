"""Which model is meant and whether the key may have it; nothing else is asked, nothing is moved."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.line.world import KEY_ENTRY, PRICES, World, model, snapshot
from torana.core.call import ANY_PROVIDER, Ask, Call
from torana.core.errors import GatewayError
from torana.core.policies import Choice, Document, Stance, Wish
from torana.core.prices import Prices
from torana.core.snapshot import Deployment
from torana.core.tickets import Caller, Grant, Rule
from torana.line.policy import MODELS_NAMED_IN_REFUSAL, Policy, listed, may_use, shown

NAMES = st.text(min_size=1, max_size=12)


def asking(world: World, name: str | None) -> Call:
    return world.call(ask=Ask(name))


async def judged(world: World, name: str | None) -> Grant:
    call = asking(world, name)
    return world.rooms.policy.allow(await world.rooms.gate.identify(call), call)


async def refused(world: World, name: str | None) -> GatewayError:
    with pytest.raises(GatewayError) as caught:
        await judged(world, name)
    return caught.value


def caller_with(*models: str) -> Caller:
    return Caller("acme", "key-1", replace(KEY_ENTRY, models=models))


def world_for(*allowed: str, names: tuple[str, ...] = ("gpt-4", "gpt-4o", "claude"), **facts: object) -> World:
    return World(snapshot(*(model(name) for name in names), key=replace(KEY_ENTRY, models=allowed), **facts))


async def test_a_model_is_found_by_its_exact_name() -> None:
    grant = await judged(world_for("*"), "gpt-4o")
    assert grant.model.name == "gpt-4o"


async def test_an_exact_name_with_a_slash_is_the_model_not_the_provider() -> None:
    world = world_for("*", names=("p/gpt-4",))
    grant = await judged(world, "p/gpt-4")
    assert grant.model is world.snapshot.models["p/gpt-4"]


@pytest.mark.parametrize(
    ("name", "provider", "there"), [("p/x", "p", "x"), ("echo/x", "q", "x"), ("p/a/b", "p", "a/b")]
)
async def test_a_provider_and_model_is_found_by_the_providers_id_then_by_its_kind(
    name: str, provider: str, there: str
) -> None:
    grant = await judged(world_for("*"), name)
    (deployment,) = grant.model.deployments
    assert (deployment.provider, deployment.model, grant.model.name) == (provider, there, name)
    assert grant.model.prices is None


async def test_a_providers_id_wins_over_another_providers_kind() -> None:
    world = world_for("*", kinds={"a": "b", "b": "c"})
    grant = await judged(world, "b/x")
    assert grant.model.deployments[0].provider == "b"


@pytest.mark.parametrize("name", ["nope", "nope/x", "p/", "/x", "p", "GPT-4", "gpt-4 ", "/"])
async def test_a_model_nobody_has_is_not_found(name: str) -> None:
    error = await refused(world_for("*"), name)
    assert (error.code, error.status, error.param) == ("MODEL_NOT_FOUND", 404, "model")


@pytest.mark.parametrize("named", [None, ""])
async def test_without_a_name_the_default_model_is_meant(named: str | None) -> None:
    assert (await judged(world_for("*", default_model="claude"), named)).model.name == "claude"
    error = await refused(world_for("*"), named)
    assert (error.code, error.param) == ("REQUEST_INVALID", "model")


async def test_the_default_model_too_must_be_allowed() -> None:
    assert (await refused(world_for("gpt-4", default_model="claude"), None)).code == "MODEL_NOT_ALLOWED"


async def test_a_refusal_names_the_models_the_key_may_use_and_no_others() -> None:
    error = await refused(world_for("gpt-4*"), "claude")
    assert error.code == "MODEL_NOT_ALLOWED"
    assert error.details == {"allowed_models": ["gpt-4", "gpt-4o"]}
    assert "gpt-4, gpt-4o" in error.message and KEY_ENTRY.prefix in error.message


async def test_a_refusal_names_no_more_than_a_screenful() -> None:
    names = tuple(f"m{number:03}" for number in range(60))
    error = await refused(world_for("m*", names=(*names, "other")), "other")
    assert error.details["allowed_models"] == list(names[:MODELS_NAMED_IN_REFUSAL])
    assert "and 40 more" in error.message


async def test_a_key_without_models_is_told_that_it_has_none() -> None:
    assert "no model" in (await refused(world_for(), "gpt-4")).message


async def test_a_key_for_one_model_may_not_go_round_it_by_the_providers_name() -> None:
    assert (await refused(world_for("gpt-4"), "p/gpt-4")).code == "MODEL_NOT_ALLOWED"


@pytest.mark.parametrize(
    ("patterns", "name", "may"),
    [
        (("*",), "anything", True), (("a",), "a", True), (("a",), "ab", False), (("a*",), "ab", True),
        (("a*",), "a", True), (("a*",), "b", False), ((), "a", False), (("",), "a", False), (("A*",), "ab", False),
        (("a*b",), "axb", False), (("p/*",), "p/x", True), (("p/*",), "q/x", False),
    ],
)  # fmt: skip
def test_patterns_match_exactly_by_star_or_by_prefix(patterns: tuple[str, ...], name: str, may: bool) -> None:
    assert may_use(replace(KEY_ENTRY, models=patterns), name) is may


@given(st.lists(NAMES, max_size=4), NAMES)
def test_a_name_is_allowed_only_by_a_pattern_that_has_it(patterns: list[str], name: str) -> None:
    key = replace(KEY_ENTRY, models=tuple(patterns))
    reasons = [one for one in patterns if one == name or (one.endswith("*") and name.startswith(one[:-1]))]
    assert may_use(key, name) is bool(reasons)


async def test_judging_is_pure_the_same_question_has_the_same_answer() -> None:
    world = world_for("gpt-4*")
    assert await judged(world, "gpt-4") == await judged(world, "gpt-4")
    assert (await judged(world, "gpt-4")).policy == world.snapshot.policy
    assert world.tally.holds_open == 0 and world.recorder.receipts == []


def test_models_are_listed_by_name_and_only_the_callers() -> None:
    world = world_for("*")
    assert world.rooms.policy.names_for(caller_with("*")) == ["claude", "gpt-4", "gpt-4o"]
    assert world.rooms.policy.names_for(caller_with("gpt-4o", "nope")) == ["gpt-4o"]


@given(st.text(max_size=200))
def test_a_name_that_is_shown_is_short_and_printable(name: str) -> None:
    text = shown(name)
    assert len(text) <= 64
    assert text.isprintable()


def test_a_list_for_a_sentence() -> None:
    assert (listed([]), listed(["a"]), listed(["a", "b"])) == ("no model", "a", "a, b")


# --- wanted at a provider


async def at(world: World, provider: str, name: str | None = None) -> Grant:
    call = world.call(ask=Ask(name, provider=provider))
    return world.rooms.policy.allow(await world.rooms.gate.identify(call), call)


@pytest.mark.parametrize("wanted", ["q", "echo"])
async def test_a_model_at_a_provider_is_tried_there_alone(wanted: str) -> None:
    world = World(snapshot(model("m", ["p", "q"])))
    grant = await at(world, wanted, "m")
    assert [one.provider for one in grant.model.deployments] == ["q"]
    assert grant.model.name == "m"
    assert await at(world, wanted, "m") is grant, "judged once"


async def test_a_request_that_names_nothing_gets_the_default_model_or_one_that_the_key_may_use() -> None:
    assert (await at(world_for("*", default_model="claude"), ANY_PROVIDER)).model.name == "claude"
    assert (await at(world_for("gpt-4o", default_model="claude"), ANY_PROVIDER)).model.name == "gpt-4o"


async def test_a_model_that_is_not_here_is_asked_of_the_provider_where_the_key_may() -> None:
    grant = await at(world_for("*"), "q", "x")
    assert (grant.model.name, grant.model.deployments[0].model) == ("q/x", "x")


@pytest.mark.parametrize(
    ("allowed", "provider", "name", "code"),
    [
        ("gpt-4o", "p", "gpt-4", "MODEL_NOT_ALLOWED"),
        ("gpt-4o", "p", "x", "MODEL_NOT_ALLOWED"),
        ("*", "q", "gpt-4", "MODEL_NOT_FOUND"),
        ("*", "nobody", None, "MODEL_NOT_FOUND"),
        ("*", "nobody", "x", "MODEL_NOT_FOUND"),
        ("nothing", ANY_PROVIDER, None, "MODEL_NOT_FOUND"),
    ],
)
async def test_what_is_not_there_or_not_allowed_is_refused(
    allowed: str, provider: str, name: str | None, code: str
) -> None:
    with pytest.raises(GatewayError) as caught:
        await at(world_for(allowed), provider, name)
    assert caught.value.code == code


async def test_a_model_named_by_its_provider_costs_what_its_tenant_pays_there() -> None:
    world = world_for("*")
    asked: list[tuple[str, str, str]] = []

    def price_of(tenant: str, provider: str, name: str) -> Prices | None:
        asked.append((tenant, provider, name))
        return PRICES

    policy = Policy(world.snapshot, price_of)
    caller = await world.rooms.gate.identify(asking(world, "p/x"))
    for _ in range(3):
        (deployment,) = policy.allow(caller, asking(world, "p/x")).model.deployments
        assert deployment.prices is PRICES
    assert asked == [("acme", "p", "x")], "once, and never again for the same caller and name"


async def test_a_tenant_with_prices_of_its_own_gets_the_models_at_these() -> None:
    theirs = replace(model("gpt-4"), prices=replace(PRICES, input_nano=1))
    world = world_for("*", tenant_models={"acme": {"gpt-4": theirs}})
    grant = await judged(world, "gpt-4")
    assert grant.model is theirs
    assert world.rooms.policy.models_for(grant.caller) == [theirs]


# --- policies


def under(*documents: Document, **facts: object) -> World:
    return world_for("*", names=("gpt-4", "claude"), policies=documents, **facts)


def saying(name: str, **firm: object) -> Document:
    return Document(name, "d", Stance(firm))


def only(*names: str) -> Choice:
    return Choice(frozenset({frozenset(names)}))


async def test_a_model_that_the_policy_does_not_allow_is_refused_and_not_listed() -> None:
    world = under(saying("narrow", models=only("cl*")))
    error = await refused(world, "gpt-4")
    assert (error.code, error.details) == ("MODEL_NOT_ALLOWED", {"allowed_models": ["claude"]})
    assert "policy" in error.message
    caller = caller_with("*")
    assert world.rooms.policy.names_for(caller) == ["claude"]
    assert world.rooms.policy.model_for(caller, "gpt-4") is None
    assert not world.rooms.policy.may_use(caller, "gpt-4") and world.rooms.policy.may_use(caller, "claude")
    assert (await refused(world, "p/gpt-4")).code == "MODEL_NOT_ALLOWED", "nor by the provider's name"


def test_a_model_is_shown_by_its_providers_name_to_who_may_ask_for_it_so() -> None:
    policy = world_for("*", names=("gpt-4",)).rooms.policy
    found = policy.model_for(caller_with("*"), "p/gpt-4")
    assert found is not None and found.name == "p/gpt-4"
    assert policy.model_for(caller_with("gpt-4"), "p/gpt-4") is None
    assert policy.model_for(caller_with("*"), "nobody/gpt-4") is None
    assert [model.name for model in policy.models_for(caller_with("*"))] == ["gpt-4"]


async def test_a_refused_request_says_which_policy_refused_it() -> None:
    world = under(saying("narrow", models=only("claude")))
    call = asking(world, "gpt-4")
    with pytest.raises(GatewayError):
        world.rooms.policy.allow(await world.rooms.gate.identify(call), call)
    assert call.trail.policy.startswith("narrow@")


async def test_a_model_without_an_allowed_place_is_refused_with_the_reason() -> None:
    world = under(saying("here", regions=only("eu")))
    error = await refused(world, "gpt-4")
    assert (error.code, error.status) == ("MODEL_NOT_ALLOWED", 403)
    assert "the policy demands a region" in error.message
    assert world.rooms.policy.names_for(caller_with("*")) == []


async def test_a_dialect_that_the_policy_does_not_allow_is_refused_each_time() -> None:
    world = under(saying("talk", dialects=only("embeddings")))
    for _ in range(2):
        error = await refused(world, "gpt-4")
        assert (error.code, error.details["dialect"]) == ("PERMISSION_DENIED", world.call().dialect)


async def test_a_policy_on_trial_writes_down_each_time_what_it_would_refuse() -> None:
    world = under(saying("real"), Document("trial", "d", Stance({"models": only("claude")}), shadow=True))
    for _ in range(2):
        call = asking(world, "gpt-4")
        grant = world.rooms.policy.allow(await world.rooms.gate.identify(call), call)
        assert call.trail.verdicts == ["policy:would_refuse_model"]
        assert grant.policy.startswith("real@")


async def test_the_same_question_has_the_same_narrowed_model() -> None:
    far = model("far", deployments=(Deployment("p", "x", region="us"), Deployment("q", "x", region="eu")))
    world = World(snapshot(far, key=replace(KEY_ENTRY, models=("*",)), policies=(saying("here", regions=only("eu")),)))
    first, second = await judged(world, "far"), await judged(world, "far")
    assert first.model is second.model
    assert [one.provider for one in first.model.deployments] == ["q"]
    assert [one.provider for one in first.barred] == ["p"]


async def test_a_grant_has_the_guardrails_and_the_name_of_what_all_policies_come_to() -> None:
    wish = {("words", "input"): Wish("block")}
    grant = await judged(under(saying("b", guardrails=wish), saying("a", cache=False)), "gpt-4")
    assert grant.guardrails == (Rule("words", "block", "input"),)
    assert grant.policy == grant.terms.name and grant.policy.startswith("a+b@")
