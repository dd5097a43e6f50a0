"""Where spans go, and which requests are traced, by ``telemetry``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.wiring.offer import read, written
from torana.wiring.problems import ConfigError
from torana.wiring.settings import Settings
from torana.wiring.tracing import address, tracing_of


@pytest.mark.parametrize(
    ("endpoint", "url"),
    [
        ("http://127.0.0.1:4318", "http://127.0.0.1:4318/v1/traces"),
        ("http://127.0.0.1:4318/", "http://127.0.0.1:4318/v1/traces"),
        ("https://otlp.example/api/v1/otlp/v1/traces", "https://otlp.example/api/v1/otlp/v1/traces"),
    ],
)
def test_a_path_is_added_where_there_is_none(endpoint: str, url: str) -> None:
    assert address(endpoint) == url


def test_nobody_is_traced_where_no_one_takes_spans() -> None:
    assert not tracing_of(Settings()).on


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{otlp_endpoint: 'collector:4318'}", "such as http://127.0.0.1:4318"),
        ("{otlp_endpoint: 'http://c.example', sample_ratio: 1.5}", "must be at most 1"),
        ("{otlp_endpoint: 'http://c.example', network: tunnel}", 'network "tunnel" does not exist'),
        ('{otlp_endpoint: "http://c.example", otlp_headers: {x-key: "a\\nb"}}', "breaks its line"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        read(written(tmp_path, f"telemetry: {text}\n"))


def test_the_port_of_another_protocol_is_warned_about_and_a_header_is_a_secret(tmp_path: Path) -> None:
    text = "telemetry: {otlp_endpoint: 'http://127.0.0.1:4317', otlp_headers: {x-key: hush}}\n"
    loaded = read(written(tmp_path, text))
    assert "traces go over HTTP, which has 4318" in str(loaded.warnings[0])
    assert "hush" not in repr(loaded.settings)
    assert tracing_of(loaded.settings).on
