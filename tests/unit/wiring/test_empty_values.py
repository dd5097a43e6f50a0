"""Entries whose reference gave nothing are left out, each with a warning."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.wiring.offer import read, written
from torana.wiring.problems import ConfigError


def test_a_second_credential_may_be_empty(tmp_path: Path) -> None:
    text = "providers: [{id: a, kind: rented, credentials: [{api_key: '${ONE}'}, {api_key: '${TWO:-}', weight: 2}]}]"
    loaded = read(written(tmp_path, text), {"ONE": "k"})
    assert [one.api_key.reveal() for one in loaded.settings.providers[0].settings.credentials] == ["k"]
    assert [str(one).partition(": ")[2] for one in loaded.warnings] == [
        "warning: providers[0].credentials[1]: the credential is left out: its api_key is empty"
    ]


def test_keys_and_sinks_may_be_empty(tmp_path: Path) -> None:
    text = "keys: [{name: a, key: '${KEY:-}'}, {name: b, key_hash: '${HASH:-}'}]\naudit: {sinks: [{kind: s, url: '${URL:-}'}]}\n"
    loaded = read(written(tmp_path, text))
    assert (loaded.settings.keys, loaded.settings.audit.sinks) == ((), ())
    assert len(loaded.warnings) == 3


def test_what_is_written_empty_without_a_reference_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="needs key or key_hash"):
        read(written(tmp_path, "keys: [{name: a, key: ''}]"))


def test_a_reference_that_is_wrong_is_an_error_not_an_empty_value(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="KEY is not set"):
        read(written(tmp_path, "keys: [{name: a, key: '${KEY}'}]"))
