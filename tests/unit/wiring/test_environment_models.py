"""Providers and models that a key in the environment brings."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.wiring.offer import OFFER, read, written
from torana.wiring.environment_models import PLACEHOLDER, home_of
from torana.wiring.nodes import from_plain
from torana.wiring.problems import ConfigError, Place

KEY = {"RENTED_KEY": "sk-real"}
ECHO = "providers: [{id: echo, kind: echo}]\nmodels: [{name: m, deployments: [{provider: echo, model: m}]}]\n"


def names(environ: dict[str, str], file: Path | None = None) -> list[str]:
    return [one.name for one in read(file or "", environ).settings.models]


def test_a_key_makes_its_provider_and_the_models_that_are_its_own() -> None:
    settings = read(environ=KEY).settings
    (provider,) = settings.providers
    assert (provider.id, provider.kind, provider.settings.base_url) == ("rented", "rented", "https://rented.example/v1")
    assert provider.settings.credentials[0].api_key.reveal() == "sk-real"
    assert names(KEY) == ["gpt-4o-mini"]


def test_a_placeholder_is_no_key() -> None:
    loaded = read(environ={"RENTED_KEY": "your_api_key_here"})
    assert loaded.settings.providers == ()
    assert "placeholder" in str(loaded.warnings[0])


@pytest.mark.parametrize("text", ["sk-...", "claude-...", "your-key", "<key>", "changeme", "xxxx", "CHANGE-ME-NOW"])
def test_placeholders_are_known(text: str) -> None:
    assert PLACEHOLDER.fullmatch(text)


@pytest.mark.parametrize("text", ["sk-proj-Ab3d", "AIzaSyA", "gsk_yourname1"])
def test_keys_are_not_taken_for_placeholders(text: str) -> None:
    assert not PLACEHOLDER.fullmatch(text)


def test_a_provider_of_the_file_gets_the_key_only_when_it_names_none(tmp_path: Path) -> None:
    file = written(
        tmp_path, "providers:\n  - {id: a, kind: rented}\n  - {id: b, kind: rented, credentials: [{api_key: own}]}\n"
    )
    a, b = read(file, KEY).settings.providers
    assert (a.settings.credentials[0].api_key.reveal(), b.settings.credentials[0].api_key.reveal()) == (
        "sk-real",
        "own",
    )


def test_a_default_model_is_made_when_a_provider_here_serves_it() -> None:
    assert names({**KEY, "DEFAULT_MODEL": "gpt-4"}) == ["gpt-4o-mini", "gpt-4"]
    with pytest.raises(ConfigError, match='model "llama" does not exist'):
        read(environ={**KEY, "DEFAULT_MODEL": "llama"})


def test_only_available_models_are_offered(tmp_path: Path) -> None:
    file = written(tmp_path, ECHO)
    assert names({**KEY, "AVAILABLE_MODELS": "gpt-4, claude-2"}, file) == ["gpt-4", "claude-2"]
    assert names({"AVAILABLE_MODELS": "m"}, file) == ["m"]


def test_a_fallback_that_is_no_longer_offered_is_dropped(tmp_path: Path) -> None:
    text = ECHO + "  \n"
    text = text.replace(
        "[{name: m,", "[{name: n, deployments: [{provider: echo, model: n}]}, {name: m, fallbacks: [n],"
    )
    (model,) = read(written(tmp_path, text), {"AVAILABLE_MODELS": "m"}).settings.models
    assert model.fallbacks == ()


def test_an_available_model_without_a_provider_is_warned_about() -> None:
    assert "no provider here serves" in str(read(environ={"AVAILABLE_MODELS": "llama-2"}).warnings[0])


def test_patience_goes_to_every_provider_that_has_time_outs(tmp_path: Path) -> None:
    text = "providers: [{id: echo, kind: echo}, {id: h, kind: hosted, base_url: 'http://h', timeout_s: {idle: 9, connect: 2}}]"
    _, hosted = read(written(tmp_path, text), {"MODEL_API_TIMEOUT": "7"}).settings.providers
    times = hosted.settings.timeout_s
    assert (times.connect, times.first_token, times.idle) == (2.0, 7.0, 7.0)


def test_a_name_with_a_provider_before_the_slash_goes_there() -> None:
    root = from_plain({"providers": [{"id": "mine", "kind": "rented"}]}, Place("f"))
    assert home_of("rented/gpt-5", root, OFFER) == ("mine", "gpt-5")
    assert home_of("mine/x", root, OFFER) == ("mine", "x")
    assert home_of("gpt-5", root, OFFER) == ("mine", "gpt-5")
    assert home_of("llama", root, OFFER) is None
