"""The configured ways out become the client's profiles, or are refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from torana.core.secret import Secret
from torana.upstream.direct_client import DirectUpstream
from torana.wiring.networks import open_upstream
from torana.wiring.problems import ConfigError
from torana.wiring.settings import Settings
from torana.wiring.settings_models import Network


def test_no_network_is_a_direct_client() -> None:
    assert isinstance(open_upstream(Settings()), DirectUpstream)


def test_a_file_that_is_no_certificate_is_refused_by_the_network_s_name(tmp_path: Path) -> None:
    broken = tmp_path / "ca.pem"
    broken.write_text("no certificate")
    with pytest.raises(ConfigError, match="networks bank"):
        open_upstream(Settings(networks={"bank": Network(ca_file=str(broken))}))


def test_a_proxy_of_another_kind_is_refused_and_its_password_not_shown() -> None:
    proxy = Secret("https://user:hunter2@proxy.example.com:3128")
    with pytest.raises(ConfigError) as refused:
        open_upstream(Settings(networks={"office": Network(proxy=proxy)}))
    assert "hunter2" not in str(refused.value)
