"""LiteLLM configurations of every shape: the result loads, no model is lost in silence, no secret is repeated."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.wiring.imports.offer import HERE, KINDS, NOT_YET
from torana.wiring.available import Available
from torana.wiring.imports.check import loaded
from torana.wiring.imports.draft import Imported
from torana.wiring.imports.litellm import import_litellm
from torana.wiring.imports.report import printable
from torana.wiring.problems import ConfigError

SECRET = "sk-never-shown"
NAMES = st.one_of(
    st.sampled_from(["gpt-4o", "fast", "claude", "yes", "no", "012", "1.5", "null", "a: b", "${HOME}", "$${x}", "x/*",
                     "groq/*", "*", "vault:a", "-", "#x", "naïve ☃", '"q"', "back\\slash", "", " "]),
    st.text(st.characters(exclude_categories=["Cc", "Cs", "Cn"], exclude_characters="\ufeff"), min_size=1, max_size=12),
    st.sampled_from(["a\nb", "a\tb", "a\x00b", "a\u2028b"]),
    st.text(alphabet="x", min_size=195, max_size=205),
)  # fmt: skip
PREFIXES = st.sampled_from(
    [
        "",
        "openai/",
        "groq/",
        "mistral/",
        "hosted_vllm/",
        "ollama/",
        "anthropic/",
        "azure/",
        "bedrock/",
        "vertex_ai/",
        "zzz/",
    ]
)
NUMBERS = st.one_of(
    st.integers(-3, 10**18),
    st.floats(allow_nan=False, allow_infinity=False),
    st.just("os.environ/NUMBER"),
    st.booleans(),
)
KEYS = st.sampled_from([f"{SECRET}-1", f"{SECRET}-2", "os.environ/OPENAI_API_KEY", "os.environ/MY_KEY", "none", ""])
ADDRESSES = st.sampled_from(
    ["http://localhost:11434", "https://h.example/v1", f"https://u:{SECRET}@h.example", "os.environ/MY_URL", "nonsense",
     f"https://h.example/?key={SECRET}", "http://h.example:99999/v1", "http://[::1", "https://h.example/${A}"]
)  # fmt: skip
PARAMS = st.fixed_dictionaries(
    {"model": st.builds(lambda prefix, name: prefix + name, PREFIXES, NAMES)},
    optional={
        "api_key": KEYS, "api_base": ADDRESSES, "rpm": NUMBERS, "tpm": NUMBERS, "weight": NUMBERS, "order": NUMBERS,
        "timeout": NUMBERS, "stream_timeout": NUMBERS, "max_retries": NUMBERS, "input_cost_per_token": NUMBERS,
        "output_cost_per_token": NUMBERS, "api_version": NAMES, "aws_region_name": NAMES, "custom_llm_provider": st.sampled_from(["openai", "groq", "zzz"]),
        "extra_headers": st.dictionaries(NAMES, KEYS, max_size=2), "aws_access_key_id": KEYS, "strange": NAMES,
    },
)  # fmt: skip
INFO = st.fixed_dictionaries({}, optional={"mode": st.just("embedding"), "max_input_tokens": NUMBERS, "id": NAMES})
GOOD = st.fixed_dictionaries(
    {
        "model_name": st.sampled_from(["gpt-4o", "fast", "claude"]),
        "litellm_params": st.fixed_dictionaries(
            {"model": st.sampled_from(["openai/x", "groq/y", "mistral/z", "hosted_vllm/v"]), "api_key": KEYS},
            optional={"rpm": st.integers(1, 9), "weight": NUMBERS, "order": st.integers(0, 3), "api_base": ADDRESSES},
        ),
    },
    optional={"model_info": INFO},
)
ANY = st.fixed_dictionaries({}, optional={"model_name": NAMES, "litellm_params": PARAMS, "model_info": INFO})
ROWS = st.one_of(GOOD, ANY)
FALLBACKS = st.lists(st.dictionaries(NAMES, st.lists(NAMES, max_size=3), max_size=2), max_size=3)
ROUTER = st.fixed_dictionaries(
    {},
    optional={
        "routing_strategy": st.sampled_from(["simple-shuffle", "least-busy", "usage-based-routing", ""]),
        "num_retries": NUMBERS, "allowed_fails": NUMBERS, "cooldown_time": NUMBERS, "timeout": NUMBERS,
        "fallbacks": FALLBACKS, "default_fallbacks": st.lists(NAMES, max_size=2),
        "context_window_fallbacks": FALLBACKS, "content_policy_fallbacks": FALLBACKS,
        "model_group_alias": st.dictionaries(NAMES, NAMES, max_size=2),
    },
)  # fmt: skip
CONFIGS = st.fixed_dictionaries(
    {"model_list": st.lists(ROWS, max_size=6)},
    optional={
        "router_settings": ROUTER, "litellm_settings": ROUTER,
        "general_settings": st.fixed_dictionaries({}, optional={"master_key": KEYS, "database_url": KEYS}),
        "guardrails": st.lists(st.dictionaries(NAMES, KEYS, max_size=2), max_size=2),
        "environment_variables": st.dictionaries(NAMES, KEYS, max_size=2), "unknown": st.lists(KEYS, max_size=1),
    },
)  # fmt: skip


def as_yaml(value: Any) -> str:
    """The value in flow style, every text in quotes. (JSON's pairs of surrogates are no YAML.)"""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{as_yaml(key)}: {as_yaml(below)}" for key, below in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(as_yaml, value)) + "]"
    if isinstance(value, str):
        return (
            '"' + "".join(char if char.isascii() and char.isalnum() else f"\\U{ord(char):08x}" for char in value) + '"'
        )
    return json.dumps(value)


def imported(config: Any, kinds: Available = KINDS) -> Imported:
    text = config if isinstance(config, str) else as_yaml(config)
    return import_litellm(text.encode(), "f.yaml", kinds, NOT_YET)


@pytest.mark.parametrize("kinds", [KINDS, HERE], ids=["fixed", "all"])
@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@given(config=CONFIGS)
def test_whatever_is_imported_loads_and_no_model_is_lost_in_silence(kinds: Available, config: dict[str, Any]) -> None:
    result = imported(config, kinds)
    models = {one.name for one in loaded(result, kinds).settings.models}
    report = result.findings.text().replace("\n", " ")
    for row in config["model_list"]:
        name = row.get("model_name", "")
        shown = " ".join(printable(name).split())
        assert name in models or shown in " ".join(report.split())


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(config=CONFIGS)
def test_no_secret_of_a_source_is_ever_repeated(config: dict[str, Any]) -> None:
    result = imported(config)
    assert SECRET not in result.text + result.findings.text() + repr(result.needs)


def one(params: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"model_list": [{"model_name": "m", "litellm_params": params}], **more}


def test_equal_secrets_have_one_name_and_different_ones_two() -> None:
    rows = [{"model_name": "m", "litellm_params": {"model": "groq/x", "api_key": key}} for key in ("a1", "b2", "a1")]
    result = imported({"model_list": rows})
    assert set(result.needs) == {"IMPORTED_GROQ_API_KEY", "IMPORTED_GROQ_API_KEY_2"}
    providers = [row.provider for row in loaded(result, KINDS).settings.models[0].deployments]
    assert providers == ["groq", "groq-2", "groq"]


def test_an_invented_name_is_none_that_the_source_uses() -> None:
    rows = [
        {"model_name": "m", "litellm_params": {"model": "groq/x", "api_key": "written"}},
        {"model_name": "n", "litellm_params": {"model": "groq/x", "api_key": "os.environ/IMPORTED_GROQ_API_KEY"}},
    ]
    assert set(imported({"model_list": rows}).needs) == {"IMPORTED_GROQ_API_KEY", "IMPORTED_GROQ_API_KEY_2"}


def test_prices_are_exact() -> None:
    costs = {"input_cost_per_token": "0.00000015", "output_cost_per_token": 6e-07}
    prices = loaded(imported(one({"model": "groq/x", **costs})), KINDS).settings.models[0].prices
    assert prices is not None
    assert (str(prices.input), str(prices.output)) == ("0.15", "0.6")


def test_different_prices_of_one_model_are_those_of_its_deployments() -> None:
    rows = [
        {"model_name": "m", "litellm_params": {"model": "groq/x", **costs}}
        for costs in ({"input_cost_per_token": 1e-6, "output_cost_per_token": 2e-6}, {})
    ]
    (model,) = loaded(imported({"model_list": rows}), KINDS).settings.models
    first, second = model.deployments
    assert first.prices is not None
    assert (model.prices, first.prices.input, second.prices) == (None, 1, None)


def test_an_own_address_is_another_kind_than_the_vendor() -> None:
    result = imported(one({"model": "openai/x", "api_base": "https://own.example/v1"}))
    (provider,) = loaded(result, KINDS).settings.providers
    assert (provider.kind, provider.settings.base_url) == ("openai_compatible", "https://own.example/v1")


def test_a_service_account_is_carried_under_its_name_here() -> None:
    row = {"model": "vertex_ai/gemini-x", "vertex_project": "acme-ai", "vertex_credentials": "os.environ/ACCOUNT"}
    result = imported(one(row), HERE)
    assert 'service_account: "${ACCOUNT}"' in result.text
    (provider,) = loaded(result, HERE).settings.providers
    assert (provider.kind, provider.settings.project) == ("vertex", "acme-ai")


def test_a_row_whose_address_cannot_be_carried_does_not_go_to_the_vendor() -> None:
    result = imported(one({"model": "mistral/x", "api_base": "https://h.example/?key=1"}))
    assert loaded(result, KINDS).settings.models == ()


def test_limits_on_tokens_are_carried_where_they_are_available() -> None:
    text = json.dumps(one({"model": "groq/x", "tpm": 5})).encode()
    assert "tokens: 5" in import_litellm(text, "f", KINDS, frozenset()).text
    assert "tokens: 5" not in import_litellm(text, "f", KINDS, NOT_YET).text


def test_rows_without_a_limit_beside_rows_with_one_have_none() -> None:
    rows = [{"model_name": "m", "litellm_params": {"model": "groq/x", **more}} for more in ({"rpm": 5}, {})]
    result = imported({"model_list": rows})
    assert loaded(result, KINDS).settings.limits == ()
    assert not result.findings.complete


def test_a_long_patience_moves_the_deadline() -> None:
    assert loaded(imported(one({"model": "groq/x", "timeout": 300})), KINDS).settings.routing.deadline_s == 300


def test_an_alias_has_the_fallbacks_of_its_model() -> None:
    rows = [{"model_name": name, "litellm_params": {"model": "groq/x"}} for name in ("m", "n")]
    router = {"fallbacks": [{"m": ["n"]}], "model_group_alias": {"a": "m"}}
    found = {
        row.name: row.fallbacks
        for row in loaded(imported({"model_list": rows, "router_settings": router}), KINDS).settings.models
    }
    assert found == {"m": ("n",), "n": (), "a": ("n",)}


@pytest.mark.parametrize("section", ["router_settings", "litellm_settings"])
@pytest.mark.parametrize("kind", ["fallbacks", "context_window_fallbacks", "content_policy_fallbacks"])
def test_each_kind_of_fallback_is_carried_as_its_own_kind(section: str, kind: str) -> None:
    rows = [{"model_name": name, "litellm_params": {"model": "groq/x"}} for name in ("m", "n", "o")]
    said = {kind: [{"m": ["n", "gone"]}, {"*": ["o"]}], "model_group_alias": {"a": "m"}}
    result = imported({"model_list": rows, section: said})
    models = loaded(result, KINDS).settings.models
    assert {row.name: getattr(row, kind) for row in models} == {"m": ("n",), "n": ("o",), "o": (), "a": ("n",)}
    others = {"fallbacks", "context_window_fallbacks", "content_policy_fallbacks"} - {kind}
    assert not any(getattr(row, other) for row in models for other in others)
    assert '"gone" is no model' in result.findings.text()


def test_default_fallbacks_are_for_failures_alone() -> None:
    rows = [{"model_name": name, "litellm_params": {"model": "groq/x"}} for name in ("m", "n")]
    result = imported({"model_list": rows, "litellm_settings": {"default_fallbacks": ["n"]}})
    (first, _) = loaded(result, KINDS).settings.models
    assert (first.fallbacks, first.context_window_fallbacks, first.content_policy_fallbacks) == (("n",), (), ())


def test_everything_carried_is_complete_and_anything_unknown_is_not() -> None:
    assert imported(one({"model": "groq/x", "api_key": "os.environ/K"})).findings.complete
    assert not imported(one({"model": "groq/x", "api_key": "os.environ/K"}, something={"new": 1})).findings.complete


@pytest.mark.parametrize("text", ["[1]", "a: [", "a: 1\na: 2"])
def test_what_is_no_mapping_of_settings_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        imported(text)
