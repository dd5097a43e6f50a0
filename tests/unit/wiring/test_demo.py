"""The demo: its keys and models, what it leaves alone, whom it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.wiring.offer import read, written
from torana.wiring.compile import compile_snapshot
from torana.wiring.demo import MODELS, demo_key, next_steps
from torana.wiring.prices.book import PriceBook
from torana.wiring.problems import ConfigError


def test_the_four_keys_of_the_demo_belong_to_their_teams() -> None:
    settings = read(demo=True).settings
    assert {(one.key.reveal() if one.key else "", one.team, one.tenant) for one in settings.keys} == {
        ("sk-gateway-finance-001", "finance-team", "demo"),
        ("sk-gateway-engineering-001", "engineering-team", "demo"),
        ("sk-gateway-marketing-001", "marketing-team", "demo"),
        ("sk-gateway-default-001", "default", "demo"),
    }


def test_the_models_that_existing_users_ask_for_answer_without_a_network() -> None:
    settings = read(demo=True).settings
    assert {one.name for one in settings.models} == set(MODELS)
    assert {"gpt-4", "gpt-4o-mini", "openai/gpt-4.1", "claude-opus-4-6", "llama", "llama-2", "mistral"} <= set(MODELS)
    assert {one.deployments[0].provider for one in settings.models} == {"echo"}
    assert settings.default_model == "gpt-4o-mini"


def test_a_provider_s_key_in_the_environment_makes_it_serve_its_own_models() -> None:
    models = {
        one.name: one.deployments[0].provider for one in read(environ={"RENTED_KEY": "k"}, demo=True).settings.models
    }
    assert (models["gpt-4"], models["claude-opus-4-6"], models["llama"]) == ("rented", "rented", "echo")


def test_what_the_file_has_stays(tmp_path: Path) -> None:
    text = """
tenants: [{id: demo, teams: [finance-team, engineering-team, marketing-team, default, more]}]
providers: [{id: echo, kind: echo, prefix: mine}]
models: [{name: gpt-4, deployments: [{provider: echo, model: own}]}]
default_model: gpt-4
"""
    settings = read(written(tmp_path, text), demo=True).settings
    assert settings.tenants[0].teams[-1] == "more"
    assert settings.providers[0].settings.prefix == "mine"
    assert (settings.models[0].deployments[0].model, settings.default_model) == ("own", "gpt-4")


def test_an_environment_of_an_existing_user_works(tmp_path: Path) -> None:
    environ = {"DEFAULT_MODEL": "gpt-4", "AVAILABLE_MODELS": "gpt-4,llama-2,mistral", "RENTED_KEY": "sk-..."}
    settings = read(environ=environ, demo=True).settings
    assert [one.name for one in settings.models] == ["gpt-4", "llama-2", "mistral"]
    assert settings.default_model == "gpt-4"


@pytest.mark.parametrize(
    "environ", [{"SERVER_HOST": "0.0.0.0"}, {"SERVER_HOST": "10.1.2.3"}, {"SERVER_HOST": "gateway.example"}]
)
def test_it_serves_on_loopback_only(environ: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="on loopback only") as refused:
        read(environ=environ, demo=True)
    assert refused.value.problems[0].file == "environment SERVER_HOST"


def test_the_demo_compiles_and_what_is_printed_works_with_it() -> None:
    settings = read(demo=True).settings
    snapshot = compile_snapshot(settings, (), 1, b"k" * 32, PriceBook(settings, 0.0))
    assert len(snapshot.keys) == 4
    text = next_steps("http://127.0.0.1:8000")
    assert demo_key("default") in text
    assert "curl http://127.0.0.1:8000/v1/chat/completions" in text


def test_what_is_printed_names_the_models_that_are_offered() -> None:
    text = next_steps("http://127.0.0.1:1", ["llama-2"])
    assert '"model": "llama-2"' in text
    assert "gpt" not in text


def test_what_answers_without_a_network_has_a_price_that_a_budget_can_count() -> None:
    settings = read(environ={"RENTED_KEY": "k"}, demo=True).settings
    priced = {one.deployments[0].provider: one.prices is not None for one in settings.models}
    assert priced == {"echo": True, "rented": False}


def test_what_is_printed_says_that_the_console_has_keys_of_its_own() -> None:
    assert "console  http://127.0.0.1:1/ (register" in next_steps("http://127.0.0.1:1")
