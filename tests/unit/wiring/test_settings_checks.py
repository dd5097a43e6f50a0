"""Relations between settings that the golden configurations do not show: what is allowed, and edges."""

from __future__ import annotations

from pathlib import Path

import pytest
import trustme

from tests.unit.wiring.offer import read, written
from torana.wiring.environment import Environ
from torana.wiring.find import available
from torana.wiring.options import Overrides
from torana.wiring.problems import ConfigError
from torana.wiring.settings import Mode, load
from torana.wiring.settings_checks import is_loopback, is_served, lacks_key

ECHO = "providers: [{id: echo, kind: echo}]\n"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost", "LOCALHOST", "[::1]"])
def test_loopback_is_known(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "example.com", "localhost.example.com", ""])
def test_everything_else_is_not_loopback(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(
    ("server", "warned"),
    [("host: 0.0.0.0", True), ("{host: 0.0.0.0, behind_proxy: true}", False), ("{host: 127.0.0.1}", False),
     ("{host: 0.0.0.0, tls: {cert: CERT, key: CERT}}", False)],
)  # fmt: skip
def test_plain_http_to_other_machines_is_said_at_each_start(tmp_path: Path, server: str, warned: bool) -> None:
    server = server if server.startswith("{") else "{" + server + "}"
    if "CERT" in server:
        trustme.CA().issue_cert("gateway.example").private_key_and_cert_chain_pem.write_to_path(tmp_path / "both.pem")
        server = server.replace("CERT", f'"{tmp_path}/both.pem"')
    warnings = read(written(tmp_path, f"server: {server}")).warnings
    assert ["plain HTTP" in str(warning) for warning in warnings] == [True] * warned


def test_a_provider_that_needs_a_key_and_has_an_empty_one_is_not_called(tmp_path: Path) -> None:
    loaded = read(written(tmp_path, "providers: [{id: r, kind: rented, credentials: [{api_key: '${K:-}'}]}]"))
    assert lacks_key(loaded.settings.providers[0].settings)
    assert "has no key here and is not called" in str(loaded.warnings[-1])


def test_a_provider_that_needs_no_key_lacks_none(tmp_path: Path) -> None:
    loaded = read(written(tmp_path, "providers: [{id: h, kind: hosted, base_url: 'http://h'}, {id: e, kind: echo}]"))
    assert [lacks_key(one.settings) for one in loaded.settings.providers] == [False, False]


@pytest.mark.parametrize(
    "url", ["ftp://x", "https://", "x", "http://h:99999", "http://h:x/", "https://u@h/v1", "https://:p@h/v1"]
)
def test_an_address_that_cannot_be_called_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigError, match="base_url"):
        read(written(tmp_path, f"providers: [{{id: h, kind: hosted, base_url: '{url}'}}]"))


def test_a_model_is_served_by_name_or_by_provider(tmp_path: Path) -> None:
    text = ECHO + "models: [{name: m, deployments: [{provider: echo, model: m}]}]\ndefault_model: echo/other\n"
    settings = read(written(tmp_path, text)).settings
    assert [is_served(name, settings) for name in ("m", "echo/x", "echo/", "x", "other/x", "/x")] == [
        True, True, False, False, False, False,
    ]  # fmt: skip


def test_weights_that_are_all_zero_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="every weight is 0"):
        read(written(tmp_path, ECHO + "models: [{name: m, deployments: [{provider: echo, model: m, weight: 0}]}]"))


def test_prices_in_another_currency_are_refused_without_a_rate(tmp_path: Path) -> None:
    text = ECHO + (
        "currency: INR\nmodels: [{name: m, deployments: [{provider: echo, model: m}],"
        " prices: {input: 1, output: 2, currency: USD}}]"
    )
    with pytest.raises(ConfigError, match="no rate from USD to INR"):
        read(written(tmp_path, text))
    assert read(written(tmp_path, text.replace("USD", "INR"))).warnings == ()


def test_guardrails_without_a_policy_are_all_used(tmp_path: Path) -> None:
    assert read(written(tmp_path, "guardrails: [{id: w, kind: keywords, words: [a]}]")).warnings == ()


@pytest.mark.parametrize(
    ("kind", "mode", "can"),
    [
        ("size", "redact", "block, flag, shadow"),
        ("judge", "tokenise", "block, flag, shadow"),
        ("injection", "mask", "redact"),
    ],
)
def test_a_mode_that_a_kind_of_guardrail_cannot_is_refused_at_its_field(
    tmp_path: Path, kind: str, mode: str, can: str
) -> None:
    more = {"size": "characters: 9", "judge": "model: m, categories: {c: text}"}.get(kind, "deadline_ms: 5")
    row = f"guardrails: [{{id: w, kind: {kind}, mode: {mode}, {more}}}]"
    with pytest.raises(ConfigError) as caught:
        load(written(tmp_path, row), Environ(), Overrides(), available(), Mode())
    (problem,) = [one for one in caught.value.problems if "cannot" in one.message]
    assert f'"{kind}" cannot {mode}' in problem.message and can in problem.suggestion
    assert "guardrails[0].mode" in str(problem)
    load(written(tmp_path, row.replace(mode, "flag").replace("judge", "size").replace("model: m, categories: {c: text}", "messages: 1")),
         Environ(), Overrides(), available(), Mode())  # fmt: skip


@pytest.mark.parametrize("field", ["fallbacks", "context_window_fallbacks", "content_policy_fallbacks"])
@pytest.mark.parametrize(("name", "why"), [("m", "its own fallback"), ("gone", '"gone" does not exist')])
def test_a_fallback_of_any_kind_is_another_model_that_exists(tmp_path: Path, field: str, name: str, why: str) -> None:
    text = ECHO + f"models: [{{name: m, deployments: [{{provider: echo, model: m}}], {field}: [{name}]}}]"
    with pytest.raises(ConfigError, match=why):
        read(written(tmp_path, text))


def test_only_kinds_that_pass_requests_on_may_be_told_to(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read(written(tmp_path, "providers: [{id: echo, kind: echo, passthrough: true}]"))
    assert 'the kind "echo" passes no requests on' in str(caught.value)
    allowed = read(
        written(tmp_path, "providers: [{id: h, kind: hosted, base_url: 'https://h.example', passthrough: true}]")
    )
    assert allowed.settings.providers[0].passthrough


def test_only_kinds_that_can_be_probed_may_be_told_to(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read(written(tmp_path, "providers: [{id: echo, kind: echo, probe: {interval_s: 5}}]"))
    assert 'the kind "echo" cannot be probed' in str(caught.value)
    text = "providers: [{id: echo, kind: echo, probe: {enabled: false}}]\nrouting: {probe: {interval_s: 5}}"
    assert read(written(tmp_path, text)).settings.routing.probe is not None
