"""Which model is meant by a request that wants a provider, or any model at all."""

from __future__ import annotations

from tests.line.world import model
from torana.core.call import ANY_PROVIDER
from torana.core.snapshot import Canary, Deployment
from torana.line.whereabouts import first_of, narrowed, provider_ids

KINDS = {"p": "openai", "q": "openai", "anthropic": "echo", "r": "anthropic"}
MODELS = [model("a", ["p", "q"]), model("b", ["r"]), model("c", ["p"])]


def test_a_providers_id_comes_before_kinds() -> None:
    assert provider_ids(KINDS, "anthropic") == {"anthropic"}
    assert provider_ids(KINDS, "openai") == {"p", "q"}
    assert provider_ids(KINDS, "nobody") == frozenset()


def test_a_model_is_narrowed_to_its_deployments_there() -> None:
    there = narrowed(MODELS[0], frozenset("q"))
    assert there is not None
    assert [one.provider for one in there.deployments] == ["q"]
    assert there.prices == MODELS[0].prices


def test_a_model_that_is_only_there_stays_the_same_object() -> None:
    assert narrowed(MODELS[0], frozenset("pq")) is MODELS[0]
    assert narrowed(MODELS[1], frozenset("pq")) is None


def test_a_canary_somewhere_else_is_left_out() -> None:
    elsewhere = model("a", ["p"], canary=Canary(Deployment("q", "new"), 0.5))
    there = narrowed(elsewhere, frozenset("p"))
    assert there is not None and there.canary is None
    assert narrowed(elsewhere, frozenset("pq")) is elsewhere


def test_anywhere_the_default_model_is_meant_else_the_first() -> None:
    assert first_of(MODELS, "b", ANY_PROVIDER, KINDS) is MODELS[1]
    assert first_of(MODELS, "gone", ANY_PROVIDER, KINDS) is MODELS[0]
    assert first_of([], None, ANY_PROVIDER, KINDS) is None


def test_at_a_provider_the_first_model_is_meant_that_is_there() -> None:
    assert first_of(MODELS, "c", "p", KINDS) is MODELS[2]
    assert first_of(MODELS, None, "r", KINDS) is MODELS[1]
    assert first_of(MODELS, "b", "anthropic", KINDS) is None
