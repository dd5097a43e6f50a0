"""Providers and models that a key in the environment brings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.wiring.offer import OFFER, read, written
from torana.wiring.environment_models import PLACEHOLDER, home_of
from torana.wiring.find import available
from torana.wiring.nodes import from_plain
from torana.wiring.options import Overrides
from torana.wiring.problems import ConfigError, Place
from torana.wiring.settings import Loaded, load

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


# --- providers that need more than a key

ACCESS = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "wJalr$UtnFEMI"}
REGION = {"AWS_REGION": "eu-west-1"}
AZURE = {"AZURE_OPENAI_API_KEY": "azure-key", "AZURE_OPENAI_ENDPOINT": "https://acme.openai.azure.com/"}


def real(environ: dict[str, str], path: Path | None = None) -> Loaded:
    return load(path, environ, Overrides(), available())


def made(kind: str, environ: dict[str, str], path: Path | None = None) -> list[Any]:
    return [one.settings for one in real(environ, path).settings.providers if one.kind == kind]


def test_an_access_key_with_a_region_makes_its_provider() -> None:
    (settings,) = made("bedrock", {**ACCESS, **REGION, "AWS_SESSION_TOKEN": "session"})
    (credential,) = settings.credentials
    assert settings.region == "eu-west-1"
    assert credential.aws_access_key_id.reveal() == "AKIAEXAMPLE"
    assert credential.aws_secret_access_key.reveal() == "wJalr$UtnFEMI"
    assert credential.aws_session_token.reveal() == "session"
    assert credential.api_key is None


def test_a_bearer_token_comes_before_an_access_key_and_the_region_may_be_the_default_one() -> None:
    environ = {**ACCESS, "AWS_BEARER_TOKEN_BEDROCK": "token", "AWS_DEFAULT_REGION": "us-east-1"}
    (settings,) = made("bedrock", environ)
    (credential,) = settings.credentials
    assert (settings.region, credential.api_key.reveal(), credential.aws_access_key_id) == ("us-east-1", "token", None)
    (settings,) = made("bedrock", {**environ, **REGION})
    assert settings.region == "eu-west-1"


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        (REGION, ""),
        (ACCESS, "AWS_ACCESS_KEY_ID makes no provider available: AWS_REGION or AWS_DEFAULT_REGION is not set"),
        ({"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", **REGION}, ""),
        ({**ACCESS, **REGION, "AWS_SECRET_ACCESS_KEY": "<secret>"}, "AWS_SECRET_ACCESS_KEY is left out"),
        ({"AZURE_OPENAI_API_KEY": "azure-key"}, "AZURE_OPENAI_ENDPOINT is not set"),
        ({"AZURE_OPENAI_ENDPOINT": "https://acme.openai.azure.com"}, ""),
    ],
)
def test_half_of_what_it_needs_makes_no_provider(environ: dict[str, str], said: str) -> None:
    loaded = real(environ)
    assert loaded.settings.providers == ()
    assert [said in str(one) for one in loaded.warnings] == ([True] if said else [])


def test_an_endpoint_with_its_key_makes_its_provider_and_its_deployment_a_model() -> None:
    environ = {**AZURE, "AZURE_OPENAI_API_VERSION": "2024-10-21", "AZURE_OPENAI_DEPLOYMENT": "our-gpt"}
    (settings,) = made("azure_openai", environ)
    assert (settings.base_url, settings.api_version) == ("https://acme.openai.azure.com/", "2024-10-21")
    assert settings.credentials[0].api_key.reveal() == "azure-key"
    (model,) = real(environ).settings.models
    assert (model.name, model.deployments[0].provider, model.deployments[0].model) == (
        "our-gpt",
        "azure_openai",
        "our-gpt",
    )


def test_models_of_such_a_provider_are_made_by_their_names() -> None:
    name = "bedrock/eu.anthropic.claude-sonnet-4-5-20250929-v1:0"
    (model,) = real({**ACCESS, **REGION, "DEFAULT_MODEL": name}).settings.models
    assert (model.name, model.deployments[0].model) == (name, "eu.anthropic.claude-sonnet-4-5-20250929-v1:0")


def test_a_row_of_the_file_gets_what_it_does_not_say_and_keeps_what_it_says(tmp_path: Path) -> None:
    rows = "providers:\n  - {id: a, kind: bedrock}\n  - {id: b, kind: bedrock, region: ap-south-1}\n"
    rows += "  - {id: c, kind: bedrock, region: ap-south-1, api_key: own}\n"
    a, b, c = made("bedrock", {**ACCESS, **REGION}, written(tmp_path, rows))
    assert [one.region for one in (a, b, c)] == ["eu-west-1", "ap-south-1", "ap-south-1"]
    assert [len(one.credentials) for one in (a, b, c)] == [1, 1, 0]


def test_a_key_of_the_file_is_used_alone(tmp_path: Path) -> None:
    (settings,) = made(
        "openai", {"OPENAI_API_KEY": "sk-other"}, written(tmp_path, "providers: [{id: o, kind: openai, api_key: own}]")
    )
    assert (settings.api_key.reveal(), settings.credentials) == ("own", ())
