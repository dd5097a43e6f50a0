"""Portkey configurations of every shape: the result loads, no target is lost in silence, no secret is repeated."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.wiring.imports.offer import KINDS
from torana.wiring.imports.check import loaded
from torana.wiring.imports.draft import Imported
from torana.wiring.imports.portkey import import_portkey
from torana.wiring.problems import ConfigError

SECRET = "sk-never-shown"
TEXTS = st.one_of(st.sampled_from(["gpt-4o", "claude", "", "@slug/gpt-4o", "yes", "${X}", "*"]), st.text(max_size=8))
NUMBERS = st.one_of(st.integers(-2, 10**18), st.floats(), st.just("x"))
LEAVES = st.fixed_dictionaries(
    {},
    optional={
        "provider": st.sampled_from(["openai", "groq", "mistral-ai", "anthropic", "@slug", "zzz", ""]),
        "api_key": st.just(SECRET), "virtual_key": st.just("slug"), "weight": NUMBERS, "request_timeout": NUMBERS,
        "override_params": st.fixed_dictionaries({}, optional={"model": TEXTS, "temperature": NUMBERS}),
        "custom_host": st.sampled_from(["https://h.example/v1", f"https://h.example/?k={SECRET}", "x"]), "name": TEXTS,
        "aws_access_key_id": st.just(SECRET), "cache": st.just({"mode": "simple"}),
    },
)  # fmt: skip
MODES = st.sampled_from(["fallback", "loadbalance", "single", "conditional", "new"])
QUERIES = st.recursive(
    st.dictionaries(
        st.sampled_from(["metadata.plan", "metadata.a b", "metadata.", "params.model"]),
        st.one_of(TEXTS, NUMBERS, st.dictionaries(st.sampled_from(["$eq", "$in", "$ne"]), st.lists(TEXTS, max_size=2))),
        max_size=2,
    ),
    lambda below: st.dictionaries(st.sampled_from(["$and", "$or"]), st.lists(below, max_size=3), max_size=2),
    max_leaves=5,
)
LEVELS = st.recursive(
    LEAVES,
    lambda below: st.fixed_dictionaries(
        {"strategy": st.builds(lambda mode, name, query: {"mode": mode, "default": name, "conditions": [
            {"then": name}, {"then": name, "query": query}]}, MODES, TEXTS, QUERIES),
         "targets": st.lists(below, max_size=3)},
        optional={"weight": NUMBERS, "retry": st.builds(lambda count: {"attempts": count}, NUMBERS), "name": TEXTS},
    ),
    max_leaves=6,
)  # fmt: skip


def imported(config: Any, model: str = "") -> Imported:
    return import_portkey(json.dumps(config).encode(), "f.json", KINDS, model)


def target(model: str, provider: str = "groq", **more: Any) -> dict[str, Any]:
    return {"provider": provider, "api_key": SECRET, "override_params": {"model": model}, **more}


@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@given(config=LEVELS)
def test_whatever_is_imported_loads_and_repeats_no_secret(config: dict[str, Any]) -> None:
    result = imported(config)
    loaded(result, KINDS)
    assert SECRET not in result.text + result.findings.text() + repr(result.needs)


def deployments(config: Any, model: str = "") -> list[tuple[str, int, int | None]]:
    (row,) = loaded(imported(config, model), KINDS).settings.models
    return [(one.model, one.weight, one.priority) for one in row.deployments]


def test_fallbacks_become_priorities() -> None:
    config = {"strategy": {"mode": "fallback"}, "targets": [target("a"), target("b")]}
    assert deployments(config) == [("a", 1, 1), ("b", 1, 2)]


def test_shares_within_shares_keep_their_proportion() -> None:
    inner = {
        "strategy": {"mode": "loadbalance"},
        "weight": 0.5,
        "targets": [target("b", weight=1), target("c", weight=3)],
    }
    config = {"strategy": {"mode": "loadbalance"}, "targets": [target("a", weight=0.5), inner]}
    assert deployments(config) == [("a", 500, None), ("b", 125, None), ("c", 375, None)]


def test_the_model_can_be_named() -> None:
    assert deployments({"provider": "groq", "api_key": SECRET}, "mine") == [("mine", 1, None)]
    assert not imported({"provider": "groq", "api_key": SECRET}).findings.complete


def test_two_targets_of_one_name_are_not_both_models() -> None:
    strategy = {"mode": "conditional", "default": "c", "conditions": []}
    targets = [target("a", name="b"), target("x", name="b"), target("c", name="c")]
    result = imported({"strategy": strategy, "targets": targets})
    assert [one.name for one in loaded(result, KINDS).settings.models] == ["b", "c"]
    assert "is there already" in result.findings.text()


def conditional(*conditions: tuple[Any, str], default: str = "c") -> dict[str, Any]:
    rows = [{"query": query, "then": then} for query, then in conditions]
    targets = [target(name, name=name) for name in ("a", "b", "c")]
    return {"strategy": {"mode": "conditional", "default": default, "conditions": rows}, "targets": targets}


def test_conditions_become_deployments_in_their_order_with_the_default_behind_them() -> None:
    config = conditional(({"metadata.plan": {"$eq": "paid"}}, "b"), ({"metadata.region": {"$in": ["eu", "ch"]}}, "a"))
    (row,) = loaded(imported(config), KINDS).settings.models
    assert [(one.model, one.priority, one.when) for one in row.deployments] == [
        ("b", 1, {"metadata.plan": "paid"}),
        ("a", 2, {"metadata.region": "eu"}),
        ("a", 2, {"metadata.region": "ch"}),
        ("c", 3, {}),
    ]
    assert imported(config).findings.complete


def test_a_condition_that_cannot_be_said_is_reported_and_its_target_can_be_asked_for_by_name() -> None:
    result = imported(conditional(({"metadata.plan": {"$ne": "paid"}}, "b"), ({"metadata.plan": "x"}, "a")))
    rows = {row.name: [one.model for one in row.deployments] for row in loaded(result, KINDS).settings.models}
    assert rows == {"b": ["b"], "a": ["a", "c"]}
    assert "$ne has no equal here" in result.findings.text()


def test_one_target_may_answer_several_conditions_and_be_the_default_too() -> None:
    config = conditional(({"metadata.plan": "x"}, "c"), ({"metadata.plan": "y"}, "c"))
    models = loaded(imported(config), KINDS).settings.models
    found = {row.name: [(one.model, one.when) for one in row.deployments] for row in models}
    assert found["c"] == [("c", {"metadata.plan": "x"}), ("c", {"metadata.plan": "y"}), ("c", {})]


def test_what_a_condition_or_the_default_leads_to_must_be_there() -> None:
    text = imported(conditional(({"metadata.plan": "x"}, "gone"), default="nowhere")).findings.text()
    assert 'is called "gone"' in text
    assert 'no target is called "nowhere"' in text


@pytest.mark.parametrize(
    "data", [b"[]", b"{", b"\xff", b'{"a":' * 2000 + b"1" + b"}" * 2000, b'{"a":' * 60 + b"1" + b"}" * 60]
)
def test_what_is_no_object_of_reasonable_depth_is_refused(data: bytes) -> None:
    with pytest.raises(ConfigError):
        import_portkey(data, "f.json", KINDS)
